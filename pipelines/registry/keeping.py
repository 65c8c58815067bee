"""Say which versions of a model may never be removed, whatever their age, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from shiftcast.pipelines.registry.mlflow_store import (
    CHAMPION,
    COMPLETE,
    DIGEST_TAG,
    FORMER_TAG,
    REASON_TAG,
    STATE_TAG,
    Store,
)
from shiftcast.pipelines.registry.removing import address_of, model_of_version

KEEP_TAG: Final = "shiftcast.keep"
_NO_STAGE: Final = "None"  # as MLflow writes it
_NOT: Final = frozenset({"", "false", "no", "0"})


def kept_versions(store: Store, versions: list[Any], every: list[Any], named: Mapping[str, str]) -> dict[str, str]:
    """Return the versions to keep, with the reason.

    Parameters
    ----------
    store, versions, every
        The store of a model, all versions of it, and those of all models.
    named
        Why something else needs a version, by its number or by the digest of its data, code and settings.

    Returns
    -------
    dict
        Reason by number of version.
    """
    found: dict[str, str] = {}
    for number, why in (*_aliased(store, versions), *_by_tags(versions, named), *_shared(store, versions, every)):
        found.setdefault(number, why)
    return found


def _aliased(store: Store, versions: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the versions that aliases point at, and the one before the champion."""
    if not versions:
        return
    aliases = dict(store.client.get_registered_model(store.model).aliases)
    for alias, number in aliases.items():
        yield str(number), f"has the alias {alias}"
    champion = next((each for each in versions if str(each.version) == str(aliases.get(CHAMPION))), None)
    former = champion.tags.get(FORMER_TAG) if champion is not None else None
    if former is not None:
        yield str(former), "was champion before this one"


def _shared(store: Store, versions: list[Any], every: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the versions whose run or model another version is made of too, of whatever model."""
    runs, models = Counter(each.run_id for each in every), Counter(map(model_of_version, every))
    by_address = [each for each in every if model_of_version(each) is None]  # of a path, a run, or a version
    places = [(each.name, each.version, address_of(store, each)) for each in by_address]
    for each in versions:
        run, model = each.run_id, model_of_version(each)
        others = [place for name, number, place in places if (name, number) != (each.name, each.version)]
        named = any(part and part in place for place in others for part in (run, model))
        if runs[run] > 1 or models[model] > 1 or named:
            yield str(each.version), "shares its files with another version"


def _by_tags(versions: list[Any], named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for each in versions:
        number, tags = str(each.version), each.tags
        if DIGEST_TAG not in tags:
            yield number, "is not of a run of ours"
        elif tags.get(STATE_TAG) != COMPLETE or not tags.get(REASON_TAG):
            yield number, "was not decided on yet"
        elif str(each.current_stage or _NO_STAGE) != _NO_STAGE:
            yield number, f"is in stage {each.current_stage}"
        elif tags.get(KEEP_TAG, "").strip().lower() not in _NOT:
            yield number, f"has the tag {KEEP_TAG}"
        elif number in named or tags[DIGEST_TAG] in named:
            yield number, named.get(number) or named[tags[DIGEST_TAG]]
