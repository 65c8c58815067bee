"""Load files of one kind into the store, with a report of what was read, quarantined, unlabelled and missing.

Rows in = rows stored + rows repeated + rows quarantined, always. Nothing is stored unless every file could be read to
its end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.features.frames import DataFrame, Quarantine, conform
from shiftcast.features.labels import Rules
from shiftcast.pipelines.ingest.reading import IngestRequest, ReadFile, batches_of
from shiftcast.pipelines.ingest.spool import Closed, Collected, Counts, Spool
from shiftcast.pipelines.sources.catalogue import find_source
from shiftcast.pipelines.sources.normal import Source
from shiftcast.pipelines.sources.opening import expand, name_files
from shiftcast.pipelines.store import Arrival, Reckoning, Store, load_items
from shiftcast.pipelines.store.durable import write_durably
from shiftcast.pipelines.store.log import Entry
from shiftcast.pipelines.store.reading import utc_day
from shiftcast.pipelines.store.staging import report_of

__all__ = ["IngestRequest", "Ingested", "ingest", "read_files", "reasons", "write_report"]

SPARK: Final = "spark"
VERSION: Final = 2  # of what turns files into rows; part of a load's digest, so that a better reader may load again


@dataclass(frozen=True)
class Ingested:
    """The outcome of a load: the data-quality report as plain values, and the quarantined rows.

    Attributes
    ----------
    report
        ``rows, stored, repeated, quarantined, reasons, totals, unlabelled, gaps, ...``; rows = stored + repeated +
        quarantined.
    quarantine
        Frame ``Quarantine``.
    new
        False if the same files had been loaded in the same way before; nothing was changed then.
    """

    report: dict[str, Any]
    quarantine: DataFrame[Quarantine]
    new: bool


def ingest(request: IngestRequest, *, progress: Callable[[str, int], None] = lambda _name, _rows: None) -> Ingested:
    """Load files into the store.

    Parameters
    ----------
    request
        Files and options.
    progress
        Called with the name of the file under way and the rows read so far.

    Returns
    -------
    Ingested
        Report, quarantined rows, and whether anything was stored.

    Raises
    ------
    UnreadableFileError
        If a file cannot be read at all; then nothing of the load is stored.
    ValueError
        If the source, the grain or the engine is unknown.
    StoreError
        As :meth:`pipelines.store.Store.append`.
    """
    with TemporaryDirectory(prefix="shiftcast-ingest-") as folder:
        report, closed, digest = read_files(request, Path(folder), progress=progress)
        quarantine = _framed(closed.quarantine, request.feed)
        if closed.parts is None:
            return Ingested({**report, "new": False, "commit": None}, quarantine, new=False)
        progress("storing", report["rows"])
        reckoning = Reckoning(request.grain, request.engine, request.master, request.evidence, request.work)
        guessed = not (request.setting.cluster or request.feed)
        load = Arrival(closed.parts, utc_day(request.known_at), restates=request.restates, guessed=guessed,
                       content=report["content"])  # fmt: skip
        done = load_items(Store(request.root), load, quarantine, digest, reckoning, files=report["files"],
                          noted=partial(_note, Store(request.root), report))  # fmt: skip
    return Ingested(_whole(report, done.told, done.entry.number, new=done.new), quarantine, done.new)


def _note(store: Store, report: dict[str, Any], entries: list[Entry], told: Mapping[str, Any]) -> None:
    """Write the report of a commit before it is one; the next writer removes that of a load which dies here."""
    number = len(entries) + 1
    write_report(_whole(report, told, number, new=True), report_of(store.folder, number))


def _whole(report: dict[str, Any], told: Mapping[str, Any], commit: int, *, new: bool) -> dict[str, Any]:
    return {**report, **_told(report, told), "new": new, "commit": commit}


def _told(report: dict[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the store made of the rows: those that told it nothing new are repeated, not stored."""
    known = int(told.get("known", 0))
    return {**told, "stored": report["stored"] - known, "repeated": report["repeated"] + known}


