"""Measure loads that keep the identity of every row: beside bare DuckDB, and into a store that is already large.

``python benchmarks/items.py same [--rows 50_000_000]`` loads readings with an identity each, and does the same by
hand: rows checked for repeats, written with their identity, summed by leaf and hour. Every way runs in a process of its
own; totals must agree. ``python benchmarks/items.py daily [--stored 500_000_000]`` fills a store with that many rows, a
million a day, and then loads a day of one million of which every thirtieth row is a later view of a stored one; beside
it stand the same load into an empty store, and a CSV of as many jobs by way of ingest. Rows are seeded. CPU seconds
count all threads and are the ones to compare on a shared machine. Results go to ``benchmarks/items.csv`` and into
``docs/store.md``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd
from marked import rewrite

LEAVES, HOURS = 240, 730
MEMORY, THREADS = "600MB", 2
DAY = pd.Timestamp("2026-03-01", tz="UTC")
RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "store.md"
BEGIN, END = "<!-- benchmarks/items.py: begin -->", "<!-- benchmarks/items.py: end -->"
ONE = 1_000_000
DAYS = 10  # of a million rows each, that one load fills the store with
VIEWS = 30  # every so many rows of a day are later views of stored ones

GENERATE = """
COPY (
  SELECT
    ['hyperscale', 'rest'][leaf % 2 + 1] AS segment,
    ['internal', 'sovereign', 'hosted', 'enterprise'][leaf % 4 + 1] AS leaf,
    'operator ' || leaf % 8 AS operator, 'user ' || leaf % 12 AS "user",
    ['recsys', 'search', 'generative'][leaf % 3 + 1] AS workload, 'inference' AS phase,
    ['deep', 'llm', 'content', 'lexical', 'other'][leaf % 5 + 1] AS technique,
    ['h100', 'b200'][leaf // 120 + 1] AS accelerator, 'nvidia' AS vendor, 'region ' || leaf AS region,
    'gpu_hours' AS measure, 'accelerator_hour' AS unit, 'served' AS status, 'sum' AS how,
    TIMESTAMPTZ '{first}' + to_seconds(h // 1000 % ({hours} * 3600)) AS start, NULL::TIMESTAMPTZ AS "end",
    (h // 1000003 % 100000) / 1000.0 {more} AS amount, '' AS series, 'telemetry' AS source,
    hash(i) AS id, 0::UBIGINT AS attempt, 2::TINYINT AS progress, 0.0 AS extent, 0::UBIGINT AS scope,
    TIMESTAMPTZ '{first}' + to_seconds(h // 1000 % ({hours} * 3600)) AS born, true AS lead,
    'rows.csv' AS file, i AS line, true AS named, 0::UBIGINT AS stem, NULL::VARCHAR AS track, '' AS clue
  FROM (SELECT i, hash(i * 2654435761) AS h, (hash(i * 2654435761) % 240)::INT AS leaf
    FROM range({begin}, {end}) AS n(i))
) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""
LABELS = ("segment", "leaf", "operator", '"user"', "workload", "phase", "technique", "accelerator", "vendor", "region",
          "measure", "unit", "source")  # fmt: skip


def generate(path: Path, begin: int, end: int, first: pd.Timestamp, *, hours: int = HOURS, more: str = "") -> None:
    """Write readings number ``begin`` to ``end``; the same numbers give the same rows but for ``more`` [hours]."""
    text = GENERATE.format(begin=begin, end=end, path=path, first=first.isoformat(), hours=hours, more=more)
    with connection() as database:
        database.execute(text)


def connection() -> duckdb.DuckDBPyConnection:
    """Return a connection in the memory that every way is given."""
    database = duckdb.connect(config={"memory_limit": MEMORY, "threads": THREADS, "preserve_insertion_order": False})
    database.execute("SET TimeZone = 'UTC'")
    return database


def bare(source: Path, folder: Path) -> dict[str, float]:
    """Look for repeats, write rows with their identity and sum them, in the fewest statements of DuckDB."""
    kept, cells = folder / "kept.parquet", folder / "cells.parquet"
    with connection() as database:
        database.execute(f"SET temp_directory = '{folder}'")
        twice = database.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM '{source}' GROUP BY source, id HAVING count(*) > 1)"  # noqa: S608  (paths of our own)
        ).fetchone()
        if twice != (0,):
            raise SystemExit(f"{source}: identities are there twice")
        database.execute(f"COPY (SELECT * EXCLUDE (file, line, stem, track, clue) FROM '{source}') TO '{kept}' "  # noqa: S608  (likewise)
                         "(FORMAT parquet, COMPRESSION zstd)")  # fmt: skip
        hour = "make_timestamptz(epoch_us(start) // 3600000000 * 3600000000)"
        database.execute(f"COPY (SELECT {', '.join(LABELS)}, {hour} AS period_start, sum(amount) AS value, count(*) AS "  # noqa: S608  (likewise)
                         f"rows FROM '{kept}' GROUP BY ALL) TO '{cells}' (FORMAT parquet)")  # fmt: skip
        return told(database.execute(f"SELECT sum(value), sum(rows) FROM '{cells}'").fetchone())  # noqa: S608  (likewise)


def told(found: tuple[float, float] | None) -> dict[str, float]:
    """Return a total and a count by name."""
    return {"total": float(found[0]), "rows": float(found[1])} if found else {}


def shiftcast(source: Path, folder: Path, store: Path | None = None, day: pd.Timestamp = DAY) -> dict[str, float]:
    """Load the rows as ingest does once they are parsed: repeats found, items kept, figures changed."""
    from shiftcast.features.frames import Quarantine, empty  # noqa: PLC0415  (its own process imports it)
    from shiftcast.pipelines.ingest.same import drop_views, view_filled, write_standing  # noqa: PLC0415  (likewise)
    from shiftcast.pipelines.store import Arrival, Reckoning, Store, load_items  # noqa: PLC0415  (likewise)
    from shiftcast.pipelines.store.items import scratch_database  # noqa: PLC0415  (likewise)

    parts = folder / "parts.parquet"
    with scratch_database(folder) as database:
        database.execute(f"CREATE VIEW parts AS SELECT * FROM '{source}'")  # noqa: S608  (paths of our own)
        view_filled(database, "NULL::TIMESTAMPTZ")
        drop_views(database)
        write_standing(database, parts)
    root = Store(store or folder / "mlruns")
    digest = hashlib.sha256(f"{source}{day}".encode()).hexdigest()
    load = Arrival(parts, day, restates=False, guessed=False)
    done = load_items(root, load, empty(Quarantine), digest, Reckoning())
    changes = root.folder / done.entry.folder / "changes.parquet"
    with connection() as database:
        found = database.execute(f"SELECT sum(total), sum(rows) FROM '{changes}'").fetchone()  # noqa: S608  (paths of our own)
    return told(found) | {"replaced": float(sum(each["items"] for each in done.told["replaced"]))}


def from_csv(source: Path, folder: Path, store: Path | None = None, day: pd.Timestamp = DAY) -> dict[str, float]:
    """Load a CSV of jobs by ingest, parsing and checks included."""
    from shiftcast.pipelines.ingest.load import IngestRequest, ingest  # noqa: PLC0415  (its own process imports it)
    from shiftcast.pipelines.sources.setting import Setting  # noqa: PLC0415  (likewise)

    report = ingest(IngestRequest("jobs", (str(source),), Setting(), day, store or folder / "mlruns")).report
    hours = sum(each["total"] for each in report["totals"] if each["measure"] == "gpu_hours")
    return {"total": hours, "rows": float(report["stored"])}


WAYS = {"bare": bare, "shiftcast": shiftcast, "a CSV": from_csv}


def one_way(name: str, source: Path, folder: Path, store: Path | None, day: str) -> None:
    """Run one way in this process, its libraries imported before, and print what it took."""
    import shiftcast.pipelines.ingest.load  # noqa: F401, PLC0415  (no way pays for imports)

    more = {"store": store, "day": pd.Timestamp(day)} if store else {}
    began, busy = time.perf_counter(), time.process_time()
    result = WAYS[name](source, folder, **more)
    took = {"seconds": time.perf_counter() - began, "busy": time.process_time() - busy}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"way": name, **took, "gib": peak, **result}))


