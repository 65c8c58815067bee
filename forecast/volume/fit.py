"""Fit of volumes to their predictive distributions: the one path of command, cube, notebook and backtest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel
from shiftcast.forecast.draws import stream
from shiftcast.forecast.scores import quantile_loss
from shiftcast.forecast.volume.bending import choose_bend
from shiftcast.forecast.volume.beside import beside
from shiftcast.forecast.volume.calibrate import LEVELS, Calibration, calibrate, steadied
from shiftcast.forecast.volume.censoring import latent_demand
from shiftcast.forecast.volume.combine import COMBINATION, Combination, combine
from shiftcast.forecast.volume.dependence import dependence
from shiftcast.forecast.volume.drivers import driver_effects
from shiftcast.forecast.volume.fitted import Priors, VolumesFit
from shiftcast.forecast.volume.floor import below_nought
from shiftcast.forecast.volume.kinds import kinds_of
from shiftcast.forecast.volume.lumpy import lumps
from shiftcast.forecast.volume.members import SIMPLE, run_members
from shiftcast.forecast.volume.newcomer import with_newcomers
from shiftcast.forecast.volume.past import Past, look_back
from shiftcast.forecast.volume.scale import recent_scale
from shiftcast.forecast.volume.short import roughness, stretched

_ROUNDS: Final = 2  # of spreading noughts below nought and calibrating again
COMPOUND: Final = "compound_poisson"
BOUNDS: Final = "some values are lower bounds: the forecast is of latent demand, not of what was served"


def fit_groups(panel: Panel, *, horizon: int, priors: Priors, seed: int = 0) -> Iterator[VolumesFit]:
    """Yield the fit of every group of a panel, each as if it were alone.

    Parameters
    ----------
    panel
        Series of one frequency and any number of groups, cut at the origin.
    horizon
        Periods ahead.
    priors, seed
        As :func:`fit_volumes` takes them.

    Yields
    ------
    VolumesFit
        In the order of the groups' names.

    Raises
    ------
    ValueError
        As :func:`fit_volumes` does.
    """
    groups, codes = np.unique(panel.group.astype(str), return_inverse=True)
    names = panel.series.astype(str)
    rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    named = priors.neighbours or {}
    for code in range(len(groups)):
        wanted = {near for name in names[rows[code]] for near in named.get(name, ())}
        others = np.setdiff1d(codes[np.isin(names, list(wanted))], code)
        elsewhere = tuple(trimmed(panel.take(rows[other])) for other in others)
        own = trimmed(panel.take(rows[code]))
        yield fit_volumes(own, horizon=horizon, priors=priors, seed=seed, elsewhere=elsewhere)


def trimmed(panel: Panel) -> Panel:
    """Return a panel without the columns before its longest history, and with no driver known ahead that is not.

    Parameters
    ----------
    panel
        Series, shape (series, time).

    Returns
    -------
    Panel
        At least one column.
    """
    first = min(int(panel.start.min()), panel.values.shape[1] - 1)
    ahead = slice(panel.values.shape[1], None)
    known = tuple(name for name in panel.known if np.isfinite(panel.drivers[name][:, ahead]).any())
    drivers = {name: array[:, first:] for name, array in panel.drivers.items()}
    return replace(panel, values=panel.values[:, first:], lower=panel.lower[:, first:], drivers=drivers, known=known)


def fit_volumes(
    panel: Panel, *, horizon: int, priors: Priors, seed: int = 0, elsewhere: tuple[Panel, ...] = ()
) -> VolumesFit:
    """Fit the predictive distribution of every series of one group, which learn from each other.

    Parameters
    ----------
    panel
        Series of one frequency and group, cut at the origin.
    horizon
        Periods ahead.
    priors
        Prior spread, elasticities, named neighbours and settings.
    seed
        Seed of the simulated quantiles of lumpy series.
    elsewhere
        Other groups, in which named neighbours are looked for as well.

    Returns
    -------
    VolumesFit
        Latent demand on the working scale of each series.

    Raises
    ------
    ValueError
        If the horizon is below one, there are two groups, or no series has a value.

    Examples
    --------
    >>> from shiftcast.features.panel import panels
    >>> from shiftcast.forecast.volume.calibrate import Pooling, Spread
    >>> ends = pd.date_range("2020-01-31", periods=48, freq="ME")
    >>> rows = pd.DataFrame({"series": "a", "period_end": ends, "value": np.exp(np.arange(48) / 24)})
    >>> priors = Priors(Spread(0.15, 0.55), Pooling(30.0, 20.0, 4.0, 40.0, 6.0, 0.3, 10.0))
    >>> fit = fit_volumes(panels(rows)[0][0], horizon=3, priors=priors)
    >>> fit.scale.inverse(fit.path).round(1).tolist()
    [[7.4, 7.7, 8.0]]
    """
    _check(panel, horizon)
    kinds = kinds_of(panel)
    moving = np.flatnonzero(kinds.moving)
    fitted = _moving(trimmed(panel.take(moving)), horizon, seed, priors) if len(moving) else None
    if fitted is not None and len(moving) == len(panel.series):
        return fitted
    known = beside(panel.take(~kinds.young), kinds_of(panel.take(~kinds.young)), fitted, horizon, priors)
    if not kinds.young.any():
        return known
    near = [fit_volumes(each, horizon=horizon, priors=priors, seed=seed) for each in elsewhere]
    return with_newcomers(panel, np.flatnonzero(kinds.young), [known, *near], priors)


def _check(panel: Panel, horizon: int) -> None:
    """Refuse what no forecast can be made of."""
    if horizon < 1:
        raise InputError(f"horizon {horizon} is below 1; ask for at least one period")
    other = panel.group != panel.group[0]
    if other.any():
        raise InputError(
            f"series {panel.series[other][0]!r} is of group {panel.group[other][0]!r}, others of {panel.group[0]!r}; "
            "groups do not learn from each other: fit each by itself (fit_groups)"
        )
    if not np.isfinite(panel.values).any():
        raise InputError(
            f"no series has a value in group {panel.group[0]!r}, {panel.series[0]!r} the first; give one a history"
        )


def _moving(panel: Panel, horizon: int, seed: int, priors: Priors) -> VolumesFit:
    """Fit series that have some history and move."""
    latent = _latent(panel)
    demand = replace(panel, values=latent)
    bend = choose_bend(demand, horizon, priors.spread, priors.pooling) if priors.bend is None else priors.bend
    past = look_back(demand, horizon, bend=bend)
    paths, skipped = run_members(past, priors.members, priors.outside)
    mixed = combine(past, paths, (*SIMPLE, *priors.outside))
    effects, errors = driver_effects(past, mixed.path, mixed.errors, priors.elasticities or {})
    telling = past.telling()
    spread = (
        replace(priors.spread, power=roughness(past, priors.spread.power)) if priors.short.windows else priors.spread
    )
    calibrated = partial(
        calibrate, prior=spread, pooling=priors.pooling, weight=priors.origins, symmetric=priors.symmetric,
        telling=telling,
    )  # fmt: skip
    unit, told = steadied(mixed.unit, past.windows(errors)), errors
    calibration = calibrated(errors, unit)
    for _ in range(_ROUNDS if priors.short.windows else 0):
        told = below_nought(past, errors, calibration)
        calibration = calibrated(told, unit)
    path, calibration = stretched(mixed.path, calibration, past, told, priors.short, calibrated)
    path = path + sum((effect.shift for effect in effects.values()), np.zeros_like(mixed.path))
    wider = sum((effect.variance for effect in effects.values()), np.zeros_like(path))
    calibration = replace(calibration, deviation=np.sqrt(calibration.deviation**2 + wider))
    standard = errors / np.where(calibration.deviation > 0, calibration.deviation, 1.0)[:, None, :]
    common = dependence(np.where(telling, standard, np.nan), _aligned(panel), priors.pooling.walk_origins)
    path, calibration, shipped = _lumpy(past, path, calibration, mixed.shipped, errors, seed)
    names = tuple(panel.series.astype(str).tolist())
    notes = dict.fromkeys(skipped, names)
    if not np.isfinite(errors).any():
        notes["no forecast could be tried on these histories: the spread is supposed, not measured"] = names
    bounds = (panel.lower & np.isfinite(panel.values)).any(axis=1)
    if bounds.any():
        notes[BOUNDS] = tuple(panel.series[bounds].astype(str).tolist())
    whole = np.ones(len(panel.series))
    return VolumesFit(panel, latent, past.scale, path, calibration, common, shipped, whole,
                      _weights(panel, mixed), effects, notes)  # fmt: skip


def _latent(panel: Panel) -> Array:
    """Return histories with lower bounds replaced by latent demand, in the unit of each series."""
    if not panel.lower.any():
        return panel.values
    season = panel.seasons[0] if panel.seasons and panel.values.shape[1] >= 2 * panel.seasons[0] else 1
    scale = recent_scale(panel.values, season)
    rows = np.flatnonzero(panel.lower.any(axis=1))
    out = panel.values.copy()
    z = latent_demand(scale.take(rows).forward(panel.values[rows]), panel.lower[rows], season)
    out[rows] = np.where(panel.lower[rows], scale.take(rows).inverse(z), panel.values[rows])
    return out


def _lumpy(
    past: Past, path: Array, calibration: Calibration, shipped: NDArray[np.object_], errors: Array, seed: int
) -> tuple[Array, Calibration, NDArray[np.object_]]:
    """Use the compound Poisson distribution where a lumpy series has a lower quantile loss with it."""
    path, shipped = path.copy(), shipped.copy()
    deviation, shape = calibration.deviation.copy(), calibration.shape.copy()
    for row, history in enumerate(past.panel.values):
        found = lumps(history)
        if found is None:
            continue
        name = str(past.panel.series[row])
        z = past.scale.take(np.array([row])).forward(found.quantiles(stream(seed, f"lumps.{name}"))[None])[0]
        actual = past.actual[row][np.isfinite(past.actual[row])]
        if _loss(actual[:, None] - z) < _loss(_missed(past, errors, calibration, row)):
            middle = float(np.interp(0.5, LEVELS, z))
            path[row], deviation[row], shape[row], shipped[row] = middle, 1.0, z - middle, COMPOUND
    return path, Calibration(deviation, shape), shipped


def _missed(past: Past, errors: Array, calibration: Calibration, row: int) -> Array:
    """Return outcomes less quantiles, which are cut at nought, shape (origins, horizon, levels)."""
    actual = past.outcomes()[row][..., None]
    around = calibration.deviation[row][None, :, None] * calibration.shape[row]
    return np.asarray(actual - np.maximum(actual - errors[row][..., None] + around, 0.0))


def _loss(miss: Array) -> float:
    """Return the mean quantile loss over the levels of calibration, NaN left out; infinite without any."""
    loss = quantile_loss(miss, LEVELS)
    return float(np.nanmean(loss)) if np.isfinite(loss).any() else np.inf


def _aligned(panel: Panel) -> NDArray[np.bool_]:
    """Return which series end in the commonest last period."""
    days, count = np.unique(panel.last, return_counts=True)
    return np.asarray(panel.last == days[count.argmax()])


def _weights(panel: Panel, mixed: Combination) -> pd.DataFrame:
    """Return mean weights, errors and shares of series shipped for by group and member."""
    names = [*mixed.names, COMBINATION]
    alone = np.stack([mixed.shipped == name for name in names])
    weight = np.concatenate([mixed.weights, np.full((1, len(panel.series)), np.nan)])
    columns = {"weight": weight, "error": mixed.error, "shipped": alone.astype(np.float64)}
    flat = {name: array.ravel() for name, array in columns.items()}
    frame = pd.DataFrame(
        {"group": np.tile(panel.group.astype(str), len(names)), "member": np.repeat(names, len(panel.series)), **flat}
    )
    return frame.groupby(["group", "member"], sort=True, as_index=False).mean()
