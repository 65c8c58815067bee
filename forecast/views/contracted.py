"""Hierarchy of the cube's own draws, and their reconciliation with a contracted figure, cap or floor.

Every node is a place (all, a segment, a leaf) by a kind of work (all, a workload, a technique) by a quarter or a year.
The cube's draws add up by construction; where a node is held to a contracted figure, each draw that it does not keep
moves to the nearest coherent one, every node resisting by its precision (:mod:`forecast.hierarchy.multiplicative`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import sparse

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.multiplicative import reconcile_positive
from shiftcast.forecast.hierarchy.structure import Hierarchy, from_summing
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.views.part import Part, draws_of, kinds_of_work, places
from shiftcast.forecast.views.spans import columns_of, does

TOTALS: Final = ("moves", "kept")
BOUNDS: Final = ("exactly", "at_most", "at_least")
LEVELS: Final = {"low80": 0.1, "median": 0.5, "high80": 0.9}
_LEAST_SD, _MOST_SD = 1e-3, 1.0  # relative


@dataclass(frozen=True)
class CubeNodes:
    """The hierarchy of one measure over a quarter or a year.

    Attributes
    ----------
    hierarchy
        Its nodes; names as in ``parts``.
    parts
        Name of a node to its part and its quarter or year.
    draws
        Shape (nodes, draws), in the order of the hierarchy.
    """

    hierarchy: Hierarchy
    parts: Mapping[str, tuple[Part, str]]
    draws: Array


@dataclass(frozen=True)
class Contracted:
    """A forecast with one figure contracted, or held to a cap or a floor.

    Attributes
    ----------
    node
        The name of the node that is set.
    value
        Its figure, in the unit of the measure.
    draws
        All nodes, shape (nodes, draws), in the order of ``nodes.hierarchy``.
    nodes
        The hierarchy, and the draws before.
    measure, period, total
        What it is of, when, and whether the total was kept.
    held
        Draws that the figure moves, shape (draws,): all of a figure that holds exactly, those beyond a cap or a floor.
    """

    node: str
    value: float
    draws: Array
    nodes: CubeNodes
    measure: str
    period: str
    total: str
    held: NDArray[np.bool_]

    @property
    def frame(self) -> pd.DataFrame:
        """One row a node: its part and period, 10, 50 and 90 % quantiles before and after, and the mean moved."""
        parts = [self.nodes.parts[name] for name in self.nodes.hierarchy.names]
        before, after = (
            {f"{when}_{name}": np.quantile(draws, level, axis=1) for name, level in LEVELS.items()}
            for when, draws in (("before", self.nodes.draws), ("after", self.draws))
        )
        return pd.DataFrame({
            "measure": self.measure, **pd.DataFrame([asdict(part) for part, _ in parts]).to_dict("list"),
            "period": [period for _, period in parts], "contracted": np.array(self.nodes.hierarchy.names) == self.node,
            **before, **after, "moved": self.draws.mean(axis=1) - self.nodes.draws.mean(axis=1),
        }).sort_values(["period", "segment", "leaf", "workload", "technique"], ignore_index=True)  # fmt: skip


def cube_nodes(cube: xr.Dataset, measure: str, period: str) -> CubeNodes:
    """Return the hierarchy of a measure over a quarter or a year, with its draws.

    Parameters
    ----------
    cube
        The draw cube.
    measure
        A measure of :data:`forecast.views.part.MEASURES`.
    period
        Such as ``2027Q4``, or ``2027`` for a measure that adds up over time.

    Returns
    -------
    CubeNodes
        Hierarchy, parts by node name, and draws, shape (nodes, draws), in the unit of the measure.

    Raises
    ------
    ValueError
        If the period is not within the cube, or a year is asked for of a stock.
    """
    columns = columns_of(cube, measure, period)
    within = cube.isel(period=list(columns.values()))
    spans = {**{label: [at] for at, label in enumerate(columns)}, period: list(range(len(columns)))}
    leaves = [str(name) for name in cube["leaf"].values]
    tasks = [str(name) for name in cube["task"].values]
    sides = segment_of_leaves(cube)
    place = {part: _of_leaves(part, leaves, sides) for part in places(cube)}
    work = {part: np.array([does(part, task) for task in tasks]) for part in kinds_of_work(cube)}
    labels, rows, values = [], [], []
    for where, of_leaf in place.items():
        for what, of_task in work.items():
            part = Part(where.segment, where.leaf, what.workload, what.technique)
            paths = draws_of(within, measure, part)
            for label, at in spans.items():
                of_period = np.isin(np.arange(len(columns)), at)
                labels.append((node_name(part, label), (part, label)))
                rows.append(np.flatnonzero(np.kron(np.kron(of_leaf, of_task), of_period)))
                values.append(paths[:, at].sum(axis=1))
    summing = sparse.csr_matrix(
        (np.ones(sum(map(len, rows))), np.concatenate(rows), np.cumsum([0, *map(len, rows)])),
        shape=(len(rows), len(leaves) * len(tasks) * len(columns)),
    )
    hierarchy = _places_first(labels, summing)
    order = pd.Index([name for name, _ in labels]).get_indexer(pd.Index(hierarchy.names))
    return CubeNodes(hierarchy, dict(labels), np.array(values)[order])


def _places_first(labels: list[tuple[str, tuple[Part, str]]], summing: sparse.csr_matrix) -> Hierarchy:
    """Return the hierarchy whose tree runs over places, so that work across places is what crosses it."""
    names = np.array([name for name, _ in labels], dtype=object)
    nested = np.array([part.leaf != ALL or (part.workload, part.technique) == (ALL, ALL) for _, (part, _) in labels])
    tree = from_summing(names[nested].tolist(), summing[np.flatnonzero(nested)])
    single = np.flatnonzero(np.diff(summing.indptr) == 1)
    column = dict(zip(names[single], summing.indices[summing.indptr[single]], strict=True))
    across = summing[np.flatnonzero(~nested)][:, [column[tree.names[leaf]] for leaf in tree.leaves]]
    crossed = sparse.vstack([tree.crossed, across], format="csr")
    return replace(tree, names=(*tree.names, *names[~nested].tolist()), crossed=crossed)


def contract(
    cube: xr.Dataset, measure: str, part: Part, *, period: str, value: float, bound: str = "exactly",
    total: str = "moves",
) -> Contracted:  # fmt: skip
    """Reconcile a measure with a contracted figure of one part, or with a cap or a floor on it.

    Parameters
    ----------
    cube
        The draw cube.
    measure
        A measure of :data:`forecast.views.part.MEASURES`.
    part
        What is contracted.
    period
        A quarter such as ``2027Q4``, or a year of a measure that adds up over time; other periods do not move.
    value
        The figure, in the unit of the measure.
    bound
        ``exactly`` in every draw; ``at_most`` and ``at_least`` move the draws beyond it alone, and those to it.
    total
        ``moves``: as far as the precisions of all places allow; ``kept``: the total of the period stays in every draw.

    Returns
    -------
    Contracted
        Reconciled draws beside the free ones.

    Raises
    ------
    ValueError
        If the figure is not above 0, the part or period is not in the cube, or the total cannot be kept.
    """
    if not value > 0 or not np.isfinite(value):
        raise InputError(f"contracted {measure} {value:g} is not above 0; give it in the unit of the measure")
    if total not in TOTALS:
        raise InputError(f"total {total!r} is not known; choose one of {', '.join(TOTALS)}")
    if bound not in BOUNDS:
        raise InputError(f"bound {bound!r} is not known; choose one of {', '.join(BOUNDS)}")
    nodes = cube_nodes(cube, measure, period)
    node, top = node_name(part, period), node_name(Part(), period)
    if node not in nodes.parts:
        raise InputError(f"part {node!r} is not forecast by that segment, leaf, workload and technique together")
    at = nodes.hierarchy.position(node)
    held = _beyond(nodes.draws[at], value, bound)
    _check_room(nodes.draws[nodes.hierarchy.position(top)][held], value, total)
    base, done = nodes.draws[:, held], nodes.draws.copy()
    base[at] = value
    means = np.maximum(nodes.draws.mean(axis=1), np.finfo(float).tiny)
    spread = np.clip(nodes.draws.std(axis=1) / means, _LEAST_SD, _MOST_SD)
    crossing = np.arange(len(spread)) >= nodes.hierarchy.tree_size
    spread[crossing & (np.arange(len(spread)) != at)] = np.inf  # shares of work resist only through their places
    keep = [node] if total == "moves" or node == top else [node, top]
    if held.any():
        done[:, held] = reconcile_positive(nodes.hierarchy, base, spread[:, None], keep=keep)
    return Contracted(node, value, done, nodes, measure, period, total, held)


def _beyond(draws: Array, value: float, bound: str) -> NDArray[np.bool_]:
    """Return the draws that a figure moves."""
    beyond = {"exactly": np.ones(len(draws), dtype=bool), "at_most": draws > value, "at_least": draws < value}
    return np.asarray(beyond[bound])


def _check_room(whole: Array, value: float, total: str) -> None:
    short = float((whole <= value).mean()) if len(whole) else 0.0
    if total == "kept" and short > 0:
        raise InputError(
            f"the total lies below the contracted {value:g} in {short:.1%} of the draws and cannot be kept; let it move"
        )


def node_name(part: Part, period: str) -> str:
    """Return the name of a node: its place, its kind of work and its period.

    Parameters
    ----------
    part, period
        As the nodes have them.

    Returns
    -------
    str

    Examples
    --------
    >>> node_name(Part("rest", workload="search"), "2027")
    'rest/all search/all 2027'
    """
    return f"{part.segment}/{part.leaf} {part.workload}/{part.technique} {period}"


def _of_leaves(part: Part, leaves: list[str], sides: list[str]) -> NDArray[np.bool_]:
    pairs = zip(leaves, sides, strict=True)
    return np.array([part.segment in {ALL, side} and part.leaf in {ALL, leaf} for leaf, side in pairs])
