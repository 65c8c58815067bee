"""Non-negative reconciliation: the exact least-squares solution by block principal pivoting.

In each column the bottom nodes held at zero (the active set) are exchanged until no free one is negative and no active
one has a gradient that would raise it (the Karush-Kuhn-Tucker conditions). Columns that are non-negative to begin with
cost nothing.

Reference: Portugal, Judice and Vicente (1994), A comparison of block pivoting and interior-point algorithms for linear
least squares problems with nonnegative variables; Wickramasuriya, Turlach and Hyndman (2020), Optimal non-negative
forecast reconciliation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.mint import Problem, Reconciled, constraint_weights, solve
from shiftcast.forecast.hierarchy.structure import collect

_ROUNDS: Final = 200
_PATIENCE: Final = 3  # block exchanges without progress before nodes are exchanged one at a time
_TINY: Final = 1e-9


def solve_nonnegative(problem: Problem) -> Reconciled:
    """Return the nearest coherent values of which none is negative.

    Parameters
    ----------
    problem
        The problem (:func:`forecast.hierarchy.mint.pose`).

    Returns
    -------
    Reconciled
        Values of shape (nodes, columns), zero or more, and the strain of the unbounded solution.

    Raises
    ------
    ValueError
        If constraints or fixed nodes leave no such values, or the exchange does not converge.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.covariance import covariance_of
    >>> from shiftcast.forecast.hierarchy.mint import pose
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> tree = from_parents(["total", "a", "b"], [-1, 0, 0])
    >>> base = np.array([[2.0], [-3.0], [4.0]])
    >>> solve_nonnegative(pose(tree, base, covariance_of(tree, "ols"))).values.ravel().tolist()
    [3.0, 0.0, 3.0]
    """
    done = solve(problem)
    values = done.values.copy()
    for column in np.flatnonzero((values[problem.hierarchy.leaves] < -_TINY * _scale(values)).any(axis=0)):
        values[:, column] = _pivot(_one(problem, int(column)))
    values[np.abs(values) <= _TINY * _scale(values)] *= values[np.abs(values) <= _TINY * _scale(values)] > 0
    return Reconciled(values, done.strain)


def _scale(values: Array) -> float:
    return float(np.abs(values).max())


def _one(problem: Problem, column: int) -> Problem:
    variance = problem.variance if problem.variance.shape[1] == 1 else problem.variance[:, [column]]
    return replace(problem, base=problem.base[:, [column]], variance=variance)


def _pivot(problem: Problem) -> Array:
    """Return one column's values."""
    leaves = problem.hierarchy.leaves
    active = np.zeros(len(leaves), dtype=bool)
    fewest, patience = len(leaves) + 1, _PATIENCE
    for _ in range(_ROUNDS):
        values = solve(problem, leaves[active]).values[:, 0]
        wrong = np.where(active, _pull(problem, values, active) < -_TINY, values[leaves] < -_TINY * _scale(values))
        count = int(wrong.sum())
        if not count:
            values[leaves[active]] = 0.0
            return values
        patience = _PATIENCE if count < fewest else patience - 1
        fewest = min(fewest, count)
        if patience < 0:
            wrong[: np.flatnonzero(wrong)[-1]] = False
        active ^= wrong
    raise InputError(
        f"{int(active.sum())} nodes held at zero did not settle in {_ROUNDS} rounds; use the multiplicative form"
    )


def _pull(problem: Problem, values: Array, active: NDArray[np.bool_]) -> Array:
    """Return the objective's relative gradient at each bottom node, less what constraints and kept nodes absorb."""
    error = values[:, None] - problem.base
    precision = np.where(problem.variance > 0, 1.0 / np.maximum(problem.variance, 1e-300), 0.0)
    weighted = precision * error
    if problem.factors.shape[1]:
        small = np.eye(problem.factors.shape[1]) + problem.factors.T @ (precision * problem.factors)
        weighted -= precision * (problem.factors @ np.linalg.solve(small, problem.factors.T @ weighted))
    weighted[problem.kept] = 0.0
    gradient = collect(problem.hierarchy, weighted)[:, 0]
    scale = collect(problem.hierarchy, np.abs(weighted))[:, 0].max() + 1e-300
    rows = _binding(problem)
    if len(rows):
        multiplier = np.linalg.lstsq(rows[:, ~active].T, gradient[~active], rcond=None)[0]
        gradient = gradient - rows.T @ multiplier
    return np.asarray(gradient / scale)


def _binding(problem: Problem) -> Array:
    """Return constraints and kept nodes as weights on bottom nodes, shape (rows, leaves)."""
    kept = np.zeros((len(problem.base), len(problem.kept)))
    kept[problem.kept, np.arange(len(problem.kept))] = 1.0
    kept_rows = collect(problem.hierarchy, kept).T
    return np.vstack([constraint_weights(problem), kept_rows]) if problem.constraints else kept_rows
