"""Draft claims from a transcript or note: figures, bounds and windows, disclosure apart from opinion.

A draft is for a person to confirm: the sentence stands beside every figure read from it, and words that no table knows
are listed rather than dropped. Nothing here reaches a forecast by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.features.number_words import Number, Words, find_numbers
from shiftcast.features.relative_dates import Dated, Phrase, find_dates

COLUMNS: Final = ("claim", "reading", "speaker", "stated_at", "measure", "base", "definition", "products", "stage",
                  "bound", "low", "high", "unit", "window_start", "window_end", "weight", "evidence", "confidence",
                  "source", "statement", "kind", "language", "confirmed")  # fmt: skip
_SENTENCE: Final = re.compile(r"(?<=[.!?])(?:\s+|$)|(?<=[\u3002\uff01\uff1f])|\n+")
_NEAR: Final = 24  # characters between a figure and its unit, or the word that bounds it
_TERM: Final = re.compile(r"\b(?:[A-Z]{2,}[\w]*|[A-Z][a-z]+[A-Z]\w*|[A-Z]+\d\w*)\b")
_MEASURES: Final = {"USD": "commitment", "EUR": "commitment", "JPY": "commitment", "%": "share", "GW": "power",
                    "MW": "power", "accelerator": "accelerators", "token/day": "tokens",
                    "multiple": "multiple"}  # fmt: skip
_UNITS: Final = {"multiple": "1"}
_KANA, _HAN = re.compile(r"[぀-ヿ]"), re.compile(r"[一-鿿]")


@dataclass(frozen=True)
class Wording:
    """The tables a draft is read with.

    Attributes
    ----------
    words, dates
        Number words and phrases of time, by language.
    marks
        ``language, word, kind, value`` with kinds bound, stage, measure, unit and opinion.
    aliases
        Misheard spelling to the name meant.
    terms
        Known names to their kind, such as product.
    """

    words: Words
    dates: Mapping[str, Sequence[Phrase]]
    marks: Sequence[Mapping[str, str]]
    aliases: Mapping[str, str]
    terms: Mapping[str, str]


@dataclass(frozen=True)
class Drafts:
    """Draft claims of a text.

    Attributes
    ----------
    rows
        One a figure, with the columns of :data:`COLUMNS`.
    unresolved
        Terms that no table knows.
    mended
        Pairs of a misheard spelling and the name put in its place.
    """

    rows: pd.DataFrame
    unresolved: tuple[str, ...]
    mended: tuple[tuple[str, str], ...]


def draft_claims(text: str, *, speaker: str, stated_at: pd.Timestamp, source: str, wording: Wording) -> Drafts:
    """Draft claims from a text.

    Parameters
    ----------
    text
        Transcript or note in any of the languages of the tables.
    speaker, source
        Who said it, and where it was found; copied to each row.
    stated_at
        Day it was said, midnight UTC; relative dates count from it.
    wording
        Tables of number words, phrases of time, wording, aliases and terms.

    Returns
    -------
    Drafts
        Rows numbered ``draft-1`` and on, to be confirmed by a person.

    Raises
    ------
    ValueError
        If the text is empty.
    """
    if not text.strip():
        raise InputError("the text is empty; give a transcript or a note")
    mended, spoken = mend(text, wording.aliases)
    rows = [
        row
        for sentence in filter(None, map(str.strip, _SENTENCE.split(spoken)))
        for row in _claims(sentence, speaker, stated_at, source, wording)
    ]
    numbered = [{**row, "claim": f"draft-{number}"} for number, row in enumerate(rows, start=1)]
    return Drafts(pd.DataFrame(numbered, columns=list(COLUMNS)), _unresolved(spoken, wording), mended)


def mend(text: str, aliases: Mapping[str, str]) -> tuple[tuple[tuple[str, str], ...], str]:
    """Put the names meant in place of misheard spellings, the longest first; return what was mended and the text.

    Parameters
    ----------
    text
        Transcript or note.
    aliases
        Misheard spelling, in lower case, to the name meant.

    Returns
    -------
    tuple
        Pairs of spelling and name that were replaced, and the text.

    Examples
    --------
    >>> mend("MVLink and Reuben", {"mvlink": "NVLink", "reuben": "Rubin"})
    ((('mvlink', 'NVLink'), ('reuben', 'Rubin')), 'NVLink and Rubin')
    """
    done = []
    for alias in sorted(aliases, key=lambda each: (-len(each), each)):
        changed, count = re.subn(rf"\b{re.escape(alias)}\b", lambda _, to=aliases[alias]: to, text, flags=re.IGNORECASE)  # type: ignore[misc]
        if count:
            done.append((alias, aliases[alias]))
            text = changed
    return tuple(done), text


def language_of(sentence: str, marks: Sequence[Mapping[str, str]]) -> str:
    """Return the language of a sentence: by its script, else by the words of the tables it holds; English in doubt.

    Parameters
    ----------
    sentence
        One sentence.
    marks
        Rows of the wording table: ``language`` and ``word``.

    Returns
    -------
    str
        ISO 639-1 code.

    Examples
    --------
    >>> language_of("売上は約五千億ドル", []), language_of("至少五千亿美元", []), language_of("at least", [])
    ('ja', 'zh', 'en')
    """
    if _KANA.search(sentence):
        return "ja"
    if _HAN.search(sentence):
        return "zh"
    lower = sentence.lower()
    counts: dict[str, int] = {}
    for mark in marks:
        if mark["language"] != "all" and re.search(rf"\b{re.escape(mark['word'])}\b", lower):
            counts[mark["language"]] = counts.get(mark["language"], 0) + len(mark["word"])
    return max(sorted(counts), key=lambda each: (counts[each], each == "en")) if counts else "en"


def _claims(
    sentence: str, speaker: str, stated_at: pd.Timestamp, source: str, wording: Wording
) -> list[dict[str, Any]]:
    language = language_of(sentence, wording.marks)
    marks = [mark for mark in wording.marks if mark["language"] in {language, "all"}]
    dates = find_dates(sentence, stated_at, wording.dates.get(language, ()), language=language, words=wording.words)
    inside = [(each.start, each.end) for each in dates]
    numbers = [
        each for each in find_numbers(sentence, language, wording.words)
        if not any(first <= each.start < last for first, last in inside)
    ]  # fmt: skip
    opinion = _first(marks, "opinion", sentence.lower()) is not None
    shared = {
        "reading": "main", "speaker": speaker, "stated_at": f"{stated_at:%Y-%m-%d}", "base": "none",
        "definition": "unstated", "products": _products(sentence, wording.terms), "weight": 1.0,
        "stage": _value(_first(marks, "stage", sentence.lower()), "visibility"),
        "evidence": "assumed" if opinion else "vendor", "confidence": "recalled", "source": source,
        "statement": sentence, "kind": "opinion" if opinion else "disclosure", "language": language, "confirmed": "no",
    }  # fmt: skip
    undated = sentence
    for first, last in inside:  # the "over" of "over the next year" bounds no figure
        undated = undated[:first] + " " * (last - first) + undated[last:]
    rows = [_row(undated, number, dates, marks) for number in numbers]
    return [{**shared, **row} for row in rows if row is not None]


def _row(
    sentence: str, number: Number, dates: Sequence[Dated], marks: Sequence[Mapping[str, str]]
) -> dict[str, Any] | None:
    """Return what one figure says; nothing if no unit stands by it."""
    lower = sentence.lower()
    unit = _unit(lower, number, marks)
    if unit is None:
        return None
    before, after = lower[max(0, number.start - _NEAR) : number.start], lower[number.end : number.end + _NEAR]
    bound = _value(_first(marks, "bound", before) or _first(marks, "bound", after), "=")
    measure = _value(_first(marks, "measure", lower), _MEASURES.get(unit, "multiple"))
    if unit in {"USD", "EUR", "JPY"} and measure in {"share", "growth"}:
        measure = "commitment"
    if unit == "USD" and _value(_first(marks, "stage", lower), "") == "revenue":
        measure = "revenue"
    window = min(dates, key=lambda each: (each.start < number.start, abs(each.start - number.end)), default=None)
    return {
        "measure": measure, "bound": bound, "unit": _UNITS.get(unit, unit),
        "low": None if bound == "<=" else number.value, "high": None if bound == ">=" else number.value,
        "window_start": "" if window is None else f"{window.window_start:%Y-%m-%d}",
        "window_end": "" if window is None else f"{window.window_end:%Y-%m-%d}",
    }  # fmt: skip


def _unit(lower: str, number: Number, marks: Sequence[Mapping[str, str]]) -> str | None:
    """Return the unit that stands nearest to a figure: a sign before it, or a sign or word behind it."""
    before, after = lower[: number.start].rstrip(), lower[number.end : number.end + _NEAR]
    found: list[tuple[int, str]] = []
    for mark in marks:
        if mark["kind"] != "unit":
            continue
        word = mark["word"]
        if not word.isalpha() and before.endswith(word):
            found.append((0, mark["value"]))
        place = re.search(rf"\b{re.escape(word)}\b" if word.isascii() and word.isalpha() else re.escape(word), after)
        if place is not None:
            found.append((place.start() + 1, mark["value"]))
    return min(found)[1] if found else None


def _first(marks: Sequence[Mapping[str, str]], kind: str, text: str) -> Mapping[str, str] | None:
    """Return the first mark of a kind that stands in a text, as words of their own where letters have spaces."""
    for mark in marks:
        word = mark["word"]
        whole = word.isascii() and word[0].isalpha() and word[-1].isalpha()
        if mark["kind"] == kind and re.search(rf"\b{re.escape(word)}\b" if whole else re.escape(word), text):
            return mark
    return None


def _value(mark: Mapping[str, str] | None, otherwise: str) -> str:
    return otherwise if mark is None else mark["value"]


def _products(sentence: str, terms: Mapping[str, str]) -> str:
    lower = sentence.lower()
    named = [term.lower() for term, kind in terms.items()
             if kind == "product" and re.search(rf"\b{re.escape(term.lower())}\b", lower)]  # fmt: skip
    return ";".join(sorted(set(named))) or "all"


def _unresolved(text: str, wording: Wording) -> tuple[str, ...]:
    """Return names in capitals or with digits that no table knows, each once."""
    known = {term.lower() for term in wording.terms} | {name.lower() for name in wording.aliases.values()}
    found = dict.fromkeys(term[0] for term in _TERM.finditer(text))
    return tuple(term for term in found if term.lower() not in known)
