"""Quantiles, joint draws and shares of the quarters ahead of a forecast, by part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.draws import QUANTILES, quantile_table
from shiftcast.forecast.views.part import forecast_periods, periods, unit_of
from shiftcast.forecast.views.published import Published
from shiftcast.forecast.views.rows import check_horizon, choose_draws, level_draws, part_of, quantile_rows
from shiftcast.forecast.views.scenario import BASE, label_of
from shiftcast.forecast.views.technique_share import technique_share


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
        scenario: str = BASE, **part: str,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return mean and quantiles as plain rows; published levels are read, others taken of the same draws.

        Parameters
        ----------
        measure, horizon, quantiles, scenario
            As in :meth:`forecast.answers.Forecaster.quantiles`.
        **part
            ``segment, leaf, workload, technique``; ``all`` where left out.

        Returns
        -------
        list of dict
            One a quarter ahead: ``quarter, mean``, a level each, ``measure, unit, definition, scenario, as_of``.

        Raises
        ------
        ValueError, OutOfSupportError
            As :meth:`forecast.answers.Forecaster.quantiles` does.
        """
        levels, place, ahead = tuple(quantiles), part_of(**part), check_horizon(self.quarters, horizon)
        found = self.published.marks(measure, place, levels) if scenario == BASE else None
        if found is None:
            self.published.of(measure, place)
            found = quantile_table(level_draws(self.cube, measure, place, scenario), levels).T
        return quantile_rows(self.cube, self.quarters[:ahead], found, levels, measure=measure, scenario=scenario)

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
        ahead = check_horizon(self.quarters, horizon)
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
