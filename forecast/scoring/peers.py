"""Peers of the migration's forecasts: a last value, a drift and a logistic through what one operator stated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from scipy.special import expit, logit

from shiftcast.features.arrays import Array
from shiftcast.forecast.rollouts.courses import Course, Said

_EDGE: Final = 0.002


def stated_share(said: Said) -> float:
    """Return the share of a statement [share]; of a rollout without one, what the model reads it as."""
    return float(expit(said.mid)) if np.isnan(said.share) else said.share


def told(course: Course) -> list[Said]:
    """Return an operator's statements as a peer reads them: each with a share."""
    return [replace(each, share=stated_share(each)) for each in course.furthest]


def last_value(said: Sequence[Said], steps: Array) -> Array:
    """Return the last stated share at every step ahead.

    Parameters
    ----------
    said
        Statements with a share, in the order of their days; nought where there is none.
    steps
        Steps ahead, shape (steps,) [quarter]; what was stated last stands for the origin.

    Returns
    -------
    ndarray, shape (steps,)
        Share [share].
    """
    return np.full(len(steps), said[-1].share if said else 0.0)


def drift(said: Sequence[Said], steps: Array) -> Array:
    """Return the last stated share run on by the mean step so far.

    Parameters
    ----------
    said, steps
        As :func:`last_value` takes them; a single day has no step, and stays.

    Returns
    -------
    ndarray, shape (steps,)
        Share, within 0 and 1 [share].
    """
    if len(said) < 2 or said[-1].at <= said[0].at:
        return last_value(said, steps)
    slope = (said[-1].share - said[0].share) / (said[-1].at - said[0].at)
    return np.clip(said[-1].share + slope * steps, 0.0, 1.0)


def logistic(said: Sequence[Said], steps: Array) -> Array:
    """Return the share along a logistic through the stated ones, by least squares on the logit scale.

    Parameters
    ----------
    said, steps
        As :func:`drift` takes them.

    Returns
    -------
    ndarray, shape (steps,)
        Share [share].
    """
    if len(said) < 2 or said[-1].at <= said[0].at:
        return last_value(said, steps)
    at = np.array([each.at for each in said])
    levels = logit(np.clip([each.share for each in said], _EDGE, 1 - _EDGE))
    slope, level = np.polyfit(at - at[-1], levels, 1)
    return np.asarray(expit(level + slope * steps))


PEERS: Final[Mapping[str, Callable[[Sequence[Said], Array], Array]]] = {
    "last value": last_value, "drift": drift, "logistic": logistic,
}  # fmt: skip
