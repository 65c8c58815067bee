"""Questions as plain mappings: which fields each takes, of what kind, and what is wrong with one that cannot be asked.

Every door (command line, notebook, served model) reads a question here, so that the same mapping means the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shiftcast.features.input_error import InputError

_PART: Final = ("segment", "leaf", "workload", "technique")
_CATALOGUE: Final = ("generation", "model", "scenario", "given")
_SHARE: Final = ("technique", "of", "base", "segment")
TEXT: Final = (
    "question", "output", "measure", *_PART, "of", "base", "definition", "mode", "scenario", "as_of", "start", "end",
    "by", "total", "firm", "to", "valid_from", "claim", "against", "period", "generation", "model",
)  # fmt: skip
NUMBERS: Final = (
    "above", "level", "strength", "share", "value", "risk", "under", "over", "installed", "mw", "pue", "demand",
    "accelerators", "cap", "flex", "flex_hours", "gain",
)  # fmt: skip
WHOLE: Final = ("horizon", "draws", "seed", "programmes")
LISTS: Final = ("quantiles",)
SERIES: Final = ("life", "elasticity")  # numbers, as a text with commas between where a door has only text
PAIRS: Final = ("given",)  # names and numbers, as a text where a door has only text
FIELDS: Final = (*TEXT, *NUMBERS, *WHOLE, *LISTS, *SERIES, *PAIRS)
CONTEXT: Final = ("mode", "definition", "as_of")
LONGEST_TEXT: Final = 200
MOST_LEVELS: Final = 99


@dataclass(frozen=True)
class Takes:
    """The fields one question needs and may have."""

    needed: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


QUESTIONS: Final[Mapping[str, Takes]] = {
    "forecast": Takes(("measure",), _PART),
    "quantiles": Takes(("measure",), (*_PART, "horizon", "quantiles", "scenario")),
    "draws": Takes(("measure",), (*_PART, "horizon", "scenario", "draws", "seed")),
    "share": Takes(_SHARE, ("horizon", "quantiles", "scenario")),
    "when": Takes(_SHARE, ("above", "level", "scenario")),
    "split": Takes(("base", "definition")),
    "attribute": Takes(("start", "end"), ("measure", "segment", "by")),
    "claims": Takes(),
    "placement": Takes((), ("segment",)),
    "impose": Takes(("mode", "base", "definition"), ("share", "strength", "total")),
    "relabel": Takes(("firm", "to"), ("valid_from",)),
    "check": Takes(("claim",), ("against",)),
    "contract": Takes(("measure", "period", "value"), (*_PART, "total")),
    "concentration": Takes(),
    "plan": Takes(("by",), ("risk", "under", "over", "segment", "leaf", "generation", "installed", "given")),
    "limits": Takes(("by",), ("programmes", "given")),
    "site": Takes(("mw",), ("pue", *_CATALOGUE, "demand", "accelerators", "cap", "flex", "flex_hours")),
    "cost": Takes((), ("life", *_CATALOGUE, "gain", "elasticity")),
    "retire": Takes(("generation",), ("segment", *_CATALOGUE[1:])),
}
_OWN_OUTPUT: Final = (  # questions whose output has no other name
    "placement", "impose", "relabel", "check", "contract", "concentration", "plan", "limits", "site", "cost", "retire",
)  # fmt: skip
OUTPUTS: Final[Mapping[str, str]] = {
    "rows": "forecast", "quantiles": "quantiles", "draws": "draws", "shares": "share", "crossings": "when",
    "split": "split", "attribution": "attribute", "claims": "claims",
    **{name: name for name in _OWN_OUTPUT},
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A question that can be asked.

    Attributes
    ----------
    name
        One of :data:`QUESTIONS`, also a method of :class:`forecast.answers.Forecaster`.
    arguments
        Fields that the method takes.
    context
        What the forecast must have been made under: ``mode, definition, as_of``.
    """

    name: str
    arguments: Mapping[str, Any]
    context: Mapping[str, str]


def read_question(fields: Mapping[str, Any]) -> Question:
    """Read a question from plain fields; fields that are ``None`` count as left out.

    Parameters
    ----------
    fields
        ``question`` (or ``output``, its other name) and the fields that :data:`QUESTIONS` lists for it.

    Raises
    ------
    ValueError
        Naming the field that is missing, unknown, of the wrong kind or out of range, and what it may be.

    Examples
    --------
    >>> read_question({"output": "quantiles", "measure": "power", "horizon": 4, "mode": "observation"})
    Question(name='quantiles', arguments={'measure': 'power', 'horizon': 4}, context={'mode': 'observation'})
    """
    given = {str(name): read_field(str(name), value) for name, value in fields.items() if value is not None}
    name = _named(given)
    takes = QUESTIONS[name]
    arguments = {field: value for field, value in given.items() if field in (*takes.needed, *takes.allowed)}
    context: dict[str, str] = {field: given[field] for field in CONTEXT if field in given and field not in arguments}
    for field in takes.needed:
        if field not in arguments:
            raise InputError(f"question {name!r}: field {field!r} is missing")
    for field in given:
        if field not in arguments and field not in context and field not in {"question", "output"}:
            others = ", ".join((*takes.needed, *takes.allowed, *CONTEXT))
            raise InputError(f"question {name!r}: field {field!r} is not taken; it takes {others}")
    return Question(name, arguments, context)


