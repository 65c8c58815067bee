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

from shiftcast.features.arrays import Array, Integers
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.constraints import Constraint
from shiftcast.forecast.hierarchy.mint import Problem, Reconciled, constraint_weights, solve
from shiftcast.forecast.hierarchy.structure import aggregate, collect

_ROUNDS: Final = 200
_PATIENCE: Final = 3  # block exchanges without progress before nodes are exchanged one at a time
_TINY: Final = 1e-9
_SOFT: Final = 1e-4  # of a standard deviation, within which a constraint that is exact is first met
_MET: Final = 1e-6  # gap over the size of its terms up to which a constraint counts as met


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
    done, leaves = solve(problem), problem.hierarchy.leaves
    values = done.values.copy()
    for column in np.flatnonzero(_negative(values, leaves).any(axis=0)):
        values[:, column] = _pivot(_one(problem, int(column)))
    return Reconciled(aggregate(problem.hierarchy, np.maximum(values[leaves], 0.0)), done.strain)


def _negative(values: Array, leaves: Integers) -> NDArray[np.bool_]:
    """Return which bottom nodes are below zero by more than rounding, shape (leaves, columns)."""
    return np.asarray(values[leaves] < -_TINY * np.abs(values).max(axis=0))


def _one(problem: Problem, column: int) -> Problem:
    variance = problem.variance if problem.variance.shape[1] == 1 else problem.variance[:, [column]]
    return replace(problem, base=problem.base[:, [column]], variance=variance)


def _pivot(problem: Problem) -> Array:
    """Return one column's values."""
    free = np.zeros(len(problem.hierarchy.leaves), dtype=bool)
    try:
        return _held(problem, _settled(problem, free))[:, 0]
    except InputError:  # what was held at zero on the way left too little to meet constraints with
        return _held(problem, _settled(_softened(problem), free))[:, 0]


def _held(problem: Problem, active: NDArray[np.bool_]) -> Array:
    """Return the nearest values with some bottom nodes held at zero, or refuse where these cannot be."""
    at = problem.hierarchy.leaves[active]
    values = solve(problem, at).values
    rows = np.concatenate([at, problem.kept])
    off = np.abs(values[rows] - np.where(np.arange(len(rows))[:, None] < len(at), 0.0, problem.base[rows]))
    if (off > _MET * np.abs(values).max()).any():
        raise InputError(
            f"no values of zero or more meet {[each.text for each in problem.constraints]} and what is kept; "
            "give the constraints a tolerance or keep fewer nodes"
        )
    values[at] = 0.0
    return values


def _settled(problem: Problem, active: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the bottom nodes that the nearest values hold at zero, begun from a guess."""
    leaves, active = problem.hierarchy.leaves, active.copy()
    fewest, patience = len(leaves) + 1, _PATIENCE
    for _ in range(_ROUNDS):
        values = _held(problem, active)
        wrong = np.where(active, _pull(problem, values, active) < -_TINY, _negative(values, leaves)[:, 0])
        count = int(wrong.sum())
        if not count:
            return active
        patience = _PATIENCE if count < fewest else patience - 1
        fewest = min(fewest, count)
        if patience < 0:
            wrong[: np.flatnonzero(wrong)[-1]] = False
        active ^= wrong
    raise InputError(
        f"{int(active.sum())} nodes held at zero did not settle in {_ROUNDS} rounds; use the multiplicative form"
    )


def _softened(problem: Problem) -> Problem:
    """Return the problem with what must hold exactly allowed a small part of its standard deviation."""
    kept = [Constraint({problem.hierarchy.names[row]: 1.0}, float(problem.base[row, 0])) for row in problem.kept]
    constraints = (*problem.constraints, *kept)
    spread = np.where(np.isfinite(problem.variance[:, 0]), problem.variance[:, 0], 0.0)[problem.hierarchy.leaves]
    soft = replace(problem, constraints=constraints, kept=problem.kept[:0])
    rows, wanted = constraint_weights(soft), np.array([each.value for each in constraints])
    size = np.abs(rows) @ np.abs(problem.base[problem.hierarchy.leaves, 0]) + np.abs(wanted)
    allowed = np.maximum([c.tolerance for c in constraints], _SOFT * np.minimum(np.sqrt(rows**2 @ spread), size))
    return replace(
        soft, constraints=tuple(replace(c, tolerance=float(t)) for c, t in zip(constraints, allowed, strict=True))
    )  # fmt: skip


def _pull(problem: Problem, values: Array, active: NDArray[np.bool_]) -> Array:
    """Return the objective's gradient at each bottom node over its parts, less what constraints absorb."""
    error = values - problem.base
    precision = np.where(problem.variance > 0, 1.0 / np.maximum(problem.variance, 1e-300), 0.0)
    weighted = precision * error
    size = np.abs(weighted)
    if problem.factors.shape[1]:
        small = np.eye(problem.factors.shape[1]) + problem.factors.T @ (precision * problem.factors)
        common = precision * (problem.factors @ np.linalg.solve(small, problem.factors.T @ weighted))
        weighted, size = weighted - common, size + np.abs(common)
    weighted[problem.kept] = size[problem.kept] = 0.0
    gradient, scale = (collect(problem.hierarchy, part)[:, 0] for part in (weighted, size))
    forces, rows = _forces(problem, values[problem.hierarchy.leaves, 0])
    gradient, scale = gradient + forces.sum(axis=0), scale + np.abs(forces).sum(axis=0)
    if len(rows):
        multiplier = np.linalg.lstsq(rows[:, ~active].T, gradient[~active], rcond=None)[0]
        gradient, scale = gradient - rows.T @ multiplier, scale + np.abs(rows.T) @ np.abs(multiplier)
    return np.asarray(gradient / np.maximum(scale, np.finfo(float).tiny))


def _forces(problem: Problem, bottom: Array) -> tuple[Array, Array]:
    """Return what soft constraints add to the gradient, and the rows of what is met and can absorb any of it."""
    kept = np.zeros((len(problem.base), len(problem.kept)))
    kept[problem.kept, np.arange(len(problem.kept))] = 1.0
    rows = constraint_weights(problem)
    wanted, tolerance = (np.array([getattr(c, name) for c in problem.constraints]) for name in ("value", "tolerance"))
    gap = rows @ bottom - wanted
    missed = (tolerance > 0) & (np.abs(gap) > _MET * (np.abs(rows) @ np.abs(bottom) + np.abs(wanted)))
    forces = rows[missed] * (gap[missed] / tolerance[missed] ** 2)[:, None]
    return forces, np.vstack([rows[~missed], collect(problem.hierarchy, kept).T])
