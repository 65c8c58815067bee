"""Quarters since the start of 2000 as numbers, so that dates, starts and ramps lie on one axis."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array

_FIRST_YEAR: Final = 2000
_YEAR: Final = 4  # quarters
_MONTHS: Final = 3  # of a quarter


def number_of(days: pd.Series | pd.DatetimeIndex) -> Array:
    """Return the end of each day in quarters since the start of 2000, shape (days,).

    Parameters
    ----------
    days
        Days, midnight UTC.

    Returns
    -------
    ndarray, shape (days,)
        Quarters; whole at the end of a quarter.

    Examples
    --------
    >>> number_of(pd.DatetimeIndex(["2000-03-31", "2024-12-31"], tz="UTC")).tolist()
    [1.0, 100.0]
    """
    when = pd.DatetimeIndex(days)
    start = when - pd.to_timedelta(when.day - 1, unit="D")
    part = (when - start).days / when.days_in_month + 1 / when.days_in_month
    months = (when.year - _FIRST_YEAR) * _MONTHS * _YEAR + when.month - 1 + part
    return np.asarray(months / _MONTHS, dtype=np.float64)
