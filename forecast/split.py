"""The split between hyperscalers and the rest: the share under a reference definition, and below it the leaves.

The share of data-centre revenue is a state (:mod:`forecast.share_state`) seen through every dated statement under its
own definition. No number such as 0.60 appears here: the keynote's figure is one more statement, under a definition of
its own whose offset is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from features.asof import latest_vintage
from features.series import select
from forecast.draws import Array, Assumptions, stream
from forecast.leaves import LEAVES
from forecast.share_state import SharePrior, ShareState, fit_share_state

REFERENCE: Final = "recast_2"
OFFSET_SD: Final[Mapping[str, float]] = {"recast_1": 0.2, "large_csp": 0.3, "top_five": 0.3, "keynote": 0.3}
CUSTOMER_NOISE: Final[Mapping[str, float]] = {"recast_1": 0.15}  # one customer's move was worth up to 12 points
PRIOR: Final = SharePrior(mid=0.5, sd=0.5, volatility=0.12, volatility_sd_log=0.4)
_LEAF_DRIFT: Final = 0.06  # log weight a quarter


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
    """

    state: ShareState
    share: Array
    by_definition: Mapping[str, Array]


def split_statements(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the statements about the hyperscale share of data-centre revenue, one row per figure."""
    rows = select(observations, measure="share", base="revenue", segment="hyperscale", leaf="all", stage="flow")
    return latest_vintage(rows[rows["definition"].isin([REFERENCE, *OFFSET_SD])])


def draw_split(observations: pd.DataFrame, quarters: pd.DatetimeIndex, *, draws: int, seed: int) -> Split:
    """Fit the split to the statements known and draw its path over the quarters.

    Raises
    ------
    ValueError
        If no statement about the split is known.
    """
    statements = split_statements(observations)
    if statements.empty:
        raise ValueError(
            "no statement about the hyperscale share of data-centre revenue was known at this origin; "
            "choose a later origin or add one to the record"
        )
    state = fit_share_state(
        statements, quarters, reference=REFERENCE, offset_sd=OFFSET_SD, noise=CUSTOMER_NOISE, prior=PRIOR
    )
    share, offsets = state.simulate(draws, stream(seed, "split"))
    moved = {name: expit(logit(share) + offset[:, None]) for name, offset in offsets.items()}
    return Split(state, share, {REFERENCE: share, **moved})


def leaf_shares(assumed: Assumptions, segment: str, periods: int, *, base_period: int, seed: int) -> Array:
    """Draw the shares of a segment's leaves: assumed weights that wander from a base period in both directions.

    Returns
    -------
    ndarray, shape (draws, periods, leaves)
        Shares that sum to one.
    """
    leaves = LEAVES[segment]
    weights = np.log(np.stack([assumed[f"leaf_share.{segment}.{leaf}"] for leaf in leaves], axis=-1))
    steps = stream(seed, f"leaf_drift.{segment}").standard_normal((len(weights), periods, len(leaves)))
    walk = np.cumsum(_LEAF_DRIFT * steps, axis=1)
    walk -= walk[:, [base_period], :]
    return shares_of(weights[:, None, :] + walk)


def shares_of(log_weights: Array) -> Array:
    """Return weights on the log scale as shares of their sum over the last axis.

    Examples
    --------
    >>> shares_of(np.log(np.array([1.0, 3.0]))).tolist()
    [0.25, 0.75]
    """
    weights = np.exp(log_weights - log_weights.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))
