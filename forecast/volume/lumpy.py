"""Lumpy volumes, such as supercomputers and large orders: a compound Poisson distribution of arrivals and sizes.

Reference: Syntetos, Boylan and Croston (2005), On the categorization of demand patterns, for the limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.forecast.volume.calibrate import LEVELS

INTERVAL: Final = 1.32  # periods between arrivals and squared variation of sizes above which a series is lumpy
VARIATION: Final = 0.49  # (Syntetos, Boylan and Croston 2005)
_FEWEST: Final = 3
_SIMULATED: Final = 4000
_SPREAD: Final = 0.2  # deviation of a size around those observed [log]


@dataclass(frozen=True)
class Lumps:
    """Compound Poisson model of one series: arrivals and their sizes.

    Attributes
    ----------
    rate
        Shape and rate [period] of the gamma posterior of arrivals a period, under the Jeffreys prior.
    sizes
        Sizes observed [unit of the series], shape (arrivals,).
    """

    rate: tuple[float, float]
    sizes: Array

    def quantiles(self, random: np.random.Generator) -> Array:
        """Return quantiles of the volume of one period at the levels of calibration, from simulated volumes.

        Parameters
        ----------
        random
            Random generator; it is advanced.

        Returns
        -------
        ndarray, shape (levels,)
            In the unit of the series.
        """
        return np.quantile(self.draw(random, (_SIMULATED,)), LEVELS)

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Draw volumes: Poisson arrivals at a gamma rate, each of a size observed with log-normal noise.

        Parameters
        ----------
        random
            Random generator; it is advanced.
        shape
            Shape of the draws; the rate is drawn once along the first axis.

        Returns
        -------
        ndarray, shape ``shape``
            In the unit of the series.
        """
        rates = random.gamma(self.rate[0], 1 / self.rate[1], (shape[0],) + (1,) * (len(shape) - 1))
        arrivals = random.poisson(np.broadcast_to(rates, shape))
        sizes = random.choice(self.sizes, int(arrivals.sum())) * np.exp(
            _SPREAD * random.standard_normal(int(arrivals.sum())) - _SPREAD**2 / 2
        )
        total = np.bincount(np.repeat(np.arange(arrivals.size), arrivals.ravel()), sizes, arrivals.size)
        return np.asarray(total.reshape(shape), dtype=np.float64)


def lumps(history: Array) -> Lumps | None:
    """Return the compound Poisson model of a lumpy history.

    Lumpy means a mean interval between arrivals of 1.32 periods or more and a squared coefficient of variation of the
    sizes of 0.49 or more, without clusters of arrivals.

    Parameters
    ----------
    history
        Volumes, shape (time,), NaN where unknown.

    Returns
    -------
    Lumps or None
        None where the history is not lumpy, arrivals cluster, or fewer than three are known.

    Examples
    --------
    >>> lumps(np.array([0, 0, 9, 0, 0, 0, 1, 0, 0, 20, 0, 0.0])).sizes.tolist()
    [9.0, 1.0, 20.0]
    >>> lumps(np.arange(9.0)) is None
    True
    """
    known = history[np.isfinite(history)]
    sizes = known[known > 0]
    if len(sizes) < _FEWEST or len(known) / len(sizes) < INTERVAL:
        return None
    if (sizes.std() / sizes.mean()) ** 2 < VARIATION or _clustered(known > 0):
        return None
    return Lumps((len(sizes) + 0.5, float(len(known))), sizes)


def _clustered(arrived: NDArray[np.bool_]) -> bool:
    """Return whether a busy period follows a busy one more often than chance allows (two standard errors)."""
    before, after = arrived[:-1], arrived[1:]
    share, number = after.mean(), before.sum()
    if number == 0:
        return False
    return bool(after[before].mean() - share > 2 * np.sqrt(share * (1 - share) / number))
