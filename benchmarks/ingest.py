"""Measure the aggregation of usage rows to hourly leaf cells, beside the bare DuckDB query, pandas and Polars.

``python benchmarks/ingest.py [--rows 50_000_000 ...] [--folder DIR] [--peers PYTHON] [--keep]`` generates readings
(seeded, Parquet: 240 leaves over 730 hours, some 175,000 cells), and aggregates the same files, one way a process so
that the memory printed is its own, each writing its cells to Parquet. The bare query is written twice, with
``date_trunc`` and with hours as whole numbers; the ratio is to the faster. Totals of all ways must agree. ``--peers``
is a Python with polars (see constraints.txt); ``--ways`` takes some of them. ``--repeats`` takes the best of several.
CPU seconds count all threads and are the ones to compare on a shared machine.

Rows past fifty million are the same fifty million under several names, which spares the disk and changes no cost: the
cells are as many.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

LABELS = ("segment", "leaf", "operator", "user", "workload", "phase", "technique", "accelerator", "vendor", "region")
KEYS = (*LABELS, "measure", "unit", "source")
LEAVES, HOURS = 240, 730
PART = 50_000_000  # rows of one generated file
TOLERANCE = 1e-9  # relative, of totals summed in another order
MEMORY = "2500MB"

GENERATE = f"""
COPY (
  WITH drawn AS (
    SELECT i, hash(i * 2654435761 + {{seed}}) AS h FROM range({{rows}}) AS numbers(i)
  ), placed AS (
    SELECT i, (h % {LEAVES})::INT AS leaf_number, ((h // {LEAVES}) % {HOURS * 3600})::INT AS second,
      ((h // 1000003) % 100000) / 1000.0 AS value FROM drawn
  )
  SELECT
    ['hyperscale', 'rest'][leaf_number % 2 + 1] AS segment,
    ['internal', 'sovereign', 'hosted', 'enterprise'][leaf_number % 4 + 1] AS leaf,
    'operator ' || leaf_number % 8 AS operator,
    'user ' || leaf_number % 12 AS "user",
    ['recsys', 'search', 'generative'][leaf_number % 3 + 1] AS workload,
    'inference' AS phase,
    ['deep', 'llm', 'content', 'lexical', 'other'][leaf_number % 5 + 1] AS technique,
    ['h100', 'b200'][leaf_number // 120 + 1] AS accelerator,
    'nvidia' AS vendor,
    'region ' || leaf_number AS region,
    TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(second) AS at,
    'gpu_hours' AS measure, 'accelerator_hour' AS unit, value, 'sum' AS how,
    'served' AS status, '' AS series, 'telemetry' AS source, i::DOUBLE AS line
  FROM placed
) TO '{{path}}' (FORMAT parquet, COMPRESSION zstd)
"""  # noqa: S608  (numbers and paths of our own)
HOUR = {
    "bare, date_trunc": "date_trunc('hour', \"at\")",
    "bare, whole numbers": 'make_timestamptz(epoch_us("at") // 3600000000 * 3600000000)',
}


def generate(folder: Path, rows: int, seed: int) -> None:
    """Write readings into a new folder; the same seed gives the same rows."""
    parts, left = divmod(rows, PART)
    if parts > 1 and left:
        raise SystemExit(f"{rows:,} rows are not a multiple of {PART:,}")
    folder.mkdir()
    path = folder / "part-0.parquet"
    connection = duckdb.connect(config={"memory_limit": MEMORY})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(GENERATE.format(rows=min(rows, PART), seed=seed, path=path))
    for part in range(1, parts):
        (folder / f"part-{part}.parquet").hardlink_to(path)


def bare(hour: str, source: Path, target: Path) -> None:
    """Aggregate as a person would in DuckDB, no more than labels, hour, sum and count."""
    connection = duckdb.connect(config={"memory_limit": MEMORY, "preserve_insertion_order": False})
    connection.execute("SET TimeZone = 'UTC'")
    keys = ", ".join(f'"{name}"' for name in KEYS)
    connection.execute(
        f"COPY (SELECT {keys}, {hour} AS period_start, sum(value) AS value, count(*) AS rows "  # noqa: S608  (names and paths of our own)
        f"FROM read_parquet('{source}/*.parquet') GROUP BY ALL) TO '{target}' (FORMAT parquet)"
    )


def shiftcast(source: Path, target: Path) -> None:
    """Aggregate with the engine: rules checked, ways of summing told apart, bounds kept."""
    importlib.import_module("shiftcast.pipelines.engine").aggregate(
        points=sorted(source.iterdir()), grain="hour"
    ).to_parquet(target)


def pandas_way(source: Path, target: Path) -> None:
    """Aggregate in pandas, text read as categories so that it fits."""
    read = importlib.import_module("pyarrow.parquet").read_table
    rows = read(source, columns=[*KEYS, "at", "value"], read_dictionary=list(KEYS)).to_pandas()
    rows["period_start"] = rows.pop("at").dt.floor("h")
    cells = rows.groupby([*KEYS, "period_start"], observed=True, sort=False)["value"].agg(["sum", "count"])
    cells.set_axis(["value", "rows"], axis=1).reset_index().to_parquet(target)


def polars_way(source: Path, target: Path) -> None:
    """Aggregate in Polars, lazily and streaming."""
    pl = importlib.import_module("polars")
    cells = (
        pl.scan_parquet(source / "*.parquet")
        .group_by([*KEYS, pl.col("at").dt.truncate("1h").alias("period_start")])
        .agg(pl.col("value").sum(), pl.len().alias("rows"))
    )
    cells.collect(engine="streaming").write_parquet(target)


WAYS = {
    **{name: (lambda source, target, hour=hour: bare(hour, source, target)) for name, hour in HOUR.items()},
    "shiftcast": shiftcast,
    "pandas": pandas_way,
    "polars": polars_way,
}
PEERS = ("pandas", "polars")
NEEDS = dict.fromkeys(HOUR, "duckdb") | {
    "shiftcast": "shiftcast.pipelines.engine",
    "pandas": "pandas",
    "polars": "polars",
}


def one_way(name: str, source: Path, target: Path) -> None:
    """Aggregate one way in this process, its library imported before, and print time, memory and what came out."""
    importlib.import_module(NEEDS[name])
    began, busy = time.perf_counter(), time.process_time()
    WAYS[name](source, target)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    cells = duckdb.read_parquet(str(target)).aggregate("count(*), sum(value), sum(rows)").fetchall()[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told = {"seconds": seconds, "busy": busy, "gib": peak, "cells": cells[0], "total": cells[1], "rows": int(cells[2])}
    print(json.dumps(told))


def measured(name: str, source: Path, python: str, repeats: int) -> dict[str, float]:
    """Return the fastest of several runs of one way, each in a process of its own."""
    runs = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(dir=source.parent) as folder:
            call = [python, __file__, "--one", name, str(source), str(Path(folder) / "cells.parquet")]
            done = subprocess.run(call, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    best = {clock: min(run[clock] for run in runs) for clock in ("seconds", "busy")}
    return runs[0] | best | {"gib": max(run["gib"] for run in runs)}


def compare(source: Path, rows: int, ways: dict[str, str], repeats: int) -> None:
    """Print a table of all ways for one file."""
    results = {name: measured(name, source, python, repeats) for name, python in ways.items()}
    bare_ways = [name for name in HOUR if name in results] or list(results)
    fastest = {clock: min(results[name][clock] for name in bare_ways) for clock in ("seconds", "busy")}
    total = next(iter(results.values()))["total"]
    size = sum(path.stat().st_size for path in source.iterdir()) / 2**30
    print(f"\n{rows:,} rows, {size:.2f} GiB of Parquet, best of {repeats}")
    print(f"{'way':20s} {'seconds':>8s} {'to bare':>8s} {'CPU s':>8s} {'to bare':>8s} {'GiB':>6s} {'us/row':>7s} cells")
    for name, run in results.items():
        agree = abs(run["total"] / total - 1) < TOLERANCE and run["rows"] == rows
        print(
            f"{name:20s} {run['seconds']:8.2f} {run['seconds'] / fastest['seconds']:8.3f} {run['busy']:8.2f} "
            f"{run['busy'] / fastest['busy']:8.3f} {run['gib']:6.2f} {run['seconds'] / rows * 1e6:7.3f} "
            f"{run['cells']:,d}{'' if agree else '  TOTALS DIFFER'}"
        )


def main() -> None:
    """Generate, aggregate every way, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000_000])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--peers", default=sys.executable, help="Python that has polars and pandas")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", action="store_true", help="keep the generated files")
    parser.add_argument("--one", nargs=3, default=None, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one_way(given.one[0], Path(given.one[1]), Path(given.one[2]))
        return
    for rows in given.rows:
        source = given.folder / f"usage-{rows}-{given.seed}"
        if not source.exists():
            generate(source, rows, given.seed)
        ways = {name: given.peers if name in PEERS else sys.executable for name in given.ways}
        compare(source, rows, ways, given.repeats)
        if not given.keep:
            shutil.rmtree(source)


if __name__ == "__main__":
    main()
