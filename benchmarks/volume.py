"""Score, time and measure the volume model and its peers: the pieces that ``series.py`` runs, and two by themselves.

``python benchmarks/volume.py speed [--series 1000]`` times generated monthly series of length 84, 12 ahead, and scores
them. ``... size [--series 100000]`` sends a generated file through the command, and gives time and peak memory.

Scores are MASE of the median, CRPS from quantiles (the mean over 21 levels of twice the quantile loss, the same for
every model) and coverage of the central 80 %, each series scaled by the error of the seasonal naive inside its own
history.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from volume_cache import kept
from volume_calibrated import LEVELS, Forecaster, ours
from volume_peers import edition, installed
from volume_traces import Trace

from shiftcast.features.panel import Panel, panels

MODEL = "shiftcast"
MANY = (MODEL, "seasonal naive", "AutoETS", "AutoTheta")  # quick enough for every series of the speed benchmark
SOME = ("AutoARIMA", "mlforecast XGBoost", "Prophet", "fracast")  # the first hundred


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


def evaluate(name: str, forecaster: Forecaster, trace: Trace, panel: Panel, cache: Path | None = None) -> pd.DataFrame:
    """Return ``steps, series, mase, crps, coverage, seconds`` of a model over every origin of a trace.

    Seconds are those of a series, unknown where a forecast, or the points that were calibrated, may have been read.
    """
    frames = []
    for steps in trace.cuts():
        cut = panel.cut(steps)
        named = f"{name} {edition(name)} {trace.horizon}"
        quantiles, took = kept(cache, named, cut.values, lambda c=cut: forecaster(c, trace.horizon))
        part = scores(quantiles, panel, steps, trace.season, trace.horizon)
        timed = cache is None or "calibrated" not in name
        frames.append(part.assign(steps=steps, seconds=took / len(part) if timed else np.nan))
    return pd.concat(frames, ignore_index=True)


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


def today() -> str:
    """Return the day on which something is measured [UTC]."""
    return pd.Timestamp.now("UTC").date().isoformat()


def speed(series: int, names: list[str]) -> list[dict[str, object]]:
    """Return series a second and scores of the model and its peers on a generated panel, 12 months held back."""
    (panel,), _ = panels(generated(series))
    runs: dict[str, Forecaster] = {MODEL: ours, **installed()}
    rows = []
    for name in [name for name in (*MANY, *SOME) if name in runs and (not names or name in names)]:
        part = panel if name in MANY else panel.take(np.arange(min(100, series)))
        runs[name](part.take(np.arange(2)).cut(12), 12)  # what a library compiles is not timed
        began, busy = time.perf_counter(), time.process_time()
        quantiles = runs[name](part.cut(12), 12)
        took, busy = time.perf_counter() - began, time.process_time() - busy
        means = scores(quantiles, part, 12, 12, 12)[["mase", "crps", "coverage"]].mean().round(3)
        count = len(part.series)
        rows.append({"model": name, "series": count, "a_core_second": round(count / busy, 1), "mase": means.mase,
                     "crps": means.crps, "cover80": means.coverage, "date": today()})  # fmt: skip
        print(f"{name}: {took:.1f} s", file=sys.stderr, flush=True)
    return rows


def size(series: int, horizon: int = 12) -> list[dict[str, object]]:
    """Return seconds and peak memory of the command on a generated file, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "history.parquet", Path(folder) / "ahead.parquet"
        generated(series).to_parquet(file, index=False)
        words = ["volume", str(file), "--horizon", str(horizon), "--draws", "200", "--output", str(out)]
        call = f"from shiftcast.pipelines.cli import main; import sys; sys.argv[1:] = {words!r}; main()"
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", call], check=True)
        took = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return [{"series": series, "seconds": round(took), "ms_a_series": round(1e3 * took / series, 2),
             "peak_gib": round(peak, 2), "date": today()}]  # fmt: skip


def main() -> None:
    """Read the command line and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    fast = modes.add_parser("speed")
    fast.add_argument("--series", type=int, default=1000)
    fast.add_argument("--model", nargs="*", default=[], help="names of the models; all without")
    modes.add_parser("size").add_argument("--series", type=int, default=100_000)
    given = parser.parse_args()
    rows = speed(given.series, given.model) if given.mode == "speed" else size(given.series)
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
