"""The part of a summary that tells how history taught a forecast, and how demand, sales and ceilings met in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LearnedRow:
    """One assumption before and after history: 10th, 50th and 90th percentiles in its unit.

    Attributes
    ----------
    name
        Of the assumption.
    prior_low, prior_mid, prior_high, low, mid, high
        Percentiles before and after.
    narrowed
        Standard deviation over that before, on its scale [1].
    by
        Evidence that moved it most; empty where none did.
    """

    name: str
    prior_low: float
    prior_mid: float
    prior_high: float
    low: float
    mid: float
    high: float
    narrowed: float
    by: str


@dataclass(frozen=True)
class EvidenceRow:
    """One datum of history or of a fleet, and what the draws say of it before and after, all in logs.

    Attributes
    ----------
    name
        Quarter, leaf, or measure and definition.
    observed, sd
        Figure and its standard error for the model.
    prior_low, prior_mid, prior_high, low, mid, high
        10th, 50th and 90th percentiles of its prediction before and after.
    """

    name: str
    observed: float
    sd: float
    prior_low: float
    prior_mid: float
    prior_high: float
    low: float
    mid: float
    high: float


@dataclass(frozen=True)
class Chain:
    """How history taught the forecast, and how demand, sales and ceilings met.

    Attributes
    ----------
    learned, evidence
        Assumptions and data.
    ess
        Share of draws that weighting by the data would have kept effective [1].
    signal
        Number of independent directions in which the data moved the assumptions.
    unseen
        10th, 50th and 90th percentiles of the unseen share, one number a draw [1].
    correction
        Past quarter to the median of hours explained over hours from below [ratio].
    growth
        Hours of the last quarter over those of the last past one, medians [ratio]: ``demand`` from below, ``sales``
        extrapolated, ``wanted`` where they meet, ``served`` within the ceilings.
    demand_weight
        Say of demand in that meeting in the last quarter [1].
    """

    learned: tuple[LearnedRow, ...]
    evidence: tuple[EvidenceRow, ...]
    ess: float
    signal: float
    unseen: tuple[float, ...]
    correction: Mapping[str, float]
    growth: Mapping[str, float]
    demand_weight: float
