import asyncio
import importlib.util
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pandas as pd
import pytest

from shiftcast.forecast.fleet.asking import FIELDS, KINDS, json_schema
from shiftcast.forecast.questions import QUESTIONS
from shiftcast.pipelines.serving.arrivals import Arrivals
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.loading import Served
from shiftcast.pipelines.serving.patience import ImpatientProtocol
from shiftcast.pipelines.serving.payload import PayloadError, RequestLimits, Taken
from shiftcast.pipelines.serving.reply import Captured, Reply, send_reply
from shiftcast.pipelines.serving.token import TokenGate
from shiftcast.pipelines.serving.work import FLEET_SECONDS, SECONDS, check_work, cost_of

ROOT = Path(__file__).resolve().parents[3]


def test_what_costs_more_is_a_question_that_there_is():
    assert set(SECONDS) <= set(QUESTIONS)
    assert set(FLEET_SECONDS) <= set(FIELDS)


@pytest.mark.parametrize("field", ["question", "output"])
def test_a_request_that_asks_for_too_much_is_told_how_much_it_may(field):
    name = "impose" if field == "question" else QUESTIONS["impose"].output
    said = r"1000 questions would take about 262 s of work.*at most 433 like 'impos"
    with pytest.raises(PayloadError, match=said) as no:
        check_work([{field: name}] * 1000, WorkLimits())
    assert no.value.status == 413
    assert check_work([{field: name}] * 433, WorkLimits()) == 120


def test_shares_imposed_count_their_draws_once_and_a_prior_every_time():
    soft, prior = ({"question": "impose", "mode": mode} for mode in ("soft", "prior"))
    assert cost_of([soft] * 20) == 12 + 19 * 0.25
    assert cost_of([soft, prior, prior]) == 12 + 2 * 9.25
    with pytest.raises(PayloadError, match="at most 11 like 'impose'"):
        check_work([prior] * 12, WorkLimits())
    assert check_work([prior] * 11, WorkLimits()) == 21 + 10 * 9.25


def test_a_thousand_light_questions_are_allowed():
    assert check_work([{"question": "share"}] * 1000, WorkLimits()) == pytest.approx(50)
    assert cost_of([]) == 0


def test_a_thousand_published_quantiles_are_answered_at_once_and_others_where_they_can_be_ended():
    published = {"question": "quantiles", "measure": "power", "leaf": "edge", "quantiles": None}
    assert cost_of([published] * 1000) < WorkLimits().here
    for more in ({"quantiles": [0.3]}, {"scenario": "all*2"}, {"by": "leaf"}, {"every": "year"}, {"form": "answer"}):
        assert cost_of([published | more] * 1000) > WorkLimits().here


@pytest.mark.parametrize(
    ("question", "seconds"),
    [({"question": "scenario", "scenarios": "base"}, 1.0), ({"question": "scenario", "scenarios": "a, b,c"}, 3.0),
     ({"question": "regret", "scenarios": ["a", "b"]}, 1.0), ({"question": "limits", "programmes": 2000.0}, 40.0),
     ({"question": "limits", "programmes": 5}, 2.0), ({"question": "share", "scenario": "base"}, 0.05),
     ({"question": "quantiles", "scenario": "generative*2"}, 0.45),
     ({"question": "site", "scenario": "offline"}, 0.25)],
)  # fmt: skip
def test_a_question_counts_by_how_much_it_asks(question, seconds):
    assert cost_of([question]) == seconds


@pytest.mark.parametrize("programmes", ["x", [1], None, float("nan"), -5.0, {}])
def test_what_the_model_refuses_counts_as_the_least(programmes):
    assert cost_of([{"question": "limits", "programmes": programmes}]) == SECONDS["limits"]
    assert cost_of([{"question": "scenario", "scenarios": 5}]) == SECONDS["scenario"]


def test_one_question_that_asks_for_too_much_is_told_to_ask_less():
    with pytest.raises(PayloadError, match=r"the question would take about 200 s.*ask less of 'limits'"):
        check_work([{"question": "limits", "programmes": 10_000}], WorkLimits())


