"""Folders and files with odd names: what is written lies where it was asked for, or nothing is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from shiftcast.features.usage import to_series
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.publish import publication
from shiftcast.pipelines.publish.publication import PUBLISHED, publish, published_digest
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.state.guard import guarded
from shiftcast.pipelines.state.ledger import DONE, Ledger, entries
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.snapshots import read_snapshot, take_snapshot
from shiftcast.pipelines.store.verify import verify
from shiftcast.pipelines.tables.places import check_place
from shiftcast.pipelines.tables.writing import write_table
from table.acted import KNOWN
from table.case import PROCESS, Bench, Case, Kind, shown
from table.damaged import HOURS, told

UNNAMED = "caf\udce9"  # bytes that are no UTF-8, as the system hands them on
ADDRESSED = (
    "a?b", "a%20b", "a%41b", "100%", "a\\b", "a\nb", "a\tb", "a\x7fb", "a\x01b", "\u202eabc", "a\u200bb", "a\xa0b",
    UNNAMED,
)  # fmt: skip
OTHERS = (
    "with space", " leading", "trailing ", "trailing.", "a#b", "a[1]", "a[!x]", "a*b", "a{1,2}b", "it's", 'say "x"',
    "a;b&c", "$HOME", "`id`", "~", "-x", "--", "a:b", "a=b", "a,b", "a|b", "<b>", "Z\u00fcrich", "Zu\u0308rich",
    "\u65e5\u672c", "\U0001f600", "x" * 250, "x" * 200 + "/" + "y" * 200 + "/" + "z" * 200,
    "nul", "year=2026", "a@b", "file:", "s3:", "...", "month=03/day=01",
)  # fmt: skip
JOBS = (
    "job_id,state,submit_time,start_time,end_time,gpus\n"
    "7,COMPLETED,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,2026-03-01T05:00:00Z,2\n"
)


def usage_store(place: Path, bench: Bench) -> None:
    """Append, read, compact, copy and verify usage below a folder."""
    store = Store(place / "mlruns")
    rows = Store(bench.fixture("filled") / "mlruns").as_of(KNOWN)
    for number, name in enumerate(HOURS):
        store.append(rows[rows["source"] == name], None, str(number) * 64, KNOWN)
    store.compact()
    copied = read_snapshot(store, take_snapshot(store, KNOWN))
    for read in (store.as_of(KNOWN), copied):
        assert dict(read.groupby("source", observed=True)["value"].sum()) == HOURS
    assert verify(store) == []


def state_files(place: Path, bench: Bench) -> None:
    """Take the lock and a number, and write the ledger."""
    with guarded(place / "mlruns", wait=1) as fence:
        Ledger(place / "mlruns", fence.token, "k", "2026-03-01").write("fit", DONE)
    assert [entry.token for entry in entries(place / "mlruns")] == [1]


def published_to(place: Path, bench: Bench) -> None:
    """Publish twice, the second time over the first."""
    bench.patch.setattr(
        publication,
        "_write",
        lambda bundle, fresh, _: [
            (fresh / name).write_text(bundle.summary.digest, encoding="utf-8") for name in PUBLISHED
        ],
    )
    for digest in "12":
        publish(SimpleNamespace(summary=SimpleNamespace(digest=digest)), place / "out", lambda *_: None)
        assert published_digest(place / "out") == digest


def exported_to(place: Path, bench: Bench) -> None:
    """Write a table in each format."""
    place.mkdir(parents=True, exist_ok=True)
    rows = to_series(Store(bench.fixture("filled") / "mlruns").as_of(KNOWN), "day", group="segment")
    for kind in ("csv", "parquet", "xlsx", "json"):
        check_place(place / f"usage.{kind}")
        write_table(rows, place / f"usage.{kind}")
        assert (place / f"usage.{kind}").stat().st_size > 100
    assert pd.read_csv(place / "usage.csv")["value"].sum() == 120


def loaded_from(place: Path, bench: Bench) -> None:
    """Load a file from a folder of the name into a plain folder of state."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "jobs.csv").write_text(JOBS, encoding="utf-8")
    _loads(place / "jobs.csv", bench)


