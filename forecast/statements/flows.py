"""Flows by quarter: data-centre revenue as reported, and H100-equivalents as an independent count has them.

They weigh the quarters of a stock or a window, and turn growth of a side into growth of its share.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import hours_in, nvidia_quarters, overlap_weights
from shiftcast.features.frames import ALL, DataFrame, Observations
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import select

_YEAR: Final = 4  # quarters
_MOSTLY: Final = 0.5  # of a calendar quarter has to be reported for its rate to be read


def flows(observations: DataFrame[Observations], quarters: pd.DatetimeIndex, owners: str) -> dict[str, Array]:
    """Return what flowed in each quarter by base, shape (quarters,).

    Parameters
    ----------
    observations
        Observation rows, cut to an origin, one a figure.
    quarters
        Ends of consecutive calendar quarters.
    owners
        Definition of the independent count of H100-equivalents owned.

    Returns
    -------
    dict
        ``revenue`` in US dollars a quarter, the first and the last reported held outside them; ``h100e`` added in each
        quarter, none before the count begins and the last held after it. A base about which nothing is known is absent.
    """
    found = {"revenue": _revenue(observations, quarters), "h100e": _machines(observations, quarters, owners)}
    return {base: flow for base, flow in found.items() if flow is not None}


def _reported(observations: DataFrame[Observations], until: pd.Timestamp) -> pd.DataFrame:
    """Return ``period_start, period_end, value`` of data-centre revenue by fiscal quarter, in order."""
    total = {"definition": "data_center", "stage": "flow", "segment": ALL}
    rows = select(observations, measure="revenue", vendor=VENDOR, **total)
    kept = rows.merge(nvidia_quarters(until), on=["period_start", "period_end"])
    return kept.sort_values("period_end", ignore_index=True)[["period_start", "period_end", "value"]]


def _revenue(observations: DataFrame[Observations], quarters: pd.DatetimeIndex) -> Array | None:
    rows = _reported(observations, quarters[-1])
    if rows.empty:
        return None
    weights = overlap_weights(pd.DatetimeIndex(rows["period_start"]), pd.DatetimeIndex(rows["period_end"]), quarters)
    days = (rows["period_end"] - rows["period_start"]).dt.days.to_numpy() + 1.0
    covered = days @ weights / (hours_in(quarters) / 24)
    amount = rows["value"].to_numpy() @ weights
    rate = pd.Series(np.where(covered > _MOSTLY, amount / np.maximum(covered, _MOSTLY), np.nan))
    return np.asarray(rate.ffill().bfill())


def _machines(observations: DataFrame[Observations], quarters: pd.DatetimeIndex, owners: str) -> Array | None:
    rows = select(observations, measure="h100e", definition=owners, stage="stock")
    if rows.empty:
        return None
    owned = rows.groupby("period_end")["value"].sum().reindex(quarters)
    first, last = owned.first_valid_index(), owned.last_valid_index()
    if first is None:
        return None
    added = owned.diff()
    added[first] = owned[first]
    return np.asarray(added.where(quarters <= last).ffill().fillna(0.0).clip(lower=0.0))


def growth_of_shares(
    statements: DataFrame[Observations], observations: DataFrame[Observations], ending: str
) -> DataFrame[Observations]:
    """Return share statements with growth of a side turned into growth of its share.

    A side that grew m-fold while revenue grew r-fold has m / r times its share of a year before.

    Parameters
    ----------
    statements
        Observation rows; those of measure ``multiple`` hold growth on the same fiscal quarter a year before.
    observations
        All rows known, for reported revenue.
    ending
        Of the definition of those rows; taken off.

    Returns
    -------
    DataFrame
        The rows; growth whose quarter, or the one a year before, has no reported revenue cannot be read as yet and
        is left out.
    """
    grown = statements["measure"] == "multiple"
    if not grown.any():
        return statements
    reported = _reported(observations, statements["period_end"].max())
    ratio = reported.assign(ratio=reported["value"] / reported["value"].shift(_YEAR))
    rows = statements[grown].merge(ratio[["period_end", "ratio"]].dropna(), on="period_end")
    rows["value"], rows["sd"] = rows["value"] / rows["ratio"], rows["sd"] / rows["ratio"]
    rows["definition"] = rows["definition"].str.removesuffix(ending)
    read: DataFrame[Observations] = pd.concat([statements[~grown], rows[statements.columns]], ignore_index=True)
    return read
