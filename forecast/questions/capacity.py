"""Schemas of questions about what to build, power and pay for."""

from __future__ import annotations

from typing import Final

from shiftcast.features.frames import ALL
from shiftcast.forecast.questions import fields as of_type
from shiftcast.forecast.questions.asked import Made

_BASIS_MODEL: Final = "deepseek-r1"
_FLEET_MODEL: Final = "llama2-70b-99.9"
_TIER: Final = "server"
_NOTHING: Final[dict[str, float]] = {}


class Plan(Made):
    """What to add and when to order it."""

    output = "plan"
    gives = "what to add by a quarter, and when to order it"
    by: of_type.By
    risk: of_type.Risk = None
    under: of_type.Under = None
    over: of_type.Over = None
    segment: of_type.Segment = ALL
    leaf: of_type.Leaf = ALL
    generation: of_type.Bought = None
    installed: of_type.Installed = None
    given: of_type.Given = _NOTHING
    sure: of_type.Sure = False


class Limits(Made):
    """What limits the fleet."""

    output = "limits"
    gives = "what limits the fleet by quarter"
    by: of_type.By
    programmes: of_type.Programmes = 100
    given: of_type.Given = _NOTHING
    lift: of_type.Lift = ()
    sure: of_type.Sure = False


class Ceilings(Made):
    """What bounds supply."""

    output = "ceilings"
    gives = "the most packaging, memory and power that can be had by quarter, and who says so"
    by: of_type.Until = None


class Site(Made):
    """What a site puts out."""

    output = "site"
    gives = "what a site puts out by generation"
    mw: of_type.Megawatts
    pue: of_type.Pue = None
    generation: of_type.Generation = None
    model: of_type.Model = _BASIS_MODEL
    scenario: of_type.Tier = _TIER
    given: of_type.Given = _NOTHING
    demand: of_type.Demand = None
    accelerators: of_type.Accelerators = None
    cap: of_type.Cap = 1.0
    flex: of_type.Flex = 0.0
    flex_hours: of_type.FlexHours = 0.0
    sure: of_type.Sure = False


class Cost(Made):
    """Cost of work."""

    output = "cost"
    gives = "the cost of a million units of work"
    life: of_type.Life = (4.0, 5.0, 6.0)
    generation: of_type.Generation = None
    model: of_type.Model = _BASIS_MODEL
    scenario: of_type.Tier = _TIER
    given: of_type.Given = _NOTHING
    gain: of_type.Gain = None
    elasticity: of_type.Elasticity = None
    sure: of_type.Sure = False


class Retire(Made):
    """When cohorts leave."""

    output = "retire"
    gives = "when cohorts leave, and what they free"
    generation: of_type.Family
    segment: of_type.Segment = ALL
    model: of_type.Model = _FLEET_MODEL
    scenario: of_type.Tier = _TIER
    given: of_type.Given = _NOTHING
    sure: of_type.Sure = False


class Newcomer(Made):
    """A place without history."""

    output = "newcomers"
    gives = "what a place without history would hold, from the plans of places like it"
    like: of_type.Like = ()
    leaf: of_type.NewLeaf = "sovereign"
    by: of_type.Until = None
    seed: of_type.Seed = 0
