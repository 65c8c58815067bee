"""Answer to the question which leaf drives growth and which is most uncertain: exact parts of a sum, draw by draw.

A total is the sum of its leaves in every draw, so a leaf's part of the growth is its own growth over the total's, and
its part of the variance is its covariance with the total over the variance of the total: the Shapley value of a game in
which leaves bring their variance and share what they have in common by halves (Colini-Baldeschi, Scarsini and Vaccari,
2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import stream
from shiftcast.forecast.effects.words import said
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.spoken import percent, within
from shiftcast.forecast.views.answer import Answer, spread
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods, unit_of
from shiftcast.forecast.views.places import place_ahead, place_of

_RESAMPLED: Final = 400
_BAND: Final = (0.1, 0.9)
_NOTHING: Final = pd.DataFrame(columns=["name", "low", "mid", "high", "unit", "evidence", "source"])


@dataclass(frozen=True)
class Rank:
    """The question which leaf drives growth and which is most uncertain.

    Attributes
    ----------
    by, start
        Quarters between which it grows; from the last reported one to the last one ahead where they are left out.
    measure
        One of :data:`forecast.views.part.MEASURES`.
    segment
        Side whose leaves are ranked, or ``all``.
    """

    by: str | None = None
    start: str | None = None
    measure: str = "gpu_hours"
    segment: str = "rest"


def rank(cube: xr.Dataset, asked: Rank) -> Answer:
    """Return leaves by what they add to growth, and their parts of the variance.

    Parameters
    ----------
    cube
        Joint draws.
    asked
        Quarters, measure and segment.

    Returns
    -------
    Answer
        A row a leaf, the largest mean growth first: ``growth`` with its 8 in 10 interval [unit of the measure],
        ``growth_share`` of the mean growth of all of them [1], ``growth_place`` odds to be the one that grows most,
        ``variance_share`` [1] of the level with the interval of a bootstrap, ``spread`` of the leaf itself (log of its
        90 % over its 10 % quantile), and its rank by variance.

    Raises
    ------
    OutOfSupportError
        If a quarter is not in the forecast.
    ValueError
        If measure or segment is not known, or the segment has one leaf.
    """
    place, by = place_ahead(cube, asked.by)
    before = int(np.argmax(forecast_periods(cube))) - 1 if asked.start is None else place_of(cube, asked.start)
    if before >= place:
        raise InputError(f"start {asked.start} is not before {by}; give an earlier quarter")
    sides = segment_of_leaves(cube)
    leaves = [str(leaf) for leaf, side in zip(cube["leaf"].values, sides, strict=True) if asked.segment in {ALL, side}]
    if len(leaves) < 2:
        raise InputError(f"segment {asked.segment!r} has {len(leaves)} leaves; rank all or one of {sorted(set(sides))}")
    draws = np.stack([draws_of(cube, asked.measure, Part(leaf=leaf)) for leaf in leaves], axis=-1)
    labels = [quarter_label(periods(cube)[at]) for at in (before, place)]
    table = _table(leaves, draws[:, before], draws[:, place])
    unit = unit_of(cube, asked.measure)
    return Answer(
        f"leaves of {asked.segment} by {asked.measure}, {labels[0]} to {labels[1]}", table, _NOTHING, (_EXACT, _BANDS),
        says=_says(table, draws[:, [before, place]].sum(axis=-1), asked, labels, unit),
        units=dict.fromkeys(("growth", "growth_median", "growth_low80", "growth_high80"), unit)
        | dict.fromkeys(_SHARES, "share") | {"own_spread": "log", "variance_rank": "place"},
    )  # fmt: skip


_SHARES: Final = ("growth_share", "odds_first", "variance_share", "variance_share_low80", "variance_share_high80")
_EXACT: Final = (
    "A leaf's part of the variance is its covariance with the total over the variance of the total, which is exact and "
    "adds up to one; it is below nought where a leaf moves against the others."
)
_BANDS: Final = (
    "Intervals of growth are over the draws, those of the parts of the variance over 400 resamples of the draws. "
    "`own_spread` is the log of a leaf's own 90 % over its 10 % quantile: what is most uncertain in itself need not be "
    "most of what is uncertain in the total."
)


def variance_shares(parts: Array) -> Array:
    """Return each part's share of the variance of the sum.

    Parameters
    ----------
    parts
        Draws, shape (draws, parts), in one unit.

    Returns
    -------
    ndarray, shape (parts,)
        Covariance with the sum over the variance of the sum [1]; they add up to one, and are zero where the sum is
        the same in all draws.

    Examples
    --------
    >>> variance_shares(np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 4.0]])).round(3).tolist()
    [0.538, 0.462]
    """
    off = parts - parts.mean(axis=0)
    total = off.sum(axis=1)
    whole = float(total @ total)
    return np.asarray(off.T @ total / whole if whole > 0 else np.zeros(parts.shape[1]))


def _table(leaves: list[str], before: Array, after: Array) -> pd.DataFrame:
    growth, shares = after - before, variance_shares(after)
    low, high = np.quantile(_resampled(after), _BAND, axis=0)
    whole = float(growth.sum(axis=1).mean())
    first = np.bincount(growth.argmax(axis=1), minlength=len(leaves)) / len(growth)
    rows = [
        {
            "leaf": leaf, "growth": float(growth[:, at].mean()), **spread("growth", growth[:, at]),
            "growth_share": float(growth[:, at].mean()) / whole if whole else 0.0, "odds_first": float(first[at]),
            "variance_share": float(shares[at]), "variance_share_low80": float(low[at]),
            "variance_share_high80": float(high[at]), "own_spread": _own(after[:, at]),
        }
        for at, leaf in enumerate(leaves)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table["variance_rank"] = table["variance_share"].rank(ascending=False, method="first").astype(int)
    return table.sort_values("growth", ascending=False, kind="stable").reset_index(drop=True)


def _resampled(parts: Array) -> Array:
    """Return variance shares of resampled draws, shape (resamples, parts)."""
    random, many = stream(0, "effects.rank"), len(parts)
    return np.stack([variance_shares(parts[random.integers(many, size=many)]) for _ in range(_RESAMPLED)])


def _own(level: Array) -> float:
    low, high = np.quantile(level, _BAND)
    return float(np.log(high / low)) if low > 0 else float("nan")


def _says(table: pd.DataFrame, both: Array, asked: Rank, labels: list[str], unit: str) -> str:
    top = table.iloc[0]
    vague = table.sort_values("variance_rank").iloc[0]
    whole = float((both[:, 1] - both[:, 0]).mean())
    own = table.loc[table["own_spread"].idxmax(), "leaf"] if table["own_spread"].notna().any() else vague["leaf"]
    also = "" if own == vague["leaf"] else f" In itself {own} is the least certain."
    same = vague["leaf"] == top["leaf"]
    vaguest = "It is the most uncertain as well" if same else f"Most uncertain is {vague['leaf']}"
    grown = within(said(top["growth_low80"]), said(top["growth_high80"]))
    part = within(percent(vague["variance_share_low80"]), percent(vague["variance_share_high80"]))
    return (
        f"{top['leaf']} drives growth: {said(top['growth_median'], unit)} ({grown}) from {labels[0]} to "
        f"{labels[1]}, {percent(top['growth_share'])} of the {said(whole, unit)} that "
        f"{asked.segment} adds in {asked.measure}; it adds most in "
        f"{percent(top['odds_first'])} of the draws. {vaguest}: "
        f"{percent(vague['variance_share'])} ({part}) of the variance of {asked.segment} in {labels[1]}.{also}"
    )
