"""Words of a question on the command line: names of options, and texts read as the kinds of fields."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic.fields import FieldInfo

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.kinds import LEVELS, NAMES, NUMBER, PAIRS, SCENARIO, SCENARIOS, SERIES, WHOLE, Kind
from shiftcast.pipelines.commands.known_names import names_of_field
from shiftcast.pipelines.sources.scenario_files import scenario_field

_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {"given": ("--set",), "risk": ("--risk", "--shortage")}
_WITHIN: Final[Mapping[str, tuple[str, Callable[[float, float], bool]]]] = {
    "minimum": ("at least", operator.ge), "exclusiveMinimum": ("above", operator.gt),
    "maximum": ("at most", operator.le), "exclusiveMaximum": ("below", operator.lt),
}  # fmt: skip
_EXAMPLES: Final[Mapping[Kind, str]] = {
    NUMBER: "0.05", WHOLE: "4", LEVELS: "0.1,0.5,0.9", SERIES: "4,5,6", PAIRS: "site.utilisation=0.7",
}  # fmt: skip
_LARGE: Final = "40"
_PERCENT: Final = 100.0


def option_of(field: str) -> tuple[str, ...]:
    """Return the names of a field's option.

    Parameters
    ----------
    field
        Field of a question.

    Returns
    -------
    tuple of str
        The first is its usual one.

    Examples
    --------
    >>> option_of("flex_hours"), option_of("risk")
    (('--flex-hours',), ('--risk', '--shortage'))
    """
    return _OPTIONS.get(field, (f"--{field.replace('_', '-')}",))


def field_value(field: str, given: Any, kind: Kind) -> Any:
    """Return what an option gives, in the kind of its field.

    Parameters
    ----------
    field
        Field of a question.
    given
        Text, or a list of texts of an option that may be repeated.
    kind
        The field's kind.

    Returns
    -------
    Any
        Number, numbers, names, pairs or text.

    Raises
    ------
    InputError
        Naming the option, the text and what it may be.

    Examples
    --------
    >>> field_value("quantiles", "0.1,0.9", LEVELS), field_value("given", ["power.pue=1.2"], PAIRS)
    ([0.1, 0.9], {'power.pue': 1.2})
    """
    if kind in {SCENARIO, SCENARIOS}:
        return scenario_field(field, given)
    if kind is PAIRS:
        parts = [text.partition("=") for text in given]
        return {name.strip(): _number(field, number, kind, shown=f"{name}{equals}{number}")
                for name, equals, number in parts}  # fmt: skip
    if kind is NAMES:
        return [name.strip() for text in given for name in text.split(",") if name.strip()]
    if kind in {LEVELS, SERIES}:
        return [_number(field, text, kind, shown=given) for text in given.split(",")]
    return _number(field, given, kind, shown=given) if kind in {NUMBER, WHOLE} else given


def bounded(field: str, value: Any, info: FieldInfo) -> None:
    """Raise if a number lies outside the bounds of its field.

    Parameters
    ----------
    field
        Field of a question.
    value
        In the kind of the field; what is no number has no bounds.
    info
        The field in its schema, with ``minimum, maximum`` and so on.

    Raises
    ------
    InputError
        Naming the option, the number and its bounds; one that looks like a percentage is told how to be written.
    """
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    limits = {name: limit for name, limit in extra.items() if name in _WITHIN and isinstance(limit, int | float)}
    for number in value if isinstance(value, list | tuple) else [value]:
        if isinstance(number, str) or all(_WITHIN[name][1](number, limit) for name, limit in limits.items()):
            continue
        must = " and ".join(f"{_WITHIN[name][0]} {limit:g}" for name, limit in limits.items())
        share = max(limits.get("maximum", 0), limits.get("exclusiveMaximum", 0)) == 1 and 1 < number <= _PERCENT
        hint = f"; {number:g} percent is {number / _PERCENT:g}" if share else ""
        raise InputError(f"{option_of(field)[0]} {number:g}: {info.description}, must be {must}{hint}")


def example_value(field: str, info: FieldInfo, kind: Kind) -> str:
    """Return a value that can be typed for a field: the one its meaning names, a known name, or a number.

    Parameters
    ----------
    field
        Field of a question.
    info
        The field in its schema.
    kind
        The field's kind.

    Returns
    -------
    str
    """
    told = re.search(r"such as '?([^ ,;')]+)", info.description or "")
    if told:
        return told[1]
    if kind is NUMBER and isinstance(info.json_schema_extra, dict) and "exclusiveMaximum" not in info.json_schema_extra:
        return _LARGE
    if kind in _EXAMPLES:
        return _EXAMPLES[kind]
    known = names_of_field(field)
    return known[0] if known else re.split(r"[ ,;]", (info.description or field).rpartition(": ")[2])[0]


def _number(field: str, text: str, kind: Kind, *, shown: str) -> float:
    try:
        return float(text)
    except ValueError:
        option = option_of(field)[0]
        raise InputError(f"{option} {shown!r} is not of the form {_EXAMPLES[kind]}") from None
