"""Joint draws of a fitted panel, and the quantiles they converge to."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr

from shiftcast.features.arrays import Array
from shiftcast.features.bounds import check_draws
from shiftcast.forecast.draws import stream
from shiftcast.forecast.migration.quantiles import LEVELS as QUANTILES
from shiftcast.forecast.volume.calibrate import LEVELS
from shiftcast.forecast.volume.fitted import VolumesFit

_MIDDLES: Final[Array] = (np.arange(200) + 0.5) / 200


def draw_volumes(fit: VolumesFit, *, draws: int, seed: int) -> xr.DataArray:
    """Draw joint paths of every series of a group from its Gaussian copula.

    Series share a factor of their group; steps are correlated as past errors were. Random numbers come from streams
    named after series and group, so one more series changes no other's draws.

    Parameters
    ----------
    fit
        The fitted panel.
    draws
        Number of draws.
    seed
        Seed of the named streams.

    Returns
    -------
    DataArray
        Dims (draw, series, step); steps 1 to the horizon; latent demand in the unit of each series.

    Raises
    ------
    ValueError
        As :func:`features.bounds.check_draws`.
    """
    check_draws(draws, seed, each=len(fit.panel.series) * fit.horizon, parts="series times periods")
    how, shape = fit.dependence, (draws, fit.horizon)
    shared = np.sqrt(how.group) * stream(seed, f"volume.group.{fit.panel.group[0]}").standard_normal(shape)
    out = np.empty((draws, len(fit.panel.series), fit.horizon))
    for row, name in enumerate(fit.panel.series):
        own = stream(seed, f"volume.series.{name}").standard_normal(shape)
        out[:, row] = draw_path(fit, row, shared + np.sqrt(1 - how.group) * own)
    return xr.DataArray(out, dims=("draw", "series", "step"),
                        coords={"series": fit.panel.series.astype(str), "step": np.arange(1, fit.horizon + 1)},
                        attrs={"unit": "unit of each series", "stage": "latent demand"})  # fmt: skip


def volume_quantiles(fit: VolumesFit) -> pd.DataFrame:
    """Return mean and quantiles of every series and period: the limits of those of joint draws.

    Parameters
    ----------
    fit
        The fitted panel.

    Returns
    -------
    DataFrame
        ``series, period_end, statistic, quantile, value`` in the unit of each series; sorted by series in the order of
        the panel, the mean first, then quantiles, each over the periods ahead.
    """
    number, horizon = fit.path.shape
    z = fit.path[:, None, :] + fit.calibration.deviation[:, None, :] * _standard(fit, np.asarray(QUANTILES))
    mean = fit.path[:, None, :] + fit.calibration.deviation[:, None, :] * _standard(fit, _MIDDLES)
    values = np.concatenate([fit.scale.inverse(mean).mean(axis=1, keepdims=True), fit.scale.inverse(z)], axis=1)
    levels = np.r_[np.nan, QUANTILES]
    ends = np.repeat(fit.panel.ends(horizon)[:, None, :], len(levels), axis=1)
    each = len(levels) * horizon
    codes = np.tile(np.repeat((~np.isnan(levels)).astype(int), horizon), number)
    return pd.DataFrame(
        {
            "series": pd.Categorical.from_codes(np.repeat(np.arange(number), each), pd.Index(fit.panel.series)),
            "period_end": pd.DatetimeIndex(ends.ravel()).tz_localize("UTC"),
            "statistic": pd.Categorical.from_codes(codes, pd.Index(["mean", "quantile"])),
            "quantile": np.tile(np.repeat(levels, horizon), number),
            "value": values.ravel(),
        }
    )


def draw_path(fit: VolumesFit, row: int, normal: Array) -> Array:
    """Return one series' volumes from independent standard normals.

    Parameters
    ----------
    fit
        The fitted panel.
    row
        Row of the series in the panel.
    normal
        Independent standard normals, shape (draws, horizon).

    Returns
    -------
    ndarray, shape (draws, horizon)
        Volumes in the unit of the series.
    """
    standard = np.interp(ndtr(normal @ fit.dependence.steps.T), LEVELS, fit.calibration.shape[row])
    z = fit.path[row] + fit.calibration.deviation[row] * standard
    return np.asarray(fit.scale.take(np.array([row])).inverse(z[None])[0])


def _standard(fit: VolumesFit, levels: Array) -> Array:
    """Return standardised quantiles, shape (series, levels, 1)."""
    return fit.calibration.quantiles(levels)[:, :, None]
