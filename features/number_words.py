"""Read numbers as people say them: digits, words and scales in several languages, as one value each.

A German or French *billion* is 1e12 and an English one 1e9, so the language decides. The words are a table
(``language, word, value, kind``) that the caller hands in; kinds are ``unit``, ``small``, ``scale``,
``fraction`` and ``skip``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

_TOKEN: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_JOIN: Final = re.compile(r"[\s\-\u2010\u2011]*")
_CJK: Final = re.compile(r"[぀-ヿ一-鿿]")
_THOUSANDS: Final = {"en": ",", "ja": ",", "zh": ",", "de": ".", "es": ".", "fr": "."}


@dataclass(frozen=True)
class Word:
    """A number word: its value, and its kind.

    A unit counts; small (hundred) and scale (million) multiply what stands before; a fraction divides; skip joins.

    Attributes
    ----------
    value
        Number the word stands for [1].
    kind
        ``unit, small, scale, fraction`` or ``skip``.
    """

    value: float
    kind: str


@dataclass(frozen=True)
class Number:
    """A number found in a text.

    Attributes
    ----------
    start, end
        Place in the text, as in ``text[start:end]``.
    text
        The words or digits that were read.
    value
        Their value [1].
    """

    start: int
    end: int
    text: str
    value: float


Words = Mapping[str, Mapping[str, Word]]


def words_from_rows(rows: Sequence[Mapping[str, object]]) -> Words:
    """Return number words by language from rows of ``language, word, value, kind``.

    Parameters
    ----------
    rows
        Mappings with ``language, word, value, kind``.

    Returns
    -------
    dict
        Word by its spelling in lower case, by language.

    Examples
    --------
    >>> words_from_rows([{"language": "en", "word": "two", "value": "2", "kind": "unit"}])["en"]["two"].value
    2.0
    """
    found: dict[str, dict[str, Word]] = {}
    for row in rows:
        word = Word(float(str(row["value"])), str(row["kind"]))
        found.setdefault(str(row["language"]), {})[str(row["word"]).lower()] = word
    return found


def find_numbers(text: str, language: str, words: Words) -> list[Number]:
    """Return the numbers of a text in order.

    Parameters
    ----------
    text
        Any text.
    language
        en, de, fr, es, ja or zh; it decides what a billion and a decimal sign are.
    words
        Number words by language, as :func:`words_from_rows` gives them.

    Returns
    -------
    list of Number
        Place, wording and value of each number, in the order of the text.

    Examples
    --------
    >>> rows = [("five", 5, "unit"), ("hundred", 100, "small"), ("billion", 1e9, "scale"), ("third", 3, "fraction")]
    >>> words = words_from_rows([dict(language="en", word=w, value=v, kind=k) for w, v, k in rows])
    >>> [each.value for each in find_numbers("five hundred billion, then $1.5 billion", "en", words)]
    [500000000000.0, 1500000000.0]
    """
    known = words.get(language, {})
    numbers: list[Number] = []
    run: list[tuple[int, int, Word]] = []
    for start, end, word in [*_tokens(text, language, known), (-1, -1, Word(0.0, "end"))]:
        apart = run and (start < 0 or text[start].isdecimal() or not _JOIN.fullmatch(text[run[-1][1] : start]))
        if apart:
            numbers.extend(_number(text, run))
            run = []
        if word.kind not in {"end", "none"}:
            run.append((start, end, word))
        elif run:
            numbers.extend(_number(text, run))
            run = []
    return numbers


def _tokens(text: str, language: str, known: Mapping[str, Word]) -> list[tuple[int, int, Word]]:
    found: list[tuple[int, int, Word]] = []
    for token in _TOKEN.finditer(text):
        piece = token[0]
        if piece[0].isdecimal():
            found.append((token.start(), token.end(), Word(_digits(piece, language), "unit")))
        elif _CJK.search(piece) or (language == "de" and piece.lower() not in known):
            found.extend(_pieces(piece, token.start(), known))
        else:
            found.append((token.start(), token.end(), known.get(piece.lower(), Word(0.0, "none"))))
    return found


def _digits(text: str, language: str) -> float:
    """Return digits as a number: the language's thousands sign goes, the other is the decimal sign.

    Examples
    --------
    >>> _digits("1,000", "en"), _digits("1.000,5", "de"), _digits("1.5", "en")
    (1000.0, 1000.5, 1.5)
    """
    thousands = _THOUSANDS.get(language, ",")
    decimal = "." if thousands == "," else ","
    grouped = re.fullmatch(rf"\d{{1,3}}(?:\{thousands}\d{{3}})+(?:\{decimal}\d+)?", text)
    plain = text.replace(thousands, "") if grouped else text.replace(thousands, "." if decimal not in text else "")
    plain = plain.replace(decimal, ".")
    return float(plain) if plain.count(".") <= 1 else float(plain.replace(".", ""))


def _pieces(text: str, offset: int, known: Mapping[str, Word]) -> list[tuple[int, int, Word]]:
    """Cut a run of letters into known number words, the longest first; what is none ends a number."""
    found, place, lower = [], 0, text.lower()
    longest = max(map(len, known), default=0)
    while place < len(lower):
        size = next((n for n in range(min(longest, len(lower) - place), 0, -1) if lower[place : place + n] in known), 0)
        word = known[lower[place : place + size]] if size else Word(0.0, "none")
        found.append((offset + place, offset + place + max(size, 1), word))
        place += max(size, 1)
    whole = all(word.kind != "none" for _, _, word in found)
    if whole or _CJK.search(text):
        return found
    return [(offset, offset + len(text), Word(0.0, "none"))]  # a German word that only begins like a number


def _number(text: str, run: list[tuple[int, int, Word]]) -> list[Number]:
    """Return the value of a run of number words; a run that only joins or only divides is none."""
    if all(word.kind == "skip" for _, _, word in run):
        return []
    total, hundreds, last = reduce(_step, [word for _, _, word in run], (0.0, 0.0, 0.0))
    start, end = run[0][0], run[-1][1]
    return [Number(start, end, text[start:end], total + hundreds + last)]


def _step(state: tuple[float, float, float], word: Word) -> tuple[float, float, float]:
    """Add one word to (finished thousands, finished hundreds, what is being counted)."""
    total, hundreds, last = state
    if word.kind == "unit":
        return total, hundreds, last + word.value
    if word.kind == "small":
        return total, hundreds + (last or 1.0) * word.value, 0.0
    if word.kind == "fraction":
        return total, 0.0, (hundreds + last or 1.0) / word.value
    if word.kind == "scale" and 0.0 < total < word.value:  # mil millones: thousands that a larger scale counts
        return (total + hundreds + last) * word.value, 0.0, 0.0
    if word.kind == "scale":
        return total + (hundreds + last or 1.0) * word.value, 0.0, 0.0
    return state
