"""Effects of factors on a sum of products by LMDI-I: additive, exact in every draw.

A figure is a sum of cells, each a product of factors. Its change splits into one effect a factor,
``sum over cells of L(after, before) ln(factor after / factor before)`` with the logarithmic mean
``L(a, b) = (a - b) / ln(a / b)``: nothing is left over, the order of factors does not matter, and effects of parts
add up to those of the whole. Cells that begin or end at zero take the analytic limit.

Reference: Ang (2005), The LMDI approach to decomposition analysis; Ang and Liu (2007), Handling zero values in LMDI.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError


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


def aligned(old: Cells, new: Cells) -> tuple[Cells, Cells]:
    """Give both sides the same cells; one that a side does not have is zero there in its first factor.

    Parameters
    ----------
    old, new
        Two sides, each with cells of its own.

    Returns
    -------
    tuple of Cells
        On all cells that either has.
    """
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
