"""Find the frequency of series in their dates, name it as pandas does, and count dates in steps of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array, Dates, Integers
from shiftcast.features.input_error import InputError

SECOND: Final = 1_000_000  # microseconds
DAY: Final = 86_400 * SECOND
MONTH: Final = 30.436875 * DAY
MONTHS: Final = {"ME": 1, "2ME": 2, "QE": 3, "4ME": 4, "2QE": 6, "YE": 12}
TICKS: Final = {
    "s": SECOND, "min": 60 * SECOND, "5min": 300 * SECOND, "10min": 600 * SECOND, "15min": 900 * SECOND,
    "30min": 1800 * SECOND, "h": 3600 * SECOND, "2h": 7200 * SECOND, "3h": 10_800 * SECOND, "4h": 14_400 * SECOND,
    "6h": 21_600 * SECOND, "8h": 28_800 * SECOND, "12h": 43_200 * SECOND, "D": DAY, "W": 7 * DAY, "2W": 14 * DAY,
    "4W": 28 * DAY,
}  # fmt: skip
UNEVEN: Final = {"B": (1.4 * DAY, (5, 261)), "SME": (MONTH / 2, (24,)), "4-4-5": (MONTH, (3, 12))}  # step, seasons
SPELLINGS: Final = {"H": "h", "T": "min", "M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "S": "s", "d": "D", "w": "W",
                    "SM": "SME", "4-5-4": "4-4-5", "5-4-4": "4-4-5"}  # fmt: skip
SAME: Final = 0.15  # how far from the commonest gap another still counts as one of its kind
NEAR_TICK, NEAR_MONTH = 0.05, 0.08  # how far from a named step a spacing may be and still be called by it
FEW: Final = 3  # gaps below which 28 days may as well be a February


def canonical(name: str) -> str:
    """Return the name of a frequency in this project: the step alone, wherever its periods are anchored.

    Parameters
    ----------
    name
        A pandas offset, such as ``15min``, ``MS`` or ``W-WED``; older spellings are understood.

    Returns
    -------
    str
        One of the names in ``MONTHS``, ``TICKS`` and ``UNEVEN`` (``B`` working days, ``SME`` half months, ``4-4-5``
        months of weeks), or a multiple such as ``5D``, ``90s``, ``7ME``, ``2YE``.

    Raises
    ------
    ValueError
        If pandas does not know it, or it is a multiple of periods of no even length, such as working days.

    Examples
    --------
    >>> [canonical(name) for name in ("H", "MS", "W-WED", "QE-JAN", "60min", "3ME")]
    ['h', 'ME', 'W', 'QE', 'h', 'QE']
    """
    remedy = "give a pandas offset such as 15min, h, B, D, W, SME, ME, QE or YE, or 4-4-5"
    name = SPELLINGS.get(name, name)
    if name in UNEVEN:
        return name
    try:
        offset = pd.tseries.frequencies.to_offset(name)
    except ValueError as problem:
        raise InputError(f"frequency {name!r} is none; {remedy}") from problem
    months = {"M": 1, "Q": 3, "Y": 12, "A": 12}.get(offset.rule_code[:1], 0)
    if isinstance(offset, pd.offsets.Tick):
        return _tick_name(pd.Timedelta(offset).value // 1000)
    if offset.rule_code.startswith("W"):
        return _tick_name(offset.n * 7 * DAY)
    if offset.rule_code == "D":
        return _tick_name(offset.n * DAY)
    code = offset.rule_code
    if offset.n == 1 and code.startswith("SM"):
        return "SME"
    months = {"BM": 1, "BQ": 3, "BY": 12}.get(code[:2], months)  # on the first or last working day
    if code == "B" or not months:
        raise InputError(f"frequency {name!r} has no even step; {remedy}")
    return _month_name(offset.n * months)


def _tick_name(micros: int) -> str:
    named = {span: name for name, span in TICKS.items()}
    seconds, days = round(micros / SECOND), micros // DAY
    return named.get(micros, f"{days}D" if days * DAY == micros else f"{seconds}s")


def _month_name(months: int) -> str:
    named = {count: name for name, count in MONTHS.items()}
    return named.get(months, f"{months // 12}YE" if months % 12 == 0 else f"{months}ME")


@lru_cache(maxsize=256)
def step_of(frequency: str) -> tuple[int, int]:
    """Return the step of a canonical frequency as whole months and microseconds; one of them is zero.

    Parameters
    ----------
    frequency
        Canonical frequency, as :func:`canonical` gives it.

    Returns
    -------
    tuple of int
        Whole months [month] and microseconds [us].

    Raises
    ------
    ValueError
        If the frequency is not canonical.

    Examples
    --------
    >>> step_of("QE"), step_of("h")
    ((3, 0), (0, 3600000000))
    """
    if frequency in MONTHS:
        return MONTHS[frequency], 0
    if frequency in TICKS:
        return 0, TICKS[frequency]
    for ending, unit, months in (("ME", 1, True), ("YE", 12, True), ("D", DAY, False), ("s", SECOND, False)):
        if frequency.endswith(ending) and frequency.removesuffix(ending).isdigit():
            count = int(frequency.removesuffix(ending)) * unit
            return (count, 0) if months else (0, count)
    raise InputError(f"frequency {frequency!r} is not canonical; pass it through canonical()")


def spacing(frequency: str) -> float:
    """Return the mean length of a period.

    Parameters
    ----------
    frequency
        Canonical frequency.

    Returns
    -------
    float
        Time from one period to the next [us]; a month counts as a twelfth of 365.2425 days.

    Examples
    --------
    >>> spacing("D") / DAY, round(spacing("YE") / DAY, 2)
    (1.0, 365.24)
    """
    if frequency in UNEVEN:
        return UNEVEN[frequency][0]
    months, micros = step_of(frequency)
    return months * MONTH + micros


def seasons(frequency: str) -> tuple[int, ...]:
    """Return the season lengths of a frequency: day, week and year where they are whole and longer than one period.

    Parameters
    ----------
    frequency
        Canonical frequency.

    Returns
    -------
    tuple of int
        Season lengths [period], the shortest first.

    Examples
    --------
    >>> seasons("h"), seasons("D"), seasons("W"), seasons("ME"), seasons("YE")
    ((24, 168), (7, 365), (52,), (12,), ())
    """
    if frequency in UNEVEN:
        return UNEVEN[frequency][1]
    months, micros = step_of(frequency)
    if months:
        return (12 // months,) if months < 12 and 12 % months == 0 else ()
    cycles = [cycle // micros for cycle in (DAY, 7 * DAY) if cycle % micros == 0 and cycle > micros]
    yearly = [round(365 * DAY / micros)] if DAY <= micros <= 92 * DAY else []
    return tuple(cycles + yearly)


def shifted(ends: Dates, frequency: str, steps: Integers) -> Dates:
    """Return period ends moved by whole steps; the last day of a month stays one.

    Parameters
    ----------
    ends
        Period ends, datetime64.
    frequency
        Canonical frequency.
    steps
        Periods on [period], back where negative, of a shape that broadcasts with ``ends``.

    Returns
    -------
    ndarray of datetime64[us]
        Moved period ends, of the broadcast shape.

    Examples
    --------
    >>> day = np.array(["2024-01-31T00:00:00"], dtype="datetime64[us]")
    >>> shifted(day[:, None], "ME", np.array([1, 3])).astype("datetime64[D]").tolist()
    [[datetime.date(2024, 2, 29), datetime.date(2024, 4, 30)]]
    """
    months, micros = step_of(frequency)
    ends = ends.astype("datetime64[us]")
    if not months:
        return np.asarray(ends + (steps * micros).astype("timedelta64[us]"))
    month, days = ends.astype("datetime64[M]"), ends.astype("datetime64[D]")
    closing = (days + 1).astype("datetime64[M]") > month
    moved = month + (steps * months).astype("timedelta64[M]")
    length = ((moved + 1).astype("datetime64[D]") - moved.astype("datetime64[D]")).astype(np.int64)
    place = (days - month.astype("datetime64[D]")).astype(np.int64)
    place = np.where(closing, length - 1, np.minimum(place, length - 1))
    return np.asarray(moved.astype("datetime64[us]") + place.astype("timedelta64[D]") + (ends - days))


def usual_gaps(code: Integers, micros: Integers) -> Array:
    """Return each series' usual gap: the mean of the gaps within 15 % of the commonest.

    Parameters
    ----------
    code
        Number of the series of each date, 0 to N - 1, sorted.
    micros
        Dates [us since 1970], sorted within a series, none twice.

    Returns
    -------
    ndarray, shape (N,)
        Usual gap [us]; NaN for a series with one date.

    Examples
    --------
    >>> usual_gaps(np.array([0, 0, 0, 0, 1]), np.array([0, 1, 2, 5, 0]) * DAY) / DAY
    array([ 1., nan])
    """
    count = int(code[-1]) + 1
    own = code[1:] == code[:-1]
    gap, owner = np.diff(micros)[own].astype(float), code[1:][own]
    common = np.full(count, np.nan)
    if len(gap):
        rough = _rounded(gap)
        order = np.lexsort((rough, owner))
        turn = np.flatnonzero(np.r_[True, (np.diff(rough[order]) != 0) | (np.diff(owner[order]) != 0)])
        runs = np.diff(np.r_[turn, len(order)])
        who, size = owner[order][turn], rough[order][turn]
        best = np.lexsort((size, -runs, who))  # the longest run of each series first, the smaller gap where they tie
        first = best[np.r_[True, np.diff(who[best]) > 0]]
        common[who[first]] = size[first]
    alike = np.abs(gap / common[owner] - 1) <= SAME
    total = np.bincount(owner[alike], gap[alike], minlength=count)
    return np.asarray(total / np.where(np.isnan(common), np.nan, np.bincount(owner[alike], minlength=count)))


def _rounded(gap: Array) -> Array:
    """Return gaps so that those alike are equal: whole months where one is near, whole days or seconds else."""
    months = np.maximum(np.round(gap / MONTH), 1) * MONTH
    near = np.abs(gap / months - 1) <= NEAR_MONTH + 0.02  # a February of 28 days
    days = np.where(gap >= 20 * DAY, np.round(gap / DAY) * DAY, np.ceil(gap / SECOND) * SECOND)
    return np.where(near, months, days)


def names_of(gaps: Array, dates: Integers) -> NDArray[np.object_]:
    """Return the canonical frequency of each usual gap [us]; empty where it is NaN.

    Parameters
    ----------
    gaps
        Usual gaps [us], shape (series,).
    dates
        How many dates each series has, shape (series,): after one gap of 28 days it is a month.

    Returns
    -------
    ndarray of str, shape (series,)
        Canonical frequency of each series; empty where the gap is NaN.

    Examples
    --------
    >>> names_of(np.array([3.6e9, 30.4 * DAY, 91 * DAY, 28 * DAY, np.nan]), np.array([9, 9, 9, 9, 1])).tolist()
    ['h', 'ME', 'QE', '4W', '']
    """
    return np.array([_name(float(gap), int(count)) for gap, count in zip(gaps, dates, strict=True)], dtype=object)


@lru_cache(maxsize=4096)
def _name(gap: float, dates: int) -> str:
    if np.isnan(gap):
        return ""
    lunar = abs(gap / (28 * DAY) - 1) < 1e-9 and dates > FEW
    months = max(1, round(gap / MONTH))
    if not lunar and abs(gap / (months * MONTH) - 1) < NEAR_MONTH + (dates <= FEW) * NEAR_MONTH and gap > 26 * DAY:
        return _month_name(months)
    near = min(TICKS, key=lambda name: abs(np.log(gap / TICKS[name])))
    if abs(gap / TICKS[near] - 1) < NEAR_TICK:
        return near
    return _tick_name(max(1, round(gap / SECOND)) * SECOND)
