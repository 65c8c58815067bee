"""Shipments that could be had and do not come: of late generations, and above a cap on the power of the fleet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array

_TINY: Final = 1e-12


@dataclass(frozen=True)
class PowerCap:
    """The most that all live accelerators may draw; what stays below it is left as it is.

    Attributes
    ----------
    most
        By quarter [MW_facility], infinite where there is none, shape (quarters,).
    standing
        Drawn by accelerators shipped before the first quarter [MW_facility], shape (draws, quarters).
    each
        Of an accelerator shipped in a quarter [MW_facility], shape (draws, quarters).
    running
        Share of a shipment live at ages 0.5, 1.5, ... quarters [1], shape (draws, quarters) or longer.
    """

    most: Array
    standing: Array
    each: Array
    running: Array

    def room(self, shipped: Array, now: int) -> Array:
        """Return how many accelerators can be shipped so that no quarter from this one on passes the cap.

        Parameters
        ----------
        shipped
            Accelerators shipped in the quarters before, shape (draws, now).
        now
            Position of the quarter.

        Returns
        -------
        ndarray, shape (draws,)
            Accelerators; none where older ones draw as much.

        Examples
        --------
        >>> one = np.ones((1, 2))
        >>> PowerCap(np.array([9.0, 5.0]), 2 * one, one, one).room(np.zeros((1, 0)), 0).tolist()
        [3.0]
        """
        quarters = len(self.most)
        live = self.standing[:, now:].copy()
        for before in range(now):
            drawn = shipped[:, before] * self.each[:, before]
            live += drawn[:, None] * self.running[:, now - before : quarters - before]
        one = self.each[:, [now]] * self.running[:, : quarters - now]
        return np.asarray(np.maximum(((self.most[now:] - live) / np.maximum(one, _TINY)).min(axis=1), 0.0))


@dataclass(frozen=True)
class Withheld:
    """Parts of what the ceilings leave that come.

    Attributes
    ----------
    waits, lost
        Where the rest is asked for again, and where it is not [1], shape (draws, quarters).
    cap
        On power, if any; what it holds back is asked for again.
    """

    waits: Array
    lost: Array
    cap: PowerCap | None = None

    def part(self, shipped: Array, asked: Array, now: int) -> Array:
        """Return the part of a quarter's shipments that comes, those that are lost counted as if they came.

        Parameters
        ----------
        shipped
            Accelerators of the quarters before, those lost counted, shape (draws, now).
        asked
            Accelerators that the ceilings leave of this quarter's, shape (draws,).
        now
            Position of the quarter.

        Returns
        -------
        ndarray, shape (draws,)
            [1].
        """
        here = self.waits[:, now]
        if self.cap is None:
            return here
        room = self.cap.room(shipped * self.lost[:, :now], now)
        coming = here * self.lost[:, now] * asked
        return here * np.where(coming > room, room / np.maximum(coming, _TINY), 1.0)
