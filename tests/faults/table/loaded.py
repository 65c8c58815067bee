"""Files to load: rows count once whatever their files are called, and hostile files are told in one line."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shiftcast.features.instants import Clock
from shiftcast.features.usage import to_series
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.state.output import CarefulStream
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.verify import verify
from shiftcast.pipelines.tables.writing import write_table
from table.case import Bench, Case, Kind, shown
from table.damaged import told

DAY = pd.Timestamp("2026-04-01", tz="UTC")
HEAD = "job_id,state,submit_time,start_time,end_time,gpus\n"
Step = tuple[str, str]  # the name of a file, and what is in it


def jobs(*named: tuple[object, int, int], day: int = 1) -> str:
    """Return jobs by number, accelerators and hours, all begun on a day of March."""
    start = pd.Timestamp(f"2026-03-{day:02d}", tz="UTC")
    return HEAD + "".join(
        f"{number},COMPLETED,{start:%FT%TZ},{start:%FT%TZ},{start + pd.Timedelta(hours=hours):%FT%TZ},{gpus}\n"
        for number, gpus, hours in named
    )


A, B = jobs((1, 4, 10)), jobs((1, 10, 10))
A2 = jobs((1, 4, 10), (2, 1, 1))
DAILY = [
    (
        "sacct.csv",
        jobs(
            (
                day,
                1,
                10,
            ),
            day=day,
        ),
    )
    for day in range(1, 6)
]
NAMED: dict[str, tuple[list[Step], float]] = {
    "one name in two folders": ([("clusterA/jobs.csv", A), ("clusterB/jobs.csv", B)], 140),
    "one name in two folders, the second first": ([("clusterB/jobs.csv", B), ("clusterA/jobs.csv", A)], 140),
    "one file twice": ([("jobs.csv", A), ("jobs.csv", A)], 40),
    "one content under two names": ([("jobs.csv", A), ("copy of jobs.csv", A)], 40),
    "a copy with (1) in its name": ([("jobs.csv", A), ("jobs (1).csv", A)], 40),
    "a growing export under one name": ([("jobs.csv", A), ("jobs.csv", A2)], 41),
    "a growing export, the long one first": ([("jobs.csv", A2), ("jobs.csv", A)], 41),
    "a growing export under dated names": ([("jobs-2026-03-01.csv", A), ("jobs-2026-03-02.csv", A2)], 41),
    "a file that cron writes anew every day": (DAILY, 50),
    "the same days the other way round": (DAILY[::-1], 50),
    "the same days twice": (DAILY + DAILY, 50),
    "days that overlap": ([("a.csv", jobs((1, 1, 10), (2, 1, 10))), ("b.csv", jobs((2, 1, 10), (3, 1, 10)))], 30),
    "a job that runs in one export and is over in the next": (
        [("a.csv", A.replace("COMPLETED", "RUNNING")), ("a.csv", A)], 40),
    "rows in another order": ([("a.csv", A2), ("a.csv", jobs((2, 1, 1), (1, 4, 10)))], 41),
    "columns in another order": ([("a.csv", A), ("a.csv", pd.read_csv(io.StringIO(A))[
        ["gpus", "end_time", "state", "job_id", "start_time", "submit_time"]].to_csv(index=False))], 40),
    "the ends of lines of another system": ([("a.csv", A), ("a.csv", A.replace("\n", "\r\n"))], 40),
    "a mark of the byte order": ([("a.csv", A), ("a.csv", "\ufeff" + A)], 40),
    "no end of the last line": ([("a.csv", A), ("a.csv", A.rstrip("\n"))], 40),
    "a row twice in one file": ([("a.csv", A + A.splitlines()[1] + "\n")], 40),
    "a folder that is a date": ([("2026-03-01/jobs.csv", A), ("2026-03-02/jobs.csv", A2)], 41),
    "a folder that is Downloads": ([("Downloads/jobs.csv", A), ("jobs.csv", A)], 40),
}  # fmt: skip


def loads(bench: Bench, steps: list[Step], **options: object) -> Store:
    """Load files one after another, each overwriting one of its name."""
    root = bench.tmp / "mlruns"
    (bench.tmp / "data").mkdir(exist_ok=True)
    bench.patch.chdir(bench.tmp / "data")
    for name, text in steps:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding="utf-8", newline="")
        ingest(IngestRequest("jobs", (name,), Setting(), DAY, root, **options))
    return Store(root)


def counted_once(bench: Bench, steps: list[Step], hours: float, grain: str = "hour") -> None:
    """The hours are those of the jobs, each once, and the store is whole."""
    store = loads(bench, steps, grain=grain)
    assert store.as_of(DAY, measure="gpu_hours")["value"].sum() == hours
    assert verify(store) == []


def packed(name: str, content: bytes) -> bytes:
    """Return a file as another program packs it."""
    into = io.BytesIO()
    if name.endswith(".gz"):
        return gzip.compress(content)
    if name.endswith(".zip"):
        with zipfile.ZipFile(into, "w") as archive:
            archive.writestr("jobs.csv", content)
    else:
        with tarfile.open(fileobj=into, mode="w") as archive:
            info = tarfile.TarInfo("jobs.csv")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return into.getvalue()


def packed_counts_once(bench: Bench, kind: str) -> None:
    """A file and the same file packed are one load."""
    store = loads(bench, [("jobs.csv", A)])
    Path(f"jobs.csv{kind}").write_bytes(packed(kind, A.encode()))
    ingest(IngestRequest("jobs", (f"jobs.csv{kind}",), Setting(), DAY, store.root))
    assert store.as_of(DAY, measure="gpu_hours")["value"].sum() == 40


def restated(bench: Bench, change: Setting) -> None:
    """The same bytes under other options restate what they gave."""
    store = loads(bench, [("jobs.csv", A)])
    ingest(IngestRequest("jobs", ("jobs.csv",), change, DAY, store.root))
    assert store.as_of(DAY, measure="gpu_hours")["value"].sum() == 40


CELLS = (
    "=1+1", "+1+cmd", "-2+3", "@SUM(1)", "\t=1", "\r=1", "=HYPERLINK(\"http://x\",\"y\")", "=cmd|' /C calc'!A0",
    "\n=1", " =1", "\uff1d1+1", "'=1", "\x1b]0;owned\x07", "\x1b[2J", "\u202eevil", "<script>alert(1)</script>",
    "a\x00b",
    "\u2066x\u2069", "x" * 5000,
)  # fmt: skip


def _series(cell: str, bench: Bench) -> pd.DataFrame:
    rows = Store(bench.fixture("filled") / "mlruns").as_of(pd.Timestamp("2026-03-05", tz="UTC"))
    return to_series(rows, "day", group="segment").assign(group=cell)


def cell_runs_nothing(bench: Bench, kind: str, cell: str) -> None:
    """A spreadsheet that opens the file sees text; the text itself is there to the letter, or is refused by name."""
    file = bench.tmp / f"usage.{kind}"
    if told(lambda: write_table(_series(cell, bench), file)):
        assert not file.exists()
        return
    if kind == "csv":
        read = pd.read_csv(file, dtype=str, keep_default_na=False)["group"]
        assert not any(each.lstrip("\t\r\n").startswith(("=", "+", "-", "@")) for each in read), read.iloc[0]
        assert all(cell.strip("\r\n") in each or cell in each for each in read)
    else:
        with zipfile.ZipFile(file) as opened:
            sheets = "".join(opened.read(each).decode() for each in opened.namelist() if "worksheets" in each)
        assert "<f>" not in sheets
        assert "<hyperlink" not in sheets


def screen_obeys_nothing(bench: Bench, cell: str) -> None:
    """No letter that a terminal obeys reaches it."""
    into = io.StringIO()
    CarefulStream(into, ()).write(cell)
    assert not set(into.getvalue()) & set("\x1b\x07\x00\x9b\u202e\u2066")


def bomb(bench: Bench) -> bytes:
    """Return 400 MB in a file of kB."""
    return gzip.compress((HEAD + "x").encode() + bytes(400_000_000), compresslevel=1)


def dictionary(rows: int, letters: int) -> bytes:
    """Return a Parquet file of one text that every row refers to."""
    into, text = io.BytesIO(), "x" * letters
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))
    pq.write_table(pa.table({"job_id": column, "state": column}), into, compression="zstd")
    return into.getvalue()


def beginnings(rows: int, letters: int) -> bytes:
    """Return a Parquet file of one text that every row says again by what it adds to the row before: nothing."""
    into = io.BytesIO()
    table = pa.table({name: ["x" * letters] * rows for name in ("job_id", "state")})
    coded = dict.fromkeys(table.column_names, "DELTA_BYTE_ARRAY")
    pq.write_table(table, into, compression="zstd", use_dictionary=False, column_encoding=coded, write_statistics=False)
    return into.getvalue()


def nothing(rows: int) -> bytes:
    """Return a Parquet file of rows that hold nothing."""
    into = io.BytesIO()
    pq.write_table(pa.table({"job_id": pa.nulls(rows, pa.int64())}), into, row_group_size=rows)
    return into.getvalue()


def twice() -> bytes:
    """Return a Parquet file with one name for two columns."""
    into = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["job_id", "job_id"]), into)
    return into.getvalue()


def slip() -> bytes:
    """Return an archive whose file would land outside the folder it is unpacked to."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w") as archive:
        info = tarfile.TarInfo("../../escaped.csv")
        info.size = len(A)
        archive.addfile(info, io.BytesIO(A.encode()))
    return into.getvalue()


