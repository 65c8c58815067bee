"""Dependence of forecast errors over steps ahead and over the series of a group: a Gaussian copula with one factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array

_CAP: Final = 3.0  # deviations at which an error is clipped, so that no outlier sets the correlation
_MOST: Final = 0.95
_FEWEST: Final = 8


@dataclass(frozen=True)
class Dependence:
    """A Gaussian copula with one factor a group, and correlation over steps; groups are independent.

    Attributes
    ----------
    steps
        Lower Cholesky factor of the correlation over steps ahead, shape (horizon, horizon).
    group
        Correlation of two series of the group [1].
    """

    steps: Array
    group: float


def dependence(standard: Array, aligned: NDArray[np.bool_], walk_origins: float) -> Dependence:
    """Estimate dependence from standardised rolling-origin errors.

    Parameters
    ----------
    standard
        Errors over their deviation, shape (series, origins, horizon), NaN where not known.
    aligned
        Whether a series ends in the commonest last period, shape (series,): only the origins of those are the same
        days, so that the others say nothing of the correlation over series.
    walk_origins
        Origins that the prior, the correlation of a random walk, counts for.

    Returns
    -------
    Dependence
        Correlations [1].

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> both = random.standard_normal((1, 400, 1)) + random.standard_normal((20, 400, 1))
    >>> round(dependence(both / np.sqrt(2), np.ones(20, bool), 10.0).group, 1)
    0.5
    """
    clipped = np.clip(standard, -_CAP, _CAP)
    horizon = standard.shape[2]
    steps = np.linalg.cholesky(_over_steps(clipped.reshape(-1, horizon), walk_origins))
    return Dependence(np.asarray(steps), between(clipped[aligned]))


def _over_steps(errors: Array, prior: float) -> Array:
    """Return the correlation over steps, shrunk to a random walk's, positive definite, shape (horizon, horizon)."""
    horizon = errors.shape[1]
    step = np.arange(1, horizon + 1)
    walk = np.sqrt(np.minimum.outer(step, step) / np.maximum.outer(step, step))
    whole = errors[np.isfinite(errors).all(axis=1)]
    if len(whole) < 2 or (whole.std(axis=0) == 0).any():
        return np.asarray(walk)
    number = len(whole) / horizon
    mixed = (number * np.corrcoef(whole, rowvar=False).reshape(walk.shape) + prior * walk) / (number + prior)
    return np.asarray(0.999 * mixed + 0.001 * np.eye(horizon))


def between(errors: Array) -> float:
    """Return the mean correlation of pairs of series.

    Parameters
    ----------
    errors
        Standardised errors, shape (series, ...), NaN where not known; cells of one place are of one moment.

    Returns
    -------
    float
        From nought to 0.95 [1]; nought where there are next to no pairs.
    """
    cells = errors.reshape(len(errors), -1)
    known = np.isfinite(cells)
    filled = np.where(known, cells, 0.0)
    variance = max(float((filled**2).sum() / max(known.sum(), 1)), 1e-9)
    total, count = filled.sum(axis=0), known.sum(axis=0)
    pairs = float((count**2 - count).sum())
    product = float((total**2 - (filled**2).sum(axis=0)).sum())
    return float(np.clip(product / variance / pairs, 0.0, _MOST)) if pairs >= _FEWEST else 0.0
