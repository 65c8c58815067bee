"""Attribution of a change of the hyperscale share, which is no product: Shapley values of the leaves, draw by draw."""

from __future__ import annotations

from math import comb
from typing import Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.attribution import Change
from shiftcast.forecast.views.places import place_of

SHARE: Final = "hyperscale_share"
RULE: Final = (
    "A share is no product, so effects are Shapley values: a leaf's effect is what its own change moves the share by, "
    "averaged over every order in which the leaves change; they add up to the change in each draw."
)
_SIDES: Final = ("hyperscale", "rest")


def share_effects(old: Array, new: Array, inside: Array) -> Array:
    """Return the Shapley value of each part's change for the share of those inside.

    Parameters
    ----------
    old, new
        Levels of the parts on both sides, shape (draws, parts), in one unit.
    inside
        Whether a part counts above the line of the share, shape (parts,).

    Returns
    -------
    ndarray, shape (draws, parts)
        Effects [share]; in each draw they add up to the change of the share.

    Examples
    --------
    >>> share_effects(np.array([[1.0, 1.0]]), np.array([[3.0, 1.0]]), np.array([True, False])).tolist()
    [[0.25, 0.0]]
    """
    parts = old.shape[1]
    moved = ((np.arange(2**parts)[:, None] >> np.arange(parts)) & 1).astype(np.float64)
    above, whole = ((old * of).sum(axis=1)[:, None] + ((new - old) * of) @ moved.T for of in (inside, np.ones(parts)))
    share = above / whole
    size, sets = moved.sum(axis=1).astype(int), np.arange(2**parts)
    weight = np.array([1 / (parts * comb(parts - 1, each)) if each < parts else 0.0 for each in size])
    effects = np.empty_like(old)
    for one in range(parts):
        without = sets[moved[:, one] == 0]
        effects[:, one] = (share[:, without + 2**one] - share[:, without]) @ weight[without]
    return effects


def share_change(
    before: xr.Dataset, after: xr.Dataset, *, start: str, end: str, segment: str = ALL, by: str = "leaf"
) -> Change:
    """Split the difference of the hyperscale share of busy accelerator-hours between two quarters or two cubes.

    Parameters
    ----------
    before, after, start, end
        As :func:`forecast.views.attribution.attribute` takes them.
    segment
        ``all``: a share is of both sides.
    by
        ``leaf`` or ``segment``.

    Returns
    -------
    Change
        In shares [1].

    Raises
    ------
    OutOfSupportError
        If a quarter is not in the cube, or the numbers of draws differ.
    ValueError
        If it is asked of one segment, or by something else.
    """
    if segment != ALL or by not in {"leaf", "segment"}:
        raise InputError(f"{SHARE} of {segment!r} by {by!r}: a share changes by leaf or segment of all; ask by=leaf")
    if before.sizes["draw"] != after.sizes["draw"]:
        raise OutOfSupportError(
            f"one forecast has {before.sizes['draw']} draws, the other {after.sizes['draw']}; run one of them again "
            "with --draws"
        )
    names, inside, old = _levels(before, place_of(before, start), by)
    _, _, new = _levels(after, place_of(after, end), by)
    first, last = ((level * inside).sum(axis=1) / level.sum(axis=1) for level in (old, new))
    return Change(first, last, dict(zip(names, share_effects(old, new, inside).T, strict=True)))


def _levels(cube: xr.Dataset, place: int, by: str) -> tuple[list[str], Array, Array]:
    """Return parts of both sides, which of them are inside, and their hours, shape (draws, parts)."""
    sides = np.array(segment_of_leaves(cube))
    hours = cube["gpu_hours"].values[:, place].sum(axis=-1, dtype=np.float64)
    if by == "segment":
        return list(_SIDES), np.array([1.0, 0.0]), np.stack([hours[:, sides == side].sum(axis=1) for side in _SIDES], 1)
    chosen = np.isin(sides, _SIDES)
    names = [str(leaf) for leaf in cube["leaf"].values[chosen]]
    return names, (sides[chosen] == _SIDES[0]).astype(np.float64), hours[:, chosen]
