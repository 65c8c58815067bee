"""Scenarios read from text, from names and from tables such as TOML gives; composed, in one form, with one hash.

A scenario is a set of levers. Those of the scenarios that it uses come first, in the order it names them, each once;
its own follow. Whatever the order, techniques move first, then demand, prices and software scale what is wanted, then
work moves between leaves, then generations and ceilings bound what is had.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.kinds import shortened, unknown
from shiftcast.forecast.scenarios.levers import IN_ORDER, KINDS, LEAST, MOST, Demand, Lever, Limit
from shiftcast.forecast.support import OutOfSupportError

BASE: Final = "base"
_LIFT: Final = "lift "
_HEADS: Final = ("name", "says", "evidence", "source", "use")
Gallery = Mapping[str, Mapping[str, Any]]
_Model = TypeVar("_Model", bound=BaseModel)


class _Head(BaseModel):
    """What a scenario says of itself, and those it uses."""

    model_config = ConfigDict(frozen=True, strict=True)
    name: str = ""
    says: str = ""
    evidence: str = ""
    source: str = ""
    use: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class Scenario:
    """Levers, composed.

    Attributes
    ----------
    levers
        In the order in which they act; none is the base.
    label
        Its text, or its name where it was given as a table.
    """

    levers: tuple[Lever, ...] = ()
    label: str = BASE

    def of(self, kind: type[Any]) -> tuple[Any, ...]:
        """Return the levers of one kind, in order."""
        return tuple(lever for lever in self.levers if isinstance(lever, kind))

    @property
    def canonical(self) -> str:
        """The levers as JSON on one line: keys sorted, what has its default left out, order kept where it matters."""
        found: dict[str, list[dict[str, Any]]] = {}
        for kind, schema in KINDS.items():
            each = [lever.model_dump(by_alias=True, exclude_defaults=True) for lever in self.of(schema)]
            ordered = each if kind in IN_ORDER else sorted(each, key=lambda one: json.dumps(one, sort_keys=True))
            found |= {kind: ordered} if ordered else {}
        return json.dumps(found, sort_keys=True, separators=(",", ":"))

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


def read_scenario(text: str, gallery: Gallery | None = None) -> Scenario:
    """Read a scenario; the base scenario is empty.

    Parameters
    ----------
    text
        ``base``; or pieces divided by ``;``, each a name of the gallery, a lever ``part*factor`` or ``lift CEILING``;
        or a table as JSON, with the fields of a scenario file.
    gallery
        Name to the table of each scenario that can be named; none if left out.

    Returns
    -------
    Scenario
        What the text says.

    Raises
    ------
    ValueError
        If a piece, a field or a value is not known, naming the nearest that is.
    OutOfSupportError
        If a factor is outside what a scaling of the drawn demand can stand for.

    Examples
    --------
    >>> [type(lever).__name__ for lever in read_scenario("generative*1.5; lift power").levers]
    ['Demand', 'Limit']
    >>> read_scenario("base").levers
    ()
    >>> twice = {"twice": {"demand": [{"part": "all", "factor": 2.0}]}}
    >>> read_scenario("twice", twice).hash == read_scenario("all*2").hash
    True
    """
    known, levers = gallery or {}, list[Lever]()
    if text.lstrip().startswith("{"):
        table = _parsed(text)
        levers = list(_levers(table, known, "scenario", [], set()))
        label = str(table.get("name") or "own")
    else:
        used: set[str] = set()
        pieces = [] if text == BASE else [piece.strip() for piece in text.split(";") if piece.strip()]
        for piece in pieces:
            levers += [_lever(piece)] if "*" in piece or piece.startswith(_LIFT) else _named(piece, known, [], used)
        label = "; ".join(" ".join(piece.split()) for piece in pieces)
    if levers and label == BASE:
        raise InputError(f"scenario: the name {BASE!r} is that of the forecast as it is; give this one another")
    order = list(KINDS.values())
    return Scenario(tuple(sorted(levers, key=lambda lever: order.index(type(lever)))), label if levers else BASE)


def texts_by_label(texts: Iterable[str], gallery: Gallery | None = None) -> dict[str, str]:
    """Return the text of each scenario by its label, the same scenario once.

    Parameters
    ----------
    texts, gallery
        Each as :func:`read_scenario` takes it.

    Returns
    -------
    dict of str to str

    Raises
    ------
    ValueError
        As there, and if two that differ have one label: what is told of one would be taken for the other.

    Examples
    --------
    >>> list(texts_by_label(["base", "all*2", " all*2"]))
    ['base', 'all*2']
    """
    found: dict[str, str] = {}
    hashes: dict[str, str] = {}
    for text in texts:
        read = read_scenario(text, gallery)
        if hashes.setdefault(read.label, read.hash) != read.hash:
            raise InputError(f"scenario: two that differ are called {read.label!r}; give each a name of its own")
        found[read.label] = text
    return found


def scenario_text(table: Mapping[str, Any]) -> str:
    """Return a scenario's table as text that :func:`read_scenario` reads, the same for the same table.

    Parameters
    ----------
    table
        Fields of a scenario file.

    Returns
    -------
    str
        JSON on one line.

    Examples
    --------
    >>> scenario_text({"use": ["b"], "name": "a"})
    '{"name":"a","use":["b"]}'
    """
    return json.dumps(table, sort_keys=True, separators=(",", ":"), default=str)  # a day, which no field is, as text


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"scenario: {shortened(text)} is no table as JSON: {error}") from None
    return dict(found)


def _lever(piece: str) -> Lever:
    if piece.startswith(_LIFT):
        return Limit(ceiling=piece.removeprefix(_LIFT).strip(), lift=True)
    part, _, number = (each.strip() for each in piece.rpartition("*"))
    try:
        factor = float(number)
    except ValueError:
        factor = math.nan
    if not part or not math.isfinite(factor):
        raise InputError(f"scenario: {piece!r} is not of the form part*factor, such as 'generative*1.5'")
    if not LEAST <= factor <= MOST:
        raise _outside(f"factor {factor:g} of {part!r}")
    return _read(Demand, {"part": part, "factor": factor}, f"scenario: {piece!r}")


def _outside(what: str) -> OutOfSupportError:
    return OutOfSupportError(
        f"scenario: {what} is outside {LEAST:g} to {MOST:g}, where scaling the drawn demand still speaks; change the "
        "assumptions and run again"
    )


def _named(name: str, known: Gallery, within: list[str], used: set[str]) -> Iterator[Lever]:
    """Yield the levers of a named scenario, none if they were taken already."""
    if name in within:
        raise InputError(f"scenario {name!r} uses itself, by {' -> '.join([*within, name])}; take one of them out")
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        names = f"the names are {', '.join(known)}" if known else "this forecast keeps none: run `shiftcast run` again"
        raise InputError(
            f"scenario: {shortened(name)} is not of the form part*factor, such as 'generative*1.5', nor 'lift CEILING',"
            f" nor a name{hint}; {names}"
        )
    if name not in used:
        used.add(name)
        yield from _levers(known[name], known, f"scenario {name!r}", [*within, name], used)


def _levers(table: Mapping[str, Any], known: Gallery, where: str, within: list[str], used: set[str]) -> Iterator[Lever]:
    for field in table:
        if field not in (*_HEADS, *KINDS):
            raise InputError(f"{where}: {unknown(str(field), [*KINDS, *_HEADS])}")
    head = _read(_Head, {name: table[name] for name in _HEADS if name in table}, where)
    for name in head.use:
        yield from _named(name, known, within, used)
    for kind, schema in KINDS.items():
        rows = table.get(kind, [])
        if not isinstance(rows, list):
            raise InputError(f"{where}: {kind} is {shortened(rows)}; write each lever as a table [[{kind}]]")
        for number, row in enumerate(rows, 1):
            yield _checked(_read(schema, row, f"{where}: {kind} {number}"), f"{where}: {kind} {number}")


def _checked(lever: Lever, where: str) -> Lever:
    if isinstance(lever, Limit) and lever.lift + (lever.factor is not None) + (lever.most is not None) != 1:
        raise InputError(f"{where}: give exactly one of lift = true, factor and most")
    return lever


def _read(schema: type[_Model], row: Any, where: str) -> _Model:
    """Read a table by its schema; the first fault is told in our own words."""
    if not isinstance(row, Mapping):
        raise InputError(f"{where} is {shortened(row)}; it must be a table of fields")
    try:
        return schema.model_validate(dict(row))
    except ValidationError as error:
        faults = error.errors(include_url=False)
        first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            names = [str(each.alias or name) for name, each in schema.model_fields.items()]
            raise InputError(f"{where}: {unknown(field, names)}") from None
        if first["type"] == "missing":
            raise InputError(f"{where}: field {field!r} is missing") from None
        said = f"{where}: field {field!r} is {shortened(first['input'])}; {first['msg'].lower()}"
        raise InputError(said) from None
