"""Roll back to an earlier champion: one step under the lock, to a version whose files are as they were registered."""

from __future__ import annotations

from pathlib import Path

from shiftcast.pipelines.publish.standing import noted_place, place_to_publish, publish_champion
from shiftcast.pipelines.registry.answers import unchanged
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.going_back import RolledBack, end, go_back
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.state.guard import LOCK_SECONDS, guarded
from shiftcast.pipelines.state.root import StoreError


def roll_back(root: Path, *, to: str | None = None, out: Path | None = None, wait: float = LOCK_SECONDS) -> RolledBack:
    """Give the alias ``champion`` back to an earlier version and publish it.

    The version that is left keeps the reason, so that a later run on the same data does not promote it again. A
    rollback that died is ended by the next, which goes back no further.

    Parameters
    ----------
    root
        Folder of the store.
    to
        Version number; the champion before this one if not given.
    out
        Folder to publish to, beside the one that the champion was published to last.
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
        place_to_publish(root, out)
    open_store(root, make=False)  # before a folder is made for the lock
    with guarded(root, wait=wait) as fence:
        store = open_store(root, make=False)
        current = champion_version(store)
        if current is None:
            raise StoreError(f"{root}: there is no champion to roll back; run `shiftcast run` first")
        asked = None if out is None else place_to_publish(root, out)
        places = dict.fromkeys(each for each in (noted_place(root), asked) if each is not None)
        done = go_back(
            store, current, to, whole=lambda version: unchanged(read_version(store, version)), check=fence.check
        )
        for place in places:
            publish_champion(store, place, check=fence.check)
        end(store)
    return done
