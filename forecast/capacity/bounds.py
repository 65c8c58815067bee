"""Ceilings of a registered forecast's fleet: those its draws were made under, for questions of limits and supply."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end
from shiftcast.forecast.draws import Assumptions, Sampling
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.hardware.fleet import Fleet, arrival, weibull_survival
from shiftcast.forecast.hardware.generations import GenerationPrior, Generations, nvidia_generations
from shiftcast.forecast.supply.ceilings import Bounds, draw_ceilings
from shiftcast.forecast.supply.taken import reached, taken
from shiftcast.forecast.support import OutOfSupportError


@dataclass(frozen=True)
class Supplied:
    """The fleet of a forecast, and what bounds it.

    Attributes
    ----------
    generations
        The fleet's generations.
    quarters
        Ends of the quarters, history first.
    first
        First quarter that ceilings hold.
    shipped, live, wanted
        Accelerators shipped in a quarter, live at its end, and live if all that is wanted were, shape (draws, quarters,
        generations).
    survival, lags
        Share of a purchase left, and share gone live, by age in quarters [1], shape (draws, quarters).
    takes
        Ceiling to what one accelerator takes of it, shape (draws, generations) (:func:`forecast.supply.taken.taken`).
    bounds
        Ceilings on the same quarters.
    """

    generations: Generations
    quarters: pd.DatetimeIndex
    first: int
    shipped: Array
    live: Array
    wanted: Array
    survival: Array
    lags: Array
    takes: Mapping[str, Array]
    bounds: Bounds


def supplied(
    cube: xr.Dataset, basis: Basis, given: Mapping[str, float], lifted: Set[str] = frozenset()
) -> Supplied:  # fmt: skip
    """Return the fleet of a forecast with its ceilings.

    Parameters
    ----------
    cube, basis
        Joint draws, and catalogue, assumptions and purchases kept beside them.
    given
        Assumption to the value that replaces it.
    lifted
        Ceilings that do not count.

    Returns
    -------
    Supplied

    Raises
    ------
    OutOfSupportError
        If no fleet stands behind the basis.
    ValueError
        If a ceiling to be lifted is not known, or a row of one does not fit its scale.
    """
    if basis.shipped is None:
        raise OutOfSupportError(
            "limits", "no fleet stands behind this basis", "open a forecast made by `shiftcast run`"
        )
    generations = nvidia_generations(basis.hardware, GenerationPrior(**basis.beliefs.of("generations")))
    quarters = pd.DatetimeIndex(basis.shipped["quarter"].values).tz_localize("UTC").as_unit("us")
    first = int(quarters.searchsorted(quarter_end(str(cube.attrs.get("bounded", cube.attrs["first_forecast"])))))
    mine = basis.shipped.sel(generation=list(generations.names)).sum("segment")
    shipped = mine.transpose("draw", "quarter", "generation").values.astype(np.float64)
    ages = np.arange(0.5, len(quarters))
    survival = weibull_survival(
        ages, np.asarray(4 * basis.values("fleet.life", given)), basis.beliefs["fleet.survival_shape"]
    )
    lags = arrival(ages, basis.values("fleet.lag", given))
    live = Fleet(shipped, survival, lags).live
    wanted = Fleet(shipped * _over_shipped(cube, len(quarters))[..., None], survival, lags).live
    assumed = Assumptions({name: basis.values(name, given) for name in basis.drawn.values})
    takes = taken(basis.hardware, generations, assumed)
    bounds = draw_ceilings(
        basis.ceilings, Sampling(quarters, basis.draws, basis.seed), first=first,
        reached=reached(shipped, live, takes, first=first), lifted=lifted,
    )  # fmt: skip
    return Supplied(generations, quarters, first, shipped, live, wanted, survival, lags, takes, bounds)


def _over_shipped(cube: xr.Dataset, quarters: int) -> Array:
    """Return accelerators wanted over those shipped by quarter, one in history, shape (draws, quarters)."""
    over = np.ones((cube.sizes["draw"], quarters))
    if "shipments_wanted" in cube:
        wanted, shipped = (cube[name].values.sum(axis=-1) for name in ("shipments_wanted", "accelerators_shipped"))
        over[:, -wanted.shape[1] :] = wanted / np.maximum(shipped, 1e-9)
    return over
