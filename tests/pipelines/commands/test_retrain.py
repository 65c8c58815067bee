import json
import sys
from dataclasses import replace

import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS, Quarantine, empty
from shiftcast.pipelines.cli import main
from shiftcast.pipelines.commands import retrain as retrain_command
from shiftcast.pipelines.job import run as run_module
from shiftcast.pipelines.registry import deciding
from shiftcast.pipelines.registry.champion import open_bundle
from shiftcast.pipelines.registry.deciding import NOT_ASKED
from shiftcast.pipelines.registry.mlflow_store import CHALLENGER, alias_version, champion_version, open_store
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.store import Store

WORDS = ("retrain", "--draws", "200", "--seed", "7")


@pytest.fixture
def shell(own_store, no_draws, monkeypatch, capsys):
    """Return a function that runs a command line in a folder of the test's own, giving code, output and errors."""
    monkeypatch.chdir(own_store.root.parent)
    monkeypatch.setattr(retrain_command, "as_day", lambda *_: own_store.origin)

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["shiftcast", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return ended.value.code, shown.out, shown.err

    return command


def champion(request):
    version = champion_version(open_store(request.root))
    return None if version is None else str(version.version)


def worse(scores):
    mine = (scores["model"] == "shiftcast") & (scores["metric"] == "build_cost")
    return scores.assign(value=scores["value"].where(~mine, scores["value"] * 1.2))


def test_exit_codes_say_what_became_of_the_forecast(shell, own_store, finished, monkeypatch, tmp_path):
    code, out, _ = shell(*WORDS)
    assert (code, champion(own_store)) == (3, None)
    assert out == f"kept: model version 1: {NOT_ASKED}\n"
    assert not own_store.out.exists()
    code, out, err = shell(*WORDS, "--promote-if-better", "--json")
    assert (code, champion(own_store)) == (0, "1")
    assert json.loads(out)["outcome"] == "promoted"
    assert "nothing to compute" in err
    assert own_store.out.exists()
    assert shell(*WORDS, "--promote-if-better", "--quiet") == (0, "", "")
    published = (own_store.out / "digest.txt").read_bytes()
    monkeypatch.setattr(run_module, "backtest", lambda *_, **__: worse(finished.scores))
    code, out, _ = shell(*WORDS[:-1], "8", "--promote-if-better")
    assert (code, champion(own_store)) == (3, "1")
    assert out.startswith("kept: model version 2: not promoted: build cost")
    assert (own_store.out / "digest.txt").read_bytes() == published  # the champion's forecast stays published
    assert str(alias_version(open_store(own_store.root), CHALLENGER).version) == "2"


def test_bad_input_is_2_and_a_store_in_use_is_1(shell, own_store, tmp_path):
    assert shell(*WORDS, "--quiet", "--record", str(tmp_path / "nowhere"))[0] == 2
    with locked(own_store.root):
        code, _, err = shell(*WORDS, "--quiet", "--wait", "0")
    assert (code, err.count("\n")) == (1, 1)
    assert "another run has held the lock for 0 s; wait for it or stop it" in err


def test_the_way_back_is_one_command(copied_store, shell):
    assert shell(*WORDS, "--promote-if-better", "--quiet")[0] == 0
    shell(*WORDS[:-1], "8", "--promote-if-better")
    assert champion(copied_store) == "2"
    code, out, _ = shell("rollback")
    assert (code, out) == (0, "version 1 is champion again; version 2 is kept beside it\n")
    assert champion(copied_store) == "1"
    code, _, err = shell("rollback", "--to", "7")
    assert (code, err) == (1, "shiftcast: version 7 is not there; there are 1, 2\n")


@pytest.mark.slow
def test_a_replay_scores_one_vintage_a_quarter(shell, own_store, tmp_path):
    words = ("replay", "--from", "2025Q4", "--to", "2026Q1", "--draws", "200", "--quiet")
    code, out, _ = shell(*words, "--output", str(tmp_path / "scores.csv"))
    assert code == 0
    assert "Vintages against naive forecasts" in out
    scores = pd.read_csv(tmp_path / "scores.csv")
    assert set(scores["origin"]) == {"2025-12-31", "2026-03-31"}
    assert {"shiftcast v1", "shiftcast v2", "last_value", "drift"} == set(scores["model"])
    assert champion(own_store) is None
    assert not (own_store.root / "replayed").exists()
    code, _, err = shell("replay", "--from", "2026Q1", "--to", "2025Q4")
    assert (code, "is before --from" in err) == (2, True)
    code, _, err = shell("replay", "--from", "2026Q1", "--to", "2026Q4")
    assert (code, "ends on 2026-12-31, after 2026-11-20" in err) == (2, True)


@pytest.mark.slow
def test_a_run_that_died_before_deciding_is_decided_on_even_if_only_kept(own_store, no_draws, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(deciding, "promote", lambda *_, **__: None)
        run_module.run(own_store)
    assert run_module.run(replace(own_store, promote=False)).outcome == "kept"
    assert champion(own_store) is None
    assert run_module.run(own_store).outcome == "promoted"


def measured(known_at):
    days = pd.date_range("2026-04-01", "2026-06-30", tz="UTC").as_unit("us")
    labels = dict.fromkeys(DIMENSIONS, "all") | {"segment": "rest", "leaf": "supercomputing"}
    rows = pd.DataFrame(
        labels | {"measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": "day",
                  "source": "jobs.csv", "rows": 1.0, "bound": "=", "evidence": "measured", "confidence": "verified"},
        index=range(len(days)),
    )  # fmt: skip
    return rows.assign(period_start=days, value=1e6, known_at=known_at)


@pytest.mark.slow
def test_usage_that_was_ingested_enters_the_record_and_is_scored(shell, own_store):
    code, _, err = shell(*WORDS, "--quiet", "--usage")
    assert (code, err.count("\n")) == (1, 1)
    assert "no usage is stored here; load some with `shiftcast ingest` first" in err
    assert shell(*WORDS, "--quiet", "--promote-if-better")[0] == 0
    day = own_store.origin - pd.Timedelta(days=100)
    Store(own_store.root).append(measured(day), empty(Quarantine), "a" * 64, day)
    code, out, _ = shell(*WORDS, "--usage", "--promote-if-better")
    assert out.startswith("promoted: model version 2: ")  # other data, another version
    assert out.count("promoted") == 1
    assert "unchanged" in shell(*WORDS, "--usage", "--promote-if-better")[1]
    known = open_bundle(root=own_store.root).known.observations
    mine = known[known["leaf"].eq("supercomputing") & known["measure"].eq("gpu_hours") & known["source"].eq("jobs.csv")]
    assert mine["value"].tolist() == [91e6]
