"""Count the accelerators, cores and memory that a Kubernetes object asks for or has, whole or in parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.fractions import fraction_of
from shiftcast.pipelines.sources.table import read_table

_QUANTITY: Final = re.compile(r"([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]{0,2})")
_FACTORS: Final = {"": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
                   "E": 1e18, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
                   "Ei": 2.0**60}  # fmt: skip
_DEVICE: Final = re.compile(r"gpu|tpu|npu|mlu|cuda|gaudi|neuron|accelerator|/mig-|\.com/[a-z]px", re.IGNORECASE)
_BESIDE: Final = re.compile(r"mem(ory)?(-percentage|-ratio)?$", re.IGNORECASE)  # a second word on the same device
_HUNDREDTH: Final = 0.01


@cache
def _table() -> Mapping[str, tuple[float | None, str]]:
    """Return accelerators a unit of each resource, none where it does not tell, and the resource it is percent of."""
    rows = read_table(RECORDS / "gpu_resources.csv").to_dict("records")
    return {
        str(row["resource"]): (float(row["share"]) if row["share"] else None, str(row["percent_of"])) for row in rows
    }


@cache
def _labels() -> Mapping[str, float | None]:
    """Return the accelerators a unit of each resource as metrics spell it, with letters and digits between strokes."""
    return {re.sub(r"[^a-z0-9]", "_", name): share for name, (share, _) in _table().items()}


def share_of(resource: str) -> float | None:
    """Return the accelerators that one of a resource is, by the name a metric's label gives it.

    Parameters
    ----------
    resource
        Name such as ``nvidia_com_gpu`` or ``nvidia_com_mig_1g_5gb``.

    Returns
    -------
    float or None
        Accelerators [accelerator], zero of what is no device; None of a device whose part of one no table tells.

    Examples
    --------
    >>> share_of("nvidia_com_gpu"), share_of("nvidia_com_mig_2g_12gb"), share_of("memory"), share_of("example_com_gpu")
    (1.0, 0.5, 0.0, None)
    """
    key = re.sub(r"[^a-z0-9]", "_", resource.lower())
    if key in _labels():
        return _labels()[key]
    part = fraction_of(key.replace("_", "."))
    return part if part is not None or (_DEVICE.search(key) and not _BESIDE.search(key)) else 0.0


def quantity(text: str) -> float:
    """Return a Kubernetes quantity as a number.

    Parameters
    ----------
    text
        Quantity such as ``500m``, ``16Gi`` or ``2``.

    Returns
    -------
    float
        Number in the resource's own unit, cores or bytes.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> quantity("500m"), quantity("16Gi"), quantity("1e3")
    (0.5, 17179869184.0, 1000.0)
    """
    found = _QUANTITY.fullmatch(text.strip())
    if found is None or found[2] not in _FACTORS:
        raise ValueError(f"{text!r} is no quantity such as 500m or 16Gi")
    return float(found[1]) * _FACTORS[found[2]]


def accelerators(resources: Mapping[str, float], share: float = 1.0) -> tuple[float, list[str]]:
    """Return the accelerators that resources are, and the names of devices whose share of one nothing tells.

    Parameters
    ----------
    resources
        Amount by resource name.
    share
        Accelerators that a unit of a whole one stands for on the node, which slices or shares them.

    Returns
    -------
    tuple
        Accelerators [accelerator], and names that were not counted.

    Examples
    --------
    >>> accelerators({"cpu": 4.0, "nvidia.com/gpu": 2.0, "nvidia.com/mig-1g.6gb": 2.0})
    (2.5, [])
    >>> accelerators({"nvidia.com/gpu": 1.0, "nvidia.com/gpucores": 30.0, "example.com/gpu": 1.0})
    (0.3, ['example.com/gpu'])
    """
    total, unknown = 0.0, []
    table = _table()
    for name, amount in resources.items():
        key = name.lower()
        known, percent_of = table.get(key, (None, ""))
        part = known if known is not None else fraction_of(key)
        if amount <= 0 or percent_of or not _DEVICE.search(key):
            continue
        if part is None:
            unknown += [] if key not in table and _BESIDE.search(key) else [name]
            continue
        scales = [resources[each] * _HUNDREDTH for each, (_, of) in table.items() if of == key and each in resources]
        total += amount * part * (share if part == 1.0 else 1.0) * (scales[0] if scales else 1.0)
    return total, unknown
