"""Hours that are served, what explains them, and what stays wanted; and draws conditioned on one noisy figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array

_TINY: Final = 1e-9


@dataclass(frozen=True)
class Meeting:
    """Hours by leaf once both views and the ceilings have spoken.

    Attributes
    ----------
    parts
        Served hours that the view from below explains, by task, shape (draws, quarters, leaves, tasks).
    unallocated
        Served hours that it cannot see: one share a draw, shape (draws, quarters, leaves).
    latent
        Hours wanted and not served, shape (draws, quarters, all leaves).
    correction
        Hours explained over hours from below, all leaves, shape (draws, quarters).
    """

    parts: Array
    unallocated: Array
    latent: Array
    correction: Array


def meet(served: Array, wanted: Array, parts: Array, unseen_share: Array) -> Meeting:
    """Explain hours of a fleet by the tasks of the view from below.

    The identity sum of parts = (1 - u) total holds in every draw: the mix of tasks is that from below, the total that
    of the fleet, and the unseen share u is one number a draw.

    Parameters
    ----------
    served, wanted
        Busy hours of the fleet as supplied and as wanted, shape (draws, quarters, all leaves); no more is served than
        is wanted.
    parts
        Hours from below by task, shape (draws, quarters, leaves, tasks): of the first leaves, no record of work speaks
        of the others.
    unseen_share
        Share u of hours that the view from below cannot see [1], shape (draws,).

    Returns
    -------
    Meeting
        Hours that add up.

    Examples
    --------
    >>> met = meet(np.full((1, 1, 1), 8.0), np.full((1, 1, 1), 10.0), np.array([[[[3.0, 1.0]]]]), np.array([0.25]))
    >>> met.parts.tolist(), met.unallocated.tolist(), met.latent.tolist(), met.correction.tolist()
    ([[[[4.5, 1.5]]]], [[[2.0]]], [[[2.0]]], [[1.5]])
    """
    whole = np.minimum(served, wanted)
    served, unseen = whole[..., : parts.shape[2]], unseen_share[:, None, None]
    below = parts.sum(axis=-1)
    seen = (1 - unseen) * served
    explained = parts * (seen / np.maximum(below, _TINY))[..., None]
    correction = seen.sum(axis=-1) / np.maximum(below.sum(axis=-1), _TINY)
    return Meeting(explained, served - explained.sum(axis=-1), wanted - whole, correction)


def condition(logs: Array, statistic: Array, observed: float, sd: float, noise: Array) -> Array:
    """Condition draws on one noisy figure of a statistic of theirs (Matheron's rule).

    Parameters
    ----------
    logs
        Quantities to move [log], shape (draws, n).
    statistic
        The statistic in each draw [log], shape (draws,).
    observed, sd
        Figure and its standard error [log].
    noise
        Standard normals, shape (draws,).

    Returns
    -------
    ndarray, shape (draws, n)
        Conditioned quantities [log].

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> x = random.normal(0, 1, (5000, 1))
    >>> moved = condition(x, x[:, 0], 2.0, 1.0, random.normal(size=5000))
    >>> round(float(moved.mean()), 1), round(float(moved.var()), 1)
    (1.0, 0.5)
    """
    deviation = statistic - statistic.mean()
    gain = ((logs - logs.mean(axis=0)) * deviation[:, None]).mean(axis=0) / (deviation.var() + sd**2)
    innovation = observed + sd * noise - statistic
    return np.asarray(logs + innovation[:, None] * gain)
