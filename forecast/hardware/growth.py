"""Yearly growth of an assumed level: compounded from one base day, and held after three years."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array

BASE_DAY: Final = pd.Timestamp("2026-01-01", tz="UTC")  # the day that assumed levels are about
HELD_AFTER: Final = 3.0  # years


def compound(growth: Array, years: Array) -> Array:
    """Return yearly growth compounded from the base day and held after three years.

    Parameters
    ----------
    growth
        Growth a year, shape (draws,).
    years
        Years after the base day, negative before it, shape (periods,).

    Returns
    -------
    ndarray, shape (draws, periods)

    Examples
    --------
    >>> compound(np.array([1.0]), np.array([-1.0, 0.0, 2.0, 3.0, 9.0])).tolist()
    [[0.5, 1.0, 4.0, 8.0, 8.0]]
    """
    return np.asarray((1 + growth[:, None]) ** np.minimum(years, HELD_AFTER))


def years_after_base(days: pd.DatetimeIndex) -> Array:
    """Return years from the base day, shape (days,)."""
    return np.asarray((days - BASE_DAY).days.to_numpy() / 365.25)
