"""Revisions of the split by statement: the news of each, taken in the order in which it became known."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit

from shiftcast.features.arrays import Array
from shiftcast.features.asof import latest_known, latest_vintage
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.split.share import fit_split, split_statements
from shiftcast.forecast.statements.prior import SharePrior
from shiftcast.forecast.statements.rows import middles

_HELD: Final = 1e-6  # log standard deviation of a volatility that is not estimated again


def revisions(
    observations: DataFrame[Observations],
    quarters: pd.DatetimeIndex,
    *,
    market: Market,
    prior: SharePrior,
    since: pd.Timestamp,
) -> pd.DataFrame:
    """Return how each statement published after a day revised the smoothed share.

    The volatility is that of the latest fit throughout, so that a revision is news of the statement alone.

    Parameters
    ----------
    observations, quarters
        Every vintage known on the later day, and ends of the quarters the split covers.
    market, prior
        How each definition of the split is read, and beliefs about it before any statement.
    since
        The earlier day, inclusive.

    Returns
    -------
    DataFrame
        One row a day and definition: ``known_at, definition, statements, quarter`` (of the latest statement),
        ``before, after, revision`` (share under the reference definition in that quarter), ``revision_end`` (in the
        last quarter covered).

    Raises
    ------
    ValueError
        If nothing was known on the earlier day.
    """
    latest = latest_vintage(observations)
    everything = split_statements(latest, market)
    seen = split_statements(latest_known(observations, since), market)
    if seen.empty:
        raise InputError(f"no statement about the split was known on {since:%Y-%m-%d}; choose a later day")
    volatility = fit_split(latest, everything, quarters, market=market, prior=prior).volatility
    fixed = replace(prior, volatility=volatility, volatility_sd_log=_HELD)

    def path(statements: pd.DataFrame) -> Array:
        fitted = fit_split(latest, statements, quarters, market=market, prior=fixed)
        return np.asarray(expit(fitted.smoothed_mean()))

    rows, before = [], path(seen)
    fresh = everything[everything["known_at"] > since]
    for (day, definition), group in fresh.groupby(["known_at", "definition"], sort=True):
        seen = pd.concat([seen, group], ignore_index=True)
        after = path(seen)
        at = min(int(quarters.searchsorted(middles(group).max())), len(quarters) - 1)
        rows.append({
            "known_at": day, "definition": definition, "statements": len(group), "quarter": quarter_label(quarters[at]),
            "before": before[at], "after": after[at], "revision": after[at] - before[at],
            "revision_end": after[-1] - before[-1],
        })  # fmt: skip
        before = after
    return pd.DataFrame(rows, columns=["known_at", "definition", "statements", "quarter", "before", "after",
                                       "revision", "revision_end"])  # fmt: skip
