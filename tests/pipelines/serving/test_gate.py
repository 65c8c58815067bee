import asyncio
import json
import threading
import time

import pytest

from shiftcast.pipelines.serving import gate
from shiftcast.pipelines.serving.departures import Departures
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.loading import Served
from shiftcast.pipelines.serving.payload import RequestLimits
from shiftcast.pipelines.serving.reply import PIECE, Reply, cleaned

JSON = {"content-type": "application/json", "host": "localhost:5001"}
GOOD = json.dumps({"dataframe_records": [{"question": "claims"}]}).encode()


def answering(text, *, wait=None, status=200):
    """Return a stand-in for MLflow's app."""

    async def app(scope, receive, send):
        body = (await receive())["body"]
        if wait is not None:
            await wait.wait()
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": text if text is not None else body})

    return app


@pytest.mark.parametrize("path", ["/health", "/ping"])
def test_health_is_of_the_process_and_readiness_of_the_model(serve, path):
    loading, ready = serve(None), serve(Served("7", answering(b"{}")))
    for server in (loading, ready):
        assert json.loads(server.call(path=path, method="GET")[2]) == {"status": "alive"}
    assert loading.call(path="/ready", method="GET")[0] == 503
    assert json.loads(ready.call(path="/ready", method="GET")[2])["version"] == "7"
    assert ready.call(path="/version", method="HEAD")[2] == b""


def test_before_a_model_is_loaded_questions_are_told_to_come_back(serve):
    status, headers, body = serve(None).call(GOOD)
    assert (status, headers[b"retry-after"]) == (503, b"5")
    assert "no model is loaded yet" in json.loads(body)["message"]


@pytest.mark.parametrize(
    ("path", "method", "status", "said"),
    [
        ("/", "GET", 404, "no such path; there are /invocations"),
        ("/docs", "GET", 404, "no such path"),
        ("/invocations/../x", "POST", 404, "no such path"),
        ("/invocations", "GET", 405, "/invocations takes POST"),
        ("/health", "DELETE", 405, "/health takes GET or HEAD"),
        ("/invocations", "BREW", 405, "/invocations takes POST"),
    ],
)
def test_other_paths_and_methods_are_refused(serve, path, method, status, said):
    server = serve(Served("1", answering(b"{}")))
    found, _, body = server.call(GOOD, path=path, method=method)
    assert (found, said in json.loads(body)["message"]) == (status, True)
    assert server.lines[0]["route"] in {"other", path}


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("localhost:8080", 200), ("LOCALHOST", 200), ("evil.example", 421), ("localhost.evil", 421),
     ("", 421), ("a@localhost", 200)],
)  # fmt: skip
def test_the_host_header_has_to_name_this_server(serve, host, status):
    server = serve(Served("1", answering(b"{}")))
    assert server.call(GOOD, headers={"content-type": "application/json", "host": host})[0] == status
    anywhere = serve(Served("1", answering(b"{}")), hosts=frozenset())
    assert anywhere.call(GOOD, headers={"content-type": "application/json", "host": host})[0] == 200


def test_the_body_may_come_in_pieces_and_reaches_the_app_whole(serve):
    server = serve(Served("1", answering(None)))
    status, _, body = server.call(chunks=[GOOD[:10], b"", GOOD[10:]])
    assert (status, body) == (200, GOOD)


def test_a_client_that_goes_away_or_stalls_is_given_up(serve):
    server = serve(Served("1", answering(b"{}")), limits=RequestLimits(seconds=0.05))
    assert server.call(chunks=[GOOD[:5], None])[0] == 400
    status, _, body = server.call(chunks=[])
    assert (status, json.loads(body)["message"]) == (408, "body did not arrive within 0.05 s")


def test_a_body_that_never_ends_is_not_drained_for_ever(serve):
    server = serve(Served("1", answering(b"{}")), limits=RequestLimits(body=100, seconds=0.05))
    assert server.call(chunks=[b"x" * 101] * 300)[0] == 413
    said_before = {"host": "localhost", "content-type": "application/json", "content-length": "999"}
    assert server.call(headers=said_before, chunks=[])[0] == 413


def test_requests_beyond_the_limit_are_told_to_come_back(serve):
    async def many():
        gate_open = asyncio.Event()
        server = serve(Served("1", answering(b"{}", wait=gate_open)), limits=RequestLimits(waiting=2))
        tasks = [asyncio.create_task(server.acall(GOOD)) for _ in range(3)]
        await asyncio.sleep(0.05)
        gate_open.set()
        return [status for status, _, _ in await asyncio.gather(*tasks)]

    assert sorted(asyncio.run(many())) == [200, 200, 429]


