import json
import shutil
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.input_error import InputError
from shiftcast.forecast.monitoring.findings import ALARM
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands import monitor as monitor_command
from shiftcast.pipelines.job import monitor as monitor_module
from shiftcast.pipelines.job.monitor import KIND_TAG, MONITOR_TAG, monitor, widened_bundle
from shiftcast.pipelines.process import bare_environment
from shiftcast.pipelines.publish import standing
from shiftcast.pipelines.publish.standing import PUBLISHED, note_published
from shiftcast.pipelines.registry.champion import open_bundle
from shiftcast.pipelines.registry.going_back import BEGUN_TAG, begun
from shiftcast.pipelines.registry.mlflow_store import (
    CHAMPION,
    DIGEST_TAG,
    MANIFEST_TAG,
    MODEL,
    ORIGIN_TAG,
    bundle_folder,
    champion_version,
    open_store,
    promote,
)
from shiftcast.pipelines.registry.registering import register
from shiftcast.pipelines.registry.summary import Widened
from shiftcast.pipelines.state.guard import LockedError, locked

NOW = pd.Timestamp("2026-11-22", tz="UTC")
CALM, BROKEN = [0.3, 0.6, 0.4, 0.7, 0.5, 0.45, 0.55, 0.2, 0.8, 0.5], [0.99] * 10


@pytest.fixture(scope="module")
def watched(finished, tmp_path_factory):
    """Return a store of one's own with the finished run's forecast as champion."""
    source = open_store(finished.request.root)
    version = champion_version(source)
    folder = shutil.copytree(bundle_folder(source, version), tmp_path_factory.mktemp("watched") / "bundle")
    root = folder.parent / "mlruns"
    with locked(root):
        store = open_store(root)
    tags = {name: version.tags[name] for name in (DIGEST_TAG, MANIFEST_TAG)}
    made = register(store, folder, params={}, metrics={}, tags=tags, files=())
    promote(store, made, alias=CHAMPION, reason="first")
    return store


@pytest.fixture
def seen(monkeypatch):
    """Let the checks see PIT values that the test sets."""

    def put(pit):
        monkeypatch.setattr(monitor_module, "recent_pit", lambda *_: np.array(pit))

    return put


@pytest.mark.slow
def test_the_pit_is_of_the_backtest_one_quarter_ahead(finished):
    bundle = finished.result.bundle
    pit = monitor_module.recent_pit(finished.known.observations, finished.request.origin, bundle)
    scores = bundle.tables["scores"]
    same = scores[(scores["metric"] == "pit") & (scores["model"] == "shiftcast") & (scores["horizon"] == 1)]
    assert len(pit) == same["origin"].nunique()
    assert ((pit >= 0) & (pit <= 1)).all()


def test_a_calm_round_is_logged_and_changes_nothing(watched, record, seen):
    seen(CALM)
    before = champion_version(watched)
    done = monitor(watched.root, record, NOW)
    assert (done.alarms, done.action, done.widened) == (0, "nothing to do", None)
    assert champion_version(watched).version == before.version
    assert champion_version(watched).tags[MONITOR_TAG] == "0 alarms as of 2026-11-22: nothing to do"
    (run,) = watched.client.search_runs([watched.experiment_id], f"tags.`{KIND_TAG}` = 'monitor'")
    assert run.info.status == "FINISHED"
    assert run.data.metrics["findings_ok"] >= 8
    assert "calibration.high" in run.data.metrics
    assert [file.path for file in watched.client.list_artifacts(run.info.run_id)] == ["findings.csv"]


def test_a_break_is_reported_and_only_reported_where_asked(watched, record, seen):
    seen(BROKEN)
    done = monitor(watched.root, record, NOW, report_only=True)
    assert done.alarms >= 1
    assert done.action == "reported; intervals would be widened by 2.326"
    assert champion_version(watched).version == 1


