"""The command line, a notebook and the served model give the same bytes for the same question."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shiftcast.forecast.answering import answer_rows, answer_text
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.registry.champion import open_forecaster

QUESTIONS = {
    "rows": {"question": "forecast", "measure": "power", "segment": "rest"},
    "quantiles": {"question": "quantiles", "measure": "gpu_hours", "workload": "recsys"},
    "quantiles asked for": {"question": "quantiles", "measure": "power", "quantiles": [0.05, 0.95], "horizon": 3},
    "scenario": {"question": "quantiles", "measure": "accelerators", "scenario": "generative*1.5; edge*2"},
    "draws": {"question": "draws", "measure": "spending", "leaf": "sovereign", "draws": 20, "seed": 3},
    "shares": {"question": "share", "technique": "llm", "of": "ads", "base": "requests", "segment": "rest"},
    "crossings": {"question": "when", "technique": "llm", "of": "recsys", "base": "gpu_hours",
                  "segment": "hyperscale", "above": 0.4},
    "split": {"question": "split", "base": "revenue", "definition": "keynote"},
    "attribution": {"question": "attribute", "start": "2025Q2", "end": "2026Q2", "by": "mix", "measure": "power"},
    "claims": {"question": "claims"},
    "placement": {"question": "placement", "segment": "rest"},
    "techniques": {"question": "techniques", "of": "recsys", "segment": "rest"},
    "impose": {"question": "impose", "mode": "soft", "base": "gpu_hours", "definition": "recast_2", "strength": 0.2},
    "relabel": {"question": "relabel", "firm": "coreweave", "to": "hyperscale", "valid_from": "2025-01-01"},
    "check": {"question": "check", "claim": "nvda-gtc26-1t"},
    "contract": {"question": "contract", "measure": "power", "leaf": "sovereign", "period": "2027Q4", "value": 9000.0},
    "concentration": {"question": "concentration"},
    "plan": {"question": "plan", "by": "2027Q4", "risk": 0.05, "segment": "hyperscale/internal"},
    "limits": {"question": "limits", "by": "2027Q1", "programmes": 2, "lift": "power"},
    "ceilings": {"question": "ceilings", "by": "2027Q1"},
    "site": {"question": "site", "mw": 40.0, "given": "site.utilisation=0.7"},
    "cost": {"question": "cost", "life": "4,5", "gain": 2.0},
    "retire": {"question": "retire", "generation": "hopper"},
    "audit": {"question": "audit", "measure": "power", "leaf": "sovereign", "period": "2027Q4"},
}  # fmt: skip


@pytest.fixture(scope="module")
def notebook(finished):
    return open_forecaster(root=finished.request.root)


def command(question, root):
    texts = {name: ",".join(map(str, v)) if isinstance(v, list) else str(v) for name, v in question.items()}
    name = texts.pop("question")
    return CliRunner().invoke(
        app, ["ask", name, *(f"{k}={v}" for k, v in texts.items()), "--json", "--root", str(root)]
    )


SCRIPT = importlib.util.spec_from_file_location("twenty", Path(__file__).parents[3] / "benchmarks" / "twenty.py")
twenty = importlib.util.module_from_spec(SCRIPT)
sys.modules["twenty"] = twenty
SCRIPT.loader.exec_module(twenty)

LONG = {"impose": pytest.mark.slow}  # draws anew; the others hold the same path


@pytest.mark.parametrize("form", ["rows", "answer"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG.get(name, ())) for name in QUESTIONS])
def test_all_doors_give_the_same_bytes(server, notebook, finished, name, form):
    question = {**QUESTIONS[name], "form": form}
    in_notebook = answer_text(answer_rows(notebook, [question])).encode()
    row = {field: value for field, value in question.items() if field not in {"quantiles", "form"}}
    params = {field: value for field, value in question.items() if field in {"quantiles", "form"}}
    payload = json.dumps({"dataframe_records": [row], "params": params}).encode()
    status, _, over_rest = server.call(payload)
    assert status == 200
    assert over_rest == in_notebook
    by_command = command(question, finished.request.root)
    assert by_command.exit_code == 0, by_command.output
    assert by_command.stdout_bytes == in_notebook + b"\n"


@pytest.mark.slow
@pytest.mark.parametrize("each", twenty.asked_of_forecast(), ids=lambda each: f"{each.number} {each.name}")
def test_the_twenty_are_answered_alike_by_all_doors(server, notebook, finished, each):
    question = {"question": each.name, **each.fields, "form": "answer"}
    in_notebook = answer_text(answer_rows(notebook, [question])).encode()
    assert server.call(json.dumps({"dataframe_records": [question]}).encode())[2] == in_notebook
    assert command(question, finished.request.root).stdout_bytes == in_notebook + b"\n"
    (answer,) = json.loads(in_notebook)["predictions"]
    assert answer["says"].endswith(".")


def test_the_same_through_params_alone(server, notebook):
    question = QUESTIONS["split"]
    params = {"output": "split", "base": question["base"], "definition": question["definition"]}
    payload = json.dumps({"dataframe_records": [{"question": "split"}], "params": params}).encode()
    assert server.call(payload)[2] == answer_text(answer_rows(notebook, [question])).encode()


def test_the_command_prints_the_whole_answer_unless_rows_are_asked_for(notebook, finished):
    question = QUESTIONS["crossings"]
    whole = answer_text(answer_rows(notebook, [{**question, "form": "answer"}])) + "\n"
    assert command(question, finished.request.root).stdout == whole
    fields = {name: str(value) for name, value in question.items() if name not in {"question", "technique"}}
    options = [text for name, value in fields.items() for text in (f"--{name}", value)]
    root = ["--json", "--root", str(finished.request.root)]
    assert CliRunner().invoke(app, ["when", question["technique"], *options, *root]).stdout == whole


def test_a_thousand_rows_are_answered_at_once(serve, served):
    from shiftcast.pipelines.serving.payload import RequestLimits  # noqa: PLC0415  (only this test needs it)

    rows = [{"question": "quantiles", "measure": "power", "horizon": 1 + number % 9} for number in range(1000)]
    status, content = serve(served, limits=RequestLimits()).ask(*rows)
    assert status == 200
    assert [row["row"] for row in content["predictions"]] == [n for n in range(1000) for _ in range(1 + n % 9)]
