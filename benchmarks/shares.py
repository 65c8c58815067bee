"""Measure speed and accuracy of the share model beside what people use.

Speed: ``python benchmarks/shares.py speed [--series 1000 10000 100000]`` fits and draws made-up histories of
40 periods and 4 categories in 100 groups, 12 ahead, 200 draws each, one size a process, so that the memory
printed is its own; and, on 200 of the same histories in the same run, scipy ``curve_fit`` of logistics,
statsforecast AutoETS and AutoTheta on log-ratios where importable, and the numpy lower bound: draws, their
closure and their ordering, and nothing else.

Accuracy: ``python benchmarks/shares.py accuracy --data DIR --scorer FILE`` scores rolling origins with
everything learned left out set by set, and with everything learned in.
"""

from __future__ import annotations

import argparse
import resource
import shlex
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import curve_fit

from shiftcast.features.share_grid import share_panels
from shiftcast.features.shares import check_share_rows
from shiftcast.forecast.migration import fit_shares
from shiftcast.forecast.migration.quantiles import quantile_parts
from shiftcast.pipelines.sources.learned import load_learned

PERIODS, CATEGORIES, GROUPS, HORIZON, DRAWS = 40, 4, 100, 12, 200
PEER_SERIES = 200


def made_up(series: int, seed: int = 0) -> pd.DataFrame:
    """Return histories of logistic waves with noise: a speed test needs no more."""
    random = np.random.default_rng(seed)
    time_ = np.arange(PERIODS)[None, :, None] / PERIODS
    middle = random.uniform(0, 1.5, (series, 1, CATEGORIES))
    rate = random.uniform(-6, 6, (series, 1, CATEGORIES))
    score = rate * (time_ - middle) + 0.1 * random.standard_normal((series, PERIODS, CATEGORIES)).cumsum(axis=1)
    shares = np.exp(score) / np.exp(score).sum(axis=2, keepdims=True)
    each = PERIODS * CATEGORIES
    ends = pd.date_range("2015-03-31", periods=PERIODS, freq="QE")
    number = np.arange(series)
    return pd.DataFrame(
        {
            "series": np.repeat(np.array([f"s{n:06d}" for n in number]), each),
            "group": np.repeat(np.array([f"g{n % GROUPS:03d}" for n in number]), each),
            "period_end": np.tile(np.repeat(ends.to_numpy(), CATEGORIES), series),
            "category": np.tile(np.array(["content", "deep", "llm", "table"]), series * PERIODS),
            "value": shares.ravel(),
        }
    )


def model(history: pd.DataFrame) -> None:
    """Fit, draw and take quantiles, panel by panel."""
    fit = fit_shares(history, horizon=HORIZON, learned=load_learned().whole)
    for part in quantile_parts(fit, draws=DRAWS, seed=0):
        if part.value.isna().any():
            raise ValueError("a share is not a number")


def lower_bound(history: pd.DataFrame) -> None:
    """Do the arithmetic that no joint draw can do without, on arrays already made."""
    random = np.random.default_rng(0)
    for _ in range(history["series"].nunique()):
        shares = np.maximum(random.standard_normal((DRAWS, HORIZON, CATEGORIES)).cumsum(axis=1) + 5.0, 1e-3) ** 3
        np.sort(shares / shares.sum(axis=2, keepdims=True), axis=0)


def logistic_fits(history: pd.DataFrame) -> None:
    """Fit a logistic to each category, as people do with curve_fit."""
    for shares in wide(history):
        for path in shares.T:
            try:
                curve_fit(lambda t, a, b: 1 / (1 + np.exp(-np.clip(a * t - b, -50, 50))), np.arange(len(path)), path)
            except RuntimeError:
                continue


def stats_models(history: pd.DataFrame) -> dict[str, float]:
    """Return seconds of AutoETS and AutoTheta on log-ratios; empty where statsforecast is not installed."""
    if find_spec("statsforecast") is None:
        print("statsforecast is not installed here: AutoETS and AutoTheta are skipped (see constraints.txt)")
        return {}
    from statsforecast import StatsForecast  # noqa: PLC0415  (a peer, present in its own environment only)
    from statsforecast.models import AutoETS, AutoTheta  # noqa: PLC0415  (a peer, present in its own environment only)

    ratios = [np.log((s[:, 1:] + 0.003) / (s[:, :1] + 0.003)).T for s in wide(history)]
    paths = np.concatenate(ratios)
    long = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(len(paths)), PERIODS),
            "ds": np.tile(np.arange(PERIODS), len(paths)),
            "y": paths.ravel(),
        }
    )
    out = {}
    for name, peer in (("AutoETS", AutoETS(model="ZZN")), ("AutoTheta", AutoTheta())):
        began = time.perf_counter()
        StatsForecast([peer], freq=1, n_jobs=1).forecast(df=long, h=HORIZON, level=[80, 95])
        out[name] = time.perf_counter() - began
    return out


def wide(history: pd.DataFrame) -> list[np.ndarray]:
    """Return shares of each series, shape (T, K)."""
    return [s for panel in share_panels(check_share_rows(history)) for s in panel.shares]


def timed(work, history: pd.DataFrame) -> float:
    """Return the seconds that work takes on a history."""
    began = time.perf_counter()
    work(history)
    return time.perf_counter() - began


def speed(sizes: list[int]) -> None:
    """Print seconds and memory by size, and those of peers on the smallest part."""
    for size in sizes:
        subprocess.run([sys.executable, __file__, "one", str(size)], check=True)
    part = made_up(PEER_SERIES)
    model(part)
    seconds = {"model": timed(model, part), "numpy lower bound": timed(lower_bound, part)}
    seconds |= {"curve_fit": timed(logistic_fits, part), **stats_models(part)}
    for name, took in seconds.items():
        print(f"{name:18} {PEER_SERIES} series {took:8.2f} s   per 10,000 {took * 10_000 / PEER_SERIES:9.1f} s")


def one(size: int) -> None:
    """Print seconds and memory of one size, in this process."""
    history = made_up(size)
    began = time.process_time()
    took = timed(model, history)
    busy = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    each = f"{1e3 * took / size:6.2f} ms a series"
    print(
        f"model {size:7d} series {took:8.1f} s ({busy:.1f} s of one core)  {each}  peak {memory:.2f} GiB",
        flush=True,
    )


def accuracy(data: Path, scorer: Path) -> None:
    """Print the scores with everything learned left out set by set, and with everything in."""
    for told, extra in (("left out set by set", "--by-set"), ("in sample", "")):
        print(f"== learned, {told}")
        call = f"{shlex.quote(sys.executable)} -m shiftcast.pipelines.commands.shares shares"
        command = f"{call} {{input}} --horizon 12 --output {{output}} {extra}"
        subprocess.run([sys.executable, str(scorer), "--data", str(data), "--command", command], check=False)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    fast = modes.add_parser("speed")
    fast.add_argument("--series", type=int, nargs="+", default=[1000, 10_000])
    modes.add_parser("one").add_argument("size", type=int)
    good = modes.add_parser("accuracy")
    good.add_argument("--data", type=Path, required=True)
    good.add_argument("--scorer", type=Path, required=True)
    given = parser.parse_args()
    if given.mode == "speed":
        speed(given.series)
    elif given.mode == "one":
        one(given.size)
    else:
        accuracy(given.data, given.scorer)


if __name__ == "__main__":
    main()
