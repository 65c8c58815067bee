"""The draw cube: one set of joint draws of the demand identity, from which every answer is a view.

An :class:`xarray.Dataset` with dimensions ``draw, leaf, task, period`` (and ``segment, technique, definition``), units
in the attributes of each variable. Quantiles are taken from it only at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import hours_in, quarter_label
from shiftcast.features.scope import VENDOR
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.hardware.placement import hours_over_nvidia
from shiftcast.forecast.identity.bottomup import BottomUp, draw_bottom_up
from shiftcast.forecast.identity.fit import WorldFit, fit_world
from shiftcast.forecast.identity.meeting import Agreement, agree, within
from shiftcast.forecast.identity.topdown import LEAF_NAMES, TopDown, draw_top_down
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.leaves import SEGMENT_OF, SOLD_LEAVES, SOLD_SEGMENTS
from shiftcast.forecast.market.chips import Chips
from shiftcast.forecast.split.membership import moved_text
from shiftcast.forecast.workloads import UNALLOCATED, Registry

UNITS: Final = {
    "gpu_hours": "accelerator_hour/quarter",
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
    "request_share": "1",
    "requests": "request/quarter",
    "hyperscale_share": "1",
    "tokens": "token/quarter",
}
_HISTORY: Final = 8  # quarters shown before the first forecast
_TINY: Final = 1e-9

Progress = Callable[[str], None]


@dataclass(frozen=True)
class World:
    """The cube and the fitted terms behind it.

    Attributes
    ----------
    cube
        Joint draws.
    top_down, bottom_up
        The two views before they met.
    agreement
        How they met, arrays of shape (draws, periods, leaves).
    generations
        The fleet's generations.
    """

    cube: xr.Dataset
    top_down: TopDown
    bottom_up: BottomUp
    agreement: Agreement
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
    sampling = fit.sampling(draws, seed)
    progress("top-down: revenue, split, price, installed base")
    top = draw_top_down(fit.top_down, sampling)
    live = top.fleet.live.sum(axis=2)
    progress("bottom-up: volumes, technique shares, intensity, throughput")
    shares = live / np.maximum(live.sum(axis=-1, keepdims=True), _TINY)
    bottom = draw_bottom_up(fit.bottom_up, shares, sampling)
    progress("meeting of the two views, and the cube")
    shown = slice(max(top.revenue.first_forecast - _HISTORY, 0), None)
    agreement = _meet(top, bottom, sampling.assumed, shown, fit.known.beliefs["fleet.most_busy"])
    cube = _cube(fit, top, bottom, agreement, shown, sampling.assumed)
    return World(cube, top, bottom, agreement, fit.generations)


def _cube(
    fit: WorldFit, top: TopDown, bottom: BottomUp, agreement: Agreement, shown: slice, assumed: Assumptions
) -> xr.Dataset:
    quarters, generations, registry = top.revenue.quarters[shown], fit.generations, fit.known.registry
    tasks, hours = _allocate(bottom, agreement, top, shown)
    chips, new = fit.known.market.chips, np.array(generations.new)
    compute_share = (top.revenue.compute / np.maximum(top.revenue.total, _TINY))[:, shown]
    by_generation = top.fleet.shipped[:, shown] * top.price[:, None, None, :]
    new_share = by_generation[..., new].sum(axis=(2, 3)) / np.maximum(by_generation.sum(axis=(2, 3)), _TINY)
    leaf, definitions = ("draw", "period", "leaf"), list(top.split.by_definition)
    variables: dict[str, tuple[tuple[str, ...], Array]] = {
        "gpu_hours": (("draw", "period", "leaf", "task"), hours),
        "accelerator_hours": ((*leaf, "vendor"), _by_vendor(hours, tasks, assumed, chips)),
        "gpu_hours_top_down": (leaf, top.hours[:, shown]),
        "gpu_hours_bottom_up": (leaf, _pad(bottom.hours[:, shown].sum(axis=-1))),
        "accelerators": (leaf, top.fleet.live[:, shown].sum(axis=-1)),
        "accelerators_shipped": (leaf, top.fleet.shipped[:, shown].sum(axis=-1)),
        "accelerators_retired": (leaf, top.fleet.retired[:, shown].sum(axis=-1)),
        "power": (leaf, top.megawatts[:, shown]),
        "spending": (leaf, top.spending[:, shown]),
        "spending_new_products": (("draw", "period"), new_share * top.revenue.total[:, shown]),
        "compute_share": (("draw", "period"), compute_share),
        "hyperscale_share": (
            ("draw", "period", "definition"),
            np.stack([top.split.by_definition[name][:, shown] for name in definitions], axis=-1),
        ),
        "request_share": (
            ("draw", "period", "segment", "technique"),
            _request_shares(bottom, registry, shown),
        ),
    }
    asked = [name for name in bottom.volumes if name != "generative"]
    requests = np.stack([bottom.volumes[name][:, shown] for name in asked], axis=-1)
    variables["requests"] = (("draw", "period", "workload"), requests)
    if "generative" in bottom.volumes:
        variables["tokens"] = (("draw", "period"), bottom.volumes["generative"][:, shown])
    if bottom.core_hours:
        cores = np.stack([each[:, shown] for each in bottom.core_hours.values()], axis=-1)
        variables["core_hours"] = ((*leaf, "core_task"), np.concatenate([cores, 0 * cores[:, :, :1]], axis=2))
    techniques = [task.name for task in registry.tasks]
    coordinates: dict[str, Any] = {
        "period": quarters.tz_localize(None), "leaf": list(LEAF_NAMES), "task": list(tasks),
        "definition": definitions, "segment": list(SOLD_SEGMENTS), "technique": techniques,
        "vendor": list(chips.accelerators), "workload": asked,
        **({"core_task": list(bottom.core_hours)} if bottom.core_hours else {}),
    }  # fmt: skip
    data = {name: (dims, _stored(values)) for name, (dims, values) in variables.items()}
    return xr.Dataset(data, coords=coordinates, attrs=_attributes(fit, top)).assign(_units(data))


def _units(data: dict[str, Any]) -> dict[str, Any]:
    return {name: (dims, values, {"units": UNITS.get(name, "1")}) for name, (dims, values) in data.items()}


def _stored(values: Array) -> Any:
    """Return values as they are kept: single precision, so that a loaded cube answers as the fresh one did."""
    return values.astype(np.float32)


def _attributes(fit: WorldFit, top: TopDown) -> dict[str, Any]:
    return {
        "origin": f"{fit.known.origin:%Y-%m-%d}",
        "first_forecast": quarter_label(top.revenue.quarters[top.revenue.first_forecast]),
        "definition": top.split.reference,
        "scenario": "base",
        "split_mode": "observation",
        "memberships": moved_text(fit.top_down.moves, fit.quarters),
        "leaf_news": _leaf_news(top),
        "split_statements": top.split.state.statements,
        "split_inexact": len(top.split.state.inexact),
        "split_ess": top.split.ess,
        "scope": f"{VENDOR.upper()} data-centre GPUs",  # of hardware, power and money; accelerator_hours go beyond it
        "company_ratio": top.revenue.company_ratio,
    }


def _leaf_news(top: TopDown) -> str:
    moved = [
        f"{row.leaf} {row.before:.1%} to {row.after:.1%} of its side in {row.quarter} by {row.statements} statements, "
        f"{row.ess:.0%} of the draws effective"
        for row in top.leaf_news.itertuples()
    ]
    return "; ".join(moved) or "none"


def _pad(values: Array) -> Array:
    """Add the vendor's own leaf, about which no record of work speaks, as zeros."""
    return np.concatenate([values, np.zeros((*values.shape[:-1], 1))], axis=-1)


