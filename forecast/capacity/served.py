"""Served and latent demand: a full fleet shows only a lower bound of demand (Tobit)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtri_exp

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import stream

FEWEST: Final = 3  # observations below capacity, to see a trend
_HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


def served(latent: Array, capacity: Array) -> Array:
    """Return what is served: S = min(D*, capacity), in the unit of both.

    Parameters
    ----------
    latent
        Latent demand D*, any shape.
    capacity
        Capacity in its unit, broadcast against it.

    Returns
    -------
    ndarray, the broadcast shape
        Served demand S.

    Examples
    --------
    >>> served(np.array([3.0, 9.0]), np.array([5.0, 5.0])).tolist()
    [3.0, 5.0]
    """
    return np.asarray(np.minimum(latent, capacity))


@dataclass(frozen=True)
class Latent:
    """A log-linear trend of latent demand, read from observations that capacity cut.

    Attributes
    ----------
    level, growth, sd
        ln D*_t = level + growth t + N(0, sd^2), t in periods from the first.
    capped
        Which observations stood at capacity, shape (periods,).
    observed
        What was seen, shape (periods,).
    """

    level: float
    growth: float
    sd: float
    capped: NDArray[np.bool_]
    observed: Array

    def draws(self, count: int, *, seed: int) -> Array:
        """Return draws of latent demand: the observation, and above it where it was capped.

        Parameters
        ----------
        count
            Number of draws.
        seed
            Of the stream ``latent``.

        Returns
        -------
        ndarray, shape (count, periods)
            In the unit of the observations.
        """
        mean = self.level + self.growth * np.arange(len(self.observed))
        low = (np.log(self.observed) - mean) / self.sd
        u = stream(seed, "latent").random((count, len(mean)))
        above = np.exp(mean - self.sd * ndtri_exp(log_ndtr(-low) + np.log1p(-u)))  # far tails stay finite
        return np.where(self.capped, np.maximum(above, self.observed), self.observed)


def tobit(observed: Array, capacity: Array, *, tolerance: float = 0.02) -> Latent:
    """Fit latent demand to observations of which some stood at capacity, by maximum likelihood.

    An observation below capacity is latent demand; one within ``tolerance`` of it says that latent demand was at
    least that (Tobin 1958).

    Parameters
    ----------
    observed, capacity
        Served demand and capacity by period, positive, shape (periods,).
    tolerance
        Distance from capacity, over it, that counts as full [1].

    Returns
    -------
    Latent
        Trend of log demand, standard deviation, and which periods were capped.

    Raises
    ------
    ValueError
        If fewer than three observations lie below capacity, or one is not positive or above capacity.

    References
    ----------
    Tobin (1958), Estimation of relationships for limited dependent variables, Econometrica 26(1).

    Examples
    --------
    >>> seen = np.array([1.0, 2.0, 4.0, 8.0, 10.0, 10.0])
    >>> fit = tobit(seen, np.full(6, 10.0))
    >>> round(float(np.exp(fit.growth)), 1), fit.capped.tolist()
    (2.0, [False, False, False, False, True, True])
    """
    observed, capacity = np.asarray(observed, dtype=np.float64), np.asarray(capacity, dtype=np.float64)
    if not (observed > 0).all() or (observed > capacity * (1 + tolerance)).any():
        raise InputError("served demand is not positive or above capacity; correct the period that shows it")
    capped = observed >= capacity * (1 - tolerance)
    if (~capped).sum() < FEWEST:
        raise InputError(
            f"{int((~capped).sum())} of {len(observed)} observations lie below capacity; at least {FEWEST} are needed "
            "to see a trend"
        )
    time, logs = np.arange(len(observed), dtype=np.float64), np.log(observed)
    start = np.polynomial.polynomial.polyfit(time[~capped], logs[~capped], 1)
    spread = max(float(np.std(logs[~capped] - start[0] - start[1] * time[~capped])), 0.01)

    def loss(terms: Array) -> float:
        sd = np.exp(np.clip(terms[2], -5.0, 3.0))
        z = (logs - terms[0] - terms[1] * time) / sd
        return -float(np.where(capped, log_ndtr(-z), -0.5 * z**2 - _HALF_LOG_2PI - np.log(sd)).sum())

    found = minimize(loss, np.array([*start, np.log(spread)]), method="Nelder-Mead", options={"maxiter": 4000})
    return Latent(float(found.x[0]), float(found.x[1]), float(np.exp(np.clip(found.x[2], -5.0, 3.0))), capped, observed)
