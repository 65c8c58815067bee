"""Name the items that exports tell of, so that two views of one are one and two items of a name are two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.instants import MISSING


def named(*parts: pd.Series) -> pd.Series:
    """Return one text a row of several.

    Parameters
    ----------
    *parts
        Texts, shape (rows,) each.

    Returns
    -------
    Series of str, shape (rows,)
        Texts with a stroke between, missing where all are empty.

    Examples
    --------
    >>> named(pd.Series(["ml", ""]), pd.Series(["pod", ""])).tolist()
    ['ml|pod', None]
    """
    texts = ["|".join(row) if any(row) else None for row in zip(*parts, strict=True)]
    return pd.Series(texts, dtype=object)


def told(moments: pd.Series) -> pd.Series:
    """Return moments as text, each alike whatever stands beside it.

    Parameters
    ----------
    moments
        Moments [UTC], shape (rows,).

    Returns
    -------
    Series of str, shape (rows,)
        Text of each, empty where it is missing.

    Examples
    --------
    >>> told(pd.to_datetime(pd.Series(["2026-01-01", None]), utc=True)).tolist()
    ['2026-01-01T00:00:00.000000', '']
    """
    texts = np.datetime_as_string(moments.dt.tz_convert(None).to_numpy().astype("datetime64[us]"), unit="us")
    return pd.Series(texts, dtype=object).where(moments.notna().to_numpy(), "")


def apart(names: pd.Series, cells: pd.DataFrame, ignored: Sequence[str], later: Sequence[str] = ()) -> pd.Series:
    """Return names with a number behind where rows of one name tell of different items, so that each counts.

    Parameters
    ----------
    names
        Name of each row, shape (rows,); missing where it has none.
    cells
        Cells of the rows, shape (rows, columns).
    ignored
        Columns in which views of one item may differ.
    later
        Columns that are filled as an item goes on, such as its end: an empty cell is a view of a filled one.

    Returns
    -------
    Series of str, shape (rows,)
        Name of each item.

    Examples
    --------
    >>> cells = pd.DataFrame({"gpus": ["1", "1", "2", "1"], "end": ["", "9", "9", "12"]})
    >>> apart(pd.Series(["a", "a", "a", "a"]), cells, (), ["end"]).tolist()
    ['a', 'a', 'a#2', 'a#3']
    """
    kept = cells.drop(columns=[name for name in ignored if name in cells.columns]).astype(str).reset_index(drop=True)
    kept = kept.mask(kept.isin([*MISSING]), "")
    filling = [name for name in later if name in kept.columns]
    rows = pd.DataFrame({"name": names.to_numpy(), "content": _hashed(kept.drop(columns=filling))})
    for name in filling:
        cell = kept[name].where(kept[name] != "")
        first = cell.groupby([rows["name"], rows["content"]], dropna=False).transform("first")
        kept[name] = cell.fillna(first).fillna("")
    rows["content"] = _hashed(kept)
    kinds = rows.drop_duplicates().dropna()
    number = kinds.groupby("name").cumcount() + 1
    found = rows.merge(kinds.assign(number=number), on=["name", "content"], how="left")["number"].fillna(1.0)
    numbered = [name if each == 1 else f"{name}#{each:.0f}" for name, each in zip(names, found, strict=True)]
    return pd.Series(numbered, dtype=object)


def _hashed(cells: pd.DataFrame) -> NDArray[np.uint64]:
    if cells.empty:
        return np.zeros(len(cells), dtype=np.uint64)
    return np.asarray(pd.util.hash_pandas_object(cells, index=False), dtype=np.uint64)
