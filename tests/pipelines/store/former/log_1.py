"""Read and write the log: one JSON file a commit, with the digest of the one before; it decides which files count."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store.durable import write_durably

VERSION: Final = 1
LOAD, COMPACT = "load", "compact"
_FORMAT: Final = "FORMAT"
_KIND: Final = "shiftcast usage store"
_NAME: Final = re.compile(r"\d{8}\.json")
_FOLDER: Final = re.compile(r"batches/\d{8}-[0-9a-f]{12}")
_FILE: Final = re.compile(r"[a-z]+\.parquet")


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

    @property
    def day(self) -> pd.Timestamp:
        """``known_at`` as midnight UTC."""
        return pd.Timestamp(self.known_at, tz="UTC")


def check_format(folder: Path) -> bool:
    """Return whether there is a store in a folder.

    Parameters
    ----------
    folder
        Folder of the store.

    Returns
    -------
    bool
        False where nothing was ever stored.

    Raises
    ------
    StoreError
        If it is of another version, or a log is there without the file that says which.
    """
    path = folder / _FORMAT
    if not path.is_file():
        if any((folder / "log").glob("*.json")):
            raise StoreError(f"{path}: is missing beside a log; restore it from a copy, nothing was changed")
        return False
    try:
        stated = json.loads(path.read_bytes())
        kind, version = stated["format"], int(stated["version"])
    except (ValueError, KeyError, TypeError):
        kind, version = "", 0
    if kind != _KIND or version < 1:
        raise StoreError(f"{path}: does not describe a usage store; restore it from a copy, nothing was changed")
    if version > VERSION:
        raise StoreError(
            f"{path}: the store is of version {version}, this shiftcast writes {VERSION}; "
            "upgrade with `pip install --upgrade shiftcast`, nothing was changed"
        )
    return True


def write_format(folder: Path) -> None:
    """State the version of a new store.

    Parameters
    ----------
    folder
        Folder of the store.
    """
    write_durably(folder / _FORMAT, json.dumps({"format": _KIND, "version": VERSION}).encode())


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
            raise StoreError(_damaged(folder / "log" / _name(number), "is missing"))
        content = path.read_bytes()
        entry = _parse(path, content)
        if entry.number != number or entry.previous != previous:
            raise StoreError(_damaged(path, "does not follow the entry before it: one of the two was altered"))
        entries.append(entry)
        previous = hashlib.sha256(content).hexdigest()
    return entries


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
    path = folder / "log" / _name(entry.number)
    if path.exists():
        raise StoreError(f"{path}: was written by another process; load again, nothing was changed")
    write_durably(path, json.dumps(asdict(entry), indent=1, sort_keys=True).encode())


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
    return hashlib.sha256((folder / "log" / _name(len(entries))).read_bytes()).hexdigest() if entries else ""


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
        entry = Entry(**{**stated, **lists, "files": files})
        _ = entry.day
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(_damaged(path, "is not an entry of a log")) from None
    if not _FOLDER.fullmatch(entry.folder) or not all(_FILE.fullmatch(name) for name in files):
        raise StoreError(_damaged(path, "names files outside the store"))
    return entry
