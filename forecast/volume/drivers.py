"""Effects of drivers (capex, users, prices, releases) on volume: a Bayesian regression of errors on driver surprises.

Members extrapolate without knowing a driver. Their error is regressed on the surprise of the driver: its log less its
own forecast, a random walk with drift. A driver known ahead then shifts the path by its effect times its surprise and
narrows the interval; one that is not known shifts nothing, and its uncertainty stays in the errors that intervals are
made of. The effect has a normal prior: for a price it is the elasticity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.volume.past import Past

_DRIFT: Final = 12  # periods whose mean change a driver's forecast repeats
_TINY: Final = 1e-12


@dataclass(frozen=True)
class Elasticity:
    """Normal distribution of an elasticity: change of log volume for a change of one in the driver's log.

    Attributes
    ----------
    mean, sd
        Mean and standard deviation, prior or posterior [1].
    """

    mean: float = 0.0
    sd: float = 1.0


UNKNOWN: Final = Elasticity()


@dataclass(frozen=True)
class Effect:
    """Effect of one driver.

    Attributes
    ----------
    prior, posterior
        Elasticity before and after the data.
    known
        Whether the driver is known ahead and shifts the path.
    surprise
        Log of the driver ahead less its own forecast, times the change of the working scale with the log of the volume,
        shape (series, horizon); zero where not known.
    """

    prior: Elasticity
    posterior: Elasticity
    known: bool
    surprise: Array

    @property
    def shift(self) -> Array:
        """Shift of the median path [working scale], shape (series, horizon)."""
        return self.posterior.mean * self.surprise

    @property
    def variance(self) -> Array:
        """Variance that the uncertainty of the effect adds [working scale, squared], shape (series, horizon)."""
        return np.asarray((self.posterior.sd * self.surprise) ** 2)


def driver_effects(
    past: Past, path: Array, errors: Array, priors: Mapping[str, Elasticity]
) -> tuple[dict[str, Effect], Array]:
    """Estimate the effect of each driver on rolling-origin errors, one after the other.

    With errors e and surprises x the posterior of the elasticity is normal with precision 1 / sd^2 + sum x^2 / (H v)
    and mean (mean / sd^2 + sum x e / (H v)) over that precision; v is the variance of the errors, and the horizon H
    counts overlapping windows once.

    Parameters
    ----------
    past
        Histories, origins and drivers.
    path
        Median path ahead without drivers on the working scale, shape (series, horizon).
    errors
        Actual less forecast on the working scale, shape (series, origins, horizon).
    priors
        Prior of each driver's elasticity by name; a standard normal where none is given.

    Returns
    -------
    tuple of dict and ndarray
        The effects by name, and the errors less what drivers known ahead explain, shape (series, origins, horizon).

    Raises
    ------
    ValueError
        If a prior is given for a driver the panel lacks, or its deviation is not positive.
    """
    _check(priors, past)
    found, residuals = {}, errors
    slopes = _slopes(past.outcomes() - errors)
    slopes[:, -1] = _slopes(path)
    for name, values in past.panel.drivers.items():
        logs = values.astype(np.float64) if (values <= 0).any() else np.log(values)
        surprises = slopes * np.stack([_surprise(logs, int(each), past.horizon) for each in past.origins], axis=1)
        prior = priors.get(name, UNKNOWN)
        posterior = _posterior(residuals, surprises, prior)
        known = name in past.panel.known
        ahead = np.nan_to_num(surprises[:, -1]) if known else np.zeros_like(surprises[:, -1])
        found[name] = Effect(prior, posterior, known, ahead)
        if known:
            residuals = residuals - posterior.mean * np.nan_to_num(surprises)
    return found, residuals


def _slopes(z: Array) -> Array:
    """Return the change of the working scale with the log of the volume, same shape; NaN where the path is."""
    return np.tanh(np.maximum(z, 0.0))


def _surprise(logs: Array, origin: int, horizon: int) -> Array:
    """Return how far a driver comes from a random walk with drift after an origin, shape (series, horizon)."""
    past, ahead = logs[:, max(origin - _DRIFT - 1, 0) : origin], logs[:, origin : origin + horizon]
    ahead = np.pad(ahead, ((0, 0), (0, horizon - ahead.shape[1])), constant_values=np.nan)
    steps = np.diff(past, axis=1)
    number = np.isfinite(steps).sum(axis=1)
    slope = np.nansum(steps, axis=1) / np.maximum(number, 1)
    return np.asarray(ahead - past[:, -1:] - slope[:, None] * np.arange(1, horizon + 1))


def _posterior(errors: Array, surprises: Array, prior: Elasticity) -> Elasticity:
    """Return the elasticity after the errors: normal prior, normal errors, overlapping windows counted once."""
    usable = np.isfinite(errors) & np.isfinite(surprises)
    if not usable.any():
        return prior
    e, x = np.where(usable, errors, 0.0), np.where(usable, surprises, 0.0)
    variance = max(float((e**2).sum() / usable.sum()), _TINY)
    overlap = errors.shape[2]
    precision = 1 / prior.sd**2 + float((x * x).sum()) / overlap / variance
    mean = (prior.mean / prior.sd**2 + float((x * e).sum()) / overlap / variance) / precision
    return Elasticity(mean, precision**-0.5)


def _check(priors: Mapping[str, Elasticity], past: Past) -> None:
    for name, prior in priors.items():
        if name not in past.panel.drivers:
            raise InputError(f"elasticity of {name!r}: no such driver; the panel has {sorted(past.panel.drivers)}")
        if not (np.isfinite(prior.mean) and prior.sd > 0):
            raise InputError(f"elasticity of {name!r}: sd {prior.sd:g} is not positive; give the spread of the belief")
