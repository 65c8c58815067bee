"""Views of the cube: draws of one quantity for a part of the hierarchy, shares on a named base, and quantile frames.

Totals are formed per draw first; quantiles are taken last and never added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end
from shiftcast.features.frames import ALL, DataFrame, Forecasts, check, conform
from shiftcast.features.input_error import InputError, nearest
from shiftcast.forecast.draws import QUANTILES, quantile_table
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.techniques import technique_requests

MEASURES: Final = ("gpu_hours", "latent_hours", "accelerators", "accelerators_shipped", "power", "spending")
LEVEL_OF_BASE: Final = {
    "gpu_hours": "gpu_hours", "revenue": "spending", "accelerators": "accelerators", "watts": "power",
}  # fmt: skip
_TINY: Final = 1e-30


@dataclass(frozen=True)
class Part:
    """A part of the hierarchy; ``all`` where a dimension is not split.

    Attributes
    ----------
    segment, leaf, workload, technique
        Names, or ``all``.
    """

    segment: str = ALL
    leaf: str = ALL
    workload: str = ALL
    technique: str = ALL


def draws_of(cube: xr.Dataset, measure: str, part: Part) -> Array:
    """Return joint draws of a measure for one part.

    Hardware, power and money follow the busy hours of a task within each leaf and draw.

    Parameters
    ----------
    cube, measure, part
        Draw cube, one of :data:`MEASURES`, and the part.

    Returns
    -------
    ndarray, shape (draws, periods), in the unit of the measure

    Raises
    ------
    ValueError, OutOfSupportError
        If the measure or the part is not in the cube, naming what is.
    """
    if measure not in MEASURES:
        raise InputError(
            f"measure {measure!r} is not forecast; {nearest(measure, MEASURES)}choose one of {', '.join(MEASURES)}"
        )
    if measure not in cube:
        raise OutOfSupportError(f"measure {measure!r}", "this forecast does not draw it yet", "run `shiftcast run`")
    leaves, tasks = _leaves(cube, part), _tasks(cube, part)
    values = cube[measure].values[:, :, leaves]
    if measure == "gpu_hours":
        return np.asarray(values[..., tasks].sum(axis=(-1, -2), dtype=np.float64))
    if tasks.all():
        return np.asarray(values.sum(axis=-1, dtype=np.float64))
    hours = cube["gpu_hours"].values[:, :, leaves]
    share = hours[..., tasks].sum(axis=-1) / np.maximum(hours.sum(axis=-1), _TINY)
    return np.asarray((values * share).sum(axis=-1, dtype=np.float64))


def _leaves(cube: xr.Dataset, part: Part) -> Any:
    names, segments = cube["leaf"].values, np.array(segment_of_leaves(cube))
    chosen = np.ones(len(names), dtype=bool)
    if part.segment != ALL:
        chosen &= segments == part.segment
    if part.leaf != ALL:
        chosen &= names == part.leaf
    if not chosen.any():
        sides, leaves = sorted(set(segments.tolist())), [str(name) for name in names]
        hint = f"{part.segment!r} is a leaf: give it as leaf; " if part.segment in leaves else ""
        hint = hint or ("" if part.segment in {ALL, *sides} else nearest(part.segment, [*sides, *leaves]))
        hint = hint or ("" if part.leaf in {ALL, *leaves} else nearest(part.leaf, leaves))
        raise InputError(
            f"segment {part.segment!r} with leaf {part.leaf!r} is not forecast; {hint}segments are {sides}, "
            f"leaves {leaves}"
        )
    return chosen


def _tasks(cube: xr.Dataset, part: Part) -> Any:
    names = [str(name) for name in cube["task"].values]
    chosen = np.array([_matches(name, part) for name in names])
    if not chosen.any():
        works, ways = zip(*(name.partition("/")[::2] for name in names), strict=True)
        hint = "" if part.workload in {ALL, *works} else nearest(part.workload, dict.fromkeys(works))
        hint = hint or ("" if part.technique in {ALL, *ways} else nearest(part.technique, dict.fromkeys(ways)))
        raise InputError(
            f"workload {part.workload!r} with technique {part.technique!r} takes no accelerator-hours here; {hint}"
            f"tasks are {names}"
        )
    return chosen


def _matches(task: str, part: Part) -> bool:
    workload, _, technique = task.partition("/")
    return part.workload in {ALL, workload} and part.technique in {ALL, technique}


def hyperscale_share(cube: xr.Dataset, *, base: str, definition: str) -> Array:
    """Return draws of the hyperscale share on a base under a definition [share], shape (draws, periods).

    The share of revenue is known under every definition with statements; other bases follow the reference
    definition, since leaves are assigned under it. The vendor's own machines are outside both sides.

    Parameters
    ----------
    cube, base, definition
        Draw cube, a key of :data:`LEVEL_OF_BASE`, and a definition of the cube.

    Raises
    ------
    ValueError
        If base and definition are not known together.
    """
    definitions = [str(name) for name in cube["definition"].values]
    if base == "revenue" and definition in definitions:
        return np.asarray(cube["hyperscale_share"].values[:, :, definitions.index(definition)], dtype=np.float64)
    if base in LEVEL_OF_BASE and definition == cube.attrs["definition"]:
        above, below = (draws_of(cube, LEVEL_OF_BASE[base], Part(side)) for side in ("hyperscale", "rest"))
        return np.asarray(above / (above + below))
    raise InputError(
        f"no hyperscale share on base {base!r} under definition {definition!r}; revenue is known under {definitions}, "
        f"{', '.join(b for b in LEVEL_OF_BASE if b != 'revenue')} under {cube.attrs['definition']!r}"
    )


def unit_of(cube: xr.Dataset, measure: str) -> str:
    """Return the unit of a measure of the cube; shares have the unit 1."""
    return str(cube.variables[measure].attrs["units"]) if measure in cube else "1"  # variables: without coordinates


def periods(cube: xr.Dataset) -> pd.DatetimeIndex:
    """Return the ends of the cube's quarters, UTC."""
    return pd.DatetimeIndex(cube["period"].values).tz_localize("UTC").as_unit("us")


