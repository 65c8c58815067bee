"""Saved memberships applied to the split: a firm counts on the side it was assigned to, from the day of that.

The figures of a definition count a firm on one side throughout; rows saved later move it from their first day on. A
membership is about who owns the machines. Who uses them is another column: a lab in a cloud stays in the leaf
``hosted`` of its owner's side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Memberships, Observations
from shiftcast.features.membership import published_side, sides_over
from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.once import once
from shiftcast.forecast.split.relabel import purchases, relabel
from shiftcast.forecast.split.share import Split


@dataclass(frozen=True)
class Move:
    """A firm that counts elsewhere than in the published figures.

    Attributes
    ----------
    firm, to
        Who, and on which side it counts.
    since
        In which quarters, shape (quarters,).
    """

    firm: str
    to: str
    since: NDArray[np.bool_]


@once
def saved_moves(memberships: DataFrame[Memberships], quarters: pd.DatetimeIndex, reference: str) -> tuple[Move, ...]:
    """Return the firms that saved memberships put on another side than the figures of the reference definition do.

    Parameters
    ----------
    memberships
        Memberships frame, cut to an origin.
    quarters
        Ends of the quarters.
    reference
        The reference definition.

    Returns
    -------
    tuple of Move
        One a firm and side, with the quarters in which it counts there.
    """
    under = memberships[memberships["definition"] == reference]
    moves = []
    for firm in sorted(set(under["firm"])):
        sides = np.array(sides_over(under, firm, reference, quarters))
        away = sides != published_side(under, firm, reference)
        moves += [Move(firm, to, away & (sides == to)) for to in ("hyperscale", "rest") if (away & (sides == to)).any()]
    return tuple(moves)


def as_saved(
    split: Split, revenue: Array, observations: DataFrame[Observations], moves: tuple[Move, ...], sampling: Sampling, *,
    market: Market,
) -> Split:  # fmt: skip
    """Return the split with saved memberships applied; without any it is the same object.

    Parameters
    ----------
    split
        Draws under the published memberships.
    revenue
        Data-centre revenue, US dollars a quarter, shape (draws, quarters).
    observations
        Rows cut to an origin.
    moves
        From :func:`saved_moves`.
    sampling
        Quarters of the draws, and the assumed shares of spending.
    market
        Who reports a firm's spending.

    Returns
    -------
    Split
        Draws of the share with every move applied; definitions other than the reference stay.

    Raises
    ------
    ValueError
        If no spending of a firm that moved is known.
    """
    quarters = sampling.quarters
    for move in moves:
        bought = purchases(observations, sampling.assumed, move.firm, quarters, market=market)
        share = relabel(split, revenue, bought, quarters, firm=move.firm, to=move.to, since=move.since).share
        split = replace(split, share=share, by_definition={**split.by_definition, split.reference: share})
    return split


def moved_text(moves: tuple[Move, ...], quarters: pd.DatetimeIndex) -> str:
    """Return a line for people on what saved memberships moved; ``none`` if nothing.

    Parameters
    ----------
    moves
        From :func:`saved_moves`.
    quarters
        Ends of the quarters.

    Returns
    -------
    str
        Firm, side and first month of each move.

    Examples
    --------
    >>> moved_text((), pd.DatetimeIndex([], tz="UTC"))
    'none'
    """
    texts = [f"{move.firm} as {move.to} from {quarters[int(np.argmax(move.since))]:%Y-%m}" for move in moves]
    return "; ".join(texts) or "none"
