"""The record as it was known on one day, and the settings of a forecast made then."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from shiftcast.features.asof import known_by
from shiftcast.features.frames import empty
from shiftcast.features.market import CHIPS, DEFINITIONS, OPERATORS
from shiftcast.features.membership import MEMBERSHIPS
from shiftcast.forecast.market.facts import Market, read_market
from shiftcast.forecast.migration import Learned
from shiftcast.forecast.workloads import Registry


@dataclass(frozen=True)
class Known:
    """The record as it was known on one day.

    Attributes
    ----------
    origin
        The day, midnight UTC.
    observations, claims, hardware, throughput, assumptions
        Frames cut to the origin; assumptions are judgements of today and are not cut.
    registry
        Workloads and techniques.
    learned
        What the share model learned on reference histories; it is not of the record and is not cut.
    memberships
        Who counts on which side, cut to the origin.
    definitions, operators, chips
        Market facts: how the record is read. As assumptions they are not cut.
    """

    origin: pd.Timestamp
    observations: pd.DataFrame
    claims: pd.DataFrame
    hardware: pd.DataFrame
    throughput: pd.DataFrame
    assumptions: pd.DataFrame
    registry: Registry
    learned: Learned
    memberships: pd.DataFrame = field(default_factory=lambda: empty(MEMBERSHIPS))
    definitions: pd.DataFrame = field(default_factory=lambda: empty(DEFINITIONS))
    operators: pd.DataFrame = field(default_factory=lambda: empty(OPERATORS))
    chips: pd.DataFrame = field(default_factory=lambda: empty(CHIPS))

    @property
    def market(self) -> Market:
        """Market facts as models read them; ValueError names the file and the row at fault."""
        return read_market(self.definitions, self.operators, self.chips)


@dataclass(frozen=True)
class Settings:
    """How many draws, from which seed, through which quarter."""

    draws: int = 2000
    seed: int = 20260826
    through: str = "2028Q4"


def cut(
    origin: pd.Timestamp, observations: pd.DataFrame, claims: pd.DataFrame, hardware: pd.DataFrame,
    throughput: pd.DataFrame, assumptions: pd.DataFrame, registry: Registry, learned: Learned,
) -> Known:  # fmt: skip
    """Cut every frame to what was known at the origin."""
    return Known(
        origin, known_by(observations, origin), known_by(claims, origin, column="stated_at"),
        known_by(hardware, origin), known_by(throughput, origin), assumptions, registry, learned,
    )  # fmt: skip
