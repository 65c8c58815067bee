"""A fleet as a registered model: promoted, the same twice, kept, and served with the bytes of command and notebook."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import shiftcast
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.asking import FIELDS, KINDS, ask
from shiftcast.forecast.fleet.world import World
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.doctor import registry as ward
from shiftcast.pipelines.doctor.examine import clean
from shiftcast.pipelines.fleet import retraining, sealing
from shiftcast.pipelines.fleet.answers import answers_text
from shiftcast.pipelines.fleet.bundle import read_fleet, write_fleet
from shiftcast.pipelines.fleet.digests import digest_of
from shiftcast.pipelines.fleet.place import model_of
from shiftcast.pipelines.fleet.retraining import read_fleet_version, retrain_fleet
from shiftcast.pipelines.fleet.sealing import unchanged_fleet
from shiftcast.pipelines.fleet.sql_tables import fleet_tables
from shiftcast.pipelines.fleet.versions import champion_total, roll_back_fleet, scorecard
from shiftcast.pipelines.publish.sql import open_sql, parts, read_only
from shiftcast.pipelines.registry import going_back
from shiftcast.pipelines.registry.answers import ChangedAnswerError
from shiftcast.pipelines.registry.bundle import AlteredBundleError, write_manifest
from shiftcast.pipelines.registry.deciding import KEPT, NOT_ASKED, PROMOTED, UNCHANGED
from shiftcast.pipelines.registry.going_back import RolledBack
from shiftcast.pipelines.registry.maker import Maker
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.registry.schema import relocate
from shiftcast.pipelines.serving.gate import Gate
from shiftcast.pipelines.serving.loading import load_served
from shiftcast.pipelines.serving.payload import RequestLimits, Taken
from shiftcast.pipelines.state.root import StoreError

FACTS = '[fleet]\nbusy = 0.9\n[[holding]]\naccelerator = "a100"\ncount = 8\nusd_per_hour = 1.5\n'
ASKED = [{"question": "full", "through": "2027-01"}, {"question": "budget", "amount": 9e4, "year": 2026},
         {"question": "forecast", "through": "2026Q4", "by": "workload"}, {"question": "describe"},
         {"question": "why", "before": "2026-08", "after": "2026-09"}]  # fmt: skip


@pytest.fixture(scope="module")
def state(stocked, tmp_path_factory):
    """Return a folder whose ``mlruns`` holds the fleet with facts."""
    folder = tmp_path_factory.mktemp("registered")
    shutil.copytree(stocked / "fleets", folder / "mlruns" / "fleets", symlinks=True)
    (folder / "mlruns" / "fleets" / "mine" / "fleet.toml").write_text(FACTS)
    return folder


@pytest.fixture(scope="module")
def planner(state):
    return shiftcast.open_fleet("mine", state / "mlruns", draws=200, seed=3)


@pytest.fixture(scope="module")
def first(planner, state):
    return retrain_fleet(planner, state / "mlruns", promote=True)


@pytest.fixture(scope="module")
def served(first, state):
    store = open_store(state / "mlruns", make=False, model=model_of("mine"))
    return load_served(store, champion_version(store))


@pytest.fixture
def copied(state, first, tmp_path, monkeypatch):
    """Return a copy of all state and its store, of which version 1 is champion; trials are as the first."""
    monkeypatch.setattr(retraining, "try_out", lambda *_: first.bundle.trial)
    root = Path(shutil.copytree(state / "mlruns", tmp_path / "mlruns", symlinks=True))
    relocate(root)
    store = open_store(root, make=False, model=model_of("mine"))
    store.client.set_registered_model_alias(store.model, "champion", "1")
    return root, store


def champion(store):
    return str(champion_version(store).version)


def posted(served, question):
    """Return status and text of the reply to one question, through the gate, without a socket."""
    body, sent = json.dumps({"dataframe_records": [question]}).encode(), []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    source = SimpleNamespace(served=served, start=lambda: None, stop=lambda: None)
    gate = Gate(source, limits=RequestLimits(), hosts=frozenset({"localhost"}), log=lambda *_, **__: None,
                taken=Taken("shiftcast-fleet-mine", KINDS, ("question",)))  # fmt: skip
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
             "path": "/invocations", "raw_path": b"/invocations", "query_string": b"", "root_path": "",
             "scheme": "http", "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
             "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 5001)}  # fmt: skip
    asyncio.run(gate(scope, receive, send))
    return sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:]).decode()


def test_the_first_is_champion_of_a_model_of_its_own(first, state):
    assert (first.outcome, first.version) == (PROMOTED, "1")
    store = open_store(state / "mlruns", make=False, model="shiftcast-fleet-mine")
    assert int(champion_version(store).version) == 1
    assert champion_version(open_store(state / "mlruns", make=False)) is None  # the world has none


def test_the_same_again_is_unchanged(first, planner, state):
    again = retrain_fleet(replace(planner), state / "mlruns", promote=True)
    assert (again.outcome, again.version) == (UNCHANGED, "1")


def test_what_was_not_asked_to_promote_is_kept_and_decided_on_later(first, planner, state):
    other = replace(planner, fleet=replace(planner.fleet, busy=0.8))
    kept = retrain_fleet(other, state / "mlruns", promote=False)
    assert (kept.outcome, kept.reason) == (KEPT, NOT_ASKED)
    settled = retrain_fleet(other, state / "mlruns", promote=True)
    assert (settled.outcome, settled.version) == (PROMOTED, kept.version)
    assert "over 15 months, and the champion's" in settled.reason  # facts do not move what was tried out
    back = open_store(state / "mlruns", make=False, model=model_of("mine"))
    back.client.set_registered_model_alias(model_of("mine"), "champion", "1")


def test_a_forecast_keeps_an_answer_to_each_question_and_gives_them_again(first):
    assert {each["question"]["question"] for each in first.bundle.answers} == set(FIELDS)
    refused = {each["question"]["question"] for each in first.bundle.answers if each["rows"] is None}
    assert refused == {"choices", "events"}  # it has no offer and expects nothing
    other = replace(first.bundle, made_by=Maker("0.0.1", {}))  # another version asks all of them again
    assert unchanged_fleet(other) is other
    assert unchanged_fleet(replace(first.bundle, made_by=None, answers=()))


def test_sql_reads_the_champions_hours_and_the_answers_kept_with_it(first, state):
    root = state / "mlruns"
    statement = "select value from fleet_hours where quantile = 0.5 order by month"
    database = open_sql(root, statement=statement, more=fleet_tables(root, "mine"))
    found = pd.concat(list(parts(read_only(database, statement))))
    np.testing.assert_allclose(found["value"], first.bundle.total.median())
    asked = "select * from fleet_full, (select count(*) as parts from fleet_forecast)"
    database = open_sql(root, statement=asked, more=fleet_tables(root, "mine"))
    table = pd.concat(list(parts(read_only(database, asked))))
    assert table["p_full"].tolist() == ask(first.bundle.planner, {"question": "full"}).table["p_full"].tolist()
    assert str(table["month"].dtype).startswith("datetime64")
    with pytest.raises(StoreError, match="fleet 'ours' has no champion; `shiftcast fleet ours retrain"):
        open_sql(root, statement=statement, more=fleet_tables(root, "ours"))


def test_the_doctor_finds_what_is_wrong_with_a_fleets_model_and_leaves_a_sound_one_alone(
    first, state, tmp_path, monkeypatch
):
    monkeypatch.setattr(ward, "_dead", lambda *_: True)  # whatever made something has ended
    root = tmp_path / "mlruns"
    store = open_store(state / "mlruns", make=False, model=model_of("mine"))
    assert list(ward.registry_findings(store)) == []  # and no logged model of a fleet is called nobody's
    shutil.copytree(state / "mlruns", root)
    relocate(root)
    copied = open_store(root, make=False, model=model_of("mine"))
    copied.client.delete_registered_model_alias(model_of("mine"), "champion")
    (found,) = ward.registry_findings(open_store(root, make=False))
    assert found.what == "no version of fleet mine has the alias champion"
    assert found.remedy == "run shiftcast fleet mine retrain --promote-if-better to make or restore one"


def test_command_notebook_and_server_give_the_same_bytes(served, state, monkeypatch):
    monkeypatch.chdir(state)
    planner = shiftcast.open_fleet("mine", state / "mlruns", draws=200, seed=3)  # which has a version by now
    assert (planner.registered.version, planner.full().provenance.registered) == ("1", planner.registered)
    for question in ASKED:
        assert posted(served, question) == (200, answers_text([ask(planner, question)]))
    drawn = ["--draws", "200", "--seed", "3"]
    result = CliRunner().invoke(app, ["fleet", "mine", "full", "--through", "2027-01", *drawn, "--json"])
    assert result.stdout == answers_text([ask(planner, ASKED[0])]) + "\n"


@pytest.mark.parametrize(
    ("question", "said"),
    [({"question": "fool"}, "row 0: question 'fool' is not known"),
     ({"question": "full", "rsk": 1}, "field 'rsk' is not known; did you mean 'risk'?"),
     ({"question": "budget", "year": 2026}, "row 0: no budget for 2026")],
)  # fmt: skip
def test_a_wrong_question_is_refused_by_the_server(served, question, said):
    status, text = posted(served, question)
    assert status == 400
    assert said in text


def test_a_bundle_reads_as_it_was_written_and_no_altered_one(first, tmp_path):
    manifest = write_fleet(first.bundle, tmp_path / "a")
    assert write_fleet(read_fleet(tmp_path / "a", digest=manifest), tmp_path / "b") == manifest
    assert read_fleet(tmp_path / "a").planner.fleet == first.bundle.planner.fleet
    (tmp_path / "a" / "facts.json").write_text("{}")
    with pytest.raises(AlteredBundleError, match=r"facts.json: differs from the manifest"):
        read_fleet(tmp_path / "a")


def test_a_registered_version_is_read_with_its_trial(first, state):
    store = open_store(state / "mlruns", make=False, model=model_of("mine"))
    bundle = read_fleet_version(store, champion_version(store))
    assert len(bundle.trial) == 15  # six origins, the last two with two and one month to be scored on
    assert bundle.total.shape[0] == 200
    assert bundle.digest == first.bundle.digest


def test_the_command_says_what_became_of_it(first, state, monkeypatch):
    monkeypatch.chdir(state)
    arguments = ["fleet", "mine", "retrain", "--draws", "200", "--seed", "3", "--json", "--quiet"]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert json.loads(result.stdout) == {"outcome": UNCHANGED, "version": "1", "reason": first.reason}
    assert result.exit_code == 0


def test_months_that_came_are_set_beside_what_versions_said(first, planner, state):
    card = scorecard(planner, state / "mlruns")
    assert card.table.empty  # usage ends before a month of the forecast is whole
    assert "No month has come yet that one of the" in card.says
    assert champion_total("mine", state / "mlruns").equals(first.bundle.total)
    with pytest.raises(StoreError, match="has no registered forecast; `shiftcast fleet ours retrain` makes one"):
        scorecard(replace(planner, fleet=replace(planner.fleet, name="ours")), state / "mlruns")


def test_a_look_over_tells_each_cause_once_and_ends_with_three(first, state, monkeypatch):
    monkeypatch.chdir(state)
    arguments = ["fleet", "mine", "monitor", "--draws", "200", "--seed", "3"]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 3
    assert "warning (new): " in told.stdout
    assert "days without usage of sacct/alps" in told.stdout
    again = CliRunner().invoke(app, arguments)
    assert "(new)" not in again.stdout
    assert "warning (told before): " in again.stdout


def test_another_path_of_the_worlds_techniques_is_another_forecast(planner):
    quarters = pd.date_range("2026-03-31", periods=4, freq="QE", tz="UTC")
    hours, names = np.ones((2, 4)), {"chat": ("deep", "llm")}
    shares = {"chat": np.full((2, 4, 2), 0.5)}
    world = World("enterprise", quarters, hours, {"chat": hours}, quarters, names, shares)
    moved = replace(world, shares={"chat": np.full((2, 4, 2), 0.4)})
    digests = [digest_of(replace(planner, world=each), past=False) for each in (world, moved, world)]
    assert digests[0] == digests[2] != digests[1]


def test_the_champion_before_comes_back_and_only_if_it_is_answered_alike(first, planner, state, monkeypatch):
    root, name = state / "mlruns", model_of("mine")
    store = open_store(root, make=False, model=name)
    with pytest.raises(StoreError, match="version 1 is the first champion: there is none before it"):
        roll_back_fleet("mine", root)
    with pytest.raises(InputError, match="fleet 'ours' is not below"):
        roll_back_fleet("ours", root)
    second = retrain_fleet(replace(planner, fleet=replace(planner.fleet, busy=0.85)), root, promote=True)
    assert int(champion_version(store).version) == int(second.version) > 1
    monkeypatch.setattr(sealing, "present_maker", lambda: Maker("9.9.9", {}))
    monkeypatch.setattr(sealing, "alike", lambda now, then: False)
    with pytest.raises(ChangedAnswerError, match=r"'describe' is answered otherwise .* `shiftcast fleet mine retrain`"):
        roll_back_fleet("mine", root)
    assert int(champion_version(store).version) == int(second.version)
    monkeypatch.undo()
    monkeypatch.chdir(state)
    result = CliRunner().invoke(app, ["rollback", "--fleet", "mine"], catch_exceptions=False)
    assert result.stdout == f"version 1 is champion again; version {second.version} is kept beside it\n"
    assert int(champion_version(store).version) == 1


def other_of(planner, busy):
    return replace(planner, fleet=replace(planner.fleet, busy=busy))


def test_a_champion_that_cannot_be_read_for_a_moment_stays(first, planner, copied, monkeypatch):
    root, store = copied

    def unreadable(*_):
        raise StoreError("its files cannot be read")

    with monkeypatch.context() as patch:
        patch.setattr(retraining, "read_fleet_version", unreadable)
        kept = retrain_fleet(other_of(planner, 0.7), root, promote=True)
    assert (kept.outcome, champion(store)) == (KEPT, "1")
    assert kept.reason.startswith("kept: the champion cannot be read, so neither is known to be better (its files")
    again = retrain_fleet(other_of(planner, 0.7), root, promote=True)
    assert (again.outcome, again.version, champion(store)) == (PROMOTED, kept.version, kept.version)


@pytest.mark.parametrize("ended_by", ["rollback", "doctor", "retrain"])
def test_a_rollback_that_died_is_ended_and_goes_back_no_further(first, planner, copied, monkeypatch, ended_by):
    root, store = copied
    versions = [first.version, *(retrain_fleet(other_of(planner, busy), root, promote=True).version
                                 for busy in (0.71, 0.72))]  # fmt: skip

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(going_back, "_explain", die)
        with pytest.raises(KeyboardInterrupt):
            roll_back_fleet("mine", root)
    assert champion(store) == versions[1]
    said = f"a rollback of fleet mine to model version {versions[1]} did not end"
    assert [each.what for each in ward.registry_findings(store)] == [said]
    if ended_by == "rollback":
        assert roll_back_fleet("mine", root) == RolledBack(versions[1], versions[2])
    elif ended_by == "doctor":
        clean(root, root.parent / "out", wait=1)
    again = retrain_fleet(other_of(planner, 0.72), root, promote=True)
    assert (again.outcome, champion(store)) == (UNCHANGED, versions[1])
    again = retrain_fleet(other_of(planner, 0.72), root, promote=True)
    assert (again.outcome, again.reason) == (UNCHANGED, f"kept: rolled back to version {versions[1]}")
    assert list(ward.registry_findings(store)) == []


@pytest.mark.parametrize("spoil", [lambda folder: (folder / "total.parquet").unlink(),
                                   lambda folder: (folder / "summary.json").write_text('{"future": 1}'),
                                   lambda folder: (folder / "learned.json").write_text("[1]")])  # fmt: skip
def test_what_another_version_wrote_in_a_way_of_its_own_is_told(first, tmp_path, spoil):
    write_fleet(first.bundle, tmp_path)
    spoil(tmp_path)
    write_manifest(tmp_path)
    with pytest.raises(StoreError, match="as registered and cannot be read"):
        read_fleet(tmp_path)
