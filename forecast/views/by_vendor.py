"""Accelerator-hours by vendor, NVIDIA GPUs being a part of them, and CPU core-hours."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods, periods

LEVELS: Final = (0.1, 0.5, 0.9)


def placement_table(cube: xr.Dataset, *, segment: str = ALL) -> pd.DataFrame:
    """Return busy hours by who makes the chip, a quarter each: accelerator demand and GPU demand are different numbers.

    Parameters
    ----------
    cube
        Joint draws.
    segment
        ``hyperscale``, ``rest`` or ``all``.

    Returns
    -------
    DataFrame
        ``quarter, kind, vendor, q100, q500, q900`` of hours, ``unit, share`` (median share of all accelerator-hours,
        missing for CPU cores) ``, segment``. Vendor ``all`` is the total over accelerators, ``cpu`` core-hours.

    Raises
    ------
    ValueError
        If the segment is not in the cube.
    OutOfSupportError
        If the cube was drawn before hours were kept by vendor.
    """
    if "accelerator_hours" not in cube:
        raise OutOfSupportError(
            "placement by vendor", "this forecast was drawn without accelerator_hours", "run shiftcast run again"
        )
    segments = np.array(segment_of_leaves(cube))
    leaves = np.ones(len(segments), dtype=bool) if segment == ALL else segments == segment
    if not leaves.any():
        raise InputError(f"segment {segment!r} is not forecast; choose all, {', '.join(sorted(set(segments)))}")
    hours = cube["accelerator_hours"].values[:, :, leaves].sum(axis=2, dtype=np.float64)
    total = hours.sum(axis=-1)
    vendors = [str(name) for name in cube["vendor"].values]
    parts = [_part(cube, "all", total, total)]
    parts += [_part(cube, name, hours[..., place], total) for place, name in enumerate(vendors)]
    if "core_hours" in cube:
        cores = cube["core_hours"].values[:, :, leaves].sum(axis=(2, 3), dtype=np.float64)
        parts.append(_part(cube, "cpu", cores, None))
    return pd.concat(parts, ignore_index=True).assign(segment=segment)


def _part(cube: xr.Dataset, vendor: str, hours: Array, total: Array | None) -> pd.DataFrame:
    quantiles = np.quantile(hours, LEVELS, axis=0)
    return pd.DataFrame(
        {
            "quarter": [quarter_label(end) for end in periods(cube)],
            "kind": np.where(forecast_periods(cube), "forecast", "estimate"),
            "vendor": vendor,
            **{f"q{1000 * level:.0f}": values for level, values in zip(LEVELS, quantiles, strict=True)},
            "unit": cube["core_hours" if total is None else "accelerator_hours"].attrs["units"],
            "share": np.nan if total is None else np.median(hours / total, axis=0),
        }
    )
