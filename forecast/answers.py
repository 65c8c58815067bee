"""What people ask, answered from one cube: the same numbers from the command line, a notebook and a served model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from features.calendars import quarter_label
from features.frames import ALL
from forecast.claims import claims_table
from forecast.crossing import Crossing, check_fractions, crossing
from forecast.leaves import SEGMENT_OF
from forecast.views import MEASURES, forecast_periods, hyperscale_share, periods, technique_share

QUESTIONS: Final = ("forecast", "when", "split", "claims")
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

    def forecast(
        self, measure: str, *, segment: str = ALL, leaf: str = ALL, workload: str = ALL, technique: str = ALL
    ) -> pd.DataFrame:
        """Return the mean and quantiles of a measure for one part, as rows of the forecasts frame.

        Parameters
        ----------
        measure
            ``gpu_hours, accelerators, accelerators_shipped, power`` or ``spending``; units are in the rows.

        Raises
        ------
        ValueError
            Naming the measures or parts there are.
        """
        if measure not in MEASURES:
            raise ValueError(
                f"measure {measure!r} is not forecast; choose one of {', '.join(MEASURES)}; "
                "shares are asked with when and split, which need their base"
            )
        asked = {
            "measure": measure,
            "segment": segment,
            "leaf": leaf,
            "workload": workload,
            "technique": technique,
        }
        if leaf != ALL and segment == ALL:
            asked["segment"] = SEGMENT_OF.get(leaf, ALL)
        rows = self.published
        for column, value in asked.items():
            kept = rows[rows[column] == value]
            if kept.empty:
                known = ", ".join(sorted(rows[column].unique()))
                raise ValueError(f"no forecast has {column} {value!r}; choose one of {known}")
            rows = kept
        return rows.reset_index(drop=True)

    def when(
        self, technique: str, *, of: str, base: str, segment: str, above: float = 0.5, level: float = 0.8
    ) -> Crossing:
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

        Raises
        ------
        ValueError
            Naming the argument that is out of range, or the share that is not forecast.
        """
        check_fractions(above=above, level=level)
        share = technique_share(self.cube, technique, of=of, base=base, segment=segment)
        question = f"{technique} over {above:.0%} of {of} {base.replace('_', '-')}, {segment}"
        first = int(np.argmax(forecast_periods(self.cube)))
        return crossing(share, periods(self.cube), above=above, level=level, question=question, first_ahead=first)

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
        levels = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
        table = pd.DataFrame(np.quantile(share, levels, axis=0).T, columns=[f"q{1000 * q:03.0f}" for q in levels])
        table.insert(0, "quarter", [quarter_label(end) for end in periods(self.cube)])
        table.insert(1, "kind", np.where(forecast_periods(self.cube), "forecast", "estimate"))
        return table.assign(
            at_least_60=(share >= _CLAIMED).mean(axis=0), base=base, definition=definition,
            as_of=self.cube.attrs["origin"],
        )  # fmt: skip

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

    def _migrating(self) -> list[str]:
        tasks = [str(name).partition("/") for name in self.cube["task"].values]
        entered = [workload for workload, _, technique in tasks if technique == "llm"]
        return [
            name for name in entered if sum(workload == name for workload, _, _ in tasks) > 1 and name != "training"
        ]

    def ask(self, question: Mapping[str, Any]) -> pd.DataFrame:
        """Answer a question given as a mapping, the form that notebooks, files and services share.

        ``question`` is one of ``forecast, when, split, claims``; the other keys are the arguments of the method of
        that name.

        Raises
        ------
        ValueError
            Naming the question or argument that is not known.
        """
        arguments = {str(name): value for name, value in question.items() if name != "question"}
        asked = str(question.get("question", ""))
        if asked not in QUESTIONS:
            raise ValueError(f"question {asked!r} is not known; ask one of {', '.join(QUESTIONS)}")
        try:
            answer = getattr(self, asked)(**arguments)
        except TypeError as error:
            raise ValueError(f"question {asked!r}: {str(error).partition(') ')[2] or error}") from None
        return answer if isinstance(answer, pd.DataFrame) else pd.DataFrame([asdict(answer)])
