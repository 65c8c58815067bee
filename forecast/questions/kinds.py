"""Kinds of a field's value: allowed values, reading from text or numbers, and the message for a wrong one.

A schema names a kind beside the type of a field; pydantic calls it before its own check, so that a refusal reads alike
whichever door was used.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationInfo

from shiftcast.features.input_error import InputError, nearest

_FLAGS: Final[Mapping[str | float, bool]] = {
    1: True, 0: False, "yes": True, "true": True, "no": False, "false": False,
}  # fmt: skip
LONGEST_TEXT: Final = 200
LONGEST_SCENARIO: Final = 20_000
MOST_LEVELS: Final = 99
ROWS: Final = "rows"
ANSWER: Final = "answer"
Read = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Kind:
    """One kind of value.

    Attributes
    ----------
    name
        What it is called to people.
    read
        Takes the name of the field and a value, and returns the value in its own kind or raises ValueError naming the
        field, the value and what it may be.
    column
        Type of a column of such values in a table of questions: ``string``, ``double``, or nothing where it fits in
        none.
    """

    name: str
    read: Read
    column: str | None

    def __call__(self, value: Any, info: ValidationInfo) -> Any:
        """Read a value as pydantic asks for it."""
        return self.read(str(info.field_name), value)


def plain(value: Any) -> Any:
    """Return a value without the types of arrays, in which tables and servers hand numbers on.

    Parameters
    ----------
    value
        Any value.

    Returns
    -------
    object
        Numbers, texts, lists and mappings of Python's own.

    Examples
    --------
    >>> import numpy as np
    >>> plain(np.int64(40)), plain([np.float64(0.5), True]), plain(np.array([4, 5]))
    (40, [0.5, True], [4, 5])
    """
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return {name: plain(each) for name, each in value.items()} if isinstance(value, Mapping) else value


def shortened(value: Any) -> str:
    """Return a value as a refusal shows it, at most sixty characters.

    Parameters
    ----------
    value
        Any value.

    Returns
    -------
    str
        Escaped to ASCII, cut with ``...``.

    Examples
    --------
    >>> shortened(1.5), len(shortened("x" * 99))
    ("float '1.5'", 60)
    """
    text = ascii(value) if isinstance(value, str) else f"{type(value).__name__} {str(value)[:40]!r}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def unknown(name: str, known: Collection[str], kind: str = "field") -> str:
    """Return the refusal of a name that is not known, with the nearest that is.

    Parameters
    ----------
    name
        The name as given.
    known
        Names that are known.
    kind
        What they are names of.

    Returns
    -------
    str

    Examples
    --------
    >>> unknown("segmnt", ["segment", "measure"])
    "field 'segmnt' is not known; did you mean 'segment'? the fields are segment, measure"
    """
    return f"{kind} {shortened(name)} is not known; {nearest(name, known)}the {kind}s are {', '.join(known)}"


def _text(field: str, value: Any) -> str:
    if isinstance(value, str) and len(value) <= LONGEST_TEXT and value.isprintable():
        return value
    raise InputError(
        f"field {field!r} is {shortened(value)}; it must be printable text of at most {LONGEST_TEXT} characters"
    )


def _number(field: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"field {field!r} is {shortened(value)}; it must be a finite number")
    return number


def _whole(field: str, value: Any) -> int:
    number = _number(field, value)
    if number != int(number) or not 0 <= number < 2**53:
        raise InputError(f"field {field!r} is {shortened(value)}; it must be a whole number from 0")
    return int(number)


def _flag(field: str, value: Any) -> bool:
    """Read true or false given as such, as a text such as ``yes``, or as one of the numbers nought and one."""
    said = value.strip().lower() if isinstance(value, str) else value
    if isinstance(said, bool | str | int | float) and said in _FLAGS:
        return _FLAGS[said]
    raise InputError(f"field {field!r} is {shortened(value)}; it must be yes or no")


def _levels(field: str, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_LEVELS:
        raise InputError(f"field {field!r} is {shortened(value)}; it must be a list of 1 to {MOST_LEVELS} levels")
    levels = tuple(_number(field, level) for level in value)
    outside = [level for level in levels if not 0 < level < 1]
    if outside:
        raise InputError(f"field {field!r} has {outside[0]!r}; levels lie between 0 and 1, such as 0.9")
    return tuple(sorted(set(levels)))


def _series(field: str, value: Any) -> tuple[float, ...]:
    """Read numbers given as such, or as a text such as ``4,5,6``."""
    if isinstance(value, str):
        each: Any = [_parsed(field, piece, value, "4,5,6") for piece in _text(field, value).split(",")]
    else:
        each = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(each) <= MOST_LEVELS:
        raise InputError(f"field {field!r} is {shortened(value)}; it must be 1 to {MOST_LEVELS} numbers, such as 4,5")
    return tuple(_number(field, number) for number in each)


def _names(field: str, value: Any) -> tuple[str, ...]:
    """Read names given as such, or as a text such as ``power,memory``."""
    each = _text(field, value).split(",") if isinstance(value, str) else value
    if not isinstance(each, list | tuple) or len(each) > MOST_LEVELS:
        raise InputError(f"field {field!r} is {shortened(value)}; it must be names such as power,memory")
    return tuple(dict.fromkeys(name.strip() for name in (_text(field, name) for name in each) if name.strip()))


def _pairs(field: str, value: Any) -> dict[str, float]:
    """Read names and numbers given as a mapping, or as a text such as ``site.utilisation=0.7; power.pue=1.2``."""
    pairs = value
    if isinstance(value, str):
        split = [piece.partition("=") for piece in _text(field, value).split(";") if piece.strip()]
        example = "site.utilisation=0.7"
        pairs = {name.strip(): _parsed(field, number, value, example) for name, _, number in split}
    if not isinstance(pairs, Mapping) or len(pairs) > MOST_LEVELS:
        raise InputError(f"field {field!r} is {shortened(value)}; it must be pairs such as site.utilisation=0.7")
    return {_text(field, name): _number(field, number) for name, number in pairs.items()}


def _form(field: str, value: Any) -> str:
    if isinstance(value, str) and value in {ROWS, ANSWER}:
        return value
    raise InputError(f"field {field!r} is {shortened(value)}; it must be {ROWS!r} or {ANSWER!r}")


def _scenario(field: str, value: Any) -> str:
    """Read a scenario given as text, or as the table of a scenario file."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":")) if isinstance(value, Mapping) else value
    if isinstance(text, str) and text.lstrip().startswith("{") and len(text) <= LONGEST_SCENARIO:
        return text
    return _text(field, text)


