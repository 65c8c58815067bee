"""Crossing dates: the first quarter a condition holds, per draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.input_error import InputError

NOT_YET = "after the horizon"


@dataclass(frozen=True)
class Crossing:
    """When a share passes a threshold.

    Attributes
    ----------
    question
        What was asked, with base and segment.
    early, middle, late
        Quarter by which a (1 - level) / 2, one half, and (1 + level) / 2 of the draws have crossed; ``by`` the
        first quarter shown where it was then or before, and ``after the horizon`` where it is not within it.
    level
        Level of the interval from ``early`` to ``late``.
    never
        Probability of not crossing by the horizon.
    already
        Probability of having crossed before the first quarter ahead.
    horizon
        Last quarter looked at.
    """

    question: str
    early: str
    middle: str
    late: str
    level: float
    never: float
    already: float
    horizon: str


def first_passage(holds: NDArray[np.bool_]) -> NDArray[np.int_]:
    """Return the first period in which a condition holds, per draw; the number of periods where it never does.

    Parameters
    ----------
    holds
        Boolean, shape (draws, ..., periods).

    Examples
    --------
    >>> first_passage(np.array([[False, True, False], [False, False, False]])).tolist()
    [1, 3]
    """
    return np.asarray(np.where(holds.any(axis=-1), holds.argmax(axis=-1), holds.shape[-1]))


def passage_ranks(first: NDArray[np.int_], levels: Sequence[float]) -> NDArray[np.int_]:
    """Return the period by which each fraction of the draws has crossed, those that never do counting as last.

    Parameters
    ----------
    first
        First passage by draw (:func:`first_passage`), shape (draws,).
    levels
        Fractions of the draws, in (0, 1).

    Examples
    --------
    >>> passage_ranks(np.array([1, 3, 2, 2]), [0.25, 0.5, 0.9]).tolist()
    [1, 2, 3]
    """
    return np.asarray(np.quantile(first, levels, method="inverted_cdf").astype(int))


def check_fractions(**named: float) -> None:
    """Raise if a threshold or level does not lie between 0 and 1.

    Raises
    ------
    ValueError
        Naming the argument and its value.
    """
    for name, value in named.items():
        if not isinstance(value, int | float) or not 0 < value < 1:
            raise InputError(f"{name} is {value!r}; it must lie between 0 and 1, such as 0.5 for half")


def crossing(
    share: Array, ends: pd.DatetimeIndex, *, above: float, level: float, question: str, first_ahead: int
) -> Crossing:
    """Summarise when draws of a share first pass a threshold.

    Parameters
    ----------
    share
        Shape (draws, periods).
    ends
        Quarter ends.
    above
        Threshold, in (0, 1).
    level
        Level of the interval, in (0, 1).
    first_ahead
        Position of the first quarter that is forecast.

    Raises
    ------
    ValueError
        If threshold or level is not within (0, 1).
    """
    check_fractions(above=above, level=level)
    first = first_passage(share > above)
    labels = [quarter_label(end) for end in ends] + [NOT_YET]
    labels[0] = f"by {labels[0]}"
    ranks = passage_ranks(first, [(1 - level) / 2, 0.5, (1 + level) / 2])
    early, middle, late = (labels[rank] for rank in ranks)
    return Crossing(
        question, early, middle, late, level, float((first == len(ends)).mean()),
        float((first < first_ahead).mean()), labels[-2],
    )  # fmt: skip
