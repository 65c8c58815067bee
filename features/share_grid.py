"""Arrange share histories as dense arrays: each series on its own regular grid, groups of one shape together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Flags, Integers
from shiftcast.features.share_calendar import EPOCH, dated_slots, ends_after, per_year

MEMORY: Final = 40  # periods of history that the model looks at
AHEAD: Final = 12  # periods after an origin that the model learns from
CHUNK: Final = 400  # series worked on at once, so that memory does not grow with their number


@dataclass(frozen=True)
class SharePanel:
    """Series of one shape side by side, newest period last.

    Attributes
    ----------
    series, group
        Names, shape (N,).
    pool
        Number of the series' pool, shape (N,): its group, split by step where a group mixes frequencies.
    categories
        Names by series, N tuples; the k-th is column k of that row.
    shares
        Shares [share], shape (N, T, K), each period adds up to one; NaN before a series begins and past its
        last category.
    sizes
        Sample size by period [count], shape (N, T); NaN where not given.
    seen
        Whether the category was ever above zero, shape (N, K), in the whole history.
    recent
        Period ends of the last year, oldest first [day since 1970], N tuples; the last one alone where the
        year has gaps.
    step
        Days from one period to the next, shape (N,).
    rhythm
        Frequency and calendar (:mod:`features.period_calendars`) of each series, N pairs; empty names where its dates
        follow none.
    """

    series: tuple[str, ...]
    group: tuple[str, ...]
    pool: Integers
    categories: tuple[tuple[str, ...], ...]
    shares: Array
    sizes: Array
    seen: Flags
    recent: tuple[tuple[int, ...], ...]
    step: Array
    rhythm: tuple[tuple[str, str], ...]

    @property
    def named(self) -> Flags:
        """Whether a column holds a category of its row, shape (N, K)."""
        return ~np.isnan(self.shares[:, -1])


def share_panels(rows: pd.DataFrame, frequency: str | None = None) -> Iterator[SharePanel]:
    """Yield panels of checked rows; groups are whole, and a group's panel depends on nothing but the group.

    The step of a series is the lower quartile of its gaps, called by the calendar step nearest to it. A
    missing period is filled on a straight line between its neighbours; gaps shorter than the step are
    refused.

    Parameters
    ----------
    rows
        Checked rows of :func:`features.shares.check_share_rows`.
    frequency
        Frequency of series with one period; that of most in their group where not given.

    Yields
    ------
    SharePanel
        Whole groups of one length and width, batched to about 400 series.

    Raises
    ------
    ValueError
        Where two dates of a series fall into one period of its grid, or one date leaves the frequency open.

    Examples
    --------
    >>> from shiftcast.features.shares import check_share_rows
    >>> dates = ["2020-12-31", "2021-12-31", "2023-12-31"]
    >>> frame = pd.DataFrame({"series": "s", "period_end": dates, "category": "a", "value": 2.0})
    >>> next(share_panels(check_share_rows(frame))).shares[0, :, 0]
    array([1., 1., 1., 1.])
    """
    coded = _coded(rows, frequency)
    shape = coded.drop_duplicates("s").groupby("group")[["length", "width"]].max()
    blocks = coded.groupby("group", sort=False).indices
    for _, alike in shape.groupby(["length", "width"]):
        batch: list[Integers] = []
        count = 0
        for name in alike.index:
            batch.append(np.asarray(blocks[name], dtype=np.int64))
            count += int(coded["s"].to_numpy()[blocks[name][-1]] - coded["s"].to_numpy()[blocks[name][0]]) + 1
            if count >= CHUNK:
                yield _panel(coded.iloc[np.concatenate(batch)])
                batch, count = [], 0
        if batch:
            yield _panel(coded.iloc[np.concatenate(batch)])


def future_ends(panel: SharePanel, at: int, horizon: int) -> pd.DatetimeIndex:
    """Return the ends of the ``horizon`` periods after the last of series ``at``, on the calendar that it follows.

    Parameters
    ----------
    panel
        Panel that holds the series.
    at
        Row of the series in the panel.
    horizon
        Periods ahead [period].

    Returns
    -------
    DatetimeIndex, shape (horizon,)
        Period ends, midnight UTC.

    Examples
    --------
    >>> from shiftcast.features.shares import check_share_rows
    >>> dates = ["2023-06-30", "2023-11-30", "2024-06-30", "2024-11-30"]
    >>> frame = pd.DataFrame({"series": "s", "period_end": dates, "category": "a", "value": 2.0})
    >>> panel = next(share_panels(check_share_rows(frame)))
    >>> future_ends(panel, 0, 2).strftime("%Y-%m-%d").tolist()
    ['2025-06-30', '2025-11-30']
    """
    return ends_after(panel.recent[at], float(panel.step[at]), panel.rhythm[at], horizon)


def _coded(rows: pd.DataFrame, frequency: str | None) -> pd.DataFrame:
    """Return one line per row: codes of series, category and period slot, and its panel's shape."""
    coded = rows.assign(s=rows.groupby(["group", "series"], sort=True).ngroup())
    names = coded.drop_duplicates(["s", "category"]).sort_values(["s", "category"], kind="stable")
    names = names.assign(k=names.groupby("s").cumcount())
    coded["k"] = coded[["s", "category"]].merge(names[["s", "category", "k"]], how="left").k.to_numpy()
    coded["day"] = ((coded.period_end - EPOCH) / pd.Timedelta(days=1)).to_numpy()
    dates = coded.drop_duplicates(["s", "day"]).sort_values(["s", "day"], ignore_index=True)
    dates = dated_slots(dates[["s", "group", "day", "series", "period_end"]], frequency)
    placed = ["step", "slot", "frequency", "calendar"]
    coded[placed] = coded[["s", "day"]].merge(dates, on=["s", "day"], how="left")[placed].to_numpy()
    coded["step"] = coded.step.astype(float)
    coded["slot"] = coded.slot.astype(int)
    by_group = coded.groupby("group")
    coded["length"] = (by_group.slot.transform("max") + 1).clip(upper=MEMORY)
    coded["width"] = by_group.k.transform("max") + 1
    return coded


