"""Purchases of a forecast by segment and generation, stored beside its cube for questions of retirement and limits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import xarray as xr

from shiftcast.forecast.identity.world import World
from shiftcast.forecast.leaves import LEAVES


def shipped_by_generation(world: World) -> xr.DataArray:
    """Return the accelerators shipped of a forecast by segment and generation.

    Parameters
    ----------
    world
        The forecast with its fleet.

    Returns
    -------
    DataArray
        Dims ``draw, quarter, segment, generation``, from the first quarter of the record [accelerator/quarter]; the
        draws are those of the cube, in single precision as it is stored.
    """
    shipped = world.top_down.fleet.shipped
    counts = [len(leaves) for leaves in LEAVES.values()]
    edges = np.cumsum([0, *counts])
    parts = [shipped[:, :, low:high].sum(axis=2) for low, high in pairwise(edges)]
    return xr.DataArray(
        np.stack(parts, axis=2).astype(np.float32), dims=("draw", "quarter", "segment", "generation"),
        coords={"quarter": world.top_down.revenue.quarters.tz_localize(None), "segment": list(LEAVES),
                "generation": list(world.generations.names)},
        name="shipped", attrs={"units": "accelerator/quarter"},
    )  # fmt: skip
