"""Compare ways to reconcile on past windows of public sets and on generated hierarchies of seven kinds.

``python benchmarks/hierarchical_methods.py [--data DIR]``: base draws of the pool are the same for all. Beside each
method alone stand their mean, the best of the windows before, bottom-up unless another was better by two standard
errors, and the mean under the same rule, which is what ships. The last window of a public set is left out, which
hierarchical.py scores. Figures are losses over that of the best single method of each set, which nobody could know
beforehand. They go to ``benchmarks/hierarchical_methods.csv`` and into ``docs/hierarchies.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hierarchical import DATA, PAGE, SETS, Case, of_draws, read_case, score
from marked import rewrite
from scipy import sparse

from shiftcast.forecast.hierarchy.averaged import AVERAGE, average_reconciled, weigh_methods
from shiftcast.forecast.hierarchy.covariance import METHODS
from shiftcast.forecast.hierarchy.structure import from_summing
from shiftcast.forecast.volume.ets import draw_ets, fit_ets

RESULTS = Path(__file__).with_suffix(".csv")
BEGIN, END = "<!-- benchmarks/hierarchical_methods.py: begin -->", "<!-- benchmarks/hierarchical_methods.py: end -->"
KINDS = ("walks", "common", "shares", "counts", "growth", "spikes", "offsets")
WINDOWS = {"tourismsmall": (2, 4), "labour": (8, 16), "wiki2": (23, 7)}  # windows scored, periods between them
GROUPS, EACH, HORIZON, SCORED, STEP, TRIED, DRAWS = 4, 6, 6, 7, 8, 6, 200
MEAN = "mean"


def generated(kind: str, seed: int) -> tuple[Case, int]:
    """Return a hierarchy of one kind, 24 bottom nodes in four groups, and its season."""
    random = np.random.default_rng(seed)
    length, season = (120, 12) if seed % 2 else (260, 7)
    nodes, time = GROUPS * EACH, np.arange(length)
    wave, noise = np.sin(2 * np.pi * time / season), random.standard_normal((nodes, length))
    walk, size = random.standard_normal((nodes, length)).cumsum(axis=1), random.lognormal(4, 1, (nodes, 1))
    own = random.standard_normal((nodes, 1))
    common = random.standard_normal(length).cumsum()
    if kind == "walks":
        bottom = 100 + 3 * walk + 20 * wave * (1 + 0.5 * own) + 10 * noise
    elif kind == "common":
        bottom = size * np.exp(random.uniform(0.5, 1.5, (nodes, 1)) * 0.04 * common + 0.2 * wave + 0.1 * noise)
    elif kind == "shares":
        parts = np.exp(own + 0.08 * walk + 0.15 * noise)
        bottom = 5000 * np.exp(0.002 * time + 0.01 * common + 0.1 * wave) * parts / parts.sum(axis=0)
    elif kind == "counts":
        bottom = random.poisson(np.exp(own + 0.4 * wave + 0.02 * walk)).astype(float)
    elif kind == "growth":
        bottom = size * np.exp(0.004 * time * (1 + own) + 0.3 * wave + 0.02 * noise)
    elif kind == "spikes":
        burst = np.where(random.random((nodes, length)) < 0.02, 1.0, 0.0)
        bottom = size * np.exp(0.2 * wave * (1 + 0.3 * own) + 0.2 * random.standard_t(3, (nodes, length)) + burst)
    else:
        moved = (
            np.repeat(20 * random.standard_normal((GROUPS, length)), EACH, axis=0)
            * np.tile([1, -1], nodes // 2)[:, None]
        )
        bottom = 200 + moved + 2 * walk + 20 * wave
    summing = np.vstack([np.ones(nodes), np.kron(np.eye(GROUPS), np.ones(EACH)), np.eye(nodes)])
    hierarchy = from_summing([str(node) for node in range(len(summing))], sparse.csr_matrix(summing))
    return Case((summing @ np.maximum(bottom, 0.0)).T, summing, hierarchy, [1, GROUPS, nodes]), season


def losses(case: Case, season: int, horizon: int, cuts: list[int]) -> Iterator[dict[str, float]]:
    """Yield the loss of the mean and of each method after each cut."""
    for cut in cuts:
        past, actual = case.values[:cut], case.values[cut : cut + horizon]
        pool = fit_ets(past[:, case.order].T, season)
        base = draw_ets(pool, horizon=horizon, draws=DRAWS, seed=1)
        positive = bool((past >= 0).all())
        found = {}
        for name, weights in {MEAN: AVERAGE, **{method: {method: 1.0} for method in METHODS}}.items():
            done = average_reconciled(
                case.hierarchy, base.reshape(len(base), -1), pool.residuals, weights=weights, nonnegative=positive
            )
            found[name] = score(actual, of_draws(case.back(done.reshape(base.shape))), case.sizes)
        yield found


def ruled(rows: pd.DataFrame, cuts: list[int], horizon: int) -> pd.DataFrame:
    """Return the losses with those of the rules beside them, each judged on the windows before alone."""
    out = rows.copy()
    for at, cut in enumerate(cuts):
        before = rows[[each + horizon <= cut for each in cuts]].head(TRIED)
        alone = {method: before[method].to_numpy() for method in METHODS}
        best = min(METHODS, key=lambda method: before[method].mean()) if len(before) else MEAN
        out.loc[at, "best before"] = rows.loc[at, best]
        for name, default in (("mean unless", MEAN), ("bottom-up unless", "bottom_up")):
            chosen = weigh_methods(before[default].to_numpy(), alone)
            out.loc[at, name] = rows.loc[at, default if chosen is AVERAGE else next(iter(chosen))]
    return out


def measure(data: Path) -> pd.DataFrame:
    """Return ``set, forecast, loss, ratio`` of every set."""
    cases: dict[str, tuple[Case, int, int, list[int]]] = {}
    for name, (horizon, season) in SETS.items():
        case, (count, step) = read_case(data / name), WINDOWS[name]
        cases[name] = case, season, horizon, [len(case.values) - 2 * horizon - step * window for window in range(count)]
    for kind in KINDS:
        for seed in (0, 1):
            case, season = generated(kind, seed)
            cuts = [len(case.values) - HORIZON - STEP * window for window in range(SCORED)]
            cases[f"{kind} {season}"] = case, season, HORIZON, cuts
    out: list[dict[str, Any]] = []
    for name, (case, season, horizon, cuts) in cases.items():
        means = ruled(pd.DataFrame(losses(case, season, horizon, cuts)), cuts, horizon).mean()
        best = means[list(METHODS)].min()
        out += [{"set": name, "forecast": each, "loss": round(loss, 4), "ratio": round(loss / best, 3)}
                for each, loss in means.items()]  # fmt: skip
        print(name, *(f"{each} {loss / best:.3f}" for each, loss in means.items()), flush=True)
    return pd.DataFrame(out)


def table() -> str:
    """Return the table of the page from the results file."""
    rows = pd.read_csv(RESULTS)
    public = rows[rows["set"].isin(SETS)]
    lines = [
        "| loss over the best method's | three public sets | fourteen generated | worst of all |",
        "|---|---|---|---|",
    ]
    for name in rows["forecast"].unique():
        mine, all_ = (each[each["forecast"] == name]["ratio"] for each in (public, rows))
        made = all_.drop(mine.index)
        lines.append(f"| {name} | {mine.mean():.3f} | {made.mean():.3f} | {all_.max():.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and write results and page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    measure(parser.parse_args().data).to_csv(RESULTS, index=False)
    rewrite(table(), BEGIN, END, PAGE)


if __name__ == "__main__":
    main()
