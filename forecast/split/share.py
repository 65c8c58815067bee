"""Split between hyperscalers and the rest: the share under a reference definition, and the leaves below it.

The share of data-centre revenue is a state (:mod:`forecast.statements.state`) seen through every dated statement under
its own definition (:mod:`forecast.market.definitions`). No number such as 0.60 appears here: a figure claimed on a
stage is one more statement, under a definition of its own whose offset is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL, DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import Sampling, stream
from shiftcast.forecast.leaves import LEAVES
from shiftcast.forecast.market.definitions import Definitions
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.once import once
from shiftcast.forecast.statements.flows import flows, growth_of_shares
from shiftcast.forecast.statements.state import Drawn, SharePrior, ShareState, fit_share_state

_GROWTH: Final = "_yoy"  # ending of a definition whose rows are growth on a year before


@dataclass(frozen=True)
class Split:
    """Draws of the hyperscale share of data-centre revenue.

    Attributes
    ----------
    state
        The fitted state.
    share
        Under the reference definition, shape (draws, quarters).
    by_definition
        Definition to its share, shape (draws, quarters).
    reference
        The reference definition.
    ess
        Share of the draws given exact figures that stays effective under the inexact ones.
    """

    state: ShareState
    share: Array
    by_definition: Mapping[str, Array]
    reference: str
    ess: float = 1.0


def is_about_split(observations: DataFrame[Observations], market: Market) -> NDArray[np.bool_]:
    """Return which rows the state of the split is conditioned on.

    Shares of data-centre revenue, over a period or ahead; shares of the machines installed, under a definition of
    their own; and growth on a year before of what such a share is of.

    Parameters
    ----------
    observations
        Observation rows.
    market
        Which definitions are of revenue, of machines, and which is the reference.

    Returns
    -------
    ndarray of bool, shape (rows,)
        True where a row is about the split.
    """
    rows, known = observations, market.split
    sides = (rows["segment"] == "hyperscale") & (rows["leaf"] == ALL) & (rows["measure"] == "share")
    revenue = (rows["base"] == "revenue") & rows["stage"].isin(["flow", "forward"])
    revenue &= rows["definition"].isin([known.reference, *known.revenue])
    machines = (rows["base"] == "h100e") & (rows["stage"] == "stock") & rows["definition"].isin(known.machines)
    grown = (rows["measure"] == "multiple") & rows["definition"].isin([f"{name}{_GROWTH}" for name in known.revenue])
    return np.asarray((sides & (revenue | machines)) | grown)


def split_statements(observations: DataFrame[Observations], market: Market) -> DataFrame[Observations]:
    """Return the statements about the split among rows that hold each figure once.

    A stock holds those before it, so of several under one definition the last is kept.

    Parameters
    ----------
    observations
        Observation rows, one a figure.
    market
        How each definition is read.

    Returns
    -------
    DataFrame
        Observation rows about the split.
    """
    rows = observations[is_about_split(observations, market)].reset_index(drop=True)
    stocks = rows[rows["stage"] == "stock"].sort_values("period_end", kind="stable")
    before = stocks.index[stocks.duplicated("definition", keep="last")]
    statements: DataFrame[Observations] = rows.drop(before).reset_index(drop=True)
    return statements


def fit_split(
    observations: DataFrame[Observations], statements: DataFrame[Observations], quarters: pd.DatetimeIndex, *,
    market: Market, prior: SharePrior,
) -> ShareState:  # fmt: skip
    """Fit the state of the split to some of the statements known.

    Parameters
    ----------
    observations
        All rows known, for what flowed in each quarter.
    statements
        Rows of :func:`split_statements`.
    quarters
        Ends of the quarters to cover.
    market
        How each definition is read.
    prior
        Beliefs before any statement.

    Returns
    -------
    ShareState
        State of the hyperscale share, reference definition first.
    """
    return fit_share_state(
        growth_of_shares(statements, observations, _GROWTH),
        quarters,
        reference=market.split.reference,
        offset_sd=market.split.offset_sd,
        noise=market.split.noise,
        flows=flows(observations, quarters, market.owners),
        prior=prior,
    )


@once
def split_state(
    observations: DataFrame[Observations], quarters: pd.DatetimeIndex, *, market: Market, prior: SharePrior
) -> ShareState:
    """Fit the state of the split to every statement known about it.

    Parameters
    ----------
    observations
        Observation rows known at the origin, one a figure.
    quarters
        Ends of the quarters to cover.
    market
        How each definition is read.
    prior
        Beliefs before any statement.

    Returns
    -------
    ShareState
        State of the hyperscale share, reference definition first.

    Raises
    ------
    ValueError
        If no statement about the split is known.
    """
    statements = split_statements(observations, market)
    if statements.empty:
        raise InputError(
            "no statement about the hyperscale share of data-centre revenue was known at this origin; "
            "choose a later origin or add one to the record"
        )
    return fit_split(observations, statements, quarters, market=market, prior=prior)


def draw_split(state: ShareState, known: Definitions, sampling: Sampling) -> Split:
    """Draw the path of the split over the quarters of its state, under every definition of revenue it was read by.

    Parameters
    ----------
    state
        From :func:`split_state` or :func:`fit_split`.
    known
        Definitions of the split.
    sampling
        Draws and seed.

    Returns
    -------
    Split
        Share of each definition of revenue [share], shape (draws, quarters).
    """
    drawn = _drawn(state, sampling.draws, sampling.seed)
    moved = {name: expit(logit(drawn.share) + drawn.offsets[name][:, None]) for name in known.revenue}
    return Split(state, drawn.share, {known.reference: drawn.share, **moved}, known.reference, drawn.ess)


@once
def _drawn(state: ShareState, draws: int, seed: int) -> Drawn:
    return state.draw(draws, stream(seed, "split"))


def leaf_weights(sampling: Sampling, segment: str, *, base_period: int, drift: float) -> Array:
    """Draw log weights of a segment's leaves: assumed ones that wander from a base period in both directions.

    Parameters
    ----------
    sampling
        Draws, seed, quarters, and rows ``leaf_share.*``.
    segment
        ``hyperscale`` or ``rest``.
    base_period
        Position of the quarter in which weights are the assumed ones.
    drift
        Standard deviation of a quarter's step [log].

    Returns
    -------
    ndarray, shape (draws, quarters, leaves)
        Log weights; their softmax is the share of each leaf in its segment.
    """
    leaves = LEAVES[segment]
    weights = np.log(np.stack([sampling.assumed[f"leaf_share.{segment}.{leaf}"] for leaf in leaves], axis=-1))
    shape = (len(weights), len(sampling.quarters), len(leaves))
    walk = np.cumsum(drift * sampling.stream(f"leaf_drift.{segment}").standard_normal(shape), axis=1)
    walk -= walk[:, [base_period], :]
    return np.asarray(weights[:, None, :] + walk)
