"""Polynomials of ranks: columns on which a regression finds the mean of one quantity given another, bent or not."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.polynomial.legendre import legvander

from shiftcast.features.arrays import Array

MOST: Final = 8  # degree; enough for two full waves over the range of an input


def rank_polynomials(values: Array, most: int = MOST) -> Array:
    """Return Legendre polynomials of the ranks of draws, of unit mean square where no draws are alike.

    Parameters
    ----------
    values
        Draws in any unit, shape (draws,); those that are alike share the middle of their ranks.
    most
        Highest degree.

    Returns
    -------
    ndarray, shape (draws, degrees)
        Degrees from one; fewer than ``most`` where the draws take few different values, none where all agree.

    Examples
    --------
    >>> rank_polynomials(np.array([10.0, 1000.0, 20.0]), 1).round(3).ravel().tolist()
    [-1.155, 1.155, 0.0]
    """
    from scipy.stats import rankdata  # noqa: PLC0415  (slow to load; few questions rank)

    degree = min(most, len(np.unique(values)) - 1)
    place = (2 * rankdata(values) - 1) / len(values) - 1
    return np.asarray((legvander(place, degree) * np.sqrt(2 * np.arange(degree + 1) + 1))[:, 1:])


def with_constant(columns: Array) -> Array:
    """Return an orthonormal basis of a constant and some columns, each step spanning one column more.

    Parameters
    ----------
    columns
        Shape (draws, columns).

    Returns
    -------
    ndarray, shape (draws, 1 + columns)
    """
    return np.asarray(np.linalg.qr(np.column_stack([np.ones(len(columns)), columns]))[0])
