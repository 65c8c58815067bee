"""Load files of one kind into the store, with a report of what was read, quarantined, unlabelled and missing.

Rows in = rows stored + rows repeated + rows quarantined, always. Nothing is stored unless every file could be read to
its end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.features.frames import DataFrame, Quarantine, conform
from shiftcast.features.labels import Rules
from shiftcast.pipelines.ingest.clusters import cluster_of
from shiftcast.pipelines.ingest.spool import Closed, Counts, Spool
from shiftcast.pipelines.sources.catalogue import find_source
from shiftcast.pipelines.sources.normal import Source, normalise
from shiftcast.pipelines.sources.opening import STANDARD_INPUT, expand, name_files, opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.store import Arrival, Reckoning, Store, load_items
from shiftcast.pipelines.store.reading import utc_day

VERSION: Final = 2  # of what turns files into rows; part of a load's digest, so that a better reader may load again


@dataclass(frozen=True)
class IngestRequest:
    """The files of a load and its options.

    Attributes
    ----------
    source
        Name of a kind of file in ``pipelines.sources.catalogue``.
    paths
        Paths, patterns, or ``-`` for standard input.
    setting
        Options of the readers: columns, zone, rules, constants.
    known_at
        First day the world could know the rows, midnight UTC.
    root
        Folder of state; the store is below it.
    grain
        Length of the periods usage is stored in.
    engine, master
        As in :func:`pipelines.engine.aggregate`.
    until
        Moment up to which what has no end ran; the last moment of the load if None.
    feed
        Name the rows are stored under instead of the kind of file and the cluster.
    evidence
        Who stands behind the rows: ``measured, independent, vendor`` or ``assumed``.
    restates
        Whether the files are all there is to say of their kind and cluster, or feed: earlier items not among them are
        withdrawn.
    """

    source: str
    paths: tuple[str, ...]
    setting: Setting
    known_at: pd.Timestamp
    root: Path
    grain: str = "hour"
    engine: str = "duckdb"
    master: str | None = None
    until: pd.Timestamp | None = None
    feed: str = ""
    evidence: str = "measured"
    restates: bool = False


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
        reckoning = Reckoning(request.grain, request.engine, request.master, request.evidence)
        guessed = not (request.setting.cluster or request.feed)
        load = Arrival(closed.parts, utc_day(request.known_at), restates=request.restates, guessed=guessed,
                       content=report["content"])  # fmt: skip
        done = load_items(Store(request.root), load, quarantine, digest, reckoning, files=report["files"])
    whole = {**report, **_told(report, done.told), "new": done.new, "commit": done.entry.number}
    if done.new:
        write_report(whole, request.root / "ingest" / f"{done.entry.number:08d}.json")
    return Ingested(whole, quarantine, done.new)


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
    whole, read, same = hashlib.sha256(), [], []
    seen: set[bytes] = set()
    with Spool(folder) as spool:
        for path, name in name_files(expand(request.paths)).items():
            content, members = hashlib.sha256(), []
            with opened(path, name, content) as files:
                for file in files:
                    members.append(file.name)
                    setting = _clustered(request.setting, path, file.name)
                    for chunk in source.read(file, setting):
                        spool.add(normalise(source, chunk, setting, request.feed))
                        progress(file.name, spool.counts.rows)
            read += members
            same += members if content.digest() in seen and not request.setting.cluster else []
            seen.add(content.digest())
            whole.update(content.digest())
        closed = spool.close(request.until, same)
    report = {
        "source": source.name, "files": read, "content": hashlib.sha256(b"".join(sorted(seen))).hexdigest(),
        "same_bytes": same, "rows": spool.counts.rows,
        "stored": spool.counts.rows - spool.counts.quarantined - closed.findings["repeated"],
        "quarantined": spool.counts.quarantined,
        "idle_rules": _idle(request.setting.rules, spool.counts), "reasons": reasons(closed.quarantine),
        **closed.findings, **_declared(source),
    }  # fmt: skip
    return report, closed, _digest(whole.hexdigest(), request)


def _placed(path: str) -> str:
    """Return where a path lies, however it is written: a schedule and a person write the same one differently."""
    return path if path == STANDARD_INPUT else str(Path(path).resolve())


def _idle(rules: Rules, counts: Counts) -> list[str]:
    """Return the rules that fit no row of the load, a mistyped field or pattern perhaps."""
    fitted = np.broadcast_to(counts.fitted, len(rules.rules))
    return [f"{rule.field},{rule.pattern}" for rule, rows in zip(rules.rules, fitted, strict=True) if rows == 0]


def _clustered(setting: Setting, path: str, name: str) -> Setting:
    """Return the setting with the cluster of a file's folder, in the archive or on the disk, where none is given."""
    member = name.rpartition(":")[2] if ":" in name else ""
    if setting.cluster:
        return setting
    return replace(setting, cluster=cluster_of(member) or cluster_of(_placed(path)), guessed=True)


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
    path.write_text(json.dumps(report, indent=1, default=str) + "\n", encoding="utf-8")
