"""Convert frames to Arrow tables: text plain, numbers as doubles, moments in microseconds UTC."""

from __future__ import annotations

from typing import Final

import pandas as pd
import pyarrow as pa

from shiftcast.features.frames import FrameModel

_MOMENT: Final = pa.timestamp("us", "UTC")
_TYPES: Final = {"text": pa.string(), "number": pa.float64(), "date": _MOMENT, "instant": _MOMENT}


def arrow_schema(frame: type[FrameModel]) -> pa.Schema:
    """Return the columns of a frame as Arrow types.

    Parameters
    ----------
    frame
        Contract of the columns.

    Returns
    -------
    Schema
        A field a column, in the frame's order.

    Examples
    --------
    >>> from shiftcast.features.frames import Quarantine
    >>> arrow_schema(Quarantine).field("line").type
    DataType(double)
    """
    return pa.schema([(name, _TYPES[column.kind]) for name, column in frame.columns.items()])


def to_arrow(rows: pd.DataFrame) -> pa.Table:
    """Return a DataFrame as an Arrow table.

    Moments go through UTC without zone, since pyarrow asks zoned columns for values in a way that pandas 3.1 gives up.

    Parameters
    ----------
    rows
        Any DataFrame; its index is left out.

    Returns
    -------
    Table
        The same columns; moments with a zone are in UTC.

    Examples
    --------
    >>> to_arrow(pd.DataFrame({"at": pd.to_datetime(["2026-01-01"], utc=True)})).schema.field("at").type.tz
    'UTC'
    """
    zoned = [name for name, dtype in rows.dtypes.items() if isinstance(dtype, pd.DatetimeTZDtype)]
    table = pa.Table.from_pandas(
        rows.assign(**{name: rows[name].dt.tz_convert(None) for name in zoned}), preserve_index=False
    )
    fields = [
        pa.field(field.name, pa.timestamp(field.type.unit, "UTC")) if field.name in zoned else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields)).replace_schema_metadata(None)
