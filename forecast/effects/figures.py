"""Figures that could be measured: assumptions, what single operators do, and today's states, each with its draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.views.part import forecast_periods, periods

ASSUMPTION, OPERATOR, STATE = "assumption", "operator", "state today"
_IMPLIED: Final = "what the record implies of it; a count or a survey would take its place"
_NO_SPREAD: Final = 1e-9  # of the mean, below which draws agree in the precision of a cube


@dataclass(frozen=True)
class Figure:
    """One figure that could be measured.

    Attributes
    ----------
    name
        What to measure.
    kind
        An assumption of the record, what one operator does, or a state of today.
    values
        Draws of it, in its own unit, shape (draws,).
    evidence, source
        Behind what stands in its place now.
    """

    name: str
    kind: str
    values: Array
    evidence: str
    source: str


def figures_to_measure(cube: xr.Dataset, basis: Basis) -> list[Figure]:
    """Return every figure of which a forecast holds draws that differ.

    Parameters
    ----------
    cube, basis
        Joint draws, and the assumptions they were drawn from, as history left them.

    Returns
    -------
    list of Figure
        Assumptions in the order of their rows, then operators, then states of the last reported quarter.
    """
    every = [*_assumptions(basis), *_operators(cube), *_states(cube)]
    return [each for each in every if each.values.std() > _NO_SPREAD * abs(each.values.mean())]


def _assumptions(basis: Basis) -> Iterator[Figure]:
    for row in basis.assumptions.itertuples(index=False):
        if row.low < row.high:
            name = str(row.name)
            yield Figure(name, ASSUMPTION, basis.drawn[name], str(row.evidence), str(row.source))


def _operators(cube: xr.Dataset) -> Iterator[Figure]:
    """Yield what single operators do today, and how much of a segment's requests is theirs."""
    quarter, ledger = _today(cube)[1], ("mixed", "ledger of rollouts and traffic")
    for at, name in enumerate(cube["mover"].values if "mover_share" in cube else ()):
        who, workload, side, technique = str(name).rsplit("|", 3)
        what = f"{who}: share of its {workload} requests in {side} that {technique} or newer answers, {quarter}"
        yield Figure(what, OPERATOR, cube["mover_share"].values[:, at].astype(np.float64), *ledger)
    for at, name in enumerate(cube["weighed"].values if "operator_part" in cube else ()):
        who, workload, side = str(name).rsplit("|", 2)
        what = f"{who}: its part of the {workload} requests of {side}"
        yield Figure(what, OPERATOR, cube["operator_part"].values[:, at].astype(np.float64), *ledger)


def _states(cube: xr.Dataset) -> Iterator[Figure]:
    """Yield what the fleet is and does in the last reported quarter."""
    place, quarter = _today(cube)
    for name, draws in _counted(cube, place):
        yield Figure(f"{name}, {quarter}", STATE, draws.astype(np.float64), "implied", _IMPLIED)


def _counted(cube: xr.Dataset, place: int) -> Iterator[tuple[str, Array]]:
    hours = cube["gpu_hours"].values[:, place].astype(np.float64)
    live = cube["accelerators"].values[:, place].astype(np.float64)
    for at, leaf in enumerate(str(name) for name in cube["leaf"].values):
        yield f"{leaf}: accelerators live", live[:, at]
        yield f"{leaf}: busy accelerator-hours", hours[:, at].sum(axis=-1)
    for at, task in enumerate(str(name) for name in cube["task"].values):
        yield f"{task}: busy accelerator-hours", hours[:, :, at].sum(axis=-1)
    for at, workload in enumerate(cube["workload"].values if "requests" in cube else ()):
        yield f"{workload}: requests", cube["requests"].values[:, place, at]
    if "tokens" in cube:
        yield "generative: tokens", cube["tokens"].values[:, place]
    reference = [str(name) for name in cube["definition"].values].index(cube.attrs["definition"])
    yield "hyperscale share of revenue", cube["hyperscale_share"].values[:, place, reference]


def _today(cube: xr.Dataset) -> tuple[int, str]:
    """Return position and label of the last quarter before those ahead."""
    place = max(int(np.argmax(forecast_periods(cube))) - 1, 0)
    return place, quarter_label(periods(cube)[place])
