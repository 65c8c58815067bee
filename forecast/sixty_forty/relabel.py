"""Relabelling a firm: the same demand, counted on the other side of the split.

A firm's part of its side is read from what it owns or spends; moving it moves that part of its side in every draw, and
with it the history of the share and the offset of every definition. The total stays as it is. Owner and user are kept
apart: a firm moves with the machines it owns, whoever runs on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import logit

from features.asof import latest_vintage
from features.calendars import quarter_label
from features.series import select
from forecast.draws import Array, stream
from forecast.split import Split

OWN_SPEND: Final = (0.5, 0.3)  # of capital spending goes to the vendor's systems: median and log sd, assumed
_MOST: Final = 0.95
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
        One row a quarter: ``quarter, before, after, firm`` (medians; ``firm`` is its share of both sides).
    offsets
        Definition to its mean logit offset before and after: ``definition, before, after``.
    """

    firm: str
    to: str
    share: Array
    levels: Array
    table: pd.DataFrame
    offsets: pd.DataFrame


def firm_spend(observations: pd.DataFrame, firm: str, quarters: pd.DatetimeIndex) -> pd.Series:
    """Return a firm's capital spending by quarter, US dollars.

    Raises
    ------
    ValueError
        If none is known, naming the firms that report it.
    """
    rows = latest_vintage(select(observations, measure="capex", stage="flow"))
    days = (rows["period_end"] - rows["period_start"]).dt.days
    rows = rows[days < _QUARTER_DAYS]
    mine = rows[rows["operator"] == _ACCOUNTS.get(firm, firm)]
    if mine.empty:
        known = ", ".join(sorted(set(rows["operator"])))
        raise ValueError(f"no quarterly capital spending of {firm!r} was known; firms with some are {known}")
    at = quarters.searchsorted(mine["period_start"] + (mine["period_end"] - mine["period_start"]) / 2)
    kept = at < len(quarters)
    return mine[kept].groupby(quarters[at[kept]])["value"].mean()


_QUARTER_DAYS: Final = 120
_ACCOUNTS: Final = {"google": "alphabet"}


def relabel(
    split: Split, revenue: Array, spend: pd.Series, quarters: pd.DatetimeIndex, *, firm: str, to: str, seed: int,
    valid_from: pd.Timestamp | None = None,
) -> Relabelled:  # fmt: skip
    """Move a firm to the other side of the split.

    Parameters
    ----------
    split
        Draws of the share, on ``quarters``.
    revenue
        Data-centre revenue, US dollars a quarter, shape (draws, quarters).
    spend
        The firm's capital spending (:func:`firm_spend`); its part of its side is held at the last four quarters known
        after them, and is zero before the first.
    to
        ``hyperscale`` or ``rest``.
    seed
        Of the named stream that draws how much of the spending goes to the vendor.
    valid_from
        First day the firm counts on the other side; all of history if not given.

    Raises
    ------
    ValueError
        If the side is not one of the two.
    """
    if to not in _SIDES:
        raise ValueError(f"side {to!r} is not known; choose one of {', '.join(_SIDES)}")
    source = 1 - split.share if to == "hyperscale" else split.share
    part = _part(spend, source * revenue, quarters, stream(seed, f"relabel.{firm}"))
    if valid_from is not None:
        part = np.where(quarters >= valid_from, part, 0.0)
    moved = source * part
    share = split.share + (moved if to == "hyperscale" else -moved)
    levels = np.stack([share * revenue, (1 - share) * revenue], axis=-1)
    table = pd.DataFrame({
        "quarter": [quarter_label(end) for end in quarters], "before": np.median(split.share, axis=0),
        "after": np.median(share, axis=0), "firm": np.median(moved, axis=0),
    })  # fmt: skip
    return Relabelled(firm, to, share, levels, table, _offsets(split, share))


def _part(spend: pd.Series, side: Array, quarters: pd.DatetimeIndex, random: np.random.Generator) -> Array:
    """Return the firm's part of its side in every draw, shape (draws, quarters)."""
    middle, sd = OWN_SPEND
    bought = middle * np.exp(sd * random.standard_normal(len(side)))
    at = quarters.get_indexer(pd.DatetimeIndex(spend.index))
    part = np.zeros_like(side)
    part[:, at] = bought[:, None] * spend.to_numpy() / side[:, at]
    for quarter in range(int(at.min()), int(at.max()) + 1):
        if quarter not in at:
            part[:, quarter] = part[:, quarter - 1]
    part[:, at.max() + 1 :] = part[:, np.sort(at)[-4:]].mean(axis=1, keepdims=True)
    return np.minimum(part, _MOST)


def _offsets(split: Split, share: Array) -> pd.DataFrame:
    rows = [
        {"definition": name, "before": float((logit(under) - logit(split.share)).mean()),
         "after": float((logit(under) - logit(share)).mean())}
        for name, under in split.by_definition.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)
