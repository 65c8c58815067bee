"""Reconciliation averaged over methods, unless one of them was clearly better in the past.

Each method projects base forecasts on what adds up, and a mean of projections adds up as well. Which method is best
differs by hierarchy and by window, and the mean lies near the best and far from the worst
(benchmarks/hierarchical_methods.py). One method alone replaces it only where it was better by two standard errors.

Reference: Hollyman, Petropoulos and Tipping (2021), Understanding forecast reconciliation; Diebold and Mariano (1995)
for the comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.hierarchy.covariance import covariance_of
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import Hierarchy, aggregate

AVERAGE: Final[Mapping[str, float]] = {"mint_shrink": 0.5, "bottom_up": 0.25, "ols": 0.25}
FEWEST: Final = 3  # windows from which a method can be called better
_SURE: Final = 2.0  # standard errors by which it has to be
_TINY: Final = 1e-12
_CELLS: Final = 20_000_000  # reconciled at once, so that memory does not grow several times with the draws


def average_reconciled(
    hierarchy: Hierarchy,
    base: Array,
    residuals: Array,
    *,
    weights: Mapping[str, float] = AVERAGE,
    nonnegative: bool = False,
) -> Array:
    """Return the weighted mean of base forecasts reconciled by several methods.

    Parameters
    ----------
    hierarchy
        Hierarchy of the nodes.
    base
        Base forecasts, shape (nodes, columns), a column a period and draw.
    residuals
        In-sample errors in the unit of the forecasts, shape (nodes, time).
    weights
        Weight of each method [1], adding to one; half on the shrunk covariance, a quarter on bottom-up and on equal
        variances if left out.
    nonnegative
        Whether bottom nodes are cut at zero, and the others are their sums.

    Returns
    -------
    ndarray, shape (nodes, columns)
        Coherent values in the unit of the base forecasts.

    Raises
    ------
    ValueError
        If a bottom node has no forecast, a method is not known, or residuals are too few or not finite.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> tree = from_parents(["total", "a", "b"], [-1, 0, 0])
    >>> errors = np.random.default_rng(0).standard_normal((3, 30))
    >>> average_reconciled(tree, np.array([[3.0], [1.0], [2.0]]), errors).round(6).ravel().tolist()
    [3.0, 1.0, 2.0]
    """
    bottom, block = np.zeros((len(hierarchy.leaves), base.shape[1])), max(1, _CELLS // len(base))
    for method, weight in weights.items():
        covariance = covariance_of(hierarchy, method, residuals)
        for begin in range(0, base.shape[1], block):
            some = slice(begin, begin + block)
            bottom[:, some] += weight * reconcile(hierarchy, base[:, some], covariance).values[hierarchy.leaves]
    return aggregate(hierarchy, np.maximum(bottom, 0.0, out=bottom) if nonnegative else bottom)


def weigh_methods(mean: Array, alone: Mapping[str, Array]) -> Mapping[str, float]:
    """Return the weights of the methods: those of the mean, or all on one that was clearly better.

    Parameters
    ----------
    mean
        Loss of the mean in each window of the past, shape (windows,), in any unit.
    alone
        Loss of each method in the same windows, by name.

    Returns
    -------
    Mapping
        Weight of each method [1], adding to one.

    Examples
    --------
    >>> dict(weigh_methods(np.array([2.0, 2.1, 2.2]), {"ols": np.array([1.0, 1.2, 1.1]), "bottom_up": np.ones(3) * 3}))
    {'ols': 1.0}
    >>> dict(weigh_methods(np.array([2.0, 2.1, 2.2]), {"ols": np.array([1.0, 3.0, 2.0])})) == AVERAGE
    True
    """
    if len(mean) < FEWEST:
        return AVERAGE
    gains = {method: mean - loss for method, loss in alone.items()}
    doubt = {method: gain.std(ddof=1) / np.sqrt(len(gain)) + _TINY * mean.mean() for method, gain in gains.items()}
    clear = {method: gain.mean() for method, gain in gains.items() if gain.mean() > _SURE * doubt[method]}
    return {max(clear, key=clear.__getitem__): 1.0} if clear else AVERAGE
