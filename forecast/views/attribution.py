"""Attribution of a change to factors, leaves, workloads or techniques: accounting that is exact in every draw.

Factors of a product take their effects by LMDI-I (:mod:`forecast.views.lmdi`); parts of a sum take their own change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.cells import DECOMPOSITIONS, GROUPS, REQUEST, Terms, cells_of
from shiftcast.forecast.views.lmdi import Cells, aligned, defined, lmdi
from shiftcast.forecast.views.part import unit_of

WARNING: Final = "Accounting, not causation: effects say how the arithmetic of the change splits, not what drove it."
BY: Final = (*DECOMPOSITIONS, REQUEST)
_LEVELS: Final = {"low80": 0.1, "median": 0.5, "high80": 0.9}


@dataclass(frozen=True)
class Change:
    """A change and its effects, draw by draw, in the unit of the measure.

    Attributes
    ----------
    before, after
        The figure on both sides, shape (draws,).
    effects
        Factor or part to its effect, shape (draws,); in each draw they add up to ``after`` less ``before``.
    """

    before: Array
    after: Array
    effects: Mapping[str, Array]


def change_of(
    before: xr.Dataset, after: xr.Dataset, *, start: str, end: str, measure: str = "gpu_hours", segment: str = ALL,
    by: str = "factor", terms: tuple[Terms, Terms] | None = None,
) -> Change:  # fmt: skip
    """Split the difference of a measure between two quarters of a cube, or between two cubes.

    Parameters
    ----------
    before, after, start, end, measure, segment, by, terms
        As :func:`attribute` takes them.

    Returns
    -------
    Change
        Exact: what rounding leaves of a draw's change goes to its largest effect.

    Raises
    ------
    OutOfSupportError, ValueError
        As :func:`attribute` does.
    """
    if by not in BY:
        raise InputError(f"by {by!r} is not known; choose one of {', '.join(BY)}")
    if by == REQUEST and terms is None:
        raise OutOfSupportError(
            "hours of a request apart", "this forecast was kept without its assumptions", "run `shiftcast run` again"
        )
    if before.sizes["draw"] != after.sizes["draw"]:
        raise OutOfSupportError(
            f"one forecast has {before.sizes['draw']} draws, the other {after.sizes['draw']}; draws are compared one "
            "by one, so run one of them again with --draws"
        )
    first, second = terms or (None, None)
    old, new = defined(
        *aligned(
            cells_of(before, start, measure, segment, by, first), cells_of(after, end, measure, segment, by, second)
        )
    )
    levels = tuple(_cell_values(side) for side in (old, new))
    effects = lmdi(old.factors, new.factors) if by not in GROUPS else _by_group(old.names, levels, by, (before, after))
    first_level, last_level = (np.asarray(each.sum(axis=-1)) for each in levels)
    return Change(first_level, last_level, _closed(effects, last_level - first_level))


def attribute(
    before: xr.Dataset, after: xr.Dataset, *, start: str, end: str, measure: str = "gpu_hours", segment: str = ALL,
    by: str = "factor", terms: tuple[Terms, Terms] | None = None,
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
        One of :data:`BY`: ``factor`` (volume, technique mix, work a request), ``mix`` (segment, leaf, workload and
        technique mix), ``segment, leaf, workload`` or ``technique`` (what each adds), or ``request``: as ``factor``,
        with the hours of a request split into the terms of the identity.
    terms
        Of both sides, for ``request`` (:func:`forecast.effects.terms.request_terms`).

    Returns
    -------
    DataFrame
        ``factor, mean, low80, median, high80, share, unit``: the figure before, one effect a factor, and the figure
        after; means add up exactly. ``share`` is of the mean change.

    Raises
    ------
    OutOfSupportError
        If a quarter, the numbers of draws, a variable or the terms stand in the way.
    ValueError
        If measure, segment or ``by`` is not known.
    """
    found = change_of(before, after, start=start, end=end, measure=measure, segment=segment, by=by, terms=terms)
    return change_table(found, start, end, unit_of(after, measure))


def change_table(change: Change, start: str, end: str, unit: str) -> pd.DataFrame:
    """Return a change and its effects as a table.

    Parameters
    ----------
    change
        Draws of the change.
    start, end, unit
        Names of both sides, and the unit of the measure.

    Returns
    -------
    DataFrame
        As :func:`attribute` gives it.
    """
    whole, effects = float(change.after.mean() - change.before.mean()), change.effects
    rows = [_row(start, change.before), *(_row(name, effect) for name, effect in effects.items()),
            _row(end, change.after)]  # fmt: skip
    shares = [np.nan, *(float(effect.mean()) / whole if whole else 0.0 for effect in effects.values()), np.nan]
    return pd.DataFrame(rows).assign(share=shares, unit=unit)


def _row(name: str, values: Array) -> dict[str, Any]:
    marks = np.quantile(values, list(_LEVELS.values()))
    return {"factor": name, "mean": float(values.mean())} | dict(zip(_LEVELS, map(float, marks), strict=True))


def _cell_values(cells: Cells) -> Array:
    return np.asarray(np.prod(np.stack(list(cells.factors.values())), axis=0))


def _by_group(
    names: tuple[str, ...], levels: tuple[Array, ...], by: str, cubes: tuple[xr.Dataset, xr.Dataset]
) -> dict[str, Array]:
    """Return the change of each group of cells; a group is named as in the cube."""
    sides = {str(leaf): side for cube in cubes
             for leaf, side in zip(cube["leaf"].values, segment_of_leaves(cube), strict=True)}  # fmt: skip
    groups = [GROUPS[by](name, sides) for name in names]
    moved = levels[1] - levels[0]
    return {group: np.asarray(moved[:, [each == group for each in groups]].sum(axis=-1))
            for group in dict.fromkeys(groups)}  # fmt: skip


def _closed(effects: Mapping[str, Array], change: Array) -> dict[str, Array]:
    """Return effects that add up to the change to the last bits: what rounding left goes to each draw's largest."""
    stacked = np.stack(list(effects.values()))
    largest = np.abs(stacked).argmax(axis=0)
    for _ in range(2):  # once for the sum, once for the rounding of the correction itself
        stacked[largest, np.arange(len(change))] += change - stacked.sum(axis=0)
    return dict(zip(effects, stacked, strict=True))
