"""Rolling origins: histories cut at past dates with the shares that followed, for learning and evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.share_grid import SharePanel, share_panels
from shiftcast.features.shares import check_share_rows
from shiftcast.forecast.migration.state import PathState, path_state

AHEAD: Final = 12  # periods of future stored after an origin
MIN_HISTORY: Final = 8
MIN_FUTURE: Final = 4
MEMORY: Final = 40
UNSEEN: Final = "unseen"  # the category of everything that had not appeared by the origin


@dataclass(frozen=True)
class Origin:
    """One panel at one origin, with the shares that followed.

    Attributes
    ----------
    set_name
        Name of the reference set.
    state
        The paths up to the origin.
    future
        Shares after the origin [1], shape (N, 12, K); NaN where not observed.
    """

    set_name: str
    state: PathState
    future: Array


def rolling_origins(history: pd.DataFrame, set_name: str, *, count: int) -> Iterator[Origin]:
    """Yield up to ``count`` origins of one reference set, evenly spaced over its dates.

    Nothing after the origin is in the state: categories not yet seen are added up as ``unseen``.

    Parameters
    ----------
    history
        Columns ``series, period, category, share, observed`` on a regular grid.
    set_name
        Name of the set; all its series at one origin are one group.
    count
        Most dates to cut at.

    Yields
    ------
    Origin
        A panel at an origin; one date may give several panels.
    """
    grid = np.sort(history.period.unique())
    if len(grid) < MIN_HISTORY + MIN_FUTURE:
        return
    wide = {str(name): _wide(part) for name, part in history.groupby("series")}
    for pick in np.unique(np.linspace(MIN_HISTORY, len(grid) - MIN_FUTURE, count).round().astype(int)):
        cuts = {name: cut(table, seen, grid[pick - 1]) for name, (table, seen) in wide.items()}
        kept = {name: both for name, both in cuts.items() if both is not None}
        if kept:
            yield from _origins(kept, set_name)


def cut(table: pd.DataFrame, observed: pd.Series, day: np.datetime64) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return history and future of one wide table at a day, or none where either is too short.

    Parameters
    ----------
    table
        Shares [1], periods in rows and categories in columns.
    observed
        One for each period that was observed, zero for one filled in.
    day
        The origin; the last day of the history.

    Returns
    -------
    tuple of two DataFrames, or None
        Up to 40 periods of history and up to 12 of future, with a column ``unseen``; the future is NaN where not
        observed.

    Examples
    --------
    >>> days = pd.date_range("2000-01-01", periods=12, freq="YS")
    >>> table = pd.DataFrame({"a": 1.0, "b": [0.0] * 9 + [1.0] * 3}, index=days)
    >>> past, future = cut(table, pd.Series(1, index=days), days[7])
    >>> list(past.columns), future["unseen"].tolist()
    (['a', 'unseen'], [0.0, 1.0, 1.0, 1.0])
    """
    past, future = table[table.index <= day], table[table.index > day].iloc[:AHEAD]
    whole = len(past) >= MIN_HISTORY and len(future) >= MIN_FUTURE and past.index[-1] == day
    if not whole or observed[day] == 0:
        return None
    seen = past.columns[(past > 0).any()]
    later = future[seen].assign(**{UNSEEN: future.drop(columns=seen).sum(axis=1)})
    later.loc[observed.reindex(later.index) == 0] = np.nan
    return past[seen].iloc[-MEMORY:].assign(**{UNSEEN: 0.0}), later


def _wide(part: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the shares of one series, periods by categories, and which periods were observed."""
    shares = part.set_index(["period", "category"])["share"]
    table = shares.unstack("category").sort_index()  # noqa: PD010  (the keys are in the index)
    return table, part.groupby("period")["observed"].max()


def _origins(cuts: dict[str, tuple[pd.DataFrame, pd.DataFrame]], set_name: str) -> Iterator[Origin]:
    """Yield the panels of one origin."""
    parts = []
    for name, (past, _) in cuts.items():
        named = past.rename_axis(index="period_end", columns="category").reset_index()
        tidy = named.melt("period_end", value_name="value")
        parts.append(tidy.assign(series=name, group=set_name))
    for panel in share_panels(check_share_rows(pd.concat(parts))):
        yield Origin(set_name, path_state(panel), _future(panel, cuts))


def _future(panel: SharePanel, cuts: dict[str, tuple[pd.DataFrame, pd.DataFrame]]) -> Array:
    """Return the shares after the origin, in the panel's order of series and categories, shape (N, 12, K)."""
    future = np.full((len(panel.series), AHEAD, panel.shares.shape[2]), np.nan)
    for at, (name, names) in enumerate(zip(panel.series, panel.categories, strict=True)):
        later = cuts[name][1][list(names)].to_numpy()
        future[at, : len(later), : len(names)] = later
    return future
