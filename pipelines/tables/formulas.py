r"""Keep text of a CSV from being run as a formula where a spreadsheet opens it, and take the mark off again.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab, a carriage return or a line feed,
quoted or not. Such text is written with an apostrophe in front, by which spreadsheets know text; one that begins with
apostrophes before such a character gets one more. Taking one off again gives back exactly what was written. A number
and a sign alone are harmless, and stay as they are.
"""

from __future__ import annotations

import re
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute

RISKY: Final = r"^'*[=+\-@\t\r\n]"
MARKED: Final = r"^'+[=+\-@\t\r\n]"
HARMLESS: Final = r"^(?:[=+\-@]|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$"


def guarded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text as it goes into a CSV.

    Parameters
    ----------
    column
        Text.

    Returns
    -------
    ChunkedArray
        The same, an apostrophe in front of what a spreadsheet would run.

    Examples
    --------
    >>> guarded(pa.chunked_array([["=1+1", "'=1", "-5.0", "-", "a=b", None]])).to_pylist()
    ["'=1+1", "''=1", '-5.0', '-', 'a=b', None]
    """
    risky = pa.compute.match_substring_regex(column, RISKY)
    if not pa.compute.any(risky).as_py():
        return column
    harmless = pa.compute.match_substring_regex(column, HARMLESS)
    marked = pa.compute.binary_join_element_wise(pa.scalar("'", column.type), column, pa.scalar("", column.type))
    return pa.compute.if_else(pa.compute.and_not(risky, harmless), marked, column)


def unguarded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text of a CSV without the marks of :func:`guarded`.

    Parameters
    ----------
    column
        Text.

    Returns
    -------
    ChunkedArray
        The same, an apostrophe less where one stands before what a spreadsheet would run.

    Examples
    --------
    >>> unguarded(pa.chunked_array([["'=1+1", "''=1", "'a'", None]])).to_pylist()
    ['=1+1', "'=1", "'a'", None]
    """
    marked = pa.compute.match_substring_regex(column, MARKED)
    if not pa.compute.any(marked).as_py():
        return column
    return pa.compute.if_else(marked, pa.compute.utf8_slice_codeunits(column, 1), column)


def guarded_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose text is as it goes into a CSV.

    Parameters
    ----------
    frame
        Any DataFrame.

    Returns
    -------
    DataFrame
        Its columns of text guarded; cells of an object column that are no text stay as they are.

    Examples
    --------
    >>> guarded_frame(pd.DataFrame({"name": ["@cmd", "b"], "value": [-1.0, 2.0]})).to_dict("list")
    {'name': ["'@cmd", 'b'], 'value': [-1.0, 2.0]}
    """
    return frame.assign(**{str(name): _guarded(frame[name]) for name in frame.columns if _has_text(frame[name])})


def _has_text(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.StringDtype) or bool(column.dtype == object)


def _guarded(column: pd.Series) -> pd.Series:
    cells = column.unique() if isinstance(column.dtype, pd.StringDtype) else column
    texts = {cell for cell in cells if isinstance(cell, str)}
    marked = {text: f"'{text}" for text in texts if re.match(RISKY, text) and not re.fullmatch(HARMLESS[1:-1], text)}
    return column.map(lambda cell: marked.get(cell, cell) if isinstance(cell, str) else cell) if marked else column
