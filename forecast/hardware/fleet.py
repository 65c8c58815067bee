"""Survival of accelerators (Weibull), generation mix (logistic ramps), and exact stock and flow of cohorts.

Shipped = in transit + live + retired, in every draw and period; a test verifies it to machine precision.

Reference: Weibull (1951), A statistical distribution function of wide applicability; Fisher and Pry (1971), A simple
substitution model of technological change, for the ramps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, gamma

from shiftcast.features.arrays import Array


@dataclass(frozen=True)
class Fleet:
    """Stocks and flows of cohorts, each summed when it is first asked for.

    Attributes
    ----------
    shipped
        Accelerators shipped in the period, shape (draws, periods, ..., generations) [accelerator].
    survival, arrived
        Share in place and share gone live at ages 0.5, 1.5, ... periods [1], shape (draws, periods).
    """

    shipped: Array
    survival: Array
    arrived: Array

    @cached_property
    def live(self) -> Array:
        """Accelerators installed and working at the end of the period, in the shape of ``shipped``."""
        return in_place(self.shipped, self.survival * self.arrived)

    @cached_property
    def in_transit(self) -> Array:
        """Accelerators shipped and not yet live at the end of the period, in the shape of ``shipped``."""
        return in_place(self.shipped, self.survival * (1 - self.arrived))

    @cached_property
    def retired(self) -> Array:
        """Accelerators retired since the first period, in the shape of ``shipped``."""
        return in_place(self.shipped, 1 - self.survival)


def generation_mix(periods: Array, ramp_middles: Array, widths: Array) -> Array:
    """Return each generation's share of accelerator revenue by logistic substitution (Fisher-Pry).

    The share of "this generation or newer" is 1 / (1 + exp(-(t - m_g) / w)); a generation's own share is the difference
    to the next. The first generation needs no ramp.

    Parameters
    ----------
    periods
        Time of each period [quarter], shape (periods,).
    ramp_middles
        Time half of revenue is of this generation or newer [quarter], shape (draws, generations - 1), rising.
    widths
        Logistic scale of a ramp [quarter], shape (draws,).

    Returns
    -------
    ndarray, shape (draws, periods, generations)
        Shares [1], non-negative, summing to one.

    Examples
    --------
    >>> generation_mix(np.array([0.0, 8.0]), np.array([[4.0]]), np.array([0.5])).round(3).tolist()
    [[[1.0, 0.0], [0.0, 1.0]]]
    """
    ordered = np.maximum.accumulate(ramp_middles, axis=1)
    newer = expit((periods[None, :, None] - ordered[:, None, :]) / widths[:, None, None])
    ones = np.ones((*newer.shape[:2], 1))
    return np.asarray(-np.diff(np.concatenate([ones, newer, 0 * ones], axis=2), axis=2))


def weibull_survival(ages: Array, mean_life: Array, shape: float) -> Array:
    """Return the Weibull survival of a cohort: S(a) = exp(-(a / b)^k), with scale b = mean / Gamma(1 + 1 / k).

    Parameters
    ----------
    ages
        Age [quarter], shape (ages,).
    mean_life
        Mean life [quarter], shape (draws,), in the unit of the ages.
    shape
        Weibull shape k [1]; above one, retirement concentrates around the mean life.

    Returns
    -------
    ndarray, shape (draws, ages)
        Share of the cohort still in place [1].

    Examples
    --------
    >>> weibull_survival(np.array([0.0, 100.0]), np.array([20.0]), 3.0).round(3).tolist()
    [[1.0, 0.0]]
    """
    scale = mean_life[:, None] / gamma(1 + 1 / shape)
    return np.asarray(np.exp(-((ages[None, :] / scale) ** shape)))


def arrival(ages: Array, mean_lag: Array) -> Array:
    """Return the share of a cohort that has gone live by each age, for an exponential lag: 1 - exp(-a / mean).

    Parameters
    ----------
    ages
        Age since shipment [quarter], shape (ages,).
    mean_lag
        Mean lag from shipment to live [quarter], shape (draws,).

    Returns
    -------
    ndarray, shape (draws, ages)
        Share [1].
    """
    return np.asarray(1 - np.exp(-ages[None, :] / mean_lag[:, None]))


def in_place(shipped: Array, by_age: Array) -> Array:
    """Return accelerators in place, live or gone of shipments by period: each cohort times its share at its age.

    Parameters
    ----------
    shipped
        Accelerators shipped, shape (draws, periods, ...).
    by_age
        Share in place, live or gone at ages 0.5, 1.5, ... periods [1], shape (draws, periods) or longer.

    Returns
    -------
    ndarray, shape of ``shipped``
        Accelerators at the end of each period.
    """
    draws, periods = shipped.shape[:2]
    lag = np.arange(periods)[:, None] - np.arange(periods)[None, :]
    weights = np.where(lag >= 0, by_age[:, np.clip(lag, 0, None)], 0.0)
    return np.asarray(weights @ shipped.reshape(draws, periods, -1)).reshape(shipped.shape)
