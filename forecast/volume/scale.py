"""The working scale of volumes (asinh): linear near zero, logarithmic far above, so that it fits zeros and growth.

Reference: Burbidge, Magee and Robb (1988), Alternative transformations to handle extreme values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array

BEND: Final = 2.0  # multiples of the recent mean at which linear turns logarithmic; 1 to 3 score alike
LOGARITHMIC: Final = 0.05  # another choice, close to a log; 0.02 to 0.2 score alike where a log is right
_SEASONS: Final = 4
_LARGEST: Final = 600.0  # clip, since sinh overflows a double beyond 710


@dataclass(frozen=True)
class Scale:
    """The transform ``z = asinh(value / unit)`` of each series.

    Attributes
    ----------
    unit
        Value at which linear turns logarithmic [unit of each series], shape (series,).
    bend
        Multiple of the recent mean that those values are [1].

    Examples
    --------
    >>> scale = Scale(np.array([2.0]))
    >>> scale.inverse(scale.forward(np.array([[0.0, 5.0]]))).round(9).tolist()
    [[0.0, 5.0]]
    """

    unit: Array
    bend: float = BEND

    def forward(self, values: Array) -> Array:
        """Return values on the working scale.

        Parameters
        ----------
        values
            Volumes in the unit of each series, shape (series, ...).

        Returns
        -------
        ndarray, shape (series, ...)
            Working scale [1].
        """
        return np.asarray(np.arcsinh(values / self._shaped(values)))

    def inverse(self, z: Array) -> Array:
        """Return volumes from the working scale, none below zero.

        Parameters
        ----------
        z
            Values on the working scale, shape (series, ...).

        Returns
        -------
        ndarray, shape (series, ...)
            Volumes in the unit of each series.
        """
        return np.asarray(np.maximum(np.sinh(np.clip(z, -_LARGEST, _LARGEST)) * self._shaped(z), 0.0))

    def _shaped(self, like: Array) -> Array:
        return self.unit.reshape((-1,) + (1,) * (like.ndim - 1))

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Scale:
        """Return the scale of some of the series.

        Parameters
        ----------
        rows
            Their rows, or a mask over all, in one dimension.

        Returns
        -------
        Scale
        """
        return Scale(self.unit[rows], self.bend)


def recent_scale(values: Array, season: int, *, bend: float = BEND) -> Scale:
    """Return the scale of each series' mean over its last four seasons, or over all where that is zero.

    Parameters
    ----------
    values
        Volumes, shape (series, time), NaN where unknown.
    season
        Length of the shortest season [period].
    bend
        Multiple of the recent mean at which linear turns logarithmic [1]; a small one makes a log scale.

    Returns
    -------
    Scale
        Its unit is one where a series has no positive mean.

    Examples
    --------
    >>> recent_scale(np.array([[1.0, 3.0], [0.0, 0.0]]), 12).unit.tolist()
    [4.0, 1.0]
    """
    unit = _mean(values[:, -_SEASONS * season :])
    unit = np.where(unit > 0, unit, _mean(values))
    return Scale(np.where(unit > 0, bend * unit, 1.0), bend)


def _mean(values: Array) -> Array:
    count = np.isfinite(values).sum(axis=1)
    return np.asarray(np.nansum(values, axis=1) / np.maximum(count, 1))