def run(name: str, source: Path, *, store: Path | None = None, day: pd.Timestamp = DAY) -> dict[str, float]:
    """Return what one way takes in a process of its own."""
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        call = [sys.executable, __file__, "one", name, str(source), folder, str(store or ""), str(day)]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    return json.loads(done.stdout.splitlines()[-1])


def same(folder: Path, rows: int, repeats: int) -> list[dict[str, object]]:
    """Compare the ways on one file."""
    source = folder / f"rows-{rows}.parquet"
    generate(source, 0, rows, pd.Timestamp("2026-01-01", tz="UTC"))
    runs = {name: min((run(name, source) for _ in range(repeats)), key=lambda each: each["busy"])
            for name in ("bare", "shiftcast")}  # fmt: skip
    if len({(round(each["total"], 3), each["rows"]) for each in runs.values()}) > 1:
        raise SystemExit(f"totals differ: {runs}")
    return [{"what": f"{rows:,} rows", "way": name, **figures(each, runs["bare"])} for name, each in runs.items()]


def daily(folder: Path, stored: int) -> list[dict[str, object]]:
    """Compare a day's load into a large store with the same into an empty one."""
    store, part = folder / "mlruns", folder / "part.parquet"
    first, size = pd.Timestamp("2024-01-01", tz="UTC"), min(DAYS * ONE, stored)
    for number in range(stored // size):
        begin = first + pd.Timedelta(days=DAYS * number)
        generate(part, number * size, (number + 1) * size, begin, hours=24 * DAYS)
        filled = run("shiftcast", part, store=store, day=begin + pd.Timedelta(days=DAYS))
        print(f"{(number + 1) * size:,} rows stored, {filled['seconds']:.1f} s", file=sys.stderr, flush=True)
    again = ONE // VIEWS
    last = first + pd.Timedelta(days=DAYS * (stored // size - 1))
    new, old = folder / "new.parquet", folder / "old.parquet"
    generate(new, stored, stored + ONE - again, last + pd.Timedelta(days=DAYS), hours=24)
    generate(old, stored - again, stored, last, hours=24 * DAYS, more="+ 1")
    with connection() as database:
        database.execute(f"COPY (SELECT * FROM read_parquet(['{new}', '{old}'])) TO '{part}' (COMPRESSION zstd)")  # noqa: S608  (paths of our own)
    day = last + pd.Timedelta(days=DAYS + 1)
    empty_store = run("shiftcast", part, store=folder / "empty", day=day)
    full = run("shiftcast", part, store=store, day=day)
    if int(full["replaced"]) != again:
        raise SystemExit(f"{full['replaced']} views were replaced, not {again}")
    jobs = folder / "jobs.csv"
    with connection() as database:
        start, over = (f"strftime({each}, '%Y-%m-%dT%H:%M:%SZ')" for each in ("start", "start + INTERVAL 1 HOUR"))
        columns = f"id AS job_id, {start} AS start_time, {over} AS end_time, 1 AS gpus"
        database.execute(f"COPY (SELECT {columns} FROM '{part}') TO '{jobs}' (FORMAT csv, HEADER)")  # noqa: S608  (paths of our own)
    parsed = run("a CSV", jobs, store=folder / "parsed", day=day)
    ways = {"into an empty store": empty_store, f"into {stored:,} rows": full,
            "a CSV of as many jobs, by ingest, into an empty store": parsed}  # fmt: skip
    return [
        {"what": "a day of 1,000,000 rows", "way": name, **figures(each, empty_store)} for name, each in ways.items()
    ]


def figures(taken: dict[str, float], base: dict[str, float]) -> dict[str, object]:
    """Return what a way took, beside the one it is compared with."""
    return {
        "seconds": round(taken["seconds"], 2), "seconds_ratio": round(taken["seconds"] / base["seconds"], 3),
        "cpu_seconds": round(taken["busy"], 2), "cpu_ratio": round(taken["busy"] / base["busy"], 3),
        "gib": round(taken["gib"], 2), "rows": int(taken["rows"]),
    }  # fmt: skip


def main() -> None:
    """Run what was asked for, print it and put it in place of its former rows of the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["same", "daily", "one"])
    parser.add_argument("given", nargs="*")
    parser.add_argument("--rows", type=int, default=50 * ONE)
    parser.add_argument("--stored", type=int, default=500 * ONE)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where the files go; a temporary folder")
    asked = parser.parse_args()
    if asked.what == "one":
        name, source, folder, store, day = asked.given
        one_way(name, Path(source), Path(folder), Path(store) if store else None, day)
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as scratch:
        place = Path(scratch)
        rows = same(place, asked.rows, asked.repeats) if asked.what == "same" else daily(place, asked.stored)
    before = pd.read_csv(RESULTS).to_dict("records") if RESULTS.exists() else []
    kept = [each for each in before if each["what"].startswith("a day") == (asked.what == "same")]
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted([*kept, *rows], key=lambda each: str(each["what"])))
    print(pd.DataFrame(rows).to_string(index=False))
    write_page()


def write_page() -> None:
    """Put the results into their place in the page of the store."""
    rewrite(table(), BEGIN, END, PAGE)


def table() -> str:
    """Return the results as a table of the page."""
    heads = ("load", "way", "seconds", "to the first", "CPU s", "to the first", "GiB")
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in pd.read_csv(RESULTS).to_dict("records"):
        figures = (row["seconds"], row["seconds_ratio"], row["cpu_seconds"], row["cpu_ratio"], row["gib"])
        lines.append(f"| {row['what']} | {row['way']} | {' | '.join(f'{each:g}' for each in figures)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
