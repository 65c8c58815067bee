"""Measure the forecasts of series beside their peers, in one command, and write the results into the pages.

``peers/bin/python benchmarks/series.py [--cache DIR] [--jobs 2]`` runs, one after the other:

- ``accuracy``: rolling origins of real and generated sets, every model in the same run, to ``benchmarks/volume.csv``
- ``speed``: one generated panel, series a core-second, to ``benchmarks/volume_speed.csv``
- ``size``: a generated file of 100,000 series through the command, to ``benchmarks/volume_size.csv``
- ``hierarchical``: ``benchmarks/hierarchical.py`` on public sets
- ``pages``: tables and picture of ``docs/volume.md`` and the sentence of the README, from those files

``--part`` chooses among them. With a cache a run that was stopped goes on where it was: forecasts of peers are kept by
their data and version, ours by data and code. A forecast read from the cache is given no time. Peers need an
environment of their own (``benchmarks/constraints.txt``); what is not installed is left out and said.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd
import series_page
import volume
from volume_calibrated import ours
from volume_peers import NEEDS, installed
from volume_traces import TRACES, Trace

from shiftcast.features.panel import Panel

FOLDER = Path(__file__).resolve().parent
DATA = FOLDER.parents[1] / "shared" / "data"
PARTS = ("accuracy", "speed", "size", "hierarchical", "pages")
LIBRARIES = ("numpy", "pandas", "statsforecast", "mlforecast", "xgboost-cpu", "prophet", "fracast", "torch")


def accuracy(given: argparse.Namespace) -> None:
    """Score every model on every set, and write the means by set and model."""
    traces = [trace for trace in TRACES if not given.set or trace.name in given.set]
    models = {
        volume.MODEL: ours,
        **(dict.fromkeys(NEEDS, absent) if given.kept else installed(given.jobs, given.cache)),
    }
    models = {name: each for name, each in models.items() if not given.model or name in given.model}
    rows: list[dict[str, object]] = []
    for number, trace in enumerate(traces, start=1):
        panel = trace.panel(given.data / "traces")
        for name, forecaster in models.items():
            began = time.perf_counter()
            try:
                found = volume.evaluate(name, forecaster, trace, panel, given.cache)
            except Exception as problem:
                if name == volume.MODEL:
                    raise
                told(f"{trace.name}: {name} is left out: {type(problem).__name__}: {str(problem)[:200]}")
                continue
            rows.append(means(trace, panel, name, found))
            told(f"[{number}/{len(traces)}] {trace.name}, {name}: CRPS {rows[-1]['crps']:.3f}, "
                 f"{time.perf_counter() - began:.0f} s")  # fmt: skip
    whole = not given.set and not given.model
    if whole:
        save(series_page.ACCURACY, rows)
        save(series_page.MACHINE, machine())
    else:
        print(pd.DataFrame(rows).drop(columns=["kind", "period", "horizon"]).to_string(index=False))


def absent(panel: Panel, horizon: int) -> np.ndarray:
    """Refuse to forecast: peers are read from the cache alone."""
    raise LookupError(f"{len(panel.series)} series {horizon} ahead are not in the cache")


def means(trace: Trace, panel: Panel, name: str, found: pd.DataFrame) -> dict[str, object]:
    """Return the mean scores of a model on a set; a set counts its series and origins alike."""
    mean = found[["crps", "mase", "coverage", "seconds"]].mean().round(4)
    return {
        "set": trace.name, "kind": trace.kind, "period": panel.frequency, "horizon": trace.horizon,
        "series": len(panel.series), "origins": trace.origins, "model": name,
        "crps": mean.crps, "mase": mean.mase, "cover80": mean.coverage, "seconds": mean.seconds,
    }  # fmt: skip


def machine() -> list[dict[str, object]]:
    """Return what the run was made on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rows = {"date": volume.today(), "cores": os.cpu_count(), "memory GiB": round(memory),
            "python": platform.python_version()}  # fmt: skip
    for name in LIBRARIES:
        try:
            rows[name] = version(name)
        except PackageNotFoundError:
            rows[name] = "not installed"
    return [{"what": what, "value": value} for what, value in rows.items()]


def hierarchical(given: argparse.Namespace) -> None:
    """Run the benchmark of hierarchies on the public sets; it writes its own results and page."""
    words = [sys.executable, str(FOLDER / "hierarchical.py"), "--data", str(given.data / "hierarchical")]
    subprocess.run(words, check=True)


def save(file: Path, rows: list[dict[str, object]]) -> None:
    """Write rows as CSV."""
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def told(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Run the parts that are asked for, in order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of traces, hierarchical, ledger and public")
    parser.add_argument("--cache", type=Path, help="folder of forecasts, so that a run that was stopped goes on")
    parser.add_argument("--jobs", type=int, default=1, help="processes for statsforecast")
    parser.add_argument("--kept", action="store_true", help="run ours alone; peers are what the cache has of them")
    parser.add_argument("--set", nargs="*", default=[], help="names of the sets; the results are printed alone")
    parser.add_argument("--model", nargs="*", default=[], help="names of the models; the results are printed alone")
    given = parser.parse_args()
    began = time.perf_counter()
    work = {
        "accuracy": lambda: accuracy(given),
        "speed": lambda: save(series_page.SPEED, volume.speed(1000, [])),
        "size": lambda: save(series_page.SIZE, [row for count in (10_000, 100_000) for row in volume.size(count)]),
        "hierarchical": lambda: hierarchical(given),
        "pages": series_page.write,
    }
    for part in given.part:
        work[part]()
        told(f"{part} done after {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
