"""Measure how well indices of effects are found from draws that are there, on functions whose indices are known.

``python benchmarks/effects.py [--repeats 20]`` draws inputs of each function anew, the same for every way, and
estimates what ``learn_next`` shows: first-order, total and Shapley effects, their intervals, and what passes as more
than chance. Beside it stand ways that take the same draws: SALib's RBD-FAST and its binned first-order index
(``delta``), and the squared correlation of ranks. None of them gives total or Shapley effects from given draws. It
writes ``benchmarks/effects.csv`` and the table of ``docs/effects.md``; SALib is in ``benchmarks/constraints.txt``.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from io import StringIO
from itertools import combinations
from math import pi
from pathlib import Path

import numpy as np
import pandas as pd
from marked import rewrite
from scipy.stats import rankdata

from shiftcast.forecast.effects.indices import first_order, interval
from shiftcast.forecast.effects.shapley import joint_effects, shapley_values

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "effects.md"
BEGIN, END = "<!-- benchmarks/effects.py: begin -->", "<!-- benchmarks/effects.py: end -->"
DRAWS = (200, 500, 2000)
REPEATS = 20
TOLD = 0.05  # index from which an interval is counted
OURS, RBD, BINNED, RANKS = "shiftcast", "SALib rbd_fast", "SALib delta S1", "squared rank correlation"
Array = np.ndarray


@dataclass(frozen=True)
class Function:
    """A function with known effects: how its inputs are drawn, its output, and the parts of the variance by set."""

    draw: Callable[[np.random.Generator, int], Array]
    output: Callable[[Array, np.random.Generator], Array]
    inputs: int
    explained: Callable[[tuple[int, ...]], float]

    @property
    def first(self) -> Array:
        """First-order indices."""
        return np.array([self.explained((one,)) for one in range(self.inputs)])

    @property
    def total(self) -> Array:
        """Total effects: what would stay if all other inputs were known."""
        every = tuple(range(self.inputs))
        rest = [tuple(at for at in every if at != one) for one in every]
        return np.array([self.explained(every) - self.explained(others) for others in rest])

    @property
    def shapley(self) -> Array:
        """Shapley effects."""
        every = range(self.inputs)
        sets = [chosen for size in range(self.inputs + 1) for chosen in combinations(every, size)]
        return shapley_values({chosen: self.explained(chosen) for chosen in sets}, self.inputs)


def uniform(low: float, high: float, inputs: int) -> Callable[[np.random.Generator, int], Array]:
    """Return how uniform inputs are drawn."""
    return lambda random, draws: random.uniform(low, high, (draws, inputs))


def of_parts(parts: Mapping[tuple[int, ...], float]) -> Callable[[tuple[int, ...]], float]:
    """Return what a set explains from the parts of the variance of independent inputs."""
    whole = sum(parts.values())
    return lambda chosen: sum(part for owners, part in parts.items() if set(owners) <= set(chosen)) / whole


def ishigami() -> Function:
    """Return Ishigami and Homma's function: two waves, and a wave that grows with the fourth power of another input."""
    parts = {(0,): 0.5 * (1 + 0.1 * pi**4 / 5) ** 2, (1,): 49 / 8, (0, 2): 0.01 * pi**8 * (1 / 18 - 1 / 50)}
    return Function(
        uniform(-pi, pi, 3),
        lambda x, _: np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]),
        3, of_parts(parts),
    )  # fmt: skip


def product() -> Function:
    """Return Sobol's g function of six inputs: a product, so that every set of inputs works together."""
    steep = np.array([0.0, 1.0, 4.5, 9.0, 99.0, 99.0])
    own = 1 / (3 * (1 + steep) ** 2)
    parts = {
        chosen: float(np.prod(own[list(chosen)])) for size in range(1, 7) for chosen in combinations(range(6), size)
    }
    return Function(
        uniform(0, 1, 6), lambda x, _: np.prod((np.abs(4 * x - 2) + steep) / (1 + steep), axis=1), 6, of_parts(parts)
    )


def linear() -> Function:
    """Return a sum of normal inputs of falling weight and noise that no input explains; the last input is inert."""
    weights = np.array([1.0, 0.7, 0.5, 0.3, 0.2, 0.0])
    whole = float((weights**2).sum()) + 1.0
    return Function(
        lambda random, draws: random.standard_normal((draws, 6)),
        lambda x, random: x @ weights + random.standard_normal(len(x)),
        6, lambda chosen: float((weights[list(chosen)] ** 2).sum()) / whole,
    )  # fmt: skip


