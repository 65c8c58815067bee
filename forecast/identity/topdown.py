"""Top-down view: data-centre revenue -> price -> accelerators shipped -> installed base -> GPU-hours, by leaf.

Reported revenue, a share of it by segment, a price by generation constrained by an independent estimate of
H100-equivalents shipped, survival, and utilisation. Calendar quarters throughout; reported fiscal quarters are mapped
day by day, conserving totals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import hours_in
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.series import select
from shiftcast.forecast.draws import Assumptions, Sampling
from shiftcast.forecast.hardware.fleet import (
    Fleet,
    arrival,
    follow_cohorts,
    generation_mix,
    weibull_survival,
)
from shiftcast.forecast.hardware.generations import GenerationPrior, Generations, nvidia_generations
from shiftcast.forecast.identity.meeting import condition
from shiftcast.forecast.identity.revenue import Revenue, RevenueFit, draw_revenue, fit_revenue
from shiftcast.forecast.known import Known
from shiftcast.forecast.leaves import LEAVES
from shiftcast.forecast.split.leaf_state import LeafPrior, hear_leaves
from shiftcast.forecast.split.membership import Move, as_saved, saved_moves
from shiftcast.forecast.split.share import Split, draw_split, leaf_weights, split_state
from shiftcast.forecast.statements.state import ShareState, share_prior

LEAF_NAMES: Final = tuple(leaf for leaves in LEAVES.values() for leaf in leaves)


@dataclass(frozen=True)
class TopDownFit:
    """The fitted terms of the top-down view, before anything is drawn.

    Attributes
    ----------
    known
        The record cut to the origin.
    generations
        The fleet's generations.
    revenue
        Reported revenue and its models.
    split
        State of the hyperscale share of it.
    moves
        Firms that saved memberships count on another side.
    """

    known: Known
    generations: Generations
    revenue: RevenueFit
    split: ShareState
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class TopDown:
    """The drawn top-down view, on ``revenue.quarters``; leaves in the order of :data:`LEAF_NAMES`.

    Attributes
    ----------
    revenue, split
        The two terms it starts from.
    spending
        US dollars a quarter, shape (draws, quarters, leaves).
    fleet
        Accelerators, shape (draws, quarters, leaves, generations).
    hours
        Busy accelerator-hours a quarter, shape (draws, quarters, leaves).
    megawatts
        Facility power of the live fleet, shape (draws, quarters, leaves).
    price
        US dollars an accelerator after meeting the independent estimate, shape (draws, generations).
    h100e_gap
        Independent H100-equivalents over those implied before they met [ratio]; missing if none was known.
    leaf_news
        What statements about leaves moved (:class:`forecast.split.leaf_state.Leaves`).
    """

    revenue: Revenue
    split: Split
    spending: Array
    fleet: Fleet
    hours: Array
    megawatts: Array
    price: Array
    h100e_gap: float
    leaf_news: pd.DataFrame


def fit_top_down(known: Known, through: str) -> TopDownFit:
    """Fit the terms of the top-down view at an origin.

    Parameters
    ----------
    known
        The record cut to the origin.
    through
        Last quarter to forecast, such as ``2028Q4``.

    Returns
    -------
    TopDownFit
        Fitted terms, on the quarters of revenue.

    Raises
    ------
    ValueError
        Naming the data that is missing at the origin.
    """
    generations = nvidia_generations(known.hardware, GenerationPrior(**known.beliefs.of("generations")))
    revenue, market = fit_revenue(known, through), known.market
    prior = share_prior(known.beliefs, "share.split")
    split = split_state(known.observations, revenue.quarters, market=market, prior=prior)
    moves = saved_moves(known.memberships, revenue.quarters, market.split.reference)
    return TopDownFit(known, generations, revenue, split, moves)


def draw_top_down(fit: TopDownFit, sampling: Sampling) -> TopDown:
    """Draw the whole top-down view, firms counted where memberships put them.

    Parameters
    ----------
    fit
        From :func:`fit_top_down`.
    sampling
        Draws, seed, assumptions and the quarters of the fit.

    Returns
    -------
    TopDown
        Joint draws of spending, fleet, busy hours and power by leaf.

    Raises
    ------
    ValueError
        If an assumption is missing, or no spending of a firm that moved is known.
    """
    known, generations, assumed, market = fit.known, fit.generations, sampling.assumed, fit.known.market
    revenue, split = draw_revenue(fit.revenue, sampling), draw_split(fit.split, market.split, sampling)
    split = as_saved(split, revenue.total, known.observations, fit.moves, sampling, market=market)
    weights, news = _leaf_weights(known, revenue, split.share, sampling)
    mix = _mix(generations, sampling)
    price, gap = _price(fit, revenue, mix, sampling)
    units = revenue.compute[:, :, None] * mix / price[:, None, :]
    own = assumed["vendor_internal.share"][:, None, None]
    shipped = np.concatenate([weights[..., None] * units[:, :, None, :], (own * units)[:, :, None, :]], axis=2)
    fleet = _fleet(shipped, assumed, known.beliefs["fleet.survival_shape"])
    none = np.zeros((sampling.draws, len(revenue.quarters), 1))
    spending = np.concatenate([weights * revenue.total[..., None], none], axis=2)
    hours = fleet.live.sum(axis=-1) * hours_in(revenue.quarters)[None, :, None] * _utilisation(assumed)
    power = (fleet.live * generations.it_kw).sum(axis=-1) * np.maximum(assumed["power.pue"], 1.0)[:, None, None] / 1e3
    return TopDown(revenue, split, spending, fleet, hours, power, price, gap, news)


def _leaf_weights(known: Known, revenue: Revenue, share: Array, sampling: Sampling) -> tuple[Array, pd.DataFrame]:
    """Return each leaf's share of revenue, shape (draws, quarters, leaves sold to), and what statements moved."""
    base, beliefs = revenue.first_forecast - 1, known.beliefs
    prior = LeafPrior(**beliefs.of("leaves"), skew=beliefs["statements.skew"])
    inside, news = {}, []
    for segment, part in (("hyperscale", share), ("rest", 1 - share)):
        weights = leaf_weights(sampling, segment, base_period=base, drift=prior.drift)
        side = part * revenue.total
        rows, leaves = known.observations, LEAVES[segment]
        found = hear_leaves(weights, prior, base, rows, leaves, side, sampling)
        inside[segment] = part[..., None] * found.share
        news.append(found.news)
    return np.concatenate([inside["hyperscale"], inside["rest"]], axis=2), pd.concat(news, ignore_index=True)


