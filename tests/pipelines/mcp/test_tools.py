"""The server for assistants, asked in this process by the SDK's own client."""

import asyncio
import json
import threading
from functools import partial

import pytest

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

from mcp import Client, MCPError

from shiftcast.features.input_error import InputError
from shiftcast.forecast.answering import answer_rows, answer_text
from shiftcast.forecast.fleet.asking import FIELDS, json_schema
from shiftcast.forecast.questions import QUESTIONS
from shiftcast.forecast.telling.form import answer_schema
from shiftcast.pipelines.commands.mcp import _in_time
from shiftcast.pipelines.mcp.asking import AnswerLimits, answer
from shiftcast.pipelines.mcp.server import make_server, skill
from shiftcast.pipelines.state.root import StoreError


class Stub:
    """A held forecast that answers as it is told to."""

    def __init__(self, rows):
        self._rows = rows

    def forecaster(self):
        return self

    def rows(self, question):
        return self._rows(question)

    def versions(self):
        return [{"version": "7", "as_of": "2026-11-20", "reason": "first", "answers": True}]


class StubFleets:
    """Two fleets that answer with what they were asked."""

    def listed(self):
        return [{"fleet": name, "says": f"Fleet {name} used nothing."} for name in ("mine", "ours")]

    def rows(self, fleet, question, as_of=None):
        if fleet not in ("mine", "ours"):
            raise InputError(f"fleet {fleet!r} is not below mlruns: there are mine, ours")
        return [{"fleet": fleet, "asked": question, "as_of": as_of, "rows": [{"n": 1}] * 3, "row": 0}]


def with_client(held, act, **limits):
    async def run():
        async with Client(make_server(held, StubFleets(), AnswerLimits(**limits))) as client:
            return await act(client)

    return asyncio.run(run())


def called(held, name, arguments, **limits):
    return with_client(held, lambda client: client.call_tool(name, arguments), **limits)


def raising(error):
    def rows(_):
        raise error

    return rows


def test_there_is_a_tool_for_every_question_with_its_own_schema():
    found = with_client(Stub(None), lambda client: client.list_tools()).tools
    assert [tool.name for tool in found] == [*QUESTIONS, "fleets", *(f"fleet_{name}" for name in FIELDS)]
    for tool in found[: len(QUESTIONS)]:
        own, asked = tool.input_schema, QUESTIONS[tool.name].model_json_schema()
        assert own["properties"].pop("form")["default"] == "answer"
        del asked["properties"]["form"]
        assert own == asked
        assert tool.description.lower() == f"{QUESTIONS[tool.name].gives}.".lower()
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)


def test_a_question_to_a_fleet_is_a_tool_with_its_schema_and_the_name_of_one():
    found = {tool.name: tool for tool in with_client(Stub(None), lambda client: client.list_tools()).tools}
    for name, schema in json_schema().items():
        tool = found[f"fleet_{name}"]
        own = tool.input_schema
        assert {own["properties"].pop(name)["type"] for name in ("fleet", "as_of")} == {"string"}
        assert own["required"].pop(0) == "fleet"
        assert own == schema
        assert tool.annotations.read_only_hint
    assert found["fleet_full"].description == (
        "Of one fleet: when the fleet is full, what waits and what to order by when."
    )


def test_a_fleet_is_asked_and_all_are_listed():
    given = {"fleet": "mine", "risk": 0.1, "as_of": "2026-10-31"}
    (answer,) = called(Stub(None), "fleet_full", given).structured_content["predictions"]
    assert answer["asked"] == {"question": "full", "form": "answer", "risk": 0.1}
    assert (answer["fleet"], answer["as_of"]) == ("mine", "2026-10-31")
    listed = called(Stub(None), "fleets", {})
    assert [each["fleet"] for each in listed.structured_content["predictions"]] == ["mine", "ours"]
    assert listed.content[0].text == answer_text(listed.structured_content["predictions"])


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("fleet_full", {}, "tool 'fleet_full' needs the field 'fleet', the name of one; the tool 'fleets' lists them"),
        ("fleet_full", {"fleet": "hers"}, "fleet 'hers' is not below mlruns: there are mine, ours"),
        ("fleet_fool", {"fleet": "mine"}, "tool 'fleet_fool' is not known; did you mean 'fleet_full'?"),
        ("fleets", {"fleet": "mine"}, "tool 'fleets' takes no fields; leave 'fleet' out"),
        ("fleet_full", {"fleet": "mine", "as_of": ["x"]}, "field 'as_of' is list \"['x']\"; it must be a day such as"),
    ],
)
def test_a_refusal_about_fleets_is_an_error_of_the_tool(name, arguments, says):
    result = called(Stub(None), name, arguments)
    assert (result.is_error, result.content[0].text[: len(says)]) == (True, says)


def test_an_answer_of_a_fleet_keeps_to_the_limits():
    assert called(Stub(None), "fleet_full", {"fleet": "mine"}, rows=2).content[0].text.startswith("the answer has 3")


def test_an_answer_has_the_bytes_of_the_other_doors():
    stub = Stub(lambda question: [{"quarter": "2027Q1", "mean": 1.5, "asked": question["measure"]}])
    result = called(stub, "forecast", {"measure": "power", "form": "rows"})
    expected = answer_rows(stub, [{"question": "forecast", "measure": "power", "form": "rows"}])
    assert result.content[0].text == answer_text(expected)
    assert result.structured_content == {"predictions": expected}
    assert not result.is_error


