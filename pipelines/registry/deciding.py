"""Decide on a registered version, and move an alias to it: the last step of every run that registers a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from shiftcast.forecast.scoring.promotion import Decision
from shiftcast.pipelines.registry.mlflow_store import (
    CHALLENGER,
    CHAMPION,
    REASON_TAG,
    Store,
    champion_version,
    promote,
)

PROMOTED, KEPT, UNCHANGED = "promoted", "kept", "unchanged"
NOT_ASKED: Final = "kept beside the champion: promotion was not asked for"


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
    return not reason or (reason == NOT_ASKED and promote)


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
    check()
    alias = CHAMPION if decision.promote else CHALLENGER
    promote(store, version, alias=alias, reason=decision.reason, former=current)
    return decision


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
