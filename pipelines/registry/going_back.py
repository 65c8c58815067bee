"""Go back to an earlier version: the alias moves once, and a death at any moment is ended by the next, no further."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.registry.mlflow_store import (
    CHAMPION,
    COMPLETE,
    FORMER_TAG,
    REASON_TAG,
    STATE_TAG,
    Store,
    all_versions,
    champion_version,
    promote,
)
from shiftcast.pipelines.state.root import StoreError

BEGUN_TAG: Final = "shiftcast.rollback"  # on the version that is gone back to: the one that is left


@dataclass(frozen=True)
class RolledBack:
    """A rollback, begun or done.

    Attributes
    ----------
    version
        Number of the version that is champion again.
    former
        Number of the version that was.
    """

    version: str
    former: str


def go_back(
    store: Store, current: Any, to: str | None, *, whole: Callable[[Any], object], check: Callable[[], object]
) -> RolledBack:
    """Move the alias to an earlier version, unless a rollback that died has moved it; :func:`end` ends what it began.

    The version that is left keeps the reason, so that a later run on the same data does not promote it again.

    Parameters
    ----------
    store, current
        The store, and MLflow's version that is champion.
    to
        Version number; the champion before this one if not given.
    whole
        Raises where the version to go back to cannot be used.
    check
        Called just before the alias moves; it may raise.

    Returns
    -------
    RolledBack
        Both numbers.

    Raises
    ------
    StoreError
        If there is nothing to go back to.
    ValueError
        If the version is the champion already.
    """
    done = begun_by(current)
    if done is not None and to in (None, done.version):
        return done
    explain(store, current)
    target = _earlier(store, current, to)
    whole(target)
    check()
    moved = RolledBack(str(target.version), str(current.version))
    store.client.set_model_version_tag(store.model, moved.version, BEGUN_TAG, moved.former)
    promote(store, target, alias=CHAMPION, reason=_again(moved.former))
    _explain(store, moved)
    return moved


def begun(store: Store) -> list[RolledBack]:
    """Return the rollbacks that have begun and not ended, whether the alias moved or not.

    Parameters
    ----------
    store
        The store of its model.

    Returns
    -------
    list of RolledBack
    """
    return [done for version in all_versions(store) if (done := begun_by(version)) is not None]


def begun_by(champion: Any | None) -> RolledBack | None:
    """Return the rollback that moved the alias and died before it ended, on whatever machine.

    Parameters
    ----------
    champion
        MLflow's version that is champion, or ``None``.

    Returns
    -------
    RolledBack or None
        None where the alias did not come to move, or has moved on since.
    """
    left = champion.tags.get(BEGUN_TAG) if champion is not None else None
    return RolledBack(str(champion.version), left) if champion is not None and left else None


def end(store: Store) -> None:
    """End what has begun: the reasons are written down where the alias moved, and no rollback is begun any more.

    Parameters
    ----------
    store
        The store of its model.
    """
    explain(store, champion_version(store))
    for each in begun(store):
        store.client.delete_model_version_tag(store.model, each.version, BEGUN_TAG)


def explain(store: Store, champion: Any | None) -> None:
    """Write down the reasons of a rollback that moved the alias and died; call it before the alias moves on.

    Parameters
    ----------
    store, champion
        The store, and MLflow's version that is champion, or ``None``.
    """
    done = begun_by(champion)
    if done is not None:
        _explain(store, done)


def _earlier(store: Store, current: Any, to: str | None) -> Any:
    """Return the version to go back to."""
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


def _explain(store: Store, done: RolledBack) -> None:
    """Write down why the alias went back, on both versions; doing so again changes nothing."""
    client, kept = store.client, f"kept: rolled back to version {done.version}"
    client.set_model_version_tag(store.model, done.version, REASON_TAG, _again(done.former))
    client.set_model_version_tag(store.model, done.former, REASON_TAG, kept)


def _again(left: str) -> str:
    return f"champion again: rolled back from version {left}"
