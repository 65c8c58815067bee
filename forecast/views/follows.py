"""Measures that follow a contracted one: hours, machines and watts in its ratio, purchases by the machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.views.contracted import LEVELS, Contracted
from shiftcast.forecast.views.part import Part, forecast_periods, kinds_of_work, periods, unit_of
from shiftcast.forecast.views.spans import does

_STOCKS: Final = ("accelerators", "power")
_BOUGHT: Final = ("accelerators_shipped", "spending")
_TINY: Final = 1e-30


def what_follows(cube: xr.Dataset, done: Contracted) -> pd.DataFrame:
    """Return hours, machines, power and dollars beside a contracted measure, of its part and of the whole.

    Hours, accelerators and watts of a leaf's task move in one ratio in every draw. Accelerators that are missing are
    not bought, at the draw's price of one in that quarter; what is wanted stays, so hours not served are latent. Where
    purchases are contracted, machines follow them instead, taken as live in the quarter.

    Parameters
    ----------
    cube
        The draw cube.
    done
        A measure contracted; of hours that are latent nothing follows.

    Returns
    -------
    DataFrame
        ``segment, leaf, measure, unit, when``, quantiles ``before_*`` and ``after_*`` as :data:`LEVELS` names them, and
        the mean ``moved``. Purchases count from the first quarter ahead to the period's end.
    """
    if done.measure == "latent_hours" or "unit_price" not in cube:
        return pd.DataFrame()
    labels = [quarter_label(end) for end in periods(cube)]
    at = [place for place, label in enumerate(labels) if label.startswith(done.period)]
    moved = _moved(cube, done, [labels[place] for place in at], at)
    first = int(np.argmax(forecast_periods(cube)))
    bought = f"{labels[min(first, at[0])]} to {labels[at[-1]]}"
    when = {**dict.fromkeys(_STOCKS, f"end of {labels[at[-1]]}"), **dict.fromkeys(_BOUGHT, bought)}
    node, _ = done.nodes.parts[done.node]
    rows = [
        _row(cube, name, pair, place, when.get(name, done.period))
        for place in dict.fromkeys((Part(node.segment, node.leaf), Part()))
        for name, pair in moved.items()
    ]
    return pd.DataFrame(rows)


def _moved(cube: xr.Dataset, done: Contracted, labels: list[str], at: list[int]) -> dict[str, tuple[Array, Array]]:
    """Return each measure before and after, shape (draws, leaves)."""
    hours, held = _of(cube, "gpu_hours", at), _of(cube, "accelerators", at)
    ratio = _ratio(cube, done, labels, hours.shape)
    by_leaf = (hours * ratio).sum(axis=-1) / np.maximum(hours.sum(axis=-1), _TINY)
    price = cube["unit_price"].values[:, at].astype(np.float64)[..., None]
    sold = np.array([side != "vendor_internal" for side in segment_of_leaves(cube)])
    if done.measure in _BOUGHT:
        shipped = _of(cube, "accelerators_shipped", at)
        added = (shipped * (by_leaf - 1)).cumsum(axis=1)
        by_leaf = np.maximum(1 + added / np.maximum(held, _TINY), 0.0)
        ratio = by_leaf[..., None]
    served, wanted = hours * ratio, hours.sum(axis=-1) + _of(cube, "latent_hours", at)
    latent = np.maximum(wanted - served.sum(axis=-1), 0.0)
    more = np.diff(held * (by_leaf - 1), axis=1, prepend=0.0)  # bought in each quarter beyond the free forecast
    first = min(int(np.argmax(forecast_periods(cube))), at[0])
    until = {name: _of(cube, name, list(range(first, at[-1] + 1))).sum(axis=1) for name in _BOUGHT}
    paid = (more * price * sold).sum(axis=1)
    return {
        "gpu_hours": (hours.sum(axis=(1, 3)), served.sum(axis=(1, 3))),
        "latent_hours": (_of(cube, "latent_hours", at).sum(axis=1), latent.sum(axis=1)),
        **{name: (each, each * by_leaf[:, -1]) for name in _STOCKS for each in [_of(cube, name, at)[:, -1]]},
        "accelerators_shipped": (
            until["accelerators_shipped"], np.maximum(until["accelerators_shipped"] + more.sum(axis=1), 0.0),
        ),
        "spending": (until["spending"], np.maximum(until["spending"] + paid, 0.0)),
    }  # fmt: skip


def _ratio(cube: xr.Dataset, done: Contracted, labels: list[str], shape: tuple[int, ...]) -> Array:
    """Return the contracted measure over the free one by leaf and task, shape (draws, quarters, leaves, tasks)."""
    leaves, tasks = ([str(name) for name in cube[each].values] for each in ("leaf", "task"))
    columns = {part: next(at for at, task in enumerate(tasks) if does(part, task)) for part in kinds_of_work(cube)}
    ratio = np.ones(shape)
    for row, part, quarter in _cells(done):
        before, after = done.nodes.draws[row], done.draws[row]
        work = columns[Part(workload=part.workload, technique=part.technique)]
        place = (labels.index(quarter), leaves.index(part.leaf), work)
        ratio[:, *place] = np.where(before > 0, after / np.maximum(before, _TINY), 1.0)
    return ratio


def _cells(done: Contracted) -> Iterator[tuple[int, Part, str]]:
    """Yield the row of each leaf's task in each quarter, its part and its quarter."""
    names = done.nodes.hierarchy.names
    for row in done.nodes.hierarchy.leaves:
        yield int(row), *done.nodes.parts[names[row]]


def _of(cube: xr.Dataset, name: str, at: list[int]) -> Array:
    return np.asarray(cube[name].values[:, at], dtype=np.float64)


def _row(cube: xr.Dataset, name: str, pair: tuple[Array, Array], place: Part, when: str) -> dict[str, Any]:
    leaves = zip([str(leaf) for leaf in cube["leaf"].values], segment_of_leaves(cube), strict=True)
    mine = np.array([place.segment in {ALL, side} and place.leaf in {ALL, leaf} for leaf, side in leaves])
    before, after = (each[:, mine].sum(axis=1) for each in pair)
    return {
        "segment": place.segment, "leaf": place.leaf, "measure": name, "unit": unit_of(cube, name).split("/quarter")[0],
        "when": when,
        **{f"before_{level}": float(np.quantile(before, at)) for level, at in LEVELS.items()},
        **{f"after_{level}": float(np.quantile(after, at)) for level, at in LEVELS.items()},
        "moved": float((after - before).mean()),
    }  # fmt: skip
