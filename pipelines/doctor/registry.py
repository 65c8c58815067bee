"""Find runs, models and versions of the registry that a run which died left half made."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlparse
from urllib.request import url2pathname

from shiftcast.pipelines.doctor.fault import Fault
from shiftcast.pipelines.fleet.place import fleet_of
from shiftcast.pipelines.fleet.retraining import read_fleet_version
from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.deciding import NOT_ASKED
from shiftcast.pipelines.registry.mlflow_store import (
    CHALLENGER,
    COMPLETE,
    DIGEST_TAG,
    MANIFEST_TAG,
    MODEL,
    PROCESS_TAG,
    REASON_TAG,
    STATE_TAG,
    Store,
    all_versions,
    champion_version,
    model_names,
    promote,
)
from shiftcast.pipelines.state.process import alive
from shiftcast.pipelines.state.root import StoreError

_DAY_MS: Final = 86_400_000
_PAGE: Final = 1000


def registry_findings(store: Store) -> Iterator[Fault]:
    """Yield the half-made parts of a registry: of the world's model and of those of fleets.

    Those a living process is making are left out, and those another host made within a day.

    Parameters
    ----------
    store
        Registry to examine.

    Yields
    ------
    Fault
        One fault and its remedy.
    """
    runs = {run.info.run_id: run for run in _runs(store)}
    models = [replace(store, model=name) for name in model_names(store) if name == MODEL or fleet_of(name)]
    versions = {each.model: all_versions(each) for each in models}
    yield from _running(store, runs)
    yield from _models(store, runs, [version for found in versions.values() for version in found])
    for each in models:
        yield from _versions(each, versions[each.model])
        yield from _champion(each, versions[each.model])


def _runs(store: Store) -> Iterator[Any]:
    token = None
    while True:
        page = store.client.search_runs([store.experiment_id], max_results=_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _dead(process: str | None, since_ms: int) -> bool:
    """Return whether what made something has ended; on another host, whether it was a day ago."""
    known = alive(process) if process else None
    return known is False or (known is None and time.time() * 1000 - since_ms > _DAY_MS)


def _running(store: Store, runs: dict[str, Any]) -> Iterator[Fault]:
    for name, run in runs.items():
        process = run.data.tags.get(PROCESS_TAG)
        if run.info.status == "RUNNING" and _dead(process, run.info.start_time):
            yield Fault(
                "run", f"run {name} is RUNNING, but its process {process or 'is unknown and'} has ended",
                "is closed as KILLED", partial(store.client.set_terminated, name, status="KILLED"),
            )  # fmt: skip


def _models(store: Store, runs: dict[str, Any], versions: list[Any]) -> Iterator[Fault]:
    """Yield logged models that are not finished, and finished ones of ours that never became a version."""
    if None in {_model_of(version) for version in versions}:  # it may be any: none is called nobody's then
        return
    registered = {_model_of(version) for version in versions if version.tags.get(STATE_TAG) == COMPLETE}
    token = None
    while True:
        page = store.client.search_logged_models([store.experiment_id], page_token=token)
        for model in page:
            run = runs.get(model.source_run_id)
            process = run.data.tags.get(PROCESS_TAG) if run is not None else None
            ours = run is not None and not {PROCESS_TAG, DIGEST_TAG}.isdisjoint(run.data.tags)
            if str(model.status) == "FAILED" or model.model_id in registered or not ours:
                continue
            if _dead(process, model.creation_timestamp):
                yield Fault(
                    "model", f"model {model.model_id} is {model.status} without a version; its process has ended",
                    "is marked FAILED and its files removed", partial(_discard, store, model),
                )  # fmt: skip
        token = page.token
        if not token:
            return


def _model_of(version: Any) -> str | None:
    """Return the logged model of a version; a search leaves ``model_id`` out, the source always names it."""
    kind, _, name = str(version.source).partition(":/")
    return version.model_id or (name.strip("/") if kind == "models" and name else None)


def _discard(store: Store, model: Any) -> None:
    store.client.finalize_logged_model(model.model_id, "FAILED")
    address = urlparse(model.artifact_location)
    folder = Path(url2pathname(address.path))
    if address.scheme == "file" and (store.root / "artifacts") in folder.parents:
        shutil.rmtree(folder, ignore_errors=True)


def _versions(store: Store, versions: list[Any]) -> Iterator[Fault]:
    of, (_, anew, decide) = _of(store), _commands(store)
    for version in versions:
        number, tags = version.version, version.tags
        if DIGEST_TAG not in tags:
            yield Fault("version", f"version {number}{of} is not of a run of ours", "delete it if nobody needs it")
        elif tags.get(STATE_TAG) != COMPLETE:
            if _dead(tags.get(PROCESS_TAG), version.creation_timestamp):
                yield Fault(
                    "version", f"version {number}{of} was not completed", "is deleted; no alias points at it",
                    partial(store.client.delete_model_version, store.model, number),
                )  # fmt: skip
        elif not tags.get(MANIFEST_TAG):
            yield Fault("version", f"version {number}{of} has no manifest", f"delete it, and register with {anew}")
        elif not tags.get(REASON_TAG) and _dead(tags.get(PROCESS_TAG), version.creation_timestamp):
            yield Fault(
                "version", f"version {number}{of} has no alias: its run ended before it was decided on",
                f"is kept as challenger; {decide} on the same data decides",
                partial(promote, store, version, alias=CHALLENGER, reason=NOT_ASKED),
            )  # fmt: skip


def _champion(store: Store, versions: list[Any]) -> Iterator[Fault]:
    of, (back, anew, _) = _of(store), _commands(store)
    champion = champion_version(store)
    if champion is None:
        if versions:
            yield Fault("champion", f"no version{of} has the alias champion", f"run {anew} to make or restore one")
        return
    try:
        (read_version if store.model == MODEL else read_fleet_version)(store, champion)
    except (AlteredBundleError, StoreError) as error:
        yield Fault("champion", f"the champion{of} cannot be read: {error}", f"run {back}, or {anew}")


def _of(store: Store) -> str:
    """Return whose versions these are, where they are a fleet's."""
    fleet = fleet_of(store.model)
    return "" if fleet is None else f" of fleet {fleet}"


def _commands(store: Store) -> tuple[str, str, str]:
    """Return the commands that roll a model back, make its champion, and decide on a version."""
    fleet = fleet_of(store.model)
    if fleet is None:
        return "shiftcast rollback", "shiftcast run", "retrain --promote-if-better"
    again = f"shiftcast fleet {fleet} retrain --promote-if-better"
    return f"shiftcast rollback --fleet {fleet}", again, again
