"""Score the accuracy of coherent forecasts on public hierarchical sets, beside published rows.

    python benchmarks/hierarchical.py --data DIR --horizon N [--published CSV --name NAME]

DIR holds ``data.csv`` (rows are periods, columns all nodes in level order) and ``agg_mat.csv`` (nodes x bottom nodes),
plain or gzipped. The last N periods are forecast from those before. Base forecasts are additive exponential smoothing
fitted to each node; their draws bootstrap whole rows of residuals so that nodes stay dependent, and each draw is
reconciled by each method. The method is chosen in windows of the past, never on the last N periods.

The score is the weighted quantile loss over the levels 0.05 to 0.95, a mean over levels of the hierarchy; for a point
forecast it is sum |e| / sum |y|, which published classical rows are. Draws earn part of their lead over those by being
draws, so the medians are printed as well.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from shiftcast.forecast.hierarchy.covariance import METHODS, covariance_of
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import Hierarchy, aggregate, from_summing

QUANTILES = np.arange(0.05, 0.951, 0.05)
GRID = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
DAMPING = 0.95
WINDOWS = 8
PUBLISHED_AS = {"tourismsmall": "tourism", "wiki2": "wiki"}  # names of two sets in the published rows
SEASONS = {1: 7, 7: 52, 31: 12, 92: 4}  # periods of up to so many days: periods in a season


@dataclass(frozen=True)
class Case:
    """One data set: values of shape (periods, nodes), its hierarchy, the size of each level, and its season."""

    values: Any
    hierarchy: Hierarchy
    order: Any
    sizes: list[int]
    season: int


@dataclass(frozen=True)
class Smoothed:
    """Fitted smoothing of every node: its states at the end, parameters, and residuals of shape (periods, nodes)."""

    level: Any
    trend: Any
    seasonal: Any
    parameters: Any
    residuals: Any


def read_case(folder: Path) -> Case:
    """Read a folder of the benchmark's shape."""
    data, matrix = (_table(folder, name) for name in ("data", "agg_mat"))
    summing = matrix.iloc[:, 1:].to_numpy(dtype=np.float64)
    values = data.iloc[:, 1:].to_numpy(dtype=np.float64)
    names = [str(i) for i in range(len(matrix))]
    hierarchy = from_summing(names, sparse.csr_matrix(summing))
    days = pd.to_datetime(data.iloc[:, 0]).diff().median().days
    season = next((season for most, season in SEASONS.items() if days <= most), 1)
    season = season if len(values) >= 4 * season else 1
    sizes = level_sizes(summing)
    return Case(values, hierarchy, np.array([int(name) for name in hierarchy.names]), sizes, season)


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


