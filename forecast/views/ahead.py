"""Quantiles, joint draws and shares of the quarters ahead of a forecast, by part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import DataFrame, Forecasts
from shiftcast.forecast.draws import QUANTILES, quantile_table
from shiftcast.forecast.views.broken_down import by_year, check_every, parts_by
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods, unit_of
from shiftcast.forecast.views.published import Published
from shiftcast.forecast.views.rows import check_horizon, choose_draws, level_draws, part_of, quantile_rows
from shiftcast.forecast.views.scenario import BASE, apply_scenario, label_of
from shiftcast.forecast.views.technique_share import technique_share

_BEYOND = (
    "hardware, power and money are forecast no further than their backtests and the record of accelerators and "
    "ceilings reach; shares of techniques go on to 2032 (`share`, `when`)"
)


@dataclass(frozen=True)
class Ahead:
    """The quarters ahead of one forecast.

    Attributes
    ----------
    cube
        Joint draws (:mod:`forecast.identity.cube`).
    published
        Its forecasts frame, indexed.
    """

    cube: xr.Dataset
    published: Published

    @cached_property
    def quarters(self) -> list[str]:
        """Labels of the quarters ahead, such as ``2027Q1``."""
        return [quarter_label(end) for end in periods(self.cube)[forecast_periods(self.cube)]]

    def quantiles(
        self, measure: str, *, horizon: int | None = None, quantiles: tuple[float, ...] = QUANTILES,
        scenario: str = BASE, every: str = "quarter", by: str | None = None, **part: str,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return mean and quantiles as plain rows; published levels are read, others taken of the same draws.

        Parameters
        ----------
        measure, horizon, quantiles, scenario, every, by
            As in :meth:`forecast.answers.Forecaster.quantiles`.
        **part
            ``segment, leaf, workload, technique``; ``all`` where left out.

        Returns
        -------
        list of dict
            One a quarter ahead: ``quarter, mean``, a level each, ``measure, unit, definition, scenario, as_of``; or one
            a whole ``year``, with ``taken`` and ``reported_quarters``. A column named as ``by`` says which part.

        Raises
        ------
        ValueError, OutOfSupportError
            As :meth:`forecast.answers.Forecaster.quantiles` does.
        """
        check_every(every)
        levels, ahead, place = tuple(quantiles), check_horizon(self.quarters, horizon, _BEYOND), part_of(**part)
        rows: list[dict[str, Any]] = []
        for name, each in parts_by(self.cube, place, by).items():
            label = {} if by is None else {by: name}
            if every == "year":
                rows += [label | row for row in self._yearly(measure, each, levels, scenario, ahead)]
                continue
            found = self.published.marks(measure, each, levels) if scenario == BASE else None
            if found is None:
                self.published.of(measure, each)
                found = quantile_table(level_draws(self.cube, measure, each, scenario), levels).T
            rows += [label | row for row in quantile_rows(
                self.cube, self.quarters[:ahead], found, levels, measure=measure, scenario=scenario
            )]  # fmt: skip
        return rows

    def _yearly(
        self, measure: str, part: dict[str, str], levels: tuple[float, ...], scenario: str, ahead: int
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return mean and quantiles of the whole years that end within some quarters ahead."""
        self.published.of(measure, part)
        under = apply_scenario(self.cube, scenario)
        years = by_year(under, measure, draws_of(under, measure, Part(**part)))
        marks = quantile_table(years.values, levels).T
        rows = quantile_rows(self.cube, years.names, marks, levels, measure=measure, scenario=scenario)
        last = self.quarters[ahead - 1]
        return [
            {"year": row.pop("quarter"), **row, "unit": years.unit, "taken": years.taken, "reported_quarters": behind}
            for row, behind in zip(rows, years.reported, strict=True) if f"{row['quarter']}Q4" <= last
        ]  # fmt: skip

    def forecast(
        self, measure: str, *, every: str = "quarter", by: str | None = None, **part: str
    ) -> DataFrame[Forecasts]:  # fmt: skip
        """Return rows of the forecasts frame of one part, or of all that it is broken down into.

        Parameters
        ----------
        measure, every, by
            As in :meth:`forecast.answers.Forecaster.forecast`.
        **part
            ``segment, leaf, workload, technique``; ``all`` where left out.

        Returns
        -------
        DataFrame
            One a quarter and level; a whole year's begins with it, and flows are summed.

        Raises
        ------
        ValueError
            As :meth:`forecast.answers.Forecaster.forecast` does.
        """
        check_every(every)
        parts = parts_by(self.cube, part_of(**part), by).values()
        read = self._year_rows if every == "year" else self.published.of
        whole: DataFrame[Forecasts] = pd.concat([read(measure, each) for each in parts], ignore_index=True)
        return whole

    def _year_rows(self, measure: str, part: dict[str, str]) -> pd.DataFrame:
        """Return the rows of a part's fourth quarters as those of their years."""
        rows = self.published.of(measure, part)
        years = by_year(self.cube, measure, draws_of(self.cube, measure, Part(**part)))
        rows = rows[rows["period_end"].dt.year.astype(str).isin(years.names) & (rows["period_end"].dt.quarter == 4)]
        at = rows["period_end"].dt.year.astype(str).map(years.names.index)
        values = [
            float(np.mean(draws) if level != level else np.quantile(draws, level))  # noqa: PLR0124  (a mean has no level)
            for draws, level in zip(years.values.T[at], rows["quantile"], strict=True)
        ]
        start = rows["period_end"] - pd.offsets.YearBegin(1)
        return rows.assign(period_start=start, value=values, unit=years.unit)

    def draws(
        self, measure: str, *, horizon: int | None = None, scenario: str = BASE, draws: int | None = None,
        seed: int = 0, **part: str,
    ) -> pd.DataFrame:  # fmt: skip
        """Return joint draws of a measure for one part; the number of a draw is the same in every answer.

        Parameters
        ----------
        measure, part, horizon, scenario
            As in :meth:`forecast.answers.Forecaster.quantiles`.
        draws
            How many, chosen at random by ``seed``; all if not given.

        Returns
        -------
        DataFrame
            ``draw, quarter, value, measure, unit, scenario, as_of``.

        Raises
        ------
        ValueError, OutOfSupportError
            As :meth:`forecast.answers.Forecaster.quantiles` does; also if there are fewer draws.
        """
        ahead = check_horizon(self.quarters, horizon, _BEYOND)
        values = level_draws(self.cube, measure, part_of(**part), scenario)[:, :ahead]
        chosen = choose_draws(len(values), draws, seed)
        return pd.DataFrame({
            "draw": np.repeat(chosen, ahead), "quarter": self.quarters[:ahead] * len(chosen),
            "value": values[chosen].ravel(), "measure": measure, "unit": unit_of(self.cube, measure),
            "scenario": label_of(self.cube, scenario), "as_of": self.cube.attrs["origin"],
        })  # fmt: skip

    def share(
        self, technique: str, *, of: str, base: str, segment: str, horizon: int | None = None,
        quantiles: tuple[float, ...] = QUANTILES, scenario: str = BASE,
    ) -> pd.DataFrame:  # fmt: skip
        """Return mean and quantiles of a technique's share of a workload, one row a quarter ahead.

        Parameters
        ----------
        technique, of, base, segment
            As in :meth:`forecast.answers.Forecaster.when`.
        horizon
            Quarters ahead, to that of the migration; all if not given.
        quantiles, scenario
            As in :meth:`forecast.answers.Forecaster.quantiles`.

        Returns
        -------
        DataFrame
            ``quarter, mean``, a column a level [share], and the fields of the question, the technique as it was read.

        Raises
        ------
        ValueError, OutOfSupportError
            As :meth:`forecast.answers.Forecaster.when` and :meth:`forecast.answers.Forecaster.quantiles` do.
        """
        found = technique_share(self.cube, technique, of=of, base=base, segment=segment, scenario=scenario)
        quarters = [quarter_label(end) for end in found.ends[found.first_ahead :]]
        levels, ahead = tuple(quantiles), check_horizon(quarters, horizon)
        marks = quantile_table(found.share[:, found.first_ahead :], levels).T
        rows = quantile_rows(self.cube, quarters[:ahead], marks, levels, measure="share", scenario=scenario)
        return pd.DataFrame(rows).assign(technique=str(found.chosen), of=of, base=base, segment=segment)
