"""Measure by kind of panel whether the intervals of volumes hold what they promise.

``python benchmarks/cover.py [--data DIR] [--kind NAME]`` fits generated panels of each kind and, where the traces are
there, rolling origins of real ones, as one group each; it writes ``benchmarks/cover.csv`` and the table of
``docs/calibration.md``. Beside the model stands the seasonal naive, or the last value where a history holds no season,
through the same calibration: what differs is the forecast, not how its spread was found.

An outcome that a distribution gives a probability of its own, such as zero, counts for the part of that probability
that lies inside the interval, so that counts can hold 80 % as well. CRPS is the mean over 199 levels of twice the
quantile loss; a ratio is of means over series and steps, each series over its own in the naive forecast.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from marked import rewrite
from volume_traces import TRACES

from shiftcast.features.panel import Panel
from shiftcast.forecast.volume import Priors, VolumesFit, fit_volumes, own_priors
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"
DATA = Path(__file__).parents[1].parent / "shared" / "data" / "traces"
BEGIN, END = "<!-- benchmarks/cover.py: begin -->", "<!-- benchmarks/cover.py: end -->"
LEVELS = np.arange(1, 200) / 200
PROMISED = (0.5, 0.8, 0.95)
OLD = 84  # values of the series that lie beside short ones
COUNTED = 2 / len(LEVELS)  # probability from which an outcome counts as one that a distribution singles out
Generate = Callable[[np.random.Generator, int, int], np.ndarray]


@dataclass(frozen=True)
class Kind:
    """A kind of panel: how its series come about, how many and how long they are, and what lies beside them.

    Beside them lie ``old`` series of ``OLD`` values of the same kind, which are not scored, and ``dead`` ones.
    """

    generate: Generate
    lengths: tuple[int, int]
    horizon: int
    series: int
    panels: int
    frequency: str = "ME"
    dead: int = 0
    old: int = 0

    def panel(self, name: str, number: int) -> tuple[Panel, np.ndarray]:
        """Return one panel of the kind and what comes after it, shape (series, horizon)."""
        random = np.random.default_rng([zlib.crc32(name.encode()), number])
        longest = OLD if self.old else self.lengths[1]
        values = self.generate(random, self.series + self.old, longest + self.horizon)
        length = random.integers(self.lengths[0], self.lengths[1] + 1, self.series)
        length = np.r_[length, np.full(self.old, longest)]
        past = np.where(np.arange(longest) >= longest - length[:, None], values[:, :longest], np.nan)
        half = self.dead // 2
        past = np.vstack([past, np.zeros((half, longest)), np.full((self.dead - half, longest), 500.0)])
        return arranged(past, self.frequency), values[: self.series, longest:]


def arranged(values: np.ndarray, frequency: str) -> Panel:
    """Return series side by side as one group."""
    number = len(values)
    names, group = (np.array(each, dtype=object) for each in ([f"s{n:03d}" for n in range(number)], ["all"] * number))
    last = np.full(number, np.datetime64("2025-03-31", "us"))
    return Panel(names, group, values, last, frequency, np.zeros(values.shape, dtype=bool), {})


def walk(growth: float, sd: float = 0.08) -> Generate:
    """Return a generator of random walks of the log with that growth and deviation a period."""
    return lambda random, series, length: 1000 * np.exp(random.normal(growth, sd, (series, length)).cumsum(axis=1))


def flat(random: np.random.Generator, series: int, length: int) -> np.ndarray:
    """Return noise around a level."""
    return 100 * np.exp(random.normal(0, 0.2, (series, length)))


def seasonal(random: np.random.Generator, series: int, length: int) -> np.ndarray:
    """Return a season of twelve periods on a slow random walk, with noise."""
    turn = 2 * np.pi * (np.arange(length) / 12 + random.uniform(0, 1, (series, 1)))
    return walk(0.0, 0.05)(random, series, length) * np.exp(0.3 * np.sin(turn) + random.normal(0, 0.05, turn.shape))


def intermittent(random: np.random.Generator, series: int, length: int) -> np.ndarray:
    """Return zeros with sizes between."""
    return np.where(random.random((series, length)) < 0.35, random.lognormal(2, 0.8, (series, length)), 0.0)


def counts(random: np.random.Generator, series: int, length: int) -> np.ndarray:
    """Return small counts."""
    return random.poisson(random.uniform(0.3, 4, (series, 1)), (series, length)).astype(float)


def vendors(random: np.random.Generator, series: int, length: int) -> np.ndarray:
    """Return weekly tokens by vendor: fast growth that fades and differs, shocks of their own and in common."""
    growth = random.normal(0.05, 0.06, (series, 1)) * np.exp(-np.arange(length) / 40)
    sd = np.exp(random.normal(np.log(0.15), 0.5, (series, 1)))
    common = 0.06 * random.standard_normal((1, length))
    steps = growth + common + sd * random.standard_normal((series, length))
    return np.exp(
        random.normal(10, 2, (series, 1)) + steps.cumsum(axis=1) + 0.5 * sd * random.standard_normal((series, length))
    )


KINDS = {
    "flat": Kind(flat, (84, 84), 12, 20, 10),
    "random walk": Kind(walk(0.0), (84, 84), 12, 30, 10),
    "growing 2 % a month": Kind(walk(0.02), (84, 84), 12, 30, 10),
    "growing 2 %, 36 months": Kind(walk(0.02), (36, 36), 12, 30, 10),
    "growing 5 % a month": Kind(walk(0.05), (84, 84), 12, 30, 10),
    "growing 5 %, 36 months": Kind(walk(0.05), (36, 36), 12, 30, 10),
    "seasonal": Kind(seasonal, (84, 84), 12, 20, 10),
    "intermittent": Kind(intermittent, (84, 84), 12, 20, 10),
    "small counts": Kind(counts, (84, 84), 12, 20, 10),
    "8 flat beside 100 dead": Kind(flat, (60, 60), 7, 8, 30, "D", dead=100),
    "6 to 8 months": Kind(walk(0.0, 0.1), (6, 8), 6, 20, 40),
    "6 to 8 months, growing 5 %": Kind(walk(0.05, 0.1), (6, 8), 6, 20, 40),
    "6 to 8 months, 4 of a group": Kind(walk(0.0, 0.1), (6, 8), 6, 4, 60),
    "6 to 12 months beside 16 of 84": Kind(walk(0.0, 0.1), (6, 12), 6, 8, 30, old=16),
    "13 to 21 months": Kind(walk(0.0, 0.1), (13, 21), 8, 20, 40),
    "13 to 21 months, growing 5 %": Kind(walk(0.05, 0.1), (13, 21), 8, 20, 40),
    "25 months": Kind(walk(0.0, 0.1), (25, 25), 12, 20, 40),
    "25 months, growing 5 %": Kind(walk(0.05, 0.1), (25, 25), 12, 20, 40),
    "13 to 21 weeks of vendors": Kind(vendors, (13, 21), 8, 10, 60, "W"),
}


def quantiles(fit: VolumesFit) -> np.ndarray:
    """Return the quantiles of a fit at even levels, shape (series, horizon, levels)."""
    standard = fit.calibration.quantiles(LEVELS)[:, None, :]
    return fit.scale.inverse(fit.path[:, :, None] + fit.calibration.deviation[:, :, None] * standard)


def held(ahead: np.ndarray, truth: np.ndarray, part: float) -> np.ndarray:
    """Return what the central part of each distribution holds of its outcome, from nought to one."""
    below, upto = (
        (ahead < truth[..., None] * (1 - 1e-12)).mean(-1),
        (ahead <= truth[..., None] * (1 + 1e-12)).mean(-1),
    )
    low, high = 0.5 - part / 2, 0.5 + part / 2
    inside = np.clip(np.minimum(upto, high) - np.maximum(below, low), 0.0, None)
    single = upto - below > COUNTED
    return np.where(single, inside / np.where(single, upto - below, 1.0), (below >= low) & (below <= high))


def crps(ahead: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return twice the mean quantile loss."""
    miss = truth[..., None] - ahead
    return 2 * np.maximum(LEVELS * miss, (LEVELS - 1) * miss).mean(-1)


