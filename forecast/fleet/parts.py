"""Joint draws of the parts of a fleet and of its total, which add up in every draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.panel import Panel
from shiftcast.forecast.fleet.grain import FREQUENCY, last_days
from shiftcast.forecast.fleet.history import Counted
from shiftcast.forecast.volume import Priors, VolumesFit, draw_volumes, fit_volumes

TOTAL: Final = "total"
_TINY: Final = 1e-12


@dataclass(frozen=True)
class Drawn:
    """Draws of parts in the periods ahead.

    Attributes
    ----------
    hours
        Accelerator-hours, shape (draws, periods, parts).
    notes
        What the fits have to say.
    """

    hours: Array
    notes: tuple[str, ...]


def panel_of(table: Counted, grain: str, names: list[str], group: str) -> Panel:
    """Return histories as a panel; a part begins with its first hour.

    Parameters
    ----------
    table
        Whole periods, hours of shape (periods, parts).
    grain
        Length of the periods.
    names, group
        Name of each part, and of the group they learn from each other in.

    Returns
    -------
    Panel
        Parts in their order.
    """
    values = table.hours.T.copy()
    begun = np.where((values > 0).any(axis=1), (values > 0).argmax(axis=1), 0)
    values[np.arange(values.shape[1]) < begun[:, None]] = np.nan
    last = last_days(table.starts[-1:], grain).tz_localize(None).as_unit("us").to_numpy()
    number = len(names)
    return Panel(
        np.array(names, dtype=object), np.full(number, group, dtype=object), values, np.repeat(last, number),
        FREQUENCY[grain], table.lower.T & np.isfinite(values), {},
    )  # fmt: skip


def draw_parts(
    table: Counted, grain: str, names: list[str], *, horizon: int, priors: Priors, draws: int, seed: int
) -> Drawn:
    """Return joint draws of the parts, as often right in their total as the total by itself.

    Parameters
    ----------
    table, grain, names
        Histories of the parts.
    horizon
        Periods ahead.
    priors
        Beliefs about series of one's own.
    draws, seed
        Number of draws, and the seed of the named streams.

    Returns
    -------
    Drawn
    """
    parts = fit_volumes(panel_of(table, grain, names, "fleet"), horizon=horizon, priors=priors, seed=seed)
    hours = _draws(parts, draws, seed)
    notes = tuple(parts.notes)
    if len(names) > 1:
        whole = Counted(table.starts, table.hours.sum(axis=1, keepdims=True), table.lower.any(axis=1, keepdims=True))
        total = fit_volumes(panel_of(whole, grain, [TOTAL], TOTAL), horizon=horizon, priors=priors, seed=seed)
        hours = scaled_to(hours, pooled_total(hours.sum(axis=2), _draws(total, draws, seed)[:, :, 0]))
        notes += tuple(total.notes)
    return Drawn(hours, tuple(note for note in dict.fromkeys(notes) if " skipped: " not in note))


def _draws(fit: VolumesFit, draws: int, seed: int) -> Array:
    drawn = draw_volumes(fit, draws=draws, seed=seed).transpose("draw", "step", "series")
    return np.ascontiguousarray(drawn.to_numpy())


def pooled_total(summed: Array, alone: Array) -> Array:
    """Return draws of a total whose quantiles are the means of those of its parts' sum and of the total by itself.

    Parameters
    ----------
    summed
        Draws of the sum of the parts, which say how periods go together, shape (draws, periods).
    alone
        Draws of the total by itself, shape (draws, periods).

    Returns
    -------
    ndarray, shape (draws, periods)
        In the order of ``summed``.

    Examples
    --------
    >>> pooled_total(np.array([[3.0], [1.0]]), np.array([[2.0], [4.0]])).tolist()
    [[3.5], [1.5]]
    """
    order = np.argsort(summed, axis=0, kind="stable")
    out = np.empty_like(summed)
    mean = 0.5 * (np.take_along_axis(summed, order, axis=0) + np.sort(alone, axis=0))
    np.put_along_axis(out, order, mean, axis=0)
    return out


def scaled_to(hours: Array, total: Array) -> Array:
    """Return draws of parts that add up to a total.

    Parameters
    ----------
    hours
        Shape (draws, periods, parts).
    total
        Shape (draws, periods).

    Returns
    -------
    ndarray, shape (draws, periods, parts)
        Each in proportion to what it was; where all were nought, to the mean of the draws.
    """
    summed = hours.sum(axis=2)
    usual = hours.mean(axis=0, keepdims=True)
    usual = np.where(usual.sum(axis=2, keepdims=True) > 0, usual, 1.0)
    usual = usual / usual.sum(axis=2, keepdims=True)
    factor = total / np.maximum(summed, _TINY)
    return np.where((summed > _TINY)[:, :, None], hours * factor[:, :, None], usual * total[:, :, None])
