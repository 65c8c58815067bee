"""Which parts of a fleet have draws of their own; the others are one part, named ``other``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Integers
from shiftcast.forecast.fleet.grain import month_weights
from shiftcast.forecast.fleet.history import Counted, History

MOST: Final = 100  # parts that have draws of their own; those of the others are of their sum
CELLS: Final = 30_000_000  # numbers that all draws may be
OTHER: Final = "other"
_RECENT: Final = {"day": 28, "week": 4, "month": 1}  # periods that the present level is the mean of
_DAYS: Final = {"day": 1.0, "week": 7.0}


@dataclass(frozen=True)
class Kept:
    """Parts kept and parts summed.

    Attributes
    ----------
    history
        Usage of the fleet by part.
    own
        Rows of the parts with draws of their own, in order.
    rest
        Rows of the others; none where all are kept.
    """

    history: History
    own: Integers
    rest: Integers

    @property
    def labels(self) -> pd.DataFrame:
        """Labels of the parts kept and, last, of the others together."""
        mine = self.history.parts.iloc[self.own]
        other = pd.DataFrame([dict.fromkeys(self.history.by, OTHER)])
        return pd.concat([mine, other] if len(self.rest) else [mine], ignore_index=True)

    @property
    def names(self) -> list[str]:
        """Names of the parts kept and, last, of the others together."""
        names = self.history.names
        return [names[at] for at in self.own] + [OTHER] * bool(len(self.rest))

    def summed(self, values: Array) -> Array:
        """Return values of the parts kept and the sum of the others.

        Parameters
        ----------
        values
            Shape (..., parts).

        Returns
        -------
        ndarray, shape (..., parts kept and one)
        """
        mine = values[..., self.own]
        if not len(self.rest):
            return mine
        return np.concatenate([mine, values[..., self.rest].sum(axis=-1, keepdims=True)], axis=-1)

    def counted(self, table: Counted) -> Counted:
        """Return histories of the parts kept and of the others together.

        Parameters
        ----------
        table
            Histories of all parts.

        Returns
        -------
        Counted
        """
        return Counted(table.starts, self.summed(table.hours), self.summed(table.lower.astype(float)) > 0)

    def level(self) -> Array:
        """Return accelerator-hours a day of each part over the last four weeks, or as near to that as is stored.

        Returns
        -------
        ndarray, shape (parts kept and one,)
            [accelerator_hour/day].
        """
        grain, table = next(each for each in self.history.tables.items() if len(each[1].starts))
        days = _DAYS.get(grain, float(table.starts[-1].days_in_month))
        return self.summed(table.hours[-_RECENT[grain] :].mean(axis=0) / days)

    def past(self) -> pd.DataFrame:
        """Return hours of whole months by part; of stored weeks, as their days fall.

        Returns
        -------
        DataFrame
            ``month``, the labels, ``hours``.
        """
        starts, hours = self._months()
        labels = self.labels
        rows = labels.loc[np.tile(np.arange(len(labels)), len(starts))].reset_index(drop=True)
        rows.insert(0, "month", np.repeat(starts, len(labels)))
        return rows.assign(hours=self.summed(hours).ravel())

    def _months(self) -> tuple[pd.DatetimeIndex, Array]:
        if "month" in self.history.tables:
            return self.history.tables["month"].starts, self.history.tables["month"].hours
        table = self.history.tables["week"]
        begin = table.starts[0]
        every = pd.date_range(begin.replace(day=1), self.history.until, freq="MS").as_unit("us")
        whole = (every >= begin) & (every + pd.DateOffset(months=1) <= self.history.until)
        return every[whole], month_weights(table.starts, "week", every, begin).T[whole] @ table.hours


def largest(history: History, grain: str, named: Collection[str] = (), *, each: int = 1) -> Kept:
    """Return the hundred parts with most hours lately, those that are named and, together, the others.

    Fewer are kept where draws of a hundred would take too much memory.

    Parameters
    ----------
    history
        Usage of the fleet by part.
    grain
        Length of the periods forecast in.
    named
        First labels of parts that are kept whatever their size.
    each
        Numbers that the draws of one part are.

    Returns
    -------
    Kept
        All parts where there are no more than that; one that is called ``other`` already is one of the others.
    """
    number, fit = len(history.parts), max(min(MOST, CELLS // each), 1)
    if number <= fit + 1:
        return Kept(history, np.arange(number), np.arange(0))
    table = history.tables[grain]
    recent = table.hours[-max(len(table.starts) // 4, 1) :].sum(axis=0)
    first = history.parts.iloc[:, 0]
    order = np.lexsort((-recent, ~first.isin(named), first == OTHER))
    most = max(fit, int((first.isin(named) & (first != OTHER)).sum()))
    return Kept(history, np.sort(order[:most]), np.sort(order[most:]))
