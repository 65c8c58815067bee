"""Fit of a panel of volumes to its predictive distributions: the one path of command, cube, notebook and backtest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.draws import stream
from shiftcast.forecast.scores import quantile_loss
from shiftcast.forecast.volume.bending import choose_bend
from shiftcast.forecast.volume.calibrate import LEVELS, Calibration, Pooling, Spread, calibrate
from shiftcast.forecast.volume.censoring import latent_demand
from shiftcast.forecast.volume.combine import COMBINATION, Combination, combine
from shiftcast.forecast.volume.dependence import Dependence, dependence
from shiftcast.forecast.volume.drivers import Effect, Elasticity, driver_effects
from shiftcast.forecast.volume.lumpy import lumps
from shiftcast.forecast.volume.members import SIMPLE, run_members
from shiftcast.forecast.volume.newcomer import borrow, neighbours_of
from shiftcast.forecast.volume.past import LEAST, Member, Past, look_back
from shiftcast.forecast.volume.scale import Scale, recent_scale

COMPOUND: Final = "compound_poisson"
BORROWED: Final = "neighbours"


@dataclass(frozen=True)
class VolumesFit:
    """Predictive distributions of a panel.

    Attributes
    ----------
    panel
        Histories as given: served volume.
    latent
        Histories with lower bounds replaced by expected latent demand, shape (series, time): the quantity forecast.
    scale, path, calibration
        Working scale, median path on it, shape (series, horizon), and spread around it.
    dependence
        Correlation of the errors over steps and series.
    shipped
        Member that ships for each series, ``combination``, ``compound_poisson`` or ``neighbours``, shape (series,).
    data_weight
        Effective weight of a series' own data [1], 1 except for newcomers, shape (series,).
    weights
        ``group, member, weight, error, shipped``: mean weight of each member in a group, its mean absolute error in
        multiples of last value's root mean squared error, and the share of series it ships for alone.
    effects
        Effect of each driver by name.
    notes
        Members skipped and why, and a warning where the forecast rests on little data.
    """

    panel: Panel
    latent: Array
    scale: Scale
    path: Array
    calibration: Calibration
    dependence: Dependence
    shipped: NDArray[np.object_]
    data_weight: Array
    weights: pd.DataFrame
    effects: Mapping[str, Effect]
    notes: tuple[str, ...]

    @property
    def horizon(self) -> int:
        """Number of periods ahead."""
        return int(self.path.shape[1])


@dataclass(frozen=True)
class Priors:
    """Priors of a fit and settings that override what the data would choose.

    Attributes
    ----------
    spread, origins
        Prior deviation of the error by step, and the number of origins it counts for beside the errors seen.
    pooling
        How far errors of a series are those of its panel.
    elasticities
        Prior effect of drivers by name.
    neighbours
        Series that a newcomer borrows from, by name.
    bend
        Multiple of the recent mean at which the working scale turns logarithmic; chosen on the past where left out.
    members
        Names of the only members to use; all where left out. The first is the unit of errors.
    symmetric
        Whether the errors are made symmetric about the path, as for a naive benchmark, a random walk without drift.
    outside
        Further members by name, weighted as the others are, which may ship alone where they win.
    """

    spread: Spread
    pooling: Pooling
    origins: float = 0.0
    elasticities: Mapping[str, Elasticity] | None = None
    neighbours: Mapping[str, tuple[str, ...]] | None = None
    bend: float | None = None
    members: tuple[str, ...] | None = None
    symmetric: bool = False
    outside: Mapping[str, Member] = field(default_factory=dict)


def own_priors(beliefs: Beliefs) -> Priors:
    """Return the beliefs about series of one's own.

    Parameters
    ----------
    beliefs
        Of the record.

    Returns
    -------
    Priors
        From rows ``volume.own.*`` and ``volume.pooling.*``.
    """
    return Priors(Spread(**beliefs.of("volume.own")), Pooling(**beliefs.of("volume.pooling")))


def fit_volumes(panel: Panel, *, horizon: int, priors: Priors, seed: int = 0) -> VolumesFit:
    """Fit the predictive distribution of every series of a panel.

    Parameters
    ----------
    panel
        Series of one frequency, cut at the origin.
    horizon
        Periods ahead.
    priors
        Prior spread, elasticities, named neighbours and settings.
    seed
        Seed of the simulated quantiles of lumpy series.

    Returns
    -------
    VolumesFit
        Latent demand on the working scale of each series.

    Raises
    ------
    ValueError
        If the horizon is below one, or no series has a value.

    Examples
    --------
    >>> from shiftcast.features.panel import panels
    >>> ends = pd.date_range("2020-01-31", periods=48, freq="ME")
    >>> rows = pd.DataFrame({"series": "a", "period_end": ends, "value": np.exp(np.arange(48) / 24)})
    >>> priors = Priors(Spread(0.15, 0.55), Pooling(30.0, 20.0, 4.0, 40.0, 6.0, 0.3, 10.0))
    >>> fit = fit_volumes(panels(rows)[0][0], horizon=3, priors=priors)
    >>> fit.scale.inverse(fit.path).round(1).tolist()
    [[7.4, 7.7, 8.0]]
    """
    if horizon < 1:
        raise InputError(f"horizon {horizon} is below 1; ask for at least one period")
    count = np.isfinite(panel.values).sum(axis=1)
    if not count.any():
        raise InputError(f"no series has a value, {panel.series[0]!r} the first; give at least one history")
    grown = np.flatnonzero(count >= min(LEAST, count.max()))
    fitted = _grown(panel.take(grown), horizon, seed, priors)
    return fitted if len(grown) == len(panel.series) else _with_newcomers(panel, grown, fitted, priors)


def _grown(panel: Panel, horizon: int, seed: int, priors: Priors) -> VolumesFit:
    """Fit series that have some history."""
    latent = _latent(panel)
    demand = replace(panel, values=latent)
    bend = choose_bend(demand, horizon, priors.spread, priors.pooling) if priors.bend is None else priors.bend
    past = look_back(demand, horizon, bend=bend)
    paths, notes = run_members(past, priors.members, priors.outside)
    mixed = combine(past, paths, (*SIMPLE, *priors.outside))
    effects, errors = driver_effects(past, mixed.path, mixed.errors, priors.elasticities or {})
    calibration = calibrate(
        errors,
        mixed.unit,
        prior=priors.spread,
        pooling=priors.pooling,
        weight=priors.origins,
        symmetric=priors.symmetric,
    )
    path = mixed.path + sum((effect.shift for effect in effects.values()), np.zeros_like(mixed.path))
    wider = sum((effect.variance for effect in effects.values()), np.zeros_like(path))
    calibration = replace(calibration, deviation=np.sqrt(calibration.deviation**2 + wider))
    groups = np.unique(panel.group.astype(str), return_inverse=True)[1]
    standard = errors / np.where(calibration.deviation > 0, calibration.deviation, 1.0)[:, None, :]
    common = dependence(standard, groups, _aligned(panel), priors.pooling.walk_origins)
    shipped = mixed.shipped
    path, calibration, shipped = _lumpy(past, path, calibration, shipped, errors, seed)
    if not np.isfinite(errors).any():
        notes = (*notes, "no forecast could be tried on these histories: the spread is supposed, not measured")
    bound = int((panel.lower & np.isfinite(panel.values)).sum())
    if bound:
        notes = (*notes, f"{bound} values are lower bounds: the forecast is of latent demand, not of what was served")
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
        if _loss(actual[:, None] - z) < _loss((errors[row] / 1.0)[..., None] - _around(calibration, row)):
            middle = float(np.interp(0.5, LEVELS, z))
            path[row], deviation[row], shape[row], shipped[row] = middle, 1.0, z - middle, COMPOUND
    return path, Calibration(deviation, shape), shipped


def _around(calibration: Calibration, row: int) -> Array:
    return np.asarray(calibration.deviation[row][None, :, None] * calibration.shape[row])


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


def _with_newcomers(panel: Panel, grown: NDArray[np.intp], fitted: VolumesFit, priors: Priors) -> VolumesFit:
    """Add the series that have next to no history."""
    number, horizon = len(panel.series), fitted.horizon
    unit, own = np.ones(number), np.ones(number)
    path, deviation = np.zeros((number, horizon)), np.ones((number, horizon))
    shape = np.broadcast_to(np.median(fitted.calibration.shape, axis=0), (number, len(LEVELS))).copy()
    shipped = np.full(number, BORROWED, dtype=object)
    latent = panel.values.copy()
    unit[grown], path[grown], deviation[grown] = fitted.scale.unit, fitted.path, fitted.calibration.deviation
    shape[grown], shipped[grown], latent[grown] = fitted.calibration.shape, fitted.shipped, fitted.latent
    season = panel.seasons[0] if panel.seasons else LEAST
    recent = np.nan_to_num(np.nanmean(fitted.latent[:, -season:], axis=1)) if season else fitted.latent[:, -1]
    recent_z = fitted.scale.forward(recent)
    for row in np.setdiff1d(np.arange(number), grown):
        near = neighbours_of(panel, int(row), grown, priors.neighbours or {})
        found = borrow(panel.values[row], recent[near], fitted.path[near] - recent_z[near, None],
                       fitted.calibration.deviation[near], bend=fitted.scale.bend)  # fmt: skip
        unit[row], path[row], deviation[row], own[row] = found.unit, found.path, found.deviation, found.own
    new = number - len(grown)
    note = f"{new} series have fewer than {LEAST} values and borrow from neighbours (own weight {own.min():.2f} and up)"
    return replace(
        fitted, panel=panel, latent=latent, scale=Scale(unit, fitted.scale.bend), path=path,
        calibration=Calibration(deviation, shape), shipped=shipped, data_weight=own, notes=(*fitted.notes, note),
    )  # fmt: skip