def _panel(coded: pd.DataFrame) -> SharePanel:
    """Return the panel of whole groups whose shapes agree."""
    length, width = int(coded.length.iloc[0]), int(coded.width.iloc[0])
    heads = coded.drop_duplicates("s")
    at = np.searchsorted(heads["s"].to_numpy(), coded["s"].to_numpy())
    count, slot, k = len(heads), coded.slot.to_numpy(), coded.k.to_numpy()
    value = coded.value.to_numpy(dtype=float)
    recent = slot < length
    levels, sizes = np.zeros((count, length, width)), np.full((count, length), np.nan)
    levels[at[recent], length - 1 - slot[recent], k[recent]] = value[recent]
    sizes[at[recent], length - 1 - slot[recent]] = coded.n.to_numpy()[recent]
    seen = np.zeros((count, width), dtype=bool)
    seen[at[value > 0], k[value > 0]] = True
    named = np.zeros((count, width), dtype=bool)
    named[at, k] = True
    return SharePanel(
        series=tuple(heads.series),
        group=tuple(heads.group),
        pool=np.asarray(heads.groupby(["group", "step"], sort=False).ngroup(), dtype=np.int64),
        categories=_categories(coded, count),
        shares=_filled(levels, named),
        sizes=sizes,
        seen=seen,
        recent=_recent(coded),
        step=heads.step.to_numpy(dtype=float),
        rhythm=tuple(zip(heads.frequency, heads.calendar, strict=True)),
    )


def _categories(coded: pd.DataFrame, count: int) -> tuple[tuple[str, ...], ...]:
    """Return the categories of each series in the order of their columns."""
    names = coded.drop_duplicates(["s", "k"]).sort_values(["s", "k"])
    cuts = np.flatnonzero(np.diff(names["s"].to_numpy())) + 1
    parts = np.split(names.category.to_numpy(), cuts)
    if len(parts) != count:
        raise RuntimeError("a series lost its categories")
    return tuple(tuple(part) for part in parts)


def _filled(levels: Array, named: Flags) -> Array:
    """Return shares with missing periods on a straight line between neighbours, NaN outside each history."""
    total = levels.sum(axis=2)
    there = total > 0
    shares = levels / np.where(there, total, 1.0)[:, :, None]
    number = np.arange(shares.shape[1])
    before = np.maximum.accumulate(np.where(there, number, -1), axis=1)
    after = np.minimum.accumulate(np.where(there, number, len(number))[:, ::-1], axis=1)[:, ::-1]
    begun = before >= 0
    lower, upper = np.maximum(before, 0), np.minimum(after, len(number) - 1)
    weight = np.where(upper > lower, (number - lower) / np.maximum(upper - lower, 1), 0.0)[:, :, None]
    rows = np.arange(len(shares))[:, None]
    filled = shares[rows, lower] * (1 - weight) + shares[rows, upper] * weight
    return np.asarray(np.where(begun[:, :, None] & named[:, None, :], filled, np.nan))


def _recent(coded: pd.DataFrame) -> tuple[tuple[int, ...], ...]:
    """Return, by series, the period ends of its last whole year, or the last one where some are missing."""
    out = []
    dates = coded.drop_duplicates(["s", "slot"]).sort_values(["s", "slot"])
    step, slot = dates.step.to_numpy(), dates.slot.to_numpy()
    starts = np.flatnonzero(np.r_[True, np.diff(dates["s"].to_numpy()) > 0])
    days = dates.day.to_numpy(dtype=np.int64)
    for start in starts:
        want = per_year(step[start])
        whole = 0 < want <= len(slot) - start and (slot[start : start + want] == np.arange(want)).all()
        out.append(tuple(days[start : start + (want if whole else 1)][::-1].tolist()))
    return tuple(out)
