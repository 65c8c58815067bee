"""Cascade of a cohort's work from training to inference to batch, logistic in age."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import expit

from shiftcast.features.arrays import Array

PHASES: Final = ("training", "inference", "batch")


def cascade_shares(ages: Array, to_inference: Array, to_batch: Array, steepness: float) -> Array:
    """Return the share of a cohort's work in each phase by age.

    The share past a phase is 1 / (1 + exp(-s (a / m - 1))), with m the age by which half is past it; the share past
    inference is at most that past training.

    Parameters
    ----------
    ages
        Age [year], shape (ages,).
    to_inference, to_batch
        Age by which half of the work has left training, and inference [year], shape (draws,), positive.
    steepness
        Steepness s of the logistic in age over its middle [1]; at 4 the central 80 % of the shift takes 1.1 middles.

    Returns
    -------
    ndarray, shape (draws, ages, 3)
        Shares [1] in the order of :data:`PHASES`; they sum to one.

    Examples
    --------
    >>> cascade_shares(np.array([0.0, 3.0, 12.0]), np.array([2.0]), np.array([4.0]), 4.0).round(2).tolist()
    [[[0.98, 0.0, 0.02], [0.12, 0.61, 0.27], [0.0, 0.0, 1.0]]]
    """
    middles = np.stack([to_inference, np.maximum(to_inference, to_batch)], axis=-1)
    past = expit(steepness * (ages[None, :, None] / middles[:, None, :] - 1.0))
    beyond = np.minimum(past[..., 1], past[..., 0])
    return np.stack([1 - past[..., 0], past[..., 0] - beyond, beyond], axis=-1)
