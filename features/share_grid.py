"""Arrange share histories as dense arrays: each series on its own regular grid, groups of one shape together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Flags, Integers
from shiftcast.features.input_error import InputError

MEMORY: Final = 40  # periods of history that the model looks at
AHEAD: Final = 12  # periods after an origin that the model learns from
CHUNK: Final = 400  # series worked on at once, so that memory does not grow with their number
STEPS: Final = np.array([1.0, 7.0, 14.0, 30.436875, 60.87375, 91.310625, 121.7475, 182.62125, 365.2425])  # days
MOST_MISSING: Final = 4.5  # smallest gaps in a usual one
EPOCH: Final = pd.Timestamp("1970-01-01", tz="UTC")
NEAR: Final = 0.2  # how far, in logs, a spacing may be from a calendar step and still be called by it


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

    @property
    def named(self) -> Flags:
        """Whether a column holds a category of its row, shape (N, K)."""
        return ~np.isnan(self.shares[:, -1])


def share_panels(rows: pd.DataFrame) -> Iterator[SharePanel]:
    """Yield panels of checked rows; groups are whole, and a group's panel depends on nothing but the group.

    The step of a series is the lower quartile of its gaps, called by the calendar step nearest to it. A
    missing period is filled on a straight line between its neighbours; gaps shorter than the step are
    refused.

    Parameters
    ----------
    rows
        Checked rows of :func:`features.shares.check_share_rows`.

    Yields
    ------
    SharePanel
        Whole groups of one length and width, batched to about 400 series.

    Raises
    ------
    ValueError
        Where two dates of a series fall into one period of its grid.

    Examples
    --------
    >>> from shiftcast.features.shares import check_share_rows
    >>> dates = ["2020-12-31", "2021-12-31", "2023-12-31"]
    >>> frame = pd.DataFrame({"series": "s", "period_end": dates, "category": "a", "value": 2.0})
    >>> next(share_panels(check_share_rows(frame))).shares[0, :, 0]
    array([1., 1., 1., 1.])
    """
    coded = _coded(rows)
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
    """Return the ends of the ``horizon`` periods after the last of series ``at``, keeping the year's pattern.

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
    return _future_ends(panel.recent[at], float(panel.step[at]), horizon)


@lru_cache(maxsize=4096)
def _future_ends(recent_days: tuple[int, ...], step: float, horizon: int) -> pd.DatetimeIndex:
    """Return the future period ends after the last year's, given as days since 1970."""
    recent = [EPOCH + pd.Timedelta(days=day) for day in recent_days]
    ahead = range(horizon)
    if step < STEPS[3] * (1 - NEAR):
        return pd.DatetimeIndex([recent[-1] + pd.Timedelta(days=round(step * (h + 1))) for h in ahead])
    if len(recent) == _per_year(step):
        turns = [divmod(h, len(recent)) for h in ahead]
        return pd.DatetimeIndex([_months_on(recent[place], 12 * (1 + turn)) for turn, place in turns])
    months = max(1, round(step / STEPS[3]))
    return pd.DatetimeIndex([_months_on(recent[-1], months * (h + 1)) for h in ahead])


def _per_year(step: float) -> int:
    """Return how many steps of so many days make a year; none where a step is longer."""
    return round(STEPS[-1] / step) if step < STEPS[-1] * (1 + NEAR) else 0


def _months_on(day: pd.Timestamp, months: int) -> pd.Timestamp:
    """Return the day so many months later; the last day of a month stays one."""
    moved = day + pd.DateOffset(months=months)
    return moved + pd.offsets.MonthEnd(0) if day.is_month_end else moved


def _coded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one line per row: codes of series, category and period slot, and its panel's shape."""
    coded = rows.assign(s=rows.groupby(["group", "series"], sort=True).ngroup())
    names = coded.drop_duplicates(["s", "category"]).sort_values(["s", "category"], kind="stable")
    names = names.assign(k=names.groupby("s").cumcount())
    coded["k"] = coded[["s", "category"]].merge(names[["s", "category", "k"]], how="left").k.to_numpy()
    coded["day"] = ((coded.period_end - EPOCH) / pd.Timedelta(days=1)).to_numpy()
    dates = coded.drop_duplicates(["s", "day"])[["s", "day", "series", "period_end"]].sort_values(["s", "day"])
    dates = dates.assign(step=_steps(dates))
    dates["slot"] = _slots(dates)
    coded[["step", "slot"]] = coded[["s", "day"]].merge(dates, on=["s", "day"], how="left")[["step", "slot"]].to_numpy()
    coded["slot"] = coded.slot.astype(int)
    by_group = coded.groupby("group")
    coded["length"] = (by_group.slot.transform("max") + 1).clip(upper=MEMORY)
    coded["width"] = by_group.k.transform("max") + 1
    return coded


def _steps(dates: pd.DataFrame) -> Array:
    """Return the step of each date's series [day]: the lower quartile of gaps, by the nearest step.

    The smallest gap takes its place where it is a calendar step itself and the quartile at most four of it:
    then the longer gaps are missing periods.
    """
    gaps = dates.groupby("s").day.diff().groupby(dates["s"])
    usual = gaps.quantile(0.25, interpolation="lower").reindex(dates["s"]).fillna(STEPS[-1]).to_numpy()
    least = gaps.min().reindex(dates["s"]).fillna(STEPS[-1]).to_numpy()
    finer = _near(least) & (usual > least * (1 + NEAR)) & (usual < least * MOST_MISSING)
    raw = np.where(finer, least, usual)
    years = np.maximum(np.round(raw / STEPS[-1]), 1) * STEPS[-1]
    nearest = np.where(raw > STEPS[-1] * (1 + NEAR), years, _called(raw))
    return np.asarray(np.where(np.abs(np.log(raw / nearest)) < NEAR, nearest, raw))


def _called(raw: Array) -> Array:
    """Return the calendar step nearest to each spacing [day]."""
    return np.asarray(STEPS[np.abs(np.log(raw[:, None] / STEPS)).argmin(axis=1)])


def _near(raw: Array) -> Flags:
    """Return whether a spacing may be called by its calendar step."""
    return np.asarray(np.abs(np.log(raw / _called(raw))) < NEAR)


def _slots(dates: pd.DataFrame) -> pd.Series:
    """Return how many periods each date lies before the last of its series, gaps rounded to whole steps.

    Raises
    ------
    ValueError
        Where a gap is less than half a step.
    """
    gaps = (dates.groupby("s").day.diff() / dates.step).round()
    crowded = (gaps == 0).to_numpy()
    if crowded.any():
        at = int(crowded.argmax())
        first, second = dates.iloc[at - 1], dates.iloc[at]
        raise InputError(
            f"series {first.series!r}: {first.period_end:%Y-%m-%d} and {second.period_end:%Y-%m-%d} fall "
            f"into one period of {first.step:.0f} days; give one frequency in a series, or a series for each"
        )
    passed = gaps.fillna(0).astype(int).groupby(dates["s"]).cumsum()
    return passed.groupby(dates["s"]).transform("max") - passed


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
        want = _per_year(step[start])
        whole = 0 < want <= len(slot) - start and (slot[start : start + want] == np.arange(want)).all()
        out.append(tuple(days[start : start + (want if whole else 1)][::-1].tolist()))
    return tuple(out)
