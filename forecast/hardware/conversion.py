"""Conversion of work to busy accelerator-hours: harmonic mix of generations, the identity V m A x / (3600 theta)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

SECONDS_PER_HOUR: Final = 3600.0
_BLOCK: Final = 2**18  # cells of a block: two buffers of it stay in a core's cache


def harmonic_throughput(work_shares: Array, throughput: Array) -> Array:
    """Return the throughput of a mix of generations from their shares of the work: 1/theta = sum of x_g / theta_g.

    Parameters
    ----------
    work_shares
        Share of work x_g on each generation [1], last axis, summing to one.
    throughput
        Throughput theta_g of one accelerator [unit/s], broadcast against ``work_shares``.

    Returns
    -------
    ndarray, the broadcast shape less the last axis
        Throughput [unit/s].

    Examples
    --------
    >>> float(harmonic_throughput(np.array([0.5, 0.5]), np.array([1.0, 3.0])))
    1.5
    """
    return np.asarray(1.0 / (work_shares / throughput).sum(axis=-1))


def work_shares(hour_shares: Array, throughput: Array) -> Array:
    """Return shares of work from shares of busy hours: x_g in proportion to hours_g times theta_g.

    Parameters
    ----------
    hour_shares
        Share of busy hours on each generation [1], last axis.
    throughput
        Throughput theta_g of one accelerator [unit/s], broadcast against ``hour_shares``.

    Returns
    -------
    ndarray, the broadcast shape
        Shares of work [1], summing to one over the last axis.

    Examples
    --------
    >>> work_shares(np.array([0.5, 0.5]), np.array([1.0, 3.0])).tolist()
    [0.25, 0.75]
    """
    work = hour_shares * throughput
    return np.asarray(work / work.sum(axis=-1, keepdims=True))


def busy_hours(requests: Array, share: Array, intensity: Array, placement: Array, throughput: Array) -> Array:
    """Return busy accelerator-hours: V m A x / (3600 theta).

    Parameters
    ----------
    requests
        Volume V [request/period].
    share
        Technique share m of the requests [1].
    intensity
        Work per request A, reuse already taken off [unit/request].
    placement
        Share x of the work that runs on these accelerators [1].
    throughput
        Throughput theta of one accelerator [unit/s], positive.

    Returns
    -------
    ndarray
        Busy accelerator-hours a period, in the broadcast shape of the arguments.

    Raises
    ------
    ValueError
        If a throughput is not positive.

    Examples
    --------
    A billion requests a day of 400 output tokens at 8,291 tokens a second and 60 % utilisation:

    >>> one = np.array(1.0)
    >>> hours = busy_hours(np.array(1e9), one, np.array(400.0), one, np.array(8291.0))
    >>> round(float(hours / 0.6))
    22336
    """
    return np.asarray(requests * share * hours_per_request(intensity, placement, throughput))


def hours_per_request(intensity: Array, placement: Array, throughput: Array) -> Array:
    """Return busy accelerator-hours a request: A x / (3600 theta) [accelerator_hour/request].

    Parameters
    ----------
    intensity, placement, throughput
        As in :func:`busy_hours`.

    Returns
    -------
    ndarray, the broadcast shape
        Busy accelerator-hours a request [accelerator_hour/request].

    Raises
    ------
    ValueError
        If a throughput is not positive.

    Examples
    --------
    >>> float(hours_per_request(np.array(7200.0), np.array(0.5), np.array(2.0)))
    0.5
    """
    if not (np.asarray(throughput) > 0).all():
        raise InputError(
            f"throughput {float(np.min(throughput)):g} is not positive; correct or remove the record in throughput.csv"
        )
    return np.asarray(intensity * placement / (SECONDS_PER_HOUR * throughput))


def busy_hour_blocks(
    requests: Array, share: Array, hours_each: Array, *, cells: int = _BLOCK
) -> Iterator[tuple[slice, Array]]:
    """Yield busy hours block by block of draws, so that the whole cube never has to be in memory.

    Parameters
    ----------
    requests
        Volume V [request/period].
    share
        Technique share m of the requests [1].
    hours_each
        Busy hours a request (:func:`hours_per_request`) [accelerator_hour/request].
    cells
        Cells of a block; a block has at least one draw.

    Yields
    ------
    tuple of slice and ndarray
        Draws, the first axis of the broadcast shape, and their busy hours [accelerator_hour/period]. The array is
        overwritten by the next block: reduce it or copy it.

    Raises
    ------
    ValueError
        If the arguments have no axis in common or do not broadcast.

    Examples
    --------
    >>> total = 0.0
    >>> for draws, hours in busy_hour_blocks(np.full((4, 3), 2.0), np.full((4, 3), 0.5), np.full((4, 1), 7.0), cells=6):
    ...     total += hours.sum()
    >>> float(total)
    84.0
    """
    shape = np.broadcast_shapes(requests.shape, share.shape, hours_each.shape)
    if not shape:
        raise InputError("requests, share and hours a request have no axis; give arrays whose first axis is the draws")
    step = max(1, cells // max(1, math.prod(shape[1:])))
    inner = np.broadcast_shapes(requests.shape, share.shape)
    requested, buffer = np.empty((step, *inner[1:])), np.empty((step, *shape[1:]))
    for start in range(0, shape[0], step):
        block = slice(start, min(start + step, shape[0]))
        size = block.stop - start
        parts = [each[block] if each.shape[0] == shape[0] else each for each in (requests, share, hours_each)]
        several = np.multiply(parts[0], parts[1], out=requested[: size if inner[0] == shape[0] else 1])
        yield block, np.multiply(several, parts[2], out=buffer[:size])


def request_share_at_parity(time_ratio: float) -> float:
    """Return the request share at which a technique takes half of the accelerator-hours: 1 / (1 + K).

    Parameters
    ----------
    time_ratio
        Accelerator time a request of this technique over that of the other [1], K = (A / theta) / (A' / theta').

    Returns
    -------
    float
        Share of requests [1].

    Examples
    --------
    >>> [round(100 * request_share_at_parity(k), 2) for k in (10.0, 100.0, 300.0)]
    [9.09, 0.99, 0.33]
    """
    return 1.0 / (1.0 + time_ratio)