def forecast_periods(cube: xr.Dataset) -> Any:
    """Return which quarters are forecast rather than reported, shape (periods,)."""
    return np.asarray(periods(cube) >= quarter_end(cube.attrs["first_forecast"]))


@dataclass(frozen=True)
class Label:
    """The subject of a block of forecast rows.

    Attributes
    ----------
    part, measure, base, definition
        As the columns of the forecasts frame have them.
    """

    part: Part
    measure: str
    base: str
    definition: str


def forecast_frame(cube: xr.Dataset, *, model: str) -> DataFrame[Forecasts]:
    """Return the published forecasts: every measure for every part, mean and quantiles of each quarter ahead.

    Parameters
    ----------
    cube, model
        Draw cube, and the name of the model.

    Returns
    -------
    DataFrame
        A checked forecasts frame (:data:`features.frames.Forecasts`).
    """
    labels: list[Label] = []
    tables: list[Array] = []
    for label, draws in _published(cube):
        labels.append(label)
        tables.append(quantile_table(draws))
    return check(conform(_rows(cube, labels, np.stack(tables), model), Forecasts), Forecasts)


def _published(cube: xr.Dataset) -> Iterator[tuple[Label, Array]]:
    """Yield every block that is published with its draws, shape (draws, forecast periods)."""
    ahead, definition = forecast_periods(cube), cube.attrs["definition"]
    hours = cube["gpu_hours"].values[:, ahead].astype(np.float64)
    share = hours / np.maximum(hours.sum(axis=-1, keepdims=True), _TINY)
    where, work = list(places(cube)), list(kinds_of_work(cube))
    leaves = np.array([_leaves(cube, part) for part in where], dtype=np.float64)
    tasks = np.array([_tasks(cube, part) for part in work], dtype=np.float64)
    for measure in MEASURES:
        whole = hours if measure == "gpu_hours" else cube[measure].values[:, ahead][..., None] * share
        totals = np.einsum("dplw,gl->gwdp", whole @ tasks.T, leaves)
        for place, by_work in zip(where, totals, strict=True):
            for kind, draws in zip(work, by_work, strict=True):
                part = Part(place.segment, place.leaf, kind.workload, kind.technique)
                yield Label(part, measure, "none", definition), draws
    requests = technique_requests(cube).values[:, : len(ahead)][:, ahead].astype(np.float64)
    for column, name in enumerate(cube["technique"].values):
        workload, _, technique = str(name).partition("/")
        for side, segment in enumerate(cube["segment"].values):
            part = Part(str(segment), ALL, workload, technique)
            yield Label(part, "share", "requests", definition), requests[..., side, column]
    for name in cube["definition"].values:
        draws = hyperscale_share(cube, base="revenue", definition=str(name))[:, ahead]
        yield Label(Part("hyperscale"), "share", "revenue", str(name)), draws


def places(cube: xr.Dataset) -> Iterator[Part]:
    """Yield all, each segment, and each leaf."""
    segments = segment_of_leaves(cube)
    yield Part()
    yield from (Part(segment) for segment in dict.fromkeys(segments))
    yield from (Part(segment, str(leaf)) for leaf, segment in zip(cube["leaf"].values, segments, strict=True))


def kinds_of_work(cube: xr.Dataset) -> Iterator[Part]:
    """Yield all, each workload, each task, and each technique across workloads."""
    tasks = [str(name).partition("/") for name in cube["task"].values]
    yield Part()
    yield from (Part(workload=workload) for workload in dict.fromkeys(task[0] for task in tasks))
    yield from (Part(workload=task[0], technique=task[2]) for task in tasks if task[2])
    yield from (Part(technique=technique) for technique in dict.fromkeys(task[2] for task in tasks) if technique)


def _rows(cube: xr.Dataset, labels: list[Label], tables: Array, model: str) -> pd.DataFrame:
    """Return forecast rows from tables of shape (labels, statistics, forecast periods)."""
    ends = periods(cube)[forecast_periods(cube)]
    each, levels = tables[0].size, [float("nan"), *QUANTILES]
    origin = pd.Timestamp(cube.attrs["origin"], tz="UTC")

    def spread(values: list[str]) -> Any:
        return np.repeat(np.array(values, dtype=object), each)

    def tiled(values: Any, repeats: int) -> Any:
        return np.tile(np.repeat(values, repeats), len(labels) * each // (len(values) * repeats))

    return pd.DataFrame(
        {
            "origin": origin, "as_of": origin,
            "segment": spread([label.part.segment for label in labels]),
            "leaf": spread([label.part.leaf for label in labels]),
            "workload": spread([label.part.workload for label in labels]),
            "technique": spread([label.part.technique for label in labels]),
            "measure": spread([label.measure for label in labels]),
            "base": spread([label.base for label in labels]),
            "definition": spread([label.definition for label in labels]),
            "mode": cube.attrs["split_mode"],
            "period_start": tiled(ends - pd.offsets.QuarterBegin(startingMonth=1), 1),
            "period_end": tiled(ends, 1),
            "statistic": tiled(["mean"] + ["quantile"] * len(QUANTILES), len(ends)),
            "quantile": tiled(levels, len(ends)),
            "value": tables.ravel(),
            "unit": spread([unit_of(cube, label.measure) for label in labels]),
            "model": model, "scenario": cube.attrs["scenario"],
        }
    )  # fmt: skip