def test_a_light_question_is_taken_beside_all_the_work_that_may_be_under_way(serve):
    dear, light = ({"question": name, "measure": "power"} for name in ("draws", "quantiles"))
    asked = [json.dumps({"dataframe_records": [one]}).encode() for one in (dear, dear, light, dear)]

    async def many():
        gate_open = asyncio.Event()
        limits = RequestLimits(work=WorkLimits(at_once=0.5))  # of which draws take 0.2 each
        server = serve(Served("1", answering(b"{}", wait=gate_open)), limits=limits)
        tasks = [asyncio.create_task(server.acall(body)) for body in asked]
        await asyncio.sleep(0.05)
        gate_open.set()
        first = [status for status, _, _ in await asyncio.gather(*tasks)]
        return first, (await server.acall(asked[0]))[0]

    assert asyncio.run(many()) == ([200, 200, 200, 429], 200)


def test_long_bodies_are_read_beside_the_loop_one_after_the_other(serve, monkeypatch):
    at, once, read = [], threading.Lock(), gate.read_payload

    def read_there(*given):
        assert once.acquire(blocking=False)
        at.append(threading.current_thread())
        time.sleep(0.02)
        once.release()
        return read(*given)

    monkeypatch.setattr(gate, "read_payload", read_there)
    rows = [{"question": "claims", "as_of": "2026-11-20"}] * 450
    body = json.dumps({"dataframe_records": rows}).encode()

    async def many():
        server = serve(Served("1", answering(b"{}")), limits=RequestLimits(waiting=3))
        return [status for status, _, _ in await asyncio.gather(*(server.acall(body) for _ in range(4)))]

    assert sorted(asyncio.run(many())) == [200, 200, 200, 429]
    assert threading.main_thread() not in at
    assert serve(Served("1", answering(b"{}"))).call(GOOD)[0] == 200
    assert at[-1] is threading.main_thread()


def test_a_request_that_is_ended_with_the_server_is_told_so(serve):
    async def stop():
        server = serve(Served("1", answering(b"{}", wait=asyncio.Event())))
        task = asyncio.create_task(server.acall(GOOD))
        await asyncio.sleep(0.05)
        task.cancel()
        return await task

    status, headers, body = asyncio.run(stop())
    assert (status, headers[b"retry-after"]) == (503, b"5")
    assert "the server stops" in json.loads(body)["message"]


def test_answers_that_nobody_reads_are_not_kept_without_an_end_and_others_are_told(serve):
    async def hold():
        much = b"x" * 3 * PIECE
        server = serve(Served("1", answering(much)), limits=RequestLimits(work=WorkLimits(sent=8 * PIECE)))
        reads, begun = asyncio.Event(), []

        async def send(message):
            begun.append(message)
            await reads.wait()

        async def sent(client, to):
            departs = server.gate._departures.send(Reply(200, much), to, number="1", client=client)
            return (await departs).status

        unread = [asyncio.create_task(sent(client, send)) for client in ("a", "b")]
        while len(begun) < 2:
            await asyncio.sleep(0)
        again, another = [await sent(client, _read) for client in ("a", "c")]
        told = [await server.acall(path=path, method="GET") for path in ("/health", "/ready", "/nowhere")]
        reads.set()
        held = await asyncio.gather(*unread)
        return held, (again, another), [status for status, *_ in told], await sent("a", _read), server

    held, refused, told, after, server = asyncio.run(hold())
    assert (held, refused, told, after) == ([200, 200], (503, 503), [200, 200, 404], 200)
    assert not server.gate._departures._unread


@pytest.mark.parametrize(("client", "status"), [("a", 503), ("b", 200)])
def test_one_address_may_leave_half_of_that_unread_and_an_answer_goes_alone_whatever_it_has(client, status):
    async def hold():
        departures, reads, replies = Departures(4 * PIECE), asyncio.Event(), []

        async def send(message):
            replies.append(message)
            await reads.wait()

        large = asyncio.create_task(departures.send(Reply(200, b"x" * 2 * PIECE), send, number="1", client="a"))
        while not replies:
            await asyncio.sleep(0)
        second = await departures.send(Reply(200, b"x" * 2 * PIECE), _read, number="2", client=client)
        reads.set()
        await large
        alone = await departures.send(Reply(200, b"x" * 9 * PIECE), _read, number="3", client=client)
        return second.status, alone.status

    assert asyncio.run(hold()) == (status, 200)


async def _read(message):
    """Stand in for a client that reads at once."""


