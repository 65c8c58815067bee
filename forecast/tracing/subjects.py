"""Subjects that a figure rests on: the draws of each, and the rows of the record that speak of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.asof import JUDGEMENT
from shiftcast.features.frames import ALL
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import select
from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.economics.basis import learned_of
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.leaves import SOLD_SEGMENTS
from shiftcast.forecast.rollouts.courses import MIGRATING
from shiftcast.forecast.split.leaf_state import leaf_statements
from shiftcast.forecast.split.share import split_statements
from shiftcast.forecast.supply.ceilings import LIMITS
from shiftcast.forecast.tracing.cells import Cell, share_of, volume_of
from shiftcast.forecast.tracing.equations import quotient
from shiftcast.forecast.views.part import Part, draws_of, hyperscale_share
from shiftcast.forecast.views.places import place_of
from shiftcast.forecast.views.techniques import technique_requests


@dataclass(frozen=True)
class Subject:
    """One thing a figure rests on.

    Attributes
    ----------
    name
        Such as ``assumption ratio.llm``.
    draws
        Of it, shape (draws,).
    rows
        Rows of the record that speak of it, by the name of their frame.
    walk
        How far its level moves in a quarter, as a share of it [1/quarter]; nought of what does not move.
    """

    name: str
    draws: Array
    rows: Mapping[str, pd.DataFrame]
    walk: float = 0.0


def subjects_of(cube: xr.Dataset, known: Known, settings: Settings, cell: Cell) -> Iterator[Subject]:
    """Yield what a cell may rest on: assumptions, sales and who buys, volumes, technique shares, and ceilings.

    Parameters
    ----------
    cube, known, settings
        Draw cube, the record it was drawn from, and how.
    cell
        The figure.

    Yields
    ------
    Subject
        With at least one row of the record.
    """
    at = place_of(cube, cell.quarter)
    every = (
        *_assumed(cube, known, settings), *_sales(cube, known, cell, at), *_volumes(cube, known, cell.part, at),
        *_techniques(cube, known, cell.part, at), *_operators(cube, known, cell.part), *_ceilings(cube, known, at),
    )  # fmt: skip
    yield from (each for each in every if any(len(rows) for rows in each.rows.values()))


def _assumed(cube: xr.Dataset, known: Known, settings: Settings) -> Iterator[Subject]:
    drawn = sample_assumptions(
        known.assumptions, draws=cube.sizes["draw"], seed=settings.seed, moved=learned_of(cube)
    ).values  # fmt: skip
    for name, row in known.assumptions.groupby("name", sort=False):
        yield Subject(f"assumption {name}", drawn[str(name)], {"assumptions": row})


def _sales(cube: xr.Dataset, known: Known, cell: Cell, at: int) -> Iterator[Subject]:
    """Yield what is sold in all, the hyperscale share of it, and the leaf's share of its side."""
    beliefs, rows = known.beliefs, known.observations
    sold = draws_of(cube, "spending", Part())[:, at]
    figures = ("data_center", "company_outlook", "company_total")
    revenue = select(rows, measure="revenue", vendor=VENDOR, definition=figures, segment=ALL)
    yield Subject("data-centre revenue", sold, {"observations": revenue}, beliefs["volume.revenue.sigma"])
    reference = str(cube.attrs["definition"])
    share = hyperscale_share(cube, base="revenue", definition=reference)[:, at]
    walk = beliefs["share.split.volatility"]
    stated = split_statements(rows, known.market)
    yield Subject("hyperscale share of revenue", share, {"observations": stated}, walk)
    part = cell.part
    if part.leaf != ALL:
        within = quotient(draws_of(cube, "spending", Part(part.segment, part.leaf))[:, at],
                        draws_of(cube, "spending", Part(part.segment))[:, at])  # fmt: skip
        stated = leaf_statements(rows, (part.leaf,))
        yield Subject(
            f"share of {part.leaf} in {part.segment}", within, {"observations": stated}, beliefs["leaves.drift"]
        )


def _volumes(cube: xr.Dataset, known: Known, part: Part, at: int) -> Iterator[Subject]:
    walk = known.beliefs["volume.tokens.sigma"]
    for workload in _named(cube, part):
        drawn = volume_of(cube, workload)
        if drawn is None:
            continue
        stated = {
            "observations": select(known.observations, measure="tokens", workload=workload),
            "traffic": select(known.traffic, workload=workload),
        }
        yield Subject(f"volume of {workload}", drawn[:, at], stated, walk)


