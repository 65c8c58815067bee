"""Schemas of questions about what an interval and a change are made of."""

from __future__ import annotations

from shiftcast.features.frames import ALL
from shiftcast.forecast.questions import fields as of_type
from shiftcast.forecast.questions.asked import Made


class Attribute(Made):
    """What a change is made of."""

    output = "attribution"
    gives = "what a change is made of"
    start: of_type.Start
    end: of_type.End
    measure: of_type.Changed = "gpu_hours"
    segment: of_type.Segment = ALL
    by: of_type.Decomposition = "factor"


class LearnNext(Made):
    """Which one number to measure next."""

    output = "learning"
    gives = "which figures would shrink the interval most if measured, and what that is worth for a decision"
    by: of_type.Until = None
    measure: of_type.Measure = "gpu_hours"
    segment: of_type.Segment = ALL
    leaf: of_type.Leaf = ALL
    decision: of_type.Decision = "plan"
    under: of_type.Short = None
    over: of_type.Idle = None
    error: of_type.Error = 0.1
    sample: of_type.Sample = 1


class Rank(Made):
    """Which leaf drives growth and which is most uncertain."""

    output = "ranks"
    gives = "leaves by what they add to growth, and their parts of the variance"
    by: of_type.Until = None
    start: of_type.From = None
    measure: of_type.Measure = "gpu_hours"
    segment: of_type.Segment = "rest"


class Latent(Made):
    """How much demand is turned away."""

    output = "latent"
    gives = "hours wanted, served and turned away by quarter, and which ceiling turns them away"
    start: of_type.From = None
    by: of_type.Until = None
    segment: of_type.Segment = ALL
    leaf: of_type.Leaf = ALL
