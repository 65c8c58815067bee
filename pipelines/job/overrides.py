"""Overrides by people: rows of one file in the store, only ever added to, scored beside the forecasts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd
from filelock import Timeout

from shiftcast.features.bounds import check_figure
from shiftcast.features.frames import DataFrame, Overrides, check, conform, empty
from shiftcast.features.input_error import InputError, error_of
from shiftcast.forecast.draws import sample_assumptions
from shiftcast.pipelines.state.kernel_lock import kernel_lock
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.secrets import said_of

FILE: Final = "overrides.csv"
_LOCK, _SECONDS = "overrides.lock", 30
_DAYS: Final = ("made_at", "period_end")


def read_overrides(root: Path) -> DataFrame[Overrides]:
    """Return every override made, an overrides frame.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    DataFrame
        Overrides frame; empty if there is no file.

    Raises
    ------
    StoreError
        If the file is no table.
    ValueError
        If a row breaks the frame's contract, naming column and value.
    """
    path = root / FILE
    if not path.exists():
        return empty(Overrides)
    try:
        return check(conform(pd.read_csv(path, keep_default_na=False), Overrides), Overrides)
    except InputError as error:
        raise error_of(path, error) from None
    except (ValueError, OSError) as error:  # what pandas raises on a file that is no table, or a cell that is no day
        said = f"{path}: cannot be read as a table ({said_of(error)}); restore it from a copy, or move it away"
        raise StoreError(said) from None


def add_override(root: Path, row: dict[str, Any]) -> DataFrame[Overrides]:
    """Add one override and return all; the file is replaced whole, so that a kill leaves the old or the new.

    Parameters
    ----------
    root
        Folder of the store.
    row
        Fields of the overrides frame.

    Returns
    -------
    DataFrame
        Overrides frame with the new row.

    Raises
    ------
    ValueError
        If low, median and high do not rise, one is beyond the most of its unit, or the same person has judged the
        same figure that day.
    StoreError
        If another process holds the file for half a minute.
    """
    shape = "logitnormal" if row["measure"] == "share" else "lognormal"
    figures = {name: [row[name]] for name in ("low", "mid", "high")}
    sample_assumptions(pd.DataFrame({"name": ["the override"], "shape": [shape], **figures}), draws=2, seed=0)
    for name, (value,) in figures.items():
        check_figure(f"{name} of the override", value, row["unit"])
    root.mkdir(parents=True, exist_ok=True)
    try:
        with kernel_lock(root / _LOCK, wait=_SECONDS):
            return _added(root, row)
    except Timeout:
        raise StoreError(f"{root / FILE}: another process has held it for {_SECONDS} s; try again") from None


def _added(root: Path, row: dict[str, object]) -> DataFrame[Overrides]:
    before = read_overrides(root)
    rows = conform(pd.concat([before, conform(pd.DataFrame([row]), Overrides)]), Overrides)
    if rows.duplicated(list(Overrides.key)).any():
        raise InputError(
            f"{row['who']} has overridden this figure on {row['made_at']:%Y-%m-%d} already; a correction is made on a "
            "later day, or under another name"
        )
    check(rows, Overrides)
    dated = rows.assign(**{name: rows[name].dt.strftime("%Y-%m-%d") for name in _DAYS})
    fresh = root / f"{FILE}.new"
    dated.to_csv(fresh, index=False, lineterminator="\n")
    fresh.replace(root / FILE)
    return rows
