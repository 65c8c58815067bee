"""Machines that a dollar buys: generations and their prices, how long they live, how busy they are, what they draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.series import select
from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.hardware.fleet import arrival, generation_mix, weibull_survival
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.identity.meeting import condition
from shiftcast.forecast.identity.revenue import Revenue
from shiftcast.forecast.identity.sold import LEAF_NAMES, TopDownFit

_TINY: Final = 1e-9


@dataclass(frozen=True)
class Machines:
    """What a dollar buys, how long it lives, and how busy it is: the terms from spending to hours and power.

    Attributes
    ----------
    unit_mix
        Share of the accelerators shipped by generation [1], shape (draws, quarters, generations).
    unit_price
        US dollars of data-centre revenue an accelerator, systems and network included, shape (draws, quarters).
    price
        US dollars an accelerator after meeting the independent estimate, shape (draws, generations).
    h100e_gap
        Independent H100-equivalents over those implied before they met [ratio]; missing if none was known.
    survival, arrived
        Share in place, and share gone live, at ages 0.5, 1.5, ... quarters [1], shape (draws, quarters).
    kw
        Facility power of an accelerator by generation [kW], shape (draws, generations).
    used
        Availability times mean utilisation of the live fleet [1], shape (draws, leaves).
    own
        Accelerators the vendor keeps, over those it sells [1], shape (draws,).
    """

    unit_mix: Array
    unit_price: Array
    price: Array
    h100e_gap: float
    survival: Array
    arrived: Array
    kw: Array
    used: Array
    own: Array


def draw_machines(fit: TopDownFit, revenue: Revenue, sampling: Sampling) -> Machines:
    """Draw the terms from spending to machines, hours and power.

    Parameters
    ----------
    fit
        From :func:`fit_top_down`.
    revenue
        Drawn revenue, for the price that the independent estimate of machines is met at.
    sampling
        Draws, seed, assumptions and the quarters of the fit.

    Returns
    -------
    Machines
        Joint draws.

    Raises
    ------
    ValueError
        If an assumption is missing.
    """
    assumed = sampling.assumed
    mix = _mix(fit.generations, sampling)
    price, gap = _price(fit, revenue, mix, sampling)
    units = mix / price[:, None, :]
    each, ages = units.sum(axis=2), np.arange(len(sampling.quarters), dtype=np.float64) + 0.5
    return Machines(
        unit_mix=units / each[..., None],
        unit_price=np.maximum(revenue.total, _TINY) / np.maximum(revenue.compute * each, _TINY),
        price=price, h100e_gap=gap,
        survival=weibull_survival(ages, 4 * assumed["fleet.life"], fit.known.beliefs["fleet.survival_shape"]),
        arrived=arrival(ages, assumed["fleet.lag"]),
        kw=fit.generations.it_kw * np.maximum(assumed["power.pue"], 1.0)[:, None],
        used=np.stack([assumed[f"utilisation.{leaf}"] for leaf in LEAF_NAMES], axis=-1),
        own=assumed["vendor_internal.share"],
    )  # fmt: skip


def shipped_for(spending: Array, machines: Machines) -> Array:
    """Return accelerators that spending buys, and those the vendor keeps of them.

    Parameters
    ----------
    spending
        US dollars a quarter, shape (draws, quarters, leaves sold to).
    machines
        Terms of the same draws.

    Returns
    -------
    ndarray, shape (draws, quarters, leaves)
        Accelerators shipped a quarter, all generations, the vendor's own leaf last.
    """
    units = spending / machines.unit_price[..., None]
    return np.concatenate([units, machines.own[:, None, None] * units.sum(axis=2, keepdims=True)], axis=2)


def _mix(generations: Generations, sampling: Sampling) -> Array:
    time = np.arange(len(sampling.quarters), dtype=np.float64)
    start = sampling.quarters.searchsorted(generations.available_at[1:])
    lag = [sampling.assumed.get(f"ramp.lag.{name}", "ramp.lag") for name in generations.names[1:]]
    middles = start[None, :] + np.stack(lag, axis=-1)
    return generation_mix(time, middles, sampling.assumed["ramp.width"])


def _price(fit: TopDownFit, revenue: Revenue, mix: Array, sampling: Sampling) -> tuple[Array, float]:
    """Draw prices by generation and hold them to the independent H100-equivalents shipped, where known."""
    generations, assumed = fit.generations, sampling.assumed
    noise = np.stack([sampling.normals(f"price.{name}") for name in generations.names], axis=-1)
    logs = np.log(generations.price) + generations.price_sd_log * noise + np.log(assumed["price.level"])[:, None]
    window, observed = _independent_h100e(fit.known.observations, revenue.quarters, fit.known.market.owners)
    if not window.any():
        return np.exp(logs), float("nan")
    units = revenue.compute[:, :, None] * mix / np.exp(logs)[:, None, :]
    implied = np.log((units[:, window] * generations.h100e).sum(axis=(1, 2)))
    sd = float(np.log1p(assumed["price.h100e_sd"].mean()))
    moved = condition(logs, implied, float(np.log(observed)), sd, sampling.normals("price.h100e"))
    return np.exp(moved), float(observed / np.exp(np.median(implied)))


def _independent_h100e(
    observations: DataFrame[Observations], quarters: pd.DatetimeIndex, owners: str
) -> tuple[Array, float]:
    """Return the quarters covered by the latest owner estimates, and H100-equivalents shipped over them."""
    rows = select(observations, measure="h100e", definition=owners, stage="stock")
    if rows.empty:
        return np.zeros(len(quarters), dtype=bool), float("nan")
    last = rows["period_end"].max()
    final = rows[rows["period_end"] == last]
    window = (quarters >= final["period_start"].min()) & (quarters <= last)
    return np.asarray(window), float(final["value"].sum())
