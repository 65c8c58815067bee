"""Resolve dates as people say them against the day they said it: next year, over the next three years, by 2027."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.features.number_words import Words, find_numbers

_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
_COUNT: Final = r"(?P<n>[^\W_]+)"
_DAY: Final = pd.Timedelta(days=1)
_FAR: Final = 50  # years or months ahead that anyone plans for
Window = tuple[pd.Timestamp, pd.Timestamp]


@dataclass(frozen=True)
class Phrase:
    """A way to name a window of time.

    Attributes
    ----------
    pattern
        Compiled wording, with groups ``n`` and ``year`` where the wording leaves them open.
    unit
        Rule of the window: ``year, quarter, day, year_of, until, ahead_year``, ...
    first, last
        First and last period of the unit counted from the day the text was said; of ``ahead`` and ``ago`` without
        ``n``, ``first`` is the count.
    """

    pattern: re.Pattern[str]
    unit: str
    first: int
    last: int


@dataclass(frozen=True)
class Dated:
    """A phrase found in a text, with the window it names.

    Attributes
    ----------
    start, end
        Place in the text, as in ``text[start:end]``.
    text
        The words that were read.
    window_start, window_end
        First and last day of the window, inclusive, midnight UTC.
    """

    start: int
    end: int
    text: str
    window_start: pd.Timestamp
    window_end: pd.Timestamp


def phrases_from_rows(rows: Sequence[Mapping[str, object]]) -> Mapping[str, tuple[Phrase, ...]]:
    """Return phrases by language from rows of ``language, phrase, unit, first, last``; {n} and {year} are blanks.

    Parameters
    ----------
    rows
        Mappings with ``language, phrase, unit, first, last``.

    Returns
    -------
    dict
        Phrases by language, in the order of the rows.

    Raises
    ------
    ValueError
        Naming a unit that is not known.
    """
    found: dict[str, list[Phrase]] = {}
    for row in rows:
        if str(row["unit"]) not in _WINDOWS:
            raise InputError(f"phrase {row['phrase']!r}: unit {row['unit']!r} is not one of {', '.join(_WINDOWS)}")
        written = re.escape(str(row["phrase"])).replace(r"\{n\}", _COUNT).replace(r"\{year\}", _YEAR)
        spaced = written.replace(r"\ ", r"\s+")
        edged = rf"\b{spaced}" if str(row["phrase"])[0].isascii() and str(row["phrase"])[0].isalpha() else spaced
        phrase = Phrase(
            re.compile(edged, re.IGNORECASE), str(row["unit"]), int(str(row["first"])), int(str(row["last"]))
        )
        found.setdefault(str(row["language"]), []).append(phrase)
    return {language: tuple(phrases) for language, phrases in found.items()}


def find_dates(
    text: str, stated_at: pd.Timestamp, phrases: Sequence[Phrase], *, language: str, words: Words
) -> list[Dated]:
    """Return the windows a text names; where phrases overlap, the earlier of the list stands.

    Parameters
    ----------
    text
        Any text.
    stated_at
        Day the text was said, midnight UTC.
    phrases
        Phrases of the language, as :func:`phrases_from_rows` gives them.
    language
        Language of the number words: ``en, de, fr, es, ja`` or ``zh``.
    words
        Number words by language, as :func:`features.number_words.words_from_rows` gives them.

    Returns
    -------
    list of Dated
        Place, wording and window of each phrase, in the order of the text.

    Examples
    --------
    >>> rows = [dict(language="en", phrase="next year", unit="year", first=1, last=1)]
    >>> found = find_dates("We double next year.", pd.Timestamp("2026-03-16", tz="UTC"),
    ...                    phrases_from_rows(rows)["en"], language="en", words={})
    >>> f"{found[0].window_start:%Y-%m-%d} {found[0].window_end:%Y-%m-%d}"
    '2027-01-01 2027-12-31'
    """
    found: list[Dated] = []
    for phrase in phrases:
        for match in phrase.pattern.finditer(text):
            if any(match.start() < each.end and each.start < match.end() for each in found):
                continue
            window = _window(phrase, match, stated_at.normalize(), language, words)
            if window is not None:
                found.append(Dated(match.start(), match.end(), match[0], *window))
    return sorted(found, key=lambda each: each.start)


def _window(
    phrase: Phrase, match: re.Match[str], stated_at: pd.Timestamp, language: str, words: Words
) -> Window | None:
    groups = match.groupdict()
    count = 1
    if groups.get("n"):
        numbers = find_numbers(groups["n"], language, words)
        if not numbers or not 0 < numbers[0].value <= _FAR:
            return None
        count = round(numbers[0].value)
    elif phrase.unit in {"ahead_year", "ahead_month", "ago_year", "ago_month"}:
        count = phrase.first
    year = int(groups["year"]) if groups.get("year") else stated_at.year
    return _WINDOWS[phrase.unit](stated_at, phrase, count, year)


def _year(year: int) -> Window:
    return pd.Timestamp(year, 1, 1, tz="UTC"), pd.Timestamp(year, 12, 31, tz="UTC")


def _quarters(day: pd.Timestamp, phrase: Phrase) -> Window:
    begin = pd.Timestamp(day.year, 3 * ((day.month - 1) // 3) + 1, 1, tz="UTC")
    first = begin + pd.DateOffset(months=3 * phrase.first)
    return first, begin + pd.DateOffset(months=3 * (phrase.last + 1)) - _DAY


def _ahead(day: pd.Timestamp, **step: int) -> Window:
    return day, day + pd.DateOffset(**step) - _DAY


def _ago(day: pd.Timestamp, **step: int) -> Window:
    then = day - pd.DateOffset(**step)
    return then, then


_WINDOWS: Final[Mapping[str, Callable[[pd.Timestamp, Phrase, int, int], Window | None]]] = {
    "year": lambda day, phrase, _count, _year_: (_year(day.year + phrase.first)[0], _year(day.year + phrase.last)[1]),
    "quarter": lambda day, phrase, _count, _year_: _quarters(day, phrase),
    "day": lambda day, phrase, _count, _year_: (day + phrase.first * _DAY, day + phrase.last * _DAY),
    "year_of": lambda _day, _phrase, _count, year: _year(year),
    "until": lambda day, _phrase, _count, year: (day, _year(year)[1]) if _year(year)[1] >= day else None,
    "ahead_year": lambda day, _phrase, count, _year_: _ahead(day, years=count),
    "ahead_month": lambda day, _phrase, count, _year_: _ahead(day, months=count),
    "ago_year": lambda day, _phrase, count, _year_: _ago(day, years=count),
    "ago_month": lambda day, _phrase, count, _year_: _ago(day, months=count),
}
