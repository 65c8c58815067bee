"""Turn frames into plain Arrow tables: no codes, and times as UTC or as words."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute


def as_table(frame: pd.DataFrame, *, text: bool) -> pa.Table:
    """Return a frame as a table without dictionary coding; times as UTC, or as text.

    Parameters
    ----------
    frame
        Any DataFrame; its index is left out.
    text
        Whether it is for a file of text, in which times are words.

    Returns
    -------
    Table
        The same columns.
    """
    zoned = [name for name, kind in frame.dtypes.items() if isinstance(kind, pd.DatetimeTZDtype)]
    plain = frame.assign(**{name: frame[name].dt.tz_convert(None) for name in zoned})
    table = pa.Table.from_pandas(plain, preserve_index=False).replace_schema_metadata()
    return pa.table({name: _plain(table[name], text=text) for name in table.column_names})


def _plain(column: pa.ChunkedArray, *, text: bool) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return column.cast(pa.string())
    if not pa.types.is_timestamp(column.type):
        return column
    if not text:
        return column.cast(pa.timestamp("us", tz="UTC"))
    whole = column.cast(pa.timestamp("s"), safe=False)
    daily = pa.compute.all(pa.compute.equal(pa.compute.floor_temporal(whole, unit="day"), whole)).as_py()
    return pa.compute.strftime(whole, format="%Y-%m-%d" if daily else "%Y-%m-%dT%H:%M:%S")
