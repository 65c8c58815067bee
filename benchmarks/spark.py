"""Measure what volumes of many series cost on Spark, and how it grows with their number.

``python benchmarks/spark.py --series 10000 100000`` generates short monthly series (12 to 24 points, groups of a
thousand), forecasts them by ``shiftcast volume --engine spark --master local[2]``, and writes seconds, CPU seconds
and peak memory to ``spark.csv`` and the table of docs/sizes.md. ``--here`` does the same without Spark, in one process.
A size that has its row already is not run again (``--again`` does); ``--minutes`` ends a run that takes longer, and
says so.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from marked import rewrite

RESULTS = Path(__file__).with_name("spark.csv")
PAGE = Path(__file__).parents[1] / "docs" / "sizes.md"
BEGIN, END = "<!-- written by benchmarks/spark.py -->", "<!-- end -->"
GROUP, FILE = 1_000, 50_000  # series of a group and of a file
POINTS = (12, 24)
HORIZON = 6
GIB = 2**30
TICKS = os.sysconf("SC_CLK_TCK")
COLUMNS = (
    "engine", "series", "rows", "seconds", "cpu_seconds", "cpu_ms_a_series", "driver_gib", "python_gib", "rows_written",
)  # fmt: skip


def generate(folder: Path, series: int, *, seed: int = 0) -> int:
    """Write short histories as Parquet files, and return the number of rows."""
    folder.mkdir()
    total = 0
    ends = pd.date_range("2023-01-31", periods=POINTS[1], freq="ME").to_numpy().astype("datetime64[us]")
    for begin in range(0, series, FILE):
        count = min(FILE, series - begin)
        rng = np.random.default_rng([seed, begin])
        steps = rng.normal(rng.normal(0.01, 0.02, (count, 1)), rng.uniform(0.02, 0.2, (count, 1)), (count, POINTS[1]))
        values = np.exp(rng.normal(4, 1, (count, 1)) + np.cumsum(steps, axis=1))
        kept = np.arange(POINTS[1]) >= rng.integers(0, POINTS[1] - POINTS[0] + 1, (count, 1))
        at, when = np.nonzero(kept)
        number = at + begin
        table = pa.table({
            "series": pa.array(np.char.add("series-", number.astype(str))),
            "group": pa.array(np.char.add("group-", (number // GROUP).astype(str))),
            "period_end": pa.array(ends[when]), "value": pa.array(values[kept]),
        })  # fmt: skip
        pq.write_table(table, folder / f"part-{begin:09d}.parquet")
        total += table.num_rows
    return total


def used(root: int) -> tuple[float, float, float]:
    """Return the memory of a process and its Java [GiB], that of Python processes below it, and the CPU of all [s].

    The CPU of a process that has ended is in that of the one that waited for it.
    """
    parents, sizes, names, cpu = {}, {}, {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
            pages = int((entry / "statm").read_text().split()[1])
        except OSError:
            continue
        number = int(entry.name)
        names[number] = stat[stat.index("(") + 1 : stat.rindex(")")]
        cells = stat[stat.rindex(")") + 2 :].split()
        parents[number], cpu[number] = int(cells[1]), sum(map(int, cells[11:15])) / TICKS
        sizes[number] = pages * os.sysconf("SC_PAGE_SIZE") / GIB
    below = {root}
    while more := {number for number, parent in parents.items() if parent in below} - below:
        below |= more
    driver = sum(sizes.get(number, 0) for number in below if number == root or names.get(number) == "java")
    everything, taken = (sum(of.get(number, 0) for number in below) for of in (sizes, cpu))
    return driver, everything - driver, taken


def run(engine: str, source: Path, out: Path, minutes: float) -> dict[str, float] | None:
    """Return what one forecast took, or nothing where it did not end in time."""
    words = ["--horizon", str(HORIZON), "--output", str(out)]
    words += ["--engine", "spark", "--master", engine] if engine != "here" else []
    call = [sys.executable, "-c", "from shiftcast.pipelines.cli import main; main()", "volume", str(source), *words]
    peak, began = [0.0, 0.0, 0.0], time.perf_counter()
    process = subprocess.Popen(call, stderr=subprocess.PIPE, text=True)
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()), daemon=True)
    reader.start()
    while process.poll() is None:
        peak = [max(pair) for pair in zip(peak, used(process.pid), strict=True)]
        if time.perf_counter() - began > 60 * minutes:
            process.terminate()
            process.wait()
            return None
        time.sleep(0.5)
    reader.join()
    if process.returncode:
        raise SystemExit(f"{engine} ended with {process.returncode}: {errors[0][-600:]}")
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "driver_gib": peak[0], "python_gib": peak[1], "cpu_seconds": peak[2]}


def measure(engine: str, series: int, minutes: float, folder: Path | None) -> dict[str, object] | None:
    """Return the row of one size on one engine."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        source, out = Path(scratch) / "in", Path(scratch) / "out"
        rows = generate(source, series)
        if engine == "here":  # takes one file
            whole = Path(scratch) / "in.parquet"
            pq.write_table(pa.concat_tables(pq.read_table(each) for each in sorted(source.iterdir())), whole)
            source, out = whole, Path(scratch) / "out.parquet"
        taken = run(engine, source, out, minutes)
        if taken is None:
            print(f"{engine}, {series:,} series: not done in {minutes:g} minutes", file=sys.stderr)
            return None
        written = sum(pq.read_metadata(each).num_rows for each in ([out] if out.is_file() else out.glob("*.parquet")))
    figures = {name: round(taken[name], 2) for name in ("driver_gib", "python_gib")}
    times = {name: round(taken[name], 1) for name in ("seconds", "cpu_seconds")}
    each = {"cpu_ms_a_series": round(1000 * taken["cpu_seconds"] / series, 2)}
    return {"engine": engine, "series": series, "rows": rows, **times, **each, **figures, "rows_written": written}


