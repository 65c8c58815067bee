"""The purchases behind a forecast by generation, kept beside its cube for the questions that need them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import xarray as xr

from shiftcast.forecast.identity.cube import World
from shiftcast.forecast.leaves import LEAVES


def shipped_by_generation(world: World) -> xr.DataArray:
    """Return accelerators shipped, dims ``draw, quarter, segment, generation``, from the first quarter of the record.

    The draws are those of the cube, in single precision as it is stored.
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
