"""Answer to a retirement question: quarters by which a generation's cohorts leave, and what that frees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import gamma

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end, quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.capacity.choices import choices, draw_leads
from shiftcast.forecast.capacity.generation_work import generation_work
from shiftcast.forecast.capacity.need import funnel_steps
from shiftcast.forecast.capacity.purchases import Limits, Purchases, best_of_draws
from shiftcast.forecast.capacity.retire_trade import (
    Trade,
    oldest_first,
    runs_of,
    scarce_power,
    trade_of,
)
from shiftcast.forecast.capacity.retire_words import (
    AS_FORECAST,
    NOTES,
    SCARCE,
    SLACK,
    STATES,
    Swap,
    quarter_table,
    retire_says,
)
from shiftcast.forecast.capacity.stock import Stock, stock_and_flow
from shiftcast.forecast.economics.basis import SCENARIO, Basis, Machine, generations, machine
from shiftcast.forecast.economics.costs import COST_TERMS
from shiftcast.forecast.economics.doubted import doubt_given
from shiftcast.forecast.economics.rates import price_name, rate
from shiftcast.forecast.hardware.fleet import weibull_survival
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread
from shiftcast.forecast.views.part import Part
from shiftcast.forecast.views.passage import passage
from shiftcast.forecast.views.units import units_of
from shiftcast.forecast.workloads import Registry

MODEL: Final = "llama2-70b-99.9"  # measured on every generation from Hopper on
SHOWN: Final = 0.001  # share of all purchases below which a cohort is in the total only
_PLANNED: Final = 50  # draws whose best purchases are planned
_LOOK: Final = 32  # quarters past the horizon in which a cohort that still pays is followed
_USED: Final = (
    *COST_TERMS, "fleet.life", "site.utilisation", "site.derate", "software.gain.total_token", "price.decline",
    "price.batch", "retire.upkeep", "cascade.training_inference", "cascade.inference_batch",
)  # fmt: skip


@dataclass(frozen=True)
class Retirement:
    """A question about retirement.

    Attributes
    ----------
    generation
        Family, such as ``hopper``, or an accelerator of one; cohorts are followed by family.
    segment
        Segment whose fleet is followed, or ``all``.
    model, scenario
        Model and tier of the throughput records of the work sold.
    given
        Assumption to the value that replaces it.
    sure
        Insist on values far beyond what the record supports.
    """

    generation: str
    segment: str = ALL
    model: str = MODEL
    scenario: str = SCENARIO
    given: Mapping[str, float] = field(default_factory=dict)
    sure: bool = False


def retire_question(
    cube: xr.Dataset, basis: Basis, asked: Retirement, registry: Registry | None = None
) -> Answer:  # fmt: skip
    """Return the quarters by which a generation's cohorts leave: as power is forecast, slack, and always scarce.

    Parameters
    ----------
    cube, basis
        Draws of the forecast; catalogue, rates, assumptions and the fleet kept beside it.
    asked
        Generation, segment and records.
    registry
        Tasks, for the records that speak of each; the newest is compared by the 8-bit peak where it is not kept.

    Attributes
    ----------
    cohort runs while p theta 3600 - e P - lambda P covers its upkeep
        lambda is zero while power is slack, and what the best accelerator of the time would leave on a watt after all
        its costs while it is always scarce. As forecast, what the best operation under the ceilings
        (:func:`forecast.capacity.purchases.best_of_draws`) does not run has left, the oldest first.

    Returns
    -------
    Answer
        A row a cohort of some size and state of power: ``shipped, in_place`` today, ``worn_out_by`` (half gone by age
        alone), and ``early, middle, late`` quarters of its exit, ``never`` by ``looked_to``; then a row ``all`` with
        racks and facility power freed and work lost by the horizon, and the work of the newest on that power.
        ``by quarter`` tells the same as time goes, as power is forecast.

    Raises
    ------
    OutOfSupportError
        If there is no fleet, rate or power to answer from.
    ValueError
        If the generation or segment is not known.
    """
    given = dict(asked.given)
    doubtful = doubt_given(basis, given, sure=asked.sure)
    fleet = _fleet(basis, asked, given)
    ends, now = fleet.quarters, fleet.now
    best = best_of_draws(cube, basis, Limits(quarter_label(ends[-1]), _PLANNED, given))
    trade = trade_of(basis, ends, given, model=asked.model, scenario=asked.scenario)
    runs = _runs(basis, fleet, trade, best)
    stocks = {name: stock_and_flow(fleet.shipped[: len(kept)], fleet.survival[: len(kept)], kept)
              for name, kept in runs.items()}  # fmt: skip
    looks = {name: (kept, ends) for name, kept in runs.items()} | {SLACK: _paying_later(basis, fleet, trade)}
    rows = [row for name in STATES for row in _cohorts(name, *looks[name], fleet)]
    swap = _swap(cube, basis, fleet, trade, registry)
    gone = {name: fleet.aged.live[: len(each.live)] - each.live for name, each in stocks.items()}
    whole = {"cohort": ALL, **spread("shipped", fleet.shipped.sum(axis=1))}
    rows += [{**whole, "power": name, **swap.cells(basis, gone[name][:, -1])} for name in STATES]
    table, told = pd.DataFrame(rows), quarter_table(basis, swap, gone[AS_FORECAST][:, now:], best)
    share = gone[AS_FORECAST] / np.maximum(fleet.aged.live[: len(best.done)], 1e-9)
    left = passage(share, ends, above=0.5, level=0.8, first_ahead=now)
    return Answer(
        f"retirement of {fleet.each.family} in {asked.segment}, {asked.model} {asked.scenario}, unit output_token",
        table, assumed_rows(basis.assumptions, (*_USED, price_name(basis, asked.model)), given), (*doubtful, *NOTES),
        _paths(stocks | {"age alone": fleet.aged}, ends), says=retire_says(swap, table, told, left),
        more={"by quarter": told}, units=units_of(table.columns),
    )  # fmt: skip


@dataclass(frozen=True)
class _Fleet:
    """A generation's fleet: its accelerator, what shipped, and what age alone leaves of it."""

    each: Machine
    shipped: Array
    quarters: pd.DatetimeIndex
    now: int
    survival: Array
    aged: Stock
    half_life: int


