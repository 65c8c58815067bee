"""The main job: read the record, draw the cube, backtest, compare, register, publish; resumable and idempotent.

Everything is made in a working folder and registered whole. The alias moves after that and the published folder is
swapped in one step, so a run that dies at any moment leaves the last good state in place.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import pandas as pd
from threadpoolctl import threadpool_limits

from forecast.backtest import backtest_revenue
from forecast.cube import build_world
from forecast.known import Known, Settings
from forecast.promotion import Decision, decide
from pipelines.assemble import assemble
from pipelines.bundle import AlteredBundleError, Bundle, read_bundle, write_bundle
from pipelines.champion import read_version
from pipelines.publication import REPORT, prepare, publish
from pipelines.registry import (
    CHALLENGER,
    CHAMPION,
    DIGEST_TAG,
    MANIFEST_TAG,
    REASON_TAG,
    Store,
    StoreError,
    champion_version,
    find_version,
    locked,
    open_store,
    promote,
    register,
)  # fmt: skip
from pipelines.report import write_report
from pipelines.sources.public_record import RECORDS, Record, read_record

_LOGGED: Final = ("forecasts.parquet", "scores.parquet", "summary.json")
_LIBRARIES: Final = ("numpy", "pandas", "scipy", "statsmodels")  # those that make the numbers
_PACKAGES: Final = ("features", "forecast", "pipelines")


@dataclass(frozen=True)
class RunRequest:
    """What to run.

    Attributes
    ----------
    origin
        Day to forecast from; today if ``past`` is false.
    past
        Whether the origin was asked for: such a forecast is kept beside the champion and never replaces it.
    settings
        Draws, seed and horizon.
    root
        Folder of all state.
    out
        Folder to publish to.
    record
        Folder of the record.
    """

    origin: pd.Timestamp
    past: bool
    settings: Settings
    root: Path
    out: Path
    record: Path = RECORDS


@dataclass(frozen=True)
class RunResult:
    """What a run left.

    Attributes
    ----------
    bundle
        The forecast.
    version
        Its model version.
    reused
        Whether a forecast from the same data, code and settings was already there.
    reason
        Why it was or was not promoted.
    out
        Folder with the report and tables.
    """

    bundle: Bundle
    version: str
    reused: bool
    reason: str
    out: Path


def run(request: RunRequest, *, progress: Callable[[str], None] = lambda _: None) -> RunResult:
    """Run the main job.

    Raises
    ------
    UnreadableFileError
        If a file of the record cannot be read at all.
    ValueError
        If the origin lies before data that the forecast needs, or ``out`` holds files of others; the message names
        it.
    StoreError
        If the store cannot be used.
    """
    prepare(request.out)
    progress("reading the record")
    record = read_record(request.record)
    known = record.as_of(request.origin)
    digest = run_digest(known, record.quarantine, request, beside=(record.fleet, record.economics))
    with locked(request.root), threadpool_limits(1):  # many tiny fits: more threads only wait for each other
        shutil.rmtree(request.root / "working", ignore_errors=True)  # what an earlier run that died left
        progress("opening the model store")
        store = open_store(request.root)
        found = _found(store, digest, progress)
        if found is not None:
            progress(f"unchanged since model version {found[0].version}: nothing to compute")
            return _republish(store, *found, request)
        return _compute(store, known, record, digest, request, progress)


def run_digest(
    known: Known, quarantine: pd.DataFrame, request: RunRequest, *, beside: tuple[pd.DataFrame, ...] = ()
) -> str:
    """Return the SHA-256 of what a forecast and its report depend on: data known, rows set aside, code, settings.

    ``beside`` are frames that are kept with the forecast without entering it.
    Today's date is not part of it unless the origin was asked for, so a new day without new data is no new forecast.
    """
    parts: dict[str, Any] = {"settings": asdict(request.settings), "code": code_digest()}
    parts["libraries"] = {name: metadata.version(name) for name in _LIBRARIES}
    for name in ("observations", "claims", "hardware", "throughput", "assumptions", "memberships"):
        rows = getattr(known, name).to_csv(index=False).encode()
        parts[name] = hashlib.sha256(rows).hexdigest()
    parts["beside"] = [hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest() for rows in beside]
    parts["quarantine"] = hashlib.sha256(quarantine.to_csv(index=False).encode()).hexdigest()
    parts["registry"], parts["learned"] = repr(known.registry), repr(known.learned)
    parts["origin"] = f"{request.origin:%Y-%m-%d}" if request.past else "today"
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def code_digest() -> str:
    """Return the SHA-256 of the packages' source files."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(file for package in _PACKAGES for file in (root / package).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _found(store: Store, digest: str, progress: Callable[[str], None]) -> tuple[Any, Bundle] | None:
    """Return the version made from the same inputs and its bundle, if its files are still as registered."""
    version = find_version(store, digest)
    if version is None:
        return None
    try:
        return version, read_version(store, version)
    except (AlteredBundleError, StoreError) as error:
        progress(f"model version {version.version} cannot be used, computing again: {error}")
        return None


