"""Roll back to an earlier champion: one step under the lock, to a version whose files are as they were registered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.publish.publication import prepare, publish
from shiftcast.pipelines.publish.report import write_report
from shiftcast.pipelines.registry.answers import unchanged
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.mlflow_store import (
    CHAMPION,
    COMPLETE,
    FORMER_TAG,
    MODEL,
    REASON_TAG,
    STATE_TAG,
    Store,
    all_versions,
    champion_version,
    open_store,
    promote,
)
from shiftcast.pipelines.state.guard import LOCK_SECONDS, guarded
from shiftcast.pipelines.state.root import StoreError


@dataclass(frozen=True)
class RolledBack:
    """The outcome of a rollback.

    Attributes
    ----------
    version
        Version that is champion again.
    former
        Version that was.
    """

    version: str
    former: str


def roll_back(root: Path, *, to: str | None = None, out: Path | None = None, wait: float = LOCK_SECONDS) -> RolledBack:
    """Give the alias ``champion`` back to an earlier version and publish it.

    The version that is left keeps the reason, so that a later run on the same data does not promote it again.

    Parameters
    ----------
    root
        Folder of the store.
    to
        Version number; the champion before this one if not given.
    out
        Folder to publish to; nothing is published if not given.
    wait
        Seconds to wait for a run under way.

    Returns
    -------
    RolledBack
        Both versions.

    Raises
    ------
    StoreError
        If there is no champion, or nothing to go back to.
    AlteredBundleError
        If the files of that version differ from its manifest; the alias stays.
    ChangedAnswerError
        If this version of shiftcast would answer otherwise than the one that made it; the alias stays.
    ValueError
        If the version is the champion already.
    """
    if out is not None:
        prepare(out)
    with guarded(root, wait=wait) as fence:
        store = open_store(root, make=False)
        current = champion_version(store)
        if current is None:
            raise StoreError(f"{root}: there is no champion to roll back; run `shiftcast run` first")
        target = _target(store, current, to)
        bundle = unchanged(read_version(store, target))
        left, back = str(current.version), str(target.version)
        fence.check()
        promote(store, target, alias=CHAMPION, reason=f"champion again: rolled back from version {left}")
        store.client.set_model_version_tag(MODEL, left, REASON_TAG, f"kept: rolled back to version {back}")
        if out is not None:
            publish(bundle, out, write_report, check=fence.check)
    return RolledBack(back, left)


def _target(store: Store, current: Any, to: str | None) -> Any:
    number = to if to is not None else current.tags.get(FORMER_TAG)
    if number is None:
        raise StoreError(
            f"version {current.version} is the first champion: there is none before it; name a version with --to"
        )
    if str(number) == str(current.version):
        raise InputError(f"version {number} is the champion already")
    found = {str(each.version): each for each in all_versions(store) if each.tags.get(STATE_TAG) == COMPLETE}
    if str(number) not in found:
        raise StoreError(f"version {number} is not there; there are {', '.join(sorted(found, key=int))}")
    return found[str(number)]
