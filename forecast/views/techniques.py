"""Technique shares of the cube, on their own horizon."""

from __future__ import annotations

import xarray as xr


def technique_requests(cube: xr.Dataset) -> xr.DataArray:
    """Return technique shares of a workload's requests [share], on the horizon of the migration.

    Forecasts made before the migration had one have them on the quarters of hardware.

    Parameters
    ----------
    cube
        Draw cube.

    Returns
    -------
    DataArray, dims ``draw, migration_period, segment, technique``
    """
    if "technique_requests" in cube:
        return cube["technique_requests"]
    return cube["request_share"].rename(period="migration_period")