@pytest.mark.parametrize(
    ("question", "seconds"),
    [({"question": "choices"}, 2.5), ({"question": "forecast", "through": "2027Q4"}, 2.5),
     ({"question": "forecast", "through": "2036-06"}, 13.75), ({"question": "budget", "year": 2030.0}, 5.0),
     ({"question": "full", "through": "soon"}, 2.5), ({"question": "full", "through": "20361"}, 2.5),
     ({"question": "forecast", "through": "20351231"}, 12.5), ({"question": "forecast", "through": "31.12.35"}, 12.5),
     ({"question": "forecast", "through": "Dec 2035"}, 12.5), ({"question": "full", "through": "NaT"}, 2.5),
     ({"question": "budget", "year": "2030"}, 5.0),
     ({"question": "describe"}, 0.4), ({"question": "none"}, 0.05)],
)  # fmt: skip
def test_a_question_of_a_fleet_counts_as_that_and_by_how_far_it_looks(question, seconds):
    assert cost_of([question], fleet=2026) == seconds


def test_what_a_fleet_is_asked_far_ahead_goes_to_a_process_and_too_much_is_refused(serve):
    asked = [{"question": "forecast", "through": "2036Q4"}] * 10
    server = serve(Served("7", app), taken=Taken(kinds=KINDS, questions=json_schema(), fleet=True))
    status, _, body = server.call(json.dumps({"dataframe_records": asked}).encode())
    assert (status, "send at most 8" in json.loads(body)["message"]) == (413, True)


def script():
    found = importlib.util.spec_from_file_location("serving_work", ROOT / "benchmarks" / "serving_work.py")
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return made


