"""Count the periods of share histories, and continue their dates: the step of each series and its calendar."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Flags
from shiftcast.features.frequency import DAY, UNEVEN, canonical, spacing
from shiftcast.features.input_error import InputError
from shiftcast.features.partial import rhythm_of
from shiftcast.features.period_calendars import counted_days, followed, moved

STEPS: Final = np.array([1.0, 7.0, 14.0, 30.436875, 60.87375, 91.310625, 121.7475, 182.62125, 365.2425])  # days
MOST_MISSING: Final = 4.5  # smallest gaps in a usual one
EPOCH: Final = pd.Timestamp("1970-01-01", tz="UTC")
NEAR: Final = 0.2  # how far, in logs, a spacing may be from a calendar step and still be called by it
_NAMES: Final = ("D", "W", "2W", "ME", "2ME", "QE", "4ME", "2QE", "YE")  # of the steps


def dated_slots(dates: pd.DataFrame, frequency: str | None = None) -> pd.DataFrame:
    """Return the dates of all series with their step, calendar and place.

    Parameters
    ----------
    dates
        One row a date of a series, sorted: ``s`` (number of the series)``, group, series, day`` (since 1970) and
        ``period_end``.
    frequency
        Frequency of series with one date; that of most in their group where not given.

    Returns
    -------
    DataFrame
        With ``step`` [day], ``frequency`` and ``calendar`` (empty frequency: dates follow none and repeat the pattern
        of their year), ``stray`` (the last date of the series lies inside a period) and ``slot``, how many periods
        each date lies before the last of its series.

    Raises
    ------
    ValueError
        Where two dates fall into one period, or a series has one date and nothing tells its frequency.
    """
    dates = dates.assign(step=_steps(dates))
    dates["step"] = _borrowed(dates, frequency)
    ends = dates.groupby("s").cumcount(ascending=False) == 0
    inner = dates[~ends].assign(step=_steps(dates[~ends])).groupby("s").step.first()  # without a last date of a part
    first = dates.groupby("s").step.first()
    steps = pd.DataFrame({"step": first, "inner": inner.reindex(first.index).fillna(first)})
    known: dict[tuple[float, float, bytes], tuple[float, str, str, bool]] = {}
    found = []
    for (step, before), days in zip(steps.to_numpy(dtype=float), _days(dates), strict=True):
        key = (step, before, days.tobytes())
        if key not in known:
            known[key] = _rhythm(step, before, days)
        found.append(known[key])
    placed = ["step", "frequency", "calendar", "stray"]
    dates[placed] = pd.DataFrame(found, columns=placed).iloc[pd.factorize(dates["s"])[0]].set_index(dates.index)
    return dates.assign(slot=_slots(dates))


def ends_after(recent: tuple[int, ...], step: float, rhythm: tuple[str, str], horizon: int) -> pd.DatetimeIndex:
    """Return the period ends after the last one, on the calendar of the series, or repeating the pattern of its year.

    Parameters
    ----------
    recent
        Period ends of the last year, oldest first [day since 1970]; the last one alone where the year has gaps.
    step
        Step of the series [day].
    rhythm
        Its frequency and calendar; an empty frequency where it follows none.
    horizon
        Periods ahead [period].

    Returns
    -------
    DatetimeIndex, shape (horizon,)
        Period ends, midnight UTC.

    Examples
    --------
    >>> friday = (pd.Timestamp("2024-02-02") - pd.Timestamp("1970-01-01")).days
    >>> ends_after((friday,), 1.4, ("B", "Mon-Fri"), 2).strftime("%Y-%m-%d").tolist()
    ['2024-02-05', '2024-02-06']
    """
    return _ends_after(recent, step, rhythm, horizon)


@lru_cache(maxsize=4096)
def _ends_after(recent_days: tuple[int, ...], step: float, rhythm: tuple[str, str], horizon: int) -> pd.DatetimeIndex:
    frequency, calendar = rhythm
    if frequency:
        last = np.array(recent_days[-1:], dtype="datetime64[D]")
        ends = moved(last, frequency, np.arange(1, horizon + 1), np.array([calendar], dtype=object))[0]
        return pd.DatetimeIndex(ends).tz_localize("UTC")
    recent = [EPOCH + pd.Timedelta(days=day) for day in recent_days]
    ahead = range(horizon)
    if step < STEPS[3] * (1 - NEAR):
        return pd.DatetimeIndex([recent[-1] + pd.Timedelta(days=round(step * (h + 1))) for h in ahead])
    if len(recent) == per_year(step):
        turns = [divmod(h, len(recent)) for h in ahead]
        return pd.DatetimeIndex([_months_on(recent[place], 12 * (1 + turn)) for turn, place in turns])
    months = max(1, round(step / STEPS[3]))
    return pd.DatetimeIndex([_months_on(recent[-1], months * (h + 1)) for h in ahead])


def per_year(step: float) -> int:
    """Return how many steps make a year; none where a step is longer.

    Parameters
    ----------
    step
        Step [day].

    Returns
    -------
    int
        Steps in a year [period].
    """
    return round(STEPS[-1] / step) if step < STEPS[-1] * (1 + NEAR) else 0


def _months_on(day: pd.Timestamp, months: int) -> pd.Timestamp:
    """Return the day so many months later; the last day of a month stays one."""
    moved_day = day + pd.DateOffset(months=months)
    return moved_day + pd.offsets.MonthEnd(0) if day.is_month_end else moved_day


def _days(dates: pd.DataFrame) -> list[np.ndarray]:
    """Return the days of each series, datetime64[D]."""
    cuts = np.flatnonzero(np.diff(dates["s"].to_numpy())) + 1
    return np.split(dates.day.to_numpy().astype(np.int64).astype("datetime64[D]"), cuts)


def _rhythm(step: float, before: float, days: np.ndarray) -> tuple[float, str, str, bool]:
    """Return step, frequency and calendar of a series, and whether its last date lies inside a period.

    The names are empty where its dates follow no calendar. ``before`` is the step without the last date.
    """
    for each in (step, before):
        name = _name(each)
        found = rhythm_of(name, days)
        if found[2] or (name and followed(name, days) is not None):
            return spacing(found[0]) / DAY if found[0] in UNEVEN else each, *found
    return step, "", "", False


def _name(step: float) -> str:
    """Return the frequency of a step [day]; empty for one that no calendar has."""
    if step == spacing("B") / DAY:
        return "B"
    years = round(step / STEPS[-1])
    at = int(np.abs(np.log(step / STEPS)).argmin())
    return f"{years}YE" if years > 1 else _NAMES[at] if abs(np.log(step / STEPS[at])) < NEAR else ""


def _steps(dates: pd.DataFrame) -> Array:
    """Return the step of each date's series [day]: the lower quartile of gaps, by the nearest step; NaN for one date.

    The smallest gap takes its place where it is a calendar step itself and the quartile at most four of it:
    then the longer gaps are missing periods.
    """
    gaps = dates.groupby("s").day.diff().groupby(dates["s"])
    usual = gaps.quantile(0.25, interpolation="lower").reindex(dates["s"]).to_numpy()
    least = gaps.min().reindex(dates["s"]).to_numpy()
    finer = _near(least) & (usual > least * (1 + NEAR)) & (usual < least * MOST_MISSING)
    raw = np.where(finer, least, usual)
    years = np.maximum(np.round(raw / STEPS[-1]), 1) * STEPS[-1]
    nearest = np.where(raw > STEPS[-1] * (1 + NEAR), years, _called(raw))
    return np.asarray(np.where(np.abs(np.log(raw / nearest)) < NEAR, nearest, raw))


def _borrowed(dates: pd.DataFrame, frequency: str | None) -> Array:
    """Return the steps with those of series with one date: as told, or as most series of the group have it."""
    open_ = dates.step.isna()
    if not open_.any():
        return np.asarray(dates.step, dtype=float)
    if frequency is not None:
        return np.asarray(dates.step.fillna(spacing(canonical(frequency)) / DAY), dtype=float)
    heads = dates[~open_].drop_duplicates("s")
    own = heads.groupby("group").step.agg(lambda each: each.mode().iloc[0])
    step = dates.step.fillna(dates.group.map(own).astype(float))
    if step.isna().any():
        name = dates["series"].iloc[int(step.isna().to_numpy().argmax())]
        raise InputError(
            f"series {name!r} has one date, and none of its group has more, which leaves the frequency open; "
            "name it (--frequency)"
        )
    return np.asarray(step, dtype=float)


def _called(raw: Array) -> Array:
    """Return the calendar step nearest to each spacing [day]."""
    return np.asarray(STEPS[np.abs(np.log(raw[:, None] / STEPS)).argmin(axis=1)])


def _near(raw: Array) -> Flags:
    """Return whether a spacing may be called by its calendar step."""
    return np.asarray(np.abs(np.log(raw / _called(raw))) < NEAR)


def _slots(dates: pd.DataFrame) -> pd.Series:
    """Return how many periods each date lies before the last of its series, gaps rounded to whole steps."""
    gaps = (dates.groupby("s").day.diff() / dates.step).round()
    last = dates.groupby("s").cumcount(ascending=False) == 0
    gaps = gaps.mask(last & dates.stray.astype(bool), 1.0)
    crowded = (gaps == 0).to_numpy()
    if crowded.any():
        at = int(crowded.argmax())
        first, second = dates.iloc[at - 1], dates.iloc[at]
        raise InputError(
            f"series {first.series!r}: {first.period_end:%Y-%m-%d} and {second.period_end:%Y-%m-%d} fall "
            f"into one period of {first.step:.0f} days; give one frequency in a series, or a series for each"
        )
    passed = gaps.fillna(0).astype(int).groupby(dates["s"]).cumsum()
    for calendar, rows in dates.groupby("calendar"):
        days = rows.day.to_numpy().astype(np.int64).astype("datetime64[D]")
        number = counted_days(days, str(calendar))
        if number is not None:
            passed[rows.index] = number
    return passed.groupby(dates["s"]).transform("max") - passed
