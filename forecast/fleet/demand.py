"""Demand of a fleet: accelerator-hours that its work wants by month, in joint draws, part by part."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from shiftcast.features.arrays import Array


@dataclass(frozen=True)
class Demand:
    """Accelerator-hours wanted by month.

    Attributes
    ----------
    parts
        One row a part, with a column a label, such as ``workload, technique`` or ``operator``. Where there are many,
        the smallest are one part named ``other``.
    months
        First day of each month ahead, midnight UTC, shape (months,); the first may have been under way at the origin
        and is whole all the same.
    hours
        Accelerator-hours wanted, whether or not they can be served, shape (draws, months, parts).
    past
        What was used, ``month`` (first day) and ``hours``, shape of one row a month and part with the labels of
        ``parts``; months that usage covers only in part are left out.
    quantiles
        Every part and the total, ``other`` undone: labels, ``month, statistic, quantile, hours``.
    borrowed
        Weight of the world's growth in each month ahead [1], shape (months,); zero where nothing was borrowed.
    notes
        What the forecast rests on and what it does not know, in plain words.
    """

    parts: pd.DataFrame
    months: pd.DatetimeIndex
    hours: Array
    past: pd.DataFrame
    quantiles: pd.DataFrame
    borrowed: Array
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Array:
        """Accelerator-hours of all parts, shape (draws, months)."""
        return self.hours.sum(axis=2)