def smooth(values: Any, season: int) -> Smoothed:
    """Fit additive smoothing to all nodes at once over a grid, choosing by mean absolute error after two seasons."""
    grid = np.array([
        (a, b, c) for a, b, c in product(GRID, (0.0, 0.02, 0.1), (0.0, 0.05, 0.15, 0.4)) if b <= a
    ])  # fmt: skip
    errors = _run(values, season, grid)[-1]
    skip = min(2 * season, len(values) // 2)
    best = np.abs(errors[skip:]).mean(axis=0).argmin(axis=1)
    chosen = grid[best]
    level, trend, seasonal, errors = _run(values, season, chosen[:, None, :])
    return Smoothed(level[:, 0], trend[:, 0], seasonal[:, :, 0], chosen, errors[skip:, :, 0])


def _run(values: Any, season: int, grid: Any) -> tuple[Any, Any, Any, Any]:
    """Run the recursions for every node and parameter; errors have shape (periods, nodes, parameters)."""
    a, b, c = np.moveaxis(np.broadcast_to(grid, (values.shape[1], *grid.shape[-2:])), -1, 0)
    seasons = values[: 2 * season].reshape(2, season, -1)
    level = np.broadcast_to(seasons[0].mean(axis=0)[:, None], a.shape)
    trend = np.where(b > 0, ((seasons[1] - seasons[0]).mean(axis=0) / season)[:, None], 0.0)
    shape = (seasons - seasons.mean(axis=1, keepdims=True)).mean(axis=0)
    seasonal = np.repeat(shape[:, :, None], a.shape[1], axis=2).copy()
    errors = np.empty((len(values), *a.shape))
    for period, row in enumerate(values):
        place = period % season
        expected = level + DAMPING * trend
        errors[period] = error = row[:, None] - expected - seasonal[place]
        level, trend = expected + a * error, DAMPING * trend + b * error
        seasonal[place] += c * (1 - a) * error
    return level, trend, seasonal, errors


def draw(fit: Smoothed, periods: int, horizon: int, draws: int, random: np.random.Generator) -> Any:
    """Draw base paths of every node together, shape (nodes, horizon, draws)."""
    a, b, c = fit.parameters.T[:, :, None]
    season = len(fit.seasonal)
    level, trend = (np.repeat(state[:, None], draws, axis=1) for state in (fit.level, fit.trend))
    seasonal = np.repeat(fit.seasonal[:, :, None], draws, axis=2)
    centred = fit.residuals - np.median(fit.residuals, axis=0)
    paths = np.empty((len(level), horizon, draws))
    for ahead in range(horizon):
        place = (periods + ahead) % season
        error = centred[random.integers(len(centred), size=draws)].T
        expected = level + DAMPING * trend
        paths[:, ahead] = expected + seasonal[place] + error
        level, trend = expected + a * error, DAMPING * trend + b * error
        seasonal[place] += c * (1 - a) * error
    return paths


def coherent(case: Case, paths: Any, residuals: Any, method: str, *, nonnegative: bool) -> Any:
    """Reconcile every draw, shape (nodes, horizon, draws) in the order of the data."""
    nodes, horizon, draws = paths.shape
    covariance = covariance_of(case.hierarchy, method, residuals.T[case.order])
    base = paths[case.order].reshape(nodes, -1)
    done = reconcile(case.hierarchy, base, covariance).values
    if nonnegative:
        done = aggregate(case.hierarchy, np.maximum(done[case.hierarchy.leaves], 0.0))
    back = np.empty_like(done)
    back[case.order] = done
    return back.reshape(nodes, horizon, draws)


def score(actual: Any, paths: Any, sizes: list[int]) -> list[float]:
    """Return the weighted quantile loss of each level; actual of shape (horizon, nodes)."""
    truth = actual.T[:, :, None]
    quantiles = np.quantile(paths, QUANTILES, axis=-1).transpose(1, 2, 0)
    miss = truth - quantiles
    loss = 2 * np.maximum(QUANTILES * miss, (QUANTILES - 1) * miss).mean(axis=-1)
    edges = np.cumsum([0, *sizes])
    spans = pairwise(edges)
    return [float(loss[low:high].sum() / np.abs(actual.T[low:high]).sum()) for low, high in spans]


def forecasts(case: Case, past: Any, horizon: int, draws: int) -> dict[str, Any]:
    """Return draws by method from what was past, shape (nodes, horizon, draws)."""
    fit = smooth(past, case.season)
    paths = draw(fit, len(past), horizon, draws, np.random.default_rng(20260826))
    nonnegative = bool((past >= 0).all())
    done = {method: coherent(case, paths, fit.residuals, method, nonnegative=nonnegative) for method in METHODS}
    return {"base, incoherent": paths, **done}


def choose(case: Case, past: Any, horizon: int, draws: int) -> str:
    """Return the method that did best in windows of the past: as many as leave five seasons before, at most eight."""
    count = int(np.clip((len(past) - 5 * case.season) // horizon, 1, WINDOWS))
    totals = dict.fromkeys(METHODS, 0.0)
    for window in range(1, count + 1):
        cut = len(past) - window * horizon
        done = forecasts(case, past[:cut], horizon, draws)
        for method in METHODS:
            totals[method] += float(np.mean(score(past[cut : cut + horizon], done[method], case.sizes)))
    return min(totals, key=lambda method: totals[method])


def main() -> None:
    """Print scores by level and overall, and the published rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--published", type=Path)
    parser.add_argument("--name", help="name of the set in the published rows; the folder's if left out")
    options = parser.parse_args()
    started = time.perf_counter()
    case = read_case(options.data)
    past, actual = case.values[: -options.horizon], case.values[-options.horizon :]
    done = forecasts(case, past, options.horizon, options.draws)
    for method, paths in done.items():
        _print(f"{method}, medians", score(actual, np.median(paths, axis=-1, keepdims=True), case.sizes))
        _print(f"{method}, draws", score(actual, paths, case.sizes))
    chosen = choose(case, past, options.horizon, options.draws)
    _print(f"chosen: {chosen}", score(actual, done[chosen], case.sizes))
    print(f"{time.perf_counter() - started:.1f} s")
    if options.published:
        rows = pd.read_csv(options.published)
        name = options.name or PUBLISHED_AS.get(options.data.name, options.data.name)
        mine = rows[(rows["dataset"] == name) & (rows["level"] == "mean_CRPS")]
        print(mine.sort_values("crps")[["method", "crps", "std"]].to_string(index=False))


def _print(name: str, levels: list[float]) -> None:
    print(f"{name:28} overall {np.mean(levels):.4f}  levels {' '.join(f'{level:.4f}' for level in levels)}")


if __name__ == "__main__":
    main()
