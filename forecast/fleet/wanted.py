"""Demand of a fleet: accelerator-hours that its work wants by month, in joint draws, part by part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.forecast.draws import QUANTILES, quantile_table


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
    until
        Moment up to which usage was known; ``None`` where there was none.
    each
        Accelerator-hours of a request of each part over those of the first of its workload [1], shape (draws, parts);
        ``None`` where it has not been asked for.
    little
        What sentences add where the history is too short to show a change over a year; nothing where it is not.
    """

    parts: pd.DataFrame
    months: pd.DatetimeIndex
    hours: Array
    past: pd.DataFrame
    quantiles: pd.DataFrame
    borrowed: Array
    notes: tuple[str, ...] = ()
    until: pd.Timestamp | None = None
    each: Array | None = None
    little: str = ""

    @property
    def total(self) -> Array:
        """Accelerator-hours of all parts, shape (draws, months)."""
        return np.asarray(self.hours.sum(axis=2))

    def said(self, says: str) -> str:
        """Return the sentences of an answer, and after them how little they rest on.

        Parameters
        ----------
        says
            Sentences.

        Returns
        -------
        str
        """
        return f"{says} {self.little}".strip()


def quantile_rows(demand: Demand) -> pd.DataFrame:
    """Return mean and quantiles of every part and, labelled ``all``, of their total.

    Parameters
    ----------
    demand
        Draws of the parts.

    Returns
    -------
    DataFrame
        Labels, ``month, statistic, quantile, hours``; the total first.
    """
    labels = pd.concat([pd.DataFrame([dict.fromkeys(demand.parts, ALL)]), demand.parts], ignore_index=True)
    values = quantile_table(np.concatenate([demand.total[:, :, None], demand.hours], axis=2))
    levels = np.r_[np.nan, QUANTILES]
    rows = labels.loc[np.repeat(np.arange(len(labels)), values[..., 0].size)].reset_index(drop=True)
    number = len(labels)
    return rows.assign(
        month=np.tile(np.repeat(demand.months, len(levels)), number),
        statistic=np.tile(np.where(np.isnan(levels), "mean", "quantile"), number * len(demand.months)),
        quantile=np.tile(levels, number * len(demand.months)),
        hours=values.transpose(2, 1, 0).ravel(),
    )
