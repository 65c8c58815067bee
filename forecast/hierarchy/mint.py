"""Minimum-trace reconciliation (MinT) with exact linear constraints, all periods and draws at once.

With W = D + F F' and P the projection for D alone, the reconciled values are P (y - F z), where z is the part of the
incoherence that the factors explain, from a T x T system. A linear constraint c'y = b with tolerance tau then moves the
values along P W c, the covariance left by reconciliation; tau = 0 holds it exactly.

Reference: Wickramasuriya, Athanasopoulos and Hyndman (2019), Optimal forecast reconciliation through trace
minimization; Di Fonzo and Girolimetto (2023), arXiv:2305.05330, for the constraints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shiftcast.features.arrays import Array, Integers
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.constraints import Constraint, constraint_rows
from shiftcast.forecast.hierarchy.covariance import Covariance
from shiftcast.forecast.hierarchy.projection import project
from shiftcast.forecast.hierarchy.structure import Hierarchy, collect

_INCOHERENT = 1e-6


@dataclass(frozen=True)
class Reconciled:
    """Reconciled values and the strain of the constraints.

    Attributes
    ----------
    values
        Coherent values, shape (nodes, columns).
    strain
        Gap of each constraint before it was imposed, in standard deviations of the reconciled forecast, shape
        (constraints, columns).
    """

    values: Array
    strain: Array


@dataclass(frozen=True)
class Problem:
    """A reconciliation problem: base forecasts, their error covariance, and what must hold.

    Attributes
    ----------
    hierarchy
        The hierarchy of the nodes.
    base
        Base forecasts, shape (nodes, columns); zero where a node has none.
    variance, factors
        Error covariance diag(variance) + factors @ factors.T, infinite variance where a node has no forecast; shapes
        (nodes, 1) or (nodes, columns), and (nodes, rank).
    constraints
        Linear constraints.
    kept
        Positions of the nodes held fixed, shape (kept,).
    """

    hierarchy: Hierarchy
    base: Array
    variance: Array
    factors: Array
    constraints: tuple[Constraint, ...]
    kept: Integers


def reconcile(
    hierarchy: Hierarchy,
    base: Array,
    covariance: Covariance,
    *,
    constraints: Sequence[Constraint] = (),
    keep: Sequence[str] = (),
) -> Reconciled:
    """Return the coherent values nearest to base forecasts under an error covariance and constraints.

    Parameters
    ----------
    hierarchy
        Hierarchy of the nodes.
    base
        Base forecasts, shape (nodes, columns), a column a period and draw; missing where an inner node has none.
    covariance
        Error covariance of the base forecasts.
    constraints
        Linear constraints on nodes.
    keep
        Nodes whose base forecasts are held fixed.

    Returns
    -------
    Reconciled
        Coherent values, shape (nodes, columns), in the unit of the base forecasts, and the strain.

    Raises
    ------
    ValueError
        If a bottom node has no forecast, or constraints contradict each other or the nodes held fixed.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.covariance import covariance_of
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> tree = from_parents(["total", "a", "b"], [-1, 0, 0])
    >>> base = np.array([[6.0], [1.0], [2.0]])
    >>> reconcile(tree, base, covariance_of(tree, "ols"), keep=["total"]).values.ravel().tolist()
    [6.0, 2.5, 3.5]
    """
    return solve(pose(hierarchy, base, covariance, constraints=constraints, keep=keep))


def pose(
    hierarchy: Hierarchy,
    base: Array,
    covariance: Covariance,
    *,
    constraints: Sequence[Constraint] = (),
    keep: Sequence[str] = (),
) -> Problem:
    """Return the reconciliation problem of base forecasts, with missing forecasts given infinite variance.

    Parameters
    ----------
    hierarchy
        Hierarchy of the nodes.
    base
        Base forecasts, shape (nodes, columns); NaN where an inner node has none.
    covariance
        Error covariance of the base forecasts.
    constraints
        Linear constraints on nodes.
    keep
        Nodes whose base forecasts are held fixed.

    Returns
    -------
    Problem

    Raises
    ------
    ValueError
        If a bottom node or one to be held fixed has no forecast, or there is no such node.
    """
    missing = ~np.isfinite(base)
    kept = np.array([hierarchy.position(name) for name in keep], dtype=np.int64)
    needed = np.concatenate([hierarchy.leaves, kept])
    if missing[needed].any():
        worst = needed[int(np.argmax(missing[needed].any(axis=1)))]
        raise InputError(f"node {hierarchy.names[worst]!r} has no forecast in some period; give one for each")
    variance = np.where(missing, np.inf, covariance.variance) if missing.any() else covariance.variance
    return Problem(
        hierarchy, np.where(missing, 0.0, base), variance, covariance.factors, tuple(constraints), kept
    )  # fmt: skip


def solve(problem: Problem, zeros: Integers | None = None) -> Reconciled:
    """Solve a reconciliation problem, with some bottom nodes held at zero.

    Parameters
    ----------
    problem
        The problem (:func:`pose`).
    zeros
        Positions of the bottom nodes held at zero; none if left out.

    Returns
    -------
    Reconciled

    Raises
    ------
    ValueError
        If nodes cannot be held fixed together, or constraints contradict each other or them.
    """
    active = np.zeros(0, dtype=np.int64) if zeros is None else zeros
    free = _respond(problem, problem.base, active, keep=True)
    _check_kept(problem, free)
    if not problem.constraints:
        return Reconciled(free, np.zeros((0, free.shape[1])))
    bottom_rows = constraint_weights(problem)
    weights = np.zeros((len(free), len(bottom_rows)))
    weights[problem.hierarchy.leaves] = bottom_rows.T
    spread = np.where(np.isfinite(problem.variance[:, :1]), problem.variance[:, :1], 0.0) * weights
    direction = _respond(problem, spread + problem.factors @ (problem.factors.T @ weights), active, keep=False)
    return _constrained(problem, free, direction, bottom_rows)


def constraint_weights(problem: Problem) -> Array:
    """Return the constraints as weights on the bottom nodes.

    Parameters
    ----------
    problem
        The problem whose constraints are meant.

    Returns
    -------
    ndarray, shape (constraints, leaves)
    """
    rows = constraint_rows(problem.hierarchy, problem.constraints)
    return collect(problem.hierarchy, rows.T).T


def _respond(problem: Problem, values: Array, zeros: Integers, *, keep: bool) -> Array:
    """Return coherent values nearest to given ones; kept nodes stay at their value, or at zero without ``keep``."""
    plain = _projected(problem, values, zeros, keep=keep)
    if not problem.factors.shape[1]:
        return plain
    through = _projected(problem, problem.factors, zeros, keep=False)
    weighted = problem.factors / problem.variance[:, :1]
    system = np.eye(problem.factors.shape[1]) + weighted.T @ (problem.factors - through)
    explained = np.linalg.solve(system, weighted.T @ (values - plain))
    return np.asarray(plain - through @ explained)


def _projected(problem: Problem, values: Array, zeros: Integers, *, keep: bool) -> Array:
    variance = problem.variance[:, :1] if values.shape[1] != problem.variance.shape[1] else problem.variance
    if not len(zeros) + len(problem.kept):
        return project(problem.hierarchy, values, variance)
    fixed, variance = values.copy(), variance.copy()
    fixed[zeros] = 0.0
    if not keep:
        fixed[problem.kept] = 0.0
    variance[zeros] = variance[problem.kept] = 0.0
    return project(problem.hierarchy, fixed, variance)


def _check_kept(problem: Problem, values: Array) -> None:
    for row in problem.kept:
        scale = np.abs(problem.base[row]).max() + _INCOHERENT
        if np.abs(values[row] - problem.base[row]).max() > _INCOHERENT * scale:
            raise InputError(
                f"node {problem.hierarchy.names[row]!r} cannot be kept: what else is kept does not add up to it; "
                "keep fewer nodes or make them add up"
            )


def _constrained(problem: Problem, free: Array, direction: Array, bottom_rows: Array) -> Reconciled:
    """Shift coherent values along their covariance with the constraints until those hold."""
    leaves = problem.hierarchy.leaves
    gap = bottom_rows @ free[leaves] - np.array([each.value for each in problem.constraints])[:, None]
    spread = bottom_rows @ direction[leaves]
    system = spread + np.diag([each.tolerance**2 for each in problem.constraints])
    multiplier = np.linalg.lstsq(system, gap, rcond=1e-12)[0]
    _check_met(problem, np.abs(system @ multiplier - gap), np.abs(bottom_rows) @ np.abs(free[leaves]))
    sd = np.sqrt(np.maximum(np.diag(spread), 0.0))[:, None]
    strain = np.divide(gap, sd, out=np.zeros_like(gap), where=np.broadcast_to(sd > 0, gap.shape))
    return Reconciled(free - direction @ multiplier, strain)


def _check_met(problem: Problem, residual: Array, scale: Array) -> None:
    failed = (residual > _INCOHERENT * (scale + _INCOHERENT)).any(axis=1)
    if failed.any():
        names = [problem.hierarchy.names[row] for row in problem.kept]
        also = f" or the nodes kept ({', '.join(names)})" if names else ""
        raise InputError(
            f"constraint {problem.constraints[int(np.argmax(failed))].text!r} contradicts the other constraints{also}; "
            "drop one of them or give it a tolerance"
        )
