"""Relabel a firm: the same demand, counted on the other side of the split.

A firm's part of its side is read from what it owns or spends; moving it moves that part of its side in every draw, and
with it the history of the share and the offset of every definition. The total stays as it is. Owner and user are kept
apart: a firm moves with the machines it owns, whoever runs on them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import LONGEST_QUARTER, quarter_label
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.split.share import Split

_MOST: Final = 0.95
_MARKS: Final = (0.1, 0.5, 0.9)
_SIDES: Final = ("hyperscale", "rest")


@dataclass(frozen=True)
class Relabelled:
    """A split with one firm on the other side.

    Attributes
    ----------
    firm, to
        Who moved, and to which side.
    share
        Under the reference definition after the move, shape (draws, quarters).
    levels
        Revenue of hyperscale and rest after it, US dollars a quarter, shape (draws, quarters, 2).
    table
        One row a quarter: ``quarter, before, after, firm`` (medians; ``firm`` is its share of both sides), each with
        its 8 in 10 interval, such as ``after_low80, after_high80``.
    offsets
        Definition to its mean logit offset before and after: ``definition, before, after``.
    reference
        The reference definition.
    beyond
        Quarters it moves in, in which what the firm is taken to have bought would be all of its side or more.
    """

    firm: str
    to: str
    share: Array
    levels: Array
    table: pd.DataFrame
    offsets: pd.DataFrame
    reference: str
    beyond: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the record contradicts of the firm's purchases; nothing if it contradicts none of them."""
        if not self.beyond:
            return ()
        spans = ", ".join(_spans(list(self.table["quarter"]), self.beyond))
        said = (
            f"What {self.firm} bought is taken as a share of its spending that was judged for later years. In {spans} "
            "that would be all that its side bought, or more, which the record contradicts: its part is not known "
            "there, and taken as in the quarters in which it can be."
        )
        return (said,)

    @property
    def frame(self) -> pd.DataFrame:
        """The table with what it is of: ``definition, base, name, to`` and ``offset_before, offset_after`` [logit]."""
        own = self.offsets.set_index("definition").loc[self.reference]
        return self.table.assign(
            definition=self.reference, base="revenue", name=self.firm, to=self.to, offset_before=own["before"],
            offset_after=own["after"],
        )  # fmt: skip


def firm_spend(
    observations: DataFrame[Observations], firm: str, quarters: pd.DatetimeIndex, *, market: Market
) -> pd.Series:  # fmt: skip
    """Return a firm's capital spending by quarter, US dollars.

    Parameters
    ----------
    observations
        Rows cut to an origin.
    firm
        Name, as in the memberships.
    quarters
        Ends of the quarters to place spending in, by the middle of its period.
    market
        Which operator's accounts report the firm's spending.

    Returns
    -------
    Series
        Capital spending [USD/quarter] by quarter end; known quarters only.

    Raises
    ------
    ValueError
        If none is known, naming the firms that report it.
    """
    rows = select(observations, measure="capex", stage="flow")
    days = (rows["period_end"] - rows["period_start"]).dt.days
    rows = rows[days < LONGEST_QUARTER]
    mine = rows[rows["operator"] == market.operators.accounts.get(firm, firm)]
    if mine.empty:
        known = ", ".join(sorted(set(rows["operator"])))
        raise InputError(f"no quarterly capital spending of {firm!r} was known; firms with some are {known}")
    at = quarters.searchsorted(mine["period_start"] + (mine["period_end"] - mine["period_start"]) / 2)
    kept = at < len(quarters)
    return mine[kept].groupby(quarters[at[kept]])["value"].mean()


def vendor_spend(assumed: Assumptions, firm: str) -> Array:
    """Return draws of the share of a firm's capital spending that buys the vendor's systems, shape (draws,).

    It is the firm's own row of the assumptions where there is one, since own chips (TPU, Trainium, MTIA) and buildings
    take very different parts, and the row for any other firm where there is none.

    Parameters
    ----------
    assumed
        Rows ``vendor_spend.*``.
    firm
        Name of the firm.

    Returns
    -------
    ndarray, shape (draws,)
        Share of capital spending [share].
    """
    return assumed[f"vendor_spend.{firm if firm in assumed.names('vendor_spend') else 'other'}"]


