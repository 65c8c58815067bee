"""The main job: read the record, draw the cube, backtest, compare, register, publish; resumable and idempotent.

Everything is made in a working folder and registered whole. The alias moves after that and the published folder is
swapped in one step, so a run that dies at any moment leaves the last good state in place. The next run on the same
data, code and settings takes the steps that were done (:mod:`pipelines.state.ledger`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
from threadpoolctl import threadpool_limits

from shiftcast.features.frames import DataFrame, Scores
from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.once import remembering
from shiftcast.forecast.scoring.leaf_backtest import backtest
from shiftcast.forecast.scoring.promotion import Decision, decide
from shiftcast.pipelines.job.assemble import assemble, with_scores
from shiftcast.pipelines.job.digest import run_digest
from shiftcast.pipelines.job.workplace import Workplace
from shiftcast.pipelines.process import this_process
from shiftcast.pipelines.publish.publication import REPORT
from shiftcast.pipelines.publish.report import write_report
from shiftcast.pipelines.publish.standing import place_to_publish, publish_champion, publish_version
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.registry.answers import sealed
from shiftcast.pipelines.registry.bundle import Bundle, read_bundle, write_bundle
from shiftcast.pipelines.registry.champion import read_version
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
from shiftcast.pipelines.registry.maker import code_digest
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
from shiftcast.pipelines.sources.public_record import Record, read_record
from shiftcast.pipelines.state.guard import LOCK_SECONDS, Fence, guarded
from shiftcast.pipelines.state.ledger import DONE, Ledger

_LOGGED: Final = ("forecasts.parquet", "scores.parquet", "summary.json")


@dataclass(frozen=True)
class RunRequest:
    """The settings of a run of the main job.

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
    promote
        Whether the alias ``champion`` may move; else what is made stays beside it.
    publish
        Whether to publish anything.
    publish_kept
        Whether to publish a forecast that is not the champion.
    wait
        Seconds to wait for another run on the same store.
    ingest
        Adds to the record, read by an origin, what is known beside it; the whole is cut to the origin then.
    """

    origin: pd.Timestamp
    past: bool
    settings: Settings
    root: Path
    out: Path
    record: Path = RECORDS
    promote: bool = True
    publish: bool = True
    publish_kept: bool = True
    wait: float = LOCK_SECONDS
    ingest: Callable[[Record, pd.Timestamp], Record] = lambda record, _: record


@dataclass(frozen=True)
class RunResult:
    """The outcome of a run.

    Attributes
    ----------
    bundle
        The forecast.
    version
        Its model version.
    outcome
        ``promoted``, ``kept`` beside the champion, or ``unchanged``: it was there and had been decided on.
    reason
        Why it was or was not promoted.
    out
        Folder with the report and tables.
    reused
        Whether a forecast from the same data, code and settings was already there.
    """

    bundle: Bundle
    version: str
    outcome: str
    reason: str
    out: Path
    reused: bool = False


def run(request: RunRequest, *, progress: Callable[[str], None] = lambda _: None) -> RunResult:
    """Run the main job.

    Parameters
    ----------
    request, progress
        Settings of the run, and a function called with a line before each step.

    Returns
    -------
    RunResult
        Version, outcome and reason.

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
    if request.publish:
        place_to_publish(request.root, request.out)
    progress("reading the record")
    record = request.ingest(read_record(request.record), request.origin)
    known = record.as_of(request.origin)
    digest = run_digest(known, record.quarantine, request.settings, past=request.past)
    with guarded(request.root, wait=request.wait) as fence, threadpool_limits(1):  # tiny fits: threads only wait
        progress("opening the model store")
        store = open_store(request.root)
        ledger = Ledger(request.root, fence.token, digest, f"{known.origin:%Y-%m-%d}")
        ledger.write(
            "ingest", DONE, f"{len(known.history.observations)} observations, {len(record.quarantine)} set aside"
        )
        job = _Job(request, store, fence, ledger, progress)
        found = made_before(store, digest, read_version, progress)
        if found is not None:
            progress(f"unchanged since model version {found[0].version}: nothing to compute")
            return _republish(job, *found)
        return _compute(job, known, record, digest)


@dataclass(frozen=True)
class _Job:
    """What every step of a run needs."""

    request: RunRequest
    store: Store
    fence: Fence
    ledger: Ledger
    progress: Callable[[str], None]


