"""Sizing: requests a day to accelerators and megawatts on one generation, the identity for a single workload."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shiftcast.features.input_error import InputError
from shiftcast.forecast.hardware.conversion import busy_hours

_HOURS_PER_DAY = 24.0


@dataclass(frozen=True)
class Sizing:
    """Accelerators and power for a daily volume.

    Attributes
    ----------
    busy_hours
        Busy accelerator-hours a day [accelerator_hour/day].
    provisioned_hours
        Busy hours over the utilisation: the accelerator-hours to provision [accelerator_hour/day].
    busy
        Mean number of busy accelerators [accelerator].
    accelerators
        Accelerators to install at that mean utilisation [accelerator].
    megawatts
        Power of those at the facility boundary [MW_facility].
    """

    busy_hours: float
    provisioned_hours: float
    busy: float
    accelerators: float
    megawatts: float


def size_demand(
    requests: float, work: float, throughput: float, *, it_kw: float, utilisation: float, pue: float
) -> Sizing:
    """Return the accelerators and power for a daily volume of requests on one generation.

    Busy hours are V A / (3600 theta), accelerators those over 24 times the utilisation, power times IT kW and PUE.

    Parameters
    ----------
    requests
        Volume [request/day].
    work
        Work a request [unit/request].
    throughput
        Throughput of one accelerator at the service level [unit/s].
    it_kw
        Power of one accelerator at the IT boundary [kW_it].
    utilisation
        Mean busy share of the provisioned accelerators [1], in (0, 1].
    pue
        Facility power over IT power [1], at least 1.

    Returns
    -------
    Sizing

    Raises
    ------
    ValueError
        If utilisation, PUE, power or throughput is out of range.

    Examples
    --------
    A billion requests a day of 400 output tokens on GB300:

    >>> size = size_demand(1e9, 400.0, 8291.0, it_kw=2.12, utilisation=0.5, pue=1.12)
    >>> round(size.busy_hours), round(size.provisioned_hours), round(size.accelerators), round(size.megawatts, 2)
    (13401, 26803, 1117, 2.65)
    """
    for name, value, low, high in (
        ("utilisation", utilisation, 0.0, 1.0), ("pue", pue, 1.0, np.inf), ("it_kw", it_kw, 0.0, np.inf),
        ("requests", requests, 0.0, np.inf), ("work", work, 0.0, np.inf),
    ):  # fmt: skip
        if not (low <= value <= high and value > 0):
            raise InputError(f"{name} is {value:g}; give a positive figure from {low:g} to {high:g}")
    one = np.array(1.0)
    busy = float(busy_hours(np.array(requests), one, np.array(work), one, np.array(throughput)))
    installed = busy / utilisation / _HOURS_PER_DAY
    return Sizing(busy, busy / utilisation, busy / _HOURS_PER_DAY, installed, installed * it_kw * pue / 1e3)
