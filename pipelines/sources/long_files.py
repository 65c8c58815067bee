"""Read users' long files of forecasts and hierarchies: names are text, whatever they look like."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.frames import ALIASES
from shiftcast.pipelines.sources.table import UnreadableFileError

NAMES: Final = ("parent", "child", "category", "statistic", "unique_id", *ALIASES["unique_id"])
EMPTY: Final = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "<NA>")  # of a number, not of a name


def read_long(path: Path) -> pd.DataFrame:
    """Read a CSV or Parquet file of a user.

    Parameters
    ----------
    path
        CSV or Parquet file.

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
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        with path.open(newline="", encoding="utf-8-sig") as opened:
            header = next(csv.reader(opened), [])
        empty = {name: [""] if name in NAMES else list(EMPTY) for name in header}
        table = pd.read_csv(path, dtype=dict.fromkeys(NAMES, str), keep_default_na=False, na_values=empty)
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"{path}: cannot be read as CSV or Parquet ({error})") from None
    twice = [name for at, name in enumerate(header) if name in header[:at]]
    if twice:
        raise InputError(f"{path}: column {twice[0]!r} is there twice; rename or drop one")
    return table
