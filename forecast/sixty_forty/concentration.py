"""Concentration of demand: Herfindahl-Hirschman index, effective number, and demand if the top user halved.

HHI is the sum of squared shares, the effective number its inverse: as many equal users would be as concentrated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.series import select
from shiftcast.forecast.views.part import forecast_periods

if TYPE_CHECKING:
    from shiftcast.forecast.known import Known


@dataclass(frozen=True)
class Concentration:
    """Concentration over one kind of part.

    Attributes
    ----------
    over
        What the shares are of.
    hhi, effective
        Index in (0, 1], and its inverse.
    top
        The largest part.
    without_half
        What is left of the whole if that part used half as much [1, of the whole].
    """

    over: str
    hhi: float
    effective: float
    top: str
    without_half: float


def concentration(shares: pd.Series, *, over: str) -> Concentration:
    """Return the concentration of positive amounts by part: HHI = sum of squared shares, effective number 1 / HHI.

    Parameters
    ----------
    shares
        Amounts by part, in one unit; they need not sum to one.
    over
        The parts in words.

    Returns
    -------
    Concentration
        Index, effective number, largest part, and demand left if that one halved [share].

    Examples
    --------
    >>> concentration(pd.Series({"a": 2.0, "b": 1.0, "c": 1.0}), over="users")
    Concentration(over='users', hhi=0.375, effective=2.6666666666666665, top='a', without_half=0.75)
    """
    part = shares / shares.sum()
    hhi = float((part**2).sum())
    return Concentration(over, hhi, 1 / hhi, str(part.idxmax()), float(1 - part.max() / 2))


def workload_concentration(cube: xr.Dataset) -> Concentration:
    """Return the concentration of busy accelerator-hours over workloads in the first quarter ahead, at the mean.

    Parameters
    ----------
    cube
        The draw cube.

    Returns
    -------
    Concentration
        Over workloads.
    """
    ahead = int(np.argmax(forecast_periods(cube)))
    hours: Array = cube["gpu_hours"].values[:, ahead].sum(axis=1, dtype=np.float64).mean(axis=0)
    names = [str(name).partition("/")[0] for name in cube["task"].values]
    return concentration(pd.Series(hours).groupby(names).sum(), over="workloads, by busy accelerator-hours")


def leaf_concentration(cube: xr.Dataset) -> Concentration:
    """Return the concentration of spending over leaves in the first quarter ahead, at the mean.

    Parameters
    ----------
    cube
        The draw cube.

    Returns
    -------
    Concentration
        Over leaves.
    """
    ahead = int(np.argmax(forecast_periods(cube)))
    spending = cube["spending"].values[:, ahead].mean(axis=0, dtype=np.float64)
    return concentration(pd.Series(spending, index=cube["leaf"].values.astype(str)), over="leaves, by spending")


def owner_concentration(known: Known) -> Concentration | None:
    """Return the concentration of H100-equivalents over owners by the latest independent estimate, if one is known.

    Owners that are reported together are counted as one, so the index is an upper bound.

    Parameters
    ----------
    known
        The record cut to an origin.

    Returns
    -------
    Concentration or None
        Over owners.
    """
    rows = select(known.observations, measure="h100e", definition=known.market.owners, stage="stock")
    if rows.empty:
        return None
    last = rows[rows["period_end"] == rows["period_end"].max()]
    through = f"owners, by H100-equivalents to {last['period_end'].iloc[0]:%Y-%m-%d}"
    return concentration(last.groupby("operator")["value"].sum(), over=through)


def concentrations(cube: xr.Dataset, known: Known | None) -> tuple[Concentration, ...]:
    """Return the concentration over workloads, leaves and, where a count is known, owners.

    Parameters
    ----------
    cube
        The draw cube.
    known
        The record cut to an origin, if it was kept.

    Returns
    -------
    tuple of Concentration
        Two or three.
    """
    owners = None if known is None else owner_concentration(known)
    kinds = (workload_concentration(cube), leaf_concentration(cube), owners)
    return tuple(each for each in kinds if each is not None)