def _scenarios(field: str, value: Any) -> tuple[str, ...]:
    """Read scenarios given one by one, as one table, or as a text such as ``power-40-gw,software-gain``."""
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        value = [piece.strip() for piece in value.split(",") if piece.strip()]
    each = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(each) <= MOST_LEVELS:
        raise InputError(f"field {field!r} is {shortened(value)}; it must be 1 to {MOST_LEVELS} scenarios")
    return tuple(dict.fromkeys(_scenario(field, one) for one in each))


def _weights(field: str, value: Any) -> dict[str, float]:
    """Read weights given as a mapping, or as a text such as ``base=0.7,power-40-gw=0.3``."""
    return _pairs(field, value.replace(",", ";") if isinstance(value, str) else value)


def _parsed(field: str, piece: str, value: str, example: str) -> float:
    try:
        return float(piece)
    except ValueError:
        raise InputError(f"field {field!r} is {shortened(value)}; it must be of the form {example}") from None


TEXT: Final = Kind("text", _text, "string")
NUMBER: Final = Kind("number", _number, "double")
WHOLE: Final = Kind("whole number", _whole, "double")  # MLflow would cut 1.5 to 1 before it could be refused
FLAG: Final = Kind("yes or no", _flag, "string")
LEVELS: Final = Kind("list of levels", _levels, None)
SERIES: Final = Kind("numbers, or text 4,5,6", _series, "string")
NAMES: Final = Kind("names, or text a,b", _names, "string")
FORM: Final = Kind("rows or answer", _form, "string")
SCENARIO: Final = Kind("text", _scenario, "string")
SCENARIOS: Final = Kind("names, or text a,b", _scenarios, "string")
WEIGHTS: Final = Kind("weights, or text a=0.3,b=0.7", _weights, "string")
PAIRS: Final = Kind("pairs, or text name=0.7; name=1.2", _pairs, "string")