def _mix(generations: Generations, sampling: Sampling) -> Array:
    time = np.arange(len(sampling.quarters), dtype=np.float64)
    start = sampling.quarters.searchsorted(generations.available_at[1:])
    lag = [sampling.assumed.get(f"ramp.lag.{name}", "ramp.lag") for name in generations.names[1:]]
    middles = start[None, :] + np.stack(lag, axis=-1)
    return generation_mix(time, middles, sampling.assumed["ramp.width"])


def _price(fit: TopDownFit, revenue: Revenue, mix: Array, sampling: Sampling) -> tuple[Array, float]:
    """Draw prices by generation and hold them to the independent H100-equivalents shipped, where known."""
    generations, assumed = fit.generations, sampling.assumed
    noise = np.stack([sampling.normals(f"price.{name}") for name in generations.names], axis=-1)
    logs = np.log(generations.price) + generations.price_sd_log * noise + np.log(assumed["price.level"])[:, None]
    window, observed = _independent_h100e(fit.known.observations, revenue.quarters, fit.known.market.owners)
    if not window.any():
        return np.exp(logs), float("nan")
    units = revenue.compute[:, :, None] * mix / np.exp(logs)[:, None, :]
    implied = np.log((units[:, window] * generations.h100e).sum(axis=(1, 2)))
    sd = float(np.log1p(assumed["price.h100e_sd"].mean()))
    moved = condition(logs, implied, float(np.log(observed)), sd, sampling.normals("price.h100e"))
    return np.exp(moved), float(observed / np.exp(np.median(implied)))


def _independent_h100e(
    observations: DataFrame[Observations], quarters: pd.DatetimeIndex, owners: str
) -> tuple[Array, float]:
    """Return the quarters covered by the latest owner estimates, and H100-equivalents shipped over them."""
    rows = select(observations, measure="h100e", definition=owners, stage="stock")
    if rows.empty:
        return np.zeros(len(quarters), dtype=bool), float("nan")
    last = rows["period_end"].max()
    final = rows[rows["period_end"] == last]
    window = (quarters >= final["period_start"].min()) & (quarters <= last)
    return np.asarray(window), float(final["value"].sum())


def _fleet(shipped: Array, assumed: Assumptions, shape: float) -> Fleet:
    ages = np.arange(shipped.shape[1], dtype=np.float64) + 0.5
    survival = weibull_survival(ages, 4 * assumed["fleet.life"], shape)
    return follow_cohorts(shipped, survival, arrival(ages, assumed["fleet.lag"]))


def _utilisation(assumed: Assumptions) -> Array:
    """Return availability times mean utilisation of the live fleet, shape (draws, 1, leaves)."""
    used = np.stack([assumed[f"utilisation.{leaf}"] for leaf in LEAF_NAMES], axis=-1)
    return used[:, None, :]
