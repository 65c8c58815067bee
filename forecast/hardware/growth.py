"""Yearly growth of an assumed level, compounded from one base day and constant after some years."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array

BASE_DAY: Final = pd.Timestamp("2026-01-01", tz="UTC")  # day of the assumed levels
_DAY: Final = 86_400_000_000  # microseconds


def compound(growth: Array, years: Array, held_after: float) -> Array:
    """Return the growth factor (1 + g)^min(t, h) of a yearly growth g after t years.

    Parameters
    ----------
    growth
        Growth g a year [1/year], shape (draws,).
    years
        Years t after the base day, negative before it [year], shape (periods,).
    held_after
        Years h after which growth stops [year].

    Returns
    -------
    ndarray, shape (draws, periods)
        Factor on the level of the base day [1].

    Examples
    --------
    >>> compound(np.array([1.0]), np.array([-1.0, 0.0, 2.0, 3.0, 9.0]), 3.0).tolist()
    [[0.5, 1.0, 4.0, 8.0, 8.0]]
    """
    return np.asarray((1 + growth[:, None]) ** np.minimum(years, held_after))


def years_after_base(days: pd.DatetimeIndex) -> Array:
    """Return years after the base day, of 365.25 days.

    Parameters
    ----------
    days
        Days, with time zone UTC.

    Returns
    -------
    ndarray, shape (days,)
        Years [year], negative before the base day.
    """
    since = days.as_unit("us").asi8 - BASE_DAY.value // 1000  # an index of differences takes ten times as long
    return np.asarray(since // _DAY / 365.25)