def _named(given: Mapping[str, Any]) -> str:
    output = given.get("output")
    if output is not None and output not in OUTPUTS:
        raise InputError(f"output {output!r} is not known; choose one of {', '.join(OUTPUTS)}")
    name = given.get("question") or OUTPUTS.get(str(output), "")
    if name not in QUESTIONS:
        raise InputError(f"question {name!r} is not known; ask one of {', '.join(QUESTIONS)}")
    if output is not None and OUTPUTS[output] != name:
        raise InputError(f"output {output!r} is not that of question {name!r}; leave one of the two fields out")
    return str(name)


def read_field(field: str, value: Any) -> Any:
    """Return a field's value in its own kind; ``None`` stays.

    Raises
    ------
    ValueError
        Naming the field, the value and what it may be.
    """
    if value is None and field in FIELDS:
        return None
    for fields, read in _READ:
        if field in fields:
            return read(field, value)
    raise InputError(f"field {_shortened(field)} is not known; the fields are {', '.join(FIELDS)}")


def _text(field: str, value: Any) -> str:
    if isinstance(value, str) and len(value) <= LONGEST_TEXT and value.isprintable():
        return value
    raise InputError(
        f"field {field!r} is {_shortened(value)}; it must be printable text of at most {LONGEST_TEXT} characters"
    )


def _number(field: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"field {field!r} is {_shortened(value)}; it must be a finite number")
    return float(value)


def _whole(field: str, value: Any) -> int:
    number = _number(field, value)
    if number != int(number) or not 0 <= number < 2**53:
        raise InputError(f"field {field!r} is {_shortened(value)}; it must be a whole number from 0")
    return int(number)


def _levels(field: str, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_LEVELS:
        raise InputError(f"field {field!r} is {_shortened(value)}; it must be a list of 1 to {MOST_LEVELS} levels")
    levels = tuple(_number(field, level) for level in value)
    outside = [level for level in levels if not 0 < level < 1]
    if outside:
        raise InputError(f"field {field!r} has {outside[0]!r}; levels lie between 0 and 1, such as 0.9")
    return tuple(sorted(set(levels)))


def _series(field: str, value: Any) -> tuple[float, ...]:
    """Read numbers given as such, or as a text such as ``4,5,6``."""
    if isinstance(value, str):
        each: Any = [_parsed(field, piece, value) for piece in _text(field, value).split(",")]
    else:
        each = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(each) <= MOST_LEVELS:
        raise InputError(f"field {field!r} is {_shortened(value)}; it must be 1 to {MOST_LEVELS} numbers, such as 4,5")
    return tuple(_number(field, number) for number in each)


def _pairs(field: str, value: Any) -> dict[str, float]:
    """Read names and numbers given as a mapping, or as a text such as ``site.utilisation=0.7; power.pue=1.2``."""
    pairs = value
    if isinstance(value, str):
        split = [piece.partition("=") for piece in _text(field, value).split(";") if piece.strip()]
        pairs = {name.strip(): _parsed(field, number, value) for name, _, number in split}
    if not isinstance(pairs, Mapping) or len(pairs) > MOST_LEVELS:
        raise InputError(f"field {field!r} is {_shortened(value)}; it must be pairs such as site.utilisation=0.7")
    return {_text(field, name): _number(field, number) for name, number in pairs.items()}


def _parsed(field: str, piece: str, value: str) -> float:
    try:
        return float(piece)
    except ValueError:
        example = "site.utilisation=0.7" if field in PAIRS else "4,5,6"
        raise InputError(f"field {field!r} is {_shortened(value)}; it must be of the form {example}") from None


def _shortened(value: Any) -> str:
    text = ascii(value) if isinstance(value, str) else f"{type(value).__name__} {str(value)[:40]!r}"
    return text if len(text) <= 60 else f"{text[:57]}..."


_READ: Final[tuple[tuple[tuple[str, ...], Callable[[str, Any], Any]], ...]] = (
    (TEXT, _text), (NUMBERS, _number), (WHOLE, _whole), (LISTS, _levels), (SERIES, _series), (PAIRS, _pairs),
)  # fmt: skip
