"""Cold start: the path and spread of neighbours, at its own level, for a series with little or no history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel
from shiftcast.forecast.volume.beside import CAPACITY, CONSTANT
from shiftcast.forecast.volume.calibrate import Calibration
from shiftcast.forecast.volume.fitted import Priors, VolumesFit
from shiftcast.forecast.volume.past import LEAST
from shiftcast.forecast.volume.scale import Scale

BORROWED: Final = "neighbours"
NOTE: Final = f"fewer than {LEAST} values: growth, season and spread are borrowed from neighbours"


@dataclass(frozen=True)
class Borrowed:
    """Forecast of a newcomer.

    Attributes
    ----------
    unit
        Unit of its working scale [unit of the series].
    path
        Median path on the working scale, shape (horizon,).
    deviation
        Standard deviation on the working scale, shape (horizon,).
    own
        Part of the values it takes to be forecast by itself that it has [1].
    """

    unit: float
    path: Array
    deviation: Array
    own: float


@dataclass(frozen=True)
class Neighbours:
    """Series that a newcomer borrows from, all on one working scale.

    Attributes
    ----------
    names
        Their names, shape (neighbours,).
    latent
        Their histories [unit of each], NaN before they start, shape (neighbours, time).
    unit
        Units of their working scales, shape (neighbours,).
    path, deviation
        Median paths and deviations on the working scale, shape (neighbours, horizon).
    shape
        Their standardised quantiles, shape (neighbours, levels).
    """

    names: NDArray[np.object_]
    latent: Array
    unit: Array
    path: Array
    deviation: Array
    shape: Array

    def since(self, periods: int) -> tuple[Array, Array]:
        """Return the mean volume of the last periods, and the paths less that on the working scale.

        Parameters
        ----------
        periods
            How many, from one.

        Returns
        -------
        tuple of ndarray
            Levels [unit of each], shape (neighbours,), and relative paths, shape (neighbours, horizon).
        """
        recent = self.latent[:, -periods:]
        count = np.isfinite(recent).sum(axis=1)
        level = np.where(count > 0, np.nansum(recent, axis=1) / np.maximum(count, 1), self.unit)
        return level, self.path - np.arcsinh(level / self.unit)[:, None]


def with_newcomers(panel: Panel, young: NDArray[np.intp], known: Sequence[VolumesFit], priors: Priors) -> VolumesFit:
    """Return the fit of a group with the series in it that have next to no history.

    Parameters
    ----------
    panel
        All series of the group.
    young
        Rows of those with next to no history.
    known
        Fit of the others, and of other groups that neighbours are named in.
    priors
        Named neighbours and beliefs.

    Returns
    -------
    VolumesFit
        Of all series; those of the first of ``known`` are forecast as they were.

    Raises
    ------
    ValueError
        If a named neighbour has no history, or nobody of the group has any to borrow.
    """
    own, number = known[0], len(panel.series)
    old = np.setdiff1d(np.arange(number), young)
    arrays = [own.scale.unit, own.path, own.calibration.deviation, own.calibration.shape, own.data_weight]
    unit, path, deviation, shape, weight = (_spread_out(each, old, number) for each in arrays)
    shipped = np.full(number, BORROWED, dtype=object)
    shipped[old] = own.shipped
    latent = panel.values.copy()
    latent[old] = own.latent
    everyone = _joined(known)
    mine = np.zeros(len(everyone.names), dtype=bool)
    mine[: len(old)] = _telling(own.shipped)
    season = panel.seasons[0] if panel.seasons else LEAST
    for row in young:
        near = neighbours_of(panel, int(row), everyone, mine, priors.neighbours or {})
        seen = np.isfinite(panel.values[row])
        levels, relative = near.since(panel.values.shape[1] - int(seen.argmax()) if seen.any() else season)
        found = borrow(panel.values[row], levels, relative, near.deviation,
                       bend=own.scale.bend, period=priors.short.period)  # fmt: skip
        unit[row], path[row], deviation[row], weight[row] = found.unit, found.path, found.deviation, found.own
        shape[row] = np.median(near.shape, axis=0)
    names = tuple(panel.series[young].astype(str).tolist())
    return replace(
        own, panel=panel, latent=latent, scale=Scale(unit, own.scale.bend), path=path,
        calibration=Calibration(deviation, shape), shipped=shipped, data_weight=weight,
        notes={**own.notes, NOTE: names},
    )  # fmt: skip


def _telling(shipped: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which series of a group there is something to borrow from: those that move, else those that stand."""
    moving = ~np.isin(shipped.astype(str), [CONSTANT, CAPACITY])
    return moving if moving.any() else np.asarray(shipped == CONSTANT)


def _spread_out(values: Array, rows: NDArray[np.intp], number: int) -> Array:
    out = np.zeros((number, *values.shape[1:]))
    out[rows] = values
    return out


