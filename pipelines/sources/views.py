"""Name the items that exports tell of, so that two views of one are one and two items of a name are two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


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


def apart(names: pd.Series, cells: pd.DataFrame, changing: Sequence[str]) -> pd.Series:
    """Return names with a number behind where rows of one name differ in what does not change, so that each counts.

    Parameters
    ----------
    names
        Name of each row, shape (rows,); missing where it has none.
    cells
        Cells of the rows, shape (rows, columns).
    changing
        Columns that change as an item goes on, in which its views may differ.

    Returns
    -------
    Series of str, shape (rows,)
        Name of each item.

    Examples
    --------
    >>> cells = pd.DataFrame({"gpus": ["1", "1", "2"], "end": ["", "9", "9"]})
    >>> apart(pd.Series(["a", "a", "a"]), cells, ["end"]).tolist()
    ['a', 'a', 'a#2']
    """
    kept = cells.drop(columns=[name for name in changing if name in cells.columns])
    content = pd.Series(pd.util.hash_pandas_object(kept.astype(str), index=False).to_numpy())
    rows = pd.DataFrame({"name": names.to_numpy(), "content": content})
    kinds = rows.drop_duplicates().dropna()
    number = kinds.groupby("name").cumcount() + 1
    found = rows.merge(kinds.assign(number=number), on=["name", "content"], how="left")["number"].fillna(1.0)
    numbered = [name if each == 1 else f"{name}#{each:.0f}" for name, each in zip(names, found, strict=True)]
    return pd.Series(numbered, dtype=object)
