"""Demand and sales as two forecasts of the same machines: pooled over all quarters ahead by the spread of each.

Hours from below, at the gap to hours from above that a draw has shown of late, say how many machines are wanted. The
extrapolation of revenue says how many will be sold. Their difference is zero in truth: spending moves against it by the
regression of all quarters' spending on all quarters' differences (Matheron's rule, as in kriging: Journel and
Huijbregts 1978, Mining geostatistics), so that at each horizon the view with less spread moves the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array

_TINY: Final = 1e-9
_RIDGE: Final = 1e-9  # of all variance, so that few draws can be solved for


@dataclass(frozen=True)
class Pooled:
    """Demand and sales pooled, quarters ahead.

    Attributes
    ----------
    gap
        Log of hours wanted over hours that sales extrapolate to, shape (draws, quarters ahead).
    change
        Log of the factor on spending that their meeting makes, same shape.
    """

    gap: Array
    change: Array

    @property
    def weight(self) -> float:
        """Part of the gap in the last quarter that spending moves by: the say that demand has there [1]."""
        gap, change = (each[:, -1] - each[:, -1].mean() for each in (self.gap, self.change))
        return float((gap * change).sum() / max((gap * gap).sum(), _TINY))


def demand_gap(seen: Array, had: Array, unseen: Array, first: int, recent: int) -> tuple[Array, Array]:
    """Return how far demand lies from supply ahead, and the lasting gap between them that was taken out.

    Parameters
    ----------
    seen
        Busy hours from below, of all leaves and tasks, shape (draws, quarters).
    had
        Busy hours from above, shape (draws, quarters).
    unseen
        Share of hours that the view from below cannot see [1], shape (draws,).
    first
        Position of the first quarter ahead.
    recent
        Quarters before it over which the lasting gap is taken.

    Returns
    -------
    tuple
        Log of hours wanted over hours had ahead, shape (draws, quarters ahead), and the lasting gap [log], shape
        (draws,).
    """
    gap = np.log(np.maximum(seen, _TINY)) - np.log1p(-unseen)[:, None] - np.log(np.maximum(had, _TINY))
    lasting = gap[:, max(first - recent, 0) : first].mean(axis=1)
    return gap[:, first:] - lasting[:, None], lasting


def pooled_change(spending: Array, gap: Array, drift_sd: float, random: np.random.Generator) -> Array:
    """Return by how much demand moves the spending of each quarter.

    Parameters
    ----------
    spending
        Log of spending that sales extrapolate to, shape (draws, quarters).
    gap
        Log of hours wanted over hours that this spending would give, shape (draws, quarters).
    drift_sd
        Standard deviation of a quarter's step by which demand as modelled drifts from true demand [log].
    random
        Of the drift; it is advanced.

    Returns
    -------
    ndarray, shape (draws, quarters)
        Log of the factor on spending.

    Examples
    --------
    Two forecasts of equal spread, one at 0 and one at 2, meet half way:

    >>> random = np.random.default_rng(0)
    >>> sales, demand = random.standard_normal((5000, 1)), 2 + random.standard_normal((5000, 1))
    >>> moved = pooled_change(sales, demand - sales, 0.0, random)
    >>> round(float((sales + moved).mean()), 1), round(float((sales + moved).var()), 1)
    (1.0, 0.5)
    """
    gap = gap + np.cumsum(drift_sd * random.standard_normal(gap.shape), axis=1)
    draws = len(gap)
    centred = gap - gap.mean(axis=0)
    joint = (spending - spending.mean(axis=0)).T @ centred / draws
    own = centred.T @ centred / draws
    own += _RIDGE * np.trace(own) * np.eye(len(own))
    return np.asarray(-gap @ np.linalg.solve(own, joint.T))