def _fleet(basis: Basis, asked: Retirement, given: Mapping[str, float]) -> _Fleet:
    each = _followed(basis, asked.generation, asked.model, asked.scenario)
    shipped, quarters = _shipped(basis, each.family, asked.segment)
    life, shape = 4 * basis.values("fleet.life", given), basis.beliefs["fleet.survival_shape"]
    survival = weibull_survival(np.arange(0.5, len(quarters)), life, shape)
    half_life = round(float(np.median(life)) * np.log(2) ** (1 / shape) / gamma(1 + 1 / shape))
    now = int(quarters.searchsorted(basis.origin))
    return _Fleet(each, shipped, quarters, now, survival, stock_and_flow(shipped, survival), half_life)


def _runs(basis: Basis, fleet: _Fleet, trade: Trade, best: Purchases) -> dict[str, Array]:
    """Return which share of each cohort runs in each state of power, shape (draws, cohorts, periods)."""
    idle = _from_start(best.idle_share(fleet.each.family), fleet.quarters)
    return {
        AS_FORECAST: oldest_first(fleet.aged.cohorts[: len(idle)], idle),
        SLACK: runs_of(basis, fleet.each, trade, fleet.now, np.zeros_like(trade.price)),
        SCARCE: runs_of(basis, fleet.each, trade, fleet.now, scarce_power(basis, trade)),
    }


def _swap(cube: xr.Dataset, basis: Basis, fleet: _Fleet, trade: Trade, registry: Registry | None) -> Swap:
    """Return the newest that ships beside the generation that leaves, by its work on a watt, on the fleet's tasks."""
    place = cube.sizes["period"] - 1
    work = generation_work(cube.isel(draw=slice(0, basis.draws)), basis, registry, Part(), place)
    leads = draw_leads(basis, funnel_steps(basis, trade.given))
    new = choices(basis, work, leads, trade.given, basis.origin)[-1]
    watts = float(fleet.each.power.watts / new.machine.power.watts)
    return Swap(fleet.each, new.machine, watts * work.each[fleet.each.family] / new.each, trade, basis.pue(trade.given))


def _from_start(ahead: Array, quarters: pd.DatetimeIndex) -> Array:
    """Return values of the quarters ahead with noughts for those before them, shape (draws, quarters)."""
    before = np.zeros((len(ahead), len(quarters) - ahead.shape[1]))
    return np.concatenate([before, ahead], axis=1)