PARQUET = dictionary(5, 3)
FILES: dict[str, tuple[str, bytes | Callable[[Bench], bytes]]] = {
    "empty": ("a.csv", b""), "one byte": ("a.csv", b"x"), "zeros": ("a.csv", bytes(10_000)),
    "a header alone": ("a.csv", HEAD.encode()),
    "no UTF-8": ("a.csv", A.encode().replace(b"COMPLETED", b"\xff\xfe\xfd")), "UTF-16": ("a.csv", A.encode("utf-16")),
    "half a row": ("a.csv", A.encode()[:-30]), "an open quote": ("a.csv", A.encode() + b'"1,2\n' * 50),
    "a column twice": ("a.csv", A.replace("gpus", "state").encode()), "other columns": ("a.csv", b"a,b\n1,2\n"),
    "a row of 100,000 cells": ("a.csv", HEAD.encode() + b"1," * 100_000 + b"\n"),
    "a cell of 5 MB": ("a.csv", HEAD.encode() + b"9" * 5_000_000 + b",COMPLETED,,,,1\n"),
    "a number of 5,000 digits": ("a.csv", A.replace(",4\n", "," + "9" * 5000 + "\n").encode()),
    "an infinite number": ("a.csv", A.replace(",4\n", ",inf\n").encode()),
    "NaN": ("a.csv", A.replace(",4\n", ",nan\n").encode()),
    "a number below nought": ("a.csv", A.replace(",4\n", ",-4\n").encode()),
    "1e300 of them": ("a.csv", A.replace(",4\n", ",1e300\n").encode()),
    "a day that is none": ("a.csv", A.replace("2026-03-01", "2026-02-30").encode()),
    "the year 99999": ("a.csv", A.replace("2026-03-01", "99999-03-01").encode()),
    "an end before its start": ("a.csv", A.replace("T10:00:00Z,4", "T10:00:00Z,4").replace("2026-03-01T10",
    "2025-03-01T10").encode()),
    "gzip that ends early": ("a.csv.gz", gzip.compress(A.encode())[:-12]),
    "gzip that is none": ("a.csv.gz", A.encode()),
    "gzip within gzip": ("a.csv.gz", gzip.compress(gzip.compress(A.encode()))), "a gzip bomb": ("a.csv.gz", bomb),
    "gzip with garbage after it": ("a.csv.gz", gzip.compress(A.encode()) + b"garbage"),
    "Parquet cut in half": ("a.parquet", PARQUET[: len(PARQUET) // 2]),
    "Parquet that is none": ("a.parquet", A.encode()),
    "Parquet with a bit flipped": ("a.parquet", PARQUET[:-30] + bytes([PARQUET[-30] ^ 8]) + PARQUET[-29:]),
    "Parquet with a name twice": ("a.parquet", twice()), "a Parquet bomb": ("a.parquet", dictionary(2000, 1_000_000)),
    "Parquet of shared beginnings": ("a.parquet", lambda _: beginnings(400, 1_000_000)),
    "Parquet of 50 million rows of nothing": ("a.parquet", lambda _: nothing(50_000_000)),
    "xlsx that is none": ("a.xlsx", b"PK\x03\x04" + bytes(100)),
    "xlsx that is a zip of text": ("a.xlsx", packed(".zip", A.encode())),
    "a zip that ends early": ("a.zip", packed(".zip", A.encode())[:-20]),
    "an archive that climbs out": ("a.tar", slip()),
    "JSON lines cut in half": ("a.jsonl", b'{"job_id": 1, "sta'),
    "a compound file that is no workbook": ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)),
    "JSON nested 900 deep": ("a.json", b'{"a":' * 900 + b"1" + b"}" * 900),
    "JSON nested 100,000 deep": ("a.jsonl", b"[" * 100_000),
    "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
}  # fmt: skip


