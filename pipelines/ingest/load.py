"""Load files of one kind into the store, with a report of what was read, quarantined, unlabelled and missing.

Rows in = rows stored + rows quarantined, always. Nothing is stored unless every file could be read to its end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pandas as pd

from shiftcast.features.frames import DataFrame, Quarantine, conform
from shiftcast.pipelines.engine import aggregate
from shiftcast.pipelines.engine.connection import duckdb_connection
from shiftcast.pipelines.ingest.spool import Closed, Spool
from shiftcast.pipelines.sources.catalogue import find_source
from shiftcast.pipelines.sources.normal import Source, normalise
from shiftcast.pipelines.sources.opening import expand, name_files, opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.store import Store

VERSION: Final = 1  # of what turns files into rows; part of a load's digest, so that a better reader may load again


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
        Name the rows are stored under instead of their file's: a later load of the same feed corrects it.
    evidence
        Who stands behind the rows: ``measured, independent, vendor`` or ``assumed``.
    restates
        Whether the files are all there is to say of their feed: earlier figures not among them are withdrawn.
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
        ``rows, stored, quarantined, reasons, totals, unlabelled, gaps, ...``; rows = stored + quarantined.
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
        if closed.spans is None and closed.points is None:
            return Ingested({**report, "new": False, "commit": None}, quarantine, new=False)
        progress("aggregating", report["rows"])
        usage = aggregate(spans=_fed(closed.spans, request.feed), points=_fed(closed.points, request.feed),
                          grain=request.grain, engine=request.engine, master=request.master,
                          evidence=request.evidence)  # fmt: skip
        done = Store(request.root).append(usage, quarantine, digest, request.known_at.to_pydatetime(),
                                            restates=request.restates)  # fmt: skip
    whole = {**report, "new": done.new, "commit": done.entry.number}
    if done.new:
        write_report(whole, request.root / "ingest" / f"{done.entry.number:08d}.json")
    return Ingested(whole, quarantine, done.new)


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
    content, read = hashlib.sha256(), []
    with Spool(folder) as spool:
        for path, name in name_files(expand(request.paths)).items():
            with opened(path, name, content) as files:
                for file in files:
                    read.append(file.name)
                    for chunk in source.read(file, request.setting):
                        spool.add(normalise(source, chunk, request.setting))
                        progress(file.name, spool.counts.rows)
        closed = spool.close(request.until)
    report = {
        "source": source.name, "files": read, "rows": spool.counts.rows,
        "stored": spool.counts.rows - spool.counts.quarantined, "quarantined": spool.counts.quarantined,
        "reasons": reasons(closed.quarantine), **closed.findings, **_declared(source),
    }  # fmt: skip
    return report, closed, _digest(content.hexdigest(), request)


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


def _fed(path: Path | None, feed: str) -> Any:
    """Return rows for the engine, under the feed's name where one is given."""
    if path is None or not feed:
        return path
    import ibis  # noqa: PLC0415  (slow to import, and seldom needed)

    return duckdb_connection().read_parquet(path).mutate(source=ibis.literal(feed))


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
