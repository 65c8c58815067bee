"""Work that a full fleet makes wait or turns away, month by month and draw by draw; and the date it is first full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.fleet.holdings import month_hours
from shiftcast.forecast.fleet.words import month
from shiftcast.forecast.spoken import percent

_INNER: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Served:
    """What became of the work wanted, in hours of the present mix, each of shape (draws, months).

    Attributes
    ----------
    wanted, can
        Hours that arrive, and hours that can be served.
    served
        Hours served, those that had waited included.
    waiting
        Hours that wait at the end of the month.
    away
        Hours turned away in it.
    """

    wanted: Array
    can: Array
    served: Array
    waiting: Array
    away: Array

    @property
    def full(self) -> Array:
        """Whether more arrives than can be served, as booleans, shape (draws, months)."""
        return np.asarray(self.wanted > self.can)

    def wait_days(self, months: pd.DatetimeIndex) -> Array:
        """Return how long the hours that wait take to serve, shape (draws, months) [day]; zero where none wait.

        Parameters
        ----------
        months
            First day of each month.

        Returns
        -------
        ndarray
            Hours waiting over hours served a day; infinite where hours wait and none are served.
        """
        daily = self.served / (month_hours(months) / 24.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(self.waiting > 0, self.waiting / daily, 0.0))


def serve(wanted: Array, can: Array, *, turned_away: Array) -> Served:
    """Serve what was wanted: what does not fit waits for the next month, but for a share that is turned away.

    Parameters
    ----------
    wanted, can
        Hours that arrive and hours that can be served, shape (draws, months).
    turned_away
        Share of what does not fit in a month that is gone for good [1], shape (draws,).

    Returns
    -------
    Served
        In every draw: waiting before + wanted = served + away + waiting after.

    Examples
    --------
    >>> run = serve(np.array([[10.0, 2.0]]), np.array([[6.0, 6.0]]), turned_away=np.array([0.25]))
    >>> run.served.tolist(), run.waiting.tolist(), run.away.tolist()
    ([[6.0, 5.0]], [[3.0, 0.0]], [[1.0, 0.0]])
    """
    served, left, away = (np.zeros_like(wanted) for _ in range(3))
    queue = np.zeros(len(wanted))
    for place in range(wanted.shape[1]):
        load = queue + wanted[:, place]
        served[:, place] = np.minimum(load, can[:, place])
        excess = load - served[:, place]
        away[:, place] = turned_away * excess
        queue = excess - away[:, place]
        left[:, place] = queue
    return Served(wanted, can, served, left, away)


@dataclass(frozen=True)
class FirstFull:
    """The first month in which a fleet is full.

    Attributes
    ----------
    dates
        10, 50 and 90 % of the date over all draws; ``None`` where it is not within the horizon.
    within
        The same over the draws in which the fleet gets full; ``None`` if there is none.
    by
        Probability of having been full by the end of each month, shape (months,).
    last
        Last month looked at.
    """

    dates: tuple[pd.Timestamp | None, ...]
    within: tuple[pd.Timestamp, ...] | None
    by: Array
    last: pd.Timestamp

    @property
    def never(self) -> float:
        """Probability that the fleet is never full in the months looked at [1]."""
        return float(1.0 - self.by[-1])


def first_full(full: Array, months: pd.DatetimeIndex) -> FirstFull:
    """Return when a fleet is first full.

    Parameters
    ----------
    full
        Booleans, shape (draws, months).
    months
        First day of each month.

    Returns
    -------
    FirstFull

    Examples
    --------
    >>> months = pd.DatetimeIndex(["2027-01-01", "2027-02-01"], tz="UTC")
    >>> found = first_full(np.array([[False, True], [False, False]]), months)
    >>> found.by.tolist(), found.never
    ([0.0, 0.5], 0.5)
    """
    ever = full.any(axis=1)
    place = np.where(ever, full.argmax(axis=1), len(months))
    known = [*months, None]
    dates = tuple(known[int(each)] for each in np.quantile(place, _INNER, method="inverted_cdf"))
    inside = place[ever]
    within = tuple(months[np.quantile(inside, _INNER, method="inverted_cdf").astype(int)]) if len(inside) else None
    by = np.maximum.accumulate(full, axis=1).mean(axis=0)
    return FirstFull(dates, within, np.asarray(by, dtype=np.float64), months[-1])


def full_words(when: FirstFull, horizon: str) -> str:
    """Return the date a fleet is full in words, the date or the odds against it first.

    Parameters
    ----------
    when, horizon
        The date, and what the end of the months looked at is called.

    Returns
    -------
    str
    """
    early, middle, late = when.dates
    lasts = f"{percent(when.never)} that it lasts through {horizon}"
    if middle is None:
        if when.within is None:
            return f"Not full through {horizon}, in any draw."
        early, middle, late = when.within
        span = "" if early == late else f" (8 in 10: {month(early)} to {month(late)})"
        return f"Not full through {horizon} with {percent(when.never)}; if it is, from {month(middle)} on{span}."
    end = f"after {month(when.last)}" if late is None else month(late)
    span = f"8 in 10: {month(middle)}" if early == late else f"8 in 10: {month(early or middle)} to {end}"
    return f"Full in {month(middle)} ({span}); {lasts}."
