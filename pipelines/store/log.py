"""Read and write the log: one JSON file a commit, with its own digest and that of the one before.

It decides which files count.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store.durable import sha256, write_durably
from shiftcast.pipelines.store.sealed import seal_holds, sealed

LOAD, COMPACT = "load", "compact"
_NAME: Final = re.compile(r"\d{8}\.json")
_FOLDER: Final = re.compile(r"batches/\d{8}-[0-9a-f]{12}")
_FILE: Final = re.compile(r"[a-z]+(?:-\d{4}-\d\d|-none)?\.parquet")


@dataclass(frozen=True)
class Entry:
    """One commit.

    Attributes
    ----------
    number
        1 for the first, then on without gaps.
    kind
        ``load``, or ``compact``: the same rows in fewer files.
    previous
        SHA-256 of the entry before; empty for the first.
    recorded_at
        When it was committed, ISO text in UTC.
    known_at
        First day its rows could be known, such as ``2026-11-22``; the earliest of a compaction.
    digest
        SHA-256 of what was loaded; of a compaction, that of its usage file.
    sources
        Sources of its rows.
    folder
        Folder of its files below the store.
    files
        Name, SHA-256 and rows of every file.
    replaces
        Numbers of the entries whose files it stands for.
    content
        SHA-256 of the bytes that were loaded, whatever the options; empty where figures were appended.
    """

    number: int
    kind: str
    previous: str
    recorded_at: str
    known_at: str
    digest: str
    sources: tuple[str, ...]
    folder: str
    files: dict[str, tuple[str, int]]
    replaces: tuple[int, ...] = ()
    content: str = ""

    @property
    def day(self) -> pd.Timestamp:
        """``known_at`` as midnight UTC."""
        return pd.Timestamp(self.known_at, tz="UTC")


def draft(kind: str, known_at: str, digest: str, sources: tuple[str, ...], content: str = "") -> Entry:
    """Return an entry without what only the holder of the lock knows: number, predecessor and files.

    Parameters
    ----------
    kind, known_at, digest, sources, content
        As in :class:`Entry`.

    Returns
    -------
    Entry
        Recorded now.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Entry(0, kind, "", now, known_at, digest, sources, "", {}, content=content)


def read_log(folder: Path) -> list[Entry]:
    """Return every entry in order.

    Parameters
    ----------
    folder
        Folder of the store.

    Returns
    -------
    list of Entry
        Entries 1 to n.

    Raises
    ------
    StoreError
        If an entry is missing, altered or not one.
    """
    paths = sorted(path for path in (folder / "log").glob("*.json") if _NAME.fullmatch(path.name))
    entries: list[Entry] = []
    previous = ""
    for number, path in enumerate(paths, start=1):
        if path.name != _name(number):
            raise StoreError(_damaged(entry_file(folder, number), "is missing"))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StoreError(_damaged(path, f"cannot be read ({error.strerror})")) from None
        entry = _parse(path, content)
        if entry.number != number or entry.previous != previous:
            raise StoreError(_damaged(path, "does not follow the entry before it: one of the two was altered"))
        entries.append(entry)
        previous = hashlib.sha256(content).hexdigest()
    return entries


def entry_file(folder: Path, number: int) -> Path:
    """Return the file of an entry, there or not.

    Parameters
    ----------
    folder
        Folder of the store.
    number
        Number of the entry.

    Returns
    -------
    Path
    """
    return folder / "log" / _name(number)


def write_entry(folder: Path, entry: Entry) -> None:
    """Add an entry; its rows count from here on.

    Parameters
    ----------
    folder
        Folder of the store.
    entry
        Entry that follows the last one.

    Raises
    ------
    StoreError
        If an entry of its number is there already.
    """
    path = entry_file(folder, entry.number)
    if path.exists():
        raise StoreError(f"{path}: was written by another process; load again, nothing was changed")
    write_durably(path, sealed(asdict(entry)))


def last_digest(folder: Path, entries: list[Entry]) -> str:
    """Return the SHA-256 of the last entry, which stands for the whole log.

    Parameters
    ----------
    folder
        Folder of the store.
    entries
        All entries, in order.

    Returns
    -------
    str
        64 hexadecimal digits; empty for an empty log.
    """
    return sha256(entry_file(folder, len(entries))) if entries else ""


def load_of(entries: list[Entry], digest: str) -> Entry | None:
    """Return the entry that loaded a content.

    Parameters
    ----------
    entries
        All entries of a log.
    digest
        SHA-256 of everything that decided the rows.

    Returns
    -------
    Entry or None
        ``None`` where it was not loaded.
    """
    return next((each for each in entries if each.kind == LOAD and each.digest == digest), None)


def visible(entries: list[Entry]) -> list[Entry]:
    """Return the entries whose files hold the rows: all but those that a compaction replaced.

    Parameters
    ----------
    entries
        All entries, in order.

    Returns
    -------
    list of Entry
        Entries in order.
    """
    replaced = {number for entry in entries for number in entry.replaces}
    return [entry for entry in entries if entry.number not in replaced]


def _name(number: int) -> str:
    return f"{number:08d}.json"


def _damaged(path: Path, what: str) -> str:
    return f"{path}: {what}; restore it from a copy, `shiftcast store verify` lists all damage, nothing was changed"


def _parse(path: Path, content: bytes) -> Entry:
    try:
        stated: dict[str, Any] = json.loads(content)
        files = {name: (str(digest), int(rows)) for name, (digest, rows) in stated["files"].items()}
        lists = {name: tuple(stated[name]) for name in ("sources", "replaces")}
        mine = stated.keys() & Entry.__dataclass_fields__.keys()  # fields of later software are passed over
        known = {name: stated[name] for name in mine}
        entry = Entry(**{**known, **lists, "files": files})
        _ = entry.day
        whole = seal_holds(content, stated)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StoreError(_damaged(path, "is not an entry of a log")) from None
    if not _FOLDER.fullmatch(entry.folder) or not all(_FILE.fullmatch(name) for name in files):
        raise StoreError(_damaged(path, "names files outside the store"))
    if not whole:
        raise StoreError(_damaged(path, "differs from the digest that it carries"))
    if entry.kind not in {LOAD, COMPACT}:
        raise StoreError(f"{path}: is of a kind that this shiftcast does not know; use the one that wrote it")
    return entry
