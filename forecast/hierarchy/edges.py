"""Readers of a hierarchy from a table of parents and children or a summing matrix, with named refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.structure import Hierarchy, from_parents, from_summing


def hierarchy_from_table(table: pd.DataFrame, *, grouped: bool = False) -> Hierarchy:
    """Return the hierarchy that a table describes, in one of the forms people keep them in.

    Parameters
    ----------
    table
        Columns ``parent, child``; or ``unique_id, parent``; or ``unique_id`` and a column of zeros and ones for each
        bottom node (a summing matrix, which is always read as grouped).
    grouped
        Whether a node may have several parents.

    Returns
    -------
    Hierarchy

    Raises
    ------
    ValueError
        If the table is no hierarchy, naming the fault; see :func:`hierarchy_from_edges`.

    Examples
    --------
    >>> rows = pd.DataFrame({"unique_id": ["all", "a", "b"], "a": [1, 1, 0], "b": [1, 0, 1]})
    >>> hierarchy_from_table(rows).names
    ('all', 'a', 'b')
    """
    if "unique_id" not in table or "child" in table:
        return hierarchy_from_edges(table, grouped=grouped)
    if "parent" in table:
        return hierarchy_from_edges(table.rename(columns={"unique_id": "child"}), grouped=grouped)
    names = table["unique_id"].astype(str)
    if names.duplicated().any():
        raise InputError(f"hierarchy: node {names[names.duplicated()].iloc[0]!r} has two rows; keep one")
    matrix = table.drop(columns="unique_id")
    strange = ~matrix.isin([0, 1]).all()
    if strange.any():
        raise InputError(f"hierarchy: column {strange.idxmax()!r} of the summing matrix is not all zeros and ones")
    _refuse_strange_columns(names, matrix)
    return from_summing(names.tolist(), sparse.csr_matrix(matrix.to_numpy(dtype=np.float64)))


def _refuse_strange_columns(names: pd.Series, matrix: pd.DataFrame) -> None:
    """Raise if the row that is named as a column of a summing matrix is not that column's bottom node."""
    for name in matrix:
        own = matrix.loc[(names == str(name)).to_numpy()]
        if len(own) != 1 or own[name].iloc[0] != 1 or own.iloc[0].sum() != 1:
            raise InputError(
                f"hierarchy: column {name!r} of the summing matrix has no row of that name with a single one in it; "
                "name columns as their bottom nodes"
            )


def hierarchy_from_edges(edges: pd.DataFrame, *, grouped: bool = False) -> Hierarchy:
    """Return the hierarchy that a table of edges describes.

    Parameters
    ----------
    edges
        Text columns ``parent`` and ``child``, one row an edge; a row with an empty parent names a top node.
    grouped
        Whether a node may have several parents. A parent is then the sum of the bottom nodes below it, each counted
        once, whatever the ways down to them.

    Returns
    -------
    Hierarchy

    Raises
    ------
    ValueError
        If an edge is repeated, a node is an orphan, has two parents in a tree, or lies on a cycle; it is named.

    Examples
    --------
    >>> table = pd.DataFrame({"parent": ["all", "all"], "child": ["a", "b"]})
    >>> hierarchy_from_edges(table).names
    ('all', 'a', 'b')
    """
    table = _checked(edges)
    names = list(dict.fromkeys([*table["parent"], *table["child"]]))
    names = [name for name in names if name]
    place = pd.Series(np.arange(len(names)), index=names)
    real = table[table["parent"] != ""]
    parent = place[real["parent"]].to_numpy()
    child = place[real["child"]].to_numpy()
    _refuse_cycle(names, parent, child)
    if grouped:
        return from_summing(names, _below(len(names), parent, child))
    _refuse_second_parent(real)
    parents = np.full(len(names), -1, dtype=np.int64)
    parents[child] = parent
    _refuse_orphan([names[i] for i in np.flatnonzero(parents < 0)])
    return from_parents(names, parents)


def _checked(edges: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in ("parent", "child") if name not in edges]
    if missing:
        raise InputError(f"hierarchy: column {missing[0]!r} is missing; its columns are {list(edges.columns)}")
    table = edges[["parent", "child"]].astype(object).fillna("").astype(str).apply(lambda column: column.str.strip())
    if table.empty:
        raise InputError("hierarchy: there are no edges; give a row of parent and child for each")
    if (table["child"] == "").any():
        raise InputError(
            f"hierarchy: row {int((table['child'] == '').argmax()) + 1} has no child; name it or drop the row"
        )
    again = table.duplicated()
    if again.any():
        parent, child = table[again].iloc[0]
        raise InputError(f"hierarchy: the edge from {parent!r} to {child!r} is listed twice; keep one")
    return table


def _refuse_second_parent(edges: pd.DataFrame) -> None:
    second = edges[edges["child"].duplicated()]
    if len(second):
        child = second["child"].iloc[0]
        parents = edges.loc[edges["child"] == child, "parent"].tolist()
        raise InputError(
            f"hierarchy: node {child!r} has two parents, {parents[0]!r} and {parents[1]!r}; "
            "keep one, or say that the hierarchy is grouped"
        )


def _refuse_orphan(tops: list[str]) -> None:
    if len(tops) > 1:
        raise InputError(
            f"hierarchy: node {tops[1]!r} is an orphan, outside the tree of {tops[0]!r}; give it a parent, or say that "
            "the hierarchy is grouped"
        )


def _refuse_cycle(names: list[str], parent: np.ndarray, child: np.ndarray) -> None:
    """Raise if an edge closes a cycle: nodes whose parents are all done are done, until none is left."""
    matrix = sparse.csr_matrix((np.ones(len(parent)), (parent, child)), shape=(len(names), len(names)))
    count, label = sparse.csgraph.connected_components(matrix, directed=True, connection="strong")
    loops = parent[parent == child]
    if count < len(names) or len(loops):
        sizes = np.bincount(label)
        members = np.flatnonzero(label == sizes.argmax()) if count < len(names) else loops[:1]
        around = [names[i] for i in members[:5]]
        raise InputError(f"hierarchy: nodes {around} lie on a cycle; remove the edge that leads back up")


def _below(nodes: int, parent: np.ndarray, child: np.ndarray) -> sparse.csr_matrix:
    """Return which bottom nodes lie below each node, itself included, shape (nodes, leaves)."""
    leaves = np.setdiff1d(np.arange(nodes), parent)
    steps = sparse.csr_matrix((np.ones(len(parent)), (parent, child)), shape=(nodes, nodes))
    front = sparse.csr_matrix((np.ones(len(leaves)), (leaves, np.arange(len(leaves)))), shape=(nodes, len(leaves)))
    reach = front
    while front.nnz:
        front = steps @ front
        reach = reach + front
    reach.data[:] = 1.0
    return reach