def file_told(bench: Bench, name: str, content: bytes | Callable[[Bench], bytes]) -> None:
    """It is refused in one line that names it, or its rows are counted: stored, repeated or set aside."""
    bench.patch.chdir(bench.tmp)
    Path(name).write_bytes(content if isinstance(content, bytes) else content(bench))
    kept: list[dict[str, float]] = []
    request = IngestRequest("jobs", (name,), Setting(), DAY, bench.tmp / "mlruns")
    said = told(lambda: kept.append(ingest(request).report))
    assert not said or name in said or "read" in said, said
    for report in kept:
        assert report["rows"] == report["stored"] + report["repeated"] + report["quarantined"]
    if (bench.tmp / "mlruns" / "store" / "FORMAT").exists():
        assert verify(Store(bench.tmp / "mlruns")) == []
    assert {path.name for path in bench.tmp.iterdir()} <= {name, "mlruns"}
    assert not (bench.tmp.parent / "escaped.csv").exists()


def missing(path: Path) -> None:
    """Leave nothing."""


PLACES: dict[str, Callable[[Path], object]] = {
    "not there": missing, "a folder without files": Path.mkdir,
    "a link that leads nowhere": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}  # fmt: skip


def place_told(bench: Bench, place: Callable[[Path], object]) -> None:
    """It is refused in one line, and no store is made."""
    place(bench.tmp / "jobs.csv")
    request = IngestRequest("jobs", (str(bench.tmp / "jobs.csv"),), Setting(), DAY, bench.tmp / "mlruns")
    assert "jobs.csv" in told(lambda: ingest(request))
    assert not (bench.tmp / "mlruns" / "store" / "log").exists()


