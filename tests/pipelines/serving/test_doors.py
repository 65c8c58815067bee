"""The command line, a notebook, the served model and the assistants' server give the same bytes for one question."""

import asyncio
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

from mcp import Client

from shiftcast.forecast.answering import answer_rows, answer_text
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands import asking
from shiftcast.pipelines.fleet.held import HeldFleets
from shiftcast.pipelines.mcp.asking import AnswerLimits
from shiftcast.pipelines.mcp.server import make_server
from shiftcast.pipelines.registry.champion import open_forecaster

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
import twenty

sys.path.pop(0)

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
    "techniques": {"question": "techniques", "of": "recsys", "segment": "rest"},
    "impose": {"question": "impose", "mode": "soft", "base": "gpu_hours", "definition": "recast_2", "strength": 0.2},
    "contract": {"question": "contract", "measure": "power", "leaf": "sovereign", "period": "2027Q4", "value": 9000.0},
    "concentration": {"question": "concentration"},
    "limits": {"question": "limits", "by": "2027Q1", "programmes": 2, "lift": "power"},
    "ceilings": {"question": "ceilings", "by": "2027Q1"},
    "site": {"question": "site", "mw": 40.0, "given": "site.utilisation=0.7"},
    "cost": {"question": "cost", "life": "4,5", "gain": 2.0},
}  # fmt: skip

TWENTY = {f"{each.number} {each.name}": {"question": each.name, **each.fields} for each in twenty.asked_of_forecast()}
LONG = dict.fromkeys(("impose", "11 relabel", "13 retire"), pytest.mark.slow)
EVERY = {**QUESTIONS, **TWENTY}
DOORS = ("python", "command", "rest", "mcp")


@pytest.fixture(scope="module")
def notebook(finished):
    return open_forecaster(root=finished.request.root)


@pytest.fixture(scope="module")
def opened_once(notebook):
    """Let commands take the forecast that is open; one test below lets them open the store themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "open_version", lambda *_, **__: SimpleNamespace(forecaster=notebook))
        yield


class Held:
    """The forecast that is open, as the server for assistants holds one."""

    def __init__(self, forecaster):
        self._forecaster = forecaster

    def forecaster(self):
        return self._forecaster

    def versions(self):
        return []


def command(question, root):
    texts = {name: ",".join(map(str, v)) if isinstance(v, list) else str(v) for name, v in question.items()}
    name = texts.pop("question")
    return CliRunner().invoke(
        app, ["ask", name, *(f"{k}={v}" for k, v in texts.items()), "--json", "--root", str(root)]
    )


def by_python(question, notebook, **_):
    return answer_text(answer_rows(notebook, [question])).encode()


def by_command(question, finished, **_):
    done = command(question, finished.request.root)
    assert done.exit_code == 0, done.output
    return done.stdout_bytes.removesuffix(b"\n")


def by_rest(question, server, **_):
    row = {field: value for field, value in question.items() if field not in {"quantiles", "form"}}
    params = {field: value for field, value in question.items() if field in {"quantiles", "form"}}
    status, _, told = server.call(json.dumps({"dataframe_records": [row], "params": params}).encode())
    assert status == 200
    return told


def by_mcp(question, notebook, finished, **_):
    fields = {name: value for name, value in question.items() if name != "question"}
    fleets, limits = HeldFleets(finished.request.root), AnswerLimits(rows=10_000, bytes=10_000_000)

    async def call():
        async with Client(make_server(Held(notebook), fleets, limits)) as client:
            return await client.call_tool(question["question"], fields)

    return asyncio.run(call()).content[0].text.encode()


def told(question, **doors):
    """Return what each door says to a question, by the name of the door."""
    return {door: globals()[f"by_{door}"](question, **doors) for door in DOORS}


@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG.get(name, ())) for name in EVERY])
def test_all_doors_give_the_same_bytes(server, notebook, finished, opened_once, name):
    said = told({**EVERY[name], "form": "answer"}, server=server, notebook=notebook, finished=finished)
    assert said == dict.fromkeys(DOORS, said["python"])
    (answer,) = json.loads(said["python"])["predictions"]
    assert answer["says"].endswith(".")
    assert answer["rows"]


@pytest.mark.parametrize("name", ["rows", "quantiles asked for", "split", "site"])
def test_all_doors_give_the_same_rows(server, notebook, finished, opened_once, name):
    said = told({**QUESTIONS[name], "form": "rows"}, server=server, notebook=notebook, finished=finished)
    assert said == dict.fromkeys(DOORS, said["python"])


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