def _meet(top: TopDown, bottom: BottomUp, assumed: Assumptions, shown: slice, most_busy: float) -> Agreement:
    """Let the two views meet leaf by leaf, for the leaves both speak of; no fleet is busier than all its hours."""
    total = top.hours[:, shown, : len(SOLD_LEAVES)]
    unseen = np.broadcast_to(assumed["unseen.share"][:, None, None], total.shape)
    met = agree(total, np.maximum(bottom.hours[:, shown][..., _used(bottom)], _TINY), unseen)
    live = top.fleet.live[:, shown, : len(SOLD_LEAVES)].sum(axis=-1)
    return within(met, most_busy * live * hours_in(top.revenue.quarters[shown])[None, :, None])


def _used(bottom: BottomUp) -> list[int]:
    """Return the tasks that take accelerator-hours at all."""
    return [column for column in range(len(bottom.tasks)) if bottom.hours[..., column].any()]


def _allocate(bottom: BottomUp, agreement: Agreement, top: TopDown, shown: slice) -> tuple[tuple[str, ...], Array]:
    """Return task names and busy hours of shape (draws, periods, leaves, tasks), the last task unallocated."""
    hours = np.concatenate([agreement.parts, agreement.unallocated[..., None]], axis=-1)
    own = np.zeros((*hours.shape[:2], 1, hours.shape[-1]))
    own[:, :, 0, -1] = top.hours[:, shown, -1]
    names = (*(bottom.tasks[column] for column in _used(bottom)), UNALLOCATED)
    return names, np.concatenate([hours, own], axis=2)


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


def _request_shares(bottom: BottomUp, registry: Registry, shown: slice) -> Array:
    """Return shares of requests, shape (draws, periods, segments, techniques of all workloads)."""
    by_segment = [
        np.concatenate([bottom.shares[workload, segment][:, shown] for workload in registry.workloads], axis=-1)
        for segment in SOLD_SEGMENTS
    ]
    return np.stack(by_segment, axis=2)
