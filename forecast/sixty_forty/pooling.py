"""Consistency of a view on a share with the draws: strain, entropy pooling, divergence, effective sample size.

Entropy pooling reweights draws so that their mean is the view's, at the least Kullback-Leibler divergence: weights
proportional to exp(lambda v). Few effective draws mean that the view contradicts the forecast, and it is refused.

Reference: Meucci (2008), Fully flexible views; Kish (1965) for the effective sample size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

LEAST_ESS: Final = 0.05  # of the draws
_FURTHEST: Final = 700.0  # exponent that single draws may reach


@dataclass(frozen=True)
class Tilt:
    """Draws reweighted to a mean.

    Attributes
    ----------
    weights
        Shape (draws,), summing to one.
    divergence
        Kullback-Leibler divergence from equal weights [nat]; infinite where no weights reach the mean.
    ess
        Effective sample size over the number of draws, in [0, 1].
    """

    weights: Array
    divergence: float
    ess: float


def tilt(values: Array, mean: float) -> Tilt:
    """Reweight draws to a mean at the least divergence.

    Parameters
    ----------
    values
        Draws, shape (draws,).
    mean
        The mean wanted, in their unit.

    Returns
    -------
    Tilt
        Weights, shape (draws,), divergence [nat] and effective sample size [share of draws]; an infinite divergence if
        the mean is out of reach.

    Examples
    --------
    >>> after = tilt(np.array([0.4, 0.5, 0.6]), 0.5)
    >>> round(after.divergence, 6), round(after.ess, 6)
    (0.0, 1.0)
    >>> tilt(np.array([0.4, 0.5]), 0.6).ess
    0.0
    """
    if not values.min() < mean < values.max():
        reached = bool(np.isclose(values.mean(), mean))
        return Tilt(np.full(len(values), 1 / len(values)), 0.0 if reached else np.inf, 1.0 if reached else 0.0)
    scaled = (values - mean) / values.std()
    edge = _FURTHEST / np.abs(scaled).max()

    def miss(strength: float) -> float:
        return float(_weights(scaled, strength) @ scaled)

    if miss(-edge) > 0 or miss(edge) < 0:
        return Tilt(np.full(len(values), 1 / len(values)), np.inf, 0.0)
    weights = _weights(scaled, float(brentq(miss, -edge, edge, xtol=1e-14)))
    positive = weights[weights > 0]
    divergence = max(float(positive @ np.log(positive * len(values))), 0.0)
    return Tilt(weights, divergence, float(1 / (weights @ weights) / len(values)))


def _weights(scaled: Array, strength: float) -> Array:
    return np.asarray(softmax(strength * scaled))


def pool(values: Array, mean: float, *, least: float = LEAST_ESS) -> Tilt:
    """Reweight draws to a mean, unless that leaves too few of them.

    Parameters
    ----------
    values
        Draws, shape (draws,).
    mean
        The mean wanted, in their unit.
    least
        Least effective sample size [share of draws].

    Returns
    -------
    Tilt
        As :func:`tilt` gives it.

    Raises
    ------
    ValueError
        If the effective sample size is below ``least`` of the draws: the view contradicts the forecast.
    """
    after = tilt(values, mean)
    if after.ess < least:
        raise InputError(
            f"a mean of {mean:.4g} leaves {after.ess:.1%} of the draws effective (divergence {after.divergence:.2f} "
            f"nat), below {least:.0%}: the view contradicts the forecast; widen it or choose the soft or fixed mode"
        )
    return after


def strain(values: Array, wanted: float, *, sd: float = 0.0) -> Array:
    """Return how many standard deviations a figure lies from draws, over their first axis.

    Parameters
    ----------
    values
        Draws, shape (draws, ...).
    wanted
        The figure, in their unit.
    sd
        Its own standard error.

    Returns
    -------
    ndarray, shape (...)
        Standard deviations, signed: positive where the figure is above the draws.

    Examples
    --------
    >>> round(float(strain(np.array([-1.0, 1.0]), 2.0)), 6)
    2.0
    """
    spread = np.sqrt(values.var(axis=0) + sd**2)
    return np.asarray(np.divide(wanted - values.mean(axis=0), spread, out=np.zeros_like(spread), where=spread > 0))
