"""Events of a fleet as draws on top of its demand, and what they make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Flags
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.facts import Event
from shiftcast.forecast.fleet.spreads import happens, three_point
from shiftcast.forecast.fleet.wanted import Demand, quantile_rows
from shiftcast.forecast.views.answer import ASSUMED, Answer, spread


def add_events(demand: Demand, events: Sequence[Event], *, seed: int) -> Demand:
    """Return demand with events in every draw; hours never fall below nought.

    An event that began before usage ends is in the usage already: only its end changes anything.

    Parameters
    ----------
    demand
        Demand without them.
    events
        What is coming.
    seed
        Seed of the named streams.

    Returns
    -------
    Demand
        A workload or technique that has no part yet gets one.

    Raises
    ------
    ValueError
        If hours or probability of an event make no sense, or it ends before it starts.
    """
    for event in events:
        demand, mine = _placed(demand, event)
        added = _hours(event, demand, seed)[:, :, None] * _mix(demand, mine)
        demand = replace(demand, hours=np.maximum(demand.hours + added, 0.0))
    return replace(demand, quantiles=quantile_rows(demand)) if events else demand


def month_part(months: pd.DatetimeIndex, start: pd.Timestamp, end: pd.Timestamp | None) -> Array:
    """Return which part of each month lies between two moments.

    Parameters
    ----------
    months
        First days, midnight UTC, shape (months,).
    start, end
        First moment, and the first one that is no longer in it; ``None`` if it has no end.

    Returns
    -------
    ndarray, shape (months,)
        From nought to one [1].

    Examples
    --------
    >>> months = pd.date_range("2027-01-01", periods=2, freq="MS", tz="UTC")
    >>> month_part(months, pd.Timestamp("2027-02-15", tz="UTC"), None).tolist()
    [0.0, 0.5]
    """
    day = pd.Timedelta(days=1)
    opens, closes = (np.asarray((each - months[0]) / day) for each in (months, months + pd.DateOffset(months=1)))
    begin = (start - months[0]) / day
    finish = closes[-1] if end is None else (end - months[0]) / day
    inside = np.maximum(np.minimum(closes, finish) - np.maximum(opens, begin), 0.0)
    return np.asarray(inside / (closes - opens))


def _hours(event: Event, demand: Demand, seed: int) -> Array:
    """Return accelerator-hours that an event adds to each month, shape (draws, months)."""
    if event.end is not None and event.end <= event.start:
        raise InputError(
            f"event {event.name!r}: it ends {event.end:%Y-%m-%d}, before it starts {event.start:%Y-%m-%d}; correct it"
        )
    draws, name = len(demand.hours), f"event {event.name!r}"
    amount = _amount(event, name, draws, seed) * happens(event.probability, name=name, draws=draws, seed=seed)
    known = demand.months[0] if demand.until is None else demand.until
    if event.start >= known:
        return np.asarray(amount[:, None] * month_part(demand.months, event.start, event.end))
    if event.end is None:
        return np.zeros((draws, len(demand.months)))
    return np.asarray(-amount[:, None] * month_part(demand.months, max(event.end, known), None))


def _amount(event: Event, name: str, draws: int, seed: int) -> Array:
    low, middle, high = event.hours
    stream = f"{name} hours"
    if low > 0:
        return three_point(event.hours, scale="log", name=stream, draws=draws, seed=seed)
    if high < 0:
        return -three_point((-high, -middle, -low), scale="log", name=stream, draws=draws, seed=seed)
    return three_point(event.hours, scale="plain", name=stream, draws=draws, seed=seed)


def _placed(demand: Demand, event: Event) -> tuple[Demand, Flags]:
    """Return demand with a part for an event, and which parts are its own."""
    first = demand.parts.columns[0]
    mine = (demand.parts[first] == event.workload).to_numpy()
    if event.technique and "technique" in demand.parts:
        mine = mine & (demand.parts["technique"] == event.technique).to_numpy()
    return (demand, mine) if mine.any() else with_part(demand, event.workload, event.technique)


def with_part(demand: Demand, workload: str, technique: str = "") -> tuple[Demand, Flags]:
    """Return demand with one more part, of no hours, and which part that is.

    Parameters
    ----------
    demand
        Demand.
    workload, technique
        Labels of the part: of the first column, and of ``technique`` where there is one; other columns say ``all``.

    Returns
    -------
    tuple of Demand and ndarray of bool, shape (parts,)
    """
    labels = dict.fromkeys(demand.parts, ALL) | {demand.parts.columns[0]: workload}
    if technique and "technique" in demand.parts:
        labels["technique"] = technique
    parts = pd.concat([demand.parts, pd.DataFrame([labels])], ignore_index=True)
    hours = np.concatenate([demand.hours, np.zeros((*demand.hours.shape[:2], 1))], axis=2)
    return replace(demand, parts=parts, hours=hours), np.arange(len(parts)) == len(parts) - 1


def _mix(demand: Demand, mine: Flags) -> Array:
    """Return shares over parts of what is added to some, as their present mix, shape (draws, months, parts)."""
    hours = demand.hours * mine
    total = hours.sum(axis=2, keepdims=True)
    return np.where(total > 0, hours / np.where(total > 0, total, 1.0), mine / mine.sum())


def with_and_without(without: Demand, events: Sequence[Event], *, seed: int) -> Answer:
    """Return what events make of demand: totals with and without them, and the difference draw by draw.

    Parameters
    ----------
    without
        Demand forecast without them.
    events
        What is coming.
    seed
        Seed of the named streams.

    Returns
    -------
    Answer
        ``month``, and median, low and high (80 %) of the total ``without`` and ``with`` the events and of the
        ``difference`` [accelerator_hour].
    """
    both = add_events(without, events, seed=seed)
    changed = both.total - without.total
    rows = [
        {"month": month, **spread("without", without.total[:, at]), **spread("with", both.total[:, at]),
         **spread("difference", changed[:, at])}
        for at, month in enumerate(without.months)
    ]  # fmt: skip
    whole = spread("", changed.sum(axis=1))
    names = ", ".join(event.name for event in events) or "no event"
    says = (
        f"{whole['median']:+,.0f} accelerator-hours (80%: {whole['low80']:+,.0f} to {whole['high80']:+,.0f}) from "
        f"{without.months[0]:%Y-%m} to {without.months[-1]:%Y-%m} by {names}."
    )
    given = [
        {"name": event.name, "low": event.hours[0], "mid": event.hours[1], "high": event.hours[2],
         "unit": "accelerator_hour/month", "evidence": "given", "source": f"probability {event.probability:.0%}"}
        for event in events
    ]  # fmt: skip
    return Answer(
        f"demand with and without {names}", pd.DataFrame(rows), pd.DataFrame(given, columns=list(ASSUMED)),
        ("difference is taken draw by draw, so its interval is narrower than that of the totals",), says=says,
    )  # fmt: skip
