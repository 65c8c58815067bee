import json
import sys
from dataclasses import replace

import pandas as pd
import pytest

from shiftcast.forecast.known import Settings
from shiftcast.pipelines.cli import main
from shiftcast.pipelines.commands import scorecard as scorecard_command
from shiftcast.pipelines.job.overrides import read_overrides
from shiftcast.pipelines.job.run import run
from shiftcast.pipelines.registry.mlflow_store import all_versions, bundle_folder, open_store

PAST = pd.Timestamp("2025-12-31", tz="UTC")


pytestmark = pytest.mark.slow  # two more runs are scored; tests/forecast/scoring holds the arithmetic


@pytest.fixture(scope="module")
def scored(tmp_path_factory, finished):
    """Return the folder of a store with a champion of today and one true vintage of the past."""
    folder = tmp_path_factory.mktemp("scored")
    request = replace(finished.request, root=folder / "mlruns", out=folder / "out", settings=Settings(draws=100))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shiftcast.pipelines.job.run.backtest", lambda *_, **__: finished.scores)
        patch.setattr(
            "shiftcast.pipelines.job.run.write_report", lambda _, path: path.write_text("report", encoding="utf-8")
        )
        run(replace(request, origin=PAST, past=True, publish_kept=False))
        patch.setattr("shiftcast.pipelines.job.run.build_world", lambda *_, **__: finished.world)
        patch.setattr("shiftcast.pipelines.publish.publication.overview", finished_picture)
        patch.setattr(
            "shiftcast.pipelines.publish.publication.write_brief",
            lambda _, path: path.write_text("brief", encoding="utf-8"),
        )
        run(request)
    return folder


def finished_picture(*_):
    class Blank:
        def save(self, path, **_):
            path.write_bytes(b"")

    return Blank()


@pytest.fixture
def shell(scored, finished, monkeypatch, capsys):
    monkeypatch.chdir(scored)
    real = scorecard_command.as_day
    monkeypatch.setattr(scorecard_command, "as_day", lambda text, name: real(text or "2026-11-20", name))

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["shiftcast", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return ended.value.code, shown.out, shown.err

    return command


def test_a_target_shows_every_vintage_beside_naive_forecasts_and_claims(shell, tmp_path):
    code, out, _ = shell("scorecard", "--target", "2026Q2", "--output", str(tmp_path / "s.csv"))
    assert code == 0
    assert "Every forecast made for 2026Q2, against what came" in out
    assert "spending of all, definition recast_2: 8.509e+10 USD/quarter" in out
    assert "shiftcast v1" in out
    assert "last_value" in out
    assert "Claim " in out
    assert "came" in out
    assert "shiftcast v1" in set(pd.read_csv(tmp_path / "s.csv")["model"])


def test_without_a_target_means_are_shown(shell):
    code, out, _ = shell("scorecard")
    assert code == 0
    assert "Vintages against naive forecasts made on the same days" in out
    assert "Data-centre spending by quarters ahead" in out


def test_rows_come_as_json(shell):
    code, out, _ = shell("scorecard", "--target", "2026Q1", "--json")
    rows = json.loads(out)
    assert code == 0
    assert {row["model"] for row in rows} == {"shiftcast", "last_value", "drift"}
    assert {row["period_end"][:10] for row in rows} == {"2026-03-31"}


def test_an_override_is_logged_and_scored_beside_the_vintages(shell, scored):
    said = ("--low", "6e10", "--mid", "8e10", "--high", "1e11", "--who", "Ann", "--reason", "orders")
    shell_day = scorecard_command.as_day
    scorecard_command.as_day = lambda text, name: shell_day(text or "2026-01-15", name)
    code, out, _ = shell("override", "2026Q2", *said)
    scorecard_command.as_day = shell_day
    assert (code, out) == (0, "logged: 8e+10 USD/quarter for 2026Q2; 1 overrides in all\n")
    assert read_overrides(scored / "mlruns")["who"].tolist() == ["Ann"]
    code, out, _ = shell("scorecard", "--target", "2026Q2")
    assert "override Ann" in out
    code, _, err = shell("override", "2027Q1", *said, "--measure", "mood")
    assert (code, "--measure 'mood' is not published; choose one of spending" in err) == (2, True)


def test_a_quarter_without_figures_is_named(shell):
    code, out, err = shell("scorecard", "--target", "2027Q4")
    assert (code, out) == (2, "")
    assert "nothing of the quarter that ends on 2027-12-31 was known on 2026-11-20; the last quarter" in err


def test_a_store_with_nothing_to_score_says_so(shell):
    code, out, _ = shell("scorecard", "--as-of", "2026-01-15")
    assert (code, "Nothing has come yet" in out) == (0, True)
    code, out, _ = shell("scorecard", "--target", "2025Q2")
    assert (code, "No forecast in the store was made before its figures were known" in out) == (0, True)


def test_a_version_that_cannot_be_read_is_set_aside_by_name(shell, scored):
    store = open_store(scored / "mlruns")
    (first,) = (each for each in all_versions(store) if str(each.version) == "1")
    path = bundle_folder(store, first) / "cube.nc"
    content = path.read_bytes()
    path.write_bytes(content + b"x")
    code, out, _ = shell("scorecard", "--target", "2026Q2")
    path.write_bytes(content)
    assert (code, "version 1 is not scored" in out.replace("\n", " ")) == (0, True)
