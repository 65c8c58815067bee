"""Where a value stands on an axis: linear or logarithmic, with round ticks, and labels that keep apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any, Final

import numpy as np
import pandas as pd

_DECADES: Final = 1.3  # of range, from which an axis is logarithmic
_DEEPEST: Final = 4  # decades that an axis reaches down at most
_ROUND: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_SHORT: Final = 2.2  # decades that have room for ticks between powers of ten
LETTER: Final = 6.2  # mean width of a letter, in fonts that are wide [px]


@dataclass(frozen=True)
class Scale:
    """An axis of values.

    Attributes
    ----------
    low, high
        Its ends.
    ticks
        Values that it names.
    log
        Whether equal steps are equal factors.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False

    def place(self, value: float) -> float:
        """Return how far up the axis a value stands, from 0 to 1."""
        if self.log:
            low, high = log10(self.low), log10(self.high)
            return (log10(max(value, self.low)) - low) / (high - low)
        return (value - self.low) / (self.high - self.low)

    def value(self, place: float) -> float:
        """Return the value that stands somewhere on the axis."""
        if self.log:
            return float(self.low * (self.high / self.low) ** place)
        return self.low + place * (self.high - self.low)

    def kept(self, values: pd.Series) -> pd.Series:
        """Return values cut off at the ends."""
        return values.clip(self.low, self.high)

    def spec(self) -> dict[str, Any]:
        """Return it as Vega-Lite reads it."""
        return {"type": "log" if self.log else "linear", "domain": [self.low, self.high], "nice": False, "zero": False}


WHOLE: Final = Scale(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))  # of shares and odds


def scale_of(values: Sequence[float], *, share: bool = False, log: bool | None = None, ticks: int = 5) -> Scale:
    """Return the axis that some values need.

    Parameters
    ----------
    values
        What is drawn.
    share
        Whether they are parts of a whole: then the axis runs from 0 to 1, unless they need less.
    log
        Whether it is logarithmic; by itself where all values are above zero and range over more than a decade.
    ticks
        About how many it names.

    Returns
    -------
    Scale

    Examples
    --------
    >>> scale_of([3.0, 18.0]).ticks
    (0.0, 5.0, 10.0, 15.0, 20.0)
    >>> scale_of([3.0, 1800.0]).ticks
    (1.0, 10.0, 100.0, 1000.0, 10000.0)
    """
    found = np.asarray([value for value in values if np.isfinite(value)], dtype=float)
    if not len(found):
        found = np.array([0.0, 1.0])
    low, high = float(found.min()), float(found.max())
    wide = low > 0 and log10(high / low) > _DECADES
    if log if log is not None else wide and not share:
        return _decades(max(low, high / 10**_DEEPEST), high)
    if share and low >= 0 and high <= 1:
        return WHOLE if high > 1 / 3 else _linear(0.0, high, ticks)
    return _linear(min(low, 0.0), max(high, 0.0), ticks)


def apart(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Return places as near as may be to those wanted that keep a gap and stay within ends [px].

    Parameters
    ----------
    wanted
        Where labels would stand.
    gap
        Least distance of two.
    low, high
        Ends.

    Returns
    -------
    list of float
        In the order of ``wanted``.

    Examples
    --------
    >>> apart([50.0, 52.0, 10.0], gap=12.0, low=0.0, high=100.0)
    [45.0, 57.0, 10.0]
    """
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    groups: list[tuple[list[int], float]] = []  # members and their middle
    for at in order:
        groups.append(([at], min(max(wanted[at], low), high)))
        while len(groups) > 1 and _near(groups[-2], groups[-1], gap):
            (one, _), (other, _) = groups[-2:]
            both = one + other
            middle = sum(wanted[each] for each in both) / len(both)
            half = gap * (len(both) - 1) / 2
            groups[-2:] = [(both, min(max(middle, low + half), high - half))]
    placed = [0.0] * len(wanted)
    for members, middle in groups:
        for step, at in enumerate(members):
            placed[at] = middle + gap * (step - (len(members) - 1) / 2)
    return placed


def year_of(moment: pd.Timestamp) -> float:
    """Return a moment as a year with its fraction.

    Examples
    --------
    >>> year_of(pd.Timestamp("2027-07-02"))
    2027.49863
    """
    days = 366 if moment.is_leap_year else 365
    return float(round(moment.year + (moment.day_of_year - 1 + moment.hour / 24) / days, 6))


def _near(one: tuple[list[int], float], other: tuple[list[int], float], gap: float) -> bool:
    reach = gap * (len(one[0]) + len(other[0])) / 2
    return other[1] - one[1] < reach - 1e-9


def _linear(low: float, high: float, ticks: int) -> Scale:
    span = high - low or 1.0
    size = 10.0 ** floor(log10(span / ticks))
    step = next(size * each for each in _ROUND if size * each * ticks >= span * (1 - 1e-9))
    first, last = floor(low / step + 1e-9), ceil((low + span) / step - 1e-9)
    named = tuple(round(step * at, 12) for at in range(first, last + 1))
    return Scale(named[0], named[-1], named)


def _decades(low: float, high: float) -> Scale:
    first, last = floor(log10(low) + 1e-9), ceil(log10(high) - 1e-9)
    powers = range(first, max(last, first + 1) + 1)
    if log10(high / low) > _SHORT:
        return Scale(10.0**first, 10.0 ** powers[-1], tuple(10.0**power for power in powers), log=True)
    named = tuple(float(f"{part}e{power}") for power in powers for part in (1, 2, 5))
    ends = max(each for each in named if each <= low * (1 + 1e-9)), min(each for each in named if each >= high)
    return Scale(*ends, tuple(each for each in named if ends[0] <= each <= ends[1]), log=True)
