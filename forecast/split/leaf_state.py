"""Leaf shares below a side as log-ratio states: prior weights, conditioned on what is stated about leaves.

Each leaf's log weight is its assumed one, wandering from the last reported quarter in both directions; shares are the
softmax, so only log-ratios count. Draws are conditioned on statements about a leaf's revenue, and its growth on a year
before, through their own likelihoods (:mod:`forecast.statements.conditioning`), given the revenue of the side: what is
said below the top moves nothing above it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import softmax

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import covered_share, quarter_label
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import select
from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.once import once
from shiftcast.forecast.statements.conditioning import Statement, condition
from shiftcast.forecast.statements.wording import OF_BOUND

FISCAL_YEAR: Final = pd.Timedelta(days=364)  # the same fiscal quarter a year before


@dataclass(frozen=True)
class LeafPrior:
    """Beliefs about the weights of leaves, and about what is stated of them.

    Attributes
    ----------
    drift
        Standard deviation of a quarter's step of a weight [log].
    figure_sd
        Standard deviation added to a stated figure [log]: fiscal periods are read on calendar quarters.
    skew
        Skewness of "just over" and "just under" [1].
    """

    drift: float
    figure_sd: float
    skew: float


@dataclass(frozen=True)
class Leaves:
    """Draws of the shares of a side's leaves.

    Attributes
    ----------
    share
        Shape (draws, quarters, leaves), summing to one.
    news
        One row a leaf with statements: ``leaf, statements, quarter, before, after`` (median shares) and ``ess``.
    """

    share: Array
    news: pd.DataFrame


def leaf_statements(observations: DataFrame[Observations], leaves: tuple[str, ...]) -> DataFrame[Observations]:
    """Return what is known of the vendor's revenue from leaves and its growth, one row per figure; no guidance.

    Parameters
    ----------
    observations
        Rows cut to an origin.
    leaves
        Names of the leaves of one side.

    Returns
    -------
    DataFrame
        Observation rows of measure ``revenue``, or ``growth`` on base ``revenue``; flows only.
    """
    rows = select(observations, leaf=leaves, vendor=VENDOR, stage="flow")
    kept = (rows["measure"] == "revenue") | ((rows["measure"] == "growth") & (rows["base"] == "revenue"))
    known: DataFrame[Observations] = rows[kept].reset_index(drop=True)
    return known


@once
def hear_leaves(
    weights: Array, prior: LeafPrior, base: int, observations: DataFrame[Observations], leaves: tuple[str, ...],
    side: Array, sampling: Sampling,
) -> Leaves:  # fmt: skip
    """Condition drawn log weights of leaves on what is stated about them.

    Parameters
    ----------
    weights
        Log weights by quarter before any statement, shape (draws, quarters, leaves).
    prior, base
        Beliefs about the weights, and the quarter from which they wander.
    observations
        Rows cut to an origin.
    leaves
        Names of the side's leaves, in the order of the last axis of ``weights``.
    side
        Revenue of the side, US dollars a quarter, shape (draws, quarters); its mean over draws is what the statements
        are read against.
    sampling
        Quarters of the weights, and the seed of the tempering's named stream.

    Returns
    -------
    Leaves
        Conditioned shares of the leaves within their side, and what each statement moved.

    Raises
    ------
    ValueError
        If a statement is worded in a way that has no likelihood.
    """
    rows, quarters = leaf_statements(observations, leaves), sampling.quarters
    reader = _Reader(leaves, quarters, side.mean(axis=0), prior)
    statements = [reader.statement(row) for row in rows.to_dict("records") if reader.covers(row)]
    before = softmax(weights, axis=-1)
    if not statements:
        return Leaves(before, _news(rows.head(0), leaves, quarters, base, before, before, 1.0))
    draws, shape = len(weights), weights.shape[1:]
    mean = np.broadcast_to(weights[:, base].mean(axis=0), shape).ravel()
    covariance = _covariance(weights[:, base].std(axis=0), prior.drift, base, len(quarters))
    conditioned = condition(
        weights.reshape(draws, -1), mean, covariance, statements, sampling.stream(f"leaves.{'.'.join(leaves)}")
    )
    after = softmax(conditioned.draws.reshape(weights.shape), axis=-1)
    return Leaves(after, _news(rows, leaves, quarters, base, before, after, conditioned.ess))


def _covariance(sd: Array, drift: float, base: int, quarters: int) -> Array:
    """Return the covariance of log weights, quarters by leaves: a weight of each leaf and its walk from a quarter."""
    away = np.arange(quarters) - base
    same = np.sign(away)[:, None] * np.sign(away)[None, :] > 0
    walk = drift**2 * np.where(same, np.minimum.outer(np.abs(away), np.abs(away)), 0)
    leaves = len(sd)
    whole = walk[:, None, :, None] * np.eye(leaves)[None, :, None, :] + np.diag(sd**2)[None, :, None, :]
    return np.asarray(whole.reshape(quarters * leaves, quarters * leaves))


def _news(
    rows: pd.DataFrame, leaves: tuple[str, ...], quarters: pd.DatetimeIndex, base: int, before: Array, after: Array,
    ess: float,
) -> pd.DataFrame:  # fmt: skip
    news = [
        {"leaf": leaf, "statements": int((rows["leaf"] == leaf).sum()), "quarter": quarter_label(quarters[base]),
         "before": float(np.median(before[:, base, at])), "after": float(np.median(after[:, base, at])), "ess": ess}
        for at, leaf in enumerate(leaves) if (rows["leaf"] == leaf).any()
    ]  # fmt: skip
    return pd.DataFrame(news, columns=["leaf", "statements", "quarter", "before", "after", "ess"])


@dataclass(frozen=True)
class _Reader:
    leaves: tuple[str, ...]
    quarters: pd.DatetimeIndex
    side: Array
    prior: LeafPrior

    def covers(self, row: Mapping[Any, Any]) -> bool:
        """Return whether the quarters hold what a row speaks of."""
        first = self.quarters[0] - pd.offsets.QuarterEnd()
        return bool(row["period_start"] - FISCAL_YEAR > first and row["period_end"] <= self.quarters[-1])

    def statement(self, row: Mapping[Any, Any]) -> Statement:
        """Return what a row says of the log weights, as a log figure."""
        grown = row["measure"] == "growth"
        value = 1.0 + float(row["value"]) if grown else float(row["value"])
        sd = float(np.hypot(float(row["sd"]) / value, self.prior.figure_sd))
        now, before = (self._revenue(row, back) for back in (pd.Timedelta(0), FISCAL_YEAR))
        name = f"{row['leaf']} {row['measure']} {row['bound']} {row['value']:.4g} {row['period_end']:%Y-%m-%d}"

        def growth(vector: Array) -> Array:
            return np.asarray(now(vector) - before(vector))

        wording, of = OF_BOUND[str(row["bound"])], growth if grown else now
        return Statement(name, of, wording, float(np.log(value)), sd, self.prior.skew)

    def _revenue(self, row: Mapping[Any, Any], back: pd.Timedelta) -> Callable[[Array], Array]:
        """Return the log of a leaf's revenue over the row's period, or that much before."""
        weight = self.side * covered_share(row["period_start"] - back, row["period_end"] - back, self.quarters)
        within, leaf = np.flatnonzero(weight > 0), self.leaves.index(str(row["leaf"]))

        def log_revenue(vector: Array) -> Array:
            shaped = vector.reshape(*vector.shape[:-1], len(self.quarters), len(self.leaves))[..., within, :]
            return np.asarray(np.log(softmax(shaped, axis=-1)[..., leaf] @ weight[within]))

        return log_revenue
