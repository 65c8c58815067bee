"""Register a fleet's forecast: drawn, tried out on its own past, compared with its champion; the same twice is one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from shiftcast.features.frames import DataFrame, Usage
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.fleet.trial import better, try_out
from shiftcast.forecast.scoring.promotion import Decision
from shiftcast.pipelines.fleet.bundle import FleetBundle, read_fleet, write_fleet
from shiftcast.pipelines.fleet.digests import digest_of
from shiftcast.pipelines.fleet.place import model_of
from shiftcast.pipelines.fleet.sealing import sealed_fleet
from shiftcast.pipelines.process import this_process
from shiftcast.pipelines.registry.bundle import BUNDLE
from shiftcast.pipelines.registry.champion import checked_files
from shiftcast.pipelines.registry.deciding import (
    NOT_ASKED,
    UNCHANGED,
    decide_beside,
    made_before,
    outcome_of,
    settle,
    undecided,
)
from shiftcast.pipelines.registry.going_back import end
from shiftcast.pipelines.registry.mlflow_store import (
    DIGEST_TAG,
    MANIFEST_TAG,
    ORIGIN_TAG,
    PROCESS_TAG,
    REASON_TAG,
    Store,
    champion_version,
    open_store,
)
from shiftcast.pipelines.registry.registering import register
from shiftcast.pipelines.state.guard import LOCK_SECONDS, Fence, guarded

TRIAL_DRAWS: Final = 500  # of each past origin


@dataclass(frozen=True)
class Retrained:
    """The outcome of a run.

    Attributes
    ----------
    outcome
        ``promoted``, ``kept`` beside the champion, or ``unchanged``.
    version
        Number of the model version.
    reason
        Why.
    bundle
        The forecast.
    """

    outcome: str
    version: str
    reason: str
    bundle: FleetBundle


def retrain_fleet(
    planner: Planner, root: Path, *, promote: bool, past: bool = False, wait: float = LOCK_SECONDS,
    progress: Callable[[str], None] = lambda _: None,
) -> Retrained:  # fmt: skip
    """Forecast a fleet, try the forecast out, and register it under the store's lock.

    Parameters
    ----------
    planner
        The fleet as opened.
    root
        Folder of all state.
    promote
        Whether the alias ``champion`` may move.
    past
        Whether the day was asked for: such a forecast never replaces the champion.
    wait
        Seconds to wait for another run on the same store.
    progress
        Called with a line before each step.

    Returns
    -------
    Retrained
        A forecast from the same usage, facts, record and code is not made again.

    Raises
    ------
    ValueError
        If there is nothing to forecast from.
    StoreError
        If the store cannot be used.
    """
    digest = digest_of(planner, past=past)
    with guarded(root, wait=wait) as fence:
        progress("opening the model store")
        store = open_store(root, model=model_of(planner.fleet.name))
        found = made_before(store, digest, read_fleet_version, progress)
        if found is None:
            version, bundle = _made(store, fence, planner, digest, progress)
        else:
            version, bundle = found
            progress(f"unchanged since model version {version.version}: nothing to compute")
            deleted = champion_version(store) is None and promote and not past
            if not deleted and not undecided(version, promote=promote):
                end(store)
                return Retrained(UNCHANGED, str(version.version), version.tags.get(REASON_TAG, ""), bundle)
        decision = settle(
            store, version, lambda current: _decide(store, bundle, current, promote=promote, past=past),
            check=fence.check,
        )  # fmt: skip
        end(store)
        return Retrained(outcome_of(decision), str(version.version), decision.reason, bundle)


def read_fleet_version(store: Store, version: Any) -> FleetBundle:
    """Read one version's bundle after checking all its files against what was registered with it.

    Parameters
    ----------
    store, version
        The store of the fleet's model, and MLflow's model version.

    Returns
    -------
    FleetBundle

    Raises
    ------
    StoreError
        If its files cannot be had.
    AlteredBundleError
        If one of them differs from its manifest.
    """
    with checked_files(store, version) as folder:
        return read_fleet(folder / "artifacts" / BUNDLE, digest=version.tags.get(MANIFEST_TAG))


def _made(
    store: Store, fence: Fence, planner: Planner, digest: str, progress: Callable[[str], None]
) -> tuple[Any, FleetBundle]:
    """Draw, try out and register a forecast."""
    from shiftcast.pipelines.fleet.served_fleet import KIND  # noqa: PLC0415  (importing MLflow takes seconds)

    progress("drawing demand")
    demand = planner.demand()
    total = pd.DataFrame(demand.total, columns=[f"{month:%Y-%m}" for month in demand.months])
    progress("trying it out on its own past")
    trial = try_out(planner.usage, lambda usage, through: _tried(planner, usage, through))
    bundle = sealed_fleet(FleetBundle(planner, total, trial, digest))
    with tempfile.TemporaryDirectory(prefix="shiftcast-fleet-") as place:
        folder = Path(place) / BUNDLE
        manifest = write_fleet(bundle, folder)
        bundle = read_fleet(folder, digest=manifest)  # what is answered from is what was stored
        progress("registering with MLflow")
        fence.check()
        origin = f"{planner.basis.origin:%Y-%m-%d}"
        tags = {DIGEST_TAG: digest, MANIFEST_TAG: manifest, ORIGIN_TAG: origin, PROCESS_TAG: this_process()}
        version = register(
            store, folder, params={"origin": origin, "draws": planner.basis.draws, "seed": planner.basis.seed},
            metrics=bundle.trial.mean(numeric_only=True).to_dict(), tags=tags, files=(folder / "summary.json",),
            kind=KIND,
        )  # fmt: skip
    return version, bundle


def _tried(planner: Planner, usage: DataFrame[Usage], through: str) -> Any:
    """Return the demand that usage alone would have given: no plan and no world of today."""
    basis = replace(planner.basis, draws=min(TRIAL_DRAWS, planner.basis.draws))
    return replace(planner, usage=usage, fleet=Fleet(planner.fleet.name), basis=basis, world=None).demand(through)


def _decide(store: Store, bundle: FleetBundle, current: Any | None, *, promote: bool, past: bool) -> Decision:
    if past:
        return Decision(False, f"kept beside the champion: made as of {bundle.planner.basis.origin:%Y-%m-%d}")
    if not promote:
        return Decision(False, NOT_ASKED)
    return decide_beside(
        store, current, lambda champion: Decision(*better(bundle.trial, None if champion is None else champion.trial)),
        read=read_fleet_version, digest=bundle.digest,
    )  # fmt: skip
