"""Widen the intervals of a drawn cube after a break, without a refit: every median and every ratio within a draw stays.

In each draw and quarter ahead all levels are multiplied by one number, ``(total / median total) ** (factor - 1)``: the
log of the total then spreads ``factor`` times as far about the same median, shares and mixes do not move, and what
added up still does. Hours, machines and power follow the total of busy hours; shipments and spending that of spending.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods

FOLLOW: Final = {
    "gpu_hours": ("gpu_hours", "latent_hours", "gpu_hours_top_down", "gpu_hours_bottom_up", "accelerators",
                  "accelerators_retired", "power", "shipments_wanted", "stock_inherited", "supply"),
    "spending": ("spending", "spending_new_products", "accelerators_shipped"),
}  # fmt: skip

WIDENED: Final = "widened"  # attribute of a cube that is no longer as it was drawn


def widen(cube: xr.Dataset, factor: float) -> xr.Dataset:
    """Return the cube with the spread of its totals multiplied on the log scale.

    Parameters
    ----------
    cube
        Joint draws.
    factor
        At least 1; applied to the quarters ahead.

    Returns
    -------
    Dataset
        A new cube; the one given is left as it is.

    Raises
    ------
    ValueError
        If the factor is below 1 or not finite.
    """
    if not (np.isfinite(factor) and factor >= 1):
        raise InputError(f"factor is {factor!r}; intervals are widened by 1 or more")
    ahead = forecast_periods(cube)
    moved: dict[str, Any] = {}
    for total, names in FOLLOW.items():
        level = draws_of(cube, total, Part())[:, ahead]
        pull = (level / np.median(level, axis=0)) ** (factor - 1)
        moved |= {name: _pulled(cube[name], pull, ahead) for name in names if name in cube}
    return cube.assign(moved).assign_attrs({WIDENED: float(factor)})


def _pulled(variable: xr.DataArray, pull: Array, ahead: Any) -> Any:
    values = variable.values.copy()
    shape = pull.shape + (1,) * (values.ndim - 2)
    values[:, ahead] = values[:, ahead] * pull.reshape(shape).astype(values.dtype)
    return variable.dims, values, variable.attrs
