"""Find runs, models and versions of the registry that a run which died left half made."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from shiftcast.pipelines.doctor.fault import Fault
from shiftcast.pipelines.fleet.place import fleet_of
from shiftcast.pipelines.fleet.retraining import read_fleet_version
from shiftcast.pipelines.process import alive
from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.deciding import NOT_ASKED
from shiftcast.pipelines.registry.going_back import begun, begun_by, end
from shiftcast.pipelines.registry.mlflow_store import (
    CHALLENGER,
    COMPLETE,
    DIGEST_TAG,
    MANIFEST_TAG,
    MODEL,
    ORIGIN_TAG,
    PROCESS_TAG,
    REASON_TAG,
    STATE_TAG,
    Store,
    all_versions,
    champion_version,
    model_names,
    paged,
    promote,
)
from shiftcast.pipelines.registry.removing import address_of, existing, model_of_version, remove_files, size_of
from shiftcast.pipelines.state.root import StoreError

_DAY_MS: Final = 86_400_000
_PAGE: Final = 1000
_UNTOLD: Final = "promoted: its run ended before it said why"
_LOGGED: Final = re.compile(r"m-[0-9a-f]{32}")


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
    models = own_models(store)
    versions = {each.model: all_versions(each) for each in models}
    yield from _running(store, runs)
    yield from _unregistered(store, runs)
    for each in models:
        yield from _versions(each, versions[each.model])
        yield from _champion(each, versions[each.model])
        yield from _rollbacks(each)


def own_models(store: Store) -> list[Store]:
    """Return the store as the world's model and each fleet's see it; models of other tools are left out.

    Parameters
    ----------
    store
        The store.

    Returns
    -------
    list of Store
    """
    return [replace(store, model=name) for name in model_names(store) if name == MODEL or fleet_of(name)]


def every_version(store: Store) -> list[Any]:
    """Return the versions of all models of the store, those of other tools too.

    Parameters
    ----------
    store
        The store.

    Returns
    -------
    list
        MLflow's model versions.
    """
    return [version for name in model_names(store) for version in all_versions(replace(store, model=name))]


def unregistered(store: Store) -> Iterator[Fault]:
    """Yield the models and files of runs of ours that have no version and whose process has ended.

    Parameters
    ----------
    store
        Registry to examine.

    Yields
    ------
    Fault
        With the bytes that removing gives back.
    """
    runs = {run.info.run_id: run for run in _runs(store)}
    yield from _unregistered(store, runs)


def _unregistered(store: Store, runs: dict[str, Any]) -> Iterator[Fault]:
    """Yield what no version is made of: neither one of ours that is complete nor any of another's model."""
    ours = {each.model for each in own_models(store)}
    every = [
        version for version in every_version(store)
        if version.name not in ours or version.tags.get(STATE_TAG) == COMPLETE or DIGEST_TAG not in version.tags
    ]  # fmt: skip
    yield from _models(store, runs, every)
    yield from _files(store, runs, every)


def _runs(store: Store) -> Iterator[Any]:
    return paged(partial(store.client.search_runs, [store.experiment_id], max_results=_PAGE))


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


def is_ours(run: Any) -> bool:
    """Return whether a run registers a model of ours: it says from what, or which process it is of.

    Parameters
    ----------
    run
        MLflow's run, of our experiment.

    Returns
    -------
    bool
    """
    return not {PROCESS_TAG, DIGEST_TAG}.isdisjoint(run.data.tags)


def _files(store: Store, runs: dict[str, Any], versions: list[Any]) -> Iterator[Fault]:
    """Yield runs of ours that left files and no version."""
    registered = {run for version in versions for run in _runs_of(store, version)}
    places = " ".join(address_of(store, version) for version in versions)
    for name, run in runs.items():
        used = name in registered or name in places
        if used or not is_ours(run) or not _dead(run.data.tags.get(PROCESS_TAG), run.info.start_time):
            continue
        size = size_of(store, run.info.artifact_uri)
        if size:
            yield Fault(
                "files", f"run {name} left files without a version; its process has ended", "its files are removed",
                partial(remove_files, store, run.info.artifact_uri), size,
            )  # fmt: skip


def _runs_of(store: Store, version: Any) -> Iterator[str]:
    """Yield the run of a version, or those of the models it is made of where it was registered without one."""
    if version.run_id:
        yield str(version.run_id)
        return
    for name in _models_of(store, version):
        model = existing(store.client.get_logged_model, name)
        if model is not None:
            yield str(model.source_run_id)


def _models_of(store: Store, version: Any) -> set[str]:
    """Return the logged models that a version is made of, as far as its address names them."""
    model = model_of_version(version)
    return {model} if model else set(_LOGGED.findall(address_of(store, version)))


def _models(store: Store, runs: dict[str, Any], versions: list[Any]) -> Iterator[Fault]:
    """Yield logged models that are not finished, and finished ones of ours that never became a version."""
    named = [_models_of(store, version) for version in versions]
    if not all(named):  # it may be any: none is called nobody's then
        return
    registered = set[str]().union(*named)
    for model in paged(partial(store.client.search_logged_models, [store.experiment_id])):
        run = runs.get(model.source_run_id)
        process = run.data.tags.get(PROCESS_TAG) if run is not None else None
        if str(model.status) == "FAILED" or model.model_id in registered or run is None or not is_ours(run):
            continue
        if _dead(process, model.creation_timestamp):
            yield Fault(
                "model", f"model {model.model_id} is {model.status} without a version; its process has ended",
                "is marked FAILED and its files removed", partial(_discard, store, model),
                size_of(store, model.artifact_location),
            )  # fmt: skip


def _discard(store: Store, model: Any) -> None:
    remove_files(store, model.artifact_location)
    store.client.finalize_logged_model(model.model_id, "FAILED")


def _versions(store: Store, versions: list[Any]) -> Iterator[Fault]:
    of, (_, anew, _), champion = _of(store), _commands(store), champion_version(store)
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
            yield _unsettled(store, version, champion)


def _unsettled(store: Store, version: Any, champion: Any | None) -> Fault:
    """Return that a run ended before it wrote down what was decided on its version: the alias tells what that was."""
    number, of, decide = version.version, _of(store), _commands(store)[2]
    if champion is not None and str(champion.version) == str(number):
        write = partial(store.client.set_model_version_tag, store.model, number, REASON_TAG, _UNTOLD)
        return Fault("version", f"version {number}{of} is champion, and its run ended before it was written down why",
                     "that is written down", write)  # fmt: skip
    return Fault(
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
    origin = champion.tags.get(ORIGIN_TAG, "")
    if origin > f"{datetime.now(tz=UTC):%Y-%m-%d}":
        yield Fault("clock", f"the champion{of} is as of {origin}, a day to come: none made before takes its place",
                    f"see whether the clock is right, or run {back}")  # fmt: skip


def _rollbacks(store: Store) -> Iterator[Fault]:
    """Yield the rollbacks that died: the one that moved the alias, and those that did not come to."""
    moved = begun_by(champion_version(store))
    for each in begun(store):
        said = f"a rollback{_of(store)} to model version {each.version}"
        if each == moved:
            yield Fault("rollback", f"{said} did not end", "is ended", partial(end, store))
        else:
            yield Fault("rollback", f"{said} ended before the alias moved", "is forgotten; the champion stays",
                        partial(end, store))  # fmt: skip


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
