"""The fit of a group of volumes and the beliefs it starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.panel import Panel
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.volume.calibrate import Calibration, Pooling, Spread
from shiftcast.forecast.volume.dependence import Dependence
from shiftcast.forecast.volume.drivers import Effect, Elasticity
from shiftcast.forecast.volume.past import Member
from shiftcast.forecast.volume.scale import Scale
from shiftcast.forecast.volume.short import Short


@dataclass(frozen=True)
class VolumesFit:
    """Predictive distributions of the series of one group.

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
        Member that ships for each series, ``combination``, ``compound_poisson``, ``neighbours``, or ``constant`` and
        ``capacity`` for those that never moved or were never below capacity, shape (series,).
    data_weight
        Part of the values it takes to be forecast by itself that a series has [1], shape (series,).
    weights
        ``group, member, weight, error, shipped``: mean weight of each member in a group, its mean absolute error in
        multiples of last value's root mean squared error, and the share of series it ships for alone.
    effects
        Effect of each driver by name.
    notes
        What the fit has to say, such as members skipped and what little data cannot show, and the series it is about.
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
    notes: Mapping[str, tuple[str, ...]]

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
    short
        What is believed of short and saturated histories; without effect where left out.
    elasticities
        Prior effect of drivers by name.
    neighbours
        Series that a newcomer borrows from, by name; the only way that one of another group is looked at.
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
    short: Short = field(default_factory=Short)
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
        From rows ``volume.own.*``, ``volume.pooling.*`` and ``volume.short.*``.
    """
    spread, pooling = Spread(**beliefs.of("volume.own")), Pooling(**beliefs.of("volume.pooling"))
    return Priors(spread, pooling, Short(**beliefs.of("volume.short")))
