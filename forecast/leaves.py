"""Leaves of the hierarchy and the segments they belong to; apart from the models, so that answering is quick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import xarray as xr

LEAVES: Final[Mapping[str, tuple[str, ...]]] = {
    "hyperscale": ("internal", "hosted"),
    "rest": ("regional_cloud", "sovereign", "enterprise", "industrial", "robotics", "edge", "supercomputing",
             "small_server"),
    "vendor_internal": ("vendor_internal",),
}  # fmt: skip
SOLD_SEGMENTS: Final = ("hyperscale", "rest")  # whose hardware is sold: what the vendor keeps is outside both
SOLD_LEAVES: Final = tuple(leaf for segment in SOLD_SEGMENTS for leaf in LEAVES[segment])
SEGMENT_OF: Final = {leaf: segment for segment, leaves in LEAVES.items() for leaf in leaves}


def segment_of_leaves(cube: xr.Dataset) -> list[str]:
    """Return the segment of each leaf of a cube, in its order.

    Parameters
    ----------
    cube
        Dataset with the coordinate ``leaf``.

    Returns
    -------
    list of str
        Segments, one a leaf.

    Examples
    --------
    >>> segment_of_leaves(xr.Dataset(coords={"leaf": ["hosted", "sovereign"]}))
    ['hyperscale', 'rest']
    """
    return [SEGMENT_OF[str(leaf)] for leaf in cube["leaf"].values]
