"""Influence: what a single new figure would change."""

from __future__ import annotations

import pandas as pd

from shiftcast.forecast.migration.fit import fit_shares
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.quantiles import share_quantiles

KEYS = ["series", "period_end", "category", "statistic", "quantile"]


def influence(
    frame: pd.DataFrame, figure: pd.DataFrame, *, horizon: int, learned: Learned, draws: int, seed: int
) -> pd.DataFrame:
    """Return forecasts without and with a new figure, and the change [share], for the figure's group.

    Parameters
    ----------
    frame
        Rows of the histories, as :func:`forecast.migration.fit.fit_shares` takes them.
    figure
        The new rows, of one period of one series: as many as it has categories. They replace rows of the same
        series, period and category.
    horizon
        Periods ahead of the last one in ``frame``; with the figure, one less where it adds a period.
    learned, draws, seed
        As for the fit and its draws; both forecasts share their random numbers.

    Returns
    -------
    DataFrame
        ``series, period_end, category, statistic, quantile, without, with, change`` at period ends that both
        forecasts reach.

    Examples
    --------
    A figure that repeats what is known changes nothing; see the tests.
    """
    same = ["series", "period_end", "category"]
    old = frame.assign(period_end=pd.to_datetime(frame["period_end"], utc=True))
    new = figure.assign(period_end=pd.to_datetime(figure["period_end"], utc=True))
    both = pd.concat([old, new], ignore_index=True).drop_duplicates(same, keep="last", ignore_index=True)
    told = [
        share_quantiles(fit_shares(rows, horizon=horizon, learned=learned), draws=draws, seed=seed).astype(
            {"series": str, "category": str, "statistic": str}
        )
        for rows in (old, both)
    ]
    joined = told[0].merge(told[1], on=KEYS, suffixes=("_without", "_with"))
    joined = joined.rename(columns={"value_without": "without", "value_with": "with"})
    moved = joined.assign(change=joined["with"] - joined["without"])
    here = set(old.loc[old["group"].isin(_groups(old, new)), "series"]) if "group" in old else set(old["series"])
    return moved[moved["series"].isin({str(name) for name in here})].reset_index(drop=True)


def _groups(old: pd.DataFrame, new: pd.DataFrame) -> set[object]:
    """Return the groups that the new figure's series belong to."""
    return set(old.loc[old["series"].isin(set(new["series"])), "group"])
