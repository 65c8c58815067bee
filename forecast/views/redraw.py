"""Redraw a cube under another demand or without a ceiling: orders, shipments, machines, power, money, hours served.

Only differences to the base are added, so that what does not change keeps every bit.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.forecast.hardware.fleet import in_place
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.supply.orders import Supply, supply_orders, wanted_more
from shiftcast.forecast.views.part import forecast_periods

_ROUNDING: Final = 1e-6  # of what a cube holds, in single precision
_TINY: Final = 1e-30


def redraw(cube: xr.Dataset, factor: Array, lifted: NDArray[np.bool_]) -> xr.Dataset:
    """Return a cube in which other work is wanted ahead.

    Parameters
    ----------
    cube
        The draw cube; it is left as it is.
    factor
        On the wanted work of each leaf and task [1], shape (leaves, tasks).
    lifted
        Ceilings that do not count, shape (ceilings,).

    Returns
    -------
    Dataset
        Every measure ahead as it follows; a leaf's scarce hours are served to its tasks in proportion.
    """
    ahead = forecast_periods(cube)
    hours, latent = _ahead(cube, "gpu_hours", ahead), _ahead(cube, "latent_hours", ahead)
    whole = hours.sum(axis=-1)
    grown = np.where(whole > 0, (hours * factor).sum(axis=-1) / np.maximum(whole, _TINY), 1.0)
    more = _more_shipped(cube, ahead, grown, lifted)
    moved, machines = _machines(cube, ahead, more)
    wanted = grown * (whole + latent)
    served = np.minimum(wanted, whole * machines)
    each = factor * np.where(whole > 0, served / np.maximum(grown * whole, _TINY), 1.0)[..., None]
    moved["gpu_hours"] = hours * each
    moved["latent_hours"] = wanted - served
    change = served / np.maximum(whole, _TINY)
    if "accelerator_hours" in cube:
        moved["accelerator_hours"] = (
            _ahead(cube, "accelerator_hours", ahead) * np.where(whole > 0, change, 1.0)[..., None]
        )
    moved["gpu_hours_bottom_up"] = _ahead(cube, "gpu_hours_bottom_up", ahead) * grown
    return cube.assign({name: _with(cube[name], values, ahead) for name, values in moved.items() if name in cube})


def _more_shipped(cube: xr.Dataset, ahead: Any, grown: Array, lifted: NDArray[np.bool_]) -> Array:
    """Return accelerators shipped over those of the base, shape (draws, quarters ahead, leaves)."""
    wanted, inherited = _ahead(cube, "shipments_wanted", ahead), _ahead(cube, "stock_inherited", ahead)
    names, survival = tuple(str(name) for name in cube["ceiling"].values), cube["survival"].values.astype(np.float64)
    available, use = _ahead(cube, "supply", ahead), _ahead(cube, "supply_use", ahead)
    width = _ahead(cube, "supply_width", ahead)
    base = supply_orders(wanted, survival, Supply(names, available, use, width))
    more, left = wanted_more(wanted, inherited, survival, grown), np.where(lifted, np.inf, available)
    return supply_orders(wanted, survival, Supply(names, left, use, width), more=more) - base


def _machines(cube: xr.Dataset, ahead: Any, more: Array) -> tuple[dict[str, Array], Array]:
    """Return measures of machines and money ahead, and live machines over those of the base by leaf."""
    survival, arrived = (cube[name].values.astype(np.float64) for name in ("survival", "arrived"))
    live, running = _ahead(cube, "accelerators", ahead), survival * arrived
    new_live = in_place(more, running)
    power = in_place(more * _ahead(cube, "unit_power", ahead)[..., None], running) / 1e3
    sold = np.array([side != "vendor_internal" for side in segment_of_leaves(cube)])
    spending = _ahead(cube, "spending", ahead)
    paid = spending + more * _ahead(cube, "unit_price", ahead)[..., None] * sold
    paid = np.where(paid > _ROUNDING * spending, paid, 0.0)
    grown = paid.sum(axis=-1) / np.maximum(spending.sum(axis=-1), _TINY)
    moved = {
        "accelerators": live + new_live,
        "accelerators_shipped": np.maximum(_ahead(cube, "accelerators_shipped", ahead) + more, 0.0),
        "accelerators_retired": _ahead(cube, "accelerators_retired", ahead) + in_place(more, 1 - survival),
        "power": _ahead(cube, "power", ahead) + power,
        "spending": paid,
        "spending_new_products": _ahead(cube, "spending_new_products", ahead) * grown,
        "hyperscale_share": _shares(cube, ahead, spending, paid),
    }
    return moved, np.where(live > 0, (live + new_live) / np.maximum(live, _TINY), 1.0)


def _shares(cube: xr.Dataset, ahead: Any, before: Array, after: Array) -> Array:
    """Return the hyperscale share under every definition: its odds move as those of spending by side, if any is."""
    side = np.array(segment_of_leaves(cube))
    grown = {
        name: after[..., side == name].sum(axis=-1) / np.maximum(before[..., side == name].sum(axis=-1), _TINY)
        for name in ("hyperscale", "rest")
    }
    share = _ahead(cube, "hyperscale_share", ahead)
    inside, outside = share * grown["hyperscale"][..., None], (1 - share) * grown["rest"][..., None]
    either = inside + outside
    same = (grown["hyperscale"] == grown["rest"])[..., None] | (either <= 0)
    return np.asarray(np.where(same, share, inside / np.maximum(either, _TINY)))


def _ahead(cube: xr.Dataset, name: str, ahead: Any) -> Array:
    return np.asarray(cube[name].values[:, ahead], dtype=np.float64)


def _with(variable: xr.DataArray, values: Array, ahead: Any) -> Any:
    out = variable.values.copy()
    out[:, ahead] = values.astype(out.dtype)
    return variable.dims, out, variable.attrs
