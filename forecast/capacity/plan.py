"""Answer to a plan question: which accelerators to add by a quarter, how many, when, and what else could be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import QUARTER_DAYS, quarter_end, quarter_label
from shiftcast.features.frames import ALL
from shiftcast.forecast.capacity.choices import Choice, Leads, bought_machine, choice, choices, draw_leads, rents
from shiftcast.forecast.capacity.funnel import follow_funnel
from shiftcast.forecast.capacity.generation_work import generation_work
from shiftcast.forecast.capacity.need import (
    STEPS,
    Need,
    doubt_installed,
    funnel_steps,
    needed,
    place_to_fill,
    shortage_risk,
    today_of,
)
from shiftcast.forecast.capacity.plan_words import line_note, plan_notes, plan_says
from shiftcast.forecast.capacity.purchases import OFFERED
from shiftcast.forecast.capacity.regret import Stakes, Way, outcome, ways_table
from shiftcast.forecast.capacity.stated import waits, waits_note, with_stated
from shiftcast.forecast.capacity.today import Ahead, from_today, today_table
from shiftcast.forecast.draws import normals
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.economics.costs import COST_TERMS
from shiftcast.forecast.economics.doubted import doubt_given
from shiftcast.forecast.economics.power import facility_megawatts
from shiftcast.forecast.leaves import SEGMENT_OF
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods
from shiftcast.forecast.views.units import units_of
from shiftcast.forecast.workloads import Registry

_USED: Final = (*(name for step in STEPS.values() for name in step if name), *COST_TERMS, "fleet.life")


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
        Accelerator to be bought; that of the least regret if left out.
    installed
        Own accelerators live today; the need then grows from it as the segment's does, draw by draw.
    given
        Assumption to the value that replaces it.
    sure
        Insist on values far beyond what the record supports.
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
    sure: bool = False

    @property
    def part(self) -> Part:
        """Part of the hierarchy that is planned for."""
        segment, _, leaf = self.segment.partition("/")
        if self.leaf != ALL and segment == ALL:
            segment = SEGMENT_OF.get(self.leaf, ALL)
        return Part(segment, leaf or self.leaf)


@dataclass(frozen=True)
class Terms:
    """What the ways of a plan are compared under.

    Attributes
    ----------
    at
        Index of the quarter planned for, among those ahead.
    risk
        Accepted probability of too few [1].
    rent
        Rent for the work of one of the forecast's accelerators [USD/h] and what is rented, if known.
    """

    at: int
    risk: float
    rent: tuple[Array, str] | None


def plan_question(cube: xr.Dataset, basis: Basis, asked: Plan, registry: Registry | None = None) -> Answer:
    """Return which accelerators to add by a quarter's end in whole racks, the dates to order by, and the other ways.

    Parameters
    ----------
    cube, basis
        Joint draws of the forecast; catalogue and assumptions of the same day.
    asked
        Quarter, risk, part of the hierarchy and generation.
    registry
        Tasks, for the records that speak of each; work follows the 8-bit peak where it is not kept.

    Returns
    -------
    Answer
        One row: generation, ``racks_to_add`` with power and price, the dates ``signal_by, order_by, ship_by, live_by``,
        the probabilities of being in time today and of quantity and date together, and the first quarter by which an
        order of today holds the risk. ``by generation``, ``ordered today`` and ``ways`` stand beside it.

    Raises
    ------
    OutOfSupportError, ValueError
        If the quarter is past the horizon; if it is already reported or another argument is out of range.
    """
    given, risk, part = dict(asked.given), shortage_risk(asked.risk, asked.under, asked.over), asked.part
    doubtful = doubt_given(basis, given, sure=asked.sure)
    place, cube = place_to_fill(cube, asked.by), cube.isel(draw=slice(0, basis.draws))
    doubtful += doubt_installed(cube, part, asked.installed, sure=asked.sure)
    needs = _needs(cube, part, asked.installed)
    need = needs[place]
    work = generation_work(cube, basis, registry, part, place)
    leads, ahead = draw_leads(basis, funnel_steps(basis, given)), _ahead(cube, basis, needs)
    every = choices(basis, work, leads, given, ahead.ends[-1])
    named = None if asked.generation is None else bought_machine(basis, asked.generation)
    own = None if named is None else choice(basis, work, leads, given, named)
    terms = Terms(place - today_of(cube) - 1, risk, rents(basis, work))
    chosen, ways = _compared(ahead, every, own, leads, terms)
    ordered = chosen.racks_for(need.added, 1 - risk)
    today = today_table(ahead, chosen, ordered, None if terms.rent is None else terms.rent[0], risk)
    row = {
        "by": asked.by, "segment": part.segment, "leaf": part.leaf, "risk": risk, "quantile": 1 - risk,
        **_cells(basis, chosen, ordered, need, risk, given),
        **_dates(basis, quarter_end(asked.by), chosen, leads, need.added * chosen.each <= ordered, risk, given),
        **from_today(today, ahead, chosen, terms.at, risk),
    }  # fmt: skip
    waited = waits(basis.ceilings)
    line = () if asked.installed else line_note(cube, part, place)
    return Answer(
        f"accelerators live by {asked.by} in {part.segment}/{part.leaf} at {100 * risk:g} % shortage risk",
        pd.DataFrame([row]), with_stated(assumed_rows(basis.assumptions, _USED, given), waited),
        (*doubtful, *plan_notes(row, asked.installed, chosen, terms.rent), *line, *waits_note(waited)),
        _paths(cube, needs, risk), says=plan_says(row, today, ways, basis.origin),
        more={"by generation": _by_generation(every, need.added, risk), "ordered today": today, "ways": ways},
        units=units_of(row),
    )  # fmt: skip


def _needs(cube: xr.Dataset, part: Part, installed: float | None) -> dict[int, Need]:
    """Return the need of every quarter that is not reported or not over, by its place."""
    first = min(int(np.argmax(forecast_periods(cube))), today_of(cube) + 1)
    return {place: needed(cube, part, place, installed) for place in range(first, cube.sizes["period"])}


def _ahead(cube: xr.Dataset, basis: Basis, needs: Mapping[int, Need]) -> Ahead:
    """Return the need by quarter ahead, and the share of what all want that is served."""
    ahead = np.arange(today_of(cube) + 1, cube.sizes["period"])
    ends = periods(cube)[ahead]
    need = np.stack([needs[int(place)].added for place in ahead], axis=-1)
    hours = draws_of(cube, "gpu_hours", Part())[:, ahead]
    latent = draws_of(cube, "latent_hours", Part())[:, ahead] if "latent_hours" in cube else np.zeros_like(hours)
    spans = (ends - basis.origin).days.to_numpy(dtype=np.float64) / QUARTER_DAYS
    return Ahead(ends, spans, need, hours / np.maximum(hours + latent, 1e-9))


def _compared(
    ahead: Ahead, every: Sequence[Choice], asked: Choice | None, leads: Leads, terms: Terms
) -> tuple[Choice, pd.DataFrame]:  # fmt: skip
    """Return the generation to buy, that asked for or the cheapest to wait for, and all ways beside each other."""
    offered, coming = [each for each in every if each.wait == 0][-OFFERED:], [each for each in every if each.wait > 0]
    if asked is not None and asked.machine.name not in {each.machine.name for each in offered}:
        offered.append(asked)
    if not offered:
        raise OutOfSupportError(
            "a plan", "no accelerator that ships has power, a scale-up domain and a price by then",
            "choose a later origin, or add its row to hardware.csv",
        )  # fmt: skip
    idle = np.min([each.own * each.each for each in offered], axis=0)
    stakes = Stakes(terms.at, None if terms.rent is None else terms.rent[0], idle * (1 - terms.risk) / terms.risk)
    need = ahead.need[:, terms.at]

    def way(name: str, each: Choice, *, rents: bool = False) -> Way:
        return Way(name, each, each.racks_for(need, 1 - terms.risk), rents)

    bought = [way(f"buy {each.machine.name}", each) for each in offered]
    cheapest = min(bought, key=lambda each: float(outcome(ahead, each, stakes).cost.mean()))
    chosen = asked or cheapest.choice or offered[-1]
    ways = [*bought, *(way(f"wait for {each.machine.name}", each) for each in coming[:1])]
    if stakes.rent is not None:
        ways.append(way(f"buy {chosen.machine.name}, rent until it is live", chosen, rents=True))
        ways.append(Way("rent all on demand", None, 0.0, rents=True))
    return chosen, ways_table(ahead, ways, stakes, leads.after_order(0.0)[: len(need)])


def _cells(
    basis: Basis, chosen: Choice, ordered: float, need: Need, risk: float, given: Mapping[str, float]
) -> dict[str, Any]:  # fmt: skip
    """Return quantity, power and price of what is added."""
    each, added = chosen.machine, need.added * chosen.each
    noise = normals(basis.seed, f"price.{each.name}", basis.draws)
    return {
        "generation": each.name, "rack": each.domain, "racks_to_add": ordered / each.domain,
        "accelerators_to_add": ordered, **spread("accelerators_added", added),
        **spread("stands_for", 1 / chosen.each), "measured_share": chosen.measured,
        "accelerators_needed": float(np.quantile(need.live, 1 - risk)), **spread("live", need.live),
        **spread("mw_facility", facility_megawatts(np.asarray(ordered), each.power, pue=basis.pue(given))),
        **spread("usd", ordered * each.price * np.exp(each.price_sd_log * noise)),
        "expected_short": float(np.maximum(added - ordered, 0).mean()),
    }  # fmt: skip


def _dates(
    basis: Basis, live_by: pd.Timestamp, chosen: Choice, leads: Leads, enough: NDArray[np.bool_], risk: float,
    given: Mapping[str, float],
) -> dict[str, Any]:  # fmt: skip
    """Return the last days to signal, order and ship, each at the same risk of being late."""
    ends = {"signal_by": leads.signal + leads.after_order(0.0), "order_by": leads.after_order(0.0),
            "ship_by": leads.live}  # fmt: skip
    days = {name: float(np.quantile(lead, 1 - risk)) * QUARTER_DAYS for name, lead in ends.items()}
    span = (live_by - basis.origin).days / QUARTER_DAYS
    signal = np.zeros((basis.draws, max(round(span), 1)))
    signal[:, 0] = 1.0
    arrived = follow_funnel(signal, funnel_steps(basis, given)).arrived["live"].sum(axis=1)
    in_time = ends["order_by"] <= float(np.quantile(ends["order_by"], 1 - risk))
    return {
        **{name: f"{live_by - pd.Timedelta(days=round(lead_days)):%Y-%m-%d}" for name, lead_days in days.items()},
        "live_by": f"{live_by:%Y-%m-%d}", **spread("lead_quarters", ends["order_by"]),
        **spread("live_share_if_signalled_now", arrived), "in_time_if_ordered_now": float((chosen.lead <= span).mean()),
        "enough_and_in_time": float((enough & in_time[: len(enough)]).mean()),
    }  # fmt: skip


def _by_generation(every: Sequence[Choice], added: Array, risk: float) -> pd.DataFrame:
    """Return what each generation would take: its count follows from its work, power and cost from the count."""
    rows: list[dict[str, Any]] = []
    for each in every:
        ordered = each.racks_for(added, 1 - risk)
        rows.append({
            "generation": each.machine.name, "ships": f"{each.machine.available_at:%Y-%m-%d}",
            **spread("stands_for", 1 / each.each), "measured_share": each.measured, "rack": each.machine.domain,
            "racks_to_add": ordered / each.machine.domain, "accelerators_to_add": ordered,
            "it_mw": ordered * float(each.machine.power.watts) / 1e6, "usd_billion": ordered * each.machine.price / 1e9,
            "price_evidence": "scaled from the generation before" if each.assumed else "catalogue",
            **spread("own_usd_hour_of_one_needed", each.own * each.each),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _paths(cube: xr.Dataset, needs: Mapping[int, Need], chance: float) -> pd.DataFrame:
    """Return the fan of accelerators needed live, and the level to plan for, by quarter."""
    first = int(np.argmax(forecast_periods(cube)))
    rows = []
    for place in range(first, len(periods(cube))):
        live = needs[place].live
        rows.append({"panel": "accelerators live", "x": quarter_label(periods(cube)[place]), **spread("", live),
                     "plan": float(np.quantile(live, 1 - chance))})  # fmt: skip
    return pd.DataFrame(rows)
