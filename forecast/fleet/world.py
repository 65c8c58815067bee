"""The world as a fleet borrows from it: growth of hours where it belongs, and technique shares of workloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array, Integers
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import stream
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.views.part import Part, draws_of
from shiftcast.forecast.views.techniques import technique_requests

HALF_QUARTER: Final = pd.Timedelta(days=45)
_TINY: Final = 1e-12


@dataclass(frozen=True)
class World:
    """Draws of the world where a fleet belongs.

    Attributes
    ----------
    place
        Where that is, such as ``enterprise``.
    quarters
        Quarter ends of ``hours``, history first, shape (quarters,).
    hours
        Accelerator-hours wanted in a quarter, shape (draws, quarters).
    workloads
        Those of each workload, shapes (draws, quarters).
    migration
        Quarter ends of ``shares``, shape (quarters of the migration,).
    techniques
        Workload to its techniques, oldest first.
    shares
        Workload to the shares of its requests by technique [1], shape (draws, quarters of the migration, techniques).
    """

    place: str
    quarters: pd.DatetimeIndex
    hours: Array
    workloads: Mapping[str, Array] = field(default_factory=dict)
    migration: pd.DatetimeIndex = field(default_factory=lambda: pd.DatetimeIndex([], tz="UTC"))
    techniques: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shares: Mapping[str, Array] = field(default_factory=dict)

    def growth(self, workload: str, since: pd.Timestamp, months: pd.DatetimeIndex) -> Array:
        """Return the log growth of hours from a moment to the middle of months.

        Parameters
        ----------
        workload
            Whose hours; those of all work where the world does not tell it.
        since
            Moment that growth counts from.
        months
            First days of the months.

        Returns
        -------
        ndarray, shape (draws, months)
            Log of hours a day over those at ``since``; straight lines between the middles of quarters, none beyond.
        """
        logs = np.log(np.maximum(self.workloads.get(workload, self.hours), _TINY))
        return along(logs, self.quarters - HALF_QUARTER, _middles(months)) - along(
            logs, self.quarters - HALF_QUARTER, pd.DatetimeIndex([since])
        )

    def moved(self, workload: str, source: str, since: pd.Timestamp, months: pd.DatetimeIndex) -> Mapping[str, Array]:
        """Return which part of what one technique served at a moment newer ones have taken over by later months.

        Of the world's requests that ``source`` or an older technique served at the moment: the chance that one of
        them has moved is that of a fleet which has not.

        Parameters
        ----------
        workload, source
            Workload, and the technique that requests leave.
        since
            Moment at which a fleet was seen with that technique.
        months
            First days of the months.

        Returns
        -------
        mapping of str to ndarray, shape (draws, months)
            Newer technique to the share of requests it took over [1]; empty where the world does not tell.
        """
        names = self.techniques.get(workload, ())
        if source not in names[:-1]:
            return {}
        newer = names[names.index(source) + 1 :]
        shares = self.shares[workload][..., names.index(source) + 1 :]
        flat = shares.transpose(0, 2, 1).reshape(-1, shares.shape[1])
        ahead = along(flat, self.migration - HALF_QUARTER, _middles(months)).reshape(len(shares), len(newer), -1)
        before = along(flat, self.migration - HALF_QUARTER, pd.DatetimeIndex([since])).reshape(len(shares), -1, 1)
        left = np.maximum(1 - before.sum(axis=1), _TINY)
        gained = np.maximum(ahead - before, 0.0)
        taken = np.minimum(gained.sum(axis=1), left) / np.maximum(gained.sum(axis=1), _TINY)
        return {name: gained[:, at] * taken / left for at, name in enumerate(newer)}

    def dealt(self, values: Array, draws: int, seed: int) -> Array:
        """Return draws of the world dealt to another number of draws, the same ones for every quantity.

        Parameters
        ----------
        values
            Shape (draws of the world, ...).
        draws
            Number wanted.
        seed
            Seed of the stream.

        Returns
        -------
        ndarray, shape (draws, ...)
        """
        return np.asarray(values[_deal(len(values), draws, seed)])


def _deal(number: int, draws: int, seed: int) -> Integers:
    """Return which draw of the world stands behind each draw; each as often as another, but for one."""
    order = stream(seed, "fleet.world").permutation(max(number, draws)) % number
    return np.asarray(order[:draws], dtype=np.int64)


def _middles(months: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return months + (months + pd.DateOffset(months=1) - months) / 2


def along(values: Array, known: pd.DatetimeIndex, wanted: pd.DatetimeIndex) -> Array:
    """Return values at moments between known ones by straight lines, the first and last beyond them.

    Parameters
    ----------
    values
        Shape (rows, known).
    known, wanted
        Moments.

    Returns
    -------
    ndarray, shape (rows, wanted)
        In the unit of the values.
    """
    day = pd.Timedelta(days=1)
    at = np.asarray((wanted - known[0]) / day)
    days = np.asarray((known - known[0]) / day)
    left = np.clip(np.searchsorted(days, at, side="right") - 1, 0, max(len(days) - 2, 0))
    right = np.minimum(left + 1, len(days) - 1)
    part = np.clip((at - days[left]) / np.maximum(days[right] - days[left], 1.0), 0.0, 1.0)
    return np.asarray(values[:, left] * (1 - part) + values[:, right] * part)


def read_world(cube: xr.Dataset, fleet: Fleet) -> World:
    """Return what a fleet can borrow from a forecast of the world.

    Parameters
    ----------
    cube
        Draw cube.
    fleet
        The fleet; ``like`` names leaves that add up, else ``leaf`` one, else the whole world is taken.

    Returns
    -------
    World

    Raises
    ------
    ValueError
        If a leaf is not in the cube, naming those that are.
    """
    leaves = fleet.like or ((fleet.leaf,) if fleet.leaf else (ALL,))
    known = [str(name) for name in cube["leaf"].values]
    absent = [name for name in leaves if name not in {*known, ALL}]
    if absent:
        raise InputError(f"fleet {fleet.name!r}: leaf {absent[0]!r} is not forecast; choose of {', '.join(known)}")
    tasks = [str(name) for name in cube["task"].values]
    workloads = sorted({name.partition("/")[0] for name in tasks if "/" in name})
    share = technique_requests(cube)
    sides = dict(zip(known, segment_of_leaves(cube), strict=True))
    here = {sides[leaf] for leaf in leaves if leaf != ALL} & {str(name) for name in share["segment"].values}
    side = sorted(here) if here else [str(name) for name in share["segment"].values]
    mean = share.sel(segment=side).mean("segment").to_numpy().astype(float)
    techniques = {name: _techniques(share, name) for name in workloads}
    columns = [str(name) for name in share["technique"].values]
    return World(
        "+".join(leaves), _ends(cube["period"].to_index()), _hours(cube, leaves, ALL),
        {name: _hours(cube, leaves, name) for name in workloads}, _ends(share["migration_period"].to_index()),
        techniques,
        {name: mean[..., [columns.index(f"{name}/{each}") for each in names]] for name, names in techniques.items()},
    )  # fmt: skip


def _ends(index: pd.Index) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(index).tz_localize("UTC").as_unit("us")


def _techniques(share: xr.DataArray, workload: str) -> tuple[str, ...]:
    names = [str(name) for name in share["technique"].values]
    return tuple(name.partition("/")[2] for name in names if name.startswith(f"{workload}/"))


def _hours(cube: xr.Dataset, leaves: tuple[str, ...], workload: str) -> Array:
    """Return hours wanted of some leaves: served and latent ones, the latter known of whole leaves."""
    total = np.zeros((cube.sizes["draw"], cube.sizes["period"]))
    for leaf in leaves:
        part = Part(leaf=leaf, workload=workload)
        total += draws_of(cube, "gpu_hours", part)
        if "latent_hours" in cube:
            total += draws_of(cube, "latent_hours", part)
    return total
