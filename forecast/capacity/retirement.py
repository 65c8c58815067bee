"""Economic exit: an accelerator runs while its revenue covers energy, the shadow price of power, and upkeep."""

from __future__ import annotations

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.power import Power


def running_margin(
    price: Array, sold_rate: Array, power: Power, *, electricity: Array, power_value: Array
) -> Array:  # fmt: skip
    """Return the margin of one accelerator an hour: p theta 3600 - e P / 1000 - lambda P.

    Parameters
    ----------
    price
        Price p of work [USD/unit].
    sold_rate
        Work sold per second theta: throughput times the busy share of the hours [unit/s].
    power
        Mean power P drawn at the facility boundary [W_facility].
    electricity
        Price of electricity e [USD/kWh].
    power_value
        Shadow price lambda of a watt at the meter [USD/(W h)]; zero while power is not scarce.

    Returns
    -------
    ndarray, the broadcast shape
        Margin [USD/h].

    Raises
    ------
    ValueError
        If the power is not at the facility boundary.

    Examples
    --------
    >>> at_meter = Power(np.array(1000.0), "facility")
    >>> of = np.array
    >>> round(float(running_margin(of(1e-6), of(1000.0), at_meter, electricity=of(0.1), power_value=of(1e-3))), 2)
    2.5
    """
    if power.boundary != "facility":
        raise InputError(f"a margin needs power at the meter, not {power.unit}; bring it across with PUE")
    return np.asarray(price * sold_rate * 3600.0 - electricity * power.watts / 1e3 - power_value * power.watts)


def power_worth(price: Array, sold_rate: Array, power: Power, *, costs: Array) -> Array:
    """Return the value of a watt at the meter with new accelerators on it: max(0, p theta 3600 - c) / P.

    This is the shadow price of power where power binds and the new accelerators are available.

    Parameters
    ----------
    price, sold_rate, power
        As in :func:`running_margin`, of the new accelerator.
    costs
        All costs c of it: capital, operations, building, energy [USD/h].

    Returns
    -------
    ndarray, the broadcast shape
        Value [USD/(W h)].

    Examples
    --------
    >>> worth = power_worth(np.array(1e-6), np.array(1000.0), Power(np.array(1000.0), "facility"), costs=np.array(2.6))
    >>> round(float(worth), 6)
    0.001
    """
    return np.asarray(np.maximum(price * sold_rate * 3600.0 - costs, 0.0) / power.watts)


def keeps_running(margin: Array, upkeep: Array) -> Array:
    """Return 1.0 while every margin so far was at least the upkeep, then 0.0; an exit is final.

    Parameters
    ----------
    margin
        Margin by period [USD/h], periods on the last axis.
    upkeep
        Upkeep [USD/h], broadcast against ``margin``.

    Returns
    -------
    ndarray, the broadcast shape
        Ones and zeros, not rising along the last axis.

    Examples
    --------
    >>> keeps_running(np.array([[3.0, 1.0, 3.0]]), np.array(2.0)).tolist()
    [[1.0, 0.0, 0.0]]
    """
    return np.minimum.accumulate((margin >= upkeep).astype(np.float64), axis=-1)