def _paying_later(basis: Basis, fleet: _Fleet, trade: Trade) -> tuple[Array, pd.DatetimeIndex]:
    """Return whether cohorts shipped by now still pay with power slack, years past the horizon, and those quarters."""
    beyond = pd.date_range(trade.quarters[-1], periods=_LOOK + 1, freq="QE", tz="UTC")[1:].as_unit("us")
    ends = pd.DatetimeIndex([*trade.quarters, *beyond])
    later = trade_of(basis, ends, trade.given, model=trade.model, scenario=trade.scenario)
    kept = runs_of(basis, fleet.each, later, fleet.now, np.zeros_like(later.price))
    return kept[:, : fleet.now], ends


def _followed(basis: Basis, generation: str, model: str, scenario: str) -> Machine:
    """Return the accelerator that stands for a family: the first of it with power and a rate."""
    refused: OutOfSupportError | None = None
    for name in generations(basis, generation):
        try:
            speed, each = rate(basis, name, model=model, scenario=scenario), machine(basis, name)
        except OutOfSupportError as error:
            refused = refused or error
            continue
        if speed.unit == "output_token":
            return each
        refused = OutOfSupportError(
            f"sales of {name}", f"{model} {scenario} is not counted in output tokens, the only priced work",
            "ask for a model counted in them",
        )  # fmt: skip
    raise refused or InputError(f"generation {generation!r} is not known")


def _shipped(basis: Basis, family: str, segment: str) -> tuple[Array, pd.DatetimeIndex]:
    """Return accelerators shipped of a family, shape (draws, quarters), from its first quarter on."""
    if basis.shipped is None:
        raise OutOfSupportError(
            f"retirement of {family}", "no fleet stands behind this basis", "open a forecast made by `shiftcast run`"
        )
    known = [str(name) for name in basis.shipped["generation"].values]
    segments = basis.shipped["segment"].values.tolist()
    if family not in known:
        raise OutOfSupportError(
            f"retirement of {family}", f"the fleet has {', '.join(known)} only", "ask for one of them"
        )
    if segment not in {ALL, *segments}:
        raise InputError(f"segment {segment!r} is not in the fleet; choose one of {', '.join([ALL, *segments])}")
    mine = basis.shipped.sel(generation=family)
    mine = mine.sum("segment") if segment == ALL else mine.sel(segment=segment)
    values = mine.transpose("draw", "quarter").values.astype(np.float64)
    first = int(np.argmax(np.median(values, axis=0) >= 1.0))
    values[:, first] += values[:, :first].sum(
        axis=1
    )  # the thin early tail of a ramp joins the first cohort, so that no shipment is lost
    ends = pd.DatetimeIndex(basis.shipped["quarter"].values).tz_localize("UTC").as_unit("us")
    return values[:, first:], ends[first:]


def _cohorts(
    name: str, runs: Array, ends: pd.DatetimeIndex, fleet: _Fleet
) -> list[dict[str, Any]]:  # fmt: skip
    """Return a row for each cohort that has shipped by now."""
    rows: list[dict[str, Any]] = []
    aged, now = fleet.aged, fleet.now
    typical = np.median(aged.bought, axis=0)
    for cohort in np.flatnonzero(typical[:now] >= SHOWN * typical.sum()):
        passed = passage(1.0 - runs[:, cohort], ends, above=0.5, level=0.8, first_ahead=now)
        rows.append({
            "cohort": quarter_label(ends[cohort]), "power": name, **spread("shipped", aged.bought[:, cohort]),
            **spread("in_place", aged.cohorts[:, cohort, max(now - 1, 0)]),
            "worn_out_by": _later(ends[cohort], fleet.half_life), "early": passed.early,
            "middle": passed.middle, "late": passed.late, "never": passed.never, "looked_to": passed.horizon,
        })  # fmt: skip
    return rows


def _later(end: pd.Timestamp, quarters: int) -> str:
    return quarter_label(quarter_end(quarter_label(end)) + pd.offsets.QuarterEnd(quarters))


def _paths(stocks: Mapping[str, Stock], quarters: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame([
        {"panel": name, "x": quarter_label(end), **spread("", stock.live[:, period])}
        for name, stock in stocks.items() for period, end in enumerate(quarters)
    ])  # fmt: skip
