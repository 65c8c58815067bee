"""Answer to a plan question: accelerators needed by a quarter at a shortage risk, and the dates to order them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import QUARTER_DAYS, quarter_end, quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.capacity.funnel import FunnelStep, follow_funnel, lead_time
from shiftcast.forecast.capacity.procurement import critical_ratio
from shiftcast.forecast.capacity.purchase import whole_racks
from shiftcast.forecast.capacity.stated import waits, waits_note, with_stated
from shiftcast.forecast.draws import normals
from shiftcast.forecast.economics.basis import Basis, Machine, check_given, generations, machine
from shiftcast.forecast.economics.power import facility_megawatts
from shiftcast.forecast.leaves import SEGMENT_OF
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods

_STEPS: Final = {  # stage reached: mean lag, and the share that reaches it
    "order": ("lag.visibility_order", "funnel.ordered"),
    "shipment": ("lag.order_shipment", "funnel.shipped"),
    "live": ("fleet.lag", None),
}
_USED: Final = (*(name for step in _STEPS.values() for name in step if name), "power.pue")


@dataclass(frozen=True)
class Need:
    """Draws of the accelerators needed by the end of a quarter.

    Attributes
    ----------
    live, added
        Accelerators to be live then, and to be added by then, shape (draws,).
    """

    live: Array
    added: Array


def shortage_risk(risk: float | None, under: float | None, over: float | None) -> float:
    """Return the shortage risk to plan for: the one given, or 1 - q* of the costs of a shortage and a surplus.

    Parameters
    ----------
    risk, under, over
        Probability of too few accelerators [1]; costs of one too few and one too many, in one unit; or ``None``.

    Returns
    -------
    float, in (0, 1)

    Raises
    ------
    ValueError
        If neither or both are given, or the risk is not between 0 and 1.

    Examples
    --------
    >>> shortage_risk(0.05, None, None), round(shortage_risk(None, 19.0, 1.0), 3)
    (0.05, 0.05)
    """
    costs = (under is not None) + (over is not None)
    if (risk is None) == (costs == 0) or costs == 1:
        raise InputError("give either a shortage risk, such as --risk 0.05, or both costs, such as --under 19 --over 1")
    chosen = risk if under is None or over is None else 1.0 - critical_ratio(under, over)
    if chosen is None or not 0 < chosen < 1:
        raise InputError(f"shortage risk {chosen} is not between 0 and 1; give one such as 0.05")
    return chosen


@dataclass(frozen=True)
class Plan:
    """A question about a plan.

    Attributes
    ----------
    by
        Quarter by whose end the accelerators are live, such as ``2027Q4``.
    risk, under, over
        Accepted probability of too few [1], or the costs of one accelerator too few and one too many (newsvendor).
    segment, leaf
        Part of the hierarchy that is planned for; ``hyperscale/internal`` as a segment names both.
    generation
        Accelerator to be bought, which sets rack size, power and price; the newest that ships if left out.
    installed
        Own accelerators live today; the need then grows from it as the segment's does, draw by draw.
    given
        Assumption to the value that replaces it.
    """

    by: str
    risk: float | None = None
    under: float | None = None
    over: float | None = None
    segment: str = ALL
    leaf: str = ALL
    generation: str | None = None
    installed: float | None = None
    given: Mapping[str, float] = field(default_factory=dict)

    @property
    def part(self) -> Part:
        """Part of the hierarchy that is planned for."""
        segment, _, leaf = self.segment.partition("/")
        if self.leaf != ALL and segment == ALL:
            segment = SEGMENT_OF.get(self.leaf, ALL)
        return Part(segment, leaf or self.leaf)


def plan_question(cube: xr.Dataset, basis: Basis, asked: Plan) -> Answer:
    """Return the accelerators to have live by a quarter's end, the whole racks to add, and the dates to order by.

    Parameters
    ----------
    cube, basis
        Joint draws of the forecast; catalogue and assumptions of the same day.
    asked
        Quarter, risk, part of the hierarchy and generation.

    Returns
    -------
    Answer
        One row: ``accelerators_needed`` at the quantile, ``racks_to_add`` with power and price, the dates ``signal_by,
        order_by, ship_by, live_by``, and the probabilities of being in time today and of quantity and date together.

    Raises
    ------
    OutOfSupportError, ValueError
        If the quarter is past the horizon; if it is already reported or another argument is out of range.
    """
    given, chance = dict(asked.given), shortage_risk(asked.risk, asked.under, asked.over)
    check_given(basis, given)
    part, place = asked.part, _place(cube, asked.by)
    need = needed(cube, part, place, asked.installed)
    each = _bought(basis, asked.generation)
    added = whole_racks(np.asarray(np.quantile(need.added, 1 - chance)), each.domain)
    row = {
        "by": asked.by, "segment": part.segment, "leaf": part.leaf, "risk": chance, "quantile": 1 - chance,
        "accelerators_needed": float(np.quantile(need.live, 1 - chance)), **spread("live", need.live),
        "generation": each.name, "rack": each.domain, "racks_to_add": float(added) / each.domain,
        "accelerators_to_add": float(added), **_bill(basis, each, float(added), given),
        "expected_short": float(np.maximum(need.added - added, 0).mean()),
    }  # fmt: skip
    row |= _dates(basis, quarter_end(asked.by), need.added <= added, chance, given)
    question = f"accelerators live by {asked.by} in {part.segment}/{part.leaf} at {chance:.1%} shortage risk"
    waited = waits(basis.ceilings)
    assumed = with_stated(assumed_rows(basis.assumptions, _USED, given), waited)
    notes = (*_notes(row, asked.installed), *waits_note(waited))
    return Answer(question, pd.DataFrame([row]), assumed, notes, _paths(cube, part, asked.installed, chance))


def needed(cube: xr.Dataset, part: Part, place: int, installed: float | None) -> Need:
    """Return draws of the accelerators needed live at a period and of those to be added by then.

    Parameters
    ----------
    cube, part, place, installed
        Joint draws, part of the hierarchy, index of the period, and own accelerators live today (``None``: the part's).

    Returns
    -------
    Need
        Added = live then - (live now - retired in between), per draw; quantiles are taken of it, not subtracted.

    Raises
    ------
    ValueError
        If ``installed`` is not positive.
    """
    now = int(np.argmax(forecast_periods(cube))) - 1
    live = draws_of(cube, "accelerators", part)
    names = [str(name) for name in cube["leaf"].values
             if part.segment in {ALL, SEGMENT_OF[str(name)]} and part.leaf in {ALL, str(name)}]  # fmt: skip
    retired = cube["accelerators_retired"].sel(leaf=names).sum("leaf").values.astype(np.float64)
    if installed is not None and not installed > 0:
        raise InputError(f"{installed:g} accelerators installed is not a positive number")
    scale = np.ones(len(live)) if installed is None else installed / np.maximum(live[:, now], 1.0)
    added = live[:, place] - live[:, now] + retired[:, place] - retired[:, now]
    return Need(scale * live[:, place], scale * np.maximum(added, 0.0))


def funnel_steps(basis: Basis, given: Mapping[str, float]) -> dict[str, FunnelStep]:
    """Return the steps of the order funnel as assumed.

    Parameters
    ----------
    basis, given
        Assumptions of the day, and those that are replaced, with their values.

    Returns
    -------
    dict of stage reached to FunnelStep
    """
    ones, shape = np.ones(basis.draws), basis.beliefs["funnel.lag_shape"]
    return {
        stage: FunnelStep(basis.values(lag, given), ones if through is None else basis.values(through, given), shape)
        for stage, (lag, through) in _STEPS.items()
    }


def _place(cube: xr.Dataset, by: str) -> int:
    ends, wanted = periods(cube), quarter_end(by)
    if wanted > ends[-1]:
        raise OutOfSupportError(f"a plan by {by}", f"the forecast ends in {quarter_label(ends[-1])}", "ask up to it")
    place = int(ends.searchsorted(wanted))
    if not forecast_periods(cube)[place]:
        raise InputError(f"{by} is already reported; plan for {cube.attrs['first_forecast']} or later")
    return place


def _bought(basis: Basis, generation: str | None) -> Machine:
    """Return the accelerator that is bought: of a family the largest domain, else the newest that ships."""
    rows = basis.hardware[basis.hardware["status"] == "shipping"]
    names = generations(basis, generation)
    if generation is None:
        names = tuple(name for name in names if name in set(rows["accelerator"]))
    machines: list[Machine] = []
    for name in names:
        try:
            machines.append(machine(basis, name))
        except OutOfSupportError:
            if len(names) == 1:
                raise
    return max(machines, key=lambda each: (each.available_at, each.domain))


def _bill(basis: Basis, each: Machine, added: float, given: Mapping[str, float]) -> dict[str, Any]:
    """Return power and price of the accelerators added."""
    cells: dict[str, Any] = spread(
        "mw_facility", facility_megawatts(np.asarray(added), each.power, pue=basis.pue(given))
    )
    if not np.isnan(each.price):
        noise = normals(basis.seed, f"price.{each.name}", basis.draws)
        cells |= spread("usd", added * each.price * np.exp(each.price_sd_log * noise))
    return cells


def _dates(
    basis: Basis, live_by: pd.Timestamp, enough: NDArray[np.bool_], chance: float, given: Mapping[str, float]
) -> dict[str, Any]:
    """Return the last days to signal, order and ship, each at the same risk of being late."""
    steps = funnel_steps(basis, given)
    lags = {stage: lead_time(step, seed=basis.seed, name=f"lag.{stage}") for stage, step in steps.items()}
    after_order = lags["shipment"] + lags["live"]
    ends = {"signal_by": lags["order"] + after_order, "order_by": after_order, "ship_by": lags["live"]}
    days = {name: float(np.quantile(lead, 1 - chance)) * QUARTER_DAYS for name, lead in ends.items()}
    span = (live_by - basis.origin).days / QUARTER_DAYS
    signal = np.zeros((basis.draws, max(round(span), 1)))
    signal[:, 0] = 1.0
    arrived = follow_funnel(signal, steps).arrived["live"].sum(axis=1)
    lead = float(np.quantile(after_order, 1 - chance))
    return {
        **{name: f"{live_by - pd.Timedelta(days=round(lead_days)):%Y-%m-%d}" for name, lead_days in days.items()},
        "live_by": f"{live_by:%Y-%m-%d}", **spread("lead_quarters", after_order),
        **spread("live_share_if_signalled_now", arrived), "in_time_if_ordered_now": float((after_order <= span).mean()),
        "enough_and_in_time": float((enough[: len(after_order)] & (after_order <= lead)[: len(enough)]).mean()),
    }  # fmt: skip


def _paths(cube: xr.Dataset, part: Part, installed: float | None, chance: float) -> pd.DataFrame:
    """Return the fan of accelerators needed live, and the level to plan for, by quarter."""
    first = int(np.argmax(forecast_periods(cube)))
    rows = []
    for place in range(first, len(periods(cube))):
        live = needed(cube, part, place, installed).live
        rows.append({"panel": "accelerators live", "x": quarter_label(periods(cube)[place]), **spread("", live),
                     "plan": float(np.quantile(live, 1 - chance))})  # fmt: skip
    return pd.DataFrame(rows)


_READING: Final = (
    "The forecast is of accelerators bought, which supply has held below what was wanted: the need leans low. Counts "
    "follow its mix of generations; one that works faster needs fewer."
)


def _notes(row: Mapping[str, Any], installed: float | None) -> tuple[str, ...]:
    late = pd.Timestamp(row["order_by"])
    notes = [
        f"Order {row['racks_to_add']:,.0f} racks of {row['rack']} {row['generation']} by {late:%Y-%m-%d}.",
        f"Quantity and date each hold at {row['quantile']:.1%}; both together at {row['enough_and_in_time']:.1%}.",
        _READING,
    ]
    if row["in_time_if_ordered_now"] < row["quantile"]:
        notes.insert(1, f"That is late: ordered today, they are live in time with {row['in_time_if_ordered_now']:.0%}.")
    if installed is not None:
        notes.append(f"The {installed:,.0f} installed today are assumed to age and grow as the segment's do.")
    return tuple(notes)
