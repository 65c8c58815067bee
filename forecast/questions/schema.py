"""One schema a question: which fields it needs and may have, their defaults, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from shiftcast.features.frames import ALL
from shiftcast.forecast.draws import QUANTILES
from shiftcast.forecast.questions import fields as of_type

BASE: Final = "base"
_BASIS_MODEL, _FLEET_MODEL, _TIER = "deepseek-r1", "llama2-70b-99.9", "server"


class Asked(BaseModel):
    """A question; the forecast must have been made on the day that it names, if any.

    Attributes
    ----------
    output, gives
        Other name of the question, after what it gives; that in a few words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    output: ClassVar[str]
    gives: ClassVar[str]
    as_of: of_type.AsOf = None


class _Made(Asked):
    """A question of a forecast, which must have been made under the mode and definition that it names, if any."""

    mode: of_type.Mode = None
    definition: of_type.MadeUnder = None


class _Part(_Made):
    """A part of the whole; what is left out is not split."""

    segment: of_type.Segment = ALL
    leaf: of_type.Leaf = ALL
    workload: of_type.Workload = ALL
    technique: of_type.Technique = ALL


class Forecast(_Part):
    """A measure as it was published."""

    output = "rows"
    gives = "rows of the forecasts frame"
    measure: of_type.Measure
    every: of_type.Every = "quarter"
    by: of_type.BrokenDown = None


class Quantiles(_Part):
    """Quantiles of a measure."""

    output = "quantiles"
    gives = "one row a quarter ahead: mean and a column a level"
    measure: of_type.Measure
    horizon: of_type.Horizon = None
    quantiles: of_type.Levels = QUANTILES
    scenario: of_type.Levers = BASE
    every: of_type.Every = "quarter"
    by: of_type.BrokenDown = None


class Draws(_Part):
    """Joint draws of a measure."""

    output = "draws"
    gives = "joint draws; the number of a draw is the same in every answer"
    measure: of_type.Measure
    horizon: of_type.Horizon = None
    scenario: of_type.Levers = BASE
    draws: of_type.Draws = None
    seed: of_type.Seed = 0


class _TechniqueShare(_Made):
    """The share of techniques in a workload."""

    technique: of_type.Techniques
    of: of_type.Of
    base: of_type.TechniqueBase
    segment: of_type.Place


class Share(_TechniqueShare):
    """The share of techniques in a workload."""

    output = "shares"
    gives = "the share of techniques in a workload by quarter, to 2032"
    horizon: of_type.Horizon = None
    quantiles: of_type.Levels = QUANTILES
    scenario: of_type.Levers = BASE


class When(_TechniqueShare):
    """When the share passes a threshold."""

    output = "crossings"
    gives = "when the share first passes a threshold: odds by year to 2032, dates, why, and what would settle it"
    above: of_type.Above = 0.5
    level: of_type.Level = 0.8
    scenario: of_type.Levers = BASE


class Split(Asked):
    """The hyperscale share."""

    output = "split"
    gives = "the hyperscale share by quarter"
    mode: of_type.Mode = None
    base: of_type.Base
    definition: of_type.Definition


class Attribute(_Made):
    """What a change is made of."""

    output = "attribution"
    gives = "what a change is made of"
    start: of_type.Start
    end: of_type.End
    measure: of_type.Measure = "gpu_hours"
    segment: of_type.Segment = ALL
    by: of_type.Decomposition = "factor"


class Claims(_Made):
    """The odds of claims."""

    output = "claims"
    gives = "the odds of every claim"


class Placement(_Made):
    """Hours by vendor."""

    output = "placement"
    gives = "accelerator-hours by vendor, and CPU core-hours"
    segment: of_type.Segment = ALL


class Techniques(_Made):
    """How far techniques have come."""

    output = "techniques"
    gives = "adoption, share of requests and share of GPU-hours by technique, now and by year to 2032"
    of: of_type.AnyOf = ALL
    segment: of_type.Segment = ALL


class Impose(Asked):
    """The split under a mode."""

    output = "impose"
    gives = "the split under a mode beside the free one"
    mode: of_type.SplitMode
    base: of_type.Base
    definition: of_type.Definition
    share: of_type.Imposed = None
    strength: of_type.Strength = 0.1
    total: of_type.Total = "kept"


class Relabel(_Made):
    """A firm on the other side."""

    output = "relabel"
    gives = "the split with a firm on the other side"
    firm: of_type.Firm
    to: of_type.Side
    valid_from: of_type.ValidFrom = None


class Check(_Made):
    """What a claim needs."""

    output = "check"
    gives = "what it would take for a claim to hold"
    claim: of_type.Claim
    against: of_type.Against = None


class Contract(_Part):
    """A figure contracted."""

    output = "contract"
    gives = "a measure with one part's figure held, exactly or as a cap or a floor, and what follows of it"
    measure: of_type.Measure
    period: of_type.Period
    value: of_type.Contracted
    bound: of_type.Bound = "exactly"
    total: of_type.Total = "moves"
    sure: of_type.Sure = False


class Concentration(_Made):
    """How concentrated demand is."""

    output = "concentration"
    gives = "how concentrated demand is"


class Plan(_Made):
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
    given: of_type.Given = {}
    sure: of_type.Sure = False


class Limits(_Made):
    """What limits the fleet."""

    output = "limits"
    gives = "what limits the fleet by quarter"
    by: of_type.By
    programmes: of_type.Programmes = 100
    given: of_type.Given = {}
    lift: of_type.Lift = ()
    sure: of_type.Sure = False


class Ceilings(_Made):
    """What bounds supply."""

    output = "ceilings"
    gives = "the most packaging, memory and power that can be had by quarter, and who says so"
    by: of_type.Until = None


class Site(_Made):
    """What a site puts out."""

    output = "site"
    gives = "what a site puts out by generation"
    mw: of_type.Megawatts
    pue: of_type.Pue = None
    generation: of_type.Generation = None
    model: of_type.Model = _BASIS_MODEL
    scenario: of_type.Tier = _TIER
    given: of_type.Given = {}
    demand: of_type.Demand = None
    accelerators: of_type.Accelerators = None
    cap: of_type.Cap = 1.0
    flex: of_type.Flex = 0.0
    flex_hours: of_type.FlexHours = 0.0
    sure: of_type.Sure = False


class Cost(_Made):
    """Cost of work."""

    output = "cost"
    gives = "the cost of a million units of work"
    life: of_type.Life = (4.0, 5.0, 6.0)
    generation: of_type.Generation = None
    model: of_type.Model = _BASIS_MODEL
    scenario: of_type.Tier = _TIER
    given: of_type.Given = {}
    gain: of_type.Gain = None
    elasticity: of_type.Elasticity = None
    sure: of_type.Sure = False


class Retire(_Made):
    """When cohorts leave."""

    output = "retire"
    gives = "when cohorts leave, and what they free"
    generation: of_type.Family
    segment: of_type.Segment = ALL
    model: of_type.Model = _FLEET_MODEL
    scenario: of_type.Tier = _TIER
    given: of_type.Given = {}
    sure: of_type.Sure = False


QUESTIONS: Final[Mapping[str, type[Asked]]] = {
    each.__name__.lower(): each for each in (
        Forecast, Quantiles, Draws, Share, When, Split, Attribute, Claims, Placement, Techniques, Impose, Relabel,
        Check, Contract, Concentration, Plan, Limits, Ceilings, Site, Cost, Retire,
    )
}  # fmt: skip
