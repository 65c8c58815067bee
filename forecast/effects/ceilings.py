"""Ceilings that cut the orders of a drawn cube, draw by draw, from what the cube keeps of wanted and supplied."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.forecast.supply.orders import KEPT
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods

CUT: Final = 0.99  # part of an order that is still supplied, below which a ceiling counts as binding
_TINY: Final = 1e-9


def binding(cube: xr.Dataset) -> dict[str, Array]:
    """Return which ceiling binds in each draw and quarter: the one that an order that is cut passes furthest.

    Parameters
    ----------
    cube
        Joint draws.

    Returns
    -------
    dict
        Ceiling to whether it binds, 1 or 0, shape (draws, periods); nowhere in reported quarters.

    Raises
    ------
    OutOfSupportError
        If the forecast was made before demand drove hardware.
    """
    if "shipments_wanted" not in cube:
        raise OutOfSupportError("ceilings", "this forecast keeps no orders", "run `shiftcast run` again")
    ahead = np.flatnonzero(forecast_periods(cube))
    names = [str(name) for name in cube["ceiling"].values]
    over, supplied = _over(cube, ahead)
    found = {name: np.zeros((cube.sizes["draw"], cube.sizes["period"])) for name in names}
    furthest, cut = over.argmax(axis=-1), supplied < CUT
    for at, name in enumerate(names):
        found[name][:, ahead] = cut & (furthest == at)
    return found


def _over(cube: xr.Dataset, ahead: Any) -> tuple[Array, Array]:
    """Return orders over what each ceiling leaves, and the part of them supplied; both by draw and quarter ahead."""

    def values(name: str) -> Array:
        return np.asarray(cube[name].values[:, ahead], dtype=np.float64)

    wanted, shipped = (values(name).sum(axis=-1) for name in ("shipments_wanted", "accelerators_shipped"))
    survival, kept = cube["survival"].values.astype(np.float64), np.isin(cube["ceiling"].values, KEPT)
    available, use = values("supply"), values("supply_use")
    over, part = np.zeros_like(available), np.ones_like(wanted)
    left = np.zeros_like(available[:, 0])
    for now in range(len(ahead)):
        aged = survival[:, now:0:-1] / survival[:, [0]]
        order = np.maximum(wanted[:, now] + ((wanted - shipped)[:, :now] * aged).sum(axis=1), _TINY)
        had = np.where(kept, left + available[:, now], available[:, now])
        over[:, now] = order[:, None] * use[:, now] / np.maximum(had, _TINY)
        part[:, now] = np.where(order > _TINY, shipped[:, now] / order, 1.0)
        left = had - shipped[:, [now]] * use[:, now]
    return over, part