def test_another_alarm_does_not_touch_the_intervals(watched, record, seen):
    seen(CALM)
    more = pd.concat([record.quarantine, pd.DataFrame({"source": ["x"]})], ignore_index=True)
    done = monitor(watched.root, replace(record, quarantine=more), NOW)
    assert done.findings.iloc[0][["check", "status"]].tolist() == ["quarantine", ALARM]
    assert done.action.startswith("reported; the intervals hold")
    assert champion_version(watched).version == 1


@pytest.mark.slow
def test_a_break_widens_once_and_every_door_sees_it(watched, record, seen):
    seen(BROKEN)
    before = open_bundle(root=watched.root)
    done = monitor(watched.root, record, NOW)
    assert done.widened == "2"
    version = champion_version(watched)
    assert version.version == 2
    assert version.tags["shiftcast.reason"].startswith("intervals of version 1 widened by 2.326 after a break")
    after = open_bundle(root=watched.root)
    assert after.summary.widened == Widened(2.326, "1")
    wide = [each.forecaster.quantiles("spending", quantiles=(0.1, 0.5, 0.9)).iloc[-1] for each in (before, after)]
    spreads = [np.log(each["q900"] / each["q100"]) for each in wide]
    assert spreads[1] == pytest.approx(2.326 * spreads[0], rel=0.02)
    assert wide[1]["q500"] == pytest.approx(wide[0]["q500"], rel=1e-3)
    again = monitor(watched.root, record, NOW)
    assert (again.widened, again.action) == (None, "reported; intervals were widened by 2.326 before, which is enough")


def test_a_widened_bundle_has_a_digest_of_its_own_and_the_same_inputs(finished):
    bundle = finished.result.bundle
    wider = widened_bundle(bundle, 1.5, factor=1.5, of="4")
    assert wider.summary.digest != bundle.summary.digest
    assert wider.summary.files == bundle.summary.files
    assert wider.tables["observations"] is bundle.tables["observations"]


def command(*words, store):
    fixed = ["monitor", "--root", str(store.root), "--as-of", "2026-11-22", "--report-only"]
    return CliRunner().invoke(app, [*fixed, *words])


@pytest.fixture
def quick(monkeypatch, record):
    monkeypatch.setattr(monitor_command, "read_record", lambda _: record)


def test_the_exit_code_tells_alarms_and_the_hook_gets_them(watched, seen, quick, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "s")
    script = tmp_path / "hook.py"
    script.write_text(
        "import os, pathlib, sys\n"
        f"pathlib.Path({str(tmp_path / 'got.json')!r}).write_text(sys.stdin.read())\n"
        "assert 'MY_SECRET' not in os.environ\n",
        encoding="utf-8",
    )
    seen(CALM)
    assert command("--quiet", store=watched).exit_code == 0
    seen(BROKEN)
    done = command("--on-alarm", f"{sys.executable} {script}", store=watched)
    assert done.exit_code == 3
    assert "calibration.high" in done.output
    got = json.loads((tmp_path / "got.json").read_text(encoding="utf-8"))
    assert got["alarms"] >= 1
    assert got["findings"][0]["status"] == "alarm"


@pytest.mark.parametrize(
    ("hook", "said"), [("false", "(exit code 1)"), ("no-such-command-here", "(FileNotFoundError)")]
)
def test_a_hook_that_fails_does_not_hide_the_alarm(watched, seen, quick, hook, said):
    seen(BROKEN)
    done = command("--json", "--quiet", "--on-alarm", hook, store=watched)
    assert done.exit_code == 3
    assert f"--on-alarm failed {said}" in done.stderr
    assert json.loads(done.stdout)["alarms"] >= 1


def test_a_hook_that_cannot_be_read_is_refused_before_anything_is_done(watched):
    done = command("--on-alarm", "echo 'open", store=watched)
    assert "--on-alarm" in str(done.exception)
    assert isinstance(done.exception, ValueError)


