"""Fields of questions: type, kind, unit, bounds and meaning of each, whichever question takes it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shiftcast.features.bounds import LEAST_CAP, LEAST_SITE, MOST
from shiftcast.forecast.questions.kinds import (
    FLAG,
    FORM,
    LEVELS,
    NAMES,
    NUMBER,
    PAIRS,
    SCENARIO,
    SCENARIOS,
    SERIES,
    TEXT,
    WEIGHTS,
    WHOLE,
)


def told(meaning: str, unit: str = "", *, context: bool = False, **bounds: float) -> Any:
    """Return the description of a field in the schema.

    Parameters
    ----------
    meaning
        One line.
    unit
        Of a number; none for text.
    context
        Whether any question may have it: what the forecast must have been made under, or the form of the answer,
        rather than an argument.
    bounds
        ``minimum, maximum, exclusiveMinimum, exclusiveMaximum``, as JSON Schema has them; what answers the question
        refuses what lies outside.
    **bounds
        ``minimum, maximum, exclusiveMinimum, exclusiveMaximum``, as JSON Schema has them; what answers the question
        refuses what lies outside.

    Returns
    -------
    FieldInfo
        For an annotation of a pydantic model.
    """
    return Field(description=meaning, json_schema_extra={"unit": unit, "context": context, **bounds})


_TEXT, _NUMBER, _WHOLE = BeforeValidator(TEXT), BeforeValidator(NUMBER), BeforeValidator(WHOLE)
_LEVELS, _SERIES, _PAIRS = BeforeValidator(LEVELS), BeforeValidator(SERIES), BeforeValidator(PAIRS)
_NAMES, _FLAG = BeforeValidator(NAMES), BeforeValidator(FLAG)
_SCENARIO = BeforeValidator(SCENARIO)  # text, or a table; one kind for every field of that name
_WITHIN = {"exclusiveMinimum": 0.0, "exclusiveMaximum": 1.0}

Mode = Annotated[str | None, _TEXT, told("mode of the split the forecast was made under", context=True)]
MadeUnder = Annotated[str | None, _TEXT, told("definition of hyperscale the forecast was made under", context=True)]
AsOf = Annotated[str | None, _TEXT, told("day the forecast was made, such as 2026-08-31", context=True)]
Form = Annotated[
    str,
    BeforeValidator(FORM),
    told("rows of the table, or the whole answer: words, table, units, what it rests on", context=True),
]

Measure = Annotated[str, _TEXT, told("gpu_hours, latent_hours, accelerators, accelerators_shipped, power or spending")]
Segment = Annotated[str, _TEXT, told("hyperscale, rest, vendor_internal, or all")]
Leaf = Annotated[str, _TEXT, told("kind of operator, such as sovereign; it brings its segment")]
Workload = Annotated[str, _TEXT, told("such as recsys, search or generative")]
Technique = Annotated[str, _TEXT, told("such as deep or llm")]
Of = Annotated[str, _TEXT, told("workload whose share it is")]
AnyOf = Annotated[str, _TEXT, told("workload whose techniques replace each other, or all")]
Techniques = Annotated[
    str,
    _TEXT,
    told("llm, a sum such as sequence+llm, 'deep or newer', or 'deep learning and large language models'"),
]
TechniqueBase = Annotated[str, _TEXT, told("requests, work (operations of the models) or gpu_hours")]
Place = Annotated[str, _TEXT, told("hyperscale, rest, all, or a leaf such as sovereign")]
Base = Annotated[str, _TEXT, told("what the share is of: revenue, gpu_hours, accelerators or watts")]
Definition = Annotated[str, _TEXT, told("who counts as hyperscale, such as recast_2")]
Levers = Annotated[
    str,
    _SCENARIO,
    told("base; a name such as power-40-gw; levers such as generative*1.5; lift power; or a table"),
]
Scenarios = Annotated[
    tuple[str, ...],
    BeforeValidator(SCENARIOS),
    told("one or several, such as power-40-gw, each a name, levers or a table"),
]
Weights = Annotated[
    dict[str, float], BeforeValidator(WEIGHTS), told("weights of a mixture, such as base=0.7,power-40-gw=0.3", "1")
]
SaidAt = Annotated[str | None, _TEXT, told("quarter the words speak of, such as 2027Q4, which it is if left out")]
Every = Annotated[str, _TEXT, told("quarter, or year: flows summed, stocks at its end")]
BrokenDown = Annotated[str | None, _TEXT, told("segment, leaf, workload or technique that it is broken down by")]
Horizon = Annotated[int | None, _WHOLE, told("quarters ahead; all if left out", "quarter", minimum=1)]
Levels = Annotated[tuple[float, ...], _LEVELS, told("levels of the quantiles", "1", **_WITHIN)]
Draws = Annotated[int | None, _WHOLE, told("how many joint draws; all if left out", "draw", minimum=1)]
Seed = Annotated[int, _WHOLE, told("chooses the draws where fewer than all are asked for", minimum=0)]
Above = Annotated[float, _NUMBER, told("threshold that the share passes", "share", **_WITHIN)]
Level = Annotated[float, _NUMBER, told("level of the interval from early to late", "1", **_WITHIN)]
Start = Annotated[str, _TEXT, told("quarter before, such as 2025Q2")]
End = Annotated[str, _TEXT, told("quarter after, such as 2026Q2")]
Changed = Annotated[str, _TEXT, told("a measure such as gpu_hours or power, or hyperscale_share of busy hours")]
Decomposition = Annotated[
    str, _TEXT, told("what it is made of: factor, request (its terms apart), mix, segment, leaf, workload or technique")
]
From = Annotated[str | None, _TEXT, told("first quarter, such as 2026Q2; the last reported one if left out")]
Decision = Annotated[
    str, _TEXT, told("plan (accelerators to have live by then) or budget (money for purchases to then)")
]
Short = Annotated[
    float | None,
    _NUMBER,
    told(
        "cost of one accelerator or dollar too few; the record's share of a price if left out",
        "USD",
        exclusiveMinimum=0,
    ),
]
Idle = Annotated[
    float | None,
    _NUMBER,
    told(
        "cost of one accelerator or dollar too many; the record's share of a price if left out",
        "USD",
        exclusiveMinimum=0,
    ),
]
Error = Annotated[float, _NUMBER, told("standard error of one measurement over the figure", "1", minimum=0)]
Sample = Annotated[int, _WHOLE, told("how many measurements are taken, of independent errors", "1", minimum=1)]
SplitMode = Annotated[str, _TEXT, told("free, prior, observation, soft or fixed")]
Imposed = Annotated[
    float | None, _NUMBER, told("hyperscale share imposed; the one claimed if left out", "share", **_WITHIN)
]
Strength = Annotated[
    float, _NUMBER, told("standard deviation on the logit scale, of prior and soft", "logit", minimum=0)
]
Total = Annotated[str, _TEXT, told("whether the total is kept or moves")]
Firm = Annotated[str, _TEXT, told("firm, as in memberships.csv")]
Side = Annotated[str, _TEXT, told("side it goes to, such as rest")]
ValidFrom = Annotated[str | None, _TEXT, told("day from which it counts there; all of history if left out")]
Claim = Annotated[str, _TEXT, told("id of a claim, as `shiftcast claim list` shows it")]
Against = Annotated[str | None, _TEXT, told("vintage to bridge from; the speaker's last if left out")]
Period = Annotated[str, _TEXT, told("quarter, such as 2027Q4, or year")]
Audited = Annotated[str, _TEXT, told("a measure of the forecast, or share")]
Like = Annotated[
    tuple[str, ...], _NAMES, told("places of the record whose plans it is like; all of the leaf if left out")
]
NewLeaf = Annotated[str, _TEXT, told("kind of operator it would be, such as sovereign")]
Quarter = Annotated[str, _TEXT, told("quarter, such as 2027Q4")]
AuditBase = Annotated[str, _TEXT, told("what a share is of: requests or revenue; none for a level")]
StatedUnder = Annotated[str | None, _TEXT, told("definition of a share of revenue; the forecast's if left out")]
Contracted = Annotated[float, _NUMBER, told("figure contracted for the part", "of the measure")]
Bound = Annotated[str, _TEXT, told("exactly, at_most or at_least the figure")]
Sure = Annotated[bool, _FLAG, told("insist on figures far beyond what the record supports")]
By = Annotated[str, _TEXT, told("last quarter, such as 2027Q4")]
Until = Annotated[str | None, _TEXT, told("last quarter, such as 2027Q4; the horizon if left out")]
Risk = Annotated[float | None, _NUMBER, told("probability of too few that is accepted", "1", **_WITHIN)]
Under = Annotated[
    float | None,
    _NUMBER,
    told("cost of one accelerator too few, with `over` instead of a risk", "any", exclusiveMinimum=0),
]
Over = Annotated[
    float | None, _NUMBER, told("cost of one accelerator too many", "the unit of `under`", exclusiveMinimum=0)
]
Bought = Annotated[str | None, _TEXT, told("what is bought; that of the least expected cost if left out")]
Installed = Annotated[
    float | None, _NUMBER, told("one's own live today, grown as the segment's need", "accelerator", exclusiveMinimum=0)
]
Given = Annotated[dict[str, float], _PAIRS, told("assumptions and the values that stand in for them")]
Programmes = Annotated[int, _WHOLE, told("how many of the joint draws are planned", "draw", minimum=1)]
Lift = Annotated[tuple[str, ...], _NAMES, told("ceilings that do not count: packaging, memory, power")]
Generation = Annotated[str | None, _TEXT, told("accelerator or family; all that have the figures if left out")]
Family = Annotated[str, _TEXT, told("family, such as hopper, or an accelerator of one")]
Model = Annotated[str, _TEXT, told("model whose throughput records speak")]
Tier = Annotated[str, _SCENARIO, told("tier of the throughput records, such as server or offline")]
Megawatts = Annotated[
    float,
    _NUMBER,
    told("contracted power at the meter", "MW_facility", minimum=LEAST_SITE, maximum=MOST["MW_facility"][0]),
]
Pue = Annotated[float | None, _NUMBER, told("facility over IT power; drawn if left out", "1", minimum=1)]
Demand = Annotated[float | None, _NUMBER, told("work asked of the site", "unit/day", exclusiveMinimum=0)]
Accelerators = Annotated[
    float | None, _NUMBER, told("that can be had; as many as fit if left out", "accelerator", exclusiveMinimum=0)
]
Cap = Annotated[float, _NUMBER, told("share of full power an accelerator may draw", "1", minimum=LEAST_CAP, maximum=1)]
Flex = Annotated[float, _NUMBER, told("share of power given back", "1", minimum=0, exclusiveMaximum=1)]
FlexHours = Annotated[float, _NUMBER, told("for how many hours a year", "hour/year", minimum=0, maximum=8760)]
Life = Annotated[tuple[float, ...], _SERIES, told("lives to compare", "year", exclusiveMinimum=0)]
Gain = Annotated[float | None, _NUMBER, told("throughput gain, if any", "1", exclusiveMinimum=0)]
Elasticity = Annotated[
    tuple[float, ...] | None, _SERIES, told("elasticities; the record's 10, 50 and 90 % if left out", "1")
]