def naive(priors: Priors, panel: Panel) -> Priors:
    """Return the same beliefs with the seasonal naive as the only member, the last value where no season is held."""
    longest = panel.values.shape[1] - int(panel.start.min())
    holds = any(longest >= 1.5 * season for season in panel.seasons)
    return replace(priors, members=("seasonal_naive" if holds else "last_value",))


def scored(panel: Panel, truth: np.ndarray, priors: Priors) -> dict[str, float]:
    """Return what intervals of one panel hold, of the model and of the naive, and the ratio of their CRPS."""
    horizon, rows = truth.shape[1], np.arange(len(truth))
    ours, theirs = (
        quantiles(fit_volumes(panel, horizon=horizon, priors=each))[rows] for each in (priors, naive(priors, panel))
    )
    known = np.isfinite(truth)
    row = {f"holds_{100 * part:.0f}": held(ours, truth, part)[known].mean() for part in PROMISED}
    row["naive_holds_80"] = held(theirs, truth, 0.8)[known].mean()
    one, other = (np.nanmean(crps(each, truth), axis=1) for each in (ours, theirs))
    used = other > 0
    return row | {"crps": float(np.mean(one[used]) / np.mean(other[used])) if used.any() else np.nan}


def generated(priors: Priors, wanted: list[str]) -> Iterator[dict[str, object]]:
    """Yield a row of scores for every kind of generated panel."""
    for name, kind in KINDS.items():
        if wanted and name not in wanted:
            continue
        rows = [scored(*kind.panel(name, number), priors) for number in range(kind.panels)]
        low, high = kind.lengths
        length = f"{low}" if low == high else f"{low} to {high}"
        print(name, flush=True)
        yield {"kind": name, "panels": kind.panels, "series": kind.series, "length": length,
               "horizon": kind.horizon, **pd.DataFrame(rows).mean()}  # fmt: skip


