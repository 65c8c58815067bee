"""Forecast of one series that compounds, such as revenue or a firm's tokens: the panel model on a log scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.volume.calibrate import Pooling, Spread
from shiftcast.forecast.volume.fit import fit_volumes
from shiftcast.forecast.volume.fitted import Priors, VolumesFit
from shiftcast.forecast.volume.paths import draw_path

_NAME: Final = "series"
_KEPT: Final = 256  # fits


@dataclass(frozen=True)
class SeriesPrior:
    """Beliefs about the error of one series before any is seen.

    Attributes
    ----------
    sigma, power
        Standard deviation of the log error one quarter ahead, and its growth with the horizon
        (:class:`forecast.volume.calibrate.Spread`).
    origins
        Past origins that it counts for beside the errors seen.
    bend
        Multiple of the recent mean at which the working scale turns logarithmic [1].
    pooling
        What errors are like before any is seen.
    """

    sigma: float
    power: float
    origins: float
    bend: float
    pooling: Pooling


def series_prior(beliefs: Beliefs, name: str) -> SeriesPrior:
    """Return the beliefs about one series.

    Parameters
    ----------
    beliefs
        Of the record.
    name
        What their names begin with, such as ``volume.revenue``.

    Returns
    -------
    SeriesPrior
        From rows of that name, and rows ``volume.pooling.*``.

    Raises
    ------
    ValueError
        If there are no such rows.
    """
    return SeriesPrior(**beliefs.of(name), pooling=Pooling(**beliefs.of("volume.pooling")))


@dataclass(frozen=True)
class VolumeFit:
    """Predictive distribution of one series.

    Attributes
    ----------
    fit
        The fitted panel of one.
    """

    fit: VolumesFit

    @property
    def member(self) -> str:
        """Name of the member that ships, or ``combination``."""
        return str(self.fit.shipped[0])

    @property
    def path(self) -> Array:
        """Median path ahead [unit of the series], shape (horizon,)."""
        lean = self.fit.calibration.quantiles(np.array([0.5]))
        return np.asarray(self.fit.scale.inverse(self.fit.path + self.fit.calibration.deviation * lean)[0])

    @property
    def deviation(self) -> Array:
        """Standard deviation of the log error by step, shape (horizon,)."""
        return np.asarray(self.fit.calibration.deviation[0])

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight of each member in the combination [1], by name."""
        rows = self.fit.weights.dropna(subset="weight")
        return dict(zip(rows["member"], rows["weight"], strict=True))

    @property
    def scores(self) -> Mapping[str, float]:
        """Mean absolute error by member and of the combination, over last value's root mean squared error [1]."""
        rows = self.fit.weights.dropna(subset="error")
        return dict(zip(rows["member"], rows["error"], strict=True))


def fit_volume(
    history: Array, horizon: int, *, prior: SeriesPrior, members: tuple[str, ...] | None = None, symmetric: bool = False
) -> VolumeFit:
    """Fit one quarterly series on a log scale.

    Parameters
    ----------
    history
        Positive series, shape (time,).
    horizon
        Quarters ahead.
    prior
        Beliefs about the error.
    members
        Names of the only members to use; all where left out.
    symmetric
        Whether past errors are made symmetric instead of keeping their lean.

    Returns
    -------
    VolumeFit

    Raises
    ------
    ValueError
        If the series has fewer than two values, or a value that is not positive and finite.

    Examples
    --------
    >>> prior = SeriesPrior(0.19, 0.9, 8.0, 0.02, Pooling(30.0, 20.0, 4.0, 40.0, 6.0, 0.3, 10.0))
    >>> fit_volume(np.exp(np.arange(40) / 10), 2, prior=prior).path.round(1).tolist()
    [54.6, 60.4]
    """
    values = np.asarray(history, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(values) | (values <= 0))
    if len(values) < 2 or len(bad):
        detail = f"value {values[bad[0]]:g} at position {bad[0]}" if len(bad) else f"only {len(values)} value(s)"
        raise InputError(f"a volume series needs two or more positive, finite values; it has {detail}")
    return _fitted(tuple(values.tolist()), horizon, prior, members, symmetric)


@lru_cache(maxsize=_KEPT)
def _fitted(
    values: tuple[float, ...], horizon: int, prior: SeriesPrior, members: tuple[str, ...] | None, symmetric: bool
) -> VolumeFit:  # fmt: skip
    """Fit a series that has been checked; records that differ elsewhere often hold the same one."""
    spread = Spread(prior.sigma, prior.power)
    priors = Priors(spread, prior.pooling, origins=prior.origins, bend=prior.bend, members=members, symmetric=symmetric)
    return VolumeFit(fit_volumes(_panel(np.array(values)), horizon=horizon, priors=priors))


def draw_volume(fit: VolumeFit, *, draws: int, random: np.random.Generator) -> Array:
    """Draw joint paths of one series.

    Parameters
    ----------
    fit
        The fitted series.
    draws
        Number of draws.
    random
        Random generator; it is advanced.

    Returns
    -------
    ndarray, shape (draws, horizon)
        In the unit of the series.
    """
    return draw_path(fit.fit, 0, random.standard_normal((draws, fit.fit.horizon)))


def _panel(values: Array) -> Panel:
    """Return a panel of one quarterly series; its dates matter to no member that runs on it."""
    name, last = np.array([_NAME], dtype=object), np.array(["2000-12-31"], dtype="datetime64[us]")
    return Panel(name, name, values[None], last, "QE", np.zeros((1, len(values)), dtype=bool), {})
