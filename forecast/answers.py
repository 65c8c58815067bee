"""Answer questions from one cube: the same numbers from the command line, a notebook and a served model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import xarray as xr

from shiftcast.features.calendars import as_midnight
from shiftcast.features.frames import ALL, Claims, DataFrame, Forecasts
from shiftcast.features.input_error import InputError
from shiftcast.forecast.claims.check import ClaimCheck, check_claim
from shiftcast.forecast.claims.odds import ClaimReading, claims_table
from shiftcast.forecast.claims.registry import distinct
from shiftcast.forecast.deciding import Deciding
from shiftcast.forecast.draws import QUANTILES
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.effects.changes import Attributed, attribute_answer
from shiftcast.forecast.sixty_forty.concentration import concentrations
from shiftcast.forecast.views.adoption import techniques_table
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.by_vendor import placement_table
from shiftcast.forecast.views.crossing_answer import Crossing, crossing
from shiftcast.forecast.views.provenance import Registered
from shiftcast.forecast.views.published import share_table
from shiftcast.forecast.views.scenario import BASE
from shiftcast.forecast.views.techniques import half_questions
from shiftcast.forecast.views.widening import WIDENED

if TYPE_CHECKING:  # they bring the models, which only questions that draw again need
    from shiftcast.forecast.known import Known, Settings
    from shiftcast.forecast.sixty_forty.redrawn import Redrawn
    from shiftcast.forecast.sixty_forty.report import SplitReport
    from shiftcast.forecast.split.relabel import Relabelled

_NOT_KEPT: Final = "this forecast does not keep the record it was drawn from; run `shiftcast run` again"


@dataclass(frozen=True)
class Forecaster(Deciding):
    """A forecast made at one origin.

    Attributes
    ----------
    cube
        Joint draws (:mod:`forecast.identity.cube`).
    published
        Forecasts frame of the cube.
    known_claims
        Claims known at the origin.
    known, settings
        The record as it was known and how the cube was drawn; absent from forecasts that keep neither.
    basis
        Catalogue, rates, assumptions and fleet that questions of capacity and cost rest on.
    registered
        Version and digests it was registered under, if it was.
    """

    cube: xr.Dataset
    published: DataFrame[Forecasts]
    known_claims: DataFrame[Claims]
    known: Known | None = None
    settings: Settings | None = None
    basis: Basis | None = None
    registered: Registered | None = None

    def forecast(
        self, measure: str, *, every: str = "quarter", by: str | None = None, **part: str
    ) -> DataFrame[Forecasts]:  # fmt: skip
        """Return the mean and quantiles of a measure for one part, as rows of the forecasts frame.

        Parameters
        ----------
        measure
            One of :data:`forecast.views.part.MEASURES`; ``latent_hours`` are wanted, not served. Units are in the rows.
        every
            ``quarter``, or ``year``: flows summed in every draw, stocks at its end, whole years that end ahead.
        by
            ``segment, leaf, workload`` or ``technique`` to have the part broken down; the whole comes first.
        part
            ``segment, leaf, workload, technique``; what is left out is not split. A leaf brings its segment.

        Raises
        ------
        ValueError
            Naming the measures or parts there are.
        """
        return self._ahead.forecast(measure, every=every, by=by, **part)

    def quantiles(
        self, measure: str, *, horizon: int | None = None, quantiles: tuple[float, ...] = QUANTILES,
        scenario: str = BASE, every: str = "quarter", by: str | None = None, **part: str,
    ) -> pd.DataFrame:  # fmt: skip
        """Return the mean and quantiles of a measure for one part, one row a quarter ahead.

        Parameters
        ----------
        measure, every, by, part
            As in :meth:`forecast`.
        horizon, quantiles
            Quarters ahead, all if not given; levels in (0, 1).
        scenario
            ``base``, or levers such as ``generative*1.5; lift power`` (:mod:`forecast.views.scenario`).

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
        return pd.DataFrame(self._ahead.quantiles(
            measure, horizon=horizon, quantiles=quantiles, scenario=scenario, every=every, by=by, **part
        ))  # fmt: skip

    def draws(
        self, measure: str, *, horizon: int | None = None, scenario: str = BASE, draws: int | None = None,
        seed: int = 0, **part: str,
    ) -> pd.DataFrame:  # fmt: skip
        """Return joint draws of a measure for one part (:meth:`forecast.views.ahead.Ahead.draws`)."""
        return self._ahead.draws(measure, horizon=horizon, scenario=scenario, draws=draws, seed=seed, **part)

    def share(
        self, technique: str, *, of: str, base: str, segment: str, horizon: int | None = None,
        quantiles: tuple[float, ...] = QUANTILES, scenario: str = BASE,
    ) -> pd.DataFrame:  # fmt: skip
        """Return quantiles of the share of techniques in a workload to 2032, as :class:`forecast.views.ahead.Ahead`."""
        return self._ahead.share(
            technique, of=of, base=base, segment=segment, horizon=horizon, quantiles=quantiles, scenario=scenario
        )

    def when(
        self, technique: str, *, of: str, base: str, segment: str, above: float = 0.5, level: float = 0.8,
        scenario: str = BASE,
    ) -> Crossing:  # fmt: skip
        """Return when the share of techniques in a workload first passes a threshold, why, and what would settle it.

        Parameters
        ----------
        technique, of
            Such as ``llm`` of ``recsys``; ``sequence+llm``, ``deep or newer``, or ``deep learning and large language
            models``.
        base, segment
            ``requests``, ``work`` or ``gpu_hours``; ``hyperscale``, ``rest``, ``all``, or a leaf.
        above, level, scenario
            Threshold and interval level, each in (0, 1); scenario as in :meth:`quantiles`.

        Raises
        ------
        ValueError
            Naming the argument that is out of range, or the share that is not forecast.
        """
        return crossing(
            self.cube, technique, of=of, base=base, segment=segment, above=above, level=level, scenario=scenario
        )

    def split(self, *, base: str, definition: str) -> pd.DataFrame:
        """Return the hyperscale share by quarter; arguments as :func:`forecast.views.published.share_table`."""
        return share_table(self.cube, base=base, definition=definition)

    def attribute(self, start: str, end: str, **asked: Any) -> Answer:
        """Return what a change between quarters is made of (:class:`forecast.effects.changes.Attributed`)."""
        side = self.cube, self.basis, self.known
        return attribute_answer(side, side, Attributed(start, end, **asked))

    def claims(self) -> pd.DataFrame:
        """Return every claim with the probability the draws give it, or why it is not judged."""
        return claims_table(self.cube, self.known_claims, self._reading)

    def placement(self, *, segment: str = ALL) -> pd.DataFrame:
        """Return accelerator-hours by vendor and CPU core-hours (:func:`forecast.views.by_vendor.placement_table`)."""
        return placement_table(self.cube, segment=segment)

    def techniques(self, *, of: str = ALL, segment: str = ALL) -> pd.DataFrame:
        """Return adoption and shares by technique side by side (:func:`forecast.views.adoption.techniques_table`)."""
        return techniques_table(self.cube, of=of, segment=segment)

    def impose(
        self, mode: str, *, base: str, definition: str, share: float | None = None, strength: float = 0.1,
        total: str = "kept",
    ) -> SplitReport:  # fmt: skip
        """Return the split under a mode beside the free one, as ``shiftcast split`` does; both are of one fit.

        ``mode, share, strength`` and ``total`` are those of :func:`forecast.sixty_forty.modes.imposed_as`, ``base`` and
        ``definition`` those of :meth:`split`. ValueError names what is at fault, or that no share had been claimed.
        """
        return self._redrawn.impose(
            mode, base=base, definition=definition, share=share, strength=strength, total=total
        )  # fmt: skip

    def relabel(self, firm: str, *, to: str, valid_from: str | None = None) -> Relabelled:
        """Return the split with a firm on side ``to``, as ``shiftcast relabel`` does.

        It counts there from day ``valid_from``; in all of history if not given. ValueError if unknown or there already.
        """
        return self._redrawn.relabel(firm, to, None if valid_from is None else as_midnight(valid_from))

    def check(self, claim: str, *, against: str | None = None) -> ClaimCheck:
        """Return what it would take for a claim to hold, as ``shiftcast claim check`` does.

        ``against`` is the vintage to bridge from, the speaker's last if not given. ValueError names the claims.
        """
        return check_claim(self.cube, distinct(self.known_claims), claim, reading=self._reading, against=against)

    def concentration(self) -> pd.DataFrame:
        """Return how concentrated demand is (:func:`forecast.sixty_forty.concentration.concentrations`), a row each."""
        return pd.DataFrame([asdict(each) for each in concentrations(self.cube, self.known)])

    def crossings(self) -> list[Crossing]:
        """Return when LLMs pass half of each workload that they enter, alone and with the class before them."""
        return [self.when(**asked) for asked in half_questions(self.cube)]

    @cached_property
    def _redrawn(self) -> Redrawn:
        from shiftcast.forecast.sixty_forty.redrawn import Redrawn  # noqa: PLC0415  (brings the models)

        if self.known is None or self.settings is None:
            raise InputError(_NOT_KEPT)
        drawn = None if WIDENED in self.cube.attrs else self.cube  # a widened one is beside no free draw
        return Redrawn(self.known, self.settings, drawn)

    @property
    def _reading(self) -> ClaimReading:
        if self.known is None:
            raise InputError(_NOT_KEPT)
        return ClaimReading(**self.known.beliefs.of("claims"))
