"""`shiftcast ingest check`: what files are, which source reads them, and their totals computed a second way."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import pandas as pd
import typer
from rich.markup import escape

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.ingest.load import IngestRequest, read_files
from shiftcast.pipelines.sources.chunks import document
from shiftcast.pipelines.sources.formats.identify import field_names, rank_sources
from shiftcast.pipelines.sources.formats.mapping import Described, read_mapping
from shiftcast.pipelines.sources.formats.rows import format_of
from shiftcast.pipelines.sources.formats.second import Raw, leave_out, load_lines, load_raw, raw_database, second_totals
from shiftcast.pipelines.sources.opening import expand, name_files, opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

_NEAR: Final = 1e-6  # what the order of a sum of floating-point numbers can change
_SHOWN: Final = 12
_RECORDS: Final = frozenset({"pbs", "swf"})  # whose second way reads lines, since they are no table


@dataclass(frozen=True)
class Checked:
    """A file, and what it came to both ways.

    Attributes
    ----------
    file, form
        Its name, and what it is written as.
    columns, rows
        Its columns and rows; none of a document whose rows only its own reader finds.
    sources
        Sources that read it, the likeliest first, with the columns that speak for each.
    first, last
        Period of its rows.
    totals
        Measure to the totals of the readers and of the second way, ``None`` without one.
    note
        What went wrong, or was set aside.
    agrees
        Whether no total differs, and there is one.
    """

    file: str
    form: str
    columns: tuple[str, ...]
    rows: int
    sources: Mapping[str, tuple[str, ...]]
    first: str = ""
    last: str = ""
    totals: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)
    note: str = ""
    agrees: bool = False


def check_files(paths: Sequence[str], setting: Setting, until: pd.Timestamp | None, *, as_json: bool) -> None:
    """Print what files are, which source reads each and why, and whether two ways to its totals agree.

    Parameters
    ----------
    paths
        Files, or patterns.
    setting
        What the files do not tell; with a mapping they are tables.
    until
        Moment up to which what has no end ran.
    as_json
        Print plain values as JSON.

    Raises
    ------
    typer.Exit
        With status 1 if a total differs, or no source knows a file.
    """
    found = [check_file(path, name, setting, until) for path, name in name_files(expand(list(paths))).items()]
    if as_json:
        sys.stdout.write(json.dumps([asdict(each) for each in found], indent=1) + "\n")
    else:
        for each in found:
            _show(each)
    if not all(each.agrees for each in found):
        raise typer.Exit(1)


def check_file(path: str, name: str, setting: Setting, until: pd.Timestamp | None = None) -> Checked:
    """Return what a file is, and what it comes to both ways; nothing is stored.

    Parameters
    ----------
    path, name
        Path, and the name it has in messages.
    setting
        As in :func:`check_files`.
    until
        Moment up to which what has no end ran.

    Returns
    -------
    Checked
        The findings.

    Raises
    ------
    UnreadableFileError
        If it cannot be opened.
    """
    described = None if setting.mapping is None or "role" not in setting.mapping else read_mapping(setting.mapping)
    with raw_database(setting) as database:
        form, loaded, names, first_line, said = _looked_at(database, path, name, setting)
        columns = tuple(loaded.values())[-1].columns if loaded else ()
        rows = sum(raw.rows for raw in loaded.values())
        matches = rank_sources(names, first_line)
        ranked = {"table": ("--map",)} if described else {each.source: each.columns for each in matches}
        plain = Checked(name, form, columns, rows, ranked)
        if not ranked:
            unknown = "no source knows these columns; describe them with --map (docs/ingest/tables.md)"
            return _noted(plain, unknown if columns else said or unknown)
        return _totalled(database, plain, loaded, path, setting, until, described)


def _looked_at(
    database: duckdb.DuckDBPyConnection, path: str, name: str, setting: Setting
) -> tuple[str, dict[str, Raw], set[str], str, str]:
    """Return form, what was loaded by file, names of columns and fields, first line, and why a file is refused."""
    form, first_line, said = "", "", ""
    loaded: dict[str, Raw] = {}
    names: set[str] = set()
    with opened(path, name, hashlib.sha256()) as files:
        for file in files:
            first_line = first_line or file.first_line()
            kind, whole = format_of(file)
            try:
                raw = load_raw(database, whole, setting)
                form, loaded[file.name] = raw.form, raw
                names |= set(raw.columns)
            except (UnreadableFileError, duckdb.Error) as error:
                form, said = form or kind, str(error).partition("\n")[0]
    if form.startswith("JSON"):
        names |= _fields(path, name)
    return form, loaded, names, first_line, said


def _fields(path: str, name: str) -> set[str]:
    """Return the names of fields anywhere in a JSON document, whose own reader may find rows in it."""
    with opened(path, name, hashlib.sha256()) as files:
        try:
            return set().union(*(field_names(document(file)) for file in files))
        except UnreadableFileError:
            return set()


def _noted(plain: Checked, note: str) -> Checked:
    return Checked(**{**plain.__dict__, "note": note})


def _totalled(
    database: duckdb.DuckDBPyConnection, plain: Checked, loaded: Mapping[str, Raw], path: str, setting: Setting,
    until: pd.Timestamp | None, described: Described | None,
) -> Checked:  # fmt: skip
    source = next(iter(plain.sources))
    request = IngestRequest(source, (path,), setting, pd.Timestamp(0, tz="UTC"), Path(), until=until)
    try:
        with TemporaryDirectory(prefix="shiftcast-check-") as folder:
            report, closed, _ = read_files(request, Path(folder))
    except InputError as error:
        return _noted(plain, str(error))
    ours: dict[str, float] = {}
    aside: list[str] = []
    for each in report["totals"]:
        waits = each["status"] == "queued" and each["measure"].endswith("_hours") and described is None
        if not waits and each["total"] is not None:
            ours[each["measure"]] = ours.get(each["measure"], 0.0) + each["total"]
    try:
        leave_out(database, loaded, closed.quarantine)
        if source in _RECORDS:
            with opened(path, plain.file, hashlib.sha256()) as files:
                for file in files:
                    load_lines(database, file)
        theirs = second_totals(database, source, str(report["last"] or ""), plain.columns, described, setting)
    except duckdb.Error as error:  # of a column that cannot be read so, which is told and no fault of the file
        theirs, aside = {}, [str(error).splitlines()[0]]
    totals = {name: (ours.get(name, 0.0), theirs.get(name)) for name in sorted({*ours, *theirs})}
    agrees = report["stored"] > 0 and all(_same(*pair) for pair in totals.values())
    aside += [f"{report['quarantined']:,} rows set aside"] if report["quarantined"] else []
    aside += [f"{each['column']} {each['value']!r} {each['reason']}" for each in report["reasons"][:3]]
    window = {"first": str(report["first"] or ""), "last": str(report["last"] or "")}
    return Checked(**{**plain.__dict__, **window, "totals": totals, "note": "; ".join(aside), "agrees": agrees})


def _same(ours: float, theirs: float | None) -> bool:
    return theirs is None or math.isclose(ours, theirs, rel_tol=_NEAR, abs_tol=_NEAR)


def _show(found: Checked) -> None:
    console = wide_console()
    names = ", ".join(found.columns[:_SHOWN]) + (", ..." if len(found.columns) > _SHOWN else "")
    console.print(escape(f"{found.file}: {found.form}, {found.rows:,} rows, {len(found.columns)} columns: {names}"))
    for place, (source, columns) in enumerate(found.sources.items()):
        console.print(escape(f"  {'may also be' if place else 'read by'} {source}: {', '.join(columns)}"))
    if found.first:
        console.print(f"  from {found.first[:16]} to {found.last[:16]} UTC")
    for measure, (ours, theirs) in found.totals.items():
        second = "no second way" if theirs is None else f"{theirs:,.2f} by DuckDB over the raw file"
        agree = ": they agree" if _same(ours, theirs) else ": THEY DIFFER; do not load it before you know why"
        verdict = "" if theirs is None else agree
        console.print(escape(f"  {measure}: {ours:,.2f} as ingest reads it, {second}{verdict}"))
    if found.note:
        console.print(f"[yellow]  {escape(found.note)}[/yellow]")
