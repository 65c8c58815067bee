"""Questions as plain mappings: which fields each takes, of what kind, and what is wrong with one that cannot be asked.

Every door (command line, notebook, served model) reads a question here, so that the same mapping means the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_PART: Final = ("segment", "leaf", "workload", "technique")
_SHARE: Final = ("technique", "of", "base", "segment")
TEXT: Final = (
    "question", "output", "measure", *_PART, "of", "base", "definition", "mode", "scenario", "as_of", "start", "end",
    "by",
)  # fmt: skip
NUMBERS: Final = ("above", "level")
WHOLE: Final = ("horizon", "draws", "seed")
LISTS: Final = ("quantiles",)
FIELDS: Final = (*TEXT, *NUMBERS, *WHOLE, *LISTS)
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
}
OUTPUTS: Final[Mapping[str, str]] = {
    "rows": "forecast", "quantiles": "quantiles", "draws": "draws", "shares": "share", "crossings": "when",
    "split": "split", "attribution": "attribute", "claims": "claims",
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
            raise ValueError(f"question {name!r}: field {field!r} is missing")
    for field in given:
        if field not in arguments and field not in context and field not in {"question", "output"}:
            others = ", ".join((*takes.needed, *takes.allowed, *CONTEXT))
            raise ValueError(f"question {name!r}: field {field!r} is not taken; it takes {others}")
    return Question(name, arguments, context)


def _named(given: Mapping[str, Any]) -> str:
    output = given.get("output")
    if output is not None and output not in OUTPUTS:
        raise ValueError(f"output {output!r} is not known; choose one of {', '.join(OUTPUTS)}")
    name = given.get("question") or OUTPUTS.get(str(output), "")
    if name not in QUESTIONS:
        raise ValueError(f"question {name!r} is not known; ask one of {', '.join(QUESTIONS)}")
    if output is not None and OUTPUTS[output] != name:
        raise ValueError(f"output {output!r} is not that of question {name!r}; leave one of the two fields out")
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
    if field in TEXT:
        return _text(field, value)
    if field in NUMBERS:
        return _number(field, value)
    if field in WHOLE:
        return _whole(field, value)
    if field in LISTS:
        return _levels(field, value)
    raise ValueError(f"field {_shortened(field)} is not known; the fields are {', '.join(FIELDS)}")


def _text(field: str, value: Any) -> str:
    if isinstance(value, str) and len(value) <= LONGEST_TEXT and value.isprintable():
        return value
    raise ValueError(
        f"field {field!r} is {_shortened(value)}; it must be printable text of at most {LONGEST_TEXT} characters"
    )


def _number(field: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"field {field!r} is {_shortened(value)}; it must be a finite number")
    return float(value)


def _whole(field: str, value: Any) -> int:
    number = _number(field, value)
    if number != int(number) or not 0 <= number < 2**53:
        raise ValueError(f"field {field!r} is {_shortened(value)}; it must be a whole number from 0")
    return int(number)


def _levels(field: str, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_LEVELS:
        raise ValueError(f"field {field!r} is {_shortened(value)}; it must be a list of 1 to {MOST_LEVELS} levels")
    levels = tuple(_number(field, level) for level in value)
    outside = [level for level in levels if not 0 < level < 1]
    if outside:
        raise ValueError(f"field {field!r} has {outside[0]!r}; levels lie between 0 and 1, such as 0.9")
    return tuple(sorted(set(levels)))


def _shortened(value: Any) -> str:
    text = ascii(value) if isinstance(value, str) else f"{type(value).__name__} {str(value)[:40]!r}"
    return text if len(text) <= 60 else f"{text[:57]}..."
