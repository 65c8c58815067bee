"""Cells of one quarter of a cube as factors: each cell the work of one task in one leaf."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.lmdi import Cells
from shiftcast.forecast.views.part import MEASURES, periods
from shiftcast.forecast.views.techniques import technique_requests

Terms = Mapping[str, Array]


def cells_of(
    cube: xr.Dataset, quarter: str, measure: str, segment: str, by: str, terms: Terms | None = None
) -> Cells:  # fmt: skip
    """Return the leaf-by-task cells of one quarter as factors whose product is the measure.

    Parameters
    ----------
    cube, quarter
        Joint draws, and label of the quarter.
    measure
        One of :data:`forecast.views.part.MEASURES`.
    segment
        A segment, or ``all``.
    by
        One of :data:`DECOMPOSITIONS`, or :data:`REQUEST`.
    terms
        For the last: factor of the hours of a request to its values by task, shape (draws, tasks), NaN where a task
        has none (:func:`forecast.effects.terms.request_terms`).

    Returns
    -------
    Cells
        Named ``leaf/workload/technique``.

    Raises
    ------
    OutOfSupportError
        If the quarter or a variable is not in the cube.
    ValueError
        If measure or segment is not known.
    """
    labels = [quarter_label(end) for end in periods(cube)]
    if quarter not in labels:
        raise OutOfSupportError(f"quarter {quarter!r} is not in the forecast, which has {labels[0]} to {labels[-1]}")
    if measure not in MEASURES:
        raise InputError(f"measure {measure!r} is not forecast; choose one of {', '.join(MEASURES)}")
    segments = np.array(segment_of_leaves(cube))
    chosen = np.ones(len(segments), dtype=bool) if segment == ALL else segments == segment
    if not chosen.any():
        raise InputError(
            f"segment {segment!r} is not forecast; choose all or one of {', '.join(sorted(set(segments)))}"
        )
    requests = technique_requests(cube).isel(migration_period=labels.index(quarter), drop=True)
    at = cube.isel(period=labels.index(quarter), leaf=np.flatnonzero(chosen)).assign(technique_requests=requests)
    hours = at["gpu_hours"].values.astype(np.float64)
    factors = DECOMPOSITIONS[by](at, hours) if by != REQUEST else _by_request(at, hours, terms or {})
    if measure != "gpu_hours":
        each = _ratio(at[measure].values.astype(np.float64), hours.sum(axis=-1))
        factors |= {f"{measure} an hour": np.broadcast_to(each[..., None], hours.shape)}
    names = tuple(f"{leaf}/{task}" for leaf in at["leaf"].values for task in at["task"].values)
    return Cells(names, {name: np.ascontiguousarray(v).reshape(len(hours), -1) for name, v in factors.items()})


def _ratio(above: Array, below: Array) -> Array:
    """Return a ratio, missing where there is nothing to take a share of."""
    return np.asarray(np.divide(above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below > 0))


def _by_factor(at: xr.Dataset, hours: Array) -> dict[str, Array]:
    """Return volume, technique mix and hours a request, and work that has no volume of its own, such as training."""
    if "requests" not in at:
        raise OutOfSupportError("this forecast was stored without requests; run `shiftcast run` again, or ask by mix")
    tasks = [str(task).partition("/") for task in at["task"].values]
    counts = {str(name): at["requests"].values[:, i] for i, name in enumerate(at["workload"].values)}
    counts |= {"generative": at["tokens"].values} if "tokens" in at else {}
    mixes = [str(name) for name in at["technique"].values]
    sides, segments = segment_of_leaves(at), [str(name) for name in at["segment"].values]
    volume, mix = np.zeros_like(hours), np.ones_like(hours)
    for column, (workload, _, technique) in enumerate(tasks):
        if workload in counts:
            volume[..., column] = counts[workload][:, None]
            for row, side in enumerate(sides):
                if side in segments:
                    place = segments.index(side), mixes.index(f"{workload}/{technique}")
                    mix[:, row, column] = at["technique_requests"].values[:, place[0], place[1]]
    counted = volume * mix > 0
    return {
        "volume": np.where(counted, volume, 1.0), "technique mix": np.where(counted, mix, 1.0),
        "hours a request": np.where(counted, _ratio(hours, volume * mix), 1.0),
        "work not counted in requests": np.where(counted, 1.0, hours),
    }  # fmt: skip


def _by_request(at: xr.Dataset, hours: Array, terms: Terms) -> dict[str, Array]:
    """Return the factors of :func:`_by_factor` with the hours of a request as a product of their terms."""
    factors = _by_factor(at, hours)
    whole = factors.pop("hours a request")
    each = {name: np.broadcast_to(values[:, None, :], hours.shape) for name, values in terms.items()}
    counted = factors["work not counted in requests"] == 1.0
    each = {name: np.where(counted & np.isfinite(values), values, 1.0) for name, values in each.items()}
    rest = whole / np.prod(np.stack(list(each.values())), axis=0) if each else whole
    return factors | each | {FITTED: rest}


def _by_mix(at: xr.Dataset, hours: Array) -> dict[str, Array]:
    """Return total hours and the nested shares of segment, leaf, workload and technique."""
    sides, kinds = segment_of_leaves(at), [str(task).partition("/")[0] for task in at["task"].values]
    total = hours.sum(axis=(1, 2), keepdims=True)
    leaf = hours.sum(axis=2, keepdims=True)
    side = _grouped(leaf, sides, axis=1)
    workload = _grouped(hours, kinds, axis=2)
    shares = {
        "segment mix": _ratio(side, total), "leaf mix": _ratio(leaf, side), "workload mix": _ratio(workload, leaf),
        "technique mix": _ratio(hours, workload),
    }  # fmt: skip
    return {name: np.broadcast_to(v, hours.shape) for name, v in {"all hours": total, **shares}.items()}


def _grouped(values: Array, groups: list[str], *, axis: int) -> Array:
    """Return values summed over the members of each one's group along an axis."""
    same = np.array([[a == b for a in groups] for b in groups], dtype=np.float64)
    return np.moveaxis(np.tensordot(values, same, axes=([axis], [0])), -1, axis)


def _whole(_: xr.Dataset, hours: Array) -> dict[str, Array]:
    return {"hours": hours}


REQUEST: Final = "request"  # hours of a request apart, for which terms are needed
FITTED: Final = "fleet over work explained"
GROUPS: Final[Mapping[str, Callable[[str, Mapping[str, str]], str]]] = {
    "segment": lambda cell, sides: sides[cell.partition("/")[0]],
    "leaf": lambda cell, _: cell.partition("/")[0],
    "workload": lambda cell, _: cell.split("/")[1],
    "technique": lambda cell, _: cell.partition("/")[2],
}
DECOMPOSITIONS: Final[Mapping[str, Callable[[xr.Dataset, Array], dict[str, Array]]]] = {
    "factor": _by_factor, "mix": _by_mix, **dict.fromkeys(GROUPS, _whole),
}  # fmt: skip
