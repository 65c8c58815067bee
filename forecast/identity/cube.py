"""The draw cube: one set of joint draws of the demand identity, from which every answer is a view.

An :class:`xarray.Dataset` with dimensions ``draw, leaf, task, period`` (and ``segment, technique, definition``), units
in the attributes of each variable; technique shares go on to a horizon of their own, ``migration_period``. Quantiles
are taken from it only at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.scope import VENDOR
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.hardware.placement import hours_over_nvidia
from shiftcast.forecast.identity.bottomup import BottomUp
from shiftcast.forecast.identity.fit import WorldFit
from shiftcast.forecast.identity.history import Taught
from shiftcast.forecast.identity.levered import levered_variables
from shiftcast.forecast.identity.meeting import Meeting
from shiftcast.forecast.identity.migrated import adopted, migration_variables
from shiftcast.forecast.identity.orders import Orders
from shiftcast.forecast.identity.revenue import Revenue
from shiftcast.forecast.identity.sold import LEAF_NAMES, Sold
from shiftcast.forecast.identity.topdown import TopDown
from shiftcast.forecast.leaves import SEGMENT_OF, SOLD_SEGMENTS
from shiftcast.forecast.market.chips import Chips
from shiftcast.forecast.migration.carry import Carried
from shiftcast.forecast.split.membership import moved_text
from shiftcast.forecast.workloads import UNALLOCATED

UNITS: Final = {
    "gpu_hours": "accelerator_hour/quarter",
    "latent_hours": "accelerator_hour/quarter",
    "gpu_hours_top_down": "accelerator_hour/quarter",
    "gpu_hours_bottom_up": "accelerator_hour/quarter",
    "accelerator_hours": "accelerator_hour/quarter",
    "core_hours": "core_hour/quarter",
    "accelerators": "accelerator",
    "accelerators_shipped": "accelerator/quarter",
    "accelerators_retired": "accelerator",
    "power": "MW_facility",
    "spending": "USD/quarter",
    "spending_new_products": "USD/quarter",
    "technique_requests": "1",
    "hours_each": "accelerator_hour/request",
    "work_each": "FLOP/request",
    "requests": "request/quarter",
    "hyperscale_share": "1",
    "tokens": "token/quarter",
    "shipments_wanted": "accelerator/quarter",
    "stock_inherited": "accelerator",
    "unit_price": "USD/accelerator",
    "unit_power": "kW_facility/accelerator",
    "generation_takes": "1/accelerator",
}
_HISTORY: Final = 8  # quarters shown before the first forecast
_TINY: Final = 1e-9
_LEAF: Final = ("draw", "period", "leaf")


@dataclass(frozen=True)
class Drawn:
    """All that a cube is laid out from, of the same draws.

    Attributes
    ----------
    sales, supplied
        The view from above as revenue extrapolates, and as it is supplied.
    bottom, met
        The view from below; hours served, explained and latent; both on the quarters shown.
    orders
        Machines wanted, and the ceilings they met.
    taught
        Assumptions as history left them.
    carried
        Technique shares to the horizon of the migration.
    """

    sales: TopDown
    supplied: TopDown
    bottom: BottomUp
    met: Meeting
    orders: Orders
    taught: Taught
    carried: Carried


def shown_quarters(revenue: Revenue) -> slice:
    """Return the quarters of a cube: some before the first forecast quarter, and all ahead.

    Parameters
    ----------
    revenue
        With its quarters, and which is the first forecast.

    Returns
    -------
    slice
        Positions among the quarters of revenue.
    """
    return slice(max(revenue.first_forecast - _HISTORY, 0), None)


def lay_out(fit: WorldFit, drawn: Drawn) -> xr.Dataset:
    """Lay joint draws out as a cube, from a little before the first forecast quarter.

    Parameters
    ----------
    fit
        What was fitted at the origin.
    drawn
        The joint draws.

    Returns
    -------
    Dataset
        With units, and what the cube was made under in its attributes.
    """
    shown = shown_quarters(drawn.supplied.revenue)
    tasks, hours = _allocate(drawn, shown)
    asked = [name for name in drawn.bottom.volumes if name != "generative"]
    variables = {**_of_hours(fit, drawn, shown, tasks, hours), **_of_machines(drawn, shown, fit)}
    variables |= {
        **_of_shares(drawn, shown, asked),
        **levered_variables(fit, drawn.orders, drawn.supplied.machines, drawn.taught.sampling, shown),
    }
    variables |= migration_variables(
        fit.bottom_up, drawn.carried, drawn.sales.mix, drawn.taught.sampling.assumed, shown, asked
    )
    if drawn.taught.moved:
        variables["learned"] = (("draw", "assumption"), np.stack(list(drawn.taught.moved.values()), axis=-1))
    coordinates: dict[str, Any] = {
        "period": fit.quarters[shown].tz_localize(None), "leaf": list(LEAF_NAMES), "task": list(tasks),
        "definition": list(drawn.supplied.sold.split.by_definition), "segment": list(SOLD_SEGMENTS),
        "technique": [task.name for task in fit.known.registry.tasks],
        "vendor": list(fit.known.market.chips.accelerators), "workload": asked,
        "ceiling": list(drawn.orders.supply.names), "generation": list(fit.generations.names),
        "migration_period": fit.bottom_up.migration_quarters[shown].tz_localize(None),
        **({"mover": list(drawn.carried.movers)} if drawn.carried.movers else {}),
        **({"weighed": list(drawn.carried.weights)} if drawn.carried.weights else {}),
        **({"migrating": adopted(drawn.carried)} if drawn.carried.adoption else {}),
        **({"assumption": list(drawn.taught.moved)} if drawn.taught.moved else {}),
        **({"core_task": list(drawn.bottom.core_hours)} if drawn.bottom.core_hours else {}),
    }  # fmt: skip
    data = {name: (dims, _stored(values)) for name, (dims, values) in variables.items()}
    return xr.Dataset(data, coords=coordinates, attrs=_attributes(fit, drawn)).assign(_units(data))


def _of_hours(
    fit: WorldFit, drawn: Drawn, shown: slice, tasks: tuple[str, ...], hours: Array
) -> dict[str, tuple[tuple[str, ...], Array]]:
    bottom, chips = drawn.bottom, fit.known.market.chips
    found = {
        "gpu_hours": (("draw", "period", "leaf", "task"), hours),
        "latent_hours": (_LEAF, drawn.met.latent),
        "accelerator_hours": ((*_LEAF, "vendor"), _by_vendor(hours, tasks, drawn.taught.sampling.assumed, chips)),
        "gpu_hours_top_down": (_LEAF, drawn.sales.hours[:, shown]),
        "gpu_hours_bottom_up": (_LEAF, _pad(bottom.hours.sum(axis=-1))),
    }
    if bottom.core_hours:
        cores = np.stack(list(bottom.core_hours.values()), axis=-1)
        found["core_hours"] = ((*_LEAF, "core_task"), np.concatenate([cores, 0 * cores[:, :, :1]], axis=2))
    return found


def _of_machines(drawn: Drawn, shown: slice, fit: WorldFit) -> dict[str, tuple[tuple[str, ...], Array]]:
    top, machines, new = drawn.supplied, drawn.supplied.machines, np.array(fit.generations.new)
    by_generation = (machines.unit_mix * machines.price[:, None, :])[:, shown]
    new_share = by_generation[..., new].sum(axis=2) / by_generation.sum(axis=2)
    spending = top.spending[:, shown]
    return {
        "accelerators": (_LEAF, top.fleet.live[:, shown].sum(axis=-1)),
        "accelerators_shipped": (_LEAF, top.fleet.shipped[:, shown].sum(axis=-1)),
        "accelerators_retired": (_LEAF, top.fleet.retired[:, shown].sum(axis=-1)),
        "power": (_LEAF, top.megawatts[:, shown]),
        "spending": (_LEAF, spending),
        "spending_new_products": (("draw", "period"), new_share * spending.sum(axis=-1)),
    }


def _of_shares(drawn: Drawn, shown: slice, asked: list[str]) -> dict[str, tuple[tuple[str, ...], Array]]:
    revenue, split, bottom = drawn.supplied.revenue, drawn.supplied.sold.split, drawn.bottom
    shares = np.stack([each[:, shown] for each in split.by_definition.values()], axis=-1)
    requests = np.stack([bottom.volumes[name] for name in asked], axis=-1)
    found = {
        "compute_share": (("draw", "period"), (revenue.compute / np.maximum(revenue.total, _TINY))[:, shown]),
        "hyperscale_share": (("draw", "period", "definition"), shares),
        "requests": (("draw", "period", "workload"), requests),
    }  # fmt: skip
    if "generative" in bottom.volumes:
        found["tokens"] = (("draw", "period"), bottom.volumes["generative"])
    return found


def _units(data: dict[str, Any]) -> dict[str, Any]:
    return {name: (dims, values, {"units": UNITS.get(name, "1")}) for name, (dims, values) in data.items()}


def _stored(values: Array) -> Any:
    """Return values as they are kept: single precision, so that a loaded cube answers as the fresh one did."""
    return values.astype(np.float32)


def _attributes(fit: WorldFit, drawn: Drawn) -> dict[str, Any]:
    top, split = drawn.supplied, drawn.supplied.sold.split
    return {
        "origin": f"{fit.known.origin:%Y-%m-%d}",
        "first_forecast": quarter_label(top.revenue.quarters[top.revenue.first_forecast]),
        "bounded": quarter_label(fit.quarters[drawn.orders.bounded]),  # first quarter that ceilings hold
        "definition": split.reference,
        "scenario": "base",
        "split_mode": "observation",
        "memberships": moved_text(fit.top_down.moves, fit.quarters),
        "leaf_news": _leaf_news(top.sold),
        "split_statements": split.state.statements,
        "split_inexact": len(split.state.inexact),
        "split_ess": split.ess,
        "scope": f"{VENDOR.upper()} data-centre GPUs",  # of hardware, power and money; accelerator_hours go beyond it
        "company_ratio": top.revenue.company_ratio,
    }


def _leaf_news(sold: Sold) -> str:
    moved = [
        f"{row.leaf} {row.before:.1%} to {row.after:.1%} of its side in {row.quarter} by {row.statements} statements, "
        f"{row.ess:.0%} of the draws effective"
        for row in sold.leaf_news.itertuples()
    ]
    return "; ".join(moved) or "none"


def _pad(values: Array) -> Array:
    """Add the vendor's own leaf, about which no record of work speaks, as zeros."""
    return np.concatenate([values, np.zeros((*values.shape[:-1], 1))], axis=-1)


