"""Forms of pages, made of the schema of a question: every field with its meaning, and what may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shiftcast.forecast.questions import QUESTIONS, field_rows
from shiftcast.forecast.questions.reading import is_context
from shiftcast.forecast.telling.words import named
from shiftcast.pipelines.desk.choices import Choices, choices_of
from shiftcast.pipelines.desk.opened import Opened

_MORE: Final = ("seed", "quantiles", "given", "sure", "as_of", "stated_under", "strength")  # seldom turned
_HIDDEN: Final = ("form",)
_LABELS: Final[Mapping[str, str]] = {
    "of": "workload", "base": "share of", "above": "threshold", "by": "by", "mw": "megawatts", "to": "to side",
    "usd": "US dollars", "leaf": "kind of operator", "as_of": "day of the forecast", "pue": "facility over IT power",
    "like": "like", "level": "interval", "quantiles": "levels",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field of a form.

    Attributes
    ----------
    name, label
        As the address has it, and as people read it.
    value
        What it holds.
    kind
        ``text``, ``number``, ``select``, ``range`` or ``hidden``.
    options
        Value and words of each choice of a ``select``, or suggestions.
    hint
        What it means, with unit, bounds and default.
    needed
        Whether it has to be given.
    low, high, step
        Bounds and step of a ``range``.
    says
        Words of a ``range``'s value.
    rests
        Value at which a ``range`` changes nothing.
    """

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    needed: bool = False
    low: float | None = None
    high: float | None = None
    step: float | None = None
    says: str = ""
    rests: str = ""

    @property
    def turned(self) -> bool:
        """Whether it holds something other than what it rests at."""
        return self.value not in {"", self.rests}


@dataclass(frozen=True)
class Form:
    """A form, which leads to an address.

    Attributes
    ----------
    path
        Of the page that it leads to.
    fields, more
        Fields shown, and those behind a fold.
    button
        Words of its button.
    title
        What it is for.
    note
        What to know before it is sent, such as how long the answer takes.
    """

    path: str
    fields: tuple[Field, ...]
    more: tuple[Field, ...] = ()
    button: str = "Show"
    title: str = "Change the question"
    note: str = ""


def question_form(
    question: str, given: Mapping[str, str], opened: Opened, *, path: str, only: tuple[str, ...] = (),
    hidden: Mapping[str, str] | None = None,
) -> Form:  # fmt: skip
    """Return the form of a question.

    Parameters
    ----------
    question
        One of :data:`forecast.questions.QUESTIONS`.
    given
        Text of the fields given so far.
    opened
        The forecast, whose parts may be chosen.
    path
        Page that it leads to.
    only
        Fields that are shown; all of the question if empty.
    hidden
        Further fields that the page needs.

    Returns
    -------
    Form
    """
    schema = QUESTIONS[question]
    fields = [
        _field(question, row, given, opened)
        for row in field_rows(question)
        if row["field"] not in _HIDDEN and (not only or row["field"] in only)
    ]
    seldom = {
        name for name, field in schema.model_fields.items()
        if (name in _MORE or is_context(field)) and not field.is_required()
    }  # fmt: skip
    kept = tuple(Field(name, name, value, "hidden") for name, value in (hidden or {}).items())
    shown = tuple(each for each in fields if each.name not in seldom or only)
    return Form(path, (*kept, *shown), tuple(each for each in fields if each not in shown), note=opened.takes(question))


def _field(question: str, row: Mapping[str, str], given: Mapping[str, str], opened: Opened) -> Field:
    """Return one field: a choice where all values are known, else text with suggestions."""
    name, needed = row["field"], row["default"] == "needed"
    value, found = given.get(name, ""), choices_of(question, name, opened)
    return Field(
        name, _LABELS.get(name, name.replace("_", " ")), value, _kind(row, found),
        _options(found, value, row["default"], needed=needed), "" if found.closed else _hint(row), needed,
    )  # fmt: skip


def _kind(row: Mapping[str, str], found: Choices) -> str:
    if found.closed:
        return "select"
    return "number" if row["kind"] in {"number", "whole number"} else "text"


def _options(found: Choices, value: str, default: str, *, needed: bool) -> tuple[tuple[str, str], ...]:
    """Return the choices with their words; a value that is none of them stays, so that the refusal can be read."""
    words = [(each, found.words.get(each, named(each))) for each in found.values]
    if not found.closed:
        return tuple(words)
    if value and value not in found.values:
        words.insert(0, (value, value))
    if not needed:
        default_words = found.words.get(default, named(default)) if default else "not given"
        return (("", default_words), *(each for each in words if each[0] != default or default == value))
    return tuple(words)


def _hint(row: Mapping[str, str]) -> str:
    """Return what a field means, with its unit, bounds and default."""
    unit = "" if row["unit"] in {"", "1", "share"} else f", in {row['unit'].replace('_', ' ')}"
    bounds = f"; {row['bounds']}" if row["bounds"] else ""
    default = f"; {row['default']} if left out" if row["default"] not in {"", "needed"} else ""
    return f"{row['meaning'].removesuffix(' (any question)')}{unit}{bounds}{default}"
