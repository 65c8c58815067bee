"""Zero-safe transforms of shares: the cube root and its inverse, and closure to the simplex.

Reference: Aitchison (1986), The statistical analysis of compositional data, for closure; Tsagris, Preston and Wood
(2011), A data-based power transformation for compositional data, for powers in place of log-ratios where zeros occur.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array

POWER: Final = 3  # shares are modelled as their cube root: defined at zero, and near-even noise over levels


def root(shares: Array) -> Array:
    """Return the cube root of shares; zero stays zero.

    Parameters
    ----------
    shares
        Shares [1], any shape.

    Returns
    -------
    ndarray, the same shape
        Roots [share^(1/3)].

    Examples
    --------
    >>> root(np.array([0.0, 0.125, 1.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.cbrt(shares)


def unroot(roots: Array) -> Array:
    """Return the shares of cube roots; a root below zero is a share of zero.

    Parameters
    ----------
    roots
        Roots [share^(1/3)], any shape.

    Returns
    -------
    ndarray, the same shape
        Shares [1].

    Examples
    --------
    >>> unroot(np.array([-0.2, 0.5])).tolist()
    [0.0, 0.125]
    """
    clipped = np.maximum(roots, 0.0)
    return clipped * clipped * clipped


def close(parts: Array, fallback: Array) -> Array:
    """Return parts as shares that add up to one (closure).

    Parameters
    ----------
    parts
        Non-negative parts, shape (..., K).
    fallback
        Shares for rows whose parts are all zero, broadcast against ``parts``.

    Returns
    -------
    ndarray, shape (..., K)
        Shares [1].

    Examples
    --------
    >>> close(np.array([[1.0, 3.0], [0.0, 0.0]]), np.array([0.5, 0.5])).tolist()
    [[0.25, 0.75], [0.5, 0.5]]
    """
    total = parts.sum(axis=-1, keepdims=True)
    if (total > 0).all():
        return np.asarray(parts / total, dtype=np.float64)
    shares = np.where(total > 0, parts / np.where(total > 0, total, 1.0), fallback)
    return np.asarray(shares, dtype=np.float64)


def root_variance(shares: Array, sizes: Array) -> Array:
    """Return the counting variance of the cube root of a share: x (1 - x) / n / (9 x^(4/3)).

    The delta method on a binomial share, with the share clipped at 1/(2n); no size, no noise.

    Parameters
    ----------
    shares
        Shares x [1], any shape.
    sizes
        Sample size n, broadcast against ``shares``; NaN where not given.

    Returns
    -------
    ndarray, the broadcast shape
        Variance [share^(2/3)].

    Examples
    --------
    >>> root_variance(np.array([0.125]), np.array([100.0])).round(6).tolist()
    [0.001944]
    """
    n = np.where(np.isfinite(sizes), sizes, np.inf)
    clipped = np.clip(shares, 0.5 / n, 1.0)
    binomial = clipped * (1.0 - clipped) / n
    return np.asarray(binomial / np.maximum(9.0 * clipped ** (4.0 / 3.0), 1e-12))
