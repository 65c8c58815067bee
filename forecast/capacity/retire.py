"""Answer to a retirement question: quarters of economic exit of a generation's cohorts, and the power it frees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import gamma

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end, quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.capacity.cascade import cascade_shares
from shiftcast.forecast.capacity.retirement import keeps_running, power_worth, running_margin
from shiftcast.forecast.capacity.stock import Stock, stock_and_flow
from shiftcast.forecast.economics.basis import SCENARIO, Basis, Machine, check_given, generations, machine
from shiftcast.forecast.economics.costs import COST_TERMS, machine_cost
from shiftcast.forecast.economics.power import Power, across
from shiftcast.forecast.economics.rates import price_name, rate
from shiftcast.forecast.hardware.fleet import weibull_survival
from shiftcast.forecast.hardware.growth import compound
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread
from shiftcast.forecast.views.passage import passage

MODEL: Final = "llama2-70b-99.9"  # measured on every generation from Hopper on
SHOWN: Final = 0.001  # share of all purchases below which a cohort is in the total only
SCARCITY: Final = ("slack", "scarce")
_USED: Final = (
    *COST_TERMS, "fleet.life", "site.utilisation", "site.derate", "software.gain.total_token", "price.decline",
    "price.batch", "retire.upkeep", "cascade.training_inference", "cascade.inference_batch",
)  # fmt: skip


@dataclass(frozen=True)
class Trade:
    """Price and productivity of the work sold, through time.

    Attributes
    ----------
    quarters
        Ends of the quarters, shape (periods,).
    price
        Price of work [USD/unit], shape (draws, periods).
    gain
        Throughput over today's through software [1], shape (draws, periods).
    sold
        Share of the measured throughput that is sold [1]: derate times utilisation, shape (draws,).
    given
        Assumption to the value that replaces it.
    """

    quarters: pd.DatetimeIndex
    price: Array
    gain: Array
    sold: Array
    given: Mapping[str, float]


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
    """

    generation: str
    segment: str = ALL
    model: str = MODEL
    scenario: str = SCENARIO
    given: Mapping[str, float] = field(default_factory=dict)


def retire_question(basis: Basis, asked: Retirement) -> Answer:
    """Return the quarters of economic exit of a generation's cohorts, with power slack and with power scarce.

    Parameters
    ----------
    basis
        Catalogue, rates, assumptions and the fleet of a registered forecast.
    asked
        Generation, segment and records.

    Attributes
    ----------
    cohort runs while p theta 3600 - e P - lambda P covers its upkeep
        lambda is zero while power is slack, and what the best accelerator of the time would leave on a watt after all
        its costs while it is scarce.

    Returns
    -------
    Answer
        A row a cohort of some size and scarcity: ``shipped, in_place`` today, ``worn_out_by`` (half gone by age
        alone), and ``early, middle, late`` quarters of economic exit, ``never`` by the horizon; then a row ``all``
        with facility power freed and work lost by the horizon.

    Raises
    ------
    OutOfSupportError
        If there is no fleet, rate or power to answer from.
    ValueError
        If the generation or segment is not known.
    """
    given, model, scenario = dict(asked.given), asked.model, asked.scenario
    check_given(basis, given)
    each = _followed(basis, asked.generation, model, scenario)
    shipped, quarters = _shipped(basis, each.family, asked.segment)
    trade = _trade(basis, quarters, model, given)
    now = int(quarters.searchsorted(basis.origin))
    runs = {name: _runs(basis, each, trade, now, model, scenario, scarce=name == "scarce") for name in SCARCITY}
    life: Array = 4 * basis.values("fleet.life", given)
    shape = basis.beliefs["fleet.survival_shape"]
    survival = weibull_survival(np.arange(0.5, len(quarters)), life, shape)
    half_life = round(float(np.median(life)) * np.log(2) ** (1 / shape) / gamma(1 + 1 / shape))
    stocks = {name: stock_and_flow(shipped, survival, kept) for name, kept in runs.items()}
    aged = stock_and_flow(shipped, survival)
    rows = [row for name in SCARCITY for row in _cohorts(name, runs[name], aged, half_life, quarters, now)]
    speed = rate(basis, each.name, model=model, scenario=scenario)
    rows += [_whole(basis, name, stocks[name], aged, each, speed.value * trade.sold, trade.given) for name in SCARCITY]
    used = (*_USED, price_name(basis, model))
    return Answer(
        f"retirement of {each.family} in {asked.segment}, {model} {scenario}, unit {speed.unit}", pd.DataFrame(rows),
        assumed_rows(basis.assumptions, used, given), _NOTES, _paths(stocks | {"age alone": aged}, quarters),
    )  # fmt: skip


_NOTES: Final = (
    (
        "Slack: power costs its energy. Scarce: power is worth what the best accelerator of the time would earn on it "
        "after capital, operations, building and energy; it supposes that such accelerators can be had."
    ),
    (
        "Exits are looked for from today on; the past is followed by age alone. What a cohort sells moves from "
        "training and inference to batch as it ages."
    ),
    "The token price and its fall are assumed: stand your own in for price.output_token and price.decline.",
)


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


