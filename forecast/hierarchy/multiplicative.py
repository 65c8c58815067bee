"""Multiplicative reconciliation: positive coherent values of least weighted Kullback-Leibler divergence.

Minimises the sum over nodes of [x ln(x / y) - x + y] / s^2, with s the relative standard deviation of a node, over
coherent x that meet the constraints. Each Newton step is a least-squares reconciliation with variances s^2 x and costs
as much. With equal s below fixed totals this is raking (RAS, iterative proportional fitting); with one total a side, ln
x_i = ln y_i + s_i^2 lambda_side: precise leaves change least.

Reference: Deming and Stephan (1940); Censor and Lent (1981) for the row-action view.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Integers
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.constraints import Constraint, constraint_rows
from shiftcast.forecast.hierarchy.projection import project
from shiftcast.forecast.hierarchy.structure import Hierarchy, aggregate, collect

_ROUNDS: Final = 100
_SETTLED: Final = 1e-12
_STRIDE: Final = 0.9  # of the way to zero that one step may take, so that values stay positive


def reconcile_positive(
    hierarchy: Hierarchy,
    base: Array,
    relative_sd: Array,
    *,
    constraints: Sequence[Constraint] = (),
    keep: Sequence[str] = (),
) -> Array:
    """Return positive coherent values nearest to positive base forecasts in weighted Kullback-Leibler divergence.

    Parameters
    ----------
    hierarchy
        Hierarchy of the nodes.
    base
        Base forecasts, shape (nodes, columns), zero or more; a bottom node at zero stays there.
    relative_sd
        Relative standard deviation of each node's error, shape (nodes, 1) or (nodes, columns); infinite for a node
        whose forecast is not used.
    constraints
        Linear constraints that positive values can meet.
    keep
        Nodes whose base forecasts are held fixed.

    Returns
    -------
    ndarray, shape (nodes, columns)
        Coherent values, zero or more, in the unit of the base forecasts.

    Raises
    ------
    ValueError
        If a base forecast is negative or missing, or no positive values meet the constraints and fixed nodes.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.constraints import ratio_constraint
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> tree = from_parents(["total", "H", "R"], [-1, 0, 0])
    >>> base, sd = np.array([[10.0], [5.0], [5.0]]), np.ones((3, 1))
    >>> wanted = [ratio_constraint("H", "R", 0.6)]
    >>> reconcile_positive(tree, base, sd, constraints=wanted, keep=["total"]).round(9).ravel().tolist()
    [10.0, 6.0, 4.0]
    """
    kept = np.array([hierarchy.position(name) for name in keep], dtype=np.int64)
    _check(hierarchy, base, kept)
    x = aggregate(hierarchy, base[hierarchy.leaves])
    for _ in range(_ROUNDS):
        ratio = np.divide(x, base, out=np.ones_like(x), where=(base > 0) & (x > 0))
        variance = np.where(np.isinf(relative_sd), np.inf, np.where(np.isinf(relative_sd), 1.0, relative_sd) ** 2 * x)
        step = _met(hierarchy, x - x * np.log(ratio), variance, base, kept, constraints) - x
        down = np.divide(-step, x, out=np.zeros_like(x), where=x > 0).max(axis=0)
        stride = np.minimum(1.0, _STRIDE / np.maximum(down, _STRIDE))
        x = x + stride * step
        if (np.abs(step).max(axis=0) <= _SETTLED * x.max(axis=0)).all():
            return np.asarray(x)
    raise InputError(
        f"no positive values were found in {_ROUNDS} rounds that meet "
        f"{[each.text for each in constraints]} and keep {list(keep)}; they may contradict each other"
    )


def _check(hierarchy: Hierarchy, base: Array, kept: Integers) -> None:
    bad = ~((base >= 0) & np.isfinite(base)).all(axis=1)
    if bad.any():
        raise InputError(
            f"node {hierarchy.names[int(np.argmax(bad))]!r} has a negative or missing forecast; "
            "the multiplicative form needs every node at zero or more"
        )
    fixed = base[kept]
    if (fixed <= 0).any():
        raise InputError(
            f"node {hierarchy.names[kept[int(np.argmax((fixed <= 0).any(axis=1)))]]!r} cannot be kept at 0"
        )


def _met(
    hierarchy: Hierarchy, target: Array, variance: Array, base: Array, kept: Integers, constraints: Sequence[Constraint]
) -> Array:  # fmt: skip
    """Return the least-squares reconciliation of a target that meets the constraints, in each column."""
    target, fixed = target.copy(), variance.copy()
    target[kept], fixed[kept] = base[kept], 0.0
    free = project(hierarchy, target, fixed)
    if not constraints:
        return free
    rows = collect(hierarchy, constraint_rows(hierarchy, constraints).T).T
    direction = np.stack([_response(hierarchy, row, variance, fixed, kept) for row in rows])
    spread = np.einsum("il,jlc->cij", rows, direction[:, hierarchy.leaves])
    gap = rows @ free[hierarchy.leaves] - np.array([each.value for each in constraints])[:, None]
    soft = spread + np.diag([each.tolerance**2 for each in constraints])
    multiplier = np.linalg.pinv(soft, rcond=1e-12, hermitian=True) @ gap.T[:, :, None]
    return np.asarray(free - np.einsum("jnc,cj->nc", direction, multiplier[:, :, 0]))


def _response(hierarchy: Hierarchy, row: Array, variance: Array, fixed: Array, kept: Integers) -> Array:
    """Return the covariance of the reconciled values with a constraint, shape (nodes, columns)."""
    weighted = np.zeros_like(variance)
    weighted[hierarchy.leaves] = variance[hierarchy.leaves] * row[:, None]
    weighted[kept] = 0.0
    return project(hierarchy, weighted, fixed)