@pytest.mark.parametrize(
    ("name", "arguments", "error", "says"),
    [
        ("forecast", {"measure": "powr"}, InputError("measure 'powr' is not forecast; choose one of power"), "measure"),
        ("guess", {}, None, "tool 'guess' is not known; the tools are forecast,"),
        ("forecast", {"output": "rows"}, None, "tool 'forecast' is the question itself; leave the fields"),
        ("forecast", {}, StoreError("no model has the alias 'x'; run `shiftcast run` first"), "no model has the alias"),
        ("forecast", {}, KeyError("what is private"), "the server failed on this question"),
    ],
)
def test_a_refusal_is_an_error_of_the_tool_with_its_remedy(name, arguments, error, says):
    result = called(Stub(raising(error)), name, arguments)
    assert result.is_error
    assert result.content[0].text.startswith(says)
    assert "private" not in result.content[0].text


def test_an_assistant_is_told_whole_answers_unless_it_asks_for_rows():
    stub = Stub(lambda question: [{"asked": question["form"], "rows": [{"n": 1}]}])
    assert called(stub, "claims", {}).structured_content["predictions"][0]["asked"] == "answer"
    assert called(stub, "claims", {"form": "rows"}).structured_content["predictions"][0]["asked"] == "rows"
    many = Stub(lambda _: [{"rows": [{"n": 1}] * 3}])
    assert called(many, "claims", {}, rows=2).content[0].text.startswith("the answer has 3 rows, and at most 2")


@pytest.mark.parametrize(
    ("limits", "says"),
    [({"rows": 2}, "the answer has 3 rows, and at most 2"), ({"bytes": 30}, "the answer has 77 bytes, and at most 30")],
)
def test_an_answer_too_long_is_refused_whole(limits, says):
    result = called(Stub(lambda _: [{"n": n} for n in range(3)]), "claims", {"form": "rows"}, **limits)
    assert (result.is_error, result.content[0].text.startswith(says)) == (True, True)
    assert "ask for fewer" in result.content[0].text


def test_an_answer_that_takes_too_long_is_given_up_and_keeps_its_place_until_it_ends():
    may_end = threading.Event()

    def slow(_):
        may_end.wait(30)
        return [{"n": 1}]

    async def ask(client):
        late = await client.call_tool("claims", {"form": "rows"})
        busy = await client.call_tool("claims", {"form": "rows"})
        may_end.set()
        while (again := await client.call_tool("claims", {"form": "rows"})).content[0].text.startswith("1 questions"):
            await asyncio.sleep(0.01)
        return [each.content[0].text for each in (late, busy, again)]

    late, busy, again = with_client(Stub(slow), ask, seconds=0.1, waiting=1)
    assert late == "the answer took more than 0.1 s; ask for less, such as fewer draws or programmes"
    assert busy == "1 questions are being answered; ask again in a moment"
    assert json.loads(again) == {"predictions": [{"n": 1, "row": 0}]}


def test_questions_for_which_no_thread_can_be_started_keep_no_place(monkeypatch):
    def full(self):
        raise RuntimeError("can't start new thread")

    async def ask(client):
        with monkeypatch.context() as no_threads:
            no_threads.setattr(threading.Thread, "start", full)
            failed = [await client.call_tool("claims", {"form": "rows"}) for _ in range(2)]
        return [each.content[0].text for each in (*failed, await client.call_tool("claims", {"form": "rows"}))]

    *failed, after = with_client(Stub(lambda _: [{"n": 1}]), ask, waiting=1)
    assert failed == ["the server failed on this question; its log has the kind of error"] * 2
    assert json.loads(after) == {"predictions": [{"n": 1, "row": 0}]}


@pytest.mark.parametrize(
    ("name", "asked", "says"),
    [
        ("limits", {"by": "2027Q4", "programmes": 1e9}, "the question would take about 20,000,000 s of work"),
        ("fleet_forecast", {"fleet": "mine", "through": "9999-12"}, "the question would take about 9,9"),
        ("fleet_budget", {"fleet": "mine", "year": 10**400}, "the question would take about 999,9"),
    ],
)
def test_what_nobody_would_hear_the_answer_to_is_not_begun(name, asked, says):
    begun, limits = [], AnswerLimits()
    with pytest.raises(InputError, match=says):
        answer(lambda: begun.append(1), Stub(None), name, asked, limits, partial(_in_time, limits))
    assert begun == []


def test_versions_schemas_and_the_skill_are_resources():
    async def read(client):
        listed = (await client.list_resources()).resources
        return {each.uri: (await client.read_resource(each.uri)).contents[0].text for each in listed}

    pages = with_client(Stub(None), read)
    assert json.loads(pages["shiftcast://versions"]) == Stub(None).versions()
    assert list(json.loads(pages["shiftcast://questions"])) == list(QUESTIONS)
    assert json.loads(pages["shiftcast://answers"]) == json.loads(json.dumps(answer_schema()))
    assert pages["shiftcast://skill"] == skill()


def test_a_resource_that_is_not_there_is_refused_with_those_that_are():
    async def read(client):
        with pytest.raises(MCPError, match="no resource 'shiftcast://x'; there are shiftcast://versions"):
            await client.read_resource("shiftcast://x")
        return True

    assert with_client(Stub(None), read)


def test_the_skill_names_only_tools_and_columns_that_there_are():
    words = {word for line in skill().splitlines() for word in line.split("`")[1::2] if word.isidentifier()}
    parts = {"says", "rows", "units", "assumed", "notes", "provenance", "evidence", "weight"}
    columns = {"q500", "q100", "q900", "mean"}
    fields = {name for asked in QUESTIONS.values() for name in asked.model_fields}
    examples = {"sovereign", "enterprise", "OutOfSupport"}
    fields |= {"fleet"} | {name for asked in FIELDS.values() for name in asked}
    tools = {"fleets", *(f"fleet_{name}" for name in FIELDS)}
    assert words - set(QUESTIONS) - tools - columns - parts - fields == examples
