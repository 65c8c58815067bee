"""Measure speed and memory of reconciliation, and its agreement with hierarchicalforecast where that can run dense.

    python benchmarks/reconcile.py [--peer PYTHON] [--draws 200]

--peer is the interpreter of an environment that holds hierarchicalforecast; without it only our own figures print.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from shiftcast.forecast.hierarchy.covariance import covariance_of
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import Hierarchy, from_parents, from_summing

PERIODS, HISTORY = 12, 60
METHODS = ("ols", "wls_struct", "wls_var", "mint_shrink")
PEER = """
import json, sys, time
import numpy as np
from scipy import sparse
from hierarchicalforecast.methods import MinTrace, MinTraceSparse
folder, dense = sys.argv[1], sys.argv[2] == "dense"
data = np.load(folder + "/case.npz")
summing = sparse.load_npz(folder + "/summing.npz")
shape = summing.shape
matrix = summing.toarray().astype(float) if dense else summing
tags = {"bottom": np.arange(shape[0] - shape[1], shape[0])}
seconds = {}
for method in sys.argv[3].split(","):
    model = (MinTrace if dense else MinTraceSparse)(method=method)
    started = time.perf_counter()
    done = model.fit_predict(S=matrix, y_hat=data["base"], y_insample=data["errors"],
                             y_hat_insample=np.zeros_like(data["errors"]),
                             tags=tags)["mean"]
    seconds[method] = time.perf_counter() - started
    np.save(folder + "/" + method + ".npy", done)
print(json.dumps(seconds))
"""


def regular_tree(*fans: int) -> Hierarchy:
    """Return a tree whose nodes of each depth have equally many children."""
    parents, layer = [-1], [0]
    for fan in fans:
        first = len(parents)
        parents += [parent for parent in layer for _ in range(fan)]
        layer = list(range(first, len(parents)))
    return from_parents([str(i) for i in range(len(parents))], parents)


def m5_shaped() -> Hierarchy:
    """Return the shape of the M5 competition: 3,049 items by 10 stores, twelve levels."""
    item, store = (grid.ravel() for grid in np.meshgrid(np.arange(3049), np.arange(10), indexing="ij"))
    dept = np.searchsorted([416, 565, 782, 1314, 1840, 2238], item, side="right")
    cat, state = np.array([0, 0, 1, 1, 2, 2, 2])[dept], np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])[store]
    keys = [np.zeros_like(item), state, store, cat, dept, state * 10 + cat, state * 10 + dept, store * 10 + cat,
            store * 10 + dept, item, item * 10 + state, item * 10 + store]  # fmt: skip
    blocks = []
    for key in keys:
        group = np.unique(key, return_inverse=True)[1]
        blocks.append(sparse.csr_matrix((np.ones(len(item)), (group, np.arange(len(item))))))
    summing = sparse.vstack(blocks, format="csr")
    return from_summing([str(i) for i in range(summing.shape[0])], summing)


def timed(hierarchy: Hierarchy, columns: int) -> dict[str, float]:
    """Return seconds a method, covariance included."""
    base, errors = _numbers(hierarchy, columns)
    seconds = {}
    for method in METHODS:
        started = time.perf_counter()
        reconcile(hierarchy, base, covariance_of(hierarchy, method, errors))
        seconds[method] = time.perf_counter() - started
    return seconds


def by_draw(hierarchy: Hierarchy, draws: int) -> float:
    """Return seconds to reconcile every draw of every period by MinT with shrinkage, twenty draws at a time."""
    base, errors = _numbers(hierarchy, PERIODS)
    covariance = covariance_of(hierarchy, "mint_shrink", errors)
    started = time.perf_counter()
    for draw in range(0, draws, 20):
        reconcile(hierarchy, np.tile(base, (1, min(20, draws - draw))), covariance)
    return time.perf_counter() - started


def _numbers(hierarchy: Hierarchy, columns: int) -> tuple[Any, Any]:
    random = np.random.default_rng(20260826)
    nodes = len(hierarchy.names)
    errors = random.normal(size=(nodes, HISTORY)) * random.uniform(0.5, 2, (nodes, 1)) + random.normal(size=HISTORY)
    return random.normal(100, 10, (nodes, columns)), errors


def compare(hierarchy: Hierarchy, summing: Any, order: Any, peer: str, kind: str) -> None:
    """Print the largest relative difference from the peer and both times; ``order`` puts our nodes in the peer's."""
    base, errors = _numbers(hierarchy, PERIODS)
    if kind == "sparse":  # its sparse variance is centred, ours and its dense one are not
        errors = errors - errors.mean(axis=1, keepdims=True) + 1e-3  # it refuses residuals that sum to zero
    methods = [method for method in METHODS if kind == "dense" or method != "mint_shrink"]
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "case.npz", base=base[order], errors=errors[order])
        sparse.save_npz(Path(folder) / "summing.npz", sparse.csr_matrix(summing))
        done = subprocess.run([peer, "-W", "ignore", "-c", PEER, folder, kind, ",".join(methods)],
                              stdout=subprocess.PIPE, text=True, check=True)  # fmt: skip
        theirs = json.loads(done.stdout.splitlines()[-1])
        for method in methods:
            started = time.perf_counter()
            ours = reconcile(hierarchy, base, covariance_of(hierarchy, method, errors)).values[order]
            mine = time.perf_counter() - started
            other = np.load(Path(folder) / f"{method}.npy")
            worst = float((np.abs(ours - other) / np.maximum(np.abs(other), 1.0)).max())
            print(f"{len(base):>7} nodes, {kind:6} {method:12} worst {worst:.1e}, ours {mine:8.3f} s, "
                  f"hierarchicalforecast {theirs[method]:8.3f} s")  # fmt: skip


def peer_case(*fans: int) -> tuple[Hierarchy, Any, Any]:
    """Return a tree, its summing matrix with the bottom last, and our positions in that order."""
    tree = regular_tree(*fans)
    inner = np.setdiff1d(np.arange(len(tree.names)), tree.leaves)
    order = np.concatenate([inner, tree.leaves])
    rows = sparse.vstack([_row_block(tree), sparse.identity(len(tree.leaves))], format="csr")
    return tree, rows, order


def _row_block(tree: Hierarchy) -> Any:
    """Return the inner rows of a regular tree's summing matrix: each level splits the leaves into equal runs."""
    leaves = np.arange(len(tree.leaves))
    return sparse.vstack([
        sparse.csr_matrix((np.ones(len(leaves)), (leaves * len(level.parents) // len(leaves), leaves)))
        for level in tree.levels
    ])  # fmt: skip


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer")
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args()
    for name, hierarchy in {
        "tree of 10,000 leaves": regular_tree(10, 10, 10, 10), "tree of 110,000 leaves": regular_tree(10, 10, 10, 110),
        "M5-shaped": m5_shaped(),
    }.items():  # fmt: skip
        figures = ", ".join(f"{method} {seconds:.3f} s" for method, seconds in timed(hierarchy, PERIODS).items())
        print(f"{name}, {len(hierarchy.names)} nodes ({hierarchy.crossed.shape[0]} crossing): {figures}; "
              f"peak {_peak():.2f} GiB")  # fmt: skip
    large = regular_tree(10, 10, 10, 110)
    print(f"{options.draws} draws x {PERIODS} periods, {len(large.names)} nodes, mint_shrink: "
          f"{by_draw(large, options.draws):.1f} s; peak {_peak():.2f} GiB")  # fmt: skip
    if options.peer:
        compare(*peer_case(8, 8, 8), options.peer, "dense")
        compare(*peer_case(10, 10, 10, 10), options.peer, "sparse")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