def hanging() -> Function:
    """Return a sum of three normal inputs, the first two of them hanging together by 0.6, and noise."""
    covariance = np.array([[1, 0.6, 0], [0.6, 1, 0], [0, 0, 1.0]])
    weights, root = np.array([1.0, 0.5, 0.5]), np.linalg.cholesky(covariance)
    whole = float(weights @ covariance @ weights) + 0.5

    def explained(chosen: tuple[int, ...]) -> float:
        mine = list(chosen)
        with_all = covariance[mine] @ weights
        return float(with_all @ np.linalg.solve(covariance[np.ix_(mine, mine)], with_all)) / whole if mine else 0.0

    return Function(
        lambda random, draws: random.standard_normal((draws, 3)) @ root.T,
        lambda x, random: x @ weights + np.sqrt(0.5) * random.standard_normal(len(x)), 3, explained,
    )  # fmt: skip


FUNCTIONS = {
    "Ishigami": ishigami(), "product (g function)": product(), "sum with noise": linear(),
    "sum of inputs that hang together": hanging(),
}  # fmt: skip


def peers(inputs: Array, output: Array, seed: int) -> dict[str, Array]:
    """Return first-order indices of the other ways on the same draws."""
    from SALib.analyze import delta, rbd_fast  # noqa: PLC0415  (a peer, which only a measurement needs)

    ends = np.stack([inputs.min(axis=0), inputs.max(axis=0)], axis=1).tolist()
    problem: dict[str, object] = {
        "num_vars": inputs.shape[1],
        "names": [str(at) for at in range(inputs.shape[1])],
        "bounds": ends,
    }
    ranks = np.stack([rankdata(each) for each in (*inputs.T, output)])
    with redirect_stdout(StringIO()):  # it prints notices on every call
        return {
            RBD: rbd_fast.analyze(problem, inputs, output, num_resamples=2, seed=seed)["S1"],
            BINNED: delta.analyze(problem, inputs, output, num_resamples=2, seed=seed)["S1"],
            RANKS: np.corrcoef(ranks)[-1, :-1] ** 2,
        }


def measured(name: str, draws: int, repeats: int) -> list[dict[str, object]]:
    """Return errors of every way on one function, a row a way."""
    function = FUNCTIONS[name]
    errors: dict[str, list[Array]] = {}
    held, passed, seconds = [], [], 0.0
    for repeat in range(repeats):
        random = np.random.default_rng([zlib.crc32(name.encode()), draws, repeat])
        inputs = function.draw(random, draws)
        output = function.output(inputs, random)
        start = time.process_time()
        found = first_order(inputs, output, random)
        joint = joint_effects(inputs, output)
        seconds += time.process_time() - start
        told = {OURS: found.share, **peers(inputs, output, repeat), "total": joint.total, "shapley": joint.shapley}
        true = {"total": function.total, "shapley": function.shapley}
        for way, values in told.items():
            errors.setdefault(way, []).append(np.abs(np.asarray(values) - true.get(way, function.first)))
        for at, index in enumerate(function.first):
            if index > TOLD:
                low, high = interval(inputs[:, at], output, float(found.share[at]), int(found.degree[at]), random)
                held.append(low <= index <= high)
            elif index == 0:
                passed.append(bool(found.share[at] > found.floor))
    ours = {
        "total": float(np.mean(errors.pop("total"))), "shapley": float(np.mean(errors.pop("shapley"))),
        "held_80": float(np.mean(held)), "passed": float(np.mean(passed)) if passed else np.nan,
        "cpu_seconds": seconds / repeats,
    }  # fmt: skip
    about = {"function": name, "draws": draws, "repeats": repeats}
    return [{**about, "way": way, "first": float(np.mean(each)), **(ours if way == OURS else {})}
            for way, each in errors.items()]  # fmt: skip


def page_table(rows: pd.DataFrame) -> str:
    """Return the results as the page shows them."""
    head = ("function", "draws", "first-order: ours", "RBD-FAST", "binned", "rank correlation", "total: ours",
            "Shapley: ours", "8 in 10 holds", "inert passes")  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for (name, draws), each in rows.groupby(["function", "draws"], sort=False):
        way = each.set_index("way")
        ours = way.loc[OURS]
        cells = [f"{way.loc[one, 'first']:.3f}" for one in (OURS, RBD, BINNED, RANKS)]
        passes = "" if pd.isna(ours["passed"]) else f"{100 * ours['passed']:.0f} %"
        cells += [f"{ours['total']:.3f}", f"{ours['shapley']:.3f}", f"{100 * ours['held_80']:.0f} %", passes]
        lines.append(f"| {name} | {draws:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write_page(rows: pd.DataFrame, page: Path = PAGE) -> None:
    """Put the table between the markers of the page."""
    rewrite(page_table(rows), BEGIN, END, page)


def main() -> None:
    """Read the command line, measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    rows = [row for name in FUNCTIONS for draws in DRAWS for row in measured(name, draws, given.repeats)]
    pd.DataFrame(rows).assign(salib=version("SALib")).round(4).to_csv(RESULTS, index=False)
    write_page(pd.read_csv(RESULTS))


if __name__ == "__main__":
    main()
