"""Compute calendar features of the periods ahead: sine and cosine of day, week and year, and the share of holidays."""

from __future__ import annotations

import holidays
import numpy as np

from shiftcast.features.arrays import Array, Dates
from shiftcast.features.frequency import DAY, spacing
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel

EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday, Monday being 0
YEAR = 365.2425  # days


def calendar(panel: Panel, horizon: int) -> dict[str, Array]:
    """Return sine and cosine of the place in each cycle that the frequency can tell.

    Day and week below daily, week and year for days, year above; none for years. With u the elapsed share of a cycle,
    the pair is sin(2 pi u) and cos(2 pi u).

    Parameters
    ----------
    panel
        Histories cut at the origin.
    horizon
        Periods ahead [period].

    Returns
    -------
    dict of str to ndarray, shape (series, horizon)
        ``day_sin, day_cos, week_sin, ...`` [1], each within -1 to 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from shiftcast.features.panel import panels
    >>> hours = pd.date_range("2025-01-01", periods=6, freq="h")
    >>> (panel,), _ = panels(pd.DataFrame({"series": "web", "period_end": hours, "value": 1.0}))
    >>> list(calendar(panel, 1)), calendar(panel, 1)["day_sin"].round(3).tolist()
    (['day_sin', 'day_cos', 'week_sin', 'week_cos'], [[1.0]])
    """
    ends = panel.ends(horizon)
    days = ends.astype("datetime64[D]")
    hour = (ends - days).astype("timedelta64[us]").astype(np.int64) / DAY
    weekday = (days.astype(np.int64) + EPOCH_WEEKDAY) % 7 + hour
    year = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) / YEAR
    step = spacing(panel.frequency)
    cycles = {
        "day": hour if step < DAY else None,
        "week": weekday / 7 if step < 2 * DAY else None,
        "year": year if DAY <= step < 300 * DAY else None,
    }
    out = {}
    for name, place in cycles.items():
        if place is not None:
            out[f"{name}_sin"], out[f"{name}_cos"] = np.sin(2 * np.pi * place), np.cos(2 * np.pi * place)
    return out


def holiday_days(panel: Panel, horizon: int, country: str) -> Dates:
    """Return the public holidays of a country in the years around the periods ahead, sorted.

    Parameters
    ----------
    panel
        Histories cut at the origin.
    horizon
        Periods ahead [period].
    country
        Two letters of the country, such as ``US``.

    Returns
    -------
    ndarray of datetime64[D], shape (days,)
        From the year before the first period ahead to the year of the last.

    Raises
    ------
    ValueError
        If the country is unknown.
    """
    ends = panel.ends(horizon).astype("datetime64[Y]").astype(np.int64) + 1970
    years = range(int(ends.min()) - 1, int(ends.max()) + 1)
    try:
        found = holidays.country_holidays(country.upper(), years=years)
    except NotImplementedError as problem:
        raise InputError(f"country {country!r} is unknown; give two letters such as US or DE") from problem
    return np.array(sorted(found), dtype="datetime64[D]")


def holiday_share(panel: Panel, horizon: int, days: Dates) -> Array:
    """Return the share of each period ahead that is holiday.

    A period shorter than a day is on a holiday or not; a longer one runs from the end of that before it.

    Parameters
    ----------
    panel
        Histories cut at the origin.
    horizon
        Periods ahead [period].
    days
        Public holidays, sorted, as :func:`holiday_days` gives them.

    Returns
    -------
    ndarray, shape (series, horizon)
        Share of the days of the period [share].

    Examples
    --------
    >>> import pandas as pd
    >>> from shiftcast.features.panel import panels
    >>> dates = pd.date_range("2025-11-01", periods=30, freq="D")
    >>> (panel,), _ = panels(pd.DataFrame({"series": "web", "period_end": dates, "value": 1.0}))
    >>> holiday_share(panel, 26, holiday_days(panel, 26, "US"))[0, 23:].tolist()
    [0.0, 1.0, 0.0]
    """
    ends = panel.ends(horizon).astype("datetime64[D]")
    before = panel.moved(np.arange(horizon)).astype("datetime64[D]")
    before = np.minimum(before, ends - 1)
    count = np.searchsorted(days, ends, side="right") - np.searchsorted(days, before, side="right")
    return np.asarray(count / (ends - before).astype(np.int64))
