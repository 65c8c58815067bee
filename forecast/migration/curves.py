"""Substitution curves: Fisher-Pry, Gompertz and the multinomial logit in time."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import curve_fit, minimize
from scipy.special import expit, log_softmax, logit, softmax

from shiftcast.features.arrays import Array

HELD: Final = 1e-3  # share that zero and one are held away from where a logarithm is taken
RIDGE: Final = 1e-6


def takeover_time(rate: float) -> float:
    """Return the time from 10 to 90 percent of a logistic substitution [period]: ln(81) / rate.

    Without a rise (a rate of zero or below) there is no takeover, and the time is infinite.

    Parameters
    ----------
    rate
        Rate of the logistic [1/period].

    Returns
    -------
    float
        Time [period].

    References
    ----------
    Fisher and Pry (1971), A simple substitution model of technological change, Technological Forecasting 3.

    Examples
    --------
    >>> round(takeover_time(0.07576636473573171), 6)
    58.0
    """
    return float(np.log(81.0) / rate) if rate > 0 else float("inf")


def fisher_pry(share: Array, horizon: int, *, ceiling: float = 1.0) -> Array:
    """Return the logistic continuation of a share: ln(m / (c - m)) = a (t - t0).

    Least squares on the log-odds; shares are held a thousandth of the ceiling away from its ends.

    Parameters
    ----------
    share
        History [share], shape (periods,).
    horizon
        Periods ahead.
    ceiling
        Share c that the curve tends to [share].

    Returns
    -------
    ndarray, shape (horizon,)
        Share [share].

    References
    ----------
    Fisher and Pry (1971), A simple substitution model of technological change, Technological Forecasting 3.

    Examples
    --------
    >>> odds = np.linspace(-2.0, 0.0, 5)
    >>> fisher_pry(expit(odds), 2).round(3).tolist()
    [0.622, 0.731]
    """
    odds = logit(np.clip(share / ceiling, HELD, 1.0 - HELD))
    time = np.arange(len(share))
    slope, level = np.polyfit(time, odds, 1) if len(share) > 1 else (0.0, odds[0])
    return np.asarray(ceiling * expit(level + slope * (len(share) - 1 + np.arange(1.0, horizon + 1.0))))


def gompertz(share: Array, horizon: int) -> Array:
    """Return the Gompertz continuation of a share: m exp(-a e^(-b t)), m <= 1; the last value where no fit settles.

    Parameters
    ----------
    share
        History [share], shape (periods,).
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (horizon,)
        Share [share].

    References
    ----------
    Gompertz (1825); Meade and Islam (2006), Modelling and forecasting the diffusion of innovation, IJF 22(3).

    Examples
    --------
    >>> time = np.arange(12.0)
    >>> gompertz(0.9 * np.exp(-4.0 * np.exp(-0.3 * time)), 1).round(2).tolist()
    [0.81]
    """
    time = np.arange(float(len(share)))
    start = (min(1.0, float(share.max()) * 1.2 + HELD), 3.0, 0.1)
    try:
        found, _ = curve_fit(
            _gompertz, time, share, p0=start, bounds=((HELD, 1e-6, 1e-6), (1.0, 1e4, 5.0)), maxfev=2000
        )
    except RuntimeError:
        return np.repeat(share[-1:], horizon)
    return np.asarray(_gompertz(len(share) - 1 + np.arange(1.0, horizon + 1.0), *found))


def _gompertz(time: Array, top: float, delay: float, rate: float) -> Array:
    """Return the curve."""
    return np.asarray(top * np.exp(-delay * np.exp(-rate * time)))


def multinomial_logit(shares: Array, horizon: int) -> Array:
    """Return the continuation of shares by a logit that is linear in time.

    Maximum likelihood with the shares as frequencies, a small ridge on the slopes, and the first category as
    base.

    Parameters
    ----------
    shares
        History [share], shape (periods, categories), rows that sum to one.
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (horizon, categories)
        Shares [share] that sum to one.

    References
    ----------
    McFadden (1974), Conditional logit analysis of qualitative choice behavior.

    Examples
    --------
    >>> odds = np.linspace(-1.0, 1.0, 9)
    >>> two = np.stack([1.0 - expit(odds), expit(odds)], axis=1)
    >>> multinomial_logit(two, 1).round(2).tolist()
    [[0.22, 0.78]]
    """
    periods, width = shares.shape
    time = (np.arange(periods) - (periods - 1)) / max(periods - 1, 1)
    design = np.stack([np.ones(periods), time], axis=1)

    def loss(flat: Array) -> tuple[float, Array]:
        weights = np.c_[np.zeros(2), flat.reshape(2, width - 1)]
        score = design @ weights
        value = -(shares * log_softmax(score, axis=1)).mean(axis=0).sum() + RIDGE * (weights[1] ** 2).sum()
        slope = design.T @ (softmax(score, axis=1) - shares) / periods
        slope[1] += 2.0 * RIDGE * weights[1]
        return float(value), slope[:, 1:].ravel()

    found = minimize(loss, np.zeros(2 * (width - 1)), jac=True, method="L-BFGS-B").x.reshape(2, width - 1)
    ahead = np.stack([np.ones(horizon), np.arange(1.0, horizon + 1.0) / max(periods - 1, 1)], axis=1)
    return np.asarray(softmax(ahead @ np.c_[np.zeros(2), found], axis=1))
