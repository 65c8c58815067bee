"""The demand identity drawn: history teaches its terms, demand and sales meet ahead, ceilings cut what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.hardware.fleet import in_place
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.identity.bottomup import BottomUp, draw_bottom_up, draw_technique_shares
from shiftcast.forecast.identity.cube import Drawn, lay_out, shown_quarters
from shiftcast.forecast.identity.demand import Pooled, demand_gap, pooled_change
from shiftcast.forecast.identity.fit import WorldFit, fit_world
from shiftcast.forecast.identity.history import RECENT, Taught, learn_from_history
from shiftcast.forecast.identity.machines import draw_machines, shipped_for
from shiftcast.forecast.identity.meeting import Meeting, meet
from shiftcast.forecast.identity.orders import take_orders
from shiftcast.forecast.identity.sold import draw_sold
from shiftcast.forecast.identity.topdown import TopDown, as_sold, hours_of, top_down
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.leaves import SOLD_LEAVES

Progress = Callable[[str], None]


@dataclass(frozen=True)
class World:
    """The cube and the drawn terms behind it.

    Attributes
    ----------
    cube
        Joint draws.
    sales
        The view from above as revenue extrapolates, before demand and ceilings.
    top_down
        The view from above as it is supplied.
    bottom_up
        The view from below, on the quarters of the cube.
    pooled
        Demand and sales, before the ceilings.
    meeting
        Hours that were wanted and served, and what explains them, on the quarters of the cube.
    taught
        Assumptions as history left them.
    generations
        The fleet's generations.
    """

    cube: xr.Dataset
    sales: TopDown
    top_down: TopDown
    bottom_up: BottomUp
    pooled: Pooled
    meeting: Meeting
    taught: Taught
    generations: Generations


def build_world(known: Known, settings: Settings, *, progress: Progress = lambda _: None) -> World:
    """Fit the demand identity at an origin and draw it; a caller that draws more than once keeps the fit.

    Parameters
    ----------
    known
        The record cut to the origin.
    settings
        Draws, seed and horizon.
    progress
        Called with a line before each long step.

    Returns
    -------
    World
        The cube, and the views and fleet behind it.

    Raises
    ------
    ValueError
        Naming the data that was not known at the origin.
    """
    progress("fitting: revenue, split, tokens, technique shares")
    fit = fit_world(known, settings.through)
    return draw_world(fit, draws=settings.draws, seed=settings.seed, progress=progress)


def draw_world(fit: WorldFit, *, draws: int, seed: int, progress: Progress = lambda _: None) -> World:
    """Draw the demand identity from its fit.

    Parameters
    ----------
    fit
        What was fitted at the origin; it is left as it is, so it can be drawn again.
    draws
        Joint draws.
    seed
        Of the named streams.
    progress
        Called with a line before each long step.

    Returns
    -------
    World
        The cube, and the views and fleet behind it; equal for equal fit, draws and seed.

    Raises
    ------
    ValueError
        If an assumption is missing, or a row of the record names what the identity does not know.
    """
    believed = fit.sampling(draws, seed)
    progress("revenue, split and technique shares")
    sold, carried = draw_sold(fit.top_down, believed), draw_technique_shares(fit.bottom_up, believed)
    progress("history teaches intensity, throughput, utilisation and prices")
    taught = learn_from_history(fit, sold, carried, believed)
    sampling = taught.sampling
    progress("top-down: price, installed base; bottom-up: volumes, intensity, throughput")
    machines = draw_machines(fit.top_down, sold.revenue, sampling)
    sales, shown = as_sold(sold, machines), shown_quarters(sold.revenue)
    bottom = draw_bottom_up(fit.bottom_up, carried, sales.mix, sampling, over=shown)
    progress("demand and sales meet, within what can be supplied")
    pooled = _pool(sales, bottom, fit, sampling, shown)
    spending = sold.revenue.total.copy()
    spending[:, sold.revenue.first_forecast :] *= np.exp(pooled.change)
    wanted = shipped_for(sold.weights * spending[..., None], machines)
    orders = take_orders(fit, sold, machines, wanted, sampling)
    supplied = top_down(sold, machines, orders.shipped)
    wished = hours_of(in_place(orders.wanted, machines.survival * machines.arrived), machines, fit.quarters)
    wished[:, : orders.first] = supplied.hours[:, : orders.first]
    served, wished = supplied.hours[:, shown], wished[:, shown]
    met = meet(served, wished, bottom.hours, sampling.assumed["unseen.share"])
    cube = lay_out(fit, Drawn(sales, supplied, bottom, met, orders, taught, carried))
    return World(cube, sales, supplied, bottom, pooled, met, taught, fit.generations)


def _pool(sales: TopDown, bottom: BottomUp, fit: WorldFit, sampling: Sampling, shown: slice) -> Pooled:
    """Pool demand and sales in the quarters ahead."""
    revenue, first = sales.revenue, sales.revenue.first_forecast
    if "generative" in bottom.missing:  # most of the work is not seen from below: it says nothing of the whole
        none = np.zeros_like(revenue.total[:, first:])
        return Pooled(none, none)
    seen, had = bottom.hours.sum(axis=(2, 3)), sales.hours[:, shown, : len(SOLD_LEAVES)].sum(axis=-1)
    gap, _ = demand_gap(seen, had, sampling.assumed["unseen.share"], first - shown.start, RECENT)
    drift = fit.known.beliefs["demand.drift_sd"]
    return Pooled(gap, pooled_change(np.log(revenue.total[:, first:]), gap, drift, sampling.stream("demand")))
