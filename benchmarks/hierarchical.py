"""Score coherent forecasts on public hierarchical sets, draws against draws, every peer in one run.

    python benchmarks/hierarchical.py [--data DIR] [--set NAME ...] [--windows N] [--table]

Each set under DIR holds ``data.csv`` (rows are periods, columns all nodes in level order) and ``agg_mat.csv`` (nodes x
bottom nodes), plain or gzipped. The last periods of a set are forecast from those before, and then, for ``--windows``
above one, the periods before those, from what was known then; nothing is chosen on either. Peers need an environment of
their own (constraints.txt); without it only the project's own rows are scored and the results file stays as it is.

The score is the weighted quantile loss over the levels 0.05 to 0.95, a mean over levels of the hierarchy, the same for
draws and intervals. Values are not negative in these sets, so every quantile is cut at zero. Published rows stand
beside as their papers have them: the classical ones are points, whose loss is sum |e| / sum |y|, and compare with no
draws. Results go to ``benchmarks/hierarchical.csv`` and into ``docs/hierarchies.md``; ``--table`` only writes the page.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from marked import rewrite
from scipy import sparse

from shiftcast.forecast.hierarchy.covariance import METHODS, covariance_of
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import Hierarchy, from_summing
from shiftcast.forecast.volume.ets import draw_ets, fit_ets
from shiftcast.forecast.volume.hierarchies import draw_hierarchy

QUANTILES = np.arange(0.05, 0.951, 0.05)
DRAWS, SEED = 500, 20260826
SETS = {"tourismsmall": (8, 4), "labour": (8, 12), "wiki2": (1, 7)}  # periods ahead, periods in a season
PUBLISHED_AS = {"tourismsmall": "tourism", "wiki2": "wiki"}  # names of two sets in the published rows
DRAWN = ("PERMBU_MINT", "HierE2E", "DeepVAR", "DeepVARPlus")  # published rows that are draws
MODEL, PEER = "shiftcast", "AutoETS"
DATA = Path(__file__).parents[1].parent / "shared" / "data" / "hierarchical"
RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "hierarchies.md"
BEGIN, END = "<!-- benchmarks/hierarchical.py: begin -->", "<!-- benchmarks/hierarchical.py: end -->"


@dataclass(frozen=True)
class Case:
    """One data set: values of shape (periods, nodes), its summing matrix and hierarchy, and the size of each level."""

    values: Any
    summing: Any
    hierarchy: Hierarchy
    sizes: list[int]

    @property
    def order(self) -> Any:
        """Column of each node of the hierarchy."""
        return np.array([int(name) for name in self.hierarchy.names])

    def back(self, done: Any) -> Any:
        """Return values of nodes in the order of the columns."""
        out = np.empty_like(done)
        out[self.order] = done
        return out


def read_case(folder: Path) -> Case:
    """Read a folder of the benchmark's shape."""
    data, matrix = (_table(folder, name) for name in ("data", "agg_mat"))
    summing = matrix.iloc[:, 1:].to_numpy(dtype=np.float64)
    hierarchy = from_summing([str(i) for i in range(len(matrix))], sparse.csr_matrix(summing))
    return Case(data.iloc[:, 1:].to_numpy(dtype=np.float64), summing, hierarchy, level_sizes(summing))


def level_sizes(summing: Any) -> list[int]:
    """Return how many nodes each level has: a level is a run of rows that covers every bottom node once.

    >>> level_sizes(np.array([[1, 1], [1, 0], [0, 1]]))
    [1, 2]
    """
    ends = np.flatnonzero(np.ptp(summing.cumsum(axis=0), axis=1) == 0)
    return [int(size) for size in np.diff([-1, *ends])]


