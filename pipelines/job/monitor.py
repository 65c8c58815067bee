"""Monitor a registered forecast: check it against the record of today, log, and widen it where calibration broke.

Nothing is refitted: a break gives a new version with the same medians and wider intervals, which says so.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.forecast.monitoring.calibration import check_calibration, wider_by
from shiftcast.forecast.monitoring.changes import check_changes
from shiftcast.forecast.monitoring.feeds import check_feeds
from shiftcast.forecast.monitoring.findings import ALARM, OK, Finding, findings_table
from shiftcast.forecast.monitoring.population import check_populations
from shiftcast.forecast.scoring.backtest import backtest_revenue
from shiftcast.forecast.scoring.past import MODEL as BACKTESTED
from shiftcast.forecast.views.part import forecast_frame
from shiftcast.forecast.views.widening import widen
from shiftcast.forecast.volume import series_prior
from shiftcast.pipelines.process import this_process
from shiftcast.pipelines.publish.standing import noted_place, publish_again, publish_champion
from shiftcast.pipelines.registry.answers import sealed
from shiftcast.pipelines.registry.bundle import Bundle, write_bundle
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.going_back import end
from shiftcast.pipelines.registry.mlflow_store import (
    CHAMPION,
    DIGEST_TAG,
    MANIFEST_TAG,
    MODEL,
    ORIGIN_TAG,
    PROCESS_TAG,
    Store,
    champion_version,
    open_store,
    promote,
)
from shiftcast.pipelines.registry.quiet import quietly
from shiftcast.pipelines.registry.registering import register
from shiftcast.pipelines.registry.summary import Widened
from shiftcast.pipelines.sources.public_record import Record
from shiftcast.pipelines.state.guard import guarded
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.secrets import said_of

MONITOR_TAG: Final = "shiftcast.monitor"  # its setting is what an MLflow webhook can listen for
KIND_TAG: Final = "shiftcast.kind"
MONITORED: Final = "monitor"  # kind of a run that holds the findings of a round
TABLE: Final = "findings.csv"
_BREAKS: Final = ("calibration.", "coverage")


@dataclass(frozen=True)
class Monitored:
    """The findings of a round of monitoring, and the action taken.

    Attributes
    ----------
    version
        Version that was checked.
    findings
        Table of :class:`forecast.monitoring.findings.Finding`.
    action
        What was done, in words.
    widened
        Number of the version with wider intervals that took its place, if one did.
    """

    version: str
    findings: pd.DataFrame
    action: str
    widened: str | None

    @property
    def alarms(self) -> int:
        """How many findings are alarms."""
        return int((self.findings["status"] == ALARM).sum())


def monitor(
    root: Path, record: Record, now: pd.Timestamp, *, report_only: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Monitored:  # fmt: skip
    """Check the champion against a record as known on a day.

    Parameters
    ----------
    root
        Folder of the store.
    record
        The record as read now.
    now
        Today, midnight UTC.
    report_only
        Leave the champion as it is whatever is found.
    progress
        Called with a line before each step.

    Returns
    -------
    Monitored
        Findings, the action, and the widened version if one was made.

    Raises
    ------
    StoreError
        If there is no champion or the store cannot be used.
    AlteredBundleError
        If a file of the champion differs from its manifest.
    ValueError
        If the champion is of a later day.
    """
    store = open_store(root, make=False)
    version = _champion(store, f"{now:%Y-%m-%d}")
    progress(f"reading model version {version.version}")
    bundle = read_version(store, version)
    progress("comparing with the record of today")
    vintages = record.as_of(now).history.observations
    pit = recent_pit(vintages, now, bundle)
    found = [
        *check_calibration(pit, subject="data-centre revenue, one quarter ahead"),
        *check_populations(bundle.tables["observations"], vintages),
        *check_changes(bundle.tables["observations"], vintages),
        *check_feeds(vintages, made=pd.Timestamp(bundle.summary.origin, tz="UTC"), now=now),
        _set_aside(len(record.quarantine), bundle.summary.quarantined),
    ]
    action, widened = "nothing to do", None
    if any(each.status == ALARM and each.check.startswith(_BREAKS) for each in found):
        action, widened = _widen(store, version, bundle, wider_by(pit), report_only=report_only)
    elif any(each.status == ALARM for each in found):
        action = "reported; the intervals hold what they promise, so they stay"
    done = Monitored(str(version.version), findings_table(found), action, widened)
    if not report_only:
        publish_again(store, progress)
    progress("logging with MLflow")
    _log(store, version, done, now)
    return done


def _champion(store: Store, today: str) -> Any:
    """Return MLflow's version that is champion, once it is known to be of no later day."""
    version = champion_version(store)
    if version is None:
        raise StoreError(f"{store.root}: no model has the alias {CHAMPION!r}; run `shiftcast run` first")
    origin = version.tags.get(ORIGIN_TAG, "")
    if origin > today:
        said = "see whether the clock is right, or give a later --as-of"
        raise InputError(f"as of {today}, and the champion as of {origin}, a later day: {said}")
    return version


