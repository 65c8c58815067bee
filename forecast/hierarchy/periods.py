"""Read the periods of a user's long frame by the one parser of dates, so that they match and sort by what they mean."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.instants import Clock
from shiftcast.features.refusal import refuse
from shiftcast.features.stamps import REMEDY, remedy, utc_stamps
from shiftcast.forecast.hierarchy.frames import ALIASES, KEYS


def in_time(frame: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Return a long frame whose periods stand in the order of time, where they are dates written as text.

    Parameters
    ----------
    frame
        Long frame under any of the usual column names (:data:`ALIASES`).
    clock
        Order of day and month, and end of fiscal years.

    Returns
    -------
    DataFrame
        The same rows; dates as an ordered category, two spellings of one day as the first of them. Numbers and times
        are left as they are, and so are names of periods of which none is a date.

    Raises
    ------
    ValueError
        If a period is a date that cannot be read, or is none among others that are; series and row are named.

    Examples
    --------
    >>> rows = pd.DataFrame({"unique_id": ["a", "a", "b"], "ds": ["01/03/2026", "15/02/2026", "2026-03-01"]})
    >>> in_time(rows, Clock(order="day-first"))["ds"].tolist()
    ['01/03/2026', '15/02/2026', '01/03/2026']
    """
    series, period = (next((name for name in (key, *ALIASES[key]) if name in frame), None) for key in KEYS)
    if series is None or period is None or not _is_text(frame[period]):
        return frame
    written = frame[period].reset_index(drop=True)
    stamps, _ = utc_stamps(written, pd.Series(0, index=written.index), clock)
    none = pd.Series(np.isnat(stamps))
    bad = none & written.notna()
    if bad.any():
        said = remedy(written[bad].iloc[0])
        if none.all() and said == REMEDY:
            return frame
        refuse(pd.DataFrame({"series": frame[series].to_numpy(), "row": written.index + 1}), bad, written, period, said)
    return frame.assign(**{period: _ordered(written, stamps)})


def _is_text(column: pd.Series) -> bool:
    return column.dtype == object or isinstance(column.dtype, pd.StringDtype)


def _ordered(written: pd.Series, stamps: np.ndarray) -> pd.Categorical:
    """Return dates as a category in the order of time; the first spelling of each names it."""
    code, moments = pd.factorize(stamps, sort=True)
    first = np.unique(code, return_index=True)[1][-len(moments) :]  # the code of an empty date comes before
    return pd.Categorical.from_codes(code, written.iloc[first].to_numpy(dtype=object), ordered=True)
