"""Reconciliation of a long frame of forecasts, column by column, with a summary of the adjustment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.constraints import Constraint
from shiftcast.forecast.hierarchy.covariance import METHODS, NEEDS_RESIDUALS, Covariance, covariance_of
from shiftcast.forecast.hierarchy.frames import ACTUAL, LongValues, lay_out, mapped, to_long, with_actuals
from shiftcast.forecast.hierarchy.mint import pose, solve
from shiftcast.forecast.hierarchy.multiplicative import reconcile_positive
from shiftcast.forecast.hierarchy.nonnegative import solve_nonnegative
from shiftcast.forecast.hierarchy.structure import Hierarchy, aggregate

MULTIPLICATIVE: Final = "multiplicative"
ALL_METHODS: Final = (*METHODS, MULTIPLICATIVE)


@dataclass(frozen=True)
class Reconciliation:
    """Settings of a reconciliation.

    Attributes
    ----------
    method
        One of :data:`ALL_METHODS`.
    constraints
        Linear constraints on nodes.
    keep
        Nodes whose forecasts are held fixed.
    nonnegative
        Whether values are bounded below by zero.
    """

    method: str = "wls_struct"
    constraints: tuple[Constraint, ...] = ()
    keep: tuple[str, ...] = ()
    nonnegative: bool = False


@dataclass(frozen=True)
class LongReconciled:
    """A reconciled long frame and a summary of the adjustment.

    Attributes
    ----------
    frame
        ``unique_id, ds`` and the forecast columns.
    summary
        One row a forecast column: ``column``; ``incoherence``, the largest gap between a node and its bottom nodes
        before, relative to the larger of the two [1]; ``top_moved``, the largest relative change of the top node [1];
        ``strain``, the largest of a constraint, in standard deviations; ``shrinkage`` [1].
    """

    frame: pd.DataFrame
    summary: pd.DataFrame = field(repr=False)


def reconcile_long(
    hierarchy: Hierarchy, forecasts: pd.DataFrame, plan: Reconciliation, *, insample: pd.DataFrame | None = None
) -> LongReconciled:  # fmt: skip
    """Reconcile each column of a long frame of forecasts.

    Parameters
    ----------
    hierarchy
        The hierarchy the series belong to.
    forecasts
        ``unique_id, ds`` (or ``item_id, timestamp`` and their like) and a numeric column a model or draw.
    plan
        Method, constraints and fixed nodes.
    insample
        ``unique_id, ds, y`` and the fitted values of the same columns, for methods that need residuals; a single
        column of fitted values serves all columns.

    Returns
    -------
    LongReconciled
        The same series and periods, coherent in every column.

    Raises
    ------
    ValueError
        If a series, column, node or constraint is at fault; it is named.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> tree = from_parents(["total", "a", "b"], [-1, 0, 0])
    >>> rows = pd.DataFrame({"unique_id": ["total", "a", "b"], "ds": 1, "model": [6.0, 1.0, 2.0]})
    >>> reconcile_long(tree, rows, Reconciliation("ols")).frame["model"].tolist()
    [2.0, 3.0, 5.0]
    """
    if plan.method not in ALL_METHODS:
        raise InputError(f"method {plan.method!r} is not known; choose one of {', '.join(ALL_METHODS)}")
    laid = lay_out(hierarchy, mapped(forecasts))
    past = None if insample is None else lay_out(hierarchy, with_actuals(insample, laid.values)).values
    done: dict[str, Array] = {}
    summary = []
    for name, base in laid.values.items():
        residuals = None if past is None else residuals_of(past, name)
        done[name], facts = reconcile_array(hierarchy, base, plan, residuals)
        summary.append({"column": name, **facts})
    return LongReconciled(to_long(hierarchy, LongValues(done, laid.periods)), pd.DataFrame(summary))


def residuals_of(past: Mapping[str, Array], column: str) -> Array:
    """Return a column's in-sample errors, actual less fitted, by node.

    Parameters
    ----------
    past
        Actual values ``y`` and fitted values by column, each of shape (nodes, T).
    column
        Column of the forecasts; the only column of fitted values serves where it has none of its own.

    Returns
    -------
    ndarray, shape (nodes, T)
        Periods in which any node has no error are left out.

    Raises
    ------
    ValueError
        If the fitted values are missing.
    """
    fitted = [name for name in past if name != ACTUAL]
    if column not in fitted and len(fitted) != 1:
        raise InputError(f"in-sample columns {list(past)} lack the fitted values of {column!r}; add them")
    errors = past[ACTUAL] - past[column if column in fitted else fitted[0]]
    return np.asarray(errors[:, np.isfinite(errors).all(axis=0)])


def reconcile_array(
    hierarchy: Hierarchy, base: Array, plan: Reconciliation, residuals: Array | None
) -> tuple[Array, dict[str, float]]:
    """Reconcile forecasts by node, all columns at once.

    Parameters
    ----------
    hierarchy
        The hierarchy.
    base
        Base forecasts, shape (nodes, columns); missing where a node above the bottom has none.
    plan
        Method, constraints and fixed nodes.
    residuals
        In-sample errors, shape (nodes, T), for methods that need them.

    Returns
    -------
    tuple
        Coherent values, shape (nodes, columns), and the summary of :class:`LongReconciled` but for its column.

    Raises
    ------
    ValueError
        If residuals are missing, or constraints or fixed nodes contradict each other.
    """
    if plan.method == MULTIPLICATIVE:
        sd = _relative_sd(base, residuals)
        values = reconcile_positive(hierarchy, base, sd, constraints=plan.constraints, keep=plan.keep)
        return values, {**_moved(hierarchy, base, values), "strain": float("nan"), "shrinkage": float("nan")}
    covariance = covariance_of(hierarchy, plan.method, residuals)
    problem = pose(hierarchy, base, covariance, constraints=plan.constraints, keep=plan.keep)
    answer = solve_nonnegative(problem) if plan.nonnegative else solve(problem)
    strain = float(np.abs(answer.strain).max()) if answer.strain.size else float("nan")
    shrinkage = _shrinkage(covariance, plan.method)
    return answer.values, {**_moved(hierarchy, base, answer.values), "strain": strain, "shrinkage": shrinkage}


def _shrinkage(covariance: Covariance, method: str) -> float:
    return covariance.shrinkage if method in NEEDS_RESIDUALS else float("nan")


def _relative_sd(base: Array, residuals: Array | None) -> Array:
    """Return each node's relative standard deviation: of its residuals where given, else the same for all."""
    if residuals is None:
        return np.ones((len(base), 1))
    level = np.maximum(np.abs(base).mean(axis=1), np.finfo(float).tiny)
    return np.asarray(np.maximum(np.sqrt((residuals**2).mean(axis=1)) / level, 1e-6)[:, None])


def _moved(hierarchy: Hierarchy, base: Array, values: Array) -> dict[str, float]:
    below = aggregate(hierarchy, base[hierarchy.leaves])
    gap = np.abs(base - below) / np.maximum(np.maximum(np.abs(base), np.abs(below)), np.finfo(float).tiny)
    top = np.abs(values[0] / base[0] - 1) if np.isfinite(base[0]).all() and (base[0] != 0).all() else np.array([np.nan])
    return {"incoherence": float(np.nanmax(gap)), "top_moved": float(top.max())}
