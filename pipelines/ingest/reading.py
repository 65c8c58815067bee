"""Say what a load is asked for, and read one path of it: the same rows here and on a worker of Spark."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from shiftcast.pipelines.ingest.clusters import cluster_of
from shiftcast.pipelines.sources.catalogue import find_source
from shiftcast.pipelines.sources.normal import Batch, normalise
from shiftcast.pipelines.sources.opening import STANDARD_INPUT, opened
from shiftcast.pipelines.sources.setting import Setting


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
        As in :func:`pipelines.engine.aggregate`; by Spark, its workers read the files.
    work
        URI of a folder that Spark's workers share, where they are not on this machine.
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
    work: str | None = None
    until: pd.Timestamp | None = None
    feed: str = ""
    evidence: str = "measured"
    restates: bool = False


@dataclass(frozen=True)
class ReadFile:
    """A file of a load that was read to its end.

    Attributes
    ----------
    content
        SHA-256 of its bytes.
    members
        Names of the files it holds: its own, or those of an archive.
    """

    content: bytes
    members: tuple[str, ...]


def batches_of(
    request: IngestRequest, path: str, name: str, digest: hashlib._Hash, content: BinaryIO | None = None
) -> Iterator[tuple[Batch | None, str]]:
    """Yield the normalised rows of one path, chunk by chunk.

    Parameters
    ----------
    request
        Kind of file and options.
    path, name, digest, content
        As :func:`pipelines.sources.opening.opened` takes them.

    Yields
    ------
    tuple
        A batch and the file it is of; at the beginning of a file none, and the file.

    Raises
    ------
    UnreadableFileError
        If the file cannot be read at all.
    """
    source = find_source(request.source)
    with opened(path, name, digest, content) as files:
        for file in files:
            yield None, file.name
            setting = _clustered(request.setting, path, file.name)
            for chunk in source.read(file, setting):
                yield normalise(source, chunk, setting, request.feed), file.name


def _clustered(setting: Setting, path: str, name: str) -> Setting:
    """Return the setting with the cluster of a file's folder, in the archive or on the disk, where none is given."""
    member = name.rpartition(":")[2] if ":" in name else ""
    if setting.cluster:
        return setting
    return replace(setting, cluster=cluster_of(member) or cluster_of(_placed(path)), guessed=True)


def _placed(path: str) -> str:
    """Return where a path lies, however it is written: a schedule and a person write the same one differently."""
    return path if path == STANDARD_INPUT or "://" in path else str(Path(path).resolve())
