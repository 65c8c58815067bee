"""Notes that go with a table into a workbook: the answer in words, the command, the day, and the version."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import pandas as pd
import typer

from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.units import units_of
from shiftcast.pipelines.commands.listed import CALLED
from shiftcast.pipelines.tables.places import check_place
from shiftcast.pipelines.tables.writing import write_table

_WRITES: Final = ("--output", "--paths", "--weights", "--plot", "--edges")  # where something goes is no part of it
_SECRET: Final = re.compile(r"(?<=://)[^/@\s]+(?=@)")  # user and password of an address

KINDS: Final = "File to write: .csv, .xlsx, .parquet or .json"
TABLES: Final = "CSV, Parquet or workbook (book.xlsx#Sheet)"
Output = Annotated[
    Path | None, typer.Option(help="Also write the table: .xlsx with notes and sources, .csv, .parquet or .json.")
]


def notes_of(
    *, answer: str = "", lines: Iterable[str] = (), as_of: pd.Timestamp | str | None = None
) -> list[tuple[str, str]]:
    """Return the notes of a table.

    Parameters
    ----------
    answer
        The answer in plain words; none if empty.
    lines
        What else is to be known of the figures.
    as_of
        Day that the figures are seen from.

    Returns
    -------
    list of tuple
        Heading and text; the command without the places it writes to, so that the same question gives the same notes.
    """
    from shiftcast import __version__  # noqa: PLC0415  (reads what is installed, which only a written table needs)

    day = as_of if isinstance(as_of, str) or as_of is None else f"{as_of:%Y-%m-%d}"
    told = [("answer", answer), *(("note", line) for line in lines), ("command", _command(CALLED.get())),
            ("as of", day or ""), ("shiftcast", __version__)]  # fmt: skip
    return [(heading, text) for heading, text in told if text]


def write_noted(
    frame: pd.DataFrame, file: Path | None, as_of: pd.Timestamp | str | None, *, answer: str = "",
    lines: Iterable[str] = (), sources: pd.DataFrame | None = None, more: Mapping[str, pd.DataFrame] | None = None,
) -> None:  # fmt: skip
    """Write the table of a command to a file, with the units that its columns tell and the notes of the call.

    Parameters
    ----------
    frame
        The table.
    file
        As :func:`pipelines.tables.writing.write_table` takes it; nothing is written if ``None``.
    as_of, answer, lines
        As :func:`notes_of` takes them.
    sources, more
        As :func:`pipelines.tables.writing.write_table` takes them.

    Raises
    ------
    ValueError
        If it cannot be written there.
    """
    if file is not None:
        notes = notes_of(answer=answer, lines=lines, as_of=as_of)
        columns = [name for table in (frame, *(more or {}).values()) for name in map(str, table.columns)]
        write_table(frame, file, notes=notes, sources=sources, units=units_of(columns), more=more)


def write_answer(answer: Answer, file: Path | None, as_of: pd.Timestamp | str | None) -> None:
    """Write the table of an answer to a file, with its notes and the assumptions it rests on.

    Parameters
    ----------
    answer
        The answer.
    file, as_of
        As :func:`write_noted` takes them.

    Raises
    ------
    ValueError
        If it cannot be written there.
    """
    lines = (answer.question, *answer.notes)
    write_noted(answer.table, file, as_of, answer=answer.says, lines=lines, sources=answer.assumed,
                more=answer.more)  # fmt: skip


def check_output(*files: Path | None) -> None:
    """Raise if no table can be written to one of some files, before the answer is computed.

    Parameters
    ----------
    files
        As options were given them.

    Raises
    ------
    ValueError
        If a folder is not there, or no such kind is written.
    """
    for file in files:
        if file is not None:
            check_place(file)


def _command(words: Sequence[str]) -> str:
    """Return a call as it can be typed again, without passwords and without where it writes to.

    Examples
    --------
    >>> _command(("plan", "--by", "2027Q4", "--output", "a.xlsx", "--json"))
    'shiftcast plan --by 2027Q4 --json'
    """
    if not words:
        return ""
    kept = [word for place, word in enumerate(words)
            if word.partition("=")[0] not in _WRITES and (place == 0 or words[place - 1] not in _WRITES)]  # fmt: skip
    return _SECRET.sub("...", shlex.join(["shiftcast", *kept]))
