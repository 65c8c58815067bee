"""Error covariances for reconciliation: diagonals, and the shrunk covariance as a diagonal plus a few factors.

The sample covariance of T residuals has rank T, so the shrunk one, w diag(S) + (1 - w) S, is a diagonal plus T
factors, and the weight w needs only the T x T matrix of inner products over series.

Reference: Schaefer and Strimmer (2005), A shrinkage approach to large-scale covariance matrix estimation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.structure import Hierarchy, leaf_counts

METHODS: Final = ("bottom_up", "ols", "wls_struct", "wls_var", "mint_shrink")
NEEDS_RESIDUALS: Final = ("wls_var", "mint_shrink")
_FEWEST: Final = 3
_FLOOR: Final = 2e-8  # variance of a series that was fitted without error, over the least of the others
_SAME: Final = 1e-13  # spread over the largest value that is rounding


@dataclass(frozen=True)
class Covariance:
    """Error covariance diag(variance) + factors @ factors.T.

    Attributes
    ----------
    variance
        Variance of each node [unit of the forecasts, squared], shape (nodes, 1); infinite for a node without a
        forecast.
    factors
        Loadings of the common factors, shape (nodes, rank); rank zero for a diagonal covariance.
    shrinkage
        Weight of the diagonal [1]; one for a diagonal covariance.
    """

    variance: Array
    factors: Array
    shrinkage: float = 1.0

    def spread(self, weights: Array) -> Array:
        """Return the covariance times weights; infinite variances count as zero.

        Parameters
        ----------
        weights
            Weights on the nodes, shape (nodes, columns).

        Returns
        -------
        ndarray, shape (nodes, columns)
        """
        finite = np.where(np.isfinite(self.variance), self.variance, 0.0)
        return np.asarray(finite * weights + self.factors @ (self.factors.T @ weights))


def covariance_of(hierarchy: Hierarchy, method: str, residuals: Array | None = None) -> Covariance:
    """Return the error covariance a method of reconciliation assumes.

    Parameters
    ----------
    hierarchy
        Hierarchy whose base forecasts are to be reconciled.
    method
        ``bottom_up``; ``ols`` (equal variances); ``wls_struct`` (as many as the bottom nodes summed); ``wls_var``
        (mean squared residual); ``mint_shrink`` (shrunk covariance).
    residuals
        In-sample errors, shape (nodes, T), in the hierarchy's order.

    Returns
    -------
    Covariance
        In the squared unit of the residuals, or relative for the methods that take none.

    Raises
    ------
    ValueError
        If the method is not known, or residuals are missing, too few, or not finite.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> tree = from_parents(["total", "a", "b"], [-1, 0, 0])
    >>> covariance_of(tree, "wls_struct").variance.ravel().tolist()
    [2.0, 1.0, 1.0]
    """
    if method not in METHODS:
        raise InputError(f"method {method!r} is not known; choose one of {', '.join(METHODS)}")
    if method in NEEDS_RESIDUALS:
        errors = _checked(hierarchy, method, residuals)
        return _shrunk(errors) if method == "mint_shrink" else _diagonal(_positive((errors**2).mean(axis=1)))
    if method == "bottom_up":
        variance = np.full(len(hierarchy.names), np.inf)
        variance[hierarchy.leaves] = 1.0
        return _diagonal(variance)
    return _diagonal(leaf_counts(hierarchy) if method == "wls_struct" else np.ones(len(hierarchy.names)))


def _diagonal(variance: Array) -> Covariance:
    return Covariance(variance[:, None], np.zeros((len(variance), 0)))


def _checked(hierarchy: Hierarchy, method: str, residuals: Array | None) -> Array:
    if residuals is None:
        raise InputError(f"method {method!r} needs in-sample residuals; give them or choose ols or wls_struct")
    if residuals.shape[0] != len(hierarchy.names) or residuals.shape[1] < _FEWEST:
        raise InputError(
            f"residuals have shape {residuals.shape}; {len(hierarchy.names)} nodes and at least {_FEWEST} periods "
            "are needed"
        )
    bad = ~np.isfinite(residuals).all(axis=1)
    if bad.any():
        raise InputError(f"node {hierarchy.names[int(np.argmax(bad))]!r} has a residual that is missing or infinite")
    return residuals


def _shrunk(errors: Array) -> Covariance:
    periods = errors.shape[1]
    centred = errors - errors.mean(axis=1, keepdims=True)
    centred[np.abs(centred).max(axis=1) <= _SAME * np.abs(errors).max(axis=1)] = 0.0
    variance = (centred**2).sum(axis=1) / (periods - 1)
    weight = shrinkage_weight(centred)
    factors = centred * np.sqrt((1 - weight) / (periods - 1))
    own = np.where(variance > 0, max(weight, _FLOOR) * variance, _positive(variance))
    return Covariance(own[:, None], factors, weight)


def _positive(variance: Array) -> Array:
    """Return variances with zeros a small part of the least of the others, so that any unit gives the same."""
    least = variance[variance > 0].min(initial=np.inf)
    return np.where(variance > 0, variance, _FLOOR * least if np.isfinite(least) else 1.0)


def shrinkage_weight(centred: Array) -> float:
    """Return the shrinkage weight of the diagonal with the least expected loss, in [0, 1].

    w = sum of Var(r_ij) / sum of r_ij^2 over pairs i != j, with r_ij the sample correlations (Schaefer and Strimmer
    2005, eq. 10).

    Parameters
    ----------
    centred
        Residuals less their means, shape (nodes, T).

    Returns
    -------
    float
        Weight of the diagonal [1]; one less it is the weight of the sample covariance.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> common, own = random.normal(size=(1, 200)), random.normal(size=(5, 200))
    >>> bool(shrinkage_weight(common + 0.1 * own - common.mean()) < 0.01)
    True
    """
    periods = centred.shape[1]
    sd = centred.std(axis=1, keepdims=True)
    scaled = np.divide(centred, sd, out=np.zeros_like(centred), where=sd > 0)
    squares = scaled**2
    by_period = squares.sum(axis=0)
    own = squares.mean(axis=1)
    means = float(((scaled.T @ scaled) ** 2).sum()) / periods**2 - float((own**2).sum())
    products = float((by_period**2).sum()) - float((squares**2).sum())
    return float(np.clip((products - periods * means) / (periods * (periods - 1)) / (means + 2 * _FLOOR), 0.0, 1.0))