def _trade(basis: Basis, quarters: pd.DatetimeIndex, model: str, given: Mapping[str, float]) -> Trade:
    years = np.maximum((quarters - basis.origin).days.to_numpy(dtype=np.float64) / 365.25, 0.0)
    price = basis.values(price_name(basis, model), given)[:, None] / 1e6
    fall = (1.0 - basis.values("price.decline", given)[:, None]) ** years[None, :]
    gain = compound(basis.values("software.gain.total_token", given), years, basis.beliefs["growth.held_after"])
    sold = basis.values("site.derate", given) * basis.values("site.utilisation", given)
    return Trade(quarters, price * fall, gain, sold, given)


def _at_meter(basis: Basis, each: Machine, given: Mapping[str, float]) -> Power:
    """Return the power one accelerator draws on average at the meter, shape (draws, 1)."""
    full = across(each.power, to="facility", ratio=basis.pue(given))
    return Power(np.asarray(full.watts * basis.values("power.load", given))[:, None], "facility")


def _runs(
    basis: Basis, each: Machine, trade: Trade, now: int, model: str, scenario: str, *, scarce: bool
) -> Array:  # fmt: skip
    """Return whether each cohort still runs, shape (draws, cohorts, periods)."""
    speed = rate(basis, each.name, model=model, scenario=scenario).value * trade.sold[:, None] * trade.gain
    quarters = np.arange(len(trade.quarters))
    shares = cascade_shares(
        quarters / 4.0, basis.values("cascade.training_inference", trade.given),
        basis.values("cascade.inference_batch", trade.given), basis.beliefs["fleet.role_steepness"],
    )  # fmt: skip
    worth = 1.0 - shares[..., 2] * (1.0 - basis.values("price.batch", trade.given)[:, None])
    by_cohort = worth[:, np.maximum(quarters[None, :] - quarters[:, None], 0)]
    power = _at_meter(basis, each, trade.given)
    value = _scarce_power(basis, trade, model, scenario) if scarce else np.zeros_like(trade.price)
    margin = running_margin(
        trade.price[:, None, :] * by_cohort, speed[:, None, :], Power(power.watts[:, :, None], "facility"),
        electricity=basis.values("cost.electricity", trade.given)[:, None, None], power_value=value[:, None, :],
    )  # fmt: skip
    margin[:, :, :now] = np.inf
    return keeps_running(margin, basis.values("retire.upkeep", trade.given)[:, None, None])


def _scarce_power(basis: Basis, trade: Trade, model: str, scenario: str) -> Array:
    """Return the value of a watt with the best accelerator of each quarter on it [USD/(W h)], (draws, periods)."""
    best = np.zeros_like(trade.price)
    for name in generations(basis, None):
        try:
            each, speed = machine(basis, name), rate(basis, name, model=model, scenario=scenario)
            cost = machine_cost(basis, each, life=basis.values("fleet.life", trade.given), given=trade.given).total
        except OutOfSupportError:
            continue
        rates = speed.value * trade.sold[:, None] * trade.gain
        worth = power_worth(trade.price, rates, _at_meter(basis, each, trade.given), costs=cost[:, None])
        best = np.maximum(best, np.where(trade.quarters >= each.available_at, worth, 0.0))
    return best


def _cohorts(
    name: str, runs: Array, aged: Stock, half_life: int, quarters: pd.DatetimeIndex, now: int
) -> list[dict[str, Any]]:
    """Return a row for each cohort that has shipped by now."""
    rows: list[dict[str, Any]] = []
    typical = np.median(aged.bought, axis=0)
    for cohort in np.flatnonzero(typical[:now] >= SHOWN * typical.sum()):
        gone = 1.0 - runs[:, cohort]
        passed = passage(gone, quarters, above=0.5, level=0.8, first_ahead=now)
        rows.append({
            "cohort": quarter_label(quarters[cohort]), "power": name, **spread("shipped", aged.bought[:, cohort]),
            **spread("in_place", aged.cohorts[:, cohort, max(now - 1, 0)]),
            "worn_out_by": _later(quarters[cohort], half_life), "early": passed.early,
            "middle": passed.middle, "late": passed.late, "never": passed.never,
        })  # fmt: skip
    return rows


def _later(end: pd.Timestamp, quarters: int) -> str:
    return quarter_label(quarter_end(quarter_label(end)) + pd.offsets.QuarterEnd(quarters))


def _whole(
    basis: Basis, name: str, stock: Stock, aged: Stock, each: Machine, sold: Array, given: Mapping[str, float]
) -> dict[str, Any]:
    """Return the power freed and work lost by the horizon through economic exit beyond age."""
    gone = aged.live[:, -1] - stock.live[:, -1]
    full = across(each.power, to="facility", ratio=basis.pue(given))
    return {
        "cohort": ALL, "power": name, **spread("shipped", stock.bought.sum(axis=1)),
        **spread("retired_early", gone), **spread("mw_freed", gone * full.watts / 1e6),
        **spread("work_day_lost", gone * sold * 86400.0),
    }  # fmt: skip


def _paths(stocks: Mapping[str, Stock], quarters: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame([
        {"panel": name, "x": quarter_label(end), **spread("", stock.live[:, period])}
        for name, stock in stocks.items() for period, end in enumerate(quarters)
    ])  # fmt: skip
