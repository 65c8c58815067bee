"""Joint draws of the parts of a fleet and of its total, which add up in every draw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.panel import Panel
from shiftcast.forecast.fleet.grain import FREQUENCY, last_days
from shiftcast.forecast.fleet.history import Counted
from shiftcast.forecast.volume import Priors, VolumesFit, draw_volumes, fit_volumes

TOTAL: Final = "total"
_TINY: Final = 1e-12
_MOST: Final = 0.975  # quantile of the total that no draw of a part lies above


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
    """Return joint draws of the parts, scaled in every draw to a total that is forecast in three ways.

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
    whole = Counted(table.starts, table.hours.sum(axis=1, keepdims=True), table.lower.any(axis=1, keepdims=True))
    fitted = partial(fit_volumes, horizon=horizon, priors=priors, seed=seed)
    alone = fitted(panel_of(whole, grain, [TOTAL], TOTAL))
    total, notes = _draws(alone, draws, seed)[:, :, 0], tuple(alone.notes)
    if len(names) == 1:
        hours = total[:, :, None]
    else:
        beside = fitted(_joined(panel_of(table, grain, names, "fleet"), panel_of(whole, grain, [TOTAL], "fleet")))
        every = _draws(beside, draws, seed)
        hours = np.minimum(every[:, :, :-1], np.quantile(total, _MOST, axis=0)[None, :, None])
        hours = scaled_to(hours, middle_total(hours.sum(axis=2), every[:, :, -1], total))
        notes = tuple(beside.notes) + notes
    return Drawn(hours, tuple(note for note in dict.fromkeys(notes) if " skipped: " not in note))


def _joined(parts: Panel, total: Panel) -> Panel:
    return replace(
        parts,
        series=np.append(parts.series, total.series),
        group=np.append(parts.group, total.group),
        values=np.vstack([parts.values, total.values]),
        last=np.append(parts.last, total.last),
        lower=np.vstack([parts.lower, total.lower]),
    )


def _draws(fit: VolumesFit, draws: int, seed: int) -> Array:
    drawn = draw_volumes(fit, draws=draws, seed=seed).transpose("draw", "step", "series")
    return np.ascontiguousarray(drawn.to_numpy())


def middle_total(summed: Array, *others: Array) -> Array:
    """Return draws of a total whose quantiles are the middle ones of several forecasts of it.

    Parameters
    ----------
    summed
        Draws of the sum of the parts, which say how periods go together, shape (draws, periods).
    *others
        Draws of the total by other ways, likewise.

    Returns
    -------
    ndarray, shape (draws, periods)
        In the order of ``summed``: its largest draw stays the largest.

    Examples
    --------
    >>> middle_total(np.array([[3.0], [1.0]]), np.array([[2.0], [4.0]]), np.array([[9.0], [9.0]])).tolist()
    [[4.0], [2.0]]
    """
    order = np.argsort(summed, axis=0, kind="stable")
    middle = np.median([np.sort(each, axis=0) for each in (summed, *others)], axis=0)
    out = np.empty_like(summed)
    np.put_along_axis(out, order, middle, axis=0)
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
