"""Decide on a registered version, and move an alias to it: the last step of every run that registers a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from packaging.version import InvalidVersion, Version

from shiftcast.features.input_error import InputError
from shiftcast.forecast.scoring.promotion import Decision
from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.maker import UNKNOWN, present_maker
from shiftcast.pipelines.registry.mlflow_store import (
    CHALLENGER,
    CHAMPION,
    COMPLETE,
    FORMER_TAG,
    ORIGIN_TAG,
    REASON_TAG,
    STATE_TAG,
    VERSION_TAG,
    Store,
    all_versions,
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
    alias = CHAMPION if decision.promote else CHALLENGER
    promote(store, version, alias=alias, reason=decision.reason, former=current)
    return decision


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


def earlier_version(store: Store, current: Any, to: str | None) -> Any:
    """Return the version to go back to.

    Parameters
    ----------
    store, current
        The store, and MLflow's version that is champion.
    to
        Version number; the champion before this one if not given.

    Returns
    -------
    MLflow's model version

    Raises
    ------
    StoreError
        If there is none before, or none of that number.
    ValueError
        If it is the champion already.
    """
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


def give_back(store: Store, current: Any, target: Any) -> RolledBack:
    """Move the alias ``champion`` to an earlier version; the one that is left keeps the reason.

    Parameters
    ----------
    store, current, target
        The store, and MLflow's versions that is champion and that shall be.

    Returns
    -------
    RolledBack
        Both numbers.
    """
    left, back = str(current.version), str(target.version)
    promote(store, target, alias=CHAMPION, reason=_again(left))
    explain(store, target, left)
    return RolledBack(back, left)


def explain(store: Store, target: Any, left: str) -> None:
    """Write down why the alias went back, on both versions; doing so again changes nothing.

    Parameters
    ----------
    store, target
        The store, and MLflow's version that is champion again.
    left
        Number of the version that was.
    """
    store.client.set_model_version_tag(store.model, target.version, REASON_TAG, _again(left))
    store.client.set_model_version_tag(store.model, left, REASON_TAG, f"kept: rolled back to version {target.version}")


def _again(left: str) -> str:
    return f"champion again: rolled back from version {left}"


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
