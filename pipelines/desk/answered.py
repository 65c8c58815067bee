"""An answer of any question as a view: its conclusion as the title, its picture, its tables, and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.telling.words import named, plain_words
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.provenance import Provenance
from shiftcast.pipelines.drawing.of_answer import draw
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.view import Said, Source, Table, View, sentence
from shiftcast.pipelines.tables.cells import figure, folded, is_figures, shared_of
from shiftcast.pipelines.tables.headings import heading_of
from shiftcast.pipelines.tables.laid_out import laid_out

MOST_ROWS: Final = 200
_SENTENCE: Final = re.compile(r"(?<=[a-z0-9)%])[.;] (?=[A-Z0-9])")
_NAMED: Final = ("segment", "leaf", "workload", "technique", "measure", "vendor", "base", "mode")
_HEADS: Final = {"median": "median (8 in 10)", "": "draws"}
_LONGEST_TITLE: Final = 220


def answer_view(answer: Answer, name: str, label: str) -> View:
    """Return an answer as a view.

    Parameters
    ----------
    answer
        The answer.
    name, label
        Anchor of the view, and the words that stand for it.

    Returns
    -------
    View
        With every word of what it says, its picture if it has one, all its tables, its notes and its sources.
    """
    title, rest = divided(plain_words(answer.says) or answer.question)
    return View(
        name, label, title, tuple(rest), pictures=pictures_of(answer, label), tables=tuple(tables_of(answer, label)),
        notes=answer.notes, sources=tuple(_sources(answer)),
    )  # fmt: skip


def divided(says: str) -> tuple[str, list[Said]]:
    """Return the first sentence of an answer as a title, and the rest.

    Parameters
    ----------
    says
        The answer in words.

    Returns
    -------
    tuple
        Title with a capital and without a full stop, and paragraphs.

    Examples
    --------
    >>> divided("two of 3. More follow.")
    ('Two of 3', [Said(text='More follow.', asks='', question=None)])
    """
    first, *others = _SENTENCE.split(says, maxsplit=1)
    colon = _outside(first)
    if len(first) > _LONGEST_TITLE and colon:
        first, others = first[:colon], [". ".join([first[colon + 2 :], *others])]
    rest = [Said(f"{text[:1].upper()}{text[1:]}") for text in others if text]
    return f"{first[:1].upper()}{first[1:]}".removesuffix("."), rest


def _outside(text: str) -> int:
    """Return where the first colon outside brackets stands, nought where there is none.

    Examples
    --------
    >>> _outside("2 (8 in 10: 1 to 3): all"), _outside("2 (8 in 10: 1 to 3)")
    (19, 0)
    """
    depth = 0
    for at, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if not depth and text.startswith(": ", at):
            return at
    return 0


def pictures_of(answer: Answer, label: str) -> tuple[Picture, ...]:
    """Return the picture of an answer, none where words and table say all.

    Parameters
    ----------
    answer, label
        The answer, and the words that stand for its view.

    Returns
    -------
    tuple of Picture
    """
    try:
        found = draw(answer)
    except InputError:
        return ()
    shows = label if answer.picture is None else answer.picture.says  # what it found is the heading above it
    return (replace(found, title=sentence(shows)),)


def tables_of(answer: Answer, label: str) -> Iterator[Table]:
    """Yield the tables of an answer, and the assumptions that it rests on.

    Parameters
    ----------
    answer, label
        The answer, and the words that stand for its view: titles are told apart by them on a page of several.

    Yields
    ------
    Table
        Cells in words.
    """
    for title, rows in laid_out(answer):
        if len(rows):
            yield table_of(rows, answer.units, title or f"The figures: {label}")
    if len(answer.assumed):
        yield Table(f"Assumptions behind it: {label}", _assumed(answer.assumed), ("value",))


def table_of(rows: pd.DataFrame, units: Mapping[str, str], title: str) -> Table:
    """Return rows of an answer as a table in words.

    Parameters
    ----------
    rows
        Figures.
    units
        Unit of a column, or of the quantity of an interval.
    title
        What they show.

    Returns
    -------
    Table
        Median and 8 in 10 interval in one cell; what all rows share stands in the note, columns without a cell are out.
    """
    shared = shared_of(rows)
    kept = rows.drop(columns=list(shared)).head(MOST_ROWS)
    cells = folded(kept)
    cells = cells[[name for name in cells.columns if (cells[name] != "").any()]]
    left = {name for name in cells.columns if name in kept.columns and not is_figures(kept[name])}
    for name in left & set(_NAMED):
        cells[name] = cells[name].map(named)
    heads = {name: _HEADS.get(name) or heading_of(name, units) for name in cells.columns}
    told = [f"{name.replace('_', ' ')}: {named(text) if name in _NAMED else text}" for name, text in shared.items()]
    if len(rows) > MOST_ROWS:
        told.append(f"{len(rows) - MOST_ROWS:,} further rows: ask with `--output FILE` for all")
    return Table(
        title[:1].upper() + title[1:], cells.rename(columns=heads),
        tuple(heads[name] for name in cells.columns if name not in left), "; ".join(told),
    )  # fmt: skip


def facts_of(told: Provenance) -> list[tuple[str, str]]:
    """Return where an answer comes from, as headings and words.

    Parameters
    ----------
    told
        Its provenance.

    Returns
    -------
    list of tuple
    """
    made, assumed = told.registered, told.assumed
    facts = [
        ("forecast", "not registered" if made is None else f"version {made.version or '?'}, digest {made.digest[:12]}"),
        ("as of", told.as_of), ("intervals", f"{told.interval}, {told.draws:,} of them"), ("base", told.base),
        ("hyperscale as", told.definition_words or told.definition), ("claims as", told.mode),
        ("scenario", told.scenario if told.scenario_hash else ""),
        ("assumed, not measured", "" if assumed.part is None else f"{percent(assumed.part)} of {assumed.of}"),
    ]  # fmt: skip
    return [(heading, words) for heading, words in facts if words]


def _assumed(rows: pd.DataFrame) -> pd.DataFrame:
    found = []
    for row in rows.to_dict("records"):
        span = "" if row["low"] == row["high"] else f" ({figure(row['low'])} to {figure(row['high'])})"
        unit = "" if row["unit"] == "1" else f" {str(row['unit']).replace('_', ' ')}"
        found.append({"assumption": row["name"], "value": f"{figure(row['mid'])}{span}{unit}",
                      "evidence": row["evidence"], "source": row["source"]})  # fmt: skip
    return pd.DataFrame(found)


def _sources(answer: Answer) -> Iterator[Source]:
    """Yield the sources of the assumptions and rows that an answer names, each once."""
    found: dict[str, list[str]] = {}
    for rows in (answer.assumed, answer.table, *answer.more.values()):
        if "source" not in rows:
            continue
        names = rows["name"] if "name" in rows else rows["source"].map(lambda _: "")
        for source, name in zip(rows["source"], names, strict=True):
            if isinstance(source, str) and source:
                found.setdefault(source, []).append(str(name))
    for source, names in found.items():
        yield Source(source, ", ".join(dict.fromkeys(name for name in names if name)))
