"""The command line, Python and the served model answer the questions of the split alike, to the last byte."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands import claim as claim_command
from shiftcast.pipelines.commands import contract as contract_command
from shiftcast.pipelines.registry.served_model import ShiftcastModel

SAME = ["--as-of", "2026-11-20", "--draws", "200", "--seed", "7", "--json"]


@pytest.fixture(scope="module")
def model(finished):
    served = ShiftcastModel()
    served._forecaster = finished.result.bundle.forecaster
    return served


@pytest.fixture
def drawn(finished, monkeypatch):
    for command in (claim_command, contract_command):
        monkeypatch.setattr(command, "build_world", lambda known, settings: finished.world)


def printed(*arguments):
    result = CliRunner().invoke(app, [*arguments, *SAME])
    if result.exception:
        raise result.exception
    return json.loads(result.stdout)


def served(model, question):
    answer = pd.DataFrame(model.predict(None, pd.DataFrame([question]))).drop(columns="row")
    return answer, json.loads(answer.to_json(orient="records", double_precision=15))


@pytest.mark.slow
def test_a_mode(model):
    table = printed("split", "--mode", "soft", "--strength", "0.2", "--base", "gpu_hours")["quarters"]
    asked = {"mode": "soft", "strength": 0.2, "base": "gpu_hours", "definition": "recast_2"}
    answer, _ = served(model, {"question": "impose", **asked})  # the method of that name, by Forecaster.ask
    assert json.loads(answer[list(table[0])].to_json(orient="records")) == table
    assert {"hhi_workloads", "effective_owners", "without_half_leaves", "memberships", "as_of"} <= set(answer)


def test_relabelling(model):
    table = printed("relabel", "coreweave=hyperscale", "--valid-from", "2025-01-01")
    question = {"question": "relabel", "firm": "coreweave", "to": "hyperscale", "valid_from": "2025-01-01"}
    assert served(model, question)[1] == table


def test_a_claim(model, drawn):
    assert served(model, {"question": "check", "claim": "nvda-gtc26-1t"})[1] == printed(
        "claim", "check", "nvda-gtc26-1t"
    )


def test_a_contract(model, drawn):
    asked = ("contract", "power", "--leaf", "sovereign", "--period", "2027Q4", "--value", "9000")
    (told,) = printed(*asked)["predictions"]
    question = {"question": "contract", "measure": "power", "leaf": "sovereign", "period": "2027Q4", "value": 9000.0}
    (answer,) = model.predict(None, pd.DataFrame([{**question, "form": "answer"}]))
    for part in ("says", "rows", "units", "notes", "assumed"):
        assert told[part] == answer[part]


def test_a_contract_is_drawn_and_written_to_files(drawn, tmp_path):
    files = ["--plot", str(tmp_path / "held.svg"), "--output", str(tmp_path / "held.csv")]
    printed("contract", "power", "--leaf", "sovereign", "--period", "2027Q4", "--value", "9000", *files)
    assert (tmp_path / "held.svg").read_text().startswith("<svg")
    assert "sovereign" in (tmp_path / "held.csv").read_text()


def test_a_contract_is_printed_for_people(drawn):
    asked = ["contract", "power", "--segment", "rest", "--period", "2027Q4", "--value", "20000"]
    result = CliRunner().invoke(app, [*asked, *SAME[:-1]])
    assert "MW facility of power in rest/all in 2027Q4, held at 20,000" in " ".join(result.stdout.split())
    assert "sovereign" in result.stdout


def test_a_share_without_base_or_definition_is_refused_over_rest(model):
    for question, lacking in (("split", "base"), ("impose", "definition")):
        given = {"mode": "fixed", "base": "revenue"} if question == "impose" else {}
        with pytest.raises(Exception, match=f"question '{question}': field '{lacking}' is missing") as refused:
            served(model, {"question": question, **given})
        assert refused.value.get_http_status_code() == 400