def relabel(
    split: Split, revenue: Array, bought: Array, quarters: pd.DatetimeIndex, *, firm: str, to: str,
    since: NDArray[np.bool_] | None = None,
) -> Relabelled:  # fmt: skip
    """Move a firm to the other side of the split.

    Parameters
    ----------
    split
        Draws of the share, on ``quarters``.
    revenue
        Data-centre revenue, US dollars a quarter, shape (draws, quarters).
    bought
        What the firm bought of it (:func:`purchases`), shape (draws, quarters); missing where it is not known. Its part
        of its side is held at the last four quarters known after them, at the quarter before within them, and is zero
        before the first. Quarters in which it would be all of its side or more count as not known; those before the
        first that counts hold the mean part of all that do.
    to
        ``hyperscale`` or ``rest``.
    since
        Quarters in which the firm counts on the other side, shape (quarters,); all if not given.

    Returns
    -------
    Relabelled
        The share, both levels, a table by quarter, and the offsets that follow.

    Raises
    ------
    ValueError
        If the side is not one of the two, or no quarter is left in which the firm's part is known.
    """
    if to not in _SIDES:
        raise InputError(f"side {to!r} is not known; choose one of {', '.join(_SIDES)}")
    source = 1 - split.share if to == "hyperscale" else split.share
    known, beyond = _possible(bought / (source * revenue))
    if not np.isfinite(known).any():
        raise InputError(f"{firm!r} would have bought all that its side did in every quarter; its part is not known")
    part = _part(known, beyond)
    if since is not None:
        part, beyond = np.where(since, part, 0.0), beyond & since
    moved = source * part
    share = split.share + (moved if to == "hyperscale" else -moved)
    levels = np.stack([share * revenue, (1 - share) * revenue], axis=-1)
    table = pd.DataFrame({"quarter": [quarter_label(end) for end in quarters]})
    for name, draws in {"before": split.share, "after": share, "firm": moved}.items():
        low, table[name], high = np.quantile(draws, _MARKS, axis=0)
        table[f"{name}_low80"], table[f"{name}_high80"] = low, high
    return Relabelled(
        firm, to, share, levels, table, _offsets(split, share), split.reference, tuple(table["quarter"][beyond])
    )


def purchases(
    observations: DataFrame[Observations], assumed: Assumptions, firm: str, quarters: pd.DatetimeIndex, *,
    market: Market,
) -> Array:  # fmt: skip
    """Return what a firm bought of the vendor, US dollars a quarter, shape (draws, quarters), missing where not known.

    Parameters
    ----------
    observations
        Rows cut to an origin.
    assumed
        Rows ``vendor_spend.*``.
    firm
        Name of the firm.
    quarters
        Ends of the quarters.
    market
        Which operator's accounts report the firm's spending.

    Returns
    -------
    ndarray, shape (draws, quarters)
        US dollars a quarter; NaN where no spending is known.

    Raises
    ------
    ValueError
        If no spending of the firm is known; see :func:`firm_spend`.
    """
    spend = firm_spend(observations, firm, quarters, market=market).reindex(quarters).to_numpy()
    return np.asarray(vendor_spend(assumed, firm)[:, None] * spend)


def _possible(part: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return a firm's parts without those of quarters in which it would be all of its side, and which those are."""
    beyond = np.quantile(part, _MARKS[-1], axis=0) >= _MOST  # false where it is not known
    return np.where(beyond, np.nan, part), beyond


def _part(known: Array, beyond: NDArray[np.bool_]) -> Array:
    """Return the firm's part of its side in every draw and quarter, filled where it is not known."""
    at = np.flatnonzero(np.isfinite(known[0]))
    part = np.nan_to_num(known)
    early = beyond & (np.arange(len(beyond)) < at.min())
    part[:, early] = part[:, at].mean(axis=1, keepdims=True)
    for quarter in range(int(at.min()), int(at.max()) + 1):
        if quarter not in at:
            part[:, quarter] = part[:, quarter - 1]
    part[:, at.max() + 1 :] = part[:, at[-4:]].mean(axis=1, keepdims=True)
    return np.minimum(part, _MOST)


def _spans(quarters: Sequence[str], some: Collection[str]) -> list[str]:
    """Return some of the quarters as spans of neighbours.

    Examples
    --------
    >>> _spans(["2024Q1", "2024Q2", "2024Q3", "2024Q4"], ("2024Q1", "2024Q2", "2024Q4"))
    ['2024Q1 to 2024Q2', '2024Q4']
    """
    runs = [list(run) for inside, run in groupby(quarters, lambda each: each in some) if inside]
    return [run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]


def _offsets(split: Split, share: Array) -> pd.DataFrame:
    rows = [
        {"definition": name, "before": float((logit(under) - logit(split.share)).mean()),
         "after": float((logit(under) - logit(share)).mean())}
        for name, under in split.by_definition.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)