def test_a_client_that_asks_before_it_sends_too_much_is_told_at_once(serve):
    given = {**JSON, "content-length": "10000000", "expect": "100-continue"}
    status, _, body = serve(Served("1", answering(b"{}"))).call(headers=given, chunks=[])
    assert (status, "body is larger" in json.loads(body)["message"]) == (413, True)


def test_a_request_under_way_keeps_its_model_when_another_is_loaded(serve):
    async def swap():
        gate_open = asyncio.Event()
        server = serve(Served("1", answering(b"old", wait=gate_open)))
        early = asyncio.create_task(server.acall(GOOD))
        await asyncio.sleep(0.02)
        server.source.served = Served("2", answering(b"new"))
        late = await server.acall(GOOD)
        gate_open.set()
        return (await early)[2], late[2], [line["version"] for line in server.lines]

    assert asyncio.run(swap()) == (b"old", b"new", ["2", "1"])


@pytest.mark.parametrize(
    "app",
    [
        answering(b"Internal Server Error", status=500),
        answering(b'{"message": "x", "stack_trace": "Traceback"}', status=400),
        answering(b"not json", status=400),
    ],
)
def test_a_defect_is_told_without_its_details(serve, app):
    server = serve(Served("1", app))
    status, _, body = server.call(GOOD)
    assert (status, json.loads(body)["error_code"]) == (500, "INTERNAL_ERROR")
    assert b"Traceback" not in body


def test_an_app_that_raises_is_a_defect_logged_by_kind(serve):
    async def app(scope, receive, send):
        raise RuntimeError("the secret payload")

    server = serve(Served("1", app))
    status, headers, body = server.call(GOOD)
    assert status == 500
    assert b"secret" not in body
    assert server.lines[0]["fault"] == "RuntimeError"
    assert server.lines[0]["trace"][-2].endswith(" app")
    assert server.lines[0]["trace"][-1] == "RuntimeError"
    assert "secret" not in json.dumps(server.lines)
    assert server.lines[0]["request"].encode() == headers[b"x-request-id"]


def test_a_defect_within_mlflow_s_app_keeps_the_frames_of_its_trace_in_the_log(serve):
    trace = 'Traceback:\n  File "/model.py", line 7, in predict\n    answer(secret)\nValueError: secret\n'
    server = serve(Served("1", answering(json.dumps({"message": "x", "stack_trace": trace}).encode(), status=400)))
    status, _, body = server.call(GOOD)
    assert status == 500
    assert server.lines[0]["trace"] == ["/model.py:7 predict"]
    assert "secret" not in json.dumps(server.lines) + body.decode()


def test_mlflow_s_echo_of_the_payload_is_cut():
    body = json.dumps({"error_code": "X", "message": "Failed to predict data 'secret'. \nError: row 0: no"}).encode()
    assert json.loads(cleaned(400, body).body)["message"] == "row 0: no"


def test_the_log_has_one_line_a_request_and_nothing_of_its_content(server):
    payload = json.dumps(
        {"dataframe_records": [{"question": "quantiles", "measure": "power", "leaf": "edge"}]}
    ).encode()
    headers = {"host": "localhost", "content-type": "application/json", "authorization": "Bearer abc",
               "x-request-id": "my-1"}  # fmt: skip
    assert server.call(payload, headers=headers)[1][b"x-request-id"] == b"my-1"
    (line,) = server.lines
    assert set(line) == {"event", "route", "method", "request", "version", "received", "rows", "status", "ms", "sent"}
    assert (line["rows"], line["received"], line["request"]) == (1, len(payload), "my-1")
    assert "abc" not in json.dumps(line)
    assert "edge" not in json.dumps(line)


def test_a_request_number_that_could_forge_a_line_is_replaced(serve):
    server = serve(Served("1", answering(b"{}")))
    _, headers, _ = server.call(GOOD, headers={"host": "localhost", "content-type": "application/json",
                                               "x-request-id": 'a"\n{'})  # fmt: skip
    assert len(headers[b"x-request-id"]) == 32


def test_the_source_lives_as_long_as_the_server(serve):
    server, calls = serve(None), []
    server.source.start = lambda: calls.append("start")
    server.source.stop = lambda: calls.append("stop")
    sent = []

    async def live():
        messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive():
            return messages.pop(0)

        async def send(message):
            sent.append(message["type"])

        await server.gate({"type": "lifespan"}, receive, send)
        await server.gate({"type": "websocket"}, receive, send)

    asyncio.run(live())
    assert calls == ["start", "stop"]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]
