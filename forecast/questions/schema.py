"""One schema a question: which fields it needs and may have, their defaults, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shiftcast.features.frames import ALL
from shiftcast.forecast.draws import QUANTILES
from shiftcast.forecast.questions import fields as of_type
from shiftcast.forecast.questions.asked import BASE, Asked, Made, OfPart, OfTechniques, name_of
from shiftcast.forecast.questions.capacity import Ceilings, Cost, Limits, Newcomer, Plan, Retire, Site
from shiftcast.forecast.questions.effects import Attribute, Latent, LearnNext, Rank
from shiftcast.forecast.questions.scenarios import Regret, Scenario


class Forecast(OfPart):
    """A measure as it was published."""

    output = "rows"
    gives = "rows of the forecasts frame"
    measure: of_type.Measure
    every: of_type.Every = "quarter"
    by: of_type.BrokenDown = None


class Quantiles(OfPart):
    """Quantiles of a measure."""

    output = "quantiles"
    gives = "one row a quarter ahead: mean and a column a level"
    measure: of_type.Measure
    horizon: of_type.Horizon = None
    quantiles: of_type.Levels = QUANTILES
    scenario: of_type.Levers = BASE
    every: of_type.Every = "quarter"
    by: of_type.BrokenDown = None


class Draws(OfPart):
    """Joint draws of a measure."""

    output = "draws"
    gives = "joint draws; the number of a draw is the same in every answer"
    measure: of_type.Measure
    horizon: of_type.Horizon = None
    scenario: of_type.Levers = BASE
    draws: of_type.Draws = None
    seed: of_type.Seed = 0


class Share(OfTechniques):
    """The share of techniques in a workload."""

    output = "shares"
    gives = "the share of techniques in a workload by quarter, to 2032"
    horizon: of_type.Horizon = None
    quantiles: of_type.Levels = QUANTILES
    scenario: of_type.Levers = BASE


class When(OfTechniques):
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


class Claims(Made):
    """The odds of claims."""

    output = "claims"
    gives = "the odds of every claim"


class Placement(Made):
    """Hours by vendor."""

    output = "placement"
    gives = "accelerator-hours by vendor, and CPU core-hours"
    segment: of_type.Segment = ALL


class Techniques(Made):
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


class Relabel(Made):
    """A firm on the other side."""

    output = "relabel"
    gives = "the split with a firm on the other side"
    firm: of_type.Firm
    to: of_type.Side
    valid_from: of_type.ValidFrom = None


class Check(Made):
    """What a claim needs."""

    output = "check"
    gives = "what it would take for a claim to hold"
    claim: of_type.Claim
    against: of_type.Against = None


class Contract(OfPart):
    """A figure contracted."""

    output = "contract"
    gives = "a measure with one part's figure held, exactly or as a cap or a floor, and what follows of it"
    measure: of_type.Measure
    period: of_type.Period
    value: of_type.Contracted
    bound: of_type.Bound = "exactly"
    total: of_type.Total = "moves"
    sure: of_type.Sure = False


class Concentration(Made):
    """How concentrated demand is."""

    output = "concentration"
    gives = "how concentrated demand is"


class Audit(OfPart):
    """Where a figure comes from."""

    output = "audit"
    gives = "where a figure comes from: its equation and inputs, the rows it rests on, their evidence and weight"
    measure: of_type.Audited
    period: of_type.Quarter
    base: of_type.AuditBase = "none"
    stated_under: of_type.StatedUnder = None


QUESTIONS: Final[Mapping[str, type[Asked]]] = {
    name_of(each): each
    for each in (
        Forecast, Quantiles, Draws, Share, When, Split, Attribute, Claims, Placement, Techniques, Impose, Relabel,
        Check, Contract, Concentration, LearnNext, Rank, Latent, Plan, Limits, Ceilings, Site, Cost, Retire,
        Newcomer, Scenario, Regret, Audit,
    )
}  # fmt: skip
