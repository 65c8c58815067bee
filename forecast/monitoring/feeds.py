"""Feed monitoring: series whose next figure is late or missing by their own rhythm of publication."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.forecast.monitoring.findings import ALARM, OK, WATCH, Finding

FEED: Final = ["measure", "base", "definition", "operator", "segment", "leaf", "workload", "technique"]
FEWEST: Final = 4  # publications from which the usual gap is known
LATE, MISSING = 1.5, 2.5  # times the usual gap
_GRACE: Final = 14.0  # days, since publication dates shift by a week or two


def check_feeds(rows: pd.DataFrame, *, made: datetime, now: datetime) -> list[Finding]:
    """Find series whose next figure is late or missing.

    A feed is late 1.5 and missing 2.5 usual gaps after its last figure, each with 14 days of grace; the usual gap is
    the median one, over four publications or more.

    Parameters
    ----------
    rows
        Observation rows known now.
    made
        Day the forecast was made: a feed that was missing by then is a watch, not an alarm.
    now
        Day of the check.

    Returns
    -------
    list of Finding
        One a late or missing feed, value and limit in days since its last figure; an alarm if it is missing and was
        not when the forecast was made, else a watch. One ``ok`` row counts the others.
    """
    found, punctual = [], 0
    for name, group in rows.groupby(FEED):
        days = np.sort(group["known_at"].unique())
        if len(days) < FEWEST:
            continue
        usual = float(np.median(np.diff(days) / np.timedelta64(1, "D")))
        last = pd.Timestamp(days[-1])
        last = last.tz_localize("UTC") if last.tzinfo is None else last
        state, was = (_state((day - last).days, usual) for day in (pd.Timestamp(now), pd.Timestamp(made)))
        if state is None:
            punctual += 1
            continue
        subject = " ".join(str(part) for part in name if part not in {"all", "none"})
        status = ALARM if state == "missing" and was is None else WATCH
        note = f"{state}: last figure of {last:%Y-%m-%d}, usually one in {usual:.0f} days"
        age, limit = float((pd.Timestamp(now) - last).days), LATE * usual + _GRACE
        found.append(Finding("feed", subject, status, age, limit, note))
    return [*found, Finding("feed", "series on time", OK, float(punctual), float("nan"), "")]


def _state(age: float, usual: float) -> str | None:
    if age > MISSING * usual + _GRACE:
        return "missing"
    return "late" if age > LATE * usual + _GRACE else None
