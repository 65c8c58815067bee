"""The migration in the cube: technique shares to their own horizon, and what a request takes by technique there.

Beyond the horizon of hardware the fleet keeps the mix of generations of its last quarter; work a request and software
go on as assumed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.hardware.conversion import hours_per_request
from shiftcast.forecast.hardware.placement import draw_placement
from shiftcast.forecast.identity.bottomup import BottomUpFit
from shiftcast.forecast.identity.work import Asked
from shiftcast.forecast.leaves import SEGMENT_OF, SOLD_LEAVES, SOLD_SEGMENTS
from shiftcast.forecast.migration.carry import Carried
from shiftcast.forecast.workloads import TRAINING

Variables = dict[str, tuple[tuple[str, ...], Array]]


def migration_variables(
    fit: BottomUpFit, carried: Carried, mix: Array, assumed: Assumptions, shown: slice, asked: list[str]
) -> Variables:
    """Return what questions about techniques rest on, for the cube.

    Parameters
    ----------
    fit, carried
        The fitted view from below, and its technique shares (:func:`forecast.identity.bottomup.draw_technique_shares`).
    mix
        Share of the live fleet by generation, shape (draws, quarters of hardware, generations).
    assumed
        Assumptions as history left them.
    shown
        Quarters of the cube.
    asked
        Workloads that are counted in requests.

    Returns
    -------
    dict
        Each as (dimensions, values): ``technique_requests`` share of a workload's requests [1], ``hours_each`` busy
        accelerator-hours a request, ``work_each`` operations a request at today's models [FLOP/request], both zero
        where none are counted, ``placed`` part of the work on NVIDIA GPUs [1], ``used`` part of a workload's requests
        by segment [1]; where operators are followed, ``adoption`` part of the requests that is of operators which use
        a technique at all [1], ``mover_share``, and ``operator_part`` of a segment's requests [1].
    """
    registry, quarters = fit.known.registry, fit.migration_quarters[shown]
    shares = [
        np.concatenate([carried.shares[workload, side][:, shown] for workload in registry.workloads], axis=-1)
        for side in SOLD_SEGMENTS
    ]
    found: Variables = {
        "technique_requests": (("draw", "migration_period", "segment", "technique"), np.stack(shares, axis=2)),
        "hours_each": (("draw", "migration_period", "technique"), _hours_each(fit, mix[:, shown], assumed, quarters)),
        "work_each": (("draw", "technique"), _work_each(_asked(fit, assumed, quarters))),
        "placed": (("draw", "segment", "technique"), _placed(fit, assumed)),
        "used": (("draw", "segment", "workload"), _used(assumed, asked)),
    }
    if carried.adoption:
        found["adoption"] = (
            ("draw", "migration_period", "segment", "migrating"),
            np.stack([_adoption(carried, name)[:, shown] for name in adopted(carried)], axis=-1),
        )
    if carried.movers:
        found["mover_share"] = (("draw", "mover"), np.stack(list(carried.movers.values()), axis=-1))
    if carried.weights:
        found["operator_part"] = (("draw", "weighed"), np.stack(list(carried.weights.values()), axis=-1))
    return found


def adopted(carried: Carried) -> list[str]:
    """Return the tasks of which adoption is known, such as ``recsys/llm``."""
    return list(dict.fromkeys(f"{workload}/{technique}" for workload, _, technique in carried.adoption))


def _adoption(carried: Carried, task: str) -> Array:
    """Return the part of requests that is of operators which use a technique, shape (draws, quarters, segments)."""
    workload, _, technique = task.partition("/")
    return np.stack([carried.adoption[workload, side, technique] for side in SOLD_SEGMENTS], axis=-1)


def _hours_each(fit: BottomUpFit, mix: Array, assumed: Assumptions, quarters: pd.DatetimeIndex) -> Array:
    """Return busy accelerator-hours a request by technique, shape (draws, quarters, techniques).

    Training is counted in accelerator-hours, so a unit of it takes one.
    """
    registry, asked = fit.known.registry, _asked(fit, assumed, quarters)
    mix = np.concatenate([mix, np.repeat(mix[:, -1:], len(quarters) - mix.shape[1], axis=1)], axis=1)
    each = np.zeros((*mix.shape[:2], len(registry.tasks)))
    for column, task in enumerate(registry.tasks):
        if task.workload == TRAINING:
            each[..., column] = 1.0
        elif task.on_accelerator:
            theta = asked.throughput(task, mix)
            each[..., column] = hours_per_request(asked.intensity(task), np.ones(()), theta)
    return each


def _work_each(asked: Asked) -> Array:
    """Return operations a request by technique, shape (draws, techniques).

    They are those of the base day: the models of one workload are assumed to grow alike, so that shares of its work
    are the same in every quarter but for the requests.
    """
    nothing = np.zeros_like(asked.assumed["unseen.share"])
    return np.stack(
        [
            asked.base_intensity(task) * task.flop_per_unit if task.flop_per_unit > 0 else nothing
            for task in asked.registry.tasks
        ],
        axis=-1,
    )


def _asked(fit: BottomUpFit, assumed: Assumptions, quarters: pd.DatetimeIndex) -> Asked:
    """Return what intensity rests on; volumes and shares have no part in it."""
    known = fit.known
    held = known.beliefs["growth.held_after"]
    return Asked(known.registry, {}, {}, assumed, quarters, known.market.chips, held, fit.rates)


def _placed(fit: BottomUpFit, assumed: Assumptions) -> Array:
    """Return the part of a technique's work on NVIDIA GPUs [share], shape (draws, segments, techniques)."""
    none, chips = np.zeros_like(assumed["unseen.share"]), fit.known.market.chips
    by_side = [
        [
            draw_placement(assumed, task.name, side, chips)[:, chips.own] if task.on_accelerator else none
            for task in fit.known.registry.tasks
        ]
        for side in SOLD_SEGMENTS
    ]
    return np.moveaxis(np.array(by_side), -1, 0)


def _used(assumed: Assumptions, asked: list[str]) -> Array:
    """Return the part of a workload's requests by segment [share], shape (draws, segments, workloads)."""
    by_workload = []
    for workload in asked:
        weights = np.stack([assumed[f"use.{workload}.{leaf}"] for leaf in SOLD_LEAVES], axis=-1)
        inside = [weights[:, [SEGMENT_OF[leaf] == side for leaf in SOLD_LEAVES]].sum(axis=-1) for side in SOLD_SEGMENTS]
        by_workload.append(np.stack(inside, axis=-1) / weights.sum(axis=-1, keepdims=True))
    return np.stack(by_workload, axis=-1)
