"""The cascade: as a cohort ages, its work moves from training to inference to batch."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import expit

from shiftcast.features.arrays import Array

PHASES: Final = ("training", "inference", "batch")
_STEEPNESS: Final = (
    4.0  # ages are logistic with a scale of a quarter of the middle: 80 % move within about a year and a half
)


def cascade_shares(ages: Array, to_inference: Array, to_batch: Array) -> Array:
    """Return the share of a cohort's work in each phase by age.

    The share past a phase is logistic in age around its middle; nobody is past inference before being past training.

    Parameters
    ----------
    ages
        Age [year], shape (ages,).
    to_inference, to_batch
        Age by which half has left training, and inference [year], shape (draws,), positive.

    Returns
    -------
    ndarray, shape (draws, ages, 3)
        Shares in the order of :data:`PHASES`; they sum to one.

    Examples
    --------
    >>> cascade_shares(np.array([0.0, 3.0, 12.0]), np.array([2.0]), np.array([4.0])).round(2).tolist()
    [[[0.98, 0.0, 0.02], [0.12, 0.61, 0.27], [0.0, 0.0, 1.0]]]
    """
    middles = np.stack([to_inference, np.maximum(to_inference, to_batch)], axis=-1)
    past = expit(_STEEPNESS * (ages[None, :, None] / middles[:, None, :] - 1.0))
    beyond = np.minimum(past[..., 1], past[..., 0])
    return np.stack([1 - past[..., 0], past[..., 0] - beyond, beyond], axis=-1)
