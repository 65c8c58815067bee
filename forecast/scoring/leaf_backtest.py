"""Backtest below the whole: revenue of hyperscalers and of the rest, against every stated share that came later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from shiftcast.features.arrays import Array
from shiftcast.features.asof import latest_known
from shiftcast.features.calendars import (
    LONGEST_QUARTER,
    QUARTER_DAYS,
    calendar_quarters,
    overlap_weights,
    quarter_label,
)
from shiftcast.features.frames import DataFrame, Observations, Scores, check, conform
from shiftcast.forecast.capacity.procurement import BuildCosts, build_costs
from shiftcast.forecast.draws import Sampling, normals
from shiftcast.forecast.known import Known
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.scoring.backtest import backtest_revenue, score_level, score_rows
from shiftcast.forecast.scoring.past import BENCHMARKS, HORIZON, MODEL, FittedOrigin, fitted_origins, reported_revenue
from shiftcast.forecast.split.share import draw_split, split_state, split_statements
from shiftcast.forecast.statements.prior import SharePrior, share_prior
from shiftcast.forecast.volume import series_prior

_FIRST: Final = "2015Q1"
_SCORED_BOUNDS: Final = ("=", "~")  # a bound says where a figure is not, and cannot be scored against


def backtest(known: Known, *, draws: int = 1000, seed: int = 1) -> DataFrame[Scores]:
    """Score revenue as a whole and by segment at every past origin.

    Parameters
    ----------
    known
        The record cut to the last day of knowledge; cut again at every past origin.
    draws, seed
        Draws of each forecast, and the seed of their streams.

    Returns
    -------
    DataFrame
        A checked scores frame; segments carry the definition their share was stated under.

    Raises
    ------
    ValueError
        If the history is too short for one past origin, or an assumption is missing.
    """
    vintages, assumptions = known.history.observations, known.assumptions
    prior, about_split = series_prior(known.beliefs, "volume.revenue"), share_prior(known.beliefs, "share.split")
    origins = tuple(fitted_origins(vintages, reported_revenue(vintages, known.origin), assumptions, prior))
    whole = backtest_revenue(
        vintages, known.origin, assumptions=assumptions, prior=prior, origins=origins, draws=draws, seed=seed
    )
    parts = backtest_segments(
        vintages, known.origin, market=known.market, prior=about_split, costs=build_costs(assumptions), origins=origins,
        draws=draws, seed=seed,
    )  # fmt: skip
    return check(conform(pd.concat([whole, *parts], ignore_index=True), Scores), Scores)


def backtest_segments(
    observations: DataFrame[Observations], origin: pd.Timestamp, *, market: Market, prior: SharePrior,
    costs: BuildCosts, origins: Sequence[FittedOrigin], draws: int = 1000, seed: int = 1,
) -> list[pd.DataFrame]:  # fmt: skip
    """Score the revenue of each segment, one block an origin, model, stated share and segment.

    The actual is the reported revenue of a fiscal quarter times the share stated for it; a statement that is only a
    bound is not scored against. The naive benchmark lets the last stated share stay, with a random walk as volatile as
    the split's prior.

    Parameters
    ----------
    observations
        Every vintage known by the origin; cut again at every past origin.
    origin
        Last day of knowledge.
    market, prior
        How each definition of the split is read, and beliefs about it before any statement.
    costs
        Costs of building too little and too much.
    origins
        From :func:`forecast.scoring.past.fitted_origins`.
    draws, seed
        Draws of each forecast, and the seed of their streams.

    Returns
    -------
    list of DataFrame
        Score rows, not yet in the frame's dtypes.
    """
    actual = reported_revenue(observations, origin)
    statements = scored_statements(latest_known(observations, origin), market)
    blocks: list[pd.DataFrame] = []
    for each in origins:
        past = each.past
        ahead = actual.index[len(past.history) : len(past.history) + HORIZON]
        later = statements[statements["period_end"].isin(ahead) & (statements["known_at"] > past.made)]
        if later.empty or (known := split_statements(then := latest_known(observations, past.made), market)).empty:
            continue
        quarters = calendar_quarters(_FIRST, quarter_label(later["period_end"].max() + pd.offsets.QuarterEnd()))
        state = split_state(then, quarters, market=market, prior=prior)
        split = draw_split(state, market.split, Sampling(quarters, draws, seed))
        for definition, rows in later.groupby("definition"):
            spans = pd.DatetimeIndex(rows["period_start"]), pd.DatetimeIndex(rows["period_end"])
            model_share = split.by_definition[str(definition)] @ overlap_weights(*spans, quarters).T
            naive = _naive_shares(known, rows, normals(seed, "naive.share", draws), prior.volatility)
            steps = ahead.get_indexer(pd.DatetimeIndex(rows["period_end"]))
            stated = rows["value"].to_numpy()
            for model in (MODEL, *BENCHMARKS):
                share = model_share if model == MODEL else naive
                level = each.paths(model, draws=draws, seed=seed)[:, steps]
                for segment, part, actual_share in (("hyperscale", share, stated), ("rest", 1 - share, 1 - stated)):
                    revenue = actual[rows["period_end"]].to_numpy() * actual_share
                    scores = score_level(level * part, revenue, past.history, costs)
                    blocks.append(
                        score_rows(scores, steps + 1.0, made=past.made, model=model, definition=str(definition),
                                   segment=segment)
                    )  # fmt: skip
    return blocks


def scored_statements(observations: DataFrame[Observations], market: Market) -> DataFrame[Observations]:
    """Return the stated hyperscale shares of single fiscal quarters that a forecast can be scored against.

    Parameters
    ----------
    observations
        Observation rows, one a figure.
    market
        How each definition of the split is read.

    Returns
    -------
    DataFrame
        Observation rows of exact or approximate shares.
    """
    rows = split_statements(observations, market)
    days = (rows["period_end"] - rows["period_start"]).dt.days
    single = rows["bound"].isin(_SCORED_BOUNDS) & days.between(1, LONGEST_QUARTER)
    scored: DataFrame[Observations] = rows[single].reset_index(drop=True)
    return scored


def _naive_shares(
    known: DataFrame[Observations], rows: DataFrame[Observations], noise: Array, volatility: float
) -> Array:
    """Return the naive draws of each stated share, shape (draws, statements)."""
    return np.column_stack(
        [naive_share(known, str(row.definition), row.period_end, noise, volatility) for row in rows.itertuples()]
    )


def naive_share(
    statements: DataFrame[Observations], definition: str, period_end: pd.Timestamp, noise: Array, volatility: float
) -> Array:
    """Return draws of the last stated share carried on, under its definition where there is one, else under any.

    logit(share) + volatility * sqrt(quarters since) * noise.

    Parameters
    ----------
    statements
        Statements known at the origin, at least one.
    definition
        Definition of the share asked for.
    period_end
        Last day of the quarter asked for.
    noise
        Standard normals, shape (draws,).
    volatility
        Standard deviation of the logit share a quarter, such as that of the split's prior.

    Returns
    -------
    ndarray, shape (draws,)
        Share [share], in (0, 1).

    Examples
    --------
    >>> rows = pd.DataFrame({"definition": ["top_five"], "value": [0.5],
    ...                      "period_end": pd.to_datetime(["2026-01-25"], utc=True)})
    >>> naive_share(rows, "recast_2", pd.Timestamp("2026-07-26", tz="UTC"), np.zeros(1), 0.12).tolist()
    [0.5]
    """
    same = statements[statements["definition"] == definition]
    last = (statements if same.empty else same).sort_values("period_end").iloc[-1]
    quarters = max((period_end - last["period_end"]).days / QUARTER_DAYS, 0.0)
    return np.asarray(expit(logit(last["value"]) + volatility * np.sqrt(quarters) * noise))
