"""Training and R&D: hours of stated training runs from their operations, and the ratio to inference for the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import overlap_weights
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.draws import Assumptions

_PER_PARAMETER_AND_TOKEN = 6.0  # forward 2, backward 4
_FORWARD_AND_BACKWARD = 3.0  # the backward pass takes twice the forward one


def llm_training_work(active_parameters: float, tokens: float) -> float:
    """Return the operations of training a language model: C = 6 N D [FLOP].

    Reference: Kaplan et al., "Scaling laws for neural language models" (2020).

    Parameters
    ----------
    active_parameters
        Parameters N that a token passes through [parameter].
    tokens
        Training tokens D [token].

    Returns
    -------
    float
        Operations C [FLOP].

    Raises
    ------
    ValueError
        If a figure is not positive.

    Examples
    --------
    Llama 3.1 405B on 15.6 trillion tokens:

    >>> f"{llm_training_work(405e9, 15.6e12):.2e}"
    '3.79e+25'
    """
    return _PER_PARAMETER_AND_TOKEN * _positive("active_parameters", active_parameters) * _positive("tokens", tokens)


def recsys_training_work(flop_per_sample: float, samples: float, retrains: float) -> float:
    """Return the operations of training a recommender: C = 3 F samples retrains [FLOP/period].

    Parameters
    ----------
    flop_per_sample
        Forward operations F of a sample [FLOP].
    samples
        Samples a run.
    retrains
        Runs a period.

    Returns
    -------
    float
        Operations C [FLOP/period].

    Raises
    ------
    ValueError
        If a figure is not positive.

    Examples
    --------
    >>> recsys_training_work(4e7, 1e9, 90.0)
    1.08e+19
    """
    return (
        _FORWARD_AND_BACKWARD * _positive("flop_per_sample", flop_per_sample) * _positive("samples", samples)
        * _positive("retrains", retrains)
    )  # fmt: skip


def reinforcement_work(active_parameters: float, rollout_tokens: float, update_tokens: float) -> float:
    """Return the operations of reinforcement learning: 2 N per rollout token and 6 N per update token [FLOP].

    Parameters
    ----------
    active_parameters
        Parameters N that a token passes through [parameter].
    rollout_tokens
        Tokens generated for the policy's samples [token].
    update_tokens
        Tokens the policy is trained on [token].

    Returns
    -------
    float
        Operations [FLOP].

    Raises
    ------
    ValueError
        If a figure is not positive.

    Examples
    --------
    >>> reinforcement_work(1e9, 10.0, 1.0)
    26000000000.0
    """
    rollouts = 2.0 * _positive("active_parameters", active_parameters) * _positive("rollout_tokens", rollout_tokens)
    return rollouts + llm_training_work(active_parameters, update_tokens)


def training_hours(work: Array, peak_flops: Array, efficiency: Array, *, overhead: Array | float = 0.0) -> Array:
    """Return busy accelerator-hours of runs: C (1 + e) / (3600 MFU Pi).

    Parameters
    ----------
    work
        Operations C [FLOP].
    peak_flops
        Peak Pi [FLOP/s] of one accelerator.
    efficiency
        Share of that peak that training reaches (MFU) [1].
    overhead
        Restarts, failed runs and evaluation over the run itself, e [1].

    Returns
    -------
    ndarray, the broadcast shape
        Busy accelerator-hours.

    Raises
    ------
    ValueError
        If the peak times the efficiency is not positive.

    Examples
    --------
    At 35 % of the 16-bit peak of 989 TFLOP/s, close to the 30.8 million hours that were stated:

    >>> round(float(training_hours(np.array(3.79e25), np.array(989e12), np.array(0.35))) / 1e6, 1)
    30.4
    """
    rate = np.asarray(peak_flops * efficiency)
    if not (rate > 0).all():
        raise InputError(f"training reaches {float(rate.min()):g} FLOP/s; give a positive peak and efficiency")
    return np.asarray(work * (1 + np.asarray(overhead)) / (3600.0 * rate))


def training_ratio(inference_share: Array) -> Array:
    """Return hours of training and R&D for an hour of inference: psi = (1 - i) / i.

    Parameters
    ----------
    inference_share
        Share i of accelerator-hours that is inference, in (0, 1).

    Returns
    -------
    ndarray, shape of ``inference_share``
        Ratio psi [1].

    Raises
    ------
    ValueError
        If a share is not between 0 and 1.

    Examples
    --------
    >>> training_ratio(np.array([0.5, 0.8])).round(6).tolist()
    [1.0, 0.25]
    """
    if not ((inference_share > 0) & (inference_share < 1)).all():
        raise InputError("an inference share is not between 0 and 1; no ratio of training to inference follows from it")
    return np.asarray((1 - inference_share) / inference_share)


def seen_training_hours(
    observations: DataFrame[Observations], technique: str, leaves: tuple[str, ...], peak_flops: Array,
    assumed: Assumptions, quarters: pd.DatetimeIndex,
) -> Array:  # fmt: skip
    """Return busy hours of the training runs that were stated, shape (draws, quarters, leaves).

    Parameters
    ----------
    observations
        Observation rows known at the origin; those of measure ``training_work`` [FLOP], each with a leaf, spread
        evenly over the days of the run.
    technique
        ``llm`` or ``deep``.
    leaves
        Names, in order.
    peak_flops
        Mean 8-bit peak of the live fleet [FLOP/s], shape (draws, quarters).
    assumed
        Rows ``training.efficiency`` (of that peak) and ``training.overhead``.

    Returns
    -------
    ndarray, shape (draws, quarters, leaves)
        Busy accelerator-hours a quarter.

    Raises
    ------
    ValueError
        If a run names no leaf that hours are counted in.
    """
    rows = select(observations, measure="training_work", workload="training", technique=technique)
    hours = np.zeros((*peak_flops.shape, len(leaves)))
    for row in rows.itertuples():
        if row.leaf not in leaves:
            raise InputError(
                f"training run of {row.operator} known {row.known_at:%Y-%m-%d} has leaf {row.leaf!r}; "
                f"give one of {', '.join(leaves)} in its observations row"
            )
        spread = overlap_weights(pd.DatetimeIndex([row.period_start]), pd.DatetimeIndex([row.period_end]), quarters)[0]
        efficiency, overhead = (assumed[f"training.{name}"][:, None] for name in ("efficiency", "overhead"))
        taken = training_hours(row.value * spread, peak_flops, efficiency, overhead=overhead)
        hours[..., leaves.index(row.leaf)] += taken
    return hours


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise InputError(f"{name} is {value:g}; give a positive figure")
    return value
