"""Say where a figure comes from: its equation and inputs, then the rows of the record, their evidence and weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.spoken import number, percent, within
from shiftcast.forecast.tracing.cells import Cell
from shiftcast.forecast.tracing.equations import OF_FIGURE
from shiftcast.forecast.tracing.steps import SHARE, Step, steps_of
from shiftcast.forecast.tracing.subjects import subjects_of
from shiftcast.forecast.tracing.weights import MEANING, unbounded, weighed_rows
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread
from shiftcast.forecast.views.part import MEASURES

ROWS: Final = "rows of the record"
MOST: Final = 40  # rows shown
_ASSUMED: Final = "assumed"
_NAMED: Final = 3
_PREFIX: Final = "assumption "
_BASES: Final = ("requests", "revenue")


def audit(cube: xr.Dataset, known: Known | None, settings: Settings | None, cell: Cell) -> Answer:
    """Say where a figure of a forecast comes from.

    Parameters
    ----------
    cube
        Joint draws.
    known, settings
        The record they were drawn from, and how; without them only the equation is told.
    cell
        The figure.

    Returns
    -------
    Answer
        A row a figure and input of each step; in ``more`` the equations, and the rows of the record under
        :data:`ROWS`; the assumptions among them.

    Raises
    ------
    ValueError
        If measure, part or base is not known.
    OutOfSupportError
        If the quarter is not drawn.
    """
    _check(cell)
    steps = steps_of(cube, cell)
    rows, notes, assumed = pd.DataFrame(), [], pd.DataFrame()
    if known is None or settings is None:
        notes.append("this forecast does not keep the record it was drawn from, so its rows are not told")
    else:
        x = unbounded(steps[0].figure, share=cell.measure == SHARE)
        every = weighed_rows(x, subjects_of(cube, known, settings, cell), known.origin)
        rows, notes = every.head(MOST), _notes(every, known)
        names = rows.loc[rows["subject"].str.startswith(_PREFIX), "subject"].str.removeprefix(_PREFIX)
        assumed = assumed_rows(known.assumptions, tuple(dict.fromkeys(names)), {})
    count, seed = cube.sizes["draw"], "" if settings is None else f", seed {settings.seed}"
    notes.append(f"each equation holds in each of the {count} draws{seed}; medians of inputs need not give the median")
    return Answer(
        _question(cell), _table(steps), assumed, tuple(notes), says=_says(cell, steps, rows),
        more={"equations": _equations(steps), **({ROWS: rows} if len(rows) else {})}, units={"weight": "1"},
    )  # fmt: skip


def _check(cell: Cell) -> None:
    if cell.measure not in {*MEASURES, SHARE}:
        raise InputError(f"measure {cell.measure!r} is not forecast; choose one of {', '.join((*MEASURES, SHARE))}")
    if cell.measure == SHARE and cell.base not in _BASES:
        raise InputError(f"base {cell.base!r} of a share is not audited; give requests (of a technique) or revenue")


def _table(steps: Sequence[Step]) -> pd.DataFrame:
    """Return a row a figure, and a row each of its inputs."""
    found = []
    for place, step in enumerate(steps, start=1):
        found.append({"step": place, "is": "figure", "name": step.name, "unit": step.unit, **spread("", step.figure)})
        for name, draws in step.inputs.items():
            unit = step.equation.terms.get(name, step.unit).replace(OF_FIGURE, step.unit)
            found.append({"step": place, "is": "input", "name": name, "unit": unit, **spread("", draws)})
    return pd.DataFrame(found)


def _equations(steps: Sequence[Step]) -> pd.DataFrame:
    each = [
        {"step": place, "equation": step.equation.text, "in_units": step.equation.units, "page": step.equation.source}
        for place, step in enumerate(steps, start=1)
    ]
    return pd.DataFrame(each)


def _notes(rows: pd.DataFrame, known: Known) -> list[str]:
    fixed: dict[str, pd.DataFrame] = {
        "throughput.csv": known.throughput,
        "hardware.csv": known.hardware,
        "beliefs.csv": known.belief_rows,
    }
    told = ", ".join(f"{len(frame)} rows of {name}" for name, frame in fixed.items())
    notes = [MEANING, f"{told} set the level and are taken as they are: they have no spread here, so no weight is told"]
    if len(rows) > MOST:
        rest = float(rows["weight"].iloc[MOST:].sum() / rows["weight"].sum())
        notes.append(f"{len(rows) - MOST} further rows have {percent(rest)} of the weight together")
    return notes


def _question(cell: Cell) -> str:
    named = {name: value for name, value in vars(cell.part).items() if value != ALL}
    if cell.measure == SHARE:
        named |= {"base": cell.base} | ({"definition": cell.definition} if cell.definition else {})
    return " ".join((f"audit {cell.measure} {cell.quarter}", *(f"{name}={value}" for name, value in named.items())))


def _says(cell: Cell, steps: Sequence[Step], rows: pd.DataFrame) -> str:
    """Return the figure in words, what it is made of, and how much of what it rests on is assumed."""
    first = steps[0]
    middle, low, high = (_short(mark, first.unit) for mark in spread("", first.figure).values())
    units = {name: first.equation.terms.get(name, "").replace(OF_FIGURE, first.unit) for name in first.inputs}
    made = "; ".join(f"{name} {_short(float(np.median(draws)), units[name])}" for name, draws in first.inputs.items())
    unit = "" if first.unit == "1" else f" {first.unit}"
    said = f"{middle}{unit} ({within(low, high)}) in {cell.quarter}: {first.equation.text}; at their medians {made}."
    if rows.empty:
        return said
    weight = rows["weight"].groupby(rows["subject"], sort=False).sum().sort_values(ascending=False, kind="stable")
    most = ", ".join(f"{name} ({percent(part)})" for name, part in weight.head(_NAMED).items())
    share = float(rows.loc[rows["evidence"] == _ASSUMED, "weight"].sum() / rows["weight"].sum())
    return (
        f"{said} Its spread goes most with {most}. {percent(share)} of the weight of its rows is assumed, not measured."
    )


def _short(value: float, unit: str) -> str:
    """Return a figure as it is read: shares in per cent, large ones in words.

    Examples
    --------
    >>> _short(2_826_000, "accelerator"), _short(0.125, "1"), _short(2.41, "kW")
    ('2.83 million', '12 %', '2.41')
    """
    return percent(value) if unit == "1" else number(value)
