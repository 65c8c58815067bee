"""Words of a plan: the order first, then what is late about it, what bridges that, and the way of least regret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.forecast.capacity.choices import Choice
from shiftcast.forecast.capacity.words import fan
from shiftcast.forecast.leaves import SOLD_SEGMENTS
from shiftcast.forecast.spoken import number, percent, within
from shiftcast.forecast.views.part import Part

_MONTH_DAYS: Final = 30.4375
_READING: Final = (
    "The forecast is of accelerators bought, which supply has held below what was wanted: the need leans low. Work is "
    "compared at the rates of the records on one day; what none speaks of follows the 8-bit peak."
)
_REGRET: Final = (
    "Ways are compared from today to the last quarter ahead, the need held from the quarter planned for on: hours "
    "owned at capital, operations, building and energy; hours rented at the list rent, of which the share is had that "
    "the forecast serves of all that is wanted; an hour lacking costs what an idle one does, times the odds that "
    "the risk implies. Scenarios are the halves of the need by the halves of the lead time."
)


def plan_says(row: Mapping[str, Any], today: pd.DataFrame, ways: pd.DataFrame, origin: pd.Timestamp) -> str:
    """Return a plan in words.

    Parameters
    ----------
    row, today, ways
        Row of the plan; an order of today by quarter; the ways beside each other.
    origin
        Day of the forecast.

    Returns
    -------
    str
    """
    late = (origin - pd.Timestamp(row["order_by"], tz="UTC")).days
    order = (
        f"{row['racks_to_add']:,.0f} racks of {row['rack']} {row['generation']}, {row['accelerators_to_add']:,.0f} "
        f"accelerators where the need is {fan(row, 'accelerators_added')}, live by {row['live_by']} hold the risk of "
        f"too few at {100 * row['risk']:g} %: {fan(row, 'mw_facility', 'MW')}; {fan(row, 'usd', 'USD')}."
    )
    return " ".join((order, _late(row, late) if late > 0 else _due(row), _bridge(row, today), _least(ways)))


def _late(row: Mapping[str, Any], days: int) -> str:
    held = (
        f"the first quarter that an order of today holds is {row['first_quarter_held']}, with "
        f"{row['racks_for_it']:,.0f} racks"
        if row["first_quarter_held"] else "no order of today holds it within the horizon"
    )  # fmt: skip
    return (
        f"The day to order them was {row['order_by']}, {max(days / _MONTH_DAYS, 0.1):.1f} months ago. The best that "
        f"can still be had is to order today: they are live in time with {percent(row['in_time_if_ordered_now'])}, "
        f"which leaves too few with {percent(row['p_short_if_ordered_now'])}; {held}."
    )


def _due(row: Mapping[str, Any]) -> str:
    return (
        f"Order by {row['order_by']}: ordered today they are live in time with "
        f"{percent(row['in_time_if_ordered_now'])}, and too few are live with {percent(row['p_short_if_ordered_now'])}."
    )


def _bridge(row: Mapping[str, Any], today: pd.DataFrame) -> str:
    until = today[today["quarter"] <= row["by"]]
    if "rent_usd_mean" not in until:
        return "No rent is on record to bridge it."
    return (
        f"Until they are live, up to {number(row['rent_at_most'])} have to be rented on demand to hold the risk in "
        f"every quarter, {number(until['rent_usd_mean'].sum())} USD expected to {row['by']}."
    )


def _least(ways: pd.DataFrame) -> str:
    best, worst = ways.iloc[0], ways.iloc[-1]
    return (
        f"Of {len(ways)} ways the least largest regret has '{best['way']}' ({number(best['expected_usd'])} "
        f"USD expected, {percent(best['lacks_share'])} of the need lacking), the most '{worst['way']}'."
    )


def plan_notes(
    row: Mapping[str, Any], installed: float | None, chosen: Choice, rent: tuple[Array, str] | None
) -> tuple[str, ...]:  # fmt: skip
    """Return how to read a plan, and what it does not know.

    Parameters
    ----------
    row
        Row of the plan.
    installed
        Own accelerators live today, if given.
    chosen, rent
        Generation that is ordered; what rent is counted at, if one is known.

    Returns
    -------
    tuple of str
    """
    notes = [
        (
            f"Quantity and date each hold at {100 * row['quantile']:g} %; both together at "
            f"{percent(row['enough_and_in_time'])}."
        ),
        (
            f"One {row['generation']} does the work of {row['stands_for_median']:.3g} of the accelerators that the "
            f"forecast adds ({within(number(row['stands_for_low80']), number(row['stands_for_high80']))}), on the "
            f"part's own tasks; {percent(row['measured_share'])} of it at rates that records have of "
            f"{row['generation']}."
        ),
        _READING, _REGRET,
    ]  # fmt: skip
    if chosen.assumed:
        notes.append(f"The catalogue has no price of {row['generation']}: scaled from the generation before.")
    if rent is not None:
        notes.append(f"Rent is that of {rent[1]}, the cheapest for this work; that it can be had at once is assumed.")
    notes.append("What is on order already is not known: it counts as still to be added, so take yours off.")
    if installed is not None:
        notes.append(f"The {installed:,.0f} installed today are assumed to age and grow as the segment's do.")
    return tuple(notes)


def line_note(cube: xr.Dataset, part: Part, place: int) -> tuple[str, ...]:
    """Return what the line between the sides is worth to a plan of one of them: the risk does not hold a new one.

    Parameters
    ----------
    cube, part, place
        Joint draws, part that is planned for, and index of the quarter planned for.

    Returns
    -------
    tuple of str
        One note, or none for the whole fleet and where one definition alone is known.
    """
    names, drawn = [str(name) for name in cube["definition"].values], str(cube.attrs["definition"])
    if part.segment not in SOLD_SEGMENTS or len(names) == 1:
        return ()
    shares = np.median(cube["hyperscale_share"].values[:, place], axis=0)
    sides = shares if part.segment == "hyperscale" else 1 - shares
    times = sides / sides[names.index(drawn)]
    least, most = int(times.argmin()), int(times.argmax())
    said = f"{number(times[least])} ({names[least]}) to {number(times[most])} ({names[most]}) times as large"
    return (
        (
            f"The sides are those of {drawn}. By the lines drawn or claimed so far {part.segment} is {said}: the risk "
            "is that of this line, and a line drawn anew is not in it."
        ),
    )
