"""State the version of a store, so that software which does not know what is in it refuses it; and take it back.

A version is raised where former software would read figures wrongly. A commit, file or column that it may pass over
raises none: fields of a commit that are not known are ignored.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store.durable import move_durably, sync, write_durably
from shiftcast.pipelines.store.log import Entry, entry_file, read_log

VERSION: Final = 2  # 1 had no items
_FORMAT: Final = "FORMAT"
_KIND: Final = "shiftcast usage store"
_FORMER: Final = "former"
_TAKING: Final = "taking_back"
_CUT_SHORT: Final = "`shiftcast store back` was cut short; run it again"


@dataclass(frozen=True)
class Former:
    """What a store was before this software wrote to it.

    Attributes
    ----------
    version
        Its version then.
    commits
        How many commits it had.
    """

    version: int
    commits: int


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
    version = _version(_stated(folder))
    if version < 1:
        raise StoreError(f"{path}: does not describe a usage store; restore it from a copy, nothing was changed")
    if version > VERSION:
        raise StoreError(
            f"{path}: the store is of version {version}, this shiftcast writes {VERSION}; "
            "upgrade from a later checkout, nothing was changed"
        )
    return True


def write_format(folder: Path) -> None:
    """State the version of a store that is written to; one of a former version keeps a note of what it was.

    Parameters
    ----------
    folder
        Folder of the store, as :func:`check_format` found it.

    Raises
    ------
    StoreError
        If the store is being taken back: its next commit would be numbered as one that was moved aside.
    """
    before = _stated(folder)
    version = _version(before)
    if _is_taken_back(before):
        raise StoreError(f"{folder}: {_CUT_SHORT}, nothing was changed")
    if version == VERSION:
        return
    stated: dict[str, Any] = {"format": _KIND, "version": VERSION}
    if version:
        stated[_FORMER] = {"version": version, "commits": len(read_log(folder))}
    write_durably(folder / _FORMAT, json.dumps(stated).encode())


def cut_short(folder: Path) -> str:
    """Return in words that a store is on its way back to a former version; empty where it is not.

    Parameters
    ----------
    folder
        Folder of the store.

    Returns
    -------
    str
    """
    return f"{folder}: {_CUT_SHORT}" if _is_taken_back(_stated(folder)) else ""


def former_of(folder: Path) -> Former | None:
    """Return what a store was before this software wrote to it, or ``None`` where it was not there.

    Parameters
    ----------
    folder
        Folder of the store.

    Returns
    -------
    Former or None
    """
    try:
        noted = _stated(folder)[_FORMER]
        return Former(int(noted["version"]), int(noted["commits"]))
    except (KeyError, TypeError, ValueError):
        return None


def is_of_former(folder: Path, commit: int) -> bool:
    """Return whether a former version wrote a commit, whose files stay byte for byte as they are.

    Parameters
    ----------
    folder
        Folder of the store.
    commit
        Number of the commit.

    Returns
    -------
    bool
    """
    former = former_of(folder)
    return commit <= former.commits if former else _version(_stated(folder)) < VERSION


def take_back(folder: Path) -> tuple[Former, Path | None]:
    """Give a store the version and the commits that it had before this software wrote to it.

    What was committed since is moved aside and not deleted. One that dies is ended by the next, and until then nothing
    is written.

    Parameters
    ----------
    folder
        Folder of the store.

    Returns
    -------
    tuple
        What it is again, and the folder with what was committed since, if anything was.

    Raises
    ------
    ValueError
        If it has no former version.
    StoreError
        If there is no store, it is damaged, it lost commits of before, or a compaction has merged these since.
    """
    if not check_format(folder):
        raise StoreError(f"{folder}: no usage is stored here; load some with `shiftcast ingest` first")
    with locked(folder, "store.lock"):
        former = former_of(folder)
        if former is None:
            raise InputError(f"{folder}: was never of a former version; there is nothing to take back")
        return former, _taken_back(folder, former)


def _taken_back(folder: Path, former: Former) -> Path | None:
    entries = read_log(folder)
    if len(entries) < former.commits:
        raise StoreError(
            f"{folder / 'log'}: has {len(entries)} of the {former.commits} commits of version {former.version}; "
            "restore its end from a copy, nothing was changed"
        )
    since = entries[former.commits :]
    merged = [each.number for each in since if min(each.replaces, default=each.number) <= former.commits]
    if merged:
        raise StoreError(
            f"{folder}: commit {merged[0]} has merged the batches of version {former.version}; "
            "take a copy of before it in place of this store, nothing was changed"
        )
    stated = {"format": _KIND, "version": VERSION, _FORMER: asdict(former), _TAKING: True}
    write_durably(folder / _FORMAT, json.dumps(stated).encode())
    aside = _moved_aside(folder, entries, former)
    write_durably(folder / _FORMAT, json.dumps({"format": _KIND, "version": former.version}).encode())
    return aside


def _moved_aside(folder: Path, entries: list[Entry], former: Former) -> Path | None:
    """Move commits, the last first, then batches and copies of theirs; what is read is whole at every step."""
    now = f"taken-back-{datetime.now(tz=UTC):%Y-%m-%dT%H%M%SZ}"
    names = (folder / (now if number == 1 else f"{now}-{number}") for number in count(1))
    aside = next(each for each in names if not each.exists())  # two within a second hold commits of the same names
    kept = {each.folder for each in entries[: former.commits]}
    batches = [each for each in sorted((folder / "batches").glob("*/")) if f"batches/{each.name}" not in kept]
    copies = [each for each in sorted((folder / "snapshots").glob("*/")) if _number(each.name) > former.commits]
    moves = [*(entry_file(folder, each.number) for each in reversed(entries[former.commits :])), *batches, *copies]
    for path in moves:
        aside.mkdir(exist_ok=True)
        move_durably(path, aside / path.name)
        sync(path.parent)
    return aside if moves else None


def _number(snapshot: str) -> int:
    """Return how many commits the store had when a copy was made; 0 for what is none."""
    last = snapshot.rpartition("-")[2]
    return int(last) if last.isdecimal() else 0


def _stated(folder: Path) -> Any:
    try:
        return json.loads((folder / _FORMAT).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}


def _is_taken_back(stated: Any) -> bool:
    return bool(_version(stated) and stated.get(_TAKING))


def _version(stated: Any) -> int:
    """Return the version that a store states; 0 where it states none."""
    version = stated.get("version") if isinstance(stated, dict) and stated.get("format") == _KIND else None
    return version if type(version) is int else 0
