"""Remove what a store keeps of the past and nobody needs: old versions, runs, copies and lines of ledgers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.doctor.fault import Fault
from shiftcast.pipelines.doctor.old_lines import old_lines
from shiftcast.pipelines.doctor.registry import every_version, own_models, unregistered
from shiftcast.pipelines.fleet.place import fleet_of
from shiftcast.pipelines.job.monitor import KIND_TAG, MONITORED
from shiftcast.pipelines.publish.publication import published_digest
from shiftcast.pipelines.publish.standing import published_to
from shiftcast.pipelines.registry.going_back import begun
from shiftcast.pipelines.registry.keeping import kept_versions
from shiftcast.pipelines.registry.mlflow_store import ORIGIN_TAG, Store, all_versions, open_store, paged
from shiftcast.pipelines.registry.removing import existing, model_of_version, remove_run, remove_version, size_of
from shiftcast.pipelines.registry.schema import copies
from shiftcast.pipelines.state.guard import Fence, guarded
from shiftcast.pipelines.state.ledger import unfinished

_PERIOD: Final = re.compile(r"(\d+)([hdw])")
_SECONDS: Final = {"h": 3600, "d": 86_400, "w": 604_800}
_FINISHED: Final = ("FINISHED", "FAILED", "KILLED")


@dataclass(frozen=True)
class Retention:
    """The rule of what is removed: what is neither among the newest nor younger than an age.

    Attributes
    ----------
    keep
        Versions of each model, and rounds of monitoring, that stay whatever their age.
    seconds
        Age up to which everything stays [s].
    """

    keep: int
    seconds: float

    def is_old(self, at: float) -> bool:
        """Return whether a moment lies further back than the age.

        Parameters
        ----------
        at
            Seconds since 1970.

        Returns
        -------
        bool
        """
        return time.time() - at > self.seconds


def retention(keep: int, older_than: str) -> Retention:
    """Return a rule as words give it.

    Parameters
    ----------
    keep
        Newest versions that stay.
    older_than
        Such as ``90d``, ``12w`` or ``36h``.

    Returns
    -------
    Retention

    Raises
    ------
    ValueError
        If the age is none, or fewer than one version is kept.

    Examples
    --------
    >>> retention(10, "12w")
    Retention(keep=10, seconds=7257600)
    """
    found = _PERIOD.fullmatch(older_than.strip())
    if found is None:
        raise InputError(f"--older-than {older_than!r} is no age; give hours, days or weeks, such as 36h, 90d or 12w")
    if keep < 1:
        raise InputError(f"--keep {keep} would keep no version; give at least 1")
    return Retention(keep, int(found[1]) * _SECONDS[found[2]])


def removable(root: Path, rule: Retention) -> list[Fault]:
    """Return what a rule removes from a store; nothing is changed.

    Parameters
    ----------
    root
        Folder of the store.
    rule
        What is old.

    Returns
    -------
    list of Fault
        Each with the bytes that removing it gives back.

    Raises
    ------
    StoreError
        If there is no store.
    """
    store = open_store(root, make=False)
    return [*_old_versions(store, rule), *_old_rounds(store, rule), *unregistered(store), *_old_copies(store, rule),
            *old_lines(store.root, rule.is_old)]  # fmt: skip


def prune(root: Path, rule: Retention, *, wait: float) -> list[Fault]:
    """Remove it, under the lock that runs take; one that is killed is ended by the next.

    Parameters
    ----------
    root
        Folder of the store.
    rule
        What is old.
    wait
        Longest wait for a run under way [s].

    Returns
    -------
    list of Fault
        What was removed.

    Raises
    ------
    StoreError
        If there is no store, or a run holds the lock for that long.
    """
    open_store(root, make=False)  # before a folder is made for the lock
    with guarded(root, wait=wait) as fence:
        found = removable(root, rule)
        for each in found:
            _apply(each, fence)
    return found


def _apply(each: Fault, fence: Fence) -> None:
    fence.check()
    if each.clean is not None:
        each.clean()


def _old_versions(store: Store, rule: Retention) -> Iterator[Fault]:
    """Yield the versions that nothing needs: of each model of ours all but the newest, and those that are kept."""
    every = every_version(store)
    for model in own_models(store):
        versions = sorted(all_versions(model), key=lambda each: int(each.version))
        kept = kept_versions(model, versions, every, _needed(model))
        for version in versions[: -rule.keep]:
            if str(version.version) not in kept and rule.is_old(version.creation_timestamp / 1000):
                yield _version_fault(model, version)


def _version_fault(model: Store, version: Any) -> Fault:
    client, fleet = model.client, fleet_of(model.model)
    run, logged = existing(client.get_run, version.run_id), existing(client.get_logged_model, model_of_version(version))
    places = [*([run.info.artifact_uri] if run else []), *([logged.artifact_location] if logged else [])]
    of, as_of = f" of fleet {fleet}" if fleet else "", version.tags.get(ORIGIN_TAG)
    return Fault(
        "version", f"version {version.version}{of}" + (f" as of {as_of}" if as_of else ""),
        "is removed with its run and files", partial(remove_version, model, version),
        sum(size_of(model, each) for each in places),
    )  # fmt: skip


def _needed(store: Store) -> dict[str, str]:
    """Return the versions of a model that files of the store name, by number or digest, with the reason."""
    out = published_to(store.root)
    found = {each.key: f"run {each.token} did not end" for each in unfinished(store.root)}
    for each in begun(store):
        found |= dict.fromkeys((each.version, each.former), "a rollback did not end")
    digest = published_digest(out) if out is not None else ""
    return {**found, **({digest: f"is published in {out}"} if digest else {})}


def _old_rounds(store: Store, rule: Retention) -> Iterator[Fault]:
    """Yield runs of monitoring, with their tables of findings."""
    wanted = f"tags.`{KIND_TAG}` = '{MONITORED}'"
    found = paged(partial(store.client.search_runs, [store.experiment_id], wanted, max_results=1000))
    newest_first = sorted(found, key=lambda run: run.info.start_time, reverse=True)
    for run in newest_first[rule.keep :]:
        if run.info.status in _FINISHED and rule.is_old(run.info.start_time / 1000):
            day = f"{datetime.fromtimestamp(run.info.start_time / 1000, tz=UTC):%Y-%m-%d}"
            yield Fault("findings", f"monitoring of {day}, run {run.info.run_id}", "is removed with its files",
                        partial(remove_run, store, run), size_of(store, run.info.artifact_uri))  # fmt: skip


def _old_copies(store: Store, rule: Retention) -> Iterator[Fault]:
    for path in copies(store.root):
        if rule.is_old(path.stat().st_mtime):
            yield Fault("copy", f"{path}, a copy of the database", "is removed", path.unlink, path.stat().st_size)
