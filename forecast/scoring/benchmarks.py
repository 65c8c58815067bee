"""Naive forecasts of published figures, made at an origin from what was known there, as draws like the model's."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import nvidia_quarters, overlap_weights
from shiftcast.features.frames import ALL, DataFrame, Observations
from shiftcast.features.series import fiscal_revenue
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.draws import normals, stream
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.scoring.leaf_backtest import naive_share
from shiftcast.forecast.split.share import split_statements
from shiftcast.forecast.volume import SeriesPrior, draw_volume, fit_volume, series_prior


def naive_revenue(
    observations: DataFrame[Observations],
    quarters: pd.DatetimeIndex,
    *,
    origin: pd.Timestamp,
    member: str,
    prior: SeriesPrior,
    draws: int,
    seed: int,
) -> Array:
    """Return draws of data-centre revenue by calendar quarter from one simple member.

    Its lean and spread are those of its own past errors, as the model's are, and it shares the model's random numbers.

    Parameters
    ----------
    observations
        Rows known at the origin.
    quarters
        Ends of consecutive calendar quarters; those before the record begins are zero.
    origin
        Last day of knowledge.
    member
        Such as ``last_value``.
    prior
        Beliefs about its error.
    draws, seed
        Draws, and the seed of the stream ``revenue``.

    Returns
    -------
    ndarray, shape (draws, quarters)
        US dollars a quarter.

    Raises
    ------
    ValueError
        If no revenue is known.
    """
    reported = fiscal_revenue(observations, "data_center", origin)
    fiscal = nvidia_quarters(quarters[-1])
    fiscal = fiscal[fiscal["period_end"] >= reported.index[0]]
    history, ahead = reported.to_numpy(), len(fiscal) - len(reported)
    fit = fit_volume(history, ahead, prior=prior, members=(member,))
    future = draw_volume(fit, draws=draws, random=stream(seed, "revenue"))
    whole = np.hstack([np.broadcast_to(history, (draws, len(history))), future])
    spans = pd.DatetimeIndex(fiscal["period_start"]), pd.DatetimeIndex(fiscal["period_end"])
    return np.asarray(whole @ overlap_weights(*spans, quarters))


def naive_draws(
    observations: DataFrame[Observations], target: pd.Series, *, origin: pd.Timestamp, member: str, draws: int,
    seed: int, market: Market, beliefs: Beliefs,
) -> Array | None:  # fmt: skip
    """Return naive draws of one published figure, shape (draws,), or ``None`` where there is no naive forecast.

    Parameters
    ----------
    observations
        Rows known at the origin.
    target
        ``segment, measure, definition, period_end`` of the figure.
    origin
        Last day of knowledge.
    member
        Such as ``last_value``.
    draws, seed
        Draws, and the seed of their streams.
    market
        How each definition of the split is read.
    beliefs
        Numbers that models start from; the naive forecasts start from the same.

    Returns
    -------
    ndarray or None
        Draws of the figure [USD/quarter, or share].
    """
    measure, segment, end = str(target["measure"]), str(target["segment"]), pd.Timestamp(target["period_end"])
    if measure not in {"spending", "share"} or str(target["leaf"]) != ALL:
        return None
    share = np.ones(draws)
    if segment != ALL:
        statements = split_statements(observations, market)
        if statements.empty:
            return None
        noise = normals(seed, "naive.share", draws)
        definition = str(target["definition"]) if measure == "share" else market.split.reference
        share = naive_share(statements, definition, end, noise, beliefs["share.split.volatility"])
    if measure == "share":
        return share
    quarters = pd.DatetimeIndex([end])
    prior = series_prior(beliefs, "volume.revenue")
    level = naive_revenue(
        observations, quarters, origin=origin, member=member, prior=prior, draws=draws, seed=seed
    )[:, 0]  # fmt: skip
    return level * (1 - share if segment == "rest" else share)
