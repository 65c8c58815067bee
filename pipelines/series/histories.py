"""Read the file of a forecast of volumes: as it is, added up by some of its columns, or by category."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.added_up import added_up, check_columns, edges_of, over_categories
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.series.files import TEXT, columns_of, read_series

CATEGORY: Final = "category"


@dataclass(frozen=True)
class Adding:
    """How the rows of a file become series.

    Attributes
    ----------
    by
        Columns whose combinations are series; the file's own series where there are none.
    totals
        Whether sums over them are series too.
    """

    by: tuple[str, ...] = ()
    totals: bool = False


AS_IT_IS: Final = Adding()


@dataclass(frozen=True)
class VolumeFile:
    """What a file of volumes holds.

    Attributes
    ----------
    history
        Rows of whole series.
    shares
        Rows of shares of categories, where the file has categories.
    edges
        ``parent, child`` of the series and their totals, where rows were added up; no rows otherwise.
    """

    history: pd.DataFrame
    shares: pd.DataFrame | None = None
    edges: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_volumes(file: Path, columns: tuple[str, ...], adding: Adding, *, drivers: tuple[str, ...] = ()) -> VolumeFile:
    """Return the series of a file.

    Parameters
    ----------
    file
        CSV or Parquet file.
    columns
        Columns that the forecast depends on.
    adding
        How rows become series.
    drivers
        Columns that drive volume; they go with whole series only.

    Returns
    -------
    VolumeFile

    Raises
    ------
    ValueError
        If the file cannot be read, a column to add up by is missing, or drivers come with rows to add up.
    """
    there = columns_of(file)
    if adding.totals and not adding.by:
        raise InputError("--totals needs --by, the columns whose combinations are series")
    if not adding.by and CATEGORY not in there:
        return VolumeFile(read_series(file, columns))
    if drivers:
        raise InputError(f"driver {drivers[0]!r} cannot be added up; give drivers with a file of whole series")
    if not adding.by:
        return VolumeFile(*over_categories(read_series(file, (*columns, CATEGORY))))
    check_columns(there, adding.by)
    wanted = tuple(name for name in columns if name not in {"series", "group"})
    rows = read_series(file, (*wanted, *adding.by), text=(*TEXT, *adding.by))
    return VolumeFile(added_up(rows, adding.by, totals=adding.totals), edges=edges_of(rows, adding.by))