def recent_pit(observations: DataFrame[Observations], now: pd.Timestamp, bundle: Bundle) -> Any:
    """Return PIT values of revenue forecasts one quarter ahead in the order their actuals came.

    Each is of a forecast by the champion's method at a past origin from what was known there, before any widening.

    Parameters
    ----------
    observations
        Every vintage known by now.
    now
        Today, midnight UTC.
    bundle
        The champion, for its assumptions and seed.

    Returns
    -------
    ndarray, shape (origins,)
        PIT values [1].
    """
    assumptions, seed = bundle.tables["assumptions"], bundle.summary.settings.seed
    prior = series_prior(bundle.known.beliefs, "volume.revenue")
    scores = backtest_revenue(observations, now, assumptions=assumptions, prior=prior, seed=seed)
    mine = scores[
        (scores["metric"] == "pit") & (scores["model"] == BACKTESTED) & (scores["horizon"] == 1)
        & (scores["measure"] == "log_revenue") & (scores["segment"] == "all")
    ]  # fmt: skip
    return mine.sort_values("origin")["value"].to_numpy(dtype=np.float64)


def _set_aside(now: int, then: int) -> Finding:
    note = f"{now} rows are set aside, {then} when the forecast was made" if now > then else ""
    return Finding("quarantine", "record", ALARM if now > then else OK, float(now), float(then), note)


def _widen(store: Store, version: Any, bundle: Bundle, factor: float, *, report_only: bool) -> tuple[str, str | None]:
    """Register the champion with wider intervals in its own place, unless it is as wide already."""
    already = bundle.summary.widened.factor if bundle.summary.widened else 1.0
    if factor <= already:
        return f"reported; intervals were widened by {already:g} before, which is enough", None
    if report_only:
        return f"reported; intervals would be widened by {factor:g}", None
    wider = sealed(widened_bundle(bundle, factor / already, factor=factor, of=str(version.version)))
    try:
        return _put_wider(store, version, wider, factor)
    except (ValueError, OSError) as error:  # a run under way, or somebody's files there: alarms are told
        return f"reported; the intervals were not widened by {factor:g}: {said_of(error)}", None


def _put_wider(store: Store, version: Any, wider: Bundle, factor: float) -> tuple[str, str | None]:
    """Register a widened bundle, move the alias and publish it; once the alias has moved nothing is raised."""
    with guarded(store.root) as fence, tempfile.TemporaryDirectory(prefix="shiftcast-monitor-") as place:
        out, current = noted_place(store.root), champion_version(store)
        if current is None or current.version != version.version:
            return "reported; the champion changed meanwhile, so monitor again", None
        manifest = write_bundle(wider, Path(place) / "bundle")
        fence.check()
        made = register(
            store, Path(place) / "bundle", params={"widened": factor, "of": version.version},
            metrics={"widened": factor}, files=(),
            tags={
                DIGEST_TAG: wider.summary.digest, MANIFEST_TAG: manifest, KIND_TAG: "widened",
                ORIGIN_TAG: wider.summary.origin, PROCESS_TAG: this_process(),
            },
        )  # fmt: skip
        reason = f"intervals of version {version.version} widened by {factor:g} after a break of calibration; no refit"
        fence.check()
        end(store)
        promote(store, made, alias=CHAMPION, reason=reason, former=current)
        try:
            if out is not None:
                publish_champion(store, out, check=fence.check)
        except (ValueError, OSError) as error:
            reason = f"{reason}; it could not be published: {said_of(error)}"
    return reason, str(made.version)


def widened_bundle(bundle: Bundle, by: float, *, factor: float, of: str) -> Bundle:
    """Return a bundle with intervals wider by a ratio; its summary says of which version and by how much in all.

    Parameters
    ----------
    bundle
        The forecast as it is.
    by
        Ratio to widen by now, at least 1.
    factor
        Ratio in all since the fit, for the summary.
    of
        Version that is widened.

    Returns
    -------
    Bundle
        A new bundle with its own digest.
    """
    cube = widen(bundle.cube, by)
    digest = hashlib.sha256(f"{bundle.summary.digest} widened {factor:g}".encode()).hexdigest()
    tables = {**bundle.tables, "forecasts": forecast_frame(cube, model="shiftcast")}
    return replace(
        bundle, cube=cube, tables=tables,
        summary=replace(bundle.summary, digest=digest, widened=Widened(factor, of)),
    )  # fmt: skip


@quietly()
def _log(store: Store, version: Any, done: Monitored, now: pd.Timestamp) -> None:
    """Log findings as a run, and set the tag on the version that webhooks can listen for."""
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)

    store.use()
    counts = done.findings["status"].value_counts()
    with mlflow.start_run(experiment_id=store.experiment_id, tags={KIND_TAG: MONITORED}):
        mlflow.log_params({"version": done.version, "as_of": f"{now:%Y-%m-%d}", "action": done.action[:500]})
        mlflow.log_metrics({f"findings_{status}": float(count) for status, count in counts.items()})
        judged = done.findings[done.findings["check"].str.startswith(_BREAKS)].dropna(subset=["value"])
        mlflow.log_metrics(dict(zip(judged["check"], judged["value"].astype(float), strict=True)))
        mlflow.log_text(done.findings.to_csv(index=False), TABLE)
    state = f"{done.alarms} alarms as of {now:%Y-%m-%d}: {done.action}"
    store.client.set_model_version_tag(MODEL, done.widened or version.version, MONITOR_TAG, state)


def findings_json(done: Monitored) -> str:
    """Return findings as JSON, missing numbers as null, for a hook or a script.

    Parameters
    ----------
    done
        A round of monitoring.

    Returns
    -------
    str
        JSON object with ``version, action, widened, alarms, findings``.
    """
    table = done.findings.astype(object).where(done.findings.notna(), None)
    content = {"version": done.version, "action": done.action, "widened": done.widened, "alarms": done.alarms,
               "findings": table.to_dict("records")}  # fmt: skip
    return json.dumps(content, indent=1)
