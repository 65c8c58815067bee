"""Read users' long files of forecasts and hierarchies: names are text, whatever they look like."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.frames import ALIASES
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.delimited import opened, plain_csv, text_of
from shiftcast.pipelines.tables.formulas import MARKED
from shiftcast.pipelines.tables.parquet import parquet_batches
from shiftcast.pipelines.tables.sheets import place_of
from shiftcast.pipelines.tables.unpacked import Unpacking

NAMES: Final = ("parent", "child", "category", "statistic", "unique_id", *ALIASES["unique_id"])
EMPTY: Final = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "<NA>")  # of a number, not of a name


def read_long(path: Path) -> pd.DataFrame:
    """Read a file of a user.

    Parameters
    ----------
    path
        CSV, text with semicolons or tabs, Parquet, a workbook, or a sheet of one: ``book.xlsx#Sheet``.

    Returns
    -------
    DataFrame
        Rows as in the file; names are text as they stand, so that 007 and NA are names, and only an empty one is none.

    Raises
    ------
    UnreadableFileError
        If the file cannot be read.
    ValueError
        If a column is there twice.
    """
    if not place_of(path)[0].is_file():
        raise UnreadableFileError(f"{path}: is not there; give a CSV, a Parquet file or a workbook")
    try:
        if path.suffix == ".parquet":
            return _parquet(path)
        source = plain_csv(path, NAMES)
        header = _header(source)
        empty = {name: [""] if name in NAMES else list(EMPTY) for name in header}
        with opened(source) as content:
            table = pd.read_csv(content, dtype=dict.fromkeys(NAMES, str), keep_default_na=False, na_values=empty)
    except InputError:
        raise
    except (OSError, ValueError, csv.Error) as error:
        raise UnreadableFileError(f"{path}: cannot be read as CSV, Parquet or workbook ({error})") from None
    twice = [name for at, name in enumerate(header) if name in header[:at]]
    if twice:
        raise InputError(f"{path}: column {twice[0]!r} is there twice; rename or drop one")
    return _unmarked(table)


def _parquet(path: Path) -> pd.DataFrame:
    packed = path.stat().st_size
    text, cells = (Unpacking(str(path), lambda: packed, UnreadableFileError, "write it as CSV") for _ in range(2))
    with path.open("rb") as file:  # read once in bounded memory, which is what tells its size
        for batch in parquet_batches(file, str(path), UnreadableFileError, text.add):
            cells.add(batch.nbytes)
    return pd.read_parquet(path)


def _header(source: Path | bytes) -> list[str]:
    """Return the names as they stand: a reader of tables renames one that is there twice."""
    with text_of(source) as lines:
        return next(csv.reader(lines), [])


def _unmarked(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose names are without the marks that keep spreadsheets from running them."""
    names = [name for name in NAMES if name in table and table[name].str.match(MARKED).any()]
    return table.assign(
        **{name: table[name].where(~table[name].str.match(MARKED), table[name].str[1:]) for name in names}
    )
