"""Roofline throughput where no record exists, from compute and memory; and the harmonic mix of number formats."""

from __future__ import annotations

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hardware.conversion import harmonic_throughput
from shiftcast.forecast.hardware.placement import check_shares


def roofline(
    peak_flops: Array, bandwidth: Array, *, flop_per_unit: float, efficiency: float, bytes_per_unit: float = 0.0,
    memory_efficiency: float = 1.0,
) -> Array:  # fmt: skip
    """Return throughput bounded by compute and by memory: min(MFU Pi / F, MBU B / bytes).

    Reference: Williams, Waterman and Patterson (2009), Roofline: an insightful visual performance model.

    Parameters
    ----------
    peak_flops
        Peak rate Pi at the number format [FLOP/s].
    bandwidth
        Memory bandwidth B [B/s], broadcast against ``peak_flops``; not read where ``bytes_per_unit`` is zero.
    flop_per_unit, bytes_per_unit
        Work F [FLOP/unit] and memory traffic [B/unit] of one unit.
    efficiency, memory_efficiency
        Attained share of the peak (MFU) and of the bandwidth (MBU) [1], in (0, 1].

    Returns
    -------
    ndarray, the broadcast shape
        Throughput [unit/s].

    Raises
    ------
    ValueError
        If the work of a unit or an efficiency is not positive.

    Examples
    --------
    A DLRM-v2 sample moves 30 MB, so that memory bounds it on an H200:

    >>> rate = roofline(np.array(1979e12), np.array(4.8e12), flop_per_unit=1.08e10, efficiency=0.5,
    ...                 bytes_per_unit=3e7, memory_efficiency=0.3)
    >>> float(rate)
    48000.0
    """
    terms = {"flop_per_unit": flop_per_unit, "efficiency": efficiency, "memory_efficiency": memory_efficiency}
    for name, value in terms.items():
        if not value > 0:
            raise InputError(f"{name} is {value:g}; give a positive figure in workloads.csv, or a throughput record")
    compute = efficiency * peak_flops / flop_per_unit
    if bytes_per_unit == 0:
        return np.asarray(compute)
    return np.minimum(compute, memory_efficiency * bandwidth / bytes_per_unit)


def mix_formats(work_shares: dict[str, float], throughput: dict[str, float]) -> float:
    """Return the throughput of a mix of number formats: 1/theta = sum of q_p / theta_p.

    Parameters
    ----------
    work_shares
        Number format to its share q_p of the work [1], summing to one.
    throughput
        Number format to its throughput theta_p [unit/s].

    Returns
    -------
    float
        Throughput [unit/s].

    Raises
    ------
    ValueError
        If the shares do not add up to one, or a format has no throughput.

    Examples
    --------
    >>> mix_formats({"fp8": 0.5, "fp4": 0.5}, {"fp8": 1.0, "fp4": 3.0})
    1.5
    """
    check_shares(work_shares, where="shares of the number formats")
    missing = sorted(set(work_shares) - set(throughput))
    if missing:
        raise InputError(f"number format {missing[0]!r} has work and no throughput; known are {sorted(throughput)}")
    shares = np.array(list(work_shares.values()))
    return float(harmonic_throughput(shares, np.array([throughput[name] for name in work_shares])))
