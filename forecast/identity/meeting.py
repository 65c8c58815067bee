"""Reconcile two views, and condition on a noisy figure, by Gaussian conditioning draw by draw (Matheron's rule)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array

_ALL_SEEN: Final = 1 - 1e-6
_NO_VARIANCE: Final = 1e-12


@dataclass(frozen=True)
class Agreement:
    """Two views of one total after they have met.

    Attributes
    ----------
    total
        The total, shape (draws, ...).
    parts
        What the second view explains, by part, shape (draws, ..., parts).
    unallocated
        ``total`` less the sum of ``parts``, positive in every draw, shape (draws, ...).
    total_moved, parts_moved
        Median ratio after to before of the total and of the sum of parts, shape (...).
    """

    total: Array
    parts: Array
    unallocated: Array
    total_moved: Array
    parts_moved: Array


def agree(total: Array, parts: Array, unseen_share: Array) -> Agreement:
    """Reconcile a positive total with positive parts by their precision, leaving an unseen share unallocated.

    The identity ln(sum of parts) = ln(total) + ln(1 - u) fails by a gap g in each draw. Every term moves against the
    gap by its regression coefficient on it, Cov(., g) / Var(g): Gaussian conditioning on g = 0 applied draw by draw
    (Matheron's rule). The weaker a view, and the larger a part of it, the more of the gap it takes; one common factor
    then makes the identity exact in every draw.

    Parameters
    ----------
    total
        First view, shape (draws, ...), positive.
    parts
        Second view by part, shape (draws, ..., parts), positive.
    unseen_share
        Share u of the total that the second view cannot see, as believed beforehand, shape (draws, ...), in (0, 1).

    Returns
    -------
    Agreement
        Total and parts that satisfy the identity in every draw.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> strong, weak = np.exp(random.normal(5, 0.1, 4000)), np.exp(random.normal(4, 1.0, (4000, 1)))
    >>> after = agree(strong, weak, np.full(4000, 0.2))
    >>> bool(np.allclose(after.parts[:, 0], 0.8 * after.total)), round(float(after.total_moved), 2)
    (True, 0.99)
    """
    log_total, log_parts, log_seen = np.log(total), np.log(parts), np.log1p(-unseen_share)
    before = parts.sum(axis=-1)
    gap = np.log(before) - log_total - log_seen
    moved = np.exp(log_total - _slope(log_total, gap) * gap)
    seen = np.minimum(np.exp(log_seen - _slope(log_seen, gap) * gap), _ALL_SEEN)
    explained = np.exp(log_parts - _slope(log_parts, gap[..., None]) * gap[..., None])
    explained *= (moved * seen / explained.sum(axis=-1))[..., None]
    after = explained.sum(axis=-1)
    return Agreement(
        moved, explained, moved - after, np.median(moved / total, axis=0), np.median(after / before, axis=0)
    )


def within(agreement: Agreement, capacity: Array) -> Agreement:
    """Scale total, parts and what is unallocated down, in the draws where the total exceeds a capacity.

    Parameters
    ----------
    agreement
        Reconciled total and parts.
    capacity
        Most that the total can be, shape (draws, ...).

    Returns
    -------
    Agreement
        Scaled by min(capacity / total, 1) in each draw.

    Examples
    --------
    >>> two = np.array([2.0])
    >>> after = within(Agreement(two, two[:, None] / 2, two / 2, two, two), np.array([1.0]))
    >>> float(after.total[0]), float(after.parts[0, 0]), float(after.unallocated[0])
    (1.0, 0.5, 0.5)
    """
    scale = np.minimum(capacity / agreement.total, 1.0)
    return replace(
        agreement, total=agreement.total * scale, parts=agreement.parts * scale[..., None],
        unallocated=agreement.unallocated * scale,
    )  # fmt: skip


def _slope(values: Array, gap: Array) -> Array:
    """Return the regression coefficient of the values on the gap over draws; zero where the gap does not vary."""
    deviation = gap - gap.mean(axis=0)
    variance = (deviation**2).mean(axis=0)
    covariance = (deviation * (values - values.mean(axis=0))).mean(axis=0)
    return np.asarray(np.where(variance > _NO_VARIANCE, covariance / np.maximum(variance, _NO_VARIANCE), 0.0))


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
