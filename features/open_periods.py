"""Hold out or scale the values of periods that are not over, in histories of volumes and of shares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Flags
from shiftcast.features.input_error import InputError
from shiftcast.features.partial import parts, strays, whole
from shiftcast.features.reading import HOLD, Reading
from shiftcast.features.share_calendar import EPOCH, dated_slots
from shiftcast.features.slots import Rhythms, series_codes
from shiftcast.features.volumes import Treatments, counted


def whole_volumes(
    rows: pd.DataFrame, found: Rhythms, reading: Reading, drivers: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, Treatments]:
    """Return rows of volumes of which the values are those of whole periods, and how many were treated how.

    Parameters
    ----------
    rows
        Sorted ``series, period_end, value`` and drivers of :func:`features.volumes.check_volume_rows`.
    found
        Frequency and calendar of each series, and whether its last date is a stray.
    reading
        When figures were taken, and what becomes of values whose period is not over.
    drivers
        Columns that are blank too where a value is held out, unless the file knows them past the last value.

    Returns
    -------
    tuple
        The rows, a stray date replaced by that of its period; and the treatments.

    Examples
    --------
    >>> from shiftcast.features.slots import rhythms
    >>> from shiftcast.features.volumes import check_volume_rows
    >>> dates = ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-12"]
    >>> rows, _ = check_volume_rows(pd.DataFrame({"series": "web", "period_end": dates, "value": 5.0}))
    >>> rows, treated = whole_volumes(rows, rhythms(rows), Reading())
    >>> rows.value.tolist()[-2:], rows.period_end.dt.date.astype(str).tolist()[-1], treated.counts
    ([5.0, nan], '2024-05-31', {'held_out': 1})
    """
    code = series_codes(rows)
    ends, value = rows.period_end.to_numpy().astype("datetime64[us]"), rows.value.to_numpy(dtype=float)
    part, last = np.ones(len(rows)), np.flatnonzero(np.r_[code[1:] != code[:-1], True])
    if reading.as_of is not None:
        part = parts(ends, found.frequency[code], found.calendar[code], reading.as_of)
    stray, last = found.stray, last[found.stray]
    if len(last):
        called, over = strays(ends[last], ends[last - 1], found.frequency[stray], found.calendar[stray])
        ends[last], part[last] = called, np.minimum(part[last], over)
    whole_value, how = whole(value, part, reading)
    out = rows.assign(period_end=ends, value=whole_value)
    for name in drivers if how["held_out"].any() else ():
        if not (np.isnan(value) & _past_last(value, code) & rows[name].notna().to_numpy()).any():
            out.loc[how["held_out"], name] = np.nan
    return out, counted(how, rows.series)


def _past_last(value: np.ndarray, code: np.ndarray) -> Flags:
    """Return whether each row lies past the last value of its series."""
    at = np.arange(len(value))
    last = np.full(code[-1] + 1, -1)
    np.maximum.at(last, code[~np.isnan(value)], at[~np.isnan(value)])
    return np.asarray(at > last[code])


def whole_shares(rows: pd.DataFrame, reading: Reading) -> tuple[pd.DataFrame, Treatments]:
    """Return rows of shares without the periods that are not over, where these are to be held out.

    A share of a part of a period stands for the whole, so it needs no scaling: it is kept where not held out.

    Parameters
    ----------
    rows
        Checked rows of :func:`features.shares.check_share_rows`.
    reading
        When figures were taken, and what becomes of periods that are not over.

    Returns
    -------
    tuple
        The rows, a stray date replaced by that of its period; and the treatments.

    Raises
    ------
    ValueError
        If no period of a series is over.
    """
    keys = rows.assign(s=rows.groupby(["group", "series"], sort=True).ngroup())
    keys["day"] = ((keys.period_end - EPOCH) / pd.Timedelta(days=1)).to_numpy()
    dates = keys.drop_duplicates(["s", "day"]).sort_values(["s", "day"], ignore_index=True)
    dates = dated_slots(dates[["s", "group", "day", "series", "period_end"]], reading.frequency)
    ends = dates.period_end.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    frequency, calendar = (dates[name].to_numpy(dtype=object) for name in ("frequency", "calendar"))
    part, called = np.ones(len(dates)), ends.copy()
    if reading.as_of is not None:
        part = parts(ends, np.where(frequency == "", "D", frequency), calendar, reading.as_of)
    at = np.flatnonzero(dates.stray.to_numpy(dtype=bool) & (dates.slot == 0).to_numpy())
    if len(at):
        called[at], over = strays(ends[at], ends[at - 1], frequency[at], calendar[at])
        part[at] = np.minimum(part[at], over)
    open_ = part < 1.0
    if not open_.any():
        return rows, Treatments()
    held = open_ & (reading.partial == HOLD)
    full = (keys.groupby(["s", "day"]).value.sum() > 0).to_numpy()  # a period of zeros has a date alone
    lost = ~pd.Series(full & ~held).groupby(dates["s"]).any()
    if lost.any():
        name = dates.loc[dates["s"] == lost.idxmax(), "series"].iloc[0]
        raise InputError(f"series {name!r}: no period is over by {reading.as_of}; give a later --as-of, or drop it")
    dates = dates.assign(period_end=pd.DatetimeIndex(called).tz_localize("UTC").as_unit("us"), held=held)
    placed = keys[["s", "day"]].merge(dates[["s", "day", "period_end", "held"]], on=["s", "day"], how="left")
    out = rows.assign(period_end=placed.period_end.to_numpy())[~placed.held.to_numpy(dtype=bool)]
    return out.reset_index(drop=True), counted({"held_out": held, "kept": open_ & ~held}, dates["series"])