def real(priors: Priors, folder: Path, wanted: list[str]) -> Iterator[dict[str, object]]:
    """Yield a row of scores for every set of real traces that is there."""
    for trace in TRACES:
        if not folder.exists() or (wanted and trace.name not in wanted):
            continue
        whole, rows = trace.panel(folder), []
        for group in np.unique(whole.group.astype(str)):
            panel = whole.take(whole.group == group)
            for steps in trace.cuts():
                first = panel.values.shape[1] - steps
                rows.append(scored(panel.cut(steps), panel.values[:, first : first + trace.horizon], priors))
        print(trace.name, flush=True)
        yield {"kind": f"traces: {trace.name}", "panels": len(rows), "series": len(whole.series),
               "length": f"{whole.values.shape[1]}", "horizon": trace.horizon, **pd.DataFrame(rows).mean()}  # fmt: skip


def page_table(rows: pd.DataFrame) -> str:
    """Return the results as the table of the page."""
    head = ("kind of panel", "panels x series", "values", "ahead", "50 % holds", "80 % holds", "95 % holds",
            "naive's 80 % holds", "CRPS over naive's")  # fmt: skip
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in rows.itertuples():
        shares = (row.holds_50, row.holds_80, row.holds_95, row.naive_holds_80)
        cells = [
            f"{row.panels} x {row.series}",
            str(row.length),
            str(row.horizon),
            *(f"{100 * each:.0f} %" for each in shares),
        ]
        lines.append(f"| {row.kind} | {' | '.join(cells)} | {row.crps:.3f} |")
    return "\n".join(lines)


def write_page(rows: pd.DataFrame, page: Path = PAGE) -> None:
    """Put the table between the markers of the page."""
    rewrite(page_table(rows), BEGIN, END, page)


def main() -> None:
    """Read the command line, measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--kind", nargs="*", default=[], help="names of kinds or traces; all without, which writes")
    given = parser.parse_args()
    priors = own_priors(shipped_beliefs())
    rows: list[dict[str, object]] = []
    for found in (generated(priors, given.kind), real(priors, given.data, given.kind)):
        rows += found
        if not given.kind:  # what is generated stands even where the traces are cut short
            pd.DataFrame(rows).round(4).to_csv(RESULTS, index=False)
            write_page(pd.read_csv(RESULTS))
    if given.kind:
        print(page_table(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
