"""Ridge regression on lags, fitted to all series of a panel at once, one for each step ahead.

Reference: Hoerl and Kennard (1970), Ridge regression; Montero-Manso and Hyndman (2021) for one model of all series.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Integers
from shiftcast.forecast.volume.past import Past

_PENALTY: Final = 0.01  # ridge penalty over the number of rows
_REFIT: Final = 3  # origins between two fits, to save time
_ROWS: Final = 40_000  # rows of a fit; more are thinned evenly to bound its time
_WINDOW: Final = 12  # multiples of the longest season that a fit looks back
_FEWEST: Final = 5
_TINY: Final = 1e-9


def lag_ridge(past: Past) -> Array:
    """Return direct forecasts from lags relative to the mean of the last season.

    Rows are divided by the deviation of their response in their series, so that no series dominates the fit. An origin
    uses the latest of the fits made at it or before; a fit uses outcomes known when it was made.

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
    coefficients: list[Array] = []
    last = len(past.origins) - 1
    means = _season_means(past)
    for column, origin in enumerate(past.origins):
        if column % _REFIT == 0 or column == last:
            coefficients = _fits(past, means, int(origin))
        now = np.array([origin])
        lags = _lagged(past, now, means)
        for ahead, step in enumerate(past.steps):
            features = np.concatenate([lags, _phases(past, now, int(step), means)], axis=2)
            out[:, column, ahead] = means[:, origin] + (features @ coefficients[ahead])[:, 0]
    return out


def _fits(past: Past, means: Array, origin: int) -> list[Array]:
    """Return the coefficients of every step from outcomes known at an origin; zeros where there are too few."""
    season, longest = (past.seasons[0], past.seasons[-1]) if past.seasons else (4, 4)
    first = max(int(past.start.min()) + 2 * season + 2, origin - _WINDOW * longest, 1)
    at = np.arange(first, origin)
    at = at[:: max(1, len(at) * len(past.z) // _ROWS)]
    lags = _lagged(past, at, means) if len(at) else np.empty((len(past.z), 0, len(_lags(past))))
    return [_fit(past, means, origin, int(step), at, lags) for step in past.steps]


def _fit(past: Past, means: Array, origin: int, step: int, at: Integers, lags: Array) -> Array:
    """Return the coefficients of one step."""
    known = at <= origin - step
    at, lags = at[known], lags[:, known]
    phases = _phases(past, at, step, means)
    nothing = np.zeros(lags.shape[2] + phases.shape[2])
    if len(at) < _FEWEST:
        return nothing
    season = past.seasons[0] if past.seasons else 4
    gain = past.flat[:, at + step - 1] - means[:, at]
    usable = (at >= past.start[:, None] + season + 1) & ~np.isnan(past.actual[:, at + step - 1])
    deviation = np.sqrt((usable * gain**2).sum(axis=1) / np.maximum(usable.sum(axis=1), 1))
    weight = np.where(usable & (deviation > _TINY)[:, None], 1.0 / np.maximum(deviation, _TINY)[:, None], 0.0)
    count = int((weight > 0).sum())
    if count < _FEWEST:
        return nothing
    rows = (np.concatenate([lags, phases], axis=2) * weight[:, :, None]).reshape(-1, len(nothing))
    gram = rows.T @ rows + _PENALTY * count * np.eye(len(nothing))
    return np.asarray(np.linalg.solve(gram, rows.T @ (gain * weight).ravel()))


def _lags(past: Past) -> Integers:
    """Return the lags in use: the last season's first eight, and those around one and two seasons."""
    if not past.seasons:
        return np.arange(1, 5)
    season, longer = past.seasons[0], past.seasons[1:]
    near = set(range(1, min(8, season) + 1)) | {season - 1, season, season + 1, 2 * season}
    far = {each + shift for each in longer for shift in (-1, 0, 1)}
    return np.array(sorted(near | far))


def _season_means(past: Past) -> Array:
    """Return the mean of the season before each column, and after the last, shape (series, time + 1)."""
    season = past.seasons[0] if past.seasons else 4
    padded = np.pad(past.flat, ((0, 0), (season, 0)), mode="edge")
    sums = np.pad(np.cumsum(padded, axis=1), ((0, 0), (1, 0)))
    return np.asarray((sums[:, season:] - sums[:, :-season]) / season)


def _lagged(past: Past, at: Integers, means: Array) -> Array:
    """Return lags less the last season's mean, shape (series, columns, lags)."""
    return np.stack([past.flat[:, np.maximum(at - lag, 0)] - means[:, at] for lag in _lags(past)], axis=2)


def _phases(past: Past, at: Integers, step: int, means: Array) -> Array:
    """Return values of the phase forecast in the last seasons, less the mean, shape (series, columns, phases)."""
    wanted = [(each, repeat) for each in past.seasons for repeat in (0, 1)][:3]
    back = [step - 1 - each * (1 + repeat + (step - 1) // each) for each, repeat in wanted]
    found = [past.flat[:, np.maximum(at + offset, 0)] - means[:, at] for offset in back]
    return np.stack(found, axis=2) if found else np.empty((len(past.z), len(at), 0))
