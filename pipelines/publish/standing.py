"""Keep the published folder the champion's: what was published where, and how it is put right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.publish.publication import prepare, publish, published_digest
from shiftcast.pipelines.publish.report import write_report
from shiftcast.pipelines.registry.answers import unchanged
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.mlflow_store import DIGEST_TAG, Store, champion_version
from shiftcast.pipelines.registry.schema import DATABASE, moved_from
from shiftcast.pipelines.state.guard import guarded
from shiftcast.pipelines.state.secrets import said_of
from shiftcast.pipelines.state.whole import read_whole, write_whole

PUBLISHED: Final = "published.json"


def place_to_publish(root: Path, out: Path) -> Path:
    """Return the folder to publish to, after checking that nothing but a publication is deleted there.

    Parameters
    ----------
    root, out
        Folder of the store, and the one to publish to; neither need be there yet.

    Returns
    -------
    Path
        Its absolute path.

    Raises
    ------
    ValueError
        As :func:`pipelines.publish.publication.prepare` does, and where store and publication lie in each other.
    """
    here, store = out.resolve(), root.resolve()
    if here == store or store in here.parents or here in store.parents:
        where = "is" if here == store else "lies in" if store in here.parents else "holds"
        raise InputError(f"{here}: {where} the store {store}; give a folder beside it as --out")
    return prepare(here)


def note_published(root: Path, out: Path, *, champion: bool) -> None:
    """Note where a forecast was published, for what has to publish there again.

    Parameters
    ----------
    root, out
        Folder of the store, and the one published to.
    champion
        Whether it is the champion; else somebody asked for another forecast there, and where the champion is
        published stays noted.
    """
    noted = read_whole(root / PUBLISHED)
    if not champion and noted.get("champion") and noted.get("out") != str(out.resolve()):
        return
    write_whole(root / PUBLISHED, {"out": str(out.resolve()), "champion": champion})


def noted_out(root: Path) -> Path | None:
    """Return the folder that holds the champion, as noted.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    Path or None
        None where none was published yet, or another forecast was asked for there.
    """
    noted = read_whole(root / PUBLISHED)
    return Path(str(noted["out"])) if noted.get("champion") and noted.get("out") else None


def noted_place(root: Path) -> Path | None:
    """Return the folder that holds the champion, once it is known that it can be published there again.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    Path or None
        None where none was published yet.

    Raises
    ------
    ValueError
        If it cannot, with the remedy.
    """
    noted = noted_out(root)
    if noted is None:
        return None
    try:
        return place_to_publish(root, noted)
    except InputError as error:
        raise InputError(
            f"{error}; the champion is published there: put that right, or remove {root / PUBLISHED} to publish "
            "elsewhere"
        ) from None


def move_note(root: Path, former: Path) -> Path | None:
    """Let the note of a store that lay elsewhere name what is published of it here; call it under the lock.

    A publication that lay beside the store has moved along; where the store is still there as well, this one is a
    copy, and the publication is not its own.

    Parameters
    ----------
    root, former
        Folder of the store, and where it was.

    Returns
    -------
    Path or None
        The folder that is no more noted, as that of the store which is still there; else None.
    """
    noted = read_whole(root / PUBLISHED)
    if not noted.get("out") or root.resolve() == former:
        return None
    out = Path(str(noted["out"]))
    if (former / DATABASE).is_file():  # an empty folder may be a mount point that is left
        (root / PUBLISHED).unlink()
        return out
    if former.parent in out.parents:
        here = root.resolve().parent / out.relative_to(former.parent)
        write_whole(root / PUBLISHED, {**noted, "out": str(here if here.is_dir() else out)})
    return None


def published_to(root: Path) -> Path | None:
    """Return the folder that a forecast was published to last, the champion or not.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    Path or None
        None where none was published yet.
    """
    noted = read_whole(root / PUBLISHED).get("out")
    return Path(str(noted)) if noted else None


def own_place(root: Path) -> Path | None:
    """Return the folder that a store published to last, unless its note came with a copy of another store.

    Parameters
    ----------
    root
        Folder of the store.

    Returns
    -------
    Path or None
        None where none was published yet, or the store lay elsewhere then, or its database is none.
    """
    try:
        return None if moved_from(root) is not None else published_to(root)
    except sqlite3.Error:
        return None


def differs(store: Store, version: Any, out: Path) -> bool:
    """Return whether a folder holds another forecast than a version's, or none whole.

    Parameters
    ----------
    store, version
        The store, and MLflow's model version.
    out
        Folder that is published to.

    Returns
    -------
    bool
    """
    return bool(published_digest(out) != version.tags.get(DIGEST_TAG, ""))


def publish_champion(store: Store, out: Path, *, check: Callable[[], object] = bool) -> bool:
    """Publish the champion where the folder holds another forecast, or none whole.

    Parameters
    ----------
    store, out
        The store, and the folder to publish to.
    check
        Called just before the swap; it may raise.

    Returns
    -------
    bool
        Whether there was anything to do.

    Raises
    ------
    ValueError
        If the folder holds files of others.
    AlteredBundleError
        If a file of the champion differs from its manifest.
    """
    version = champion_version(store)
    if version is None:
        return False
    if not differs(store, version, out):
        note_published(store.root, out, champion=True)
        return False
    publish_version(store, unchanged(read_version(store, version)), prepare(out), champion=True, check=check)
    return True


def publish_again(store: Store, progress: Callable[[str], None]) -> None:
    """Publish the champion where its folder, as noted, holds another forecast, as after a run that died before that.

    What keeps it from being published is told and hides nothing else: the doctor tells it as well.

    Parameters
    ----------
    store
        The store.
    progress
        Called with a line where there is anything to do.
    """
    try:
        out, champion = noted_out(store.root), champion_version(store)
        if out is None or champion is None or not differs(store, champion, out):
            return
        progress("publishing the champion: the folder holds another forecast")
        with guarded(store.root, wait=0) as fence:
            publish_champion(store, out, check=fence.check)
    except (ValueError, OSError) as error:  # a run under way, which publishes, or somebody's files there
        progress(f"it could not be published: {said_of(error)}")


def publish_version(
    store: Store, bundle: Bundle, out: Path, *, champion: bool, check: Callable[[], object] = bool,
    place_report: Callable[[Bundle, Path], object] | None = None,
) -> None:  # fmt: skip
    """Publish a forecast, and note where.

    Parameters
    ----------
    store, bundle, out
        The store, the forecast, and the folder to publish to.
    champion
        Whether it is the champion.
    check
        Called just before the swap; it may raise.
    place_report
        Puts the report at a path; made anew if not given.
    """
    check()
    note_published(store.root, out, champion=champion)
    publish(bundle, out, place_report or write_report, check=check)
