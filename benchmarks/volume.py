"""Measure accuracy, speed and size of the volume model beside what people use.

``python benchmarks/volume.py accuracy [--data DIR] [--cache DIR] [--model-only]`` scores rolling origins of real
traces: MASE of the median, CRPS from quantiles (the mean over 21 levels of twice the quantile loss, the same for
every model) and coverage of the central 80 %, each series scaled by the error of the seasonal naive inside its
own history. The figure to quote is of one run without a cache.

``... speed [--series 1000]`` times generated monthly series of length 84, 12 ahead, and scores them.

``... size [--series 100000]`` sends a generated file through the command, and prints time and peak memory.

Peers need an environment of their own (constraints.txt); what is not installed is skipped and said.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from volume_peers import LEVELS, NEEDS, Forecaster, peers
from volume_traces import TRACES, Trace

from shiftcast.features.panel import Panel, panels
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

MODEL = "shiftcast"
DATA = Path(__file__).parents[1].parent / "shared" / "data" / "traces"


def model(panel: Panel, horizon: int, bend: float | None = None) -> np.ndarray:
    """Forecast with the project's own model, on the scale it chooses or on one given."""
    from shiftcast.forecast.volume import fit_groups, own_priors, volume_quantiles  # noqa: PLC0415  (the size benchmark runs the command instead)

    priors = replace(own_priors(shipped_beliefs()), bend=bend)
    rows = pd.concat([volume_quantiles(fit) for fit in fit_groups(panel, horizon=horizon, priors=priors)])
    rows = rows[rows.statistic == "quantile"]
    order = pd.Categorical(rows["series"].astype(str), categories=panel.series)
    rows = rows.assign(order=order.codes).sort_values(["order", "period_end", "quantile"])
    return rows.value.to_numpy().reshape(len(panel.series), horizon, len(LEVELS))


