"""Growth that the series of a group share: a short history says little of its own, and its neighbours say more."""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array, Flags
from shiftcast.forecast.volume.past import Past

_SPAN: Final = 8  # least periods that a slope is taken over
_KEPT: Final = 0.8  # part of past growth expected to go on, which counts for one window
_TINY: Final = 1e-12


def shared_growth(past: Past) -> Array:
    """Return the last value plus a slope between the series' own and the group's, damped as past growth was.

    A series' slope is drawn to the group's mean by the variance between slopes over that and its sampling variance
    (James and Stein). The part of it that goes on is what went on after earlier origins.

    Parameters
    ----------
    past
        Histories and origins.

    Returns
    -------
    ndarray, shape (series, origins, horizon)
        On the working scale.
    """
    slopes = np.stack([_slopes(past, int(origin)) for origin in past.origins], axis=1)
    base = past.flat[:, past.origins - 1]
    ran = past.outcomes() - base[:, :, None]
    told = slopes[:, :, None] * past.steps
    out = np.empty_like(told)
    for column, origin in enumerate(past.origins):
        known = past.known_by(int(origin)) & np.isfinite(ran)
        kept = _kept(np.where(known, told, 0.0), np.where(known, ran, 0.0), known)
        out[:, column] = base[:, column, None] + kept * told[:, column]
    return out


def _slopes(past: Past, origin: int) -> Array:
    """Return each series' slope at an origin, drawn to the group's, shape (series,)."""
    longest = max(2 * (past.seasons[0] if past.seasons else 1), _SPAN)
    first = np.maximum(np.maximum(past.start, origin - 1 - longest), 0)
    span = origin - 1 - first
    old = span >= 1
    if not old.any():
        return np.zeros(len(past.z))
    changes = np.diff(past.flat[:, :origin], axis=1)
    inside = np.arange(1, origin) > first[:, None]
    count = np.maximum(span, 1)
    own = np.where(inside, changes, 0.0).sum(axis=1) / count
    doubt = np.where(inside, (changes - own[:, None]) ** 2, 0.0).sum(axis=1) / count
    doubt = (doubt + doubt[old].mean()) / 2 / count  # half the group's, as a short history hides its own
    mean = np.average(own[old], weights=1 / (doubt[old] + _TINY))
    between = max(float(np.mean((own[old] - mean) ** 2 - doubt[old])), 0.0)
    trust = np.where(old, between / (between + doubt + _TINY), 0.0)
    return np.asarray(mean + trust * (own - mean))


def _kept(told: Array, ran: Array, known: Flags) -> float:
    """Return the part of past growth that went on, drawn to a belief that counts for one window."""
    square = float((told**2).sum())
    if square < _TINY:
        return _KEPT
    windows = known.any(axis=0).sum() / max(known.shape[2], 1) ** 2 * 2
    part = float(np.clip((told * ran).sum() / square, 0.0, 1.0))
    return float((windows * part + _KEPT) / (windows + 1))
