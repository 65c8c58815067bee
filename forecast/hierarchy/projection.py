"""Exact generalised least squares on a hierarchy, for a diagonal error covariance.

On a tree the solution takes one pass up and one down. Going up, the sum of a node's children and its own forecast are
combined by precision; going down, the residual is distributed over the children in proportion to their variances. Nodes
that cross the tree enter as further observations, through a system of their number (Woodbury identity).

Reference: Wickramasuriya, Athanasopoulos and Hyndman (2019), Optimal forecast reconciliation through trace
minimization; Rauch, Tung and Striebel (1965) for the two passes.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy import sparse

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.structure import Hierarchy, aggregate

_DIRECT: Final = 4000  # crossing nodes up to which the small system is solved densely
_TOLERANCE, _STEPS = 1e-13, 2000


def project(hierarchy: Hierarchy, values: Array, variance: Array) -> Array:
    """Return the coherent values nearest to given ones, each node weighted by its precision.

    Parameters
    ----------
    hierarchy
        Hierarchy of the nodes.
    values
        Base forecasts, shape (nodes, columns).
    variance
        Error variances, shape (nodes, 1) or (nodes, columns); zero keeps a node as it is, infinity ignores it.

    Returns
    -------
    ndarray, shape (nodes, columns)
        Each node is the sum of its bottom nodes.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> tree = from_parents(["total", "a", "b"], [-1, 0, 0])
    >>> project(tree, np.array([[6.0], [1.0], [2.0]]), np.ones((3, 1))).ravel().tolist()
    [5.0, 2.0, 3.0]
    """
    observed = np.isfinite(variance) if hierarchy.crossed.shape[0] else np.zeros_like(variance, dtype=bool)
    known = observed[hierarchy.tree_size :]
    if known.any() and variance.shape[1] > 1:
        columns = [project(hierarchy, values[:, [i]], variance[:, [i]]) for i in range(values.shape[1])]
        return np.hstack(columns)
    bottom = _tree(hierarchy, values, variance)[hierarchy.leaves]
    if known.any():
        bottom = _meet_crossing(hierarchy, bottom, values, variance, known[:, 0])
    return aggregate(hierarchy, bottom)


def _tree(hierarchy: Hierarchy, values: Array, variance: Array) -> Array:
    """Return the tree's own projection, shape (tree nodes, columns)."""
    size = hierarchy.tree_size
    mean, spread, kept = values[:size].copy(), variance[:size].copy(), []
    for level in reversed(hierarchy.levels):
        below = np.add.reduceat(mean[level.children], level.starts, axis=0)
        uncertain = np.add.reduceat(spread[level.children], level.starts, axis=0)
        own = spread[level.parents]
        gain = _ratio(uncertain, uncertain + own)
        mean[level.parents] = below + gain * (mean[level.parents] - below)
        spread[level.parents] = np.where(np.isfinite(own), gain * np.where(np.isfinite(own), own, 0.0), uncertain)
        kept.append((below, uncertain))
    for level, (below, uncertain) in zip(hierarchy.levels, reversed(kept), strict=True):
        share = (mean[level.parents] - below) * _ratio(np.ones_like(uncertain), uncertain)
        mean[level.children] += spread[level.children] * np.repeat(share, level.counts, axis=0)
    return mean


def _ratio(upper: Array, lower: Array) -> Array:
    return np.asarray(np.divide(upper, lower, out=np.zeros_like(lower), where=lower > 0))


def _meet_crossing(hierarchy: Hierarchy, bottom: Array, values: Array, variance: Array, known: Any) -> Array:
    """Return the bottom nodes conditioned on the crossing nodes as well."""
    rows = hierarchy.crossed[np.flatnonzero(known)]
    own = variance[hierarchy.tree_size :][known]
    gap = values[hierarchy.tree_size :][known] - rows @ bottom

    def respond(push: Array) -> Array:
        """Return the tree's covariance of the bottom nodes times weights on them."""
        given = np.zeros((len(hierarchy.names), push.shape[1]))
        given[hierarchy.leaves] = variance[hierarchy.leaves] * push
        return _tree(hierarchy, given, variance)[hierarchy.leaves]

    if len(own) > _DIRECT:
        weight = _conjugate_gradient(lambda x: own * x + rows @ respond(rows.T @ x), gap, own, rows)
        return np.asarray(bottom + respond(rows.T @ weight))
    answer = respond(rows.T.toarray())
    weight = np.linalg.lstsq(np.diag(own[:, 0]) + rows @ answer, gap, rcond=None)[0]
    return np.asarray(bottom + answer @ weight)


def _conjugate_gradient(matrix: Any, right: Array, own: Array, rows: Any) -> Array:
    """Solve a positive definite system for all columns at once, scaled by what is known of its diagonal."""
    scale = 1.0 / (own + np.asarray(sparse.csr_matrix(rows).sum(axis=1)))
    x, residual = np.zeros_like(right), right.copy()
    direction = scale * residual
    norm = (residual * direction).sum(axis=0)
    tolerance = _TOLERANCE**2 * np.maximum(norm, np.finfo(float).tiny)
    for _ in range(_STEPS):
        if (norm <= tolerance).all():
            return x
        image = matrix(direction)
        step = _ratio(norm, (direction * image).sum(axis=0))
        x += step * direction
        residual -= step * image
        preconditioned = scale * residual
        norm, before = (residual * preconditioned).sum(axis=0), norm
        direction = preconditioned + _ratio(norm, before) * direction
    raise InputError(f"{len(right)} crossing nodes did not settle in {_STEPS} steps; give their variances a floor")
