"""Roll back to an earlier champion: one step under the lock, to a version whose files are as they were registered."""

from __future__ import annotations

from pathlib import Path

from shiftcast.pipelines.publish.publication import prepare, publish
from shiftcast.pipelines.publish.report import write_report
from shiftcast.pipelines.registry.answers import unchanged
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.deciding import RolledBack, earlier_version, give_back
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.state.guard import LOCK_SECONDS, guarded
from shiftcast.pipelines.state.root import StoreError


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
        target = earlier_version(store, current, to)
        bundle = unchanged(read_version(store, target))
        fence.check()
        done = give_back(store, current, target)
        if out is not None:
            publish(bundle, out, write_report, check=fence.check)
    return done
