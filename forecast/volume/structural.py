"""Structural state-space member for a few series: random walk with drift, season and autoregressive noise.

Reference: Harvey (1989), Forecasting, structural time series models and the Kalman filter.
"""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np

from shiftcast.features.arrays import Array, Integers
from shiftcast.forecast.volume.past import Past

LONGEST_SEASON: Final = 12  # the states of the filter grow with it, and its time with their cube
_FITS: Final = 2  # over the rolling origins, the last of them live
_ITERATIONS: Final = 25
_FEWEST: Final = 12


def structural(past: Past) -> Array:
    """Return forecasts of an unobserved-components model (Harvey 1989; statsmodels).

    Parameters are estimated by maximum likelihood at the first origin, halfway and at the last, and filtered forward
    between; a series too short for that keeps its last value.

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    out = np.empty((len(past.z), len(past.origins), past.horizon))
    for row, start in enumerate(past.start):
        history = past.z[row, int(start) :]
        out[row] = _one(past, history, past.origins - int(start))
    return out


def _one(past: Past, history: Array, origins: Integers) -> Array:
    """Return one series' paths, shape (origins, horizon)."""
    refits = set(np.linspace(len(origins) - 1, 0, _FITS + 1).round().astype(int).tolist())
    season = past.seasons[0] if past.seasons and past.seasons[0] <= LONGEST_SEASON else None
    found: Array | None = None
    out = np.empty((len(origins), past.horizon))
    for column, origin in enumerate(origins):
        known = history[: max(int(origin), 0)]
        if len(known) < max(_FEWEST, 2 * (season or 0)) or np.ptp(known) == 0:
            out[column] = known[-1] if len(known) else history[0]
            continue
        model = _model(known, season)
        if found is None or column in refits:
            found = _estimated(model)
        ahead = model.filter(found, cov_type="none").forecast(past.horizon) if found is not None else np.full(1, np.nan)
        out[column] = ahead if np.isfinite(ahead).all() else known[-1]  # some estimates do not filter
    return out


def _model(known: Array, season: int | None) -> Any:
    from statsmodels.tsa.statespace.structural import UnobservedComponents  # noqa: PLC0415  (slow to load; only a fit needs it)

    return UnobservedComponents(known, "random walk with drift", seasonal=season, autoregressive=1)


def _estimated(model: Any) -> Array | None:
    """Return the parameters by maximum likelihood, or none where the likelihood cannot be climbed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.asarray(model.fit(disp=False, maxiter=_ITERATIONS, return_params=True))
        except np.linalg.LinAlgError:
            return None
