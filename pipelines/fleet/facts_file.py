"""Read what a planner says of a fleet from a TOML file, and name every fault with its place and remedy."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Final

import pandas as pd

from shiftcast.features.bounds import MOST
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.facts import Currency, Event, Fleet, Holding, Move, Offer
from shiftcast.forecast.leaves import SEGMENT_OF
from shiftcast.forecast.questions import unknown
from shiftcast.pipelines.fleet.facts_asked import ASKED
from shiftcast.pipelines.sources.accelerators import name_accelerators
from shiftcast.pipelines.tables.whole_files import read_toml

_DAY: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?|Q([1-4]))")
_PARTS: Final = {"holding": Holding, "offer": Offer, "event": Event, "move": Move, "currency": Currency}
_SECTIONS: Final = ("fleet", *_PARTS, "budget")
_MISSING: Final = {"since": pd.Timestamp("2000-01-01", tz="UTC")}  # held all along
_RENT: Final = {"lead_weeks": 0.0, "months": 1}  # what is rented by the hour is there at once and binds nobody
_TERMS: Final = {"holding": ("owned", "reserved", "rented"), "offer": ("buy", "reserve", "rent")}


@dataclass(frozen=True)
class _At:
    """The place of a value: file, section with its number, and key."""

    file: str
    section: str
    key: str = ""

    def refusal(self, value: Any, remedy: str) -> InputError:
        """Return the refusal of a value at this place."""
        return InputError(f"{self.file}, {self.section}, {self.key} = {_shown(value)}: {remedy}")


def read_facts(file: Path, name: str) -> Fleet:
    """Return what a file says of a fleet.

    Parameters
    ----------
    file
        TOML with the sections ``[fleet]``, ``[[holding]]``, ``[[offer]]``, ``[[event]]``, ``[[move]]``,
        ``[[currency]]`` and ``[budget]``, each as the fields of :mod:`forecast.fleet.facts` are called.
    name
        The planner's name of the fleet.

    Returns
    -------
    Fleet
        Facts; one number where three are allowed stands for all three.

    Raises
    ------
    ValueError
        Naming file, section and number, key, value and remedy.
    """
    said = read_toml(file, InputError, f"`shiftcast fleet {name} init` writes one to begin with")
    return facts_of(said, name, str(file))


def facts_of(said: Mapping[str, Any], name: str, file: str) -> Fleet:
    """Return what the sections of a file say of a fleet.

    Parameters
    ----------
    said
        Sections as :mod:`tomllib` gives them.
    name, file
        The planner's name of the fleet, and that of the file in messages.

    Returns
    -------
    Fleet
        Facts.

    Raises
    ------
    ValueError
        As :func:`read_facts`.

    Examples
    --------
    >>> facts_of({"fleet": {"leaf": "enterprise"}, "budget": {"2027": 1200000}}, "mine", "fleet.toml").budgets
    {2027: 1200000.0}
    """
    for section in said:
        if section not in _SECTIONS:
            raise InputError(f"{file}: {unknown(section, _SECTIONS, 'section')}")
    whole = _table(said.get("fleet", {}), _At(file, "[fleet]"))
    known = ("leaf", "like", "busy", "pue", "usd_per_kwh")
    own = {
        key: _FLEET[key](value, _At(file, "[fleet]", key)) for key, value in _known(whole, known, _At(file, "[fleet]"))
    }
    parts: dict[str, Any] = {_plural(section): _parts(said.get(section, []), section, file) for section in _PARTS}
    return Fleet(name, **own, **parts, budgets=_budgets(said.get("budget", {}), _At(file, "[budget]")))


def _plural(section: str) -> str:
    return "currencies" if section == "currency" else f"{section}s"


def _parts(rows: Any, section: str, file: str) -> tuple[Any, ...]:
    if not isinstance(rows, list):
        raise InputError(f"{file}: section {section!r} stands in single brackets; write [[{section}]]")
    return tuple(_part(row, section, _At(file, f"[[{section}]] {number}")) for number, row in enumerate(rows, start=1))


def _part(row: Any, section: str, at: _At) -> Any:
    """Return one holding, offer, event or move."""
    kind = _PARTS[section]
    names = tuple(each.name for each in fields(kind))
    given = {
        key: _reader(section, key)(value, _At(at.file, at.section, key))
        for key, value in _known(_table(row, at), names, at)
    }
    defaults = {**_MISSING, **(_RENT if given.get("terms") == "rent" else {})}
    for each in fields(kind):
        if section != "currency" and each.name not in given and each.name in defaults:
            given[each.name] = defaults[each.name]
        if each.name not in given and each.default is MISSING:
            raise InputError(f"{at.file}, {at.section}: key {each.name!r} is missing; {ASKED[each.name]}")
    first, last = ("since", "until") if section == "holding" else ("start", "end")
    if given.get(last) is not None and given[last] <= given[first]:
        raise _At(at.file, at.section, last).refusal(given[last].date(), f"it must lie after {given[first]:%Y-%m-%d}")
    return kind(**given)


def _known(table: Mapping[str, Any], names: tuple[str, ...], at: _At) -> list[tuple[str, Any]]:
    for key in table:
        if key not in names:
            raise InputError(f"{at.file}, {at.section}: {unknown(key, names, 'key')}")
    return list(table.items())


def _table(value: Any, at: _At) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{at.file}, {at.section} is {_shown(value)}; it must be a section of keys and values")
    return value


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str | list) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _budgets(table: Any, at: _At) -> dict[int, float]:
    budgets = {}
    for year, value in _table(table, at).items():
        here = _At(at.file, at.section, year)
        if not re.fullmatch(r"20\d\d", year):
            raise here.refusal(value, "the key must be a calendar year, such as 2027 = 1200000")
        budgets[int(year)] = _up_to("USD/year", above=True)(value, here)
    return budgets


def _number(value: Any, at: _At) -> float:
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf
    if not math.isfinite(number):
        raise at.refusal(value, f"it must be a number; {ASKED.get(at.key, 'write it without quotes')}")
    return number


def _within(
    low: float, high: float, unit: str = "", *, above: bool = False, whole: bool = False
) -> Callable[[Any, _At], Any]:
    """Return the reader of a number from ``low`` on, or above it, to ``high``."""

    def read(value: Any, at: _At) -> Any:
        number = _number(value, at)
        if not (low < number if above else low <= number) or number > high or (whole and number != int(number)):
            kind = "a whole number" if whole else "a number"
            least = f"above {low:g}" if above else f"from {low:g}"
            asked = ASKED.get(at.key, "USD of the year")
            raise at.refusal(value, f"it must be {kind} {least} to {high:g}{unit and f' {unit}'}; {asked}")
        return int(number) if whole else number

    return read


def _up_to(unit: str, *, above: bool = False) -> Callable[[Any, _At], Any]:
    """Return the reader of a number from zero on, or above it, to the most of a unit."""
    return _within(0.0, MOST[unit][0], unit, above=above)


def _three(reader: Callable[[Any, _At], Any]) -> Callable[[Any, _At], tuple[float, float, float]]:
    """Return the reader of low, middle and high, or of one number that stands for all three."""

    def read(value: Any, at: _At) -> tuple[float, float, float]:
        if isinstance(value, list) and len(value) != 3:
            raise at.refusal(value, "it must be one number, or three: low, middle and high (10, 50 and 90 %)")
        low, middle, high = (reader(each, at) for each in (value if isinstance(value, list) else [value] * 3))
        if not low <= middle <= high:
            raise at.refusal(value, "low, middle and high must rise, as 10, 50 and 90 % do")
        return low, middle, high

    return read


def _flag(value: Any, at: _At) -> bool:
    if not isinstance(value, bool):
        raise at.refusal(value, "it must be true or false")
    return value


def _text(value: Any, at: _At) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise at.refusal(value, f"it must be text in quotes; {ASKED.get(at.key, 'write a name')}")
    return value.strip()


def _day(value: Any, at: _At) -> pd.Timestamp:
    """Return the first day of what a value names: a day, a month or a quarter."""
    if isinstance(value, dt.date):
        return pd.Timestamp(year=value.year, month=value.month, day=value.day, tz="UTC")
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    try:
        year, month, day, quarter = found.groups() if found else ("", "", "", "")
        first = 3 * int(quarter) - 2 if quarter else int(month)
        return pd.Timestamp(year=int(year), month=first, day=int(day or 1), tz="UTC")
    except (ValueError, TypeError):
        raise at.refusal(value, "it must be a day, month or quarter, such as 2027-03-01, 2027-03 or 2027Q1") from None


def _accelerator(value: Any, at: _At) -> str:
    named = name_accelerators(pd.Series([_text(value, at)], dtype=object))
    found = str(named.labels["accelerator"].iloc[0])
    if not found:
        raise at.refusal(value, "no table knows it; `shiftcast catalogue` lists the accelerators, such as h100")
    return found


def _one_of(names: tuple[str, ...]) -> Callable[[Any, _At], str]:
    def read(value: Any, at: _At) -> str:
        if value not in names:
            raise at.refusal(value, f"it must be one of {', '.join(names)}")
        return str(value)

    return read


def _code(value: Any, at: _At) -> str:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value) or value == "USD":
        raise at.refusal(value, f"it must be the code of a currency that is not USD; {ASKED['code']}")
    return value


def _leaf(value: Any, at: _At) -> str:
    if value not in SEGMENT_OF:
        raise at.refusal(value, unknown(str(value), tuple(SEGMENT_OF), "part"))
    return str(value)


def _names(value: Any, at: _At) -> tuple[str, ...]:
    return tuple(_text(each, at) for each in (value if isinstance(value, list) else [value]))


def _reader(section: str, key: str) -> Callable[[Any, _At], Any]:
    if key == "terms":
        return _one_of(_TERMS[section])
    if (section, key) == ("currency", "usd"):
        return _up_to("USD/currency", above=True)
    return _three(_up_to("ratio", above=True)) if (section, key) == ("move", "work") else _READERS[key]


_share = _within(0.0, 1.0)
_A_MONTH: Final = MOST["accelerator_hour/month"][0]
_accelerators = _up_to("accelerator", above=True)
_FLEET: Final[Mapping[str, Callable[[Any, _At], Any]]] = {
    "leaf": _leaf, "like": _names, "busy": _within(0.0, 1.0, above=True), "pue": _within(1.0, 5.0),
    "usd_per_kwh": _up_to("USD/kWh"),
}  # fmt: skip
_READERS: Final[Mapping[str, Callable[[Any, _At], Any]]] = {
    "accelerator": _accelerator, "count": _accelerators, "since": _day, "until": _day, "start": _day, "end": _day,
    "usd_per_hour": _up_to("USD/accelerator_hour"), "it_kw": _within(0.0, 50.0, above=True),
    "node": _within(1, 1e6, whole=True), "name": _text,
    "usd": _up_to("USD/accelerator"), "code": _code,
    "lead_weeks": _within(0.0, 520.0), "months": _within(1, 240, whole=True), "work": _up_to("ratio", above=True),
    "most": _accelerators, "workload": _text, "technique": _text, "source": _text, "target": _text,
    "hours": _three(_within(-_A_MONTH, _A_MONTH, "accelerator_hour/month")),
    "probability": _share, "guessed": _flag, "share": _three(_share),
}  # fmt: skip
