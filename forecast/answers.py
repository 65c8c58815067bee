"""What people ask, answered from one cube: the same numbers from the command line, a notebook and a served model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from features.calendars import as_midnight
from features.frames import ALL
from forecast.capacity.questions import ASKED, ask_capacity
from forecast.claim.check import ClaimCheck, check_claim
from forecast.claim.registry import distinct
from forecast.claims import claims_table
from forecast.contracted import Contracted, contract
from forecast.crossing import Crossing, check_fractions, crossing
from forecast.economics.answer import Answer
from forecast.economics.basis import Basis
from forecast.known import Known, Settings
from forecast.published import published_rows, share_table
from forecast.sixty_forty.concentration import concentrations
from forecast.sixty_forty.modes import imposed_as
from forecast.sixty_forty.relabel import Relabelled
from forecast.sixty_forty.report import SplitReport, split_report
from forecast.sixty_forty.restated import relabelled
from forecast.split import SEGMENT_OF
from forecast.views import Part, forecast_periods, periods, technique_share
from forecast.work.by_vendor import placement_table

QUESTIONS: Final = (
    "forecast", "when", "split", "claims", "placement", "impose", "relabel", "check", "contract", "concentration",
    *ASKED,
)  # fmt: skip


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
    known, settings
        The record as it was known and how the cube was drawn, for questions that draw again; absent from forecasts that
        keep neither.
    basis
        Catalogue, rates, assumptions and fleet that questions of capacity and cost rest on.
    """

    cube: xr.Dataset
    published: pd.DataFrame
    known_claims: pd.DataFrame
    known: Known | None = None
    settings: Settings | None = None
    basis: Basis | None = None

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
        asked = {"measure": measure, "segment": segment, "leaf": leaf, "workload": workload, "technique": technique}
        return published_rows(self.published, asked)

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
        return share_table(self.cube, base=base, definition=definition)

    def placement(self, *, segment: str = ALL) -> pd.DataFrame:
        """Return accelerator-hours by vendor, of which NVIDIA GPUs are a part, and CPU core-hours.

        Parameters
        ----------
        segment
            ``hyperscale``, ``rest`` or ``all``.

        Raises
        ------
        ValueError
            If the segment is not forecast.
        """
        return placement_table(self.cube, segment=segment)

    def impose(
        self, mode: str, *, base: str, definition: str, share: float | None = None, strength: float = 0.1,
        total: str = "kept",
    ) -> SplitReport:  # fmt: skip
        """Return the split under a mode beside the free one, as ``shiftcast split`` does; both are drawn anew.

        Parameters
        ----------
        mode
            ``free, prior, observation, soft`` or ``fixed``.
        base, definition
            As for :meth:`split`.
        share
            Share claimed, in (0, 1); the last one claimed in a keynote if not given.
        strength
            Standard deviation of a prior or a soft target [logit].
        total
            ``kept`` or ``moves``, for a soft or fixed share.

        Raises
        ------
        ValueError
            Naming the argument at fault, or that no share had been claimed.
        """
        known, settings = self._record()
        imposed = imposed_as(known, mode, share=share, strength=strength, total=total)
        return split_report(known, settings, imposed, base=base, definition=definition)

    def relabel(self, firm: str, *, to: str, valid_from: str | None = None) -> Relabelled:
        """Return history and forecast of the split with a firm on the other side, as ``shiftcast relabel`` does.

        Parameters
        ----------
        firm, to
            Who moves, and to ``hyperscale`` or ``rest``.
        valid_from
            First day it counts there, such as ``2026-01-01``; all of history if not given.

        Raises
        ------
        ValueError
            If the firm is not known or already counts there.
        """
        known, settings = self._record()
        return relabelled(known, settings, firm, to, valid_from=None if valid_from is None else as_midnight(valid_from))

    def check(self, claim: str, *, against: str | None = None) -> ClaimCheck:
        """Return what it would take for a claim to hold, as ``shiftcast claim check`` does.

        Parameters
        ----------
        claim
            Its name.
        against
            Earlier vintage to bridge from; the speaker's last if not given.

        Raises
        ------
        ValueError
            Naming the claims there are.
        """
        return check_claim(self.cube, distinct(self.known_claims), claim, against=against)

    def contract(
        self, measure: str, *, period: str, value: float, segment: str = ALL, leaf: str = ALL, workload: str = ALL,
        technique: str = ALL, total: str = "moves",
    ) -> Contracted:  # fmt: skip
        """Return a measure with one part's figure contracted; see :func:`forecast.contracted.contract`."""
        if leaf != ALL and segment == ALL:
            segment = SEGMENT_OF.get(leaf, ALL)
        part = Part(segment, leaf, workload, technique)
        return contract(self.cube, measure, part, period=period, value=value, total=total)

    def concentration(self) -> pd.DataFrame:
        """Return how concentrated demand is over workloads, leaves and, where a count is known, owners.

        Returns
        -------
        DataFrame
            ``over, hhi, effective, top, without_half``: index, effective number, the largest part, and what is left of
            the whole if it halved.
        """
        observations = None if self.known is None else self.known.observations
        return pd.DataFrame([asdict(each) for each in concentrations(self.cube, observations)])

    def _record(self) -> tuple[Known, Settings]:
        if self.known is None or self.settings is None:
            raise ValueError("this forecast does not keep the record it was drawn from; run `shiftcast run` again")
        return self.known, self.settings

    def claims(self) -> pd.DataFrame:
        """Return every claim with the probability the draws give it, or why it is not judged."""
        return claims_table(self.cube, self.known_claims)

    def plan(self, **asked: Any) -> Answer:
        """Return what to add by a quarter and when to order it (:class:`forecast.capacity.plan.Plan`)."""
        return ask_capacity("plan", self.cube, self.basis, asked)

    def limits(self, **asked: Any) -> Answer:
        """Return what limits the fleet by quarter (:class:`forecast.capacity.ceilings.Limits`)."""
        return ask_capacity("limits", self.cube, self.basis, asked)

    def site(self, **asked: Any) -> Answer:
        """Return what a site puts out by generation (:class:`forecast.economics.site.Site`)."""
        return ask_capacity("site", self.cube, self.basis, asked)

    def cost(self, **asked: Any) -> Answer:
        """Return the cost of a million units of work (:class:`forecast.economics.costs.Costing`)."""
        return ask_capacity("cost", self.cube, self.basis, asked)

    def retire(self, **asked: Any) -> Answer:
        """Return when cohorts leave and what they free (:class:`forecast.capacity.retire.Retirement`)."""
        return ask_capacity("retire", self.cube, self.basis, asked)

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

        ``question`` is one of :data:`QUESTIONS`; the other keys are the arguments of the method of that name.

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
        if isinstance(answer, Crossing):
            return pd.DataFrame([asdict(answer)])
        if isinstance(answer, Answer):
            return answer.table
        return answer if isinstance(answer, pd.DataFrame) else answer.frame