def scores(quantiles: np.ndarray, panel: Panel, steps: int, season: int, horizon: int) -> pd.DataFrame:
    """Return MASE, CRPS and coverage by series of one origin, NaN where the past gives no scale.

    Volumes are not negative, so every model's quantiles are cut at zero.
    """
    past = panel.cut(steps).values
    first = past.shape[1]
    truth = panel.values[:, first : first + horizon]
    scale = np.nanmean(np.abs(past[:, season:] - past[:, :-season]), axis=1)
    scale = np.where(scale > 0, scale, np.nan)
    ahead = np.maximum(np.sort(quantiles, axis=2), 0.0)
    miss = truth[:, :, None] - ahead
    loss = 2 * np.maximum(LEVELS * miss, (LEVELS - 1) * miss).mean(axis=2)
    inside = (truth >= ahead[:, :, 2]) & (truth <= ahead[:, :, -3])
    known = ~np.isnan(truth)
    count = np.maximum(known.sum(axis=1), 1)
    middle = np.abs(miss[:, :, len(LEVELS) // 2])
    return pd.DataFrame(
        {
            "series": panel.series,
            "mase": np.nansum(middle, axis=1) / count / scale,
            "crps": np.nansum(loss, axis=1) / count / scale,
            "coverage": np.where(np.isnan(scale), np.nan, (inside & known).sum(axis=1) / count),
        }
    )


def evaluate(
    forecaster: Forecaster, traces: tuple[Trace, ...] = TRACES, data: Path = DATA, cache: Path | None = None,
    name: str = "model",
) -> pd.DataFrame:  # fmt: skip
    """Return ``set, steps, series, mase, crps, coverage`` of a forecaster over every origin of every trace."""
    frames = []
    for trace in traces:
        panel = trace.panel(data)
        for steps in trace.cuts():
            cut = panel.cut(steps)
            began = time.perf_counter()
            quantiles = kept(
                cache, f"{name} {trace.name} {steps}", cut, lambda c=cut, h=trace.horizon: forecaster(c, h)
            )
            took = time.perf_counter() - began
            part = scores(quantiles, panel, steps, trace.season, trace.horizon)
            seconds = took / len(part) if cache is None else np.nan  # reading a file is not forecasting
            frames.append(part.assign(set=trace.name, steps=steps, seconds=seconds))
    return pd.concat(frames, ignore_index=True)


def kept(cache: Path | None, name: str, panel: Panel, work: Callable[[], np.ndarray]) -> np.ndarray:
    """Return what work returns, from the cache where the same panel was forecast before."""
    if cache is None:
        return work()
    digest = hashlib.sha256(panel.values.astype(np.float32).tobytes()).hexdigest()[:12]  # as any reader parses them
    file = cache / f"{name.replace(' ', '_')}_{digest}.npy"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file, work())
    return np.load(file)


def installed(jobs: int = 1) -> dict[str, Forecaster]:
    """Return the peers whose libraries are here, and say which are not."""
    here = {name: peer for name, peer in peers(jobs).items() if find_spec(NEEDS[name])}
    for name in NEEDS.keys() - here.keys():
        print(f"{name} is not installed here and left out (see constraints.txt)")
    return here


def uncached(panel: Panel, horizon: int) -> np.ndarray:
    """Refuse to forecast: peers are read from the cache only."""
    raise LookupError(f"{len(panel.series)} series {horizon} ahead are not in the cache")


def table(by_model: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return mean scores by set and model; a set counts its series and origins alike."""
    rows = pd.concat([frame.assign(model=name) for name, frame in by_model.items()])
    return rows.groupby(["set", "model"], sort=False)[["mase", "crps", "coverage", "seconds"]].mean()


def accuracy(given: argparse.Namespace) -> None:
    """Print the scores by set of the model and its peers, and how they compare."""
    traces = tuple(trace for trace in TRACES if not given.set or trace.name in given.set)
    others = dict.fromkeys(NEEDS, uncached) if given.model_only else installed(given.jobs)
    by_model: dict[str, pd.DataFrame] = {}
    for name, forecaster in {MODEL: partial(model, bend=given.bend), **others}.items():
        began = time.perf_counter()
        try:
            by_model[name] = evaluate(forecaster, traces, given.data, None if name == MODEL else given.cache, name)
        except (ImportError, LookupError) as problem:
            print(f"{name} is left out: {problem}")
        else:
            print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)
    if by_model:
        tell(table(by_model))


def tell(means: pd.DataFrame) -> None:
    """Print the table of means, and the model's CRPS and MASE over its peers', averaged over sets."""
    print(means.round(3).to_string())
    for metric in ("crps", "mase"):
        wide = means.reset_index().pivot_table(index="set", columns="model", values=metric, sort=False)
        if MODEL not in wide or wide.shape[1] == 1:
            continue
        others = wide.drop(columns=MODEL)
        ratios = others.rdiv(wide[MODEL], axis=0).mean()
        best = ratios.idxmax()
        print(f"{metric} of {MODEL} over that of each peer, mean of {len(wide)} sets: "
              + ", ".join(f"{name} {ratio:.3f}" for name, ratio in ratios.items()))  # fmt: skip
        print(f"  over the best single peer ({best}): {ratios[best]:.3f}; "
              f"over the best peer of each set: {(wide[MODEL] / others.min(axis=1)).mean():.3f}")  # fmt: skip


def generated(series: int, length: int = 84, seed: int = 0) -> pd.DataFrame:
    """Return monthly series: growth that changes, a season, noise, some bursts and some young series."""
    random = np.random.default_rng(seed)
    season = np.sin(2 * np.pi * (np.arange(length) / 12 + random.uniform(0, 1, (series, 1))))
    growth = random.normal(0.01, 0.02, (series, 1)) + 0.01 * random.standard_normal((series, length)).cumsum(axis=1) / 3
    log = random.uniform(2, 12, (series, 1)) + growth.cumsum(axis=1) + random.uniform(0, 0.3, (series, 1)) * season
    log += random.uniform(0.02, 0.2, (series, 1)) * random.standard_normal((series, length))
    log += np.where(random.random((series, length)) < 0.01, 0.7, 0.0)
    begun = np.where(random.random(series) < 0.2, random.integers(0, length - 40, series), 0)
    ends = pd.date_range("2018-01-31", periods=length, freq="ME")
    keep = (np.arange(length) >= begun[:, None]).ravel()
    number = np.repeat(np.arange(series), length)[keep]
    return pd.DataFrame(
        {
            "series": pd.Categorical.from_codes(number, [f"s{n:06d}" for n in range(series)]),
            "group": pd.Categorical.from_codes(number % 20, [f"g{n:02d}" for n in range(20)]),
            "period_end": np.tile(ends.to_numpy(), series)[keep],
            "value": np.exp(log).ravel()[keep],
        }
    )


def speed(series: int, names: list[str]) -> None:
    """Print series a second and scores of the model and its peers on a generated panel, 12 months held back."""
    (panel,), _ = panels(generated(series))
    runs: dict[str, Forecaster] = {MODEL: model, **installed()}
    rows = {}
    for name, forecaster in runs.items():
        if names and name not in names:
            continue
        part = (
            panel
            if name in {MODEL, "AutoETS", "AutoTheta", "seasonal naive"}
            else panel.take(np.arange(min(100, series)))
        )
        try:
            forecaster(part.take(np.arange(2)).cut(12), 12)  # what a library compiles is not timed
        except ImportError as problem:
            print(f"{name} is left out: {problem}")
            continue
        began, busy = time.perf_counter(), time.process_time()
        quantiles = forecaster(part.cut(12), 12)
        took, busy = time.perf_counter() - began, time.process_time() - busy
        means = scores(quantiles, part, 12, 12, 12)[["mase", "crps", "coverage"]].mean()
        count = len(part.series)
        rows[name] = {"series": count, "seconds": took, "series/s": count / took, "core s": busy,
                      "series/core s": count / busy, **means}  # fmt: skip
        print(f"{name}: {took:.1f} s", flush=True)
    print(pd.DataFrame(rows).T.round(3).to_string())


def size(series: int, horizon: int = 12) -> None:
    """Print seconds and peak memory of the command on a generated file, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "history.parquet", Path(folder) / "ahead.parquet"
        generated(series).to_parquet(file, index=False)
        words = ["volume", str(file), "--horizon", str(horizon), "--draws", "200", "--output", str(out)]
        call = f"from shiftcast.pipelines.cli import main; import sys; sys.argv[1:] = {words!r}; main()"
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", call], check=True)
        took = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        print(f"{series} series: {took:.0f} s, {1e3 * took / series:.2f} ms a series, peak {peak:.2f} GiB, "
              f"{out.stat().st_size / 2**20:.0f} MiB written")  # fmt: skip


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    good = modes.add_parser("accuracy")
    good.add_argument("--data", type=Path, default=DATA)
    good.add_argument("--cache", type=Path, help="folder of peers' forecasts, to score the model again without them")
    good.add_argument("--model-only", action="store_true", help="run no peer; read them from the cache")
    good.add_argument("--bend", type=float, help="fix the model's working scale instead of letting it choose")
    good.add_argument("--jobs", type=int, default=1, help="processes for statsforecast")
    good.add_argument("--set", nargs="*", default=[], help="names of the sets; all without")
    fast = modes.add_parser("speed")
    fast.add_argument("--series", type=int, default=1000)
    fast.add_argument("--model", nargs="*", default=[], help="names of the models; all without")
    modes.add_parser("size").add_argument("--series", type=int, default=100_000)
    given = parser.parse_args()
    if given.mode == "accuracy":
        accuracy(given)
    elif given.mode == "speed":
        speed(given.series, given.model)
    else:
        size(given.series)


if __name__ == "__main__":
    main()
