"""Schemas of questions about scenarios."""

from __future__ import annotations

from typing import Final

from shiftcast.features.frames import ALL
from shiftcast.forecast.questions import fields as of_type
from shiftcast.forecast.questions.asked import Made, OfPart

_NONE: Final[dict[str, float]] = {}


class Scenario(OfPart):
    """Scenarios beside the base."""

    output = "difference"
    gives = "scenarios beside the base: level and difference in the same draws, by measure and quarter"
    scenarios: of_type.Scenarios
    by: of_type.SaidAt = None
    weights: of_type.Weights = _NONE


class Regret(Made):
    """A plan of least regret."""

    output = "regrets"
    gives = "what a plan made for one scenario costs in each of the others, the least of the largest regrets first"
    scenarios: of_type.Scenarios
    by: of_type.By
    risk: of_type.Risk = None
    under: of_type.Under = None
    over: of_type.Over = None
    segment: of_type.Segment = ALL
    leaf: of_type.Leaf = ALL
