"""Look over a fleet: a jump in use, use that left its forecast, a budget or capacity that will break, a late feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtri

from shiftcast.features.frames import DataFrame, Usage
from shiftcast.features.input_error import InputError
from shiftcast.features.usage import period_ends
from shiftcast.forecast.fleet.described import hours_of
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.fleet.trial import whole_months
from shiftcast.forecast.fleet.words import short, usd
from shiftcast.forecast.spoken import percent

SPIKE, DRIFT, BREACH, FULL, LATE = KINDS = ("spike", "drift", "breach", "full", "feed late")
WARNING, CRITICAL = "warning", "critical"
USUAL: Final = 28  # days before the last one that say what is usual
ENOUGH: Final = 14  # of these that have to be there
JUMP: Final = 6.0  # usual spreads about their median that a day has to be away
LEAST: Final = 0.1  # least usual spread of the log of a day's hours
LEFT: Final = 2.5  # standard normal scores of months, summed over the root of their number
LIKELY, SURE = 0.5, 0.9  # odds that warn, and that are critical
LATE_DAYS: Final = 7
_DAILY: Final = ("minute", "hour", "day")
_DAY: Final = pd.Timedelta(days=1)
_MAD: Final = 1.4826  # standard deviation over median absolute deviation of a normal distribution
_EDGE: Final = 1e-4


@dataclass(frozen=True)
class Finding:
    """One thing that a planner should look at.

    Attributes
    ----------
    kind
        One of :data:`KINDS`.
    cause
        What it is about; the same as long as it lasts.
    severity
        ``warning`` or ``critical``.
    says, reason, next_step
        What is the matter, why it is thought so, and what can be done.
    figures
        Name with unit to value.
    """

    kind: str
    cause: str
    severity: str
    says: str
    reason: str
    next_step: str
    figures: Mapping[str, float] = field(default_factory=dict)


def look_over(planner: Planner, total: pd.DataFrame | None = None) -> tuple[list[Finding], tuple[str, ...]]:
    """Return what should be looked at, and what could not be looked for.

    Parameters
    ----------
    planner
        The fleet.
    total
        Total of its registered forecast, a row a draw and a column a month (:mod:`pipelines.fleet.bundle`), if any.

    Returns
    -------
    tuple
        Findings, the gravest kind of each cause alone; and a line for each kind that was not looked for.
    """
    usage, name = planner.usage, planner.fleet.name
    found, missing = [*spikes(usage, name), *late(usage, planner.basis.origin, name)], []
    if total is None:
        missing.append(f"drift: no forecast is registered; `shiftcast fleet {name} retrain` registers one")
    else:
        found += drift(usage, total, name)
    for look in (_breach, _full):
        try:
            found += look(planner)
        except InputError as error:
            missing.append(f"{look.__name__[1:]}: {error}")
    return found, tuple(missing)


def spikes(usage: DataFrame[Usage], fleet: str) -> list[Finding]:
    """Return the last day's jumps: of all work, and of each workload, against the four weeks before.

    Parameters
    ----------
    usage
        All that a fleet's store holds.
    fleet
        Name of the fleet.

    Returns
    -------
    list of Finding
        A day counts once its last hour is over; six usual spreads (median absolute deviation of logs) are a jump.
    """
    hours = hours_of(usage)
    hours = hours[hours["grain"].isin(_DAILY)]
    if hours.empty:
        return []
    end = period_ends(hours).max().normalize()
    days = pd.date_range(hours["period_start"].min().normalize(), end - _DAY, freq="D")
    table = hours.assign(day=hours["period_start"].dt.normalize()).pivot_table(
        index="day", columns="workload", values="value", aggfunc="sum", fill_value=0.0
    ).reindex(days, fill_value=0.0)  # fmt: skip
    each = {"all work": table.sum(axis=1)} | ({str(name): table[name] for name in table} if table.shape[1] > 1 else {})
    return [found for name, values in each.items() if (found := _spike(name, values, fleet)) is not None]


def _spike(name: str, values: pd.Series, fleet: str) -> Finding | None:
    usual = np.log1p(values.iloc[-USUAL - 1 : -1].to_numpy())
    if len(usual) < ENOUGH:
        return None
    last, middle = float(np.log1p(values.iloc[-1])), float(np.median(usual))
    spread = max(_MAD * float(np.median(np.abs(usual - middle))), LEAST)
    away = (last - middle) / spread
    if abs(away) < JUMP:
        return None
    level, day = float(np.expm1(middle)), values.index[-1]
    verb = "rose" if away > 0 else "fell"
    return Finding(
        SPIKE, name, WARNING,
        f"{short(values.iloc[-1])} GPU-hours of {name} on {day:%Y-%m-%d}, and {short(level)} are usual: it {verb}.",
        f"That is {abs(away):.1f} usual spreads from the median of the {len(usual)} days before.",
        f"look whose work it is with `shiftcast fleet {fleet}`, and whether it stays",
        {"hours [accelerator_hour]": float(values.iloc[-1]), "usual [accelerator_hour]": level},
    )  # fmt: skip


def late(usage: DataFrame[Usage], day: pd.Timestamp, fleet: str) -> list[Finding]:
    """Return whether usage ends too long ago.

    Parameters
    ----------
    usage
        All that a fleet's store holds.
    day
        Day it is looked at, midnight UTC.
    fleet
        Name of the fleet.

    Returns
    -------
    list of Finding
        One by source that says nothing of the last seven days.
    """
    found = []
    for source, rows in hours_of(usage).groupby("source", sort=True):
        end = period_ends(rows).max()
        days = (day - end) / _DAY
        if days > LATE_DAYS:
            found.append(Finding(
                LATE, str(source), WARNING, f"{days:.0f} days without usage of {source}.",
                f"Its last hour is that of {end:%Y-%m-%d %H:%M} UTC.",
                f"load what is missing: `shiftcast ingest {str(source).partition('/')[0]} FILES --into {fleet}`",
                {"days [day]": days},
            ))  # fmt: skip
    return found


def drift(usage: DataFrame[Usage], total: pd.DataFrame, fleet: str) -> list[Finding]:
    """Return whether the months that came since a forecast have left it.

    Parameters
    ----------
    usage
        All that a fleet's store holds.
    total
        Draws of the forecast's total, a column a month such as ``2027-03`` [accelerator_hour].
    fleet
        Name of the fleet.

    Returns
    -------
    list of Finding
        One, where normal scores of the months add up to more than 2.5 times the root of their number.
    """
    came = whole_months(usage)
    months = [month for month in came.index if f"{month:%Y-%m}" in total]
    if not months:
        return []
    places = [float((total[f"{month:%Y-%m}"] <= came[month]).mean()) for month in months]
    score = float(ndtri(np.clip(places, _EDGE, 1 - _EDGE)).sum() / np.sqrt(len(months)))
    if abs(score) < LEFT:
        return []
    where = "above" if score > 0 else "below"
    middle = float(sum(total[f"{month:%Y-%m}"].median() for month in months))
    used = float(came[months].sum())
    return [Finding(
        DRIFT, "total", WARNING,
        f"{used / middle - 1:+.0%}: use of {months[0]:%Y-%m} to {months[-1]:%Y-%m} lies {where} the forecast.",
        f"{short(used)} GPU-hours came and {short(middle)} were the median: a score of {score:.1f}, {LEFT} alarms.",
        f"forecast anew: `shiftcast fleet {fleet} retrain --promote-if-better`",
        {"used [accelerator_hour]": used, "forecast [accelerator_hour]": middle},
    )]  # fmt: skip


def _breach(planner: Planner) -> list[Finding]:
    """Return whether a budget of this or the next year is likely to break."""
    years = [year for year in planner.fleet.budgets if 0 <= year - planner.basis.origin.year <= 1]
    if not years:
        raise InputError("no [budget] of this or the next year in fleet.toml")
    found = []
    for year in sorted(years):
        answer = planner.budget(year=year)
        odds = float(answer.table["p_over"].iloc[-1])
        if odds >= LIKELY:
            limit = float(planner.fleet.budgets[year])
            found.append(Finding(
                BREACH, f"budget {year}", CRITICAL if odds >= SURE else WARNING,
                f"{percent(odds)} that {year} costs more than {usd(limit)}.", answer.says,
                f"see what drives it with `shiftcast fleet {planner.fleet.name} budget --year {year}`",
                {f"P(over) {year} [1]": odds, "budget [USD]": limit},
            ))  # fmt: skip
    return found


def _full(planner: Planner) -> list[Finding]:
    """Return whether the fleet is likely to be full in a month ahead."""
    answer = planner.full()
    likely = answer.table[answer.table["p_full"] >= LIKELY]
    if likely.empty:
        return []
    first = likely.iloc[0]
    soon = first["month"] <= planner.basis.origin + pd.DateOffset(months=3)
    return [Finding(
        FULL, "all", CRITICAL if soon else WARNING,
        f"{percent(float(first['p_full']))} that the fleet is full in {first['month']:%Y-%m}.", answer.says,
        f"see what to add with `shiftcast fleet {planner.fleet.name} choices`",
        {f"P(full) in {first['month']:%Y-%m} [1]": float(first["p_full"])},
    )]  # fmt: skip
