"""Forecasts of activity volumes, for many series at once and for one; the mix of techniques is in `migration`."""

from shiftcast.forecast.volume.calibrate import Pooling, Spread
from shiftcast.forecast.volume.combine import COMBINATION
from shiftcast.forecast.volume.drivers import Elasticity
from shiftcast.forecast.volume.fit import fit_groups, fit_volumes
from shiftcast.forecast.volume.fitted import Priors, VolumesFit, own_priors
from shiftcast.forecast.volume.outside import Outside, outside_member
from shiftcast.forecast.volume.paths import draw_volumes, volume_quantiles
from shiftcast.forecast.volume.short import Short
from shiftcast.forecast.volume.single import (
    SeriesPrior,
    VolumeFit,
    draw_volume,
    fit_volume,
    series_prior,
)

__all__ = [
    "COMBINATION",
    "Elasticity",
    "Outside",
    "Pooling",
    "Priors",
    "SeriesPrior",
    "Short",
    "Spread",
    "VolumeFit",
    "VolumesFit",
    "draw_volume",
    "draw_volumes",
    "fit_groups",
    "fit_volume",
    "fit_volumes",
    "outside_member",
    "own_priors",
    "series_prior",
    "volume_quantiles",
]
