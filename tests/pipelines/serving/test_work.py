import asyncio
import json
from types import SimpleNamespace

import pytest

from shiftcast.forecast.fleet.asking import FIELDS
from shiftcast.forecast.questions import QUESTIONS
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.loading import Served
from shiftcast.pipelines.serving.patience import ImpatientProtocol
from shiftcast.pipelines.serving.payload import PayloadError, RequestLimits
from shiftcast.pipelines.serving.reply import Captured
from shiftcast.pipelines.serving.token import TokenGate
from shiftcast.pipelines.serving.work import FLEET_SECONDS, SECONDS, check_work, cost_of


def test_what_costs_more_is_a_question_that_there_is():
    assert set(SECONDS) <= set(QUESTIONS)
    assert set(FLEET_SECONDS) <= set(FIELDS)


@pytest.mark.parametrize("field", ["question", "output"])
def test_a_request_that_asks_for_too_much_is_told_how_much_it_may(field):
    name = "impose" if field == "question" else QUESTIONS["impose"].output
    said = r"1000 questions would take about 24,000 s of work.*at most 5 like 'impos"
    with pytest.raises(PayloadError, match=said) as no:
        check_work([{field: name}] * 1000, WorkLimits())
    assert no.value.status == 413
    assert check_work([{field: name}] * 5, WorkLimits()) == 120


def test_a_thousand_light_questions_are_allowed():
    assert check_work([{"question": "claims"}] * 1000, WorkLimits()) == pytest.approx(50)
    assert cost_of([]) == 0


@pytest.mark.parametrize(
    ("question", "seconds"),
    [({"question": "scenario", "scenarios": "base"}, 1.0), ({"question": "scenario", "scenarios": "a, b,c"}, 3.0),
     ({"question": "regret", "scenarios": ["a", "b"]}, 10.0), ({"question": "limits", "programmes": 2000.0}, 160.0),
     ({"question": "limits", "programmes": 5}, 8.0)],
)  # fmt: skip
def test_a_question_counts_by_how_much_it_asks(question, seconds):
    assert cost_of([question]) == seconds


def test_one_question_that_asks_for_too_much_is_told_to_ask_less():
    with pytest.raises(PayloadError, match=r"1 questions would take about 160 s.*ask less of 'limits'"):
        check_work([{"question": "limits", "programmes": 2000}], WorkLimits())


def test_what_draws_the_demand_of_a_fleet_counts_as_that_question_and_not_as_the_world_s():
    assert [cost_of([{"question": name}], fleet=True) for name in ("choices", "forecast", "describe")] == [1, 1, 0.05]
    assert cost_of([{"question": "forecast"}]) == 0.05


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
    rows = [{"question": "impose"}] * 6
    status, _, body = serve(Served("7", app)).call(json.dumps({"dataframe_records": rows}).encode())
    assert (status, "at most 5" in json.loads(body)["message"]) == (413, True)


def test_a_null_hides_no_work_that_all_rows_share(serve):
    payload = {"dataframe_records": [{"output": None}] * 20, "params": {"output": QUESTIONS["impose"].output}}
    assert serve(Served("7", app)).call(json.dumps(payload).encode())[0] == 413


def test_idle_bodies_shut_nobody_out(serve):
    async def many():
        server = serve(Served("7", app), limits=RequestLimits(waiting=2, seconds=0.6, pause=0.2))
        stalled = [asyncio.create_task(server.acall(chunks=[])) for _ in range(20)]
        await asyncio.sleep(0.05)
        answered = await server.acall(json.dumps({"dataframe_records": [{"question": "claims"}]}).encode())
        return answered[0], [status for status, _, _ in await asyncio.gather(*stalled)]

    answered, stalled = asyncio.run(many())
    assert answered == 200
    assert set(stalled) == {408}


def test_one_client_may_have_only_so_many_requests_under_way(serve):
    async def many():
        server = serve(Served("7", app), limits=RequestLimits(pause=0.3, work=WorkLimits(client=3)))
        stalled = [asyncio.create_task(server.acall(chunks=[])) for _ in range(5)]
        return sorted([status for status, _, _ in await asyncio.gather(*stalled)])

    assert asyncio.run(many()) == [408, 408, 408, 429, 429]


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

    seconds = 0.1

    def __init__(self, loop, cycle=None):
        self.loop, self.cycle, self.closed = loop, cycle, []
        self.transport = SimpleNamespace(close=lambda: self.closed.append(True), is_closing=lambda: False)


def test_a_connection_whose_header_does_not_end_is_closed_and_one_that_is_answered_is_not(monkeypatch):
    base = ImpatientProtocol.__mro__[1]
    for name in ("connection_made", "data_received", "connection_lost"):
        monkeypatch.setattr(base, name, lambda *_: None)

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
        return [bool(each.closed) for each in (stalled, answering, later, gone)]

    assert asyncio.run(wait()) == [True, False, True, False]
