"""From requests a day to accelerators and megawatts on one generation: the identity for a single workload."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shiftcast.features.input_error import InputError
from shiftcast.forecast.hardware.conversion import busy_hours

_HOURS_PER_DAY = 24.0


@dataclass(frozen=True)
class Sizing:
    """What a daily volume takes.

    Attributes
    ----------
    busy_hours
        Accelerator-hours of work a day [accelerator_hour/day].
    provisioned_hours
        The same over the utilisation: accelerator-hours that have to be there [accelerator_hour/day].
    busy
        Accelerators that work at a time, on average [accelerator].
    accelerators
        Accelerators that have to be installed at that mean utilisation [accelerator].
    megawatts
        Their power at the facility boundary [MW_facility].
    """

    busy_hours: float
    provisioned_hours: float
    busy: float
    accelerators: float
    megawatts: float


def size_demand(
    requests: float, work: float, throughput: float, *, it_kw: float, utilisation: float, pue: float
) -> Sizing:
    """Return what a daily volume of requests takes on one generation.

    Parameters
    ----------
    requests
        Volume [request/day].
    work
        Work a request [unit/request].
    throughput
        Work per second of one accelerator at the service level [unit/s].
    it_kw
        Power of one accelerator at the IT boundary [kW_it].
    utilisation
        Mean share of the provisioned accelerators that is busy, in (0, 1].
    pue
        Facility over IT power, at least 1.

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
