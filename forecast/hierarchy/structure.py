"""The structure of a hierarchy: the sums among its nodes, in sparse form.

A tree is stored as runs of children, parents before children, so that sums up and down it take one pass. A grouped
(crossed) hierarchy is its largest nested part, stored as such a tree, and the few nodes that cross it, as rows of a
sparse matrix over the bottom nodes. No dense summing matrix is ever formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from shiftcast.features.arrays import Array, Integers
from shiftcast.features.input_error import InputError


@dataclass(frozen=True)
class Level:
    """The inner nodes of one depth and their children, which lie side by side.

    Attributes
    ----------
    parents
        Positions of the inner nodes, shape (parents,).
    children
        Positions of all their children, a contiguous run.
    starts
        Offset of each parent's first child within the run, shape (parents,).
    counts
        Number of children of each, shape (parents,).
    """

    parents: Integers
    children: slice
    starts: Integers
    counts: Integers


@dataclass(frozen=True)
class Hierarchy:
    """Nodes in order: those of the tree, parents before children, then those that cross it.

    Attributes
    ----------
    names
        Names of the nodes, shape (nodes,).
    levels
        Inner nodes by depth, the top first.
    leaves
        Positions of the bottom nodes, shape (leaves,).
    crossed
        One row a crossing node over the bottom nodes, in the order of ``leaves``; shape (crossing nodes, leaves).
    """

    names: tuple[str, ...]
    levels: tuple[Level, ...]
    leaves: Integers
    crossed: Any = field(repr=False)

    @property
    def tree_size(self) -> int:
        """Number of nodes in the tree, those that cross it left out."""
        return len(self.names) - int(self.crossed.shape[0])

    def position(self, name: str) -> int:
        """Return the position of a node.

        Parameters
        ----------
        name
            Name of the node.

        Returns
        -------
        int
            Row of the node in arrays of shape (nodes, ...).

        Raises
        ------
        ValueError
            If there is no such node.
        """
        if name not in self.names:
            raise InputError(f"node {name!r} is not in the hierarchy; its nodes begin {list(self.names[:5])}")
        return self.names.index(name)


def aggregate(hierarchy: Hierarchy, bottom: Array) -> Array:
    """Return all nodes as sums of the bottom nodes.

    Parameters
    ----------
    hierarchy
        Hierarchy of the nodes.
    bottom
        Values in the order of ``hierarchy.leaves``, shape (leaves, columns).

    Returns
    -------
    ndarray, shape (nodes, columns)
        In the unit of ``bottom``.

    Examples
    --------
    >>> tree = from_parents(["total", "a", "b"], [-1, 0, 0])
    >>> aggregate(tree, np.array([[1.0], [2.0]])).ravel().tolist()
    [3.0, 1.0, 2.0]
    """
    values = np.zeros((len(hierarchy.names), bottom.shape[1]))
    values[hierarchy.leaves] = bottom
    for level in reversed(hierarchy.levels):
        values[level.parents] = np.add.reduceat(values[level.children], level.starts, axis=0)
    if hierarchy.crossed.shape[0]:
        values[hierarchy.tree_size :] = hierarchy.crossed @ bottom
    return values


def collect(hierarchy: Hierarchy, weights: Array) -> Array:
    """Return weights on all nodes as equivalent weights on the bottom nodes: the transpose of summing.

    Parameters
    ----------
    hierarchy
        Hierarchy of the nodes.
    weights
        Weights on the nodes, shape (nodes, columns).

    Returns
    -------
    ndarray, shape (leaves, columns)

    Examples
    --------
    >>> tree = from_parents(["total", "a", "b"], [-1, 0, 0])
    >>> collect(tree, np.array([[1.0], [10.0], [20.0]])).ravel().tolist()
    [11.0, 21.0]
    """
    passed = weights[: hierarchy.tree_size].copy()
    for level in hierarchy.levels:
        passed[level.children] += np.repeat(passed[level.parents], level.counts, axis=0)
    bottom = passed[hierarchy.leaves]
    if hierarchy.crossed.shape[0]:
        bottom = bottom + hierarchy.crossed.T @ weights[hierarchy.tree_size :]
    return np.asarray(bottom)


def leaf_counts(hierarchy: Hierarchy) -> Array:
    """Return the number of bottom nodes that each node sums.

    Parameters
    ----------
    hierarchy
        Hierarchy of the nodes.

    Returns
    -------
    ndarray, shape (nodes,)
    """
    return aggregate(hierarchy, np.ones((len(hierarchy.leaves), 1)))[:, 0]


def from_parents(names: Sequence[str], parents: Sequence[int] | Integers) -> Hierarchy:
    """Return a tree (or several) from each node's parent.

    Parameters
    ----------
    names
        Node names, shape (nodes,).
    parents
        Position of each node's parent in ``names``; -1 for a top node. Without cycles.

    Returns
    -------
    Hierarchy
        Without crossing nodes; its nodes are in a new order, parents before children.
    """
    order, depth = _top_down(np.asarray(parents, dtype=np.int64))
    return _lay_out([names[i] for i in order], _renumbered(parents, order), depth[order], None)


def from_summing(names: Sequence[str], summing: Any) -> Hierarchy:
    """Return a grouped hierarchy from its sparse summing matrix.

    The largest nested part is found greedily: nodes are taken from the smallest up, and one joins the tree if it is a
    union of the largest nodes already there.

    Parameters
    ----------
    names
        Node names, shape (nodes,), one a row.
    summing
        Zeros and ones, shape (nodes, leaves); each column has a row of its own with a single one.

    Returns
    -------
    Hierarchy
        Its nodes are in a new order: the tree, then the nodes that cross it.

    Raises
    ------
    ValueError
        If a bottom node has no row of its own, or a node sums nothing.

    Examples
    --------
    >>> grid = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], *np.eye(4).tolist()])
    >>> crossed = from_summing(["all", "x", "y", "even", "a", "b", "c", "d"], sparse.csr_matrix(grid))
    >>> crossed.names[crossed.tree_size:]
    ('even',)
    """
    rows = sparse.csr_matrix(summing, dtype=np.float64)
    sizes = np.diff(rows.indptr)
    if (sizes == 0).any():
        raise InputError(f"node {names[int(np.argmin(sizes))]!r} sums no bottom node; remove it or give it children")
    own = _own_rows(rows, sizes, names)
    parents, in_tree = _nest(rows, sizes, own)
    kept = np.flatnonzero(in_tree)
    order, depth = _top_down(_renumbered(parents, kept))
    outside = rows[np.flatnonzero(~in_tree)]
    ordered = kept[order]
    place = np.full(len(names), -1, dtype=np.int64)
    place[ordered] = np.arange(len(ordered))
    column_of = np.argsort(place[own], kind="stable")
    labels = [names[i] for i in (*ordered, *np.flatnonzero(~in_tree))]
    return _lay_out(labels, _renumbered(parents, ordered), depth[order], outside[:, column_of])


def _own_rows(rows: Any, sizes: Integers, names: Sequence[str]) -> Integers:
    """Return each bottom node's own row."""
    single = np.flatnonzero(sizes == 1)
    own = np.full(rows.shape[1], -1, dtype=np.int64)
    own[rows.indices[rows.indptr[single[::-1]]]] = single[::-1]
    if (own < 0).any():
        raise InputError(f"{int((own < 0).sum())} bottom nodes have no row of their own among {list(names[:5])} ...")
    return own


