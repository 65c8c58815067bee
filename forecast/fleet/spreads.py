"""Draws through three quantiles, and whether something happens at all, from named streams."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from shiftcast.features.arrays import Array, Flags
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import Z90, normals, stream

_EDGE = 1e-6


def three_point(points: tuple[float, float, float], *, scale: str, name: str, draws: int, seed: int) -> Array:
    """Return draws with given 10, 50 and 90 % quantiles: two half normals on a scale.

    Parameters
    ----------
    points
        Low, middle and high, in any unit; all alike where it is known.
    scale
        ``plain``, ``log`` of what is positive, or ``share`` of what lies between nought and one.
    name
        Name of the stream, and of what is refused.
    draws, seed
        Number of draws, and the seed.

    Returns
    -------
    ndarray, shape (draws,)
        In the unit of the points.

    Raises
    ------
    ValueError
        If the points fall, or do not fit the scale.

    Examples
    --------
    >>> drawn = three_point((1.0, 2.0, 8.0), scale="log", name="x", draws=4000, seed=1)
    >>> np.quantile(drawn, [0.1, 0.5, 0.9]).round(1).tolist()
    [1.0, 2.0, 8.0]
    """
    low, middle, high = points
    fits = {"plain": True, "log": low > 0, "share": low >= 0 and high <= 1}[scale]
    if not (np.isfinite(points).all() and low <= middle <= high and fits):
        within = {"plain": "", "log": " above nought", "share": " from nought to one"}[scale]
        raise InputError(f"{name}: low {low:g}, middle {middle:g}, high {high:g} must rise{within}; correct them")
    at = np.asarray(points, dtype=np.float64)
    if scale == "log":
        at = np.log(at)
    elif scale == "share":
        at = np.asarray(logit(np.clip(at, _EDGE, 1 - _EDGE)))
    z = normals(seed, name, draws)
    drawn = at[1] + z / Z90 * np.where(z < 0, at[1] - at[0], at[2] - at[1])
    if scale == "plain":
        return np.asarray(drawn)
    return np.asarray(np.exp(drawn) if scale == "log" else expit(drawn))


def happens(probability: float, *, name: str, draws: int, seed: int) -> Flags:
    """Return in which draws something happens: in as many as its probability says, to the nearest draw.

    Parameters
    ----------
    probability
        From nought to one [1].
    name
        Name of the stream, and of what is refused.
    draws, seed
        Number of draws, and the seed.

    Returns
    -------
    ndarray of bool, shape (draws,)

    Raises
    ------
    ValueError
        If it is no probability.

    Examples
    --------
    >>> int(happens(0.25, name="x", draws=400, seed=1).sum())
    100
    """
    if not 0 <= probability <= 1:
        raise InputError(f"{name}: probability {probability:g} must lie between nought and one; correct it")
    return np.asarray(stream(seed, name).permutation(draws) < round(probability * draws))