def test_every_question_counts_as_much_as_was_measured_and_not_many_times_as_much(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    made = script()
    rows = pd.read_csv(made.RESULTS)
    assert set(rows.loc[rows["model"] == "world", "question"]) == set(QUESTIONS) | set(made.WAYS)
    assert set(rows.loc[rows["model"] != "world", "question"]) == set(FIELDS)
    for row in rows.itertuples():
        asked = made.WAYS.get(row.question, {"question": row.question}) | {"form": "answer"}
        of = None if row.model == "world" else 2026
        counts = cost_of([asked], fleet=of)
        assert cost_of([asked] * 2, fleet=of) - counts >= 0.8 * row.again, row
        assert counts + 0.2 >= row.first, row
        if row.model == "world":
            assert counts <= 3 * row.first + 0.1, row
        else:
            assert counts >= 0.8 * row.first, row
    text = made.PAGE.read_text(encoding="utf-8")
    assert made.page(rows, text) == text, "run `python benchmarks/serving_work.py --page`"


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


def test_light_work_is_done_here_and_heavy_work_by_a_process(serve, monkeypatch):
    worked = []

    async def work(version, body, gone):
        gone.close()
        worked.append((version, json.loads(body)["dataframe_records"][0]["question"]))
        captured = Captured()
        captured.status, captured.parts = 200, [b"there"]
        return captured

    server = serve(Served("7", app))
    monkeypatch.setattr(server.gate, "_hands", SimpleNamespace(work=work))
    asked = {name: json.dumps({"dataframe_records": [{"question": name}]}).encode() for name in ("claims", "scenario")}
    assert server.call(asked["claims"])[2] == b"here"
    assert worked == []
    assert server.call(asked["scenario"])[2] == b"there"
    assert worked == [("7", "scenario")]


def test_long_questions_that_wait_leave_the_places_of_light_ones(serve, monkeypatch):
    async def many():
        done = asyncio.Event()

        async def work(version, body, gone):
            gone.close()
            await done.wait()
            return Captured()

        server = serve(Served("7", app), limits=RequestLimits(waiting=1, work=WorkLimits(hands=1)))
        monkeypatch.setattr(server.gate, "_hands", SimpleNamespace(work=work))
        ask = {name: json.dumps({"dataframe_records": [{"question": name}]}).encode() for name in ("claims", "impose")}
        long = [asyncio.create_task(server.acall(ask["impose"])) for _ in range(5)]
        await asyncio.sleep(0.05)
        light = await server.acall(ask["claims"])
        done.set()
        return light[0], [(status, body) for status, _, body in await asyncio.gather(*long)]

    light, long = asyncio.run(many())
    assert light == 200
    assert [status for status, _ in long] == [500, 500, 500, 500, 503]
    assert "too many long questions wait" in json.loads(long[-1][1])["message"]


def test_too_much_work_is_refused_before_any_is_done(serve):
    rows = [{"question": "learn_next"}] * 31
    status, _, body = serve(Served("7", app)).call(json.dumps({"dataframe_records": rows}).encode())
    assert (status, "at most 30" in json.loads(body)["message"]) == (413, True)


def test_a_null_hides_no_work_that_all_rows_share(serve):
    payload = {"dataframe_records": [{"output": None}] * 31, "params": {"output": QUESTIONS["learn_next"].output}}
    assert serve(Served("7", app)).call(json.dumps(payload).encode())[0] == 413


def test_idle_bodies_shut_nobody_out_not_even_their_own_client(serve):
    async def many():
        server = serve(Served("7", app), limits=RequestLimits(waiting=2, seconds=0.6, pause=0.3, arriving=8))
        stalled = [asyncio.create_task(server.acall(chunks=[])) for _ in range(40)]
        await asyncio.sleep(0.05)
        over = sum(each.done() for each in stalled)
        answered = await server.acall(json.dumps({"dataframe_records": [{"question": "claims"}]}).encode())
        return over, answered[0], [(status, json.loads(body)) for status, _, body in await asyncio.gather(*stalled)]

    over, answered, stalled = asyncio.run(many())
    assert (over, answered) == (32, 200)
    assert [status for status, _ in stalled] == [408] * 40
    assert [("waited longest" in told["message"]) for _, told in stalled] == [True] * 33 + [False] * 7


def test_a_body_that_goes_on_outlasts_one_that_has_stalled():
    async def both():
        arrivals = Arrivals(RequestLimits(arriving=2))
        going, waits = asyncio.Queue(), [asyncio.Queue(), asyncio.Queue()]
        first = asyncio.create_task(arrivals.body(going.get))
        second = asyncio.create_task(arrivals.body(waits[0].get))
        await asyncio.sleep(0)
        await going.put({"type": "http.request", "body": b"a", "more_body": True})
        await asyncio.sleep(0.01)
        third = asyncio.create_task(arrivals.body(waits[1].get))
        await asyncio.sleep(0.01)
        ended = [each.done() for each in (first, second, third)]
        await going.put({"type": "http.request", "body": b"b", "more_body": False})
        third.cancel()
        text, late, _ = await asyncio.gather(first, second, third, return_exceptions=True)
        return ended, text, late.status

    assert asyncio.run(both()) == ([False, True, False], b"ab", 408)


def test_a_body_whose_time_is_just_over_costs_nobody_an_answer():
    async def both():
        arrivals = Arrivals(RequestLimits(arriving=1, pause=0.05))
        loop, begins = asyncio.get_running_loop(), asyncio.Event()

        async def later():
            await begins.wait()
            whole = asyncio.Queue()
            whole.put_nowait({"type": "http.request", "body": b"{}"})
            return await arrivals.body(whole.get)

        asked = [asyncio.create_task(arrivals.body(asyncio.Queue().get)), asyncio.create_task(later())]
        await asyncio.sleep(0)
        loop.call_later(0.02, begins.set)
        time.sleep(0.1)
        return await asyncio.gather(*asked, return_exceptions=True)

    late, whole = asyncio.run(both())
    assert whole == b"{}"
    assert "no piece of the body came within" in str(late)


def test_one_client_may_have_only_so_many_requests_under_way(serve):
    async def many():
        done = asyncio.Event()

        async def slow(scope, receive, send):
            await done.wait()
            await app(scope, receive, send)

        server = serve(Served("7", slow), limits=RequestLimits(work=WorkLimits(client=3)))
        body = json.dumps({"dataframe_records": [{"question": "claims"}]}).encode()
        asked = [asyncio.create_task(server.acall(body)) for _ in range(5)]
        await asyncio.sleep(0.05)
        done.set()
        found = sorted([status for status, _, _ in await asyncio.gather(*asked)])
        return found, (await server.acall(body))[0]

    assert asyncio.run(many()) == ([200, 200, 200, 429, 429], 200)


@pytest.mark.parametrize(
    ("given", "status"),
    [(b"Bearer right-token-of-16", 200), (b"bearer  right-token-of-16 ", 200), (b"Bearer wrong", 401), (b"", 401),
     (b"Basic right-token-of-16", 401), (b"Bearer ", 401)],
)  # fmt: skip
def test_a_server_with_a_token_answers_nobody_without_it(given, status):
    sent = []

    async def send(message):
        sent.append(message)

    lines = []
    gate = TokenGate(app, "right-token-of-16", lambda event, **fields: lines.append((event, fields)))
    scope = {"type": "http", "path": "/invocations", "method": "POST", "headers": [(b"authorization", given)]}
    asyncio.run(gate(scope, None, send))
    assert sent[0]["status"] == status
    assert [(event, told["route"], told["status"]) for event, told in lines] == (
        [("request", "/invocations", 401)] if status == 401 else []
    )
    sent.clear()
    asyncio.run(gate({"type": "http", "path": "/health", "headers": []}, None, send))
    assert sent[0]["status"] == 200


class Connection(ImpatientProtocol):
    """Without a socket."""

    seconds = reading = 0.1
    _idle: ClassVar[dict] = {}

    def __init__(self, loop, cycle=None):
        self.loop, self.cycle, self.ended = loop, cycle, []
        self.transport = SimpleNamespace(
            close=lambda: self.ended.append("closed"), abort=lambda: self.ended.append("aborted"),
            is_closing=lambda: False,
        )  # fmt: skip


@pytest.fixture
def bare(monkeypatch):
    """Leave uvicorn's own part of a connection out."""
    base = ImpatientProtocol.__mro__[1]
    for name in ("connection_made", "data_received", "connection_lost", "on_response_complete", "pause_writing",
                 "resume_writing"):  # fmt: skip
        monkeypatch.setattr(base, name, lambda *_: None)
    monkeypatch.setattr(Connection, "_idle", {})


@pytest.mark.usefixtures("bare")
def test_a_connection_whose_header_does_not_end_is_closed_and_one_that_is_answered_is_not():
    async def wait():
        loop = asyncio.get_running_loop()
        stalled, answering = Connection(loop), Connection(loop, SimpleNamespace(response_complete=False))
        for each in (stalled, answering):
            each.connection_made(None)
            each.data_received(b"GET / HTTP/1.1\r\nhost: ")
        later = Connection(loop, SimpleNamespace(response_complete=True))  # a second request of a kept connection
        later.data_received(b"GET /")
        gone = Connection(loop)
        gone.connection_made(None)
        gone.connection_lost(None)
        await asyncio.sleep(0.3)
        return [each.ended for each in (stalled, answering, later, gone)]

    assert asyncio.run(wait()) == [["closed"], [], ["closed"], []]


@pytest.mark.usefixtures("bare")
def test_of_too_many_idle_connections_the_one_idle_longest_goes(monkeypatch):
    monkeypatch.setattr(Connection, "most", 2)

    async def come():
        loop = asyncio.get_running_loop()
        first, second, third, fourth = (Connection(loop) for _ in range(4))
        first.connection_made(None)
        second.connection_made(None)
        first.cycle = SimpleNamespace(response_complete=False)
        first.data_received(b"GET / HTTP/1.1\r\n\r\n")  # it is answered and no longer idle
        third.connection_made(None)
        before = [list(each.ended) for each in (first, second, third)]
        first.cycle.response_complete = True
        first.on_response_complete()  # idle again, and behind the others
        fourth.connection_made(None)
        return before, [each.ended for each in (first, second, third, fourth)]

    assert asyncio.run(come()) == ([[], [], []], [[], ["aborted"], ["aborted"], []])


@pytest.mark.usefixtures("bare")
def test_a_client_that_does_not_read_is_cut_off_and_one_that_reads_on_is_not():
    async def read():
        loop = asyncio.get_running_loop()
        stalled, reading, gone = (Connection(loop) for _ in range(3))
        for each in (stalled, reading, gone):
            each.pause_writing()
        reading.resume_writing()
        gone.connection_lost(None)
        await asyncio.sleep(0.2)
        return [each.ended for each in (stalled, reading, gone)]

    assert asyncio.run(read()) == [["aborted"], [], []]


@pytest.mark.parametrize("size", [0, 1, 2**18, 2**18 + 1, 600_000])
def test_an_answer_goes_in_pieces_that_add_up_to_it(size):
    sent = []

    async def send(message):
        sent.append(message)

    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    asyncio.run(send_reply(Reply(200, body), send, number="1"))
    parts = sent[1:]
    assert b"".join(part["body"] for part in parts) == body
    assert [part["more_body"] for part in parts] == [True] * (len(parts) - 1) + [False]
    assert len(parts) == max(1, -(-size // 2**18))
