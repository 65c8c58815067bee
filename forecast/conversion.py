"""From work to busy accelerator-hours: throughput by generation, harmonic work shares, and the identity itself."""

from __future__ import annotations

import numpy as np

from forecast.draws import Array

SECONDS_PER_HOUR = 3600.0


def harmonic_throughput(work_shares: Array, throughput: Array) -> Array:
    """Return the throughput of a mix of generations from their shares of the work: 1/theta = sum x_g / theta_g.

    Parameters
    ----------
    work_shares
        Share of work on each generation, last axis, summing to one.
    throughput
        Work per second of one accelerator, broadcast against ``work_shares``.

    Examples
    --------
    >>> float(harmonic_throughput(np.array([0.5, 0.5]), np.array([1.0, 3.0])))
    1.5
    """
    return np.asarray(1.0 / (work_shares / throughput).sum(axis=-1))


def work_shares(hour_shares: Array, throughput: Array) -> Array:
    """Return shares of work from shares of busy hours: x_g in proportion to hours_g times theta_g.

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
        theta [unit/s/accelerator], positive.

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
    if not (np.asarray(throughput) > 0).all():
        raise ValueError(
            f"throughput {float(np.min(throughput)):g} is not positive; correct or remove the record in throughput.csv"
        )
    return np.asarray(requests * share * intensity * placement / (SECONDS_PER_HOUR * throughput))


def request_share_at_parity(time_ratio: float) -> float:
    """Return the request share at which a technique takes half of the accelerator-hours.

    Parameters
    ----------
    time_ratio
        Accelerator time a request of this technique over that of the other, K = (A / theta) / (A' / theta').

    Examples
    --------
    >>> [round(100 * request_share_at_parity(k), 2) for k in (10.0, 100.0, 300.0)]
    [9.09, 0.99, 0.33]
    """
    return 1.0 / (1.0 + time_ratio)
