"""Growth of a fleet that borrows none: its own history's, drawn towards what such fleets had as far as it is short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import normals
from shiftcast.forecast.fleet.history import Counted

PERIODS: Final = {"day": 365, "week": 52, "month": 12}  # of a year
_LUMP: Final = {"day": 28, "week": 4, "month": 1}  # periods whose sum is one step of growth
_QUARTER: Final = {"day": 91, "week": 13, "month": 3}  # periods whose mean is the level
_LAG: Final = 3  # lumps between figures whose differences tell the spread of growth, over their noise
_FEWEST: Final = 4  # such differences that tell it


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
        lump = _LUMP[grain]
        sums = total[len(total) % lump :].reshape(-1, lump).sum(axis=1)
        idle = np.flatnonzero(sums <= 0)
        logs = np.log(sums[idle[-1] + 1 if len(idle) else 0 :])
        years = max(len(logs) - 1, 0) * lump / PERIODS[grain]
        prior = self.apart**2
        if years == 0:
            return self.usual, prior, 1.0
        apart = logs[_LAG:] - logs[:-_LAG]
        seen = float(np.var(apart)) * PERIODS[grain] / (lump * _LAG) if len(apart) >= _FEWEST else self.own**2
        walk = (years * seen + self.own_years * self.own**2) / (years + self.own_years)
        known = walk / years
        weight = known / (known + prior)
        mean = weight * self.usual + (1 - weight) * float(logs[-1] - logs[0]) / years
        return mean, weight * prior, weight


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
        Draws likewise, all parts by the same factor, and a note.
    """
    year, level = PERIODS[grain], min(_QUARTER[grain], len(table.starts))
    if hours.shape[1] < year:
        return hours, ()
    total = table.hours.sum(axis=1)
    ahead = np.median(hours.sum(axis=2), axis=0)
    recent, later = float(total[-level:].mean()), float(ahead[year - level : year].mean())
    if recent <= 0 or later <= 0:
        return hours, ()
    mean, variance, weight = trend.learned(total, grain)
    growth = mean + np.sqrt(variance) * normals(seed, "fleet.trend", len(hours))
    years = (np.arange(hours.shape[1]) + 0.5) / year
    factor = np.exp((growth - np.log(later / recent))[:, None] * years)
    said = (
        f"growth of {np.expm1(mean):.0%} a year: {weight:.0%} of that is assumed (fleet.trend.usual), the rest its own"
    )
    return hours * factor[:, :, None], (said,)
