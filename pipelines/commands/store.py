"""`shiftcast store`: contents of the usage store, its verification, and copies of it.

The store is imported where it is used: Ibis and DuckDB take a second, which other commands should not wait for.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer
from rich.table import Table

from shiftcast.features.input_error import InputError
from shiftcast.features.usage import period_ends, to_series
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.ingest import into_root
from shiftcast.pipelines.commands.noted import check_output, notes_of
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.tables.writing import write_table

if TYPE_CHECKING:
    from shiftcast.pipelines.store import Entry, Store

Of = Annotated[str, typer.Option("--fleet", "--into", help="The store of a fleet of yours, such as mine.")]
store_app = typer.Typer(
    help="The store of usage: history, verification, compaction, copies.", no_args_is_help=True, add_completion=False
)


@store_app.command()
def verify(fleet: Of = "") -> None:
    """Check every file against its digest, every row count against the log, every key and snapshot."""
    from shiftcast.pipelines.store.snapshots import snapshots  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.store.verify import refuse_damage  # noqa: PLC0415  (keeps --help fast)

    store = _store(fleet)
    refuse_damage(store)
    entries = store.entries()
    _say(f"{store.folder}: whole; {len(entries)} commits, {len(snapshots(store))} snapshots")


@store_app.command()
def compact(fleet: Of = "") -> None:
    """Write the rows of all batches into one file; what is known as of any day stays the same."""
    done = _store(fleet).compact()
    _say(f"commit {done.number} stands for {len(done.replaces)} batches" if done else "there is nothing to compact")


@store_app.command()
def back(fleet: Of = "") -> None:
    """Take the store back to its version before this shiftcast wrote to it; what was loaded since is moved aside."""
    from shiftcast.pipelines.store.formats import take_back  # noqa: PLC0415  (keeps --help fast)

    former, aside = take_back(_store(fleet).folder)
    since = f"; what was loaded since is in {aside}, to be loaded again" if aside else ""
    _say(f"of version {former.version} again, with {former.commits} commits{since}")


@store_app.command()
def history(
    as_json: Annotated[bool, typer.Option("--json", help="Print the commits as JSON.")] = False, fleet: Of = ""
) -> None:
    """List every commit: when it was recorded, when its rows were known, what it loaded."""
    entries = _store(fleet).entries()
    if as_json:
        sys.stdout.write(json.dumps([asdict(each) for each in entries], indent=1) + "\n")
    else:
        wide_console().print(_history_table(entries))


@store_app.command()
def snapshot(
    as_of: Annotated[str | None, typer.Option(help="Day the usage was known on; today if left out.")] = None,
    fleet: Of = "",
) -> None:
    """Copy the usage known on a day, dated and never changed."""
    from shiftcast.pipelines.store.snapshots import take_snapshot  # noqa: PLC0415  (keeps --help fast)

    store = _store(fleet)
    _say(str(store.folder / "snapshots" / take_snapshot(store, as_day(as_of, "--as-of"))))


@store_app.command()
def export(
    output: Annotated[
        Path,
        typer.Argument(help="File of series,group,period_end,value,bound and labels."),
    ],
    grain: Annotated[str, typer.Option(help="Length of the periods.")] = "day",
    measure: Annotated[str | None, typer.Option(help="Only this measure.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit.")] = None,
    loaded_grain: Annotated[str | None, typer.Option(help="Only usage stored at this grain.")] = None,
    group: Annotated[str, typer.Option(help="Leaf dimension that groups the series.")] = "segment",
    absent: Annotated[
        float | None, typer.Option(help="Value of periods without a row, within a series; left out without it.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Day the usage was known on; today if left out.")] = None,
    fleet: Of = "",
) -> None:
    """Write usage in the long form that `shiftcast volume` takes."""
    check_output(output)
    equal = {name: value for name, value in (("measure", measure), ("unit", unit), ("grain", loaded_grain)) if value}
    usage = _store(fleet).as_of(as_day(as_of, "--as-of"), **equal)
    if usage.empty:
        of = "".join(f" of {name} {value!r}" for name, value in equal.items())
        raise InputError(f"no usage{of} was known by then; see `shiftcast store history`")
    long = to_series(usage, grain, group=group, absent=absent)
    figures = long["value"].map(lambda value: float(f"{value:.12g}"))  # what sums of doubles are good for
    notes = notes_of(lines=(f"usage by {grain}", *map(str, equal.items())), as_of=as_day(as_of, "--as-of"))
    write_table(long.assign(period_end=_as_text(long["period_end"], grain), value=figures), output, notes=notes)
    _say(f"{output}: {len(long)} rows of {long['series'].nunique()} series")
    last, day = period_ends(usage).max(), pd.Timedelta(days=int(grain not in {"minute", "hour"}))
    open_ = int((long["period_end"] + day > last).sum())
    if open_:
        _say(f"{open_} rows are of a {grain} that was not over as the usage ends: give `shiftcast volume` "
             f"--as-of {last:%Y-%m-%dT%H:%M}")  # fmt: skip


def _store(fleet: str) -> Store:
    from shiftcast.pipelines.store import Store  # noqa: PLC0415  (keeps --help fast)

    return Store(into_root(fleet))


def _as_text(ends: pd.Series, grain: str) -> pd.Series:
    return ends.dt.strftime("%Y-%m-%dT%H:%MZ" if grain in {"minute", "hour"} else "%Y-%m-%d")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _history_table(entries: list[Entry]) -> Table:
    table = Table(title="Commits of the usage store", title_justify="left")
    for heading in ("commit", "kind", "recorded at", "known at", "usage rows", "set aside", "sources", "digest"):
        table.add_column(heading)
    for each in entries:
        usage = sum(rows for name, (_, rows) in each.files.items() if name != "quarantine.parquet")
        quarantined = each.files.get("quarantine.parquet", ("", 0))[1]
        table.add_row(
            str(each.number), each.kind, each.recorded_at, each.known_at, f"{usage:,}", f"{quarantined:,}",
            ", ".join(each.sources[:3]) + (f" and {len(each.sources) - 3} more" if len(each.sources) > 3 else ""),
            each.digest[:12],
        )  # fmt: skip
    return table