ONCE = Kind(
    "rows-by-name", "each job's hours count once, whatever its file is called", "hours, and the digests of the store"
)
ONCE_PACKED = Kind("rows-by-name", "each job's hours count once", "hours")
RESTATED = Kind("rows-by-name", "what they gave is restated, not added", "hours")
NO_FORMULA = Kind(
    "untrusted-files", "no cell is run by a spreadsheet", "the cells of the file as another program reads them"
)
NO_ORDER = Kind("untrusted-files", "no name commands a terminal", "letters that reach it")
COUNTED = Kind(
    "untrusted-files",
    "told in one line, or every row of it counted",
    "the message or the report, digests of the store, files beside it",
)
NO_LOAD = Kind("untrusted-files", "told in one line, and no store is made", "the message, and that no log is there")


def cases() -> Iterator[Case]:
    """Yield loads by the names of their files, and files by what is wrong with them."""
    for words, (steps, hours) in NAMED.items():
        for grain in ("hour", "day"):
            yield ONCE(f"{words}, by {grain}", partial(counted_once, steps=steps, hours=hours, grain=grain))
    for kind in (".gz", ".zip", ".tar"):
        yield ONCE_PACKED(f"the same file packed as {kind}", partial(packed_counts_once, kind=kind))
    for words, change in {
        "another cluster": Setting(cluster="b"),
        "another zone": Setting(clock=Clock("Asia/Tokyo")),
    }.items():
        yield RESTATED(f"the same bytes under {words}", partial(restated, change=change))
    for cell in CELLS:
        for kind in ("csv", "xlsx"):
            yield NO_FORMULA(f"{kind} with {shown(cell)}", partial(cell_runs_nothing, kind=kind, cell=cell))
        if set(cell) & set("\x1b\x07\x00\u202e\u2066"):
            yield NO_ORDER(f"the screen shows {shown(cell)}", partial(screen_obeys_nothing, cell=cell))
    for words, (name, content) in FILES.items():
        yield COUNTED(f"{name}: {words}", partial(file_told, name=name, content=content))
    for words, place in PLACES.items():
        yield NO_LOAD(f"a file to load is {words}", partial(place_told, place=place))  # fmt: skip
