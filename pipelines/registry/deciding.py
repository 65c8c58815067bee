"""Decide on a registered version, and move an alias to it: the last step of every run that registers a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from packaging.version import InvalidVersion, Version

from shiftcast.forecast.scoring.promotion import Decision
from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.going_back import explain
from shiftcast.pipelines.registry.maker import UNKNOWN, present_maker
from shiftcast.pipelines.registry.mlflow_store import (
    CHALLENGER,
    CHAMPION,
    DIGEST_TAG,
    ORIGIN_TAG,
    REASON_TAG,
    VERSION_TAG,
    Store,
    champion_version,
    find_version,
    promote,
)
from shiftcast.pipelines.state.root import StoreError

_Bundle = TypeVar("_Bundle")
PROMOTED, KEPT, UNCHANGED = "promoted", "kept", "unchanged"
UNREADABLE: Final = "kept: the champion cannot be read"
_EARLIER, _OLDER = "kept: made as of", "kept: shiftcast"
PASSING: Final = (UNREADABLE, _EARLIER, _OLDER)  # reasons that may be gone at the next run on the same data
NOT_ASKED: Final = "kept beside the champion: promotion was not asked for"


def made_before(
    store: Store, digest: str, read: Callable[[Store, Any], _Bundle], progress: Callable[[str], None]
) -> tuple[Any, _Bundle] | None:
    """Return the version made from the same inputs and its bundle, if its files are still as registered.

    Parameters
    ----------
    store, digest
        The store, and the digest of all that a forecast depends on.
    read
        From the store and a version to its bundle.
    progress
        Called with a line on a version that cannot be used.

    Returns
    -------
    tuple or None
    """
    version = find_version(store, digest)
    if version is None:
        return None
    try:
        return version, read(store, version)
    except (AlteredBundleError, StoreError) as error:
        progress(f"model version {version.version} cannot be used, computing again: {error}")
        return None


def undecided(version: Any, *, promote: bool) -> bool:
    """Return whether a version still has to be decided on: a run died before it did, or was not to promote.

    Parameters
    ----------
    version
        MLflow's model version.
    promote
        Whether the alias may move now.

    Returns
    -------
    bool
    """
    reason = version.tags.get(REASON_TAG, "")
    return not reason or (promote and (reason == NOT_ASKED or reason.startswith(PASSING)))


def settle(
    store: Store, version: Any, decide: Callable[[Any | None], Decision], *, check: Callable[[], object]
) -> Decision:
    """Decide and move the alias; the champion is read just before, since another machine's run may have moved it.

    Parameters
    ----------
    store, version
        The store, and MLflow's model version.
    decide
        From the version that is champion, or ``None``, to the decision.
    check
        Called before the alias moves; it raises if another run has begun.

    Returns
    -------
    Decision
    """
    current = champion_version(store)
    decision = decide(current)
    if decision.promote and current is not None:
        behind = goes_back(current, origin=version.tags.get(ORIGIN_TAG, ""))
        decision = Decision(False, behind) if behind else decision
    check()
    explain(store, current)
    alias = CHAMPION if decision.promote else CHALLENGER
    promote(store, version, alias=alias, reason=decision.reason, former=current)
    return decision


def decide_beside(
    store: Store, current: Any | None, decide: Callable[[_Bundle | None], Decision], *,
    read: Callable[[Store, Any], _Bundle], digest: str,
) -> Decision:  # fmt: skip
    """Decide beside the champion, or beside what can be known of it where it cannot be read.

    Parameters
    ----------
    store, current
        The store, and MLflow's version that is champion, or ``None``.
    decide
        From the champion's bundle, or ``None`` where there is none to compare with, to the decision.
    read
        From the store and a version to its bundle.
    digest
        Of what the new version depends on.

    Returns
    -------
    Decision
        A champion that is damaged answers nobody, and is in nobody's way; one that cannot be read for a moment stays.
    """
    if current is None:
        return decide(None)
    try:
        champion = read(store, current)
    except AlteredBundleError:
        alone = decide(None)
        return replace(alone, reason=f"{alone.reason}; the former champion, version {current.version}, is damaged")
    except StoreError as error:  # for a moment, perhaps
        if current.tags.get(DIGEST_TAG) == digest:
            alone = decide(None)
            return replace(alone, reason=f"{alone.reason}; version {current.version}, the same, cannot be read")
        return Decision(False, f"{UNREADABLE}, so neither is known to be better ({error}); "
                               "a rollback with --to takes this version if it is lost for good")  # fmt: skip
    return decide(champion)


def goes_back(current: Any, *, origin: str) -> str:
    """Return why a version made now takes no place: the champion is of a later day, or of newer code.

    A clock that is slow, or an older checkout on the same store, would otherwise undo what is newer.

    Parameters
    ----------
    current
        MLflow's version that is champion.
    origin
        Day that the new version is made as of, YYYY-MM-DD; may be empty.

    Returns
    -------
    str
        Empty where nothing goes back.
    """
    then, made_by = current.tags.get(ORIGIN_TAG, ""), current.tags.get(VERSION_TAG, UNKNOWN)
    if origin and then > origin:
        return (f"{_EARLIER} {origin}, and the champion as of {then}; "
                "see whether the clock is right, or roll back first")  # fmt: skip
    mine = present_maker().shiftcast
    if UNKNOWN not in (mine, made_by) and _is_older(mine, made_by):
        return f"{_OLDER} {mine} made it, and {made_by} the champion; upgrade, or roll back first"
    return ""


def _is_older(mine: str, made_by: str) -> bool:
    """Return whether a version comes before another; a tag that names none says nothing."""
    try:
        return Version(mine) < Version(made_by)
    except InvalidVersion:
        return False


def outcome_of(decision: Decision) -> str:
    """Return what a decision is called.

    Parameters
    ----------
    decision
        Of a version.

    Returns
    -------
    str
        ``promoted`` or ``kept``.
    """
    return PROMOTED if decision.promote else KEPT