def main() -> None:
    """Run the sizes asked for that have no row yet, and write results and page after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--here", action="store_true", help="without Spark, in one process")
    parser.add_argument("--again", action="store_true", help="run sizes that have a row")
    parser.add_argument("--minutes", type=float, default=60.0, help="end a run that takes longer")
    parser.add_argument("--folder", type=Path, default=None, help="where the files go; a temporary folder")
    asked = parser.parse_args()
    engine = "here" if asked.here else asked.master
    for series in asked.series:
        before = pd.read_csv(RESULTS) if RESULTS.exists() else pd.DataFrame(columns=list(COLUMNS))
        mine = (before.engine == engine) & (before.series == series)
        if mine.any() and not asked.again:
            continue
        row = measure(engine, series, asked.minutes, asked.folder)
        if row is None:
            continue
        print(row, flush=True)
        kept = pd.concat([before[~mine], pd.DataFrame([row])])[list(COLUMNS)].sort_values(["series", "engine"])
        kept.to_csv(RESULTS, index=False, lineterminator="\n")
        write_page()


def write_page() -> None:
    """Put the results into their place in the page of sizes."""
    rewrite(table(), BEGIN, END, PAGE)


def table() -> str:
    """Return the results as a table of the page."""
    heads = (
        "series",
        "rows",
        "worked on by",
        "seconds",
        "CPU seconds",
        "CPU ms a series",
        "GiB of driver",
        "GiB of Python below",
        "rows out",
    )
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in pd.read_csv(RESULTS).to_dict("records"):
        name = "this machine, one process" if row["engine"] == "here" else f"Spark, `{row['engine']}`"
        figures = [f"{row[name]:g}" for name in COLUMNS[3:-1]]
        cells = (f"{row['series']:,}", f"{row['rows']:,}", name, *figures, f"{row['rows_written']:,}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", growth()])


def growth() -> str:
    """Return how the cost on Spark grows from the smallest to the largest size measured."""
    found = pd.read_csv(RESULTS)
    small, large = (found[found.engine != "here"].sort_values("series").iloc[at] for at in (0, -1))
    more = 1000 * (large.cpu_seconds - small.cpu_seconds) / (large.series - small.series)
    first = small.cpu_seconds - more * small.series / 1000
    memory = large.driver_gib + large.python_gib - small.driver_gib - small.python_gib
    times = 1 + memory / (small.driver_gib + small.python_gib)
    return (
        f"From {small.series:,} to {large.series:,} series Spark takes {more:.2f} ms of CPU a series beyond some "
        f"{first:.0f} s of starting, and {memory:.2f} GiB more memory: {large.series / small.series:.0f} times the "
        f"series in {times:.2f} times the memory."
    )


if __name__ == "__main__":
    main()
