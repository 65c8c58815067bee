"""Clocks that are wrong and code of another version: nothing newer is undone, and what is not known is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pandas as pd

from shiftcast.forecast.scoring.promotion import Decision
from shiftcast.pipelines.doctor.examine import examine
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.process import this_process
from shiftcast.pipelines.registry import deciding
from shiftcast.pipelines.registry.deciding import settle
from shiftcast.pipelines.registry.maker import Maker
from shiftcast.pipelines.registry.mlflow_store import CHALLENGER, CHAMPION
from shiftcast.pipelines.schedule.cron import as_trigger, parse_cron
from shiftcast.pipelines.schedule.runner import missed
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.state.guard import guarded, read_fence
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.sealed import SEAL, sealed
from shiftcast.pipelines.store.snapshots import take_snapshot
from shiftcast.pipelines.store.verify import verify
from table.acted import KNOWN, hours
from table.case import CHEAP, Bench, Case, Kind, shown
from table.damaged import HOURS, told

MINE = "0.9.0"
DAYS = {
    ("2026-11-28", "2026-11-28"): True, ("2026-11-29", "2026-11-28"): True, ("2026-11-27", "2026-11-28"): False,
    ("2026-04-01", "2026-11-28"): False, ("1970-01-01", "2026-11-28"): False, ("2027-01-01", "2026-12-31"): True,
    ("2026-11-28", ""): True, ("", "2026-11-28"): True, ("2100-01-01", "2026-11-28"): True,
    ("2026-11-28", "2100-01-01"): False,
}  # fmt: skip
VERSIONS = {"0.9.0": True, "0.8.9": True, "0.9.0.dev1": True, "0.9.1": False, "0.10.0": False, "1.0.0": False,
            "0.9.0.post1": False, "1.0.0rc1": False, "0+unknown": True, "not a version": True, "": True}  # fmt: skip


def takes(bench: Bench, mine: dict[str, str], theirs: dict[str, str], wins: bool) -> None:
    """A better version made so takes the alias, or is kept with the reason."""
    moves: list[str] = []
    bench.patch.setattr(deciding, "champion_version", lambda _: SimpleNamespace(tags=theirs, version="1"))
    bench.patch.setattr(deciding, "promote", lambda *_, alias, **__: moves.append(alias))
    bench.patch.setattr(deciding, "present_maker", lambda: Maker(MINE, {}))
    made = settle(
        None, SimpleNamespace(tags=mine, version="2"), lambda _: Decision(True, "promoted: better"), check=bool
    )
    assert (moves, made.promote) == ([CHAMPION if wins else CHALLENGER], wins)
    assert wins or made.reason.startswith("kept: ")


STATED: dict[str, object] = {
    "version 0": {"format": "shiftcast usage store", "version": 0},
    "version 3": {"format": "shiftcast usage store", "version": 3},
    "version 99": {"format": "shiftcast usage store", "version": 99},
    "version -1": {"format": "shiftcast usage store", "version": -1},
    "version 2.5": {"format": "shiftcast usage store", "version": 2.5},
    "version as text": {"format": "shiftcast usage store", "version": "two"},
    "no version": {"format": "shiftcast usage store"}, "another format": {"format": "photographs", "version": 2},
    "a list": [2],
    "an infinite version": {"format": "shiftcast usage store", "version": float("inf")},
}  # fmt: skip


def version_refused(bench: Bench, stated: object) -> None:
    """Readers and writers refuse it in one line, and change nothing."""
    root = bench.state()
    path = root / "store" / "FORMAT"
    path.write_text(json.dumps(stated), encoding="utf-8")
    store = Store(root)
    for use in (
        store.entries,
        lambda: hours(root),
        store.compact,
        lambda: take_snapshot(store, KNOWN),
        lambda: verify(store),
    ):
        assert "FORMAT" in told(use)
    assert json.loads(path.read_text(encoding="utf-8")) == stated


def former_version_read(bench: Bench) -> None:
    """A store of the version before is read and written on."""
    root = bench.state()
    (root / "store" / "FORMAT").write_text('{"format": "shiftcast usage store", "version": 1}', encoding="utf-8")
    assert hours(root) == HOURS
    Store(root).compact()
    assert hours(root) == HOURS


def with_fields(root: Path, change: dict[str, object]) -> None:
    """Write the last entry of the log anew, under its own digest, as later software would."""
    path = root / "store" / "log" / "00000002.json"
    stated = {name: each for name, each in json.loads(path.read_bytes()).items() if name != SEAL}
    path.write_bytes(sealed(stated | change))


def later_field_passed_over(bench: Bench) -> None:
    """An entry of later software, with a field more, is read for what is known of it."""
    root = bench.state()
    with_fields(root, {"colour": "red"})
    assert hours(root) == HOURS
    assert verify(Store(root)) == []


FIELDS = {"another kind": {"kind": "prune"}, "no replaces": {"replaces": None},
          "a folder outside": {"folder": "../../out"}, "a file outside": {"files": {"../x.parquet": ["0" * 64, 1]}},
          "an absolute folder": {"folder": "/etc"}, "a number that is not its own": {"number": 7},
          "a day that is none": {"known_at": "2026-02-30"}, "no files": {"files": []}}  # fmt: skip


def entry_refused(bench: Bench, change: dict[str, object]) -> None:
    """An entry that this code does not know is refused, not read in part."""
    root = bench.state()
    with_fields(root, change)
    assert "00000002.json" in told(lambda: hours(root))
    assert told(lambda: verify(Store(root))) or verify(Store(root))


def fence_goes_on(bench: Bench, content: dict[str, object]) -> None:
    """The next run takes a later number than any before it, and holds."""
    root = bench.state()
    (root / "fence.json").write_text(json.dumps(content), encoding="utf-8")
    with guarded(root, wait=1) as fence:
        assert fence.token > int(content.get("token", 0))
        fence.check()
    assert read_fence(root)["process"] == ""
    examine(root, root.parent / "out")


FENCES = {
    "a start in the future": {"token": 5, "process": "", "since": "2099-01-01T00:00:00Z"},
    "a process of another host": {"token": 5, "process": "elsewhere:1:2", "since": "x"},
    "this process's number at another start": {"token": 5, "process": this_process() + "1", "since": ""},
    "a field more": {"token": 5, "process": "", "since": "", "host": "x"},
    "no since": {"token": 5, "process": ""}, "a very large number": {"token": 10**15, "process": "", "since": ""},
}  # fmt: skip


def file_of_another_time(bench: Bench, seconds: float) -> None:
    """The time of a file decides nothing: the load counts once."""
    root, file = bench.state(), bench.tmp / "jobs-3.csv"
    os.utime(file, (seconds, seconds))
    for _ in range(2):
        ingest(IngestRequest("jobs", (str(file),), Setting(cluster="alps"), KNOWN, root))
        os.utime(file, (seconds + 99, seconds + 99))
    assert Store(root).as_of(KNOWN, measure="gpu_hours", source="jobs/alps")["value"].sum() == 10


def day_of_knowledge(bench: Bench, known: str, sees: dict[str, bool]) -> None:
    """What a day sees is what was known by it, whichever day it is loaded on."""
    root, file = bench.state(), bench.tmp / "jobs-3.csv"
    ingest(IngestRequest("jobs", (str(file),), Setting(cluster="alps"), pd.Timestamp(known, tz="UTC"), root))
    for day, seen in sees.items():
        found = Store(root).as_of(pd.Timestamp(day, tz="UTC"), source="jobs/alps")
        assert (len(found) > 0) is seen, day


NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LATE = {
    "a week ago": (timedelta(days=7), True), "a minute ago": (timedelta(minutes=1), False),
    "a year ago": (timedelta(days=365), True), "in the future": (timedelta(days=-30), False),
    "at this moment": (timedelta(0), False),
}  # fmt: skip


def caught_up(bench: Bench, since: timedelta, due: bool) -> None:
    """One run catches up for all that were missed, and none where the clock went back."""
    trigger = as_trigger(parse_cron("0 6 * * *"), ZoneInfo("UTC"))
    assert missed(trigger, NOW - since, NOW) is due


CHANGES = {"Europe/Berlin": ("2026-03-29", "30 2 * * *"), "America/New_York": ("2026-11-01", "30 1 * * *"),
           "Australia/Lord_Howe": ("2026-10-04", "15 2 * * *"), "UTC": ("2026-03-29", "30 2 * * *")}  # fmt: skip


def runs_daily(bench: Bench, zone: str, day: str, text: str) -> None:
    """A day on which clocks change has one run or two, and the next days one."""
    trigger, start = (
        as_trigger(parse_cron(text), ZoneInfo(zone)),
        datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)),
    )
    fired, moment = [], start - timedelta(hours=1)
    while (due := trigger.get_next_fire_time(fired[-1] if fired else None, moment)) and due < start + timedelta(days=3):
        fired.append(due)
        moment = due.astimezone(UTC) + timedelta(seconds=1)
    days = [f"{each:%Y-%m-%d}" for each in fired]
    assert sorted(set(days)) == [f"{start + timedelta(days=number):%Y-%m-%d}" for number in range(3)]
    assert len(days) <= 3 + 1


LATER_DAY = Kind(
    "clock", "no version takes the alias from a champion of a later day", "the alias that moves, and the reason", CHEAP
)
NEWER_CODE = Kind(
    "two-versions",
    "no version takes the alias from a champion of newer code",
    "the alias that moves, and the reason",
    CHEAP,
)
NOT_READ = Kind("two-versions", "another version is refused, and nothing is changed", "each reader and writer")
WRITTEN_ON = Kind("two-versions", "it is read and written on", "hours before and after")
READ_ON = Kind("two-versions", "what is known of it is read", "hours before and after")
NOT_IN_PART = Kind("two-versions", "it is refused, not read in part", "a reader and verify")
LATER_NUMBER = Kind(
    "clock", "the next run takes a later number and holds", "its number, the file afterwards, the doctor"
)
FILE_TIME = Kind("clock", "the time of a file decides nothing", "hours after two loads")
DAY_SEES = Kind("clock", "a day sees what was known by it", "usage as of days around it")
CATCHES_UP = Kind("clock", "one run catches up, and none where the clock went back", "whether one is due", CHEAP)
NO_DAY_OUT = Kind("clock", "no day is left out or run more than twice", "the times it fires", CHEAP)


def cases() -> Iterator[Case]:
    """Yield clocks and versions."""
    for (mine, theirs), wins in DAYS.items():
        yield LATER_DAY(
            f"made as of {mine or 'no day'}, the champion of {theirs or 'no day'}",
            partial(takes, mine={"shiftcast.origin": mine}, theirs={"shiftcast.origin": theirs}, wins=wins),
        )
    for theirs, wins in VERSIONS.items():
        yield NEWER_CODE(
            f"code {MINE} beside a champion of {shown(theirs)}",
            partial(
                takes,
                mine={"shiftcast.origin": "2026-11-29"},
                wins=wins,
                theirs={"shiftcast.origin": "2026-11-28", "shiftcast.version": theirs},
            ),
        )
    for words, stated in STATED.items():
        yield NOT_READ(f"a store that says {words}", partial(version_refused, stated=stated))
    yield WRITTEN_ON("a store of the version before", former_version_read)
    yield READ_ON("an entry of the log with a field more", later_field_passed_over)
    for words, change in FIELDS.items():
        yield NOT_IN_PART(f"an entry of the log with {words}", partial(entry_refused, change=change))
    for words, content in FENCES.items():
        yield LATER_NUMBER(f"fence.json with {words}", partial(fence_goes_on, content=content))
    for words, seconds in {"1970": 0, "2099": 4_070_908_800, "before 1970": -1e6}.items():
        yield FILE_TIME(f"a file to load is of {words}", partial(file_of_another_time, seconds=seconds))
    for known, sees in {
        "2026-01-01": {"2025-12-31": False, "2026-01-01": True},
        "2099-01-01": {"2026-03-05": False, "2099-01-01": True},
        "2026-03-05": {"2026-03-04": False, "2026-03-05": True},
        "1970-01-01": {"1969-12-31": False, "2026-03-05": True},
    }.items():  # fmt: skip
        yield DAY_SEES(f"a load known at {known}", partial(day_of_knowledge, known=known, sees=sees))
    for words, (since, due) in LATE.items():
        yield CATCHES_UP(f"a schedule that last ran {words}", partial(caught_up, since=since, due=due))
    for zone, (day, text) in CHANGES.items():
        yield NO_DAY_OUT(f"a schedule over the change of {zone}", partial(runs_daily, zone=zone, day=day, text=text))