def _nest(rows: Any, sizes: Integers, own: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Return each node's parent within the tree (-1 at its top), and which nodes the tree holds."""
    parents = np.full(len(sizes), -1, dtype=np.int64)
    in_tree = np.zeros(len(sizes), dtype=bool)
    in_tree[own] = True
    top = own.copy()
    for node in np.argsort(sizes, kind="stable"):
        if in_tree[node]:
            continue
        below = rows.indices[rows.indptr[node] : rows.indptr[node + 1]]
        blocks = np.unique(top[below])
        if sizes[blocks].sum() == sizes[node]:
            parents[blocks], in_tree[node], top[below] = node, True, node
    return parents, in_tree


def _renumbered(parents: Sequence[int] | Integers, order: Integers) -> Integers:
    """Return the parents of the nodes in a new order, as positions in that order."""
    old = np.asarray(parents, dtype=np.int64)
    place = np.full(len(old) + 1, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    return np.asarray(place[old[order]])


def _top_down(parents: Integers) -> tuple[Integers, Integers]:
    """Return an order with parents before children and siblings side by side, and the depth of every node."""
    depth = np.full(len(parents), -1, dtype=np.int64)
    by_parent = np.argsort(parents, kind="stable")
    starts = np.searchsorted(parents[by_parent], np.arange(-1, len(parents) + 1))
    layer = by_parent[starts[0] : starts[1]]
    order = []
    level = 0
    while len(layer):
        depth[layer] = level
        order.append(layer)
        spans = zip(starts[layer + 1], starts[layer + 2], strict=True)
        layer = np.concatenate([by_parent[low:high] for low, high in spans])
        level += 1
    return np.concatenate(order), depth


def _lay_out(names: Sequence[str], parents: Integers, depth: Integers, crossed: Any) -> Hierarchy:
    """Return the hierarchy of nodes that are already in order; ``names`` may go on with crossing nodes."""
    counts = np.bincount(parents[parents >= 0], minlength=len(parents))
    firsts = np.searchsorted(parents, np.arange(len(parents)))
    levels = []
    for level in range(int(depth.max())):
        inner = np.flatnonzero((depth == level) & (counts > 0))
        begin = int(firsts[inner[0]])
        stop = int(firsts[inner[-1]] + counts[inner[-1]])
        levels.append(Level(inner, slice(begin, stop), firsts[inner] - begin, counts[inner]))
    leaves = np.flatnonzero(counts == 0)
    outside = sparse.csr_matrix((0, len(leaves))) if crossed is None else sparse.csr_matrix(crossed)
    return Hierarchy(tuple(names), tuple(levels), leaves, outside)
