"""Order funnel: visible demand is ordered, shipped and live, each after a gamma lag, or lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.special import gammainc

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import stream

FUNNEL: Final = ("visibility", "order", "shipment", "live")


@dataclass(frozen=True)
class FunnelStep:
    """One step of the funnel.

    Attributes
    ----------
    mean_lag
        Mean lag [quarter], shape (draws,).
    through
        Share of the flow that reaches the next stage [1], shape (draws,).
    shape
        Gamma shape of the lag [1]; at 4 none is instant, and the slowest tenth takes over 1.7 times the mean.
    """

    mean_lag: Array
    through: Array
    shape: float


@dataclass(frozen=True)
class Funnel:
    """Flows by stage, each of shape (draws, periods).

    Attributes
    ----------
    arrived
        Stage to the flow that reached it in the period; the first is the demand that became visible.
    waiting
        Stage to the stock at the end of the period that reached it and neither moved on nor was lost.
    lost
        Stage to the flow lost after reaching it, in the period.
    """

    arrived: Mapping[str, Array]
    waiting: Mapping[str, Array]
    lost: Mapping[str, Array]


def lag_shares(mean_lag: Array, periods: int, shape: float) -> Array:
    """Return the share of a cohort that moves on 0, 1, ... periods after it arrived, for a gamma lag.

    P(s, s (k + 1) / m) - P(s, s k / m), with P the regularised lower incomplete gamma function, m the mean lag and s
    the shape.

    Parameters
    ----------
    mean_lag
        Mean lag [period], shape (draws,), positive.
    periods
        Number of lags.
    shape
        Gamma shape of the lag [1].

    Returns
    -------
    ndarray, shape (draws, periods)
        Shares [1]; they sum to less than one where lags exceed the periods.

    Raises
    ------
    ValueError
        If a mean lag is not positive.

    Examples
    --------
    >>> lag_shares(np.array([1.0]), 4, 4.0).round(2).tolist()
    [[0.57, 0.39, 0.04, 0.0]]
    """
    if not (mean_lag > 0).all():
        raise InputError(
            f"mean lag of {float(mean_lag.min()):g} quarters is not positive; correct the row in fleet.csv"
        )
    edges = np.arange(periods + 1)[None, :]
    return np.asarray(np.diff(gammainc(shape, edges * shape / mean_lag[:, None]), axis=1))


def follow_funnel(visible: Array, steps: Mapping[str, FunnelStep]) -> Funnel:
    """Follow demand through the funnel.

    Parameters
    ----------
    visible
        Demand that becomes visible in each period [accelerator], shape (draws, periods).
    steps
        Stage reached to the step that leads there, for ``order, shipment, live``.

    Returns
    -------
    Funnel
        In the unit of ``visible``; at every stage and period, all that arrived so far moved on, was lost, or waits.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> steps = {stage: FunnelStep(one, 0 * one + 0.5, 4.0) for stage in FUNNEL[1:]}
    >>> funnel = follow_funnel(np.array([[8.0, 0.0, 0.0]]), steps)
    >>> funnel.arrived["order"].round(2).tolist()
    [[2.27, 1.56, 0.16]]
    """
    arrived, waiting, lost = {FUNNEL[0]: visible}, {}, {}
    for stage, after in pairwise(FUNNEL):
        step, inflow = steps[after], arrived[stage]
        leaving = _convolve(inflow, lag_shares(step.mean_lag, inflow.shape[1], step.shape))
        arrived[after] = leaving * step.through[:, None]
        lost[stage] = leaving - arrived[after]
        waiting[stage] = np.cumsum(inflow - leaving, axis=1)
    return Funnel(arrived, waiting, lost)


def _convolve(inflow: Array, shares: Array) -> Array:
    lag = np.arange(inflow.shape[1])[None, :] - np.arange(inflow.shape[1])[:, None]
    weights = np.where(lag >= 0, shares[:, np.clip(lag, 0, None)], 0.0)
    return np.asarray(np.einsum("dc,dct->dt", inflow, weights))


def lead_time(step: FunnelStep, *, seed: int, name: str) -> Array:
    """Draw the time that one order takes through a step, gamma-distributed.

    Parameters
    ----------
    step
        The step, for its mean lag [quarter] and shape.
    seed, name
        Seed and name of the random stream.

    Returns
    -------
    ndarray, shape (draws,)
        Lead time [quarter].

    Examples
    --------
    >>> step = FunnelStep(np.full(4000, 2.0), np.ones(4000), 4.0)
    >>> round(float(lead_time(step, seed=1, name="lag.order").mean()), 1)
    2.0
    """
    return np.asarray(stream(seed, name).gamma(step.shape, step.mean_lag / step.shape))
