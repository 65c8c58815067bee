"""Cut the record to what was known on one day; the settings of a forecast made then.

One list says which frames there are and how each is cut; :func:`cut` is the only way from all that was ever read to
what was known on a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.asof import JUDGEMENT, known_by, latest_vintage
from shiftcast.features.frames import (
    AnyFrame,
    AssumptionRows,
    BeliefRows,
    Ceilings,
    ChipRows,
    Claims,
    DataFrame,
    DefinitionRows,
    FrameModel,
    Hardware,
    Memberships,
    Observations,
    OperatorRows,
    Rollouts,
    Throughput,
    Traffic,
    empty,
)
from shiftcast.forecast.beliefs import Beliefs, read_beliefs
from shiftcast.forecast.economics.basis import Basis, join_assumptions
from shiftcast.forecast.hardware.measured import learn_measured
from shiftcast.forecast.market.facts import Market, read_market
from shiftcast.forecast.migration import Learned
from shiftcast.forecast.once import once
from shiftcast.forecast.workloads import Registry


@dataclass(frozen=True)
class Rule:
    """A rule by which one frame is cut.

    Attributes
    ----------
    frame
        Contract of its rows.
    day
        Column with the day a row could be known; ``None`` for judgements of today and market facts, which are not cut.
    latest
        Whether a later row of the same figure takes the place of those before it.
    judged
        Whether it holds judgements (:data:`features.asof.JUDGEMENT`): as assumptions they are known when they were
        written, speak of earlier days, and are heard between the two as hindsight that :func:`hindsight` counts.
    """

    frame: type[FrameModel]
    day: str | None = "known_at"
    latest: bool = False
    judged: bool = False


RULES: Final[Mapping[str, Rule]] = {
    "observations": Rule(Observations, latest=True, judged=True),
    "claims": Rule(Claims, day="stated_at"),  # a statement stays said
    "hardware": Rule(Hardware, latest=True),
    "throughput": Rule(Throughput, latest=True),
    "assumptions": Rule(AssumptionRows, day=None),
    "capacity": Rule(AssumptionRows, day=None),
    "belief_rows": Rule(BeliefRows, day=None),
    "ceilings": Rule(Ceilings),  # sources of one limit stand side by side, and are pooled
    "rollouts": Rule(Rollouts),
    "traffic": Rule(Traffic),
    "memberships": Rule(Memberships),  # the first row says where published figures count a firm, the last where we do
    "definitions": Rule(DefinitionRows, day=None),  # market facts say how every row is read, whenever it was known
    "operators": Rule(OperatorRows, day=None),
    "chips": Rule(ChipRows, day=None),
}


@dataclass(frozen=True, kw_only=True)
class Frames:
    """All that a forecast rests on, one frame a field, as :data:`RULES` lists them.

    Attributes
    ----------
    observations, claims, hardware, throughput
        Dated frames.
    assumptions
        Judgements that the cube is drawn from.
    capacity
        Judgements that the cube does not use: purchases and ageing, and money.
    belief_rows
        Numbers that models start from before any figure speaks (:attr:`beliefs`).
    ceilings
        Dated limits of what can be built, powered and paid for.
    rollouts, traffic
        Ledger of who moved which surface to which technique, and how much each answers.
    memberships
        Who counts on which side.
    registry
        Workloads and techniques.
    learned
        What the share model learned on reference histories; it is not of the record.
    definitions, operators, chips
        Market facts: how the record is read (:attr:`market`).
    """

    observations: DataFrame[Observations]
    claims: DataFrame[Claims]
    hardware: DataFrame[Hardware]
    throughput: DataFrame[Throughput]
    assumptions: DataFrame[AssumptionRows]
    registry: Registry
    learned: Learned
    capacity: DataFrame[AssumptionRows] = field(default_factory=lambda: empty(AssumptionRows))
    belief_rows: DataFrame[BeliefRows] = field(default_factory=lambda: empty(BeliefRows))
    ceilings: DataFrame[Ceilings] = field(default_factory=lambda: empty(Ceilings))
    rollouts: DataFrame[Rollouts] = field(default_factory=lambda: empty(Rollouts))
    traffic: DataFrame[Traffic] = field(default_factory=lambda: empty(Traffic))
    memberships: DataFrame[Memberships] = field(default_factory=lambda: empty(Memberships))
    definitions: DataFrame[DefinitionRows] = field(default_factory=lambda: empty(DefinitionRows))
    operators: DataFrame[OperatorRows] = field(default_factory=lambda: empty(OperatorRows))
    chips: DataFrame[ChipRows] = field(default_factory=lambda: empty(ChipRows))

    @cached_property
    def market(self) -> Market:
        """Market facts as models read them; ValueError names the file and the row at fault."""
        return read_market(self.definitions, self.operators, self.chips)

    @cached_property
    def beliefs(self) -> Beliefs:
        """Numbers that models start from, by name; ValueError names one that has no row."""
        return read_beliefs(self.belief_rows)

    def as_of(self, origin: pd.Timestamp) -> Known:
        """Return what was known on a day.

        Parameters
        ----------
        origin
            The day, midnight UTC.

        Returns
        -------
        Known
            As :func:`cut` gives it.
        """
        return cut(self, origin)


@dataclass(frozen=True, kw_only=True)
class Known(Frames):
    """The record as it was known on one day, one row a figure.

    Attributes
    ----------
    origin
        The day, midnight UTC.
    history
        The same frames with every vintage known by that day, for what asks how a figure came to be: past origins,
        revisions, monitoring, and the files of a forecast.
    """

    origin: pd.Timestamp
    history: Frames


@dataclass(frozen=True)
class Settings:
    """Settings of a drawn forecast.

    Attributes
    ----------
    draws
        Joint draws.
    seed
        Of the named streams.
    through
        Last quarter, such as ``2028Q4``.
    """

    draws: int = 2000
    seed: int = 20260826
    through: str = "2028Q4"


def cut(frames: Frames, origin: pd.Timestamp) -> Known:
    """Cut every frame to what was known at an origin, and take the latest vintage there.

    Parameters
    ----------
    frames
        Every vintage that was read; or a record already cut, which is cut again from its history.
    origin
        Last day of knowledge, midnight UTC, inclusive.

    Returns
    -------
    Known
        Frames in the latest vintage, and beside them every vintage known by then; assumptions that operators have
        measured are pooled from what was known (:func:`forecast.hardware.measured.learn_measured`).
    """
    whole = frames.history if isinstance(frames, Known) else frames
    seen = {name: _by(getattr(whole, name), rule, origin) for name, rule in RULES.items()}
    latest = {name: _latest(rows, RULES[name].frame) for name, rows in seen.items() if RULES[name].latest}
    history = Frames(**seen, registry=whole.registry, learned=whole.learned)
    assumed = learn_measured(seen["assumptions"], latest["observations"], seen["traffic"])
    now = {**seen, **latest, "assumptions": assumed}
    return Known(**now, registry=whole.registry, learned=whole.learned, origin=origin, history=history)


@once
def _by(rows: DataFrame[AnyFrame], rule: Rule, origin: pd.Timestamp) -> DataFrame[AnyFrame]:
    if rule.day is None:
        return rows
    if not rule.judged:
        return known_by(rows, origin, column=rule.day)
    heard = (rows["definition"] == JUDGEMENT) & (rows["period_end"] <= origin)
    known: DataFrame[AnyFrame] = rows[heard | (rows[rule.day] <= origin)].reset_index(drop=True)
    return known


@once
def _latest(rows: DataFrame[AnyFrame], frame: type[FrameModel]) -> DataFrame[AnyFrame]:
    return latest_vintage(rows, frame)


def hindsight(known: Known) -> dict[str, int]:
    """Count what a forecast rests on that was written after its origin.

    Parameters
    ----------
    known
        The record cut to an origin.

    Returns
    -------
    dict
        ``assumptions``, ``beliefs`` and ``judgements`` to their number of rows.
    """
    judged = known.observations[known.observations["definition"] == JUDGEMENT]
    frames = {"assumptions": known.assumptions, "beliefs": known.belief_rows, "judgements": judged}
    return {name: int((rows["known_at"] > known.origin).sum()) for name, rows in frames.items()}


def basis_of(
    known: Known, settings: Settings, *, shipped: xr.DataArray | None = None, learned: Mapping[str, Array] | None = None
) -> Basis:
    """Return what questions of capacity and cost rest on.

    Parameters
    ----------
    known
        The record cut to an origin.
    settings
        Draws and seed.
    shipped
        Accelerators shipped in the forecast it belongs to, dims ``draw, quarter, segment, generation``, if any.
    learned
        Assumption to its draws as history left them in that forecast, shape (draws,).

    Returns
    -------
    Basis
        Catalogue, rates and assumptions of the record, on the same draws and seed.

    Raises
    ------
    ValueError
        If two files hold an assumption of the same name.
    """
    rows = join_assumptions(known.assumptions, known.capacity)
    frames = known.hardware, known.throughput, rows
    return Basis(
        known.origin, *frames, known.beliefs, settings.draws, settings.seed, shipped, known.ceilings, learned or {}
    )
