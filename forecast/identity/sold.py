"""Sales and their buyers: data-centre revenue, the hyperscale share of it, and its leaves, in US dollars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.hardware.generations import GenerationPrior, Generations, nvidia_generations
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
class Sold:
    """What is sold, before any machine is counted; leaves sold to, in the order of :data:`LEAF_NAMES`.

    Attributes
    ----------
    revenue, split
        Data-centre revenue and the hyperscale share of it.
    weights
        Share of revenue by leaf [1], shape (draws, quarters, leaves).
    leaf_news
        What statements about leaves moved (:class:`forecast.split.leaf_state.Leaves`).
    """

    revenue: Revenue
    split: Split
    weights: Array
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


def draw_sold(fit: TopDownFit, sampling: Sampling) -> Sold:
    """Draw what is sold and to whom, firms counted where memberships put them.

    Parameters
    ----------
    fit
        From :func:`fit_top_down`.
    sampling
        Draws, seed, assumptions and the quarters of the fit.

    Returns
    -------
    Sold
        Joint draws of revenue, split and leaves.

    Raises
    ------
    ValueError
        If an assumption is missing, or no spending of a firm that moved is known.
    """
    known, market = fit.known, fit.known.market
    revenue, split = draw_revenue(fit.revenue, sampling), draw_split(fit.split, market.split, sampling)
    split = as_saved(split, revenue.total, known.observations, fit.moves, sampling, market=market)
    return Sold(revenue, split, *_leaf_weights(known, revenue, split.share, sampling))


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
