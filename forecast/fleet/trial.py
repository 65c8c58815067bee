"""Try a fleet's forecast out on its own past: a rolling origin beside naive forecasts, and what promotes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Usage
from shiftcast.features.input_error import InputError
from shiftcast.features.usage import period_ends
from shiftcast.forecast.fleet.described import hours_of
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.scores import crps

ORIGINS: Final = 6  # months from whose first day it is tried, the last ones
AHEAD: Final = 3  # months ahead that are scored
TOLERANCE: Final = 0.02  # relative: the same code on the same months ties, and a tie has to let new data in
NAIVE: Final = ("crps_last", "crps_year_ago")
COLUMNS: Final = ("origin", "month", "ahead", "came", "median", "crps", *NAIVE, "inside80")
_YEAR: Final = 12
_FEWEST: Final = 3  # past changes that a naive spread is made of


def try_out(usage: DataFrame[Usage], forecast: Callable[[DataFrame[Usage], str], Demand]) -> pd.DataFrame:
    """Return scores of a fleet's total at past origins, beside two naive forecasts.

    Each origin sees the usage of periods that were over by then, as known today: later corrections are in it. The last
    month stays, or that of a year before, with the spread of its own past changes over as many months.

    Parameters
    ----------
    usage
        All that a fleet's store holds.
    forecast
        From usage and the last month, such as ``2026-09``, to the demand.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`: first days as ``origin`` and ``month``; ``came`` and ``median`` [accelerator_hour], scores of
        the log [1]; a naive forecast without enough past has none. No row where no origin can be tried.
    """
    came = whole_months(usage)
    ends = period_ends(usage)
    rows = []
    for origin in came.index[-ORIGINS:]:
        then = usage[ends <= origin]
        targets = came.index[(came.index >= origin)][:AHEAD]
        try:
            demand = forecast(then, f"{targets[-1]:%Y-%m}")
        except InputError:  # too little was there
            continue
        past = came[came.index < origin]
        for ahead, month in enumerate(targets, start=1):
            draws = demand.total[:, int(demand.months.get_loc(month))]
            rows.append(_scored(origin, month, ahead, float(came[month]), draws, past))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def whole_months(usage: DataFrame[Usage]) -> pd.Series:
    """Return the hours of the months that usage covers whole.

    Parameters
    ----------
    usage
        All that a fleet's store holds.

    Returns
    -------
    Series
        Hours [accelerator_hour] by first day of the month, zero where nothing ran between others.
    """
    hours = hours_of(usage)
    if hours.empty:
        return pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC"))
    starts = hours["period_start"].dt.tz_localize(None).dt.to_period("M").dt.start_time.dt.tz_localize("UTC")
    months = hours.groupby(starts)["value"].sum()
    first, last = hours["period_start"].min(), period_ends(hours).max()
    whole = pd.date_range(months.index[0], months.index[-1], freq="MS").as_unit("us")
    whole = whole[(whole + pd.Timedelta(days=1) > first) & (whole + pd.offsets.MonthBegin(1) <= last)]
    return months.reindex(whole, fill_value=0.0)


def better(trial: pd.DataFrame, champion: pd.DataFrame | None) -> tuple[bool, str]:
    """Return whether a forecast is to be the champion, and why.

    Parameters
    ----------
    trial, champion
        From :func:`try_out`; ``None`` where there is no champion.

    Returns
    -------
    tuple
        Whether it is, and the reason in a line.

    Examples
    --------
    >>> row = {"origin": [1], "month": [1], "crps": [0.1], "crps_last": [0.2], "crps_year_ago": [float("nan")]}
    >>> better(pd.DataFrame(row), None)
    (True, 'promoted: first forecast; CRPS 0.1000, 0.50 of crps_last')
    """
    if trial.empty:
        return True, "promoted: its usage is too short to try it out on, and the newest data stand"
    known = trial.dropna(subset=[name for name in NAIVE if trial[name].notna().any()])
    mine = float(known["crps"].mean())
    naive = {name: float(known[name].mean()) for name in NAIVE if known[name].notna().any()}
    if naive and mine > min(naive.values()):
        name = min(naive, key=lambda each: naive[each])
        return False, f"kept: CRPS {mine:.4f} is no better than {name} with {naive[name]:.4f}"
    told = f"CRPS {mine:.4f}" + "".join(f", {mine / value:.2f} of {name}" for name, value in naive.items())
    if champion is None:
        return True, f"promoted: first forecast; {told}"
    both = trial.merge(champion, on=["origin", "month"], suffixes=("", "_before"))
    if both.empty:
        return True, f"promoted: the champion shares no month to be compared on; {told}"
    now, before = float(both["crps"].mean()), float(both["crps_before"].mean())
    if now > before * (1 + TOLERANCE):
        return False, f"kept: CRPS {now:.4f} over {len(both)} months, and the champion's {before:.4f}"
    return True, f"promoted: CRPS {now:.4f} over {len(both)} months, and the champion's {before:.4f}; {told}"


def _scored(
    origin: pd.Timestamp, month: pd.Timestamp, ahead: int, came: float, draws: Array, past: pd.Series
) -> dict[str, object]:
    """Return the scores of one month; of logs, one hour added so that a month without work has one."""
    logs, actual = np.log1p(np.maximum(draws, 0.0)), np.array([np.log1p(came)])
    low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9])
    known = np.log1p(past.to_numpy(dtype=np.float64))
    naive = {name: _naive(known, ahead, lag, actual) for name, lag in zip(NAIVE, (ahead, _YEAR), strict=True)}
    return {"origin": origin, "month": month, "ahead": ahead, "came": came, "median": float(middle),
            "crps": float(crps(logs[:, None], actual)[0]), **naive, "inside80": float(low <= came <= high)}  # fmt: skip


def _naive(logs: Array, ahead: int, lag: int, actual: Array) -> float:
    """Return the score of what was a number of months before the target, with the spread of past changes over them."""
    if len(logs) < lag + _FEWEST:
        return float("nan")
    draws = logs[ahead - 1 - lag] + logs[lag:] - logs[:-lag]
    return float(crps(draws[:, None], actual)[0])


def score_card(versions: list[tuple[str, pd.Timestamp, pd.DataFrame]], came: pd.Series) -> pd.DataFrame:
    """Return what registered forecasts said of months that have come since, beside what came.

    Parameters
    ----------
    versions
        Name, day it was made and draws of the total, a column a month such as ``2027-03``, of each.
    came
        From :func:`whole_months`.

    Returns
    -------
    DataFrame
        A row a month and version, months first: ``month, version, origin, ahead`` (months after that of the origin),
        ``came, hours_median, hours_low80, hours_high80`` [accelerator_hour], ``inside80`` and ``crps`` of the log [1].

    Examples
    --------
    >>> march = pd.Series([4.0], index=pd.DatetimeIndex(["2027-03-01"], tz="UTC"))
    >>> made = ("1", pd.Timestamp("2027-01-20", tz="UTC"), pd.DataFrame({"2027-03": [3.0, 4.0, 5.0]}))
    >>> score_card([made], march)[["ahead", "came", "hours_median", "inside80"]].to_numpy().tolist()
    [[2, 4.0, 4.0, True]]
    """
    rows = []
    for version, origin, total in versions:
        for month, value in came.items():
            name = f"{month:%Y-%m}"
            ahead = 12 * (month.year - origin.year) + month.month - origin.month
            if name not in total or ahead < 0:
                continue
            draws = total[name].to_numpy(dtype=np.float64)
            low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9])
            score = crps(np.log1p(np.maximum(draws, 0.0))[:, None], np.array([np.log1p(value)]))
            rows.append({
                "month": month, "version": version, "origin": origin, "ahead": ahead, "came": value,
                "hours_median": middle, "hours_low80": low, "hours_high80": high,
                "inside80": bool(low <= value <= high), "crps": float(score[0]),
            })  # fmt: skip
    columns = ["month", "version", "origin", "ahead", "came", "hours_median", "hours_low80", "hours_high80", "inside80",
               "crps"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values(["month", "version"], kind="stable", ignore_index=True)