def _techniques(cube: xr.Dataset, known: Known, part: Part, at: int) -> Iterator[Subject]:
    """Yield shares of sides; of classes that the ledger speaks of only judgements are, the rest is of operators."""
    walk = known.beliefs["share.technique.volatility"]
    for workload in _named(cube, part):
        for technique in _classes(cube, workload, part.technique):
            rows = select(known.observations, measure="share", base="requests", workload=workload, technique=technique)
            told = rows if technique not in MIGRATING else rows[rows["definition"] == JUDGEMENT]
            for side in _sides(part):
                drawn = share_of(cube, Part(side, ALL, workload, technique), at)
                name = f"share of {workload} that {technique} serves, {side}"
                yield Subject(name, drawn, {"observations": told[told["segment"].isin([ALL, side])]}, walk)


def _operators(cube: xr.Dataset, known: Known, part: Part) -> Iterator[Subject]:
    """Yield single operators' shares, which their moves in the ledger and their figures speak of."""
    if "mover_share" not in cube:
        return
    walk, workloads, sides = known.beliefs["share.technique.volatility"], _named(cube, part), _sides(part)
    moves = _grouped(known.rollouts, ["operator", "workload", "technique_to"])
    figures = _grouped(
        select(known.observations, measure="share", base="requests"), ["operator", "workload", "technique"]
    )
    for column, name in enumerate(str(each) for each in cube["mover"].values):
        who, workload, side, technique = name.rsplit("|", 3)
        if workload in workloads and side in sides and part.technique in {ALL, technique}:
            key = (who, workload, technique)
            found = {"rollouts": moves.get(key), "observations": figures.get(key)}
            stated = {frame: rows for frame, rows in found.items() if rows is not None}
            drawn = np.asarray(cube["mover_share"].values[:, column], dtype=np.float64)
            yield Subject(f"share of {workload} at {who} that {technique} or newer serves", drawn, stated, walk)


def _grouped(rows: pd.DataFrame, columns: list[str]) -> dict[tuple[Any, ...], pd.DataFrame]:
    """Return rows by what they say in some columns."""
    return {key: own.reset_index(drop=True) for key, own in rows.groupby(columns, sort=False)}


def _ceilings(cube: xr.Dataset, known: Known, at: int) -> Iterator[Subject]:
    if "supply" not in cube:
        return
    walk = known.beliefs["volume.revenue.sigma"]
    for column, name in enumerate(str(each) for each in cube["ceiling"].values):
        drawn = np.asarray(cube["supply"].values[:, at, column], dtype=np.float64)
        if np.isfinite(drawn).all() and drawn.any():
            yield Subject(f"ceiling of {name}", drawn, _limits(known, name), walk)


def _limits(known: Known, name: str) -> dict[str, pd.DataFrame]:
    """Return the rows a ceiling is drawn from; funding is read from what buyers earn and spend."""
    if name not in LIMITS:
        spent = select(known.observations, measure="capex", definition="cash_gross", stage="flow")
        earned = select(known.observations, measure="revenue", definition="operator_revenue", stage="flow")
        return {"observations": pd.concat([spent, earned], ignore_index=True)}
    applies, scope = ("flow", "growth", "part"), (LIMITS[name].scope, VENDOR)
    return {"ceilings": select(known.ceilings, name=LIMITS[name].name, applies=applies, scope=scope)}


def _named(cube: xr.Dataset, part: Part) -> list[str]:
    """Return the workloads of a part that have techniques."""
    every = dict.fromkeys(str(name).partition("/")[0] for name in cube["technique"].values)
    return [name for name in every if part.workload in {ALL, name}]


def _classes(cube: xr.Dataset, workload: str, technique: str) -> list[str]:
    names = [str(name).partition("/") for name in technique_requests(cube)["technique"].values]
    return [own for name, _, own in names if name == workload and technique in {ALL, own}]


def _sides(part: Part) -> tuple[str, ...]:
    return SOLD_SEGMENTS if part.segment == ALL else tuple(side for side in SOLD_SEGMENTS if side == part.segment)
