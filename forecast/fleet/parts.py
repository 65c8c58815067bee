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
from shiftcast.forecast.volume.ets import FEWEST, draw_ets, fit_ets

TOTAL, PARTS = "total", "parts"
_TINY: Final = 1e-12
_SEASONS: Final = 3  # that a history holds before one is smoothed
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

    The total is a series by itself, a series among its parts, and smoothed; its quantiles are the middle ones of the
    three, so that none of them runs away with it.

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
    bounded = np.asarray(table.lower.any(axis=1))[:, None]
    whole = Counted(table.starts, table.hours.sum(axis=1, keepdims=True), bounded)
    fitted = partial(fit_volumes, horizon=horizon, priors=priors, seed=seed)
    total = panel_of(whole, grain, [TOTAL], TOTAL)
    fits = [fitted(total)]
    ways = [_draws(fits[0], draws, seed)[:, :, 0], *_smoothed(total, horizon, draws, seed)]
    if len(names) == 1:
        hours = middle_total(*ways)[:, :, None]
    else:
        beside = replace(total, group=np.array([PARTS], dtype=object))
        fits.append(fitted(_joined(panel_of(table, grain, names, PARTS), beside)))
        every = _draws(fits[1], draws, seed)
        most = np.quantile(ways[0], _MOST, axis=0)[None, :, None]
        hours = np.minimum(every[:, :, :-1], most)
        ways.append(every[:, :, -1])
        hours = scaled_to(hours, middle_total(*ways, like=hours.sum(axis=2)))
    notes = dict.fromkeys(note for fit in fits for note in fit.notes if " skipped: " not in note)
    return Drawn(hours, tuple(notes))


def _smoothed(total: Panel, horizon: int, draws: int, seed: int) -> list[Array]:
    """Return draws of the total by smoothing, where its history is long enough and holds no lower bound."""
    values = np.nan_to_num(total.values)
    season = total.seasons[0] if total.seasons and values.shape[1] >= _SEASONS * total.seasons[0] else 1
    if values.shape[1] < FEWEST or total.lower.any() or not values.any():
        return []
    return [draw_ets(fit_ets(values, season), horizon=horizon, draws=draws, seed=seed).reshape(horizon, draws).T]


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


def middle_total(*ways: Array, like: Array | None = None) -> Array:
    """Return draws of a total whose quantiles are the middle ones of several forecasts of it.

    Parameters
    ----------
    *ways
        Draws of each forecast, shape (draws, periods).
    like
        Draws whose order they are put in, likewise: the largest stays the largest, and periods go together as they do
        there. That of the first where left out.

    Returns
    -------
    ndarray, shape (draws, periods)

    Examples
    --------
    >>> middle_total(np.array([[3.0], [1.0]]), np.array([[2.0], [4.0]]), np.array([[9.0], [9.0]])).tolist()
    [[4.0], [2.0]]
    """
    order = np.argsort(ways[0] if like is None else like, axis=0, kind="stable")
    middle = np.maximum(np.median([np.sort(each, axis=0) for each in ways], axis=0), 0.0)
    out = np.empty_like(middle)
    np.put_along_axis(out, order, middle, axis=0)
    return np.asarray(out)


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
    return np.asarray(np.where((summed > _TINY)[:, :, None], hours * factor[:, :, None], usual * total[:, :, None]))