def _allocate(drawn: Drawn, shown: slice) -> tuple[tuple[str, ...], Array]:
    """Return task names and busy hours of shape (draws, periods, leaves, tasks), the last task unallocated."""
    bottom, met = drawn.bottom, drawn.met
    used = [column for column in range(len(bottom.tasks)) if bottom.hours[..., column].any()]
    hours = np.concatenate([met.parts[..., used], met.unallocated[..., None]], axis=-1)
    own = np.zeros((*hours.shape[:2], 1, hours.shape[-1]))
    own[:, :, 0, -1] = drawn.supplied.hours[:, shown, -1]
    return (*(bottom.tasks[column] for column in used), UNALLOCATED), np.concatenate([hours, own], axis=2)


def _by_vendor(hours: Array, tasks: tuple[str, ...], assumed: Assumptions, chips: Chips) -> Array:
    """Return hours by vendor of the accelerator, shape (draws, periods, leaves, vendors), from those of NVIDIA GPUs.

    What no registered task explains is counted on NVIDIA GPUs only: no record speaks of the others there.
    """
    own = np.zeros((len(hours), len(chips.accelerators)))
    own[:, chips.own] = 1.0
    over = {
        segment: np.stack(
            [own if task == UNALLOCATED else hours_over_nvidia(assumed, task, segment, chips) for task in tasks], axis=1
        )
        for segment in SOLD_SEGMENTS
    }
    vendor_internal = np.repeat(own[:, None], len(tasks), axis=1)
    by_leaf = [over.get(SEGMENT_OF[leaf], vendor_internal) for leaf in LEAF_NAMES]
    return np.stack([hours[:, :, place] @ each for place, each in enumerate(by_leaf)], axis=2)
