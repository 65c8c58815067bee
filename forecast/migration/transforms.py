"""Zero-safe transforms of shares: the cube root and its inverse, and closure onto the simplex."""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array

POWER: Final = 3  # shares are modelled as their cube root: defined at zero, and near-even noise over levels


def root(shares: Array) -> Array:
    """Return the cube root of shares [share^(1/3)], any shape; zero stays zero.

    The last bit differs between processors (AVX-512 or not), so nothing may compare roots exactly.

    Examples
    --------
    >>> root(np.array([0.0, 0.125, 1.0])).round(12).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.cbrt(shares)


def unroot(roots: Array) -> Array:
    """Return the shares [share] of cube roots; a root below zero is a share of zero.

    Examples
    --------
    >>> unroot(np.array([-0.2, 0.5])).tolist()
    [0.0, 0.125]
    """
    held = np.maximum(roots, 0.0)
    return held * held * held


def close(parts: Array, fallback: Array) -> Array:
    """Return parts, shape (..., K), as shares that add up to one; all-zero rows become ``fallback``.

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
    """Return the counting variance of the cube root of a share [share^(2/3)] counted on ``sizes`` things.

    The delta method on a binomial share, with the share held at least 1/(2n) away from zero; no size, no
    noise.

    Examples
    --------
    >>> root_variance(np.array([0.125]), np.array([100.0])).round(6).tolist()
    [0.001944]
    """
    n = np.where(np.isfinite(sizes), sizes, np.inf)
    held = np.clip(shares, 0.5 / n, 1.0)
    binomial = held * (1.0 - held) / n
    return np.asarray(binomial / np.maximum(9.0 * held ** (4.0 / 3.0), 1e-12))
