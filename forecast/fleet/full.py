"""Answer to when a fleet is full: odds by month, work that waits, and whole nodes to order by which date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end, quarter_label
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis, check_given
from shiftcast.forecast.fleet.additions import Addition, Plan, addition, plan_nodes, plan_words
from shiftcast.forecast.fleet.busy import NAME as BUSY
from shiftcast.forecast.fleet.busy import Busy, busy_share
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.holdings import Held, held, sized
from shiftcast.forecast.fleet.pictures import hours_paths
from shiftcast.forecast.fleet.queue import Served, first_full, full_words, serve
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread

AWAY: Final = "fleet.turned_away"
RISK: Final = 0.05
_TINY: Final = 1e-300
_READING: Final = (
    "Work that a full month cannot take waits for the next but for the share turned away; none is taken to wait when "
    "the first month begins. wait_days is what waits at the end of a month over what is served a day: the median, and "
    "in wait_days_high the 90 %."
)


def full(
    demand: Demand, fleet: Fleet, basis: Basis, *, through: str | pd.Timestamp | None = None, risk: float = RISK,
    offer: str | None = None, past: pd.DataFrame | None = None, given: Mapping[str, float] | None = None,
) -> Answer:  # fmt: skip
    """Return when a fleet is full, what waits then, and how many whole nodes to order by when.

    Parameters
    ----------
    demand, fleet, basis
        Hours wanted in draws, facts of the fleet, and the catalogue and assumptions of the day asked, which is today.
    through
        Last quarter, such as ``2027Q4``, or a day in the last month; all months of the demand if left out.
    risk
        Accepted probability, in each month, that more is wanted than can be served [1].
    offer
        Name of the offer that nodes are ordered by; the one whose work costs least if left out.
    past
        Usage by month with ``waited``, from which the share that work can take is measured (:func:`busy_share`); the
        demand's own past if left out.
    given
        Assumption to the value that replaces it.

    Returns
    -------
    Answer
        A row a month: hours wanted and what can be served, ``p_full``, ``unserved_share`` of the hours that arrive,
        hours that wait and are turned away, ``wait_days``, nodes to have with the date to order by, and the odds of
        being full with them, ordered in time and ordered from today on. Hours are of the present mix of accelerators.

    Raises
    ------
    ValueError
        If the fleet holds nothing, the risk is not in (0, 1), a month is past the demand's or the offer is not known.
    """
    given = dict(given or {})
    check_given(basis, given)
    if not 0 < risk < 1:
        raise InputError(f"risk {risk:g} is not between 0 and 1; give one such as {RISK}")
    last = months_through(demand, through)
    months, wanted = demand.months[:last], demand.total[:, :last]
    basis = sized(basis, len(wanted))
    have = held(fleet, months, basis)
    busy = busy_share(fleet, basis, draws=len(wanted), past=demand.past if past is None else past, given=given)
    run = serve(wanted, _can(have, busy), turned_away=basis.values(AWAY, given))
    added = addition(fleet, basis, have, busy.share, offer)
    today, replayed = reckoned_from(demand, months, basis)
    plan = plan_nodes(run, months, added, today, risk)
    when = first_full(run.full, months)
    horizon = quarter_label(months[-1])
    horizon = horizon if months[-1].month % 3 == 0 else f"{months[-1]:%Y-%m}"
    names = (AWAY, *((BUSY,) if busy.source == "assumed" else ()), *added.assumed)
    return Answer(
        f"when {fleet.name} is full through {horizon}, {risk:.1%} risk", _table(run, months, plan),
        assumed_rows(basis.assumptions, tuple(dict.fromkeys(names)), given),
        (*replayed, *_notes(demand, have, busy, added, risk)),
        _paths(demand, run),
        demand.said(f"{full_words(when, horizon)} {plan_words(plan, added, months, today, risk)}"),
    )  # fmt: skip


def months_through(demand: Demand, through: str | pd.Timestamp | None) -> int:
    """Return how many months of a demand lie up to a quarter or day.

    Parameters
    ----------
    demand, through
        The demand, and the last quarter, such as ``2027Q4``, or a day of the last month; all if ``None``.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If that is before the demand's first month or after its last.
    """
    if through is None:
        return len(demand.months)
    end = quarter_end(through) if isinstance(through, str) else through
    wanted = end.replace(day=1, hour=0, minute=0, second=0)
    if not demand.months[0] <= wanted <= demand.months[-1]:
        raise InputError(
            f"through {through} is outside the months forecast, {demand.months[0]:%Y-%m} to {demand.months[-1]:%Y-%m}; "
            "forecast further, or ask within them"
        )
    return int(demand.months.searchsorted(wanted)) + 1


def reckoned_from(demand: Demand, months: pd.DatetimeIndex, basis: Basis) -> tuple[pd.Timestamp, tuple[str, ...]]:
    """Return the day from which orders are reckoned: today, or the end of usage where all that is asked is over.

    Parameters
    ----------
    demand, months, basis
        Hours wanted, the months asked, and the basis, whose origin is today.

    Returns
    -------
    Timestamp
        Midnight UTC.
    tuple of str
        A note where it is not today.
    """
    if months[-1] + pd.offsets.MonthBegin(1) > basis.origin:
        return basis.origin, ()
    day = (months[0] if demand.until is None else demand.until).normalize()
    return day, (f"All months asked are over today: orders are reckoned from {day:%Y-%m-%d}, the end of usage.",)


def _can(have: Held, busy: Busy) -> Array:
    return np.asarray(busy.share[:, None] * have.equivalent[None, :])


def _table(run: Served, months: pd.DatetimeIndex, plan: Plan) -> pd.DataFrame:
    days = run.wait_days(months)
    rows = []
    for place, day in enumerate(months):
        wanted = run.wanted[:, place]
        over = np.maximum(wanted - run.can[:, place], 0.0) / np.maximum(wanted, _TINY)
        rows.append({
            "month": day, **spread("wanted", wanted), "can_serve": float(np.median(run.can[:, place])),
            "p_full": float(run.full[:, place].mean()), "unserved_share": float(over.mean()),
            "waiting_hours": float(run.waiting[:, place].mean()), "away_hours": float(run.away[:, place].mean()),
            "wait_days": float(np.median(days[:, place])), "wait_days_high": float(np.quantile(days[:, place], 0.9)),
        })  # fmt: skip
    return pd.concat([pd.DataFrame(rows), plan.table], axis=1)


def _notes(demand: Demand, have: Held, busy: Busy, added: Addition, risk: float) -> tuple[str, ...]:
    said = (
        busy.says,
        f"Nodes are planned for a risk of {risk:.1%} in each month; over all months together it is higher.",
        _READING,
        *have.notes, *added.notes, *demand.notes,
    )  # fmt: skip
    return tuple(dict.fromkeys(said))


def _paths(demand: Demand, run: Served) -> pd.DataFrame:
    """Return what is wanted, and what can be served in the months ahead."""
    paths = hours_paths(demand, "wanted", run.wanted)
    can = {f"{day:%Y-%m}": float(np.median(run.can[:, at])) for at, day in enumerate(demand.months[: run.can.shape[1]])}
    return paths.assign(can_serve=paths["x"].map(can))
