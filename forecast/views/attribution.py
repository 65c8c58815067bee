"""Attribution of a change to its factors by LMDI-I: additive, exact in every draw.

A figure is a sum of cells, each a product of factors. Its change splits into one effect a factor,
``sum over cells of L(after, before) ln(factor after / factor before)`` with the logarithmic mean
``L(a, b) = (a - b) / ln(a / b)``: nothing is left over, the order of factors does not matter, and effects of parts
add up to those of the whole. Cells that begin or end at zero take the analytic limit. The effects are accounting, not
causation.

Reference: Ang (2005), The LMDI approach to decomposition analysis; Ang and Liu (2007), Handling zero values in LMDI.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import MEASURES, periods, unit_of
from shiftcast.forecast.views.techniques import technique_requests

WARNING: Final = "Accounting, not causation: effects say how the arithmetic of the change splits, not what drove it."
_LEVELS: Final = {"low80": 0.1, "median": 0.5, "high80": 0.9}


def lmdi(before: Mapping[str, Array], after: Mapping[str, Array]) -> dict[str, Array]:
    """Return each factor's effect on the sum over cells, shape (draws,).

    Parameters
    ----------
    before, after
        Factor to its values in every cell, shape (draws, cells), at least zero. A cell is the product of its factors.

    Returns
    -------
    dict
        Factor to effect, in the unit of the product. In each draw the effects sum to the change.

    Raises
    ------
    ValueError
        If the two sides have other factors, or a value is negative or not finite.

    Examples
    --------
    >>> old = {"requests": np.array([[100.0]]), "hours a request": np.array([[2.0]])}
    >>> new = {"requests": np.array([[400.0]]), "hours a request": np.array([[1.0]])}
    >>> {name: round(float(effect[0]), 6) for name, effect in lmdi(old, new).items()}
    {'requests': 400.0, 'hours a request': -200.0}
    """
    if list(before) != list(after):
        raise InputError(f"factors differ: {list(before)} before, {list(after)} after")
    for name in before:
        for values in (before[name], after[name]):
            if not (np.isfinite(values).all() and (values >= 0).all()):
                raise InputError(f"factor {name!r} has a value that is negative or not finite; factors are at least 0")
    old, new = (np.prod(np.stack([side[name] for name in side]), axis=0) for side in (before, after))
    zeros_before, zeros_after = (sum((side[name] == 0).astype(int) for name in side) for side in (before, after))
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = _logarithmic_mean(old, new)
        effects = {}
        for name, values in before.items():
            inner = weight * np.log(after[name] / values)
            born = np.where(values == 0, new / zeros_before, 0.0)
            gone = np.where(after[name] == 0, -old / zeros_after, 0.0)
            cells = np.where((old > 0) & (new > 0), inner, np.where(new > 0, born, np.where(old > 0, gone, 0.0)))
            effects[name] = np.asarray(cells.sum(axis=-1))
    return effects


def _logarithmic_mean(old: Array, new: Array) -> Array:
    """Return (new - old) / ln(new / old), and the value itself where both are equal."""
    ratio = np.log(new / old)
    return np.asarray(np.where(np.abs(ratio) < 1e-12, old, old * np.expm1(ratio) / np.where(ratio == 0, 1.0, ratio)))


@dataclass(frozen=True)
class Cells:
    """One quarter of a cube as cells.

    Attributes
    ----------
    names
        Name of each cell.
    factors
        Factor to its values, shape (draws, cells).
    """

    names: tuple[str, ...]
    factors: Mapping[str, Array]


def attribute(
    before: xr.Dataset, after: xr.Dataset, *, start: str, end: str, measure: str = "gpu_hours", segment: str = ALL,
    by: str = "factor",
) -> pd.DataFrame:  # fmt: skip
    """Say why a measure differs between two quarters of a cube, or between two cubes.

    Parameters
    ----------
    before, after
        The same cube twice, or two vintages with the same number of draws, whose random numbers are shared.
    start, end
        Quarters of the two, such as ``2025Q2``.
    measure
        One of :data:`forecast.views.part.MEASURES`.
    segment
        A segment, or ``all``.
    by
        One of :data:`DECOMPOSITIONS`: ``factor`` (volume, technique mix, work a request) or ``mix`` (segment, leaf,
        workload and technique mix).

    Returns
    -------
    DataFrame
        ``factor, mean, low80, median, high80, share, unit``: the figure before, one effect a factor, and the figure
        after; means add up exactly. ``share`` is of the mean change.

    Raises
    ------
    OutOfSupportError
        If a quarter, the numbers of draws, or a variable stands in the way.
    ValueError
        If measure, segment or ``by`` is not known.
    """
    if by not in DECOMPOSITIONS:
        raise InputError(f"by {by!r} is not known; choose one of {', '.join(DECOMPOSITIONS)}")
    if before.sizes["draw"] != after.sizes["draw"]:
        raise OutOfSupportError(
            f"one forecast has {before.sizes['draw']} draws, the other {after.sizes['draw']}; draws are compared one "
            "by one, so run one of them again with --draws"
        )
    old, new = defined(*_aligned(_cells(before, start, measure, segment, by), _cells(after, end, measure, segment, by)))
    effects = lmdi(old.factors, new.factors)
    first, last = _level(old), _level(new)
    change = float(last.mean() - first.mean())
    rows = [_row(start, first), *(_row(name, effect) for name, effect in effects.items()), _row(end, last)]
    shares = [np.nan, *(float(effect.mean()) / change if change else 0.0 for effect in effects.values()), np.nan]
    return pd.DataFrame(rows).assign(share=shares, unit=unit_of(after, measure))


def _row(name: str, values: Array) -> dict[str, Any]:
    marks = np.quantile(values, list(_LEVELS.values()))
    return {"factor": name, "mean": float(values.mean())} | dict(zip(_LEVELS, map(float, marks), strict=True))


def _level(cells: Cells) -> Array:
    product = np.prod(np.stack(list(cells.factors.values())), axis=0)
    return np.asarray(product.sum(axis=-1))


def _aligned(old: Cells, new: Cells) -> tuple[Cells, Cells]:
    """Give both sides the same cells; one that a side does not have is zero there in its first factor."""
    names = tuple(dict.fromkeys((*old.names, *new.names)))
    return _spread(old, names), _spread(new, names)


def _spread(cells: Cells, names: tuple[str, ...]) -> Cells:
    if cells.names == names:
        return cells
    places = [cells.names.index(name) if name in cells.names else -1 for name in names]
    factors = {}
    for number, (factor, values) in enumerate(cells.factors.items()):
        absent = np.full((len(values), 1), np.nan if number else 0.0)
        factors[factor] = np.concatenate([values, absent], axis=-1)[:, places]
    return Cells(names, factors)


def defined(old: Cells, new: Cells) -> tuple[Cells, Cells]:
    """Let a share of nothing keep its value of the other side, so that only what it is a share of has an effect.

    Parameters
    ----------
    old, new
        Two sides of the same cells; a factor is NaN where it is a share of nothing.

    Returns
    -------
    tuple of Cells
        Without NaN; one where both sides had it.
    """
    filled = {}
    for side, other in ((old, new), (new, old)):
        for name, values in side.factors.items():
            kept = np.where(np.isnan(values), other.factors[name], values)
            filled[id(side), name] = np.where(np.isnan(kept), 1.0, kept)
    first, second = ({name: filled[id(side), name] for name in side.factors} for side in (old, new))
    return Cells(old.names, first), Cells(new.names, second)


def _cells(cube: xr.Dataset, quarter: str, measure: str, segment: str, by: str) -> Cells:
    """Return the leaf-by-task cells of one quarter as factors whose product is the measure."""
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
    factors = DECOMPOSITIONS[by](at, hours)
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


DECOMPOSITIONS: Final = {"factor": _by_factor, "mix": _by_mix}
