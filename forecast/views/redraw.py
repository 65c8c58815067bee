"""Redraw a cube under other demand, machines or ceilings: orders, shipments, machines, power, money, hours served.

Only differences to the base are added, so that what does not change keeps every bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.forecast.hardware.fleet import in_place
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.supply.orders import Supply, supply_orders, wanted_more
from shiftcast.forecast.supply.withheld import PowerCap, Withheld
from shiftcast.forecast.views.part import forecast_periods

_ROUNDING: Final = 1e-6  # of what a cube holds, in single precision
_TINY: Final = 1e-30


@dataclass(frozen=True)
class Change:
    """What is otherwise than in the base, in the quarters ahead.

    Attributes
    ----------
    hours
        Hours that would be served if the same part of what is wanted were, shape (draws, quarters, leaves, tasks).
    available, use
        Ceilings, and what a mean accelerator takes of them, shape (draws, quarters, ceilings).
    price, power
        Of a mean accelerator [USD, kW_facility], shape (draws, quarters).
    waits, lost
        Part of shipments that comes where generations are late [1], same shape (:class:`Withheld`).
    cap
        Most that live accelerators draw [MW_facility], shape (quarters,), if there is a cap.
    """

    hours: Array
    available: Array
    use: Array
    price: Array
    power: Array
    waits: Array
    lost: Array
    cap: Array | None = None


def unchanged(cube: xr.Dataset) -> Change:
    """Return the base of a cube as a change that changes nothing.

    Parameters
    ----------
    cube
        The draw cube.

    Returns
    -------
    Change
        In double precision.
    """
    price, power = (quarters_ahead(cube, name) for name in ("unit_price", "unit_power"))
    ones = np.ones_like(price)
    hours, most, use = (quarters_ahead(cube, name) for name in ("gpu_hours", "supply", "supply_use"))
    return Change(hours, most, use, price, power, ones, ones)


def quarters_ahead(cube: xr.Dataset, name: str) -> Array:
    """Return a variable of the cube in the quarters that are forecast, in double precision.

    Parameters
    ----------
    cube, name
        The draw cube, and a variable with draws and periods first.

    Returns
    -------
    ndarray, shape (draws, quarters ahead, ...)
    """
    return np.asarray(cube[name].values[:, forecast_periods(cube)], dtype=np.float64)


def redraw(cube: xr.Dataset, change: Change) -> xr.Dataset:
    """Return a cube as it would be under a change.

    Parameters
    ----------
    cube
        The draw cube; it is left as it is.
    change
        What is otherwise.

    Returns
    -------
    Dataset
        Every measure ahead as it follows; a leaf's scarce hours are served to its tasks in proportion.
    """
    ahead = forecast_periods(cube)
    hours, latent = (quarters_ahead(cube, name) for name in ("gpu_hours", "latent_hours"))
    whole = hours.sum(axis=-1)
    grown = np.where(whole > 0, change.hours.sum(axis=-1) / np.maximum(whole, _TINY), 1.0)
    moved, machines = _machines(cube, change, _more_shipped(cube, change, grown))
    wanted = grown * (whole + latent)
    served = np.minimum(wanted, whole * machines)
    wished = grown * whole
    moved["gpu_hours"] = change.hours * np.where(wished > 0, served / np.maximum(wished, _TINY), 1.0)[..., None]
    moved["latent_hours"] = wanted - served
    if "accelerator_hours" in cube:
        over = np.where(whole > 0, served / np.maximum(whole, _TINY), 1.0)
        moved["accelerator_hours"] = quarters_ahead(cube, "accelerator_hours") * over[..., None]
    moved["gpu_hours_bottom_up"] = quarters_ahead(cube, "gpu_hours_bottom_up") * grown
    return cube.assign({name: _with(cube[name], values, ahead) for name, values in moved.items() if name in cube})


def _more_shipped(cube: xr.Dataset, change: Change, grown: Array) -> Array:
    """Return accelerators shipped over those of the base, shape (draws, quarters ahead, leaves)."""
    wanted, inherited = (quarters_ahead(cube, name) for name in ("shipments_wanted", "stock_inherited"))
    names, survival = tuple(str(name) for name in cube["ceiling"].values), cube["survival"].values.astype(np.float64)
    width = quarters_ahead(cube, "supply_width")
    supply = Supply(names, quarters_ahead(cube, "supply"), quarters_ahead(cube, "supply_use"), width)
    base = supply_orders(wanted, survival, supply)
    more, cap = wanted_more(wanted, inherited, survival, grown), None
    if change.cap is not None:
        running, each = _running(cube), change.power / 1e3
        new = quarters_ahead(cube, "accelerators_shipped").sum(axis=-1) * quarters_ahead(cube, "unit_power") / 1e3
        standing = quarters_ahead(cube, "power").sum(axis=-1) - in_place(new, running)
        cap = PowerCap(change.cap, standing, each, running)
    held = Withheld(change.waits, change.lost, cap)
    return supply_orders(
        wanted, survival, Supply(names, change.available, change.use, width), more=more, withheld=held
    ) - base  # fmt: skip


def _running(cube: xr.Dataset) -> Array:
    survival, arrived = (cube[name].values.astype(np.float64) for name in ("survival", "arrived"))
    return np.asarray(survival * arrived)


def _machines(cube: xr.Dataset, change: Change, more: Array) -> tuple[dict[str, Array], Array]:
    """Return measures of machines and money ahead, and machines that run over those of the base by leaf."""
    survival, running = cube["survival"].values.astype(np.float64), _running(cube)
    live, shipped = (quarters_ahead(cube, name) for name in ("accelerators", "accelerators_shipped"))
    more = np.maximum(more, -shipped)
    new_live = in_place(more, running)
    dearer, stronger = (
        (now - quarters_ahead(cube, name))[..., None]
        for now, name in ((change.price, "unit_price"), (change.power, "unit_power"))
    )
    drawn = more * change.power[..., None] + shipped * stronger
    power = np.maximum(quarters_ahead(cube, "power") + in_place(drawn, running) / 1e3, 0.0)
    sold = np.array([side != "vendor_internal" for side in segment_of_leaves(cube)])
    spending = quarters_ahead(cube, "spending")
    paid = spending + (more * change.price[..., None] + shipped * dearer) * sold
    paid = np.where(paid > _ROUNDING * spending, paid, 0.0)
    grown = paid.sum(axis=-1) / np.maximum(spending.sum(axis=-1), _TINY)
    run = 1.0 if change.cap is None else np.minimum(change.cap / np.maximum(power.sum(axis=-1), _TINY), 1.0)[..., None]
    moved = {
        "accelerators": live + new_live,
        "accelerators_shipped": shipped + more,
        "accelerators_retired": quarters_ahead(cube, "accelerators_retired") + in_place(more, 1 - survival),
        "power": power * run,
        "spending": paid,
        "spending_new_products": quarters_ahead(cube, "spending_new_products") * grown,
        "hyperscale_share": _shares(cube, spending, paid),
    }
    return moved, run * np.where(live > 0, (live + new_live) / np.maximum(live, _TINY), 1.0)


def _shares(cube: xr.Dataset, before: Array, after: Array) -> Array:
    """Return the hyperscale share under every definition: its odds move as those of spending by side, if any is."""
    side = np.array(segment_of_leaves(cube))
    grown = {
        name: after[..., side == name].sum(axis=-1) / np.maximum(before[..., side == name].sum(axis=-1), _TINY)
        for name in ("hyperscale", "rest")
    }
    share = quarters_ahead(cube, "hyperscale_share")
    inside, outside = share * grown["hyperscale"][..., None], (1 - share) * grown["rest"][..., None]
    either = inside + outside
    same = (grown["hyperscale"] == grown["rest"])[..., None] | (either <= 0)
    return np.asarray(np.where(same, share, inside / np.maximum(either, _TINY)))


def _with(variable: xr.DataArray, values: Array, ahead: Any) -> Any:
    out = variable.values.copy()
    out[:, ahead] = values.astype(out.dtype)
    return variable.dims, out, variable.attrs