def _republish(store: Store, version: Any, bundle: Bundle, request: RunRequest) -> RunResult:
    current = champion_version(store)
    reason = version.tags.get(REASON_TAG, "")
    if not reason or (current is None and not request.past):  # a run died before it decided, or the alias was deleted
        decision = _decide(bundle, store, request, current)
        _settle(store, version, decision)
        reason = decision.reason
    publish(bundle, request.out, write_report)
    return RunResult(bundle, str(version.version), True, reason, request.out)


def _compute(
    store: Store,
    known: Known,
    record: Record,
    digest: str,
    request: RunRequest,
    progress: Callable[[str], None],
) -> RunResult:
    world = build_world(known, request.settings, progress=progress)
    progress("backtest over past origins")
    scores = backtest_revenue(known.observations, request.origin, seed=request.settings.seed)
    progress("quantiles and report")
    bundle = assemble(world, known, record, scores, digest=digest, settings=request.settings)
    working = request.root / "working" / f"{os.getpid()}"
    manifest = write_bundle(bundle, working / "bundle")
    bundle = read_bundle(working / "bundle", digest=manifest)  # what is published is what was stored
    write_report(bundle, working / REPORT)
    decision = _decide(bundle, store, request, champion_version(store))
    progress("registering with MLflow")
    version = register(
        store, working / "bundle",
        params={**asdict(request.settings), "origin": f"{known.origin:%Y-%m-%d}", "code": code_digest()[:12]},
        metrics=_metrics(bundle),
        tags={DIGEST_TAG: digest, MANIFEST_TAG: manifest, "shiftcast.origin": f"{known.origin:%Y-%m-%d}"},
        files=(working / REPORT, *(working / "bundle" / name for name in _LOGGED)),
    )  # fmt: skip
    _settle(store, version, decision)
    progress("publishing")
    publish(bundle, request.out, lambda _, path: shutil.copy(working / REPORT, path))
    shutil.rmtree(working.parent)
    return RunResult(bundle, str(version.version), False, decision.reason, request.out)


def _decide(bundle: Bundle, store: Store, request: RunRequest, current: Any | None) -> Decision:
    if request.past:
        return Decision(False, f"kept beside the champion: made as of {request.origin:%Y-%m-%d}")
    if current is None:
        return decide(_decisive(bundle), None)
    try:
        return decide(_decisive(bundle), _decisive(read_version(store, current)))
    except (AlteredBundleError, StoreError):
        alone = decide(_decisive(bundle), None)
        return replace(alone, reason=f"{alone.reason}; the former champion, version {current.version}, cannot be read")


def _decisive(bundle: Bundle) -> dict[str, float]:
    last = bundle.summary["backtest"][-1]
    return {name: math.nan if last[name] is None else float(last[name]) for name in ("crps_ratio", "coverage80")}


def _settle(store: Store, version: Any, decision: Decision) -> None:
    alias = CHAMPION if decision.promote else CHALLENGER
    promote(store, version, alias=alias, reason=decision.reason)


def _metrics(bundle: Bundle) -> dict[str, float]:
    last = bundle.summary["backtest"][-1]
    return {name: float(value) for name, value in last.items() if name != "horizon" and value is not None}