def _table(folder: Path, name: str) -> pd.DataFrame:
    path = next(path for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz") if path.exists())
    return pd.read_csv(path)


def score(actual: Any, quantiles: Any, sizes: list[int]) -> float:
    """Return the weighted quantile loss, a mean over levels; actual (periods, nodes), quantiles (nodes, periods, n)."""
    miss = actual.T[:, :, None] - np.maximum(quantiles, 0.0)
    loss = 2 * np.maximum(QUANTILES * miss, (QUANTILES - 1) * miss).mean(axis=-1)
    spans = pairwise(np.cumsum([0, *sizes]))
    return float(np.mean([loss[low:high].sum() / np.abs(actual.T[low:high]).sum() for low, high in spans]))


def of_draws(paths: Any) -> Any:
    """Return the quantiles of draws of shape (nodes, periods, draws)."""
    return np.quantile(paths, QUANTILES, axis=-1).transpose(1, 2, 0)


def own(case: Case, past: Any, horizon: int, season: int) -> dict[str, Any]:
    """Return quantiles of what ships, of its base, and of each method it averages over alone."""
    bottom = past[:, case.order[case.hierarchy.leaves]].T
    ships = draw_hierarchy(case.hierarchy, bottom, season=season, horizon=horizon, draws=DRAWS, seed=SEED)
    pool = fit_ets(past[:, case.order].T, season)
    base = draw_ets(pool, horizon=horizon, draws=DRAWS, seed=SEED)
    found = {MODEL: ships, f"{MODEL}, base": base}
    for method in METHODS:
        covariance = covariance_of(case.hierarchy, method, pool.residuals)
        done = reconcile(case.hierarchy, base.reshape(len(base), -1), covariance).values
        found[f"{MODEL}, {method}"] = done.reshape(base.shape)
    return {name: of_draws(case.back(paths)) for name, paths in found.items()}


def measure(name: str, data: Path, window: int) -> list[dict[str, Any]]:
    """Return the scores of every forecast of a set in one window, 0 the last."""
    case, (horizon, season), began = read_case(data / name), SETS[name], time.perf_counter()
    cut = len(case.values) - (window + 1) * horizon
    past, actual = case.values[:cut], case.values[cut : cut + horizon]
    found = own(case, past, horizon, season)
    if find_spec("hierarchicalforecast"):
        from hierarchical_peers import peers  # noqa: PLC0415  (its libraries have an environment of their own)

        found |= peers(past, case.summing, case.sizes, season, horizon)
    print(f"{name}, window {window}: {time.perf_counter() - began:.0f} s", flush=True)
    return [_row(name, window, forecast, "draws", score(actual, found[forecast], case.sizes)) for forecast in found]


def published(name: str, data: Path) -> list[dict[str, Any]]:
    """Return the published rows of a set."""
    rows = pd.read_csv(data / "published_crps.csv")
    mine = rows[(rows["dataset"] == PUBLISHED_AS.get(name, name)) & (rows["level"] == "mean_CRPS")]
    kinds = ["published draws" if method in DRAWN else "published points" for method in mine["method"]]
    return [_row(name, 0, *row) for row in zip(mine["method"], kinds, mine["crps"], strict=True)]


def _row(name: str, window: int, forecast: str, kind: str, loss: float) -> dict[str, Any]:
    return {"set": name, "window": window, "forecast": forecast, "kind": kind, "wql": round(loss, 4)}


def table() -> str:
    """Return the tables of the page from the results file."""
    rows = pd.read_csv(RESULTS)
    drawn = rows[rows["kind"] == "draws"]
    last, mean = (_wide(each) for each in (drawn[drawn["window"] == 0], drawn))
    beside = [name for name in last.index if name.startswith(f"{PEER},")]
    best = f"{MODEL} over the best {PEER} reconciled"
    for wide in (last, mean):
        wide.loc[best] = wide.loc[MODEL] / wide.loc[beside].min()
    cells = last.map("{:.4f}".format) + "; " + mean.map("{:.4f}".format)
    windows = drawn.groupby("set")["window"].nunique().reindex(cells.columns)
    named = [f"{name}, {count}" for name, count in windows.items()]
    other = rows[rows["kind"] != "draws"].drop_duplicates(["set", "forecast"])
    kinds = other.drop_duplicates("forecast").set_index("forecast")["kind"].str.removeprefix("published ")
    beneath = _wide(other).map("{:.4f}".format)
    beneath.insert(0, "kind", kinds)
    return "\n\n".join([
        _markdown("set, windows: loss in the last; mean", named, cells),
        _markdown("published, as their papers score them", list(beneath), beneath),
    ])  # fmt: skip


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.pivot_table(index="forecast", columns="set", values="wql", sort=False)


def _markdown(corner: str, names: list[str], cells: pd.DataFrame) -> str:
    lines = [f"| {corner} | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    return "\n".join(
        [*lines, *(f"| {name} | {' | '.join(row)} |" for name, row in zip(cells.index, cells.to_numpy(), strict=True))]
    )


def write_page() -> None:
    """Write the tables into the page."""
    rewrite(table(), BEGIN, END, PAGE)


def main() -> None:
    """Score the sets, and write results and page where the peers took part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--set", nargs="*", default=list(SETS), choices=SETS, help="sets to score; all without")
    parser.add_argument("--windows", type=int, default=2, help="from the last backwards")
    parser.add_argument("--table", action="store_true", help="only write the page from the results")
    given = parser.parse_args()
    rows = [] if given.table else [row for name in given.set for row in published(name, given.data)]
    for window in range(0 if given.table else given.windows):
        rows += [row for name in given.set for row in measure(name, given.data, window)]
        print(_wide(pd.DataFrame(rows)).to_string(), flush=True)
        if find_spec("hierarchicalforecast") and set(given.set) == set(SETS):
            pd.DataFrame(rows).to_csv(RESULTS, index=False)
            write_page()
    if given.table:
        write_page()


if __name__ == "__main__":
    main()