def _republish(job: _Job, version: Any, bundle: Bundle) -> RunResult:
    request, current = job.request, champion_version(job.store)
    reason = version.tags.get(REASON_TAG, "")
    deleted = current is None and request.promote and not request.past  # the alias
    if deleted or undecided(version, promote=request.promote):
        decision = _settle(job, version, bundle)
        done = RunResult(bundle, str(version.version), outcome_of(decision), decision.reason, request.out, reused=True)
    else:
        done = RunResult(bundle, str(version.version), UNCHANGED, reason, request.out, reused=True)
    return _publish(job, done, write_report)


@remembering()  # what is sealed, scored and reported is drawn from fits of the same record
def _compute(job: _Job, known: Known, record: Record, digest: str) -> RunResult:
    request, work = job.request, Workplace(job.request.root, job.ledger)

    def fit() -> Bundle:
        world = build_world(known, request.settings, progress=job.progress)
        return assemble(world, known, record, digest=digest, settings=request.settings)

    def score() -> DataFrame[Scores]:
        job.progress("backtest over past origins")
        return backtest(known, seed=request.settings.seed)

    bundle = with_scores(work.bundle("fit", fit), work.table("backtest", score))
    job.progress("answers to a question of each kind, to hold later versions to")
    bundle = sealed(bundle)
    job.progress("quantiles and report")
    folder = work.fresh("bundle")
    manifest = write_bundle(bundle, folder)
    bundle = read_bundle(folder, digest=manifest)  # what is published is what was stored
    report = work.fresh(REPORT)
    write_report(bundle, report)
    version = _register(job, bundle, folder, report, tags={DIGEST_TAG: digest, MANIFEST_TAG: manifest})
    decision = _settle(job, version, bundle)
    done = RunResult(bundle, str(version.version), outcome_of(decision), decision.reason, request.out)
    return _publish(job, done, lambda _, path: shutil.copy(report, path))


def _register(job: _Job, bundle: Bundle, folder: Path, report: Path, *, tags: dict[str, str]) -> Any:
    job.progress("registering with MLflow")
    origin = bundle.summary.origin
    with job.ledger.step("register"):
        job.fence.check()
        version = register(
            job.store, folder,
            params={**asdict(job.request.settings), "origin": origin, "code": code_digest()[:12]},
            metrics=_metrics(bundle), tags={**tags, ORIGIN_TAG: origin, PROCESS_TAG: this_process()},
            files=(report, *(folder / name for name in _LOGGED)),
        )  # fmt: skip
    job.ledger.write("register", DONE, str(version.version))
    return version


def _publish(job: _Job, done: RunResult, place_report: Callable[[Bundle, Path], object]) -> RunResult:
    """Publish a forecast, or the champion where only it is wanted and this is another; the run has ended then."""
    current = champion_version(job.store)
    champion = current is not None and str(current.version) == done.version
    with job.ledger.step("publish"):
        if job.request.publish and (champion or job.request.publish_kept):
            job.progress("publishing")
            publish_version(
                job.store, done.bundle, done.out, champion=champion, check=job.fence.check, place_report=place_report
            )
        elif job.request.publish and publish_champion(job.store, done.out, check=job.fence.check):
            job.progress("the folder held another forecast than the champion, which is published")
        end(job.store)
    job.ledger.write("publish", DONE, done.outcome)
    shutil.rmtree(job.request.root / "working", ignore_errors=True)
    return done


def _settle(job: _Job, version: Any, bundle: Bundle) -> Decision:
    """Decide and move the alias."""
    with job.ledger.step("compare"):
        decision = settle(
            job.store, version, lambda current: _decide(bundle, job.store, job.request, current), check=job.fence.check
        )
    job.ledger.write("compare", DONE, decision.reason)
    return decision


def _decide(bundle: Bundle, store: Store, request: RunRequest, current: Any | None) -> Decision:
    if request.past:
        return Decision(False, f"kept beside the champion: made as of {request.origin:%Y-%m-%d}")
    if not request.promote:
        return Decision(False, NOT_ASKED)
    scores = bundle.tables["scores"]
    return decide_beside(
        store, current, lambda champion: decide(scores, None if champion is None else champion.tables["scores"]),
        read=read_version, digest=bundle.summary.digest,
    )  # fmt: skip


def _metrics(bundle: Bundle) -> dict[str, float]:
    last = bundle.summary.backtest[-1]
    return {name: float(value) for name, value in asdict(last).items() if name != "horizon" and value is not None}
