"""Scores of draws of one share, many of which may be the same, such as nought before a start."""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.scores import crps

_BINS: Final = (0.005, 0.1, 0.5, 0.9)  # shares between which the log score tells
_SMOOTH: Final = 0.5  # draws supposed in each bin


def score_share(draws: Array, actual: float, random: np.random.Generator) -> dict[str, float]:
    """Score draws of a share, of which many may be the same.

    Parameters
    ----------
    draws
        Of the forecast, shape (draws,) [share]; one alone is a point.
    actual
        What came [share].
    random
        Random generator; it is advanced by one number.

    Returns
    -------
    dict
        ``crps`` [share]; ``log``, minus the log of the chance of the bin that holds what came [nat]; and ``pit``, the
        randomised probability integral transform, uniform where the forecast is calibrated.

    References
    ----------
    Smith (1985), Diagnostic checks of non-standard time series models: the transform at an atom is drawn within it.
    """
    below, equal = float((draws < actual).mean()), float((draws == actual).mean())
    place = level_of(actual)
    inside = float((np.searchsorted(_BINS, draws) == place).sum())
    chance = (inside + _SMOOTH) / (len(draws) + _SMOOTH * (len(_BINS) + 1))
    several = np.resize(draws, max(len(draws), 2))[:, None]
    score = float(crps(several, np.array([actual]))[0])
    return {"crps": score, "log": -float(np.log(chance)), "pit": below + random.random() * equal}


def level_of(share: float) -> int:
    """Return the bin of a share, from none to nearly all."""
    return int(np.searchsorted(_BINS, share))