def loaded_by_name(place: Path, bench: Bench) -> None:
    """Load a file of the name into a plain folder of state."""
    place.parent.mkdir(parents=True, exist_ok=True)
    file = place.with_name(f"{place.name[:240]}.csv")
    file.write_text(JOBS, encoding="utf-8")
    _loads(file, bench)


def _loads(file: Path, bench: Bench) -> None:
    root = bench.tmp / "plain" / "mlruns"
    ingest(IngestRequest("jobs", (str(file),), Setting(), KNOWN, root))
    assert Store(root).as_of(KNOWN, measure="gpu_hours")["value"].sum() == 10


def opened(place: Path, bench: Bench) -> None:
    """Open the store of versions for the first time, in a process of its own."""
    runs = bench.fixture("runs")
    assert runs.wait(runs.start(place / "mlruns", what="open")) == 0
    assert (place / "mlruns" / "mlflow.db").exists()


DOORS: dict[str, Callable[[Path, Bench], None]] = {
    "the store of usage": usage_store, "the lock, the number and the ledger": state_files,
    "a publication": published_to, "exports": exported_to, "a file to load lies": loaded_from,
    "the store of versions": opened,
}  # fmt: skip
EACH = {"the store of versions": 4, "exports": 2, "a file to load lies": 2}  # of names, where each costs more
STATE = ("the store of usage", "the lock, the number and the ledger", "the store of versions")


def lies_below(bench: Bench, door: Callable[[Path, Bench], None], name: str) -> None:
    """All of it works, and nothing lies beside the folder."""
    place = bench.tmp / "in" / name
    door(place, bench)
    strays = [path for path in (bench.tmp / "in").rglob("*") if path.is_file() and not path.is_relative_to(place)]
    assert strays == []
    assert {path.name for path in bench.tmp.iterdir()} <= {"in", "plain"}


def refused(bench: Bench, door: Callable[[Path, Bench], None], name: str) -> None:
    """It is told in one line what letter of the name is the matter, and nothing is written."""
    said = told(lambda: door(bench.tmp / "in" / name, bench))
    assert re.search("an address reads otherwise", said), said
    assert not (bench.tmp / "in").exists()


def by_name(bench: Bench, name: str) -> None:
    """The file is loaded whatever it is called."""
    loaded_by_name(bench.tmp / "in" / name, bench)


def unnamed(bench: Bench, door: Callable[[Path, Bench], None]) -> None:
    """A name that is not UTF-8 is told in one line."""
    assert "is not UTF-8" in told(lambda: door(bench.tmp / "in" / UNNAMED, bench))


REFUSED = Kind(
    "paths",
    "a folder that an address would read otherwise is refused before anything is written",
    "the message, and that no file is there",
)
BELOW = Kind("paths", "all works, and all lies below that folder", "what is read back, and that nothing lies beside it")
TOLD = Kind("paths", "it is told in one line", "the message")
LOADED = Kind("paths", "it is loaded whatever it is called", "its hours")


def cases() -> Iterator[Case]:
    """Yield each name at each door."""
    for words, door in DOORS.items():
        cost = {"cost": PROCESS} if door is opened else {}
        for name in ADDRESSED if words in STATE and door is not opened else ():
            yield REFUSED(f"{words} in a folder {shown(name)}", partial(refused, door=door, name=name))
        for name in OTHERS[:: EACH.get(words, 1)] + (() if words in STATE else ADDRESSED[:-1]):
            yield BELOW(f"{words} in a folder {shown(name)}", partial(lies_below, door=door, name=name), **cost)
    yield TOLD("exports in a folder that is not UTF-8", partial(unnamed, door=exported_to))
    yield LOADED("a file to load in a folder that is not UTF-8", partial(lies_below, door=loaded_from, name=UNNAMED))
    yield LOADED("a file to load is called what is not UTF-8", partial(by_name, name=UNNAMED))
    for name in (*ADDRESSED[:-1], *OTHERS[1::2]):
        if "/" not in name:
            yield LOADED(f"a file to load is called {shown(name)}.csv", partial(by_name, name=name))
