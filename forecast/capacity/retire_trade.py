"""Trade of a cohort through time: the price of its work, what it sells, the power it takes, and how long it pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.capacity.cascade import cascade_shares
from shiftcast.forecast.capacity.retirement import keeps_running, power_worth, running_margin
from shiftcast.forecast.economics.basis import Basis, Machine, generations, machine
from shiftcast.forecast.economics.costs import machine_cost
from shiftcast.forecast.economics.power import Power, across
from shiftcast.forecast.economics.rates import price_name, rate
from shiftcast.forecast.hardware.growth import compound
from shiftcast.forecast.support import OutOfSupportError


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
    model, scenario
        Model and tier of the throughput records of the work sold.
    """

    quarters: pd.DatetimeIndex
    price: Array
    gain: Array
    sold: Array
    given: Mapping[str, float]
    model: str
    scenario: str


def trade_of(
    basis: Basis, quarters: pd.DatetimeIndex, given: Mapping[str, float], *, model: str, scenario: str
) -> Trade:  # fmt: skip
    """Return price and productivity of the work sold by quarter.

    Parameters
    ----------
    basis, quarters, given
        Assumptions of the day; ends of the quarters; assumption to the value that replaces it.
    model, scenario
        Model and tier of the throughput records.

    Returns
    -------
    Trade
    """
    years = np.maximum((quarters - basis.origin).days.to_numpy(dtype=np.float64) / 365.25, 0.0)
    price = basis.values(price_name(basis, model), given)[:, None] / 1e6
    fall = (1.0 - basis.values("price.decline", given)[:, None]) ** years[None, :]
    gain = compound(basis.values("software.gain.total_token", given), years, basis.beliefs["growth.held_after"])
    sold = basis.values("site.derate", given) * basis.values("site.utilisation", given)
    return Trade(quarters, price * fall, gain, sold, given, model, scenario)


def at_meter(basis: Basis, each: Machine, given: Mapping[str, float]) -> Power:
    """Return the power that one accelerator draws on average at the meter.

    Parameters
    ----------
    basis, each, given
        Assumptions, the accelerator, and assumption to the value that replaces it.

    Returns
    -------
    Power
        Shape (draws, 1).
    """
    full = across(each.power, to="facility", ratio=basis.pue(given))
    return Power(np.asarray(full.watts * basis.values("power.load", given))[:, None], "facility")


def runs_of(basis: Basis, each: Machine, trade: Trade, now: int, power_value: Array) -> Array:
    """Return whether each cohort still runs, by quarter: exits are looked for from today on.

    Parameters
    ----------
    basis, each, trade
        Catalogue and assumptions; the accelerator; price and productivity of its work.
    now
        Index of the quarter of the origin.
    power_value
        Shadow price of a watt at the meter [USD/(W h)], shape (draws, periods); nought while power is not scarce.

    Returns
    -------
    ndarray, shape (draws, cohorts, periods)
        One while it runs, then nought.
    """
    speed = rate(basis, each.name, model=trade.model, scenario=trade.scenario).value * trade.sold[:, None] * trade.gain
    quarters = np.arange(len(trade.quarters))
    shares = cascade_shares(
        quarters / 4.0, basis.values("cascade.training_inference", trade.given),
        basis.values("cascade.inference_batch", trade.given), basis.beliefs["fleet.role_steepness"],
    )  # fmt: skip
    worth = 1.0 - shares[..., 2] * (1.0 - basis.values("price.batch", trade.given)[:, None])
    by_cohort = worth[:, np.maximum(quarters[None, :] - quarters[:, None], 0)]
    power = at_meter(basis, each, trade.given)
    margin = running_margin(
        trade.price[:, None, :] * by_cohort, speed[:, None, :], Power(power.watts[:, :, None], "facility"),
        electricity=basis.values("cost.electricity", trade.given)[:, None, None], power_value=power_value[:, None, :],
    )  # fmt: skip
    margin[:, :, :now] = np.inf
    return keeps_running(margin, basis.values("retire.upkeep", trade.given)[:, None, None])


def scarce_power(basis: Basis, trade: Trade) -> Array:
    """Return the value of a watt with the best accelerator of each quarter on it, after all its costs.

    Parameters
    ----------
    basis, trade
        Catalogue and assumptions; price and productivity of the work.

    Returns
    -------
    ndarray, shape (draws, periods)
        Value [USD/(W h)].
    """
    best = np.zeros_like(trade.price)
    for name in generations(basis, None):
        try:
            each, speed = machine(basis, name), rate(basis, name, model=trade.model, scenario=trade.scenario)
            cost = machine_cost(basis, each, life=basis.values("fleet.life", trade.given), given=trade.given).total
        except OutOfSupportError:
            continue
        rates = speed.value * trade.sold[:, None] * trade.gain
        worth = power_worth(trade.price, rates, at_meter(basis, each, trade.given), costs=cost[:, None])
        best = np.maximum(best, np.where(trade.quarters >= each.available_at, worth, 0.0))
    return best


def oldest_first(cohorts: Array, idle: Array) -> Array:
    """Return which part of each cohort still runs where a share of all is idle, the oldest first, for good.

    Parameters
    ----------
    cohorts
        Accelerators in place by cohort, oldest first, shape (draws, cohorts, periods).
    idle
        Share of all that is idle [1], shape (draws, periods).

    Returns
    -------
    ndarray, shape (draws, cohorts, periods)
        Share of the cohort that runs [1], not rising in time.

    Examples
    --------
    Of two cohorts of equal size three quarters become idle; what has left stays away:

    >>> oldest_first(np.ones((1, 2, 2)), np.array([[0.75, 0.0]])).tolist()
    [[[0.0, 0.0], [0.5, 0.5]]]
    """
    lost = np.maximum.accumulate(idle, axis=1)[:, None, :] * cohorts.sum(axis=1, keepdims=True)
    older = np.cumsum(cohorts, axis=1) - cohorts
    gone = np.clip(lost - older, 0.0, cohorts) / np.maximum(cohorts, 1e-9)
    return np.asarray(np.minimum.accumulate(1.0 - gone, axis=2))
