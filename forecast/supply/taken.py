"""Wafers, memory and facility power that an accelerator of each generation takes of the ceilings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Hardware
from shiftcast.features.series import select
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.supply.ceilings import MEMORY, PACKAGING, POWER

PER_WAFER = "supply.packages_per_wafer"


def taken(hardware: DataFrame[Hardware], generations: Generations, assumed: Assumptions) -> dict[str, Array]:
    """Return what one accelerator of each generation takes of each ceiling.

    Parameters
    ----------
    hardware
        Hardware rows known at the origin.
    generations
        The fleet's generations, read from them.
    assumed
        Draws of ``power.pue`` and ``supply.packages_per_wafer.*``; a generation without a row takes no wafers.

    Returns
    -------
    dict
        Ceiling to what it takes, shape (draws, generations) [wafer, GB or MW_facility an accelerator].
    """
    pue = np.maximum(assumed["power.pue"], 1.0)
    packed = set(assumed.names(PER_WAFER))
    wafers = [1 / assumed[f"{PER_WAFER}.{name}"] if name in packed else 0 * pue for name in generations.names]
    return {
        PACKAGING: np.stack(wafers, axis=-1),
        MEMORY: np.ones_like(pue)[:, None] * _memory(hardware, generations),
        POWER: pue[:, None] * generations.it_kw / 1e3,
    }


def reached(shipped: Array, live: Array, takes: Mapping[str, Array], *, first: int) -> dict[str, Array]:
    """Return what the fleet took of each ceiling in the quarter before one, for :func:`draw_ceilings`.

    Parameters
    ----------
    shipped, live
        Accelerators shipped in each quarter, and live at its end, shape (draws, quarters, generations).
    takes
        What one accelerator takes (:func:`taken`).
    first
        The quarter, at least the third.

    Returns
    -------
    dict
        Ceiling to what was taken, shape (draws,) [wafer, GB or MW_facility a quarter].
    """
    last, added = shipped[:, first - 1], live[:, first - 1] - live[:, first - 2]
    flows = {PACKAGING: last, MEMORY: last, POWER: added}
    return {name: (flow * takes[name]).sum(axis=-1) for name, flow in flows.items()}


def _memory(hardware: DataFrame[Hardware], generations: Generations) -> Array:
    """Return memory of one accelerator [GB], shape (generations,); zero where none is known."""
    known = [select(hardware, accelerator=name)["hbm_gb"].dropna() for name in generations.accelerators]
    return np.array([float(each.iloc[-1]) if len(each) else 0.0 for each in known])