def _joined(known: Sequence[VolumesFit]) -> Neighbours:
    """Return the series of all fits as neighbours on the working scale of the first."""
    length = max(fit.latent.shape[1] for fit in known)
    bend = known[0].scale.bend
    bent = [_slope(bend) / _slope(fit.scale.bend) if fit.scale.bend != bend else 1.0 for fit in known]
    level = [np.arcsinh(1 / fit.scale.bend) for fit in known]
    pads = [np.pad(fit.latent, ((0, 0), (length - fit.latent.shape[1], 0)), constant_values=np.nan) for fit in known]
    paths = [
        fit.path if turn == 1.0 else np.arcsinh(1 / bend) + (fit.path - at) * turn
        for fit, turn, at in zip(known, bent, level, strict=True)
    ]
    return Neighbours(
        np.concatenate([fit.panel.series for fit in known]),
        np.concatenate(pads),
        np.concatenate([fit.scale.unit * (bend / fit.scale.bend) for fit in known]),
        np.concatenate(paths),
        np.concatenate([fit.calibration.deviation * turn for fit, turn in zip(known, bent, strict=True)]),
        np.concatenate([fit.calibration.shape for fit in known]),
    )


def _slope(bend: float) -> float:
    """Return the change of the working scale with the log of the volume at its recent mean."""
    return float(1 / np.sqrt(1 + bend**2))


def neighbours_of(
    panel: Panel, row: int, everyone: Neighbours, mine: NDArray[np.bool_], named: Mapping[str, tuple[str, ...]]
) -> Neighbours:
    """Return the neighbours of a newcomer: those named, else those of its group that were ever above zero.

    Parameters
    ----------
    panel
        All series of the group.
    row
        Row of the newcomer.
    everyone
        Series with history, of this group and of others that neighbours are named in.
    mine
        Which of them are of this group.
    named
        Series to the names of its neighbours.

    Returns
    -------
    Neighbours

    Raises
    ------
    ValueError
        If a named neighbour has too little history itself, or none is named and the group has none.
    """
    name, places = str(panel.series[row]), everyone.names.astype(str)
    missing = [each for each in named.get(name, ()) if each not in places]
    if missing:
        raise InputError(
            f"neighbour {missing[0]!r} of {name!r} is not among the series with history; name one of "
            f"{sorted(places)[:5]}"
        )
    alike = np.isin(places, named[name]) if name in named else mine & (np.nan_to_num(everyone.latent) > 0).any(axis=1)
    if not alike.any():
        raise InputError(
            f"series {name!r} has next to no value, and group {panel.group[row]!r} none above zero to borrow from; "
            "give it a value, put it in a group that has some, or name its neighbours"
        )
    fields = (everyone.latent, everyone.unit, everyone.path, everyone.deviation, everyone.shape)
    return Neighbours(everyone.names[alike], *(each[alike] for each in fields))


def borrow(values: Array, levels: Array, path: Array, deviation: Array, *, bend: float, period: float) -> Borrowed:
    """Return a newcomer's path from its few values and its neighbours' levels, paths and deviations.

    Series have units of their own, so one value above zero says more of the level than all neighbours: it is the
    geometric mean of the series' own values, and the median of its neighbours' where there is none.

    Parameters
    ----------
    values
        Volumes of the newcomer, shape (time,), NaN where unknown.
    levels
        Recent mean volume of each neighbour, shape (neighbours,), in the unit of the newcomer.
    path, deviation
        Neighbours' paths relative to their level over the newcomer's periods, and their deviations, shape
        (neighbours, horizon), on the working scale.
    bend
        Multiple of the recent mean at which the working scale turns logarithmic [1].
    period
        Deviation of one value around a series' level, which neighbours do not show [log].

    Returns
    -------
    Borrowed

    Examples
    --------
    >>> levels, flat, wide = np.array([2.0, 4.0, 8.0]), np.zeros((3, 1)), np.full((3, 1), 0.1)
    >>> ahead = borrow(np.array([np.nan, 6.0]), levels, flat, wide, bend=2.0, period=0.3)
    >>> ahead.own, round(ahead.unit / 2.0, 1), ahead.deviation.round(2).tolist()
    (0.2, 6.0, [0.17])
    """
    known = values[np.isfinite(values) & (values > 0)]
    logs = np.log(levels[levels > 0]) if (levels > 0).any() else np.zeros(1)
    unsure = period**2 / len(known) if len(known) else max(float(logs.var()), period**2)
    level = float(np.exp(np.log(known).mean() if len(known) else np.median(logs)))
    spread = np.sqrt((deviation**2).mean(axis=0) + path.var(axis=0) + unsure * _slope(bend) ** 2)
    return Borrowed(bend * level, np.arcsinh(1 / bend) + path.mean(axis=0), spread, len(known) / LEAST)