def read_files(
    request: IngestRequest, folder: Path, *, progress: Callable[[str, int], None] = lambda _name, _rows: None
) -> tuple[dict[str, Any], Closed, str]:
    """Read and check files without storing anything.

    Parameters
    ----------
    request
        Files and options.
    folder
        Empty folder for the spool.
    progress
        As in :func:`ingest`.

    Returns
    -------
    tuple
        The data-quality report, the closed spool in ``folder``, and the digest of content and options.

    Raises
    ------
    UnreadableFileError
        If a file cannot be read at all.
    ValueError
        If the source is unknown.
    """
    source = find_source(request.source)
    spool: Spool | Collected
    if request.engine == SPARK:
        from shiftcast.pipelines.ingest.workers import read_by_workers  # noqa: PLC0415  (an extra)

        files, spool = read_by_workers(request, folder, progress)
    else:
        files, spool = _read_here(request, folder, progress)
    seen: dict[bytes, list[ReadFile]] = {}
    for each in files:
        seen.setdefault(each.content, []).append(each)
    same = [] if request.setting.cluster else [
        name for alike in seen.values() for each in alike[1:] for name in each.members
    ]  # fmt: skip
    closed = spool.close(request.until, same)
    whole = hashlib.sha256(b"".join(each.content for each in files))
    report = {
        "source": source.name, "files": [name for each in files for name in each.members],
        "content": hashlib.sha256(b"".join(sorted(seen))).hexdigest(), "same_bytes": same, "rows": spool.counts.rows,
        "stored": spool.counts.rows - spool.counts.quarantined - closed.findings["repeated"],
        "quarantined": spool.counts.quarantined,
        "idle_rules": _idle(request.setting.rules, spool.counts), "reasons": reasons(closed.quarantine),
        **closed.findings, **_declared(source),
    }  # fmt: skip
    return report, closed, _digest(whole.hexdigest(), request)


def _read_here(
    request: IngestRequest, folder: Path, progress: Callable[[str, int], None]
) -> tuple[list[ReadFile], Spool]:
    """Return the files of a load, and a spool of what they hold."""
    files = []
    with Spool(folder) as spool:
        for path, name in name_files(expand(request.paths)).items():
            content, members = hashlib.sha256(), []
            for batch, member in batches_of(request, path, name, content):
                if batch is None:
                    members.append(member)
                    continue
                spool.add(batch)
                progress(member, spool.counts.rows)
            files.append(ReadFile(content.digest(), tuple(members)))
    return files, spool


def _idle(rules: Rules, counts: Counts) -> list[str]:
    """Return the rules that fit no row of the load, a mistyped field or pattern perhaps."""
    fitted = np.broadcast_to(counts.fitted, len(rules.rules))
    return [f"{rule.field},{rule.pattern}" for rule, rows in zip(rules.rules, fitted, strict=True) if rows == 0]


def _declared(source: Source) -> dict[str, str]:
    return {"grain": source.grain, "time_base": source.time_base, "units": source.units, "cannot_know": source.blind}


def _digest(content: str, request: IngestRequest) -> str:
    """Return the digest of everything that decides the rows: bytes, options, and this reader's version."""
    options = asdict(replace(request.setting, mapping=None, instances=None))
    mapping = None if request.setting.mapping is None else request.setting.mapping.to_dict("records")
    instances = request.setting.instances
    extra = None if instances is None else hashlib.sha256(instances.read_bytes()).hexdigest()
    whole = [VERSION, content, request.source, request.grain, str(request.until), request.feed, request.evidence,
             str(request.known_at), request.restates, options, mapping, extra]  # fmt: skip
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


def reasons(quarantine: pd.DataFrame) -> list[dict[str, Any]]:
    """Count quarantined rows by column and reason, the most first, each with its first example.

    Parameters
    ----------
    quarantine
        ``source, line, column, value, reason``.

    Returns
    -------
    list of dict
        ``count, column, reason, source, line, value`` of each column and reason.

    Examples
    --------
    >>> rows = [("a.csv", 7, "gpus", "x", "is not a number"), ("a.csv", 9, "gpus", "y", "is not a number")]
    >>> table = pd.DataFrame(rows, columns=["source", "line", "column", "value", "reason"])
    >>> [(each["count"], each["line"], each["value"]) for each in reasons(table)]
    [(2, 7, 'x')]
    """
    kinds = quarantine.assign(
        kind=quarantine["reason"].str.replace(r" stands in .* at line \d+", " stands above", regex=True)
    )
    grouped = kinds.groupby(["column", "kind"], sort=False)
    firsts = grouped.first().assign(count=grouped.size()).reset_index()
    ordered = firsts.sort_values(["count", "column", "kind"], ascending=[False, True, True], kind="stable")
    return [{"count": int(row["count"]), "column": row["column"], "reason": row["kind"], "source": row["source"],
             "line": int(row["line"]), "value": row["value"]} for row in ordered.to_dict("records")]  # fmt: skip


def _framed(quarantine: pd.DataFrame, feed: str) -> DataFrame[Quarantine]:
    """Return the quarantine as its frame, each place with its feed in front where one is named."""
    named = quarantine.assign(source=f"{feed}/" + quarantine["source"].astype(str)) if feed else quarantine
    return conform(named.assign(value=named["value"].astype(str)), Quarantine)


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write the data-quality report as JSON.

    Parameters
    ----------
    report
        Plain values, as :class:`Ingested` holds them.
    path
        File to write; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, f"{json.dumps(report, indent=1, default=str)}\n".encode())
