"""Growth and spread of a fleet's own path: its history's, drawn towards what such fleets had as far as it is short.

A smoothed slope that a few weeks taught wanders on for years: the variance of the log then grows with the cube of time,
and the mean of a wide log-normal with the exponential of half of that. A fleet's path is no wider than a random walk
with drift, whose variance grows with time, and the drift's own that is drawn beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import normals
from shiftcast.forecast.fleet.history import Counted
from shiftcast.forecast.fleet.parts import scaled_to
from shiftcast.forecast.spoken import percent

PERIODS: Final = {"day": 365, "week": 52, "month": 12}  # of a year
_LUMP: Final = {"day": 28, "week": 4, "month": 1}  # periods whose sum is one step of growth
_QUARTER: Final = {"day": 91, "week": 13, "month": 3}  # periods whose mean is the level
_LAG: Final = 3  # lumps between figures whose differences tell the spread of growth, over their noise
_FEWEST: Final = 4  # such differences that tell it
_TINY: Final = 1e-12
_MUCH: Final = 1.25  # of the log deviation that is held, from which drawing it wider is worth a note
_HELD: Final = (
    "drawn from its own history, hours run further apart with time than such fleets do: no quantile of that is further "
    "from the median than that of a random walk (fleet.growth.own)"
)


@dataclass(frozen=True)
class Trend:
    """Beliefs about the growth of a fleet that stands alone.

    Attributes
    ----------
    usual, apart
        Log growth of such fleets over a year, and its deviation between them [log/year].
    own
        Deviation of the log change of a fleet's hours over a year from its trend [log].
    own_years
        Years of a fleet's own history that this counts for [year].
    """

    usual: float
    apart: float
    own: float
    own_years: float

    @classmethod
    def believed(cls, beliefs: Mapping[str, float]) -> Trend | None:
        """Return what is believed, or ``None`` of a forecast that was made before it was.

        Parameters
        ----------
        beliefs
            ``fleet.trend.usual, fleet.trend.apart, fleet.growth.own, fleet.growth.own_years``.

        Returns
        -------
        Trend or None
        """
        if "fleet.trend.usual" not in set(beliefs):  # a name that is asked for has to be there
            return None
        names = ("fleet.trend.usual", "fleet.trend.apart", "fleet.growth.own", "fleet.growth.own_years")
        return cls(*(beliefs[name] for name in names))

    def learned(self, total: Array, grain: str) -> tuple[float, float, float]:
        """Return the yearly log growth that a history and these beliefs give together.

        The history is a random walk with drift: T years of it tell the drift with the variance of a year's walk over T.

        Parameters
        ----------
        total
            Hours of whole periods, shape (periods,).
        grain
            Their length.

        Returns
        -------
        tuple
            Mean and variance of the growth [log/year], and the weight of the beliefs in the mean [1].

        Examples
        --------
        >>> Trend(0.3, 0.3, 0.3, 0.5).learned(np.array([100.0]), "month")
        (0.3, 0.09, 1.0)
        """
        logs, years = _steps(total, grain)
        prior = self.apart**2
        if years == 0:
            return self.usual, prior, 1.0
        known = self.walk(total, grain) / years
        weight = known / (known + prior)
        mean = weight * self.usual + (1 - weight) * float(logs[-1] - logs[0]) / years
        return mean, weight * prior, weight

    def walk(self, total: Array, grain: str) -> float:
        """Return the variance of the log change of a fleet's hours over a year from its trend, learned and believed.

        Parameters
        ----------
        total, grain
            As :meth:`learned` takes them.

        Returns
        -------
        float
            [log^2/year].

        Examples
        --------
        >>> round(Trend(0.3, 0.3, 0.3, 0.5).walk(np.array([100.0]), "month"), 3)
        0.09
        """
        logs, years = _steps(total, grain)
        apart = logs[_LAG:] - logs[:-_LAG]
        if len(apart) < _FEWEST:
            return self.own**2
        seen = float(np.var(apart)) * PERIODS[grain] / (_LUMP[grain] * _LAG)
        return (years * seen + self.own_years * self.own**2) / (years + self.own_years)


def _steps(total: Array, grain: str) -> tuple[Array, float]:
    """Return logs of the steps of growth since the last idle one, and the years from the first to the last."""
    sums = _lumps(total, grain)
    idle = np.flatnonzero(sums <= 0)
    logs = np.log(sums[idle[-1] + 1 if len(idle) else 0 :])
    return logs, max(len(logs) - 1, 0) * _LUMP[grain] / PERIODS[grain]


def _lumps(total: Array, grain: str) -> Array:
    """Return sums of the steps of growth, counted back from the last period."""
    lump = _LUMP[grain]
    return np.asarray(total[len(total) % lump :].reshape(-1, lump).sum(axis=1))


def within_walk(hours: Array, table: Counted, grain: str, trend: Trend) -> tuple[Array, tuple[str, ...]]:
    """Return draws of which no quantile of the total lies further from the median than that of a random walk.

    The log deviation of a rank after t years is at most sqrt(d^2 + z^2 w t): d what it is drawn with in the first step
    of growth, z its normal score, w :meth:`Trend.walk`.

    Parameters
    ----------
    hours
        Draws of the parts, shape (draws, periods, parts).
    table, grain, trend
        As :func:`regrown` takes them.

    Returns
    -------
    tuple
        Draws likewise, a step of growth of a draw by one factor; and a note where the last one was drawn much wider.
        Steps that idle at the median stay, and all that idle where the history has steps that did.
    """
    lump, total, own = _LUMP[grain], hours.sum(axis=2), table.hours.sum(axis=1)
    number = max(total.shape[1] // lump, 1)
    step = np.minimum(np.arange(total.shape[1]) // lump, number - 1)  # what is left over belongs to the last
    sums = np.add.reduceat(total, np.flatnonzero(np.diff(step, prepend=-1)), axis=1)
    ordered = np.maximum(np.sort(sums, axis=0), _TINY)
    middle = np.median(ordered, axis=0)
    years = np.arange(number) * lump / PERIODS[grain]
    score = ndtri((np.arange(len(sums)) + 0.5) / len(sums))[:, None]
    apart = np.log(ordered / middle)
    widest = np.sqrt(apart[:, :1] ** 2 + score**2 * trend.walk(own, grain) * years)
    stays = (_lumps(own, grain) <= 0).any() & (ordered <= _TINY)
    held = np.where((middle > _TINY) & ~stays, middle * np.exp(np.clip(apart, -widest, widest)), ordered)
    kept = np.empty_like(sums)
    np.put_along_axis(kept, sums.argsort(axis=0, kind="stable"), np.where(held > 2 * _TINY, held, 0.0), axis=0)
    typical = np.median(total, axis=0) / np.maximum(np.bincount(step, np.median(total, axis=0)), _TINY)[step]
    within = np.where(sums > _TINY, 1 / np.maximum(sums, _TINY), 0.0)[:, step] * total
    out = scaled_to(hours, np.where(sums[:, step] > _TINY, within, typical) * kept[:, step])
    wide = (np.abs(apart) > _MUCH * widest) & ~stays
    return out, (_HELD,) * bool(wide[_ends(len(sums)), -1].any())


def rests_on(table: Counted, grain: str, trend: Trend, ahead: int) -> str:
    """Return how little a forecast of a year or more rests on, where the history is shorter than a year.

    Parameters
    ----------
    table, grain, trend
        As :func:`regrown` takes them.
    ahead
        Periods that are forecast.

    Returns
    -------
    str
        One sentence, or nothing.
    """
    known = len(table.starts)
    if known > PERIODS[grain] or ahead < PERIODS[grain]:
        return ""
    mean, _, weight = trend.learned(table.hours.sum(axis=1), grain)
    return (
        f"This rests on {known} {grain}{'s' if known > 1 else ''} of usage, too few to show a change over a year: "
        f"its growth of {percent(float(np.expm1(mean)))} a year is drawn by {percent(weight)} towards an assumed "
        f"{percent(float(np.expm1(trend.usual)))}. Read the median and the interval, no mean."
    )


def _ends(draws: int) -> list[int]:
    """Return the places of the 10 % and 90 % quantiles among sorted draws."""
    high = int(0.9 * (draws - 1))
    return [draws - 1 - high, high]


def regrown(hours: Array, table: Counted, grain: str, trend: Trend, *, seed: int) -> tuple[Array, tuple[str, ...]]:
    """Return draws whose growth over a year is what history and beliefs give, in place of what they were drawn with.

    Forecasts of short histories are damped: they draw growth towards none. Season, level and spread stay.

    Parameters
    ----------
    hours
        Draws of the parts, shape (draws, periods, parts); a year of periods at least, else they stay as they are.
    table, grain
        Histories of the parts, and the length of the periods.
    trend
        What is believed of growth.
    seed
        Of the stream of the growth.

    Returns
    -------
    tuple
        Draws likewise, all parts by the same factor, and a note; the median grows alike in every whole year ahead.
    """
    year, level = PERIODS[grain], min(_QUARTER[grain], len(table.starts))
    if hours.shape[1] < year:
        return hours, ()
    total = table.hours.sum(axis=1)
    ahead, recent = np.median(hours.sum(axis=2), axis=0), float(total[-level:].mean())
    drawn = [float(ahead[end - level : end].mean()) for end in range(year, len(ahead) + 1, year)]
    if recent <= 0 or drawn[0] <= 0:
        return hours, ()
    mean, variance, weight = trend.learned(total, grain)
    growth = mean + np.sqrt(variance) * normals(seed, "fleet.trend", len(hours))
    years = (np.arange(hours.shape[1]) + 0.5) / year
    factor = np.exp(growth[:, None] * years - _grown(recent, drawn, years))
    said = (
        f"growth of {np.expm1(mean):.0%} a year: its own, drawn by {weight:.0%} towards {np.expm1(trend.usual):.0%}, "
        "which is assumed (fleet.trend.usual)"
    )
    return hours * factor[:, :, None], (said,)


def _grown(recent: float, drawn: list[float], years: Array) -> Array:
    """Return what levels a year apart have grown by, between them and beyond as the last year [log]."""
    known = drawn[: next((at for at, value in enumerate(drawn) if value <= 0), len(drawn))]
    logs = np.concatenate([[0.0], np.log(np.array(known) / recent)])
    return np.asarray(np.interp(years, np.arange(len(logs) + 1), np.append(logs, 2 * logs[-1] - logs[-2])))