def test_the_hook_s_environment_has_no_secrets(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    assert set(bare_environment()) <= {"PATH", "HOME", "LANG", "TZ"}


def test_a_round_on_a_day_before_the_champions_is_refused(watched, record):
    watched.client.set_model_version_tag(MODEL, champion_version(watched).version, ORIGIN_TAG, "2026-11-20")
    with pytest.raises(InputError, match="as of 2026-04-01, and the champion as of 2026-11-20, a later day: see"):
        monitor(watched.root, record, pd.Timestamp("2026-04-01", tz="UTC"))


def test_a_calm_round_publishes_what_a_round_that_died_did_not(watched, record, seen, monkeypatch, tmp_path):
    published = []
    monkeypatch.setattr(standing, "publish_champion", lambda _, out, **__: published.append(out))
    note_published(watched.root, tmp_path / "out", champion=True)
    seen(CALM)
    monitor(watched.root, record, NOW, report_only=True)
    assert published == []
    monitor(watched.root, record, NOW)
    assert published == [tmp_path / "out"]
    (watched.root / PUBLISHED).unlink()


def wide_break(monkeypatch):
    """Let a round find a break that is worse than what was widened for before, and make no bundle of it."""
    monkeypatch.setattr(monitor_module, "widened_bundle", lambda bundle, *_, **__: bundle)
    monkeypatch.setattr(monitor_module, "sealed", lambda bundle: bundle)


def test_what_stands_where_the_champion_is_published_stops_a_round_before_the_alias_moves(
    watched, record, seen, monkeypatch, quick, tmp_path
):
    before = champion_version(watched).version
    (tmp_path / "thesis.docx").touch()
    note_published(watched.root, tmp_path, champion=True)
    wide_break(monkeypatch)
    seen([0.9999] * 30)
    done = monitor(watched.root, record, NOW)
    (watched.root / PUBLISHED).unlink()
    assert done.alarms >= 1
    assert done.widened is None
    assert done.action.startswith("reported; the intervals were not widened by ")
    assert "holds 'thesis.docx', which no run published" in done.action
    assert champion_version(watched).version == before
    assert champion_version(watched).tags[MONITOR_TAG].startswith(f"{done.alarms} alarms as of 2026-11-22: reported; ")


def test_a_run_under_way_keeps_the_alias_and_silences_no_alarm(watched, record, seen, monkeypatch):
    def held(*_, **__):
        raise LockedError("another run has held the lock for 0 s")

    before = champion_version(watched).version
    wide_break(monkeypatch)
    monkeypatch.setattr(monitor_module, "guarded", held)
    seen([0.9999] * 30)
    done = monitor(watched.root, record, NOW)
    assert done.alarms >= 1
    assert done.action.startswith("reported; the intervals were not widened by ")
    assert champion_version(watched).version == before


def test_a_folder_that_cannot_be_read_ends_no_round(watched, record, seen, monkeypatch, tmp_path):
    def shut(_):
        raise PermissionError(13, "Permission denied", "digest.txt")

    said = []
    monkeypatch.setattr(standing, "published_digest", shut)
    note_published(watched.root, tmp_path / "out", champion=True)
    seen(CALM)
    done = monitor(watched.root, record, NOW, progress=said.append)
    (watched.root / PUBLISHED).unlink()
    assert done.alarms == 0
    assert "it could not be published: [Errno 13] Permission denied: 'digest.txt'" in said
    assert said[-1] == "logging with MLflow"


def test_a_widening_that_cannot_be_published_is_told_and_its_rollback_before_is_ended(
    watched, record, seen, monkeypatch, tmp_path
):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    left = champion_version(watched).version
    watched.client.set_model_version_tag(MODEL, left, BEGUN_TAG, "1")
    note_published(watched.root, tmp_path / "out", champion=True)
    wide_break(monkeypatch)
    monkeypatch.setattr(standing, "publish", full)
    seen([0.9999] * 30)
    done = monitor(watched.root, record, NOW)
    (watched.root / PUBLISHED).unlink()
    assert str(champion_version(watched).version) == done.widened
    assert done.action.endswith("no refit; it could not be published: [Errno 28] No space left on device")
    assert begun(watched) == []
