"""What people ask, answered from one cube: the same numbers from the command line, a notebook and a served model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from features.calendars import quarter_label
from features.frames import ALL
from forecast.attribution import attribute
from forecast.claims import claims_table
from forecast.crossing import Crossing, check_fractions, crossing
from forecast.draws import QUANTILES, quantile_table
from forecast.parts import (
    check_context,
    check_horizon,
    choose_draws,
    level_draws,
    level_names,
    part_of,
    plain_rows,
    quantile_rows,
)
from forecast.published import Published
from forecast.question import Question, read_question
from forecast.scenario import BASE, apply_scenario
from forecast.views import (
    forecast_periods,
    hyperscale_share,
    periods,
    technique_share,
    unit_of,
)

_CLAIMED: Final = 0.60  # the keynote's figure, asked about and never assumed


@dataclass(frozen=True)
class Forecaster:
    """A forecast made at one origin.

    Attributes
    ----------
    cube
        Joint draws (:mod:`forecast.cube`).
    published
        Forecasts frame of the cube.
    known_claims
        Claims known at the origin.
    """

    cube: xr.Dataset
    published: pd.DataFrame
    known_claims: pd.DataFrame

    @cached_property
    def _index(self) -> Published:
        return Published(self.published)

    @cached_property
    def _ahead(self) -> list[str]:
        return [quarter_label(end) for end in periods(self.cube)[forecast_periods(self.cube)]]

    def forecast(self, measure: str, **part: str) -> pd.DataFrame:
        """Return the mean and quantiles of a measure for one part, as rows of the forecasts frame.

        Parameters
        ----------
        measure
            ``gpu_hours, accelerators, accelerators_shipped, power`` or ``spending``; units are in the rows.
        part
            ``segment, leaf, workload, technique``; what is left out is not split. A leaf brings its segment.

        Raises
        ------
        ValueError
            Naming the measures or parts there are.
        """
        return self._index.of(measure, part_of(**part))

    def quantiles(
        self, measure: str, *, horizon: int | None = None, quantiles: tuple[float, ...] = QUANTILES,
        scenario: str = BASE, **part: str,
    ) -> pd.DataFrame:  # fmt: skip
        """Return the mean and quantiles of a measure for one part, one row a quarter ahead.

        Parameters
        ----------
        measure, part
            As in :meth:`forecast`.
        horizon
            Quarters ahead; all if not given.
        quantiles
            Levels in (0, 1).
        scenario
            ``base``, or levers such as ``generative*1.5`` (:mod:`forecast.scenario`).

        Returns
        -------
        DataFrame
            ``quarter, mean``, a column a level (``q500`` is the median), ``measure, unit, definition, scenario,
            as_of``.

        Raises
        ------
        ValueError
            Naming the measures or parts there are.
        OutOfSupportError
            If the horizon or the scenario is beyond what was drawn.
        """
        asked = self._quantiles(measure, horizon=horizon, quantiles=quantiles, scenario=scenario, **part)
        return pd.DataFrame(asked)

    def draws(
        self, measure: str, *, horizon: int | None = None, scenario: str = BASE, draws: int | None = None,
        seed: int = 0, **part: str,
    ) -> pd.DataFrame:  # fmt: skip
        """Return joint draws of a measure for one part; the number of a draw is the same in every answer.

        Parameters
        ----------
        measure, part, horizon, scenario
            As in :meth:`quantiles`.
        draws
            How many, chosen at random by ``seed``; all if not given.

        Returns
        -------
        DataFrame
            ``draw, quarter, value, measure, unit, scenario, as_of``.

        Raises
        ------
        ValueError, OutOfSupportError
            As :meth:`quantiles` does; also if there are fewer draws.
        """
        ahead = check_horizon(self._ahead, horizon)
        values = level_draws(self.cube, measure, part_of(**part), scenario)[:, :ahead]
        chosen = choose_draws(len(values), draws, seed)
        return pd.DataFrame({
            "draw": np.repeat(chosen, ahead), "quarter": self._ahead[:ahead] * len(chosen),
            "value": values[chosen].ravel(), "measure": measure, "unit": unit_of(self.cube, measure),
            "scenario": scenario, "as_of": self.cube.attrs["origin"],
        })  # fmt: skip

    def share(
        self, technique: str, *, of: str, base: str, segment: str, horizon: int | None = None,
        quantiles: tuple[float, ...] = QUANTILES, scenario: str = BASE,
    ) -> pd.DataFrame:  # fmt: skip
        """Return mean and quantiles of a technique's share of a workload, one row a quarter ahead.

        Parameters
        ----------
        technique, of, base, segment
            As in :meth:`when`.
        horizon, quantiles, scenario
            As in :meth:`quantiles`.

        Raises
        ------
        ValueError, OutOfSupportError
            As :meth:`when` and :meth:`quantiles` do.
        """
        levels, ahead, cube = tuple(quantiles), check_horizon(self._ahead, horizon), apply_scenario(self.cube, scenario)
        share = technique_share(cube, technique, of=of, base=base, segment=segment)[:, forecast_periods(cube)]
        marks = quantile_table(share, levels).T
        rows = quantile_rows(cube, self._ahead[:ahead], marks, levels, measure="share", scenario=scenario)
        return pd.DataFrame(rows).assign(technique=technique, of=of, base=base, segment=segment)

    def when(
        self, technique: str, *, of: str, base: str, segment: str, above: float = 0.5, level: float = 0.8,
        scenario: str = BASE,
    ) -> Crossing:  # fmt: skip
        """Return when a technique's share of a workload first passes a threshold.

        Parameters
        ----------
        technique, of
            Such as ``llm`` of ``recsys``.
        base
            ``requests`` or ``gpu_hours``.
        segment
            ``hyperscale`` or ``rest``; ``all`` for hours.
        above, level
            Threshold and interval level, each in (0, 1).
        scenario
            As in :meth:`quantiles`.

        Raises
        ------
        ValueError
            Naming the argument that is out of range, or the share that is not forecast.
        """
        check_fractions(above=above, level=level)
        cube = apply_scenario(self.cube, scenario)
        share = technique_share(cube, technique, of=of, base=base, segment=segment)
        question = f"{technique} over {above:.0%} of {of} {base.replace('_', '-')}, {segment}"
        question = question if scenario == BASE else f"{question}, {scenario}"
        first = int(np.argmax(forecast_periods(cube)))
        return crossing(share, periods(cube), above=above, level=level, question=question, first_ahead=first)

    def split(self, *, base: str, definition: str) -> pd.DataFrame:
        """Return the hyperscale share by quarter: median, 50, 80 and 95 % intervals, and how likely 60 % is.

        Parameters
        ----------
        base
            ``revenue, gpu_hours, accelerators`` or ``watts``.
        definition
            Membership the share follows, such as ``recast_2``.

        Returns
        -------
        DataFrame
            ``quarter, kind, q025 ... q975, at_least_60, base, definition, as_of``; shares as fractions.
        """
        share = hyperscale_share(self.cube, base=base, definition=definition)
        table = pd.DataFrame(np.quantile(share, QUANTILES, axis=0).T, columns=level_names(QUANTILES))
        table.insert(0, "quarter", [quarter_label(end) for end in periods(self.cube)])
        table.insert(1, "kind", np.where(forecast_periods(self.cube), "forecast", "estimate"))
        return table.assign(
            at_least_60=(share >= _CLAIMED).mean(axis=0), base=base, definition=definition,
            as_of=self.cube.attrs["origin"],
        )  # fmt: skip

    def attribute(
        self, start: str, end: str, *, measure: str = "gpu_hours", segment: str = ALL, by: str = "factor"
    ) -> pd.DataFrame:
        """Return what the change of a measure between two quarters is made of (:func:`forecast.attribution.attribute`).

        Effects are accounting, not causation.
        """
        return attribute(self.cube, self.cube, start=start, end=end, measure=measure, segment=segment, by=by)

    def claims(self) -> pd.DataFrame:
        """Return every claim with the probability the draws give it, or why it is not judged."""
        return claims_table(self.cube, self.known_claims)

    def crossings(self) -> list[Crossing]:
        """Return when LLMs pass half of each workload they enter, by segment and on both bases."""
        return [
            self.when("llm", of=workload, base=base, segment=segment)
            for workload in self._migrating()
            for segment in ("hyperscale", "rest")
            for base in ("requests", "gpu_hours")
        ]

    def ask(self, question: Mapping[str, Any]) -> pd.DataFrame:
        """Answer a question given as a mapping, the form that notebooks, files and services share.

        ``question`` is one of :data:`forecast.question.QUESTIONS`; the other keys are the arguments of the method of
        that name, and ``mode, definition, as_of``, which the forecast must have been made under.

        Raises
        ------
        ValueError
            Naming the question or argument that is not known.
        OutOfSupportError
            If the forecast was made under another mode, definition or day, or does not reach so far.
        """
        read = self._read(question)
        answer = getattr(self, read.name)(**read.arguments)
        return answer if isinstance(answer, pd.DataFrame) else pd.DataFrame([asdict(answer)])

    def rows(self, question: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Answer as :meth:`ask` does, in plain rows: days as ISO text, missing values as ``None``."""
        read = self._read(question)
        if read.name == "quantiles":  # what services ask most, so without a frame in between
            return self._quantiles(**read.arguments)
        return plain_rows(self.ask(question))

    def _quantiles(
        self, measure: str, *, horizon: int | None = None, quantiles: tuple[float, ...] = QUANTILES,
        scenario: str = BASE, **part: str,
    ) -> list[dict[str, Any]]:  # fmt: skip
        levels, place, ahead = tuple(quantiles), part_of(**part), check_horizon(self._ahead, horizon)
        found = self._index.marks(measure, place, levels) if scenario == BASE else None
        if found is None:
            self._index.of(measure, place)
            found = quantile_table(level_draws(self.cube, measure, place, scenario), levels).T
        return quantile_rows(self.cube, self._ahead[:ahead], found, levels, measure=measure, scenario=scenario)

    def _read(self, question: Mapping[str, Any]) -> Question:
        read = read_question(question)
        check_context(self.cube, read.context)
        return read

    def _migrating(self) -> list[str]:
        tasks = [str(name).partition("/") for name in self.cube["task"].values]
        entered = [workload for workload, _, technique in tasks if technique == "llm"]
        return [
            name for name in entered if sum(workload == name for workload, _, _ in tasks) > 1 and name != "training"
        ]
