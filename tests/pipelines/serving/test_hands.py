import asyncio
import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from shiftcast.pipelines.serving import gate
from shiftcast.pipelines.serving.hands import Hands
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.loading import Served
from shiftcast.pipelines.serving.payload import PayloadError

sys.path.insert(0, str(Path(__file__).parent))
from stand_in import Loads, told

sys.path.pop(0)

QUICK = WorkLimits(hands=1, queue=60, answer=20)


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Let the other process find the stand-in by its name, however the tests were started."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parent))


@pytest.fixture
def hands():
    """Return a function that makes hands, which are stopped afterwards, and their log."""
    made, lines = [], []

    def make(limits=QUICK):
        made.append(Hands(Loads, limits, lambda event, **fields: lines.append({"event": event, **fields})))
        return made[-1], lines

    yield make
    for each in made:
        each.stop()


async def never():
    await asyncio.sleep(600)


def test_one_process_answers_one_question_after_another_and_another_version_is_another(hands):
    async def ask():
        some, _ = hands()
        first, second = [await some.work("1", b"x", never()) for _ in range(2)]
        third = await some.work("2", b"x", never())
        return first, second, third

    first, second, third = asyncio.run(ask())
    assert first.parts == second.parts != third.parts
    assert int(first.reply.body) != os.getpid()


def test_what_takes_too_long_is_ended_and_the_next_is_answered(hands):
    async def ask():
        some, lines = hands(WorkLimits(hands=1, queue=5, answer=0.3))
        before = await some.work("1", b"x", never())
        with pytest.raises(PayloadError, match=r"no answer within 0\.3 s; ask less at once") as late:
            await some.work("1", b"sleep", never())
        return before, await some.work("1", b"x", never()), late.value.status, lines

    before, after, status, lines = asyncio.run(ask())
    assert status == 504
    assert before.parts != after.parts
    assert lines[0]["process"] == int(before.reply.body)
    assert lines[0]["reason"] == "no answer within 0.3 s; ask less at once"
    assert not Path(f"/proc/{before.reply.body.decode()}").exists()


def test_work_for_a_client_that_hangs_up_is_ended(hands):
    async def ask():
        some, _ = hands()
        busy = await some.work("1", b"x", never())
        with pytest.raises(PayloadError, match="hung up"):
            await some.work("1", b"sleep", asyncio.sleep(0.3))
        return busy, await some.work("1", b"x", never())

    before, after = asyncio.run(ask())
    assert before.parts != after.parts


def test_a_client_waits_in_the_queue_only_so_long(hands):
    async def ask():
        some, _ = hands(WorkLimits(hands=1, queue=0.3, answer=3))
        await some.work("1", b"x", never())
        long = asyncio.create_task(some.work("1", b"sleep", never()))
        await asyncio.sleep(0.05)
        with pytest.raises(PayloadError, match="no process is free for it; come back") as full:
            await some.work("1", b"x", never())
        with pytest.raises(PayloadError):
            await long
        return full.value.status

    assert asyncio.run(ask()) == 503


def test_a_process_that_dies_is_told_and_the_next_is_answered(hands):
    async def ask():
        some, _ = hands()
        with pytest.raises(PayloadError, match="the process that answered has ended") as died:
            await some.work("1", b"die", never())
        assert died.value.status == 503
        return await some.work("1", b"refuse", never())

    assert asyncio.run(ask()).reply.status == 400


def test_a_forecast_that_does_not_load_is_told_and_the_log_says_why_without_passwords(hands, capfd):
    async def ask():
        some, lines = hands()
        with pytest.raises(PayloadError, match="the forecast does not load") as broken:
            await some.work("broken", b"x", never())
        return broken.value.status, lines

    status, (line,) = asyncio.run(ask())
    assert status == 503
    assert line["reason"] == "the forecast does not load: OSError: gone: postgresql://***@db/mlflow"
    assert "Traceback" not in capfd.readouterr().err


def test_what_is_warned_of_in_a_process_is_a_line_without_the_words(hands, capfd):
    async def ask():
        some, _ = hands()
        return await some.work("1", b"warn", never())

    assert asyncio.run(ask()).reply.status == 200
    (said,) = map(json.loads, capfd.readouterr().err.splitlines())
    assert (said["event"], said["by"], said["kind"]) == ("warning", "py.warnings", "RuntimeWarning")
    assert "secret" not in str(said)


def test_a_process_that_died_while_idle_costs_no_client_its_answer(hands):
    async def ask():
        some, lines = hands()
        process = int((await some.work("1", b"x", never())).reply.body)
        os.kill(process, signal.SIGKILL)
        while Path(f"/proc/{process}/fd").exists() and next(iter(some._idle)).process.is_alive():
            await asyncio.sleep(0.01)
        return (await some.work("1", b"x", never())).status, lines

    status, lines = asyncio.run(ask())
    assert (status, [line["reason"] for line in lines]) == (200, ["it has died"])


def test_a_client_that_hangs_up_while_a_process_loads_leaves_it_to_the_next(hands):
    async def ask():
        some, lines = hands()
        with pytest.raises(PayloadError, match="hung up"):
            await some.work("slow", b"x", asyncio.sleep(0.1))
        (loading,) = some._all
        answered = await some.work("slow", b"x", never())
        return loading.process.pid, int(answered.reply.body), lines

    loading, answered, lines = asyncio.run(ask())
    assert loading == answered
    assert lines == []


def test_what_a_process_leaves_in_the_temporary_folder_goes_with_it(hands, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def ask():
        some, _ = hands()
        await some.work("1", b"leave", never())
        left = [path.name for path in tmp_path.glob("*/*")]
        some.stop()
        return left

    assert asyncio.run(ask())
    assert list(tmp_path.iterdir()) == []


def test_hung_processes_are_ended_where_the_server_has_no_thread_to_spare(hands):
    async def ask():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        some, _ = hands(WorkLimits(hands=2, queue=5, answer=0.5))
        hung = await asyncio.gather(*(some.work("1", b"sleep", never()) for _ in range(2)), return_exceptions=True)
        return [each.status for each in hung], some._all

    assert asyncio.run(ask()) == ([504, 504], set())


def test_a_body_larger_than_the_line_holds_does_not_stop_the_server(hands):
    async def ask():
        some, _ = hands(WorkLimits(hands=1, queue=5, answer=0.5))
        await some.work("1", b"x", never())
        (hand,) = some._all
        os.kill(hand.process.pid, signal.SIGSTOP)
        with pytest.raises(PayloadError, match="no answer within") as late:
            await some.work("1", b"x" * 10**7, never())
        return late.value.status

    assert asyncio.run(ask()) == 504


def test_a_request_that_is_cancelled_keeps_no_place(hands):
    async def ask():
        some, _ = hands(WorkLimits(hands=1, queue=20, answer=20))
        busy = asyncio.create_task(some.work("1", b"x", never()))
        waits = asyncio.create_task(some.work("1", b"x", never()))
        await asyncio.sleep(0.05)
        waits.cancel()
        await busy
        with pytest.raises(asyncio.CancelledError):
            await waits
        busy = asyncio.create_task(some.work("1", b"sleep", never()))
        await asyncio.sleep(0.2)
        busy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await busy
        return (await some.work("1", b"x", never())).status, some._free._value

    assert asyncio.run(ask()) == (200, 1)


def test_the_trace_of_a_defect_comes_back_without_its_message(hands, serve, monkeypatch, capfd):
    some, _ = hands()
    server = serve(Served("1", told))
    monkeypatch.setattr(server.gate, "_hands", some)
    monkeypatch.setattr(gate, "check_work", lambda *_, **__: 1.0)
    monkeypatch.setattr(gate, "read_payload", lambda *_: [{}])

    async def fail():
        return await server.acall(chunks=[b"fail"])

    assert asyncio.run(fail())[0] == 500
    assert server.lines[0]["trace"][-1].endswith(" told")
    assert "secret" not in json.dumps(server.lines) + capfd.readouterr().err


def test_stopping_ends_all_whatever_they_are_at(hands):
    async def ask():
        some, _ = hands()
        process = int((await some.work("1", b"x", never())).reply.body)
        long = asyncio.create_task(some.work("1", b"sleep", never()))
        await asyncio.sleep(0.1)
        some.stop()
        with pytest.raises(PayloadError):
            await long
        return process

    assert not Path(f"/proc/{asyncio.run(ask())}").exists()


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"much", 413, "the answer has 2,000,000 bytes, and at most 1,000 are given"),
        (b"memory", 503, "ask less at once"),
    ],
)
def test_an_answer_too_large_and_one_for_which_memory_ends_are_told_and_the_next_is_answered(hands, body, status, says):
    async def ask():
        those, _ = hands(replace(QUICK, said=1_000))
        try:
            reply = (await those.work("1", body, never())).reply
            told = reply.status, json.loads(reply.body)["message"]
        except PayloadError as error:
            told = error.status, str(error)
        return told, (await those.work("1", b"x", never())).status

    (found, message), after = asyncio.run(ask())
    assert (found, after) == (status, 200)
    assert says in message


def test_a_process_that_cannot_be_begun_is_told_and_logged_and_leaves_nothing(hands, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spawned = multiprocessing.get_context("spawn").Process

    def full(self):
        raise OSError(errno.ENOSPC, "No space left on device")

    async def ask(those):
        with pytest.raises(PayloadError, match="no process can be begun for it; come back") as no:
            await those.work("1", b"x", never())
        return no.value.status

    those, lines = hands()
    monkeypatch.setattr(spawned, "start", full)
    assert asyncio.run(ask(those)) == 503
    assert [line["event"] for line in lines] == ["not begun"]
    assert "No space left" in lines[0]["reason"]
    assert list(tmp_path.iterdir()) == []


SERVER = """
import asyncio
from shiftcast.pipelines.serving.hands import Hands
from shiftcast.pipelines.serving.limits import WorkLimits
from stand_in import Loads

async def begin():
    hands = Hands(Loads, WorkLimits(hands=1), print)
    process = (await hands.work("1", b"x", asyncio.sleep(600))).reply.body.decode()
    next(iter(hands._all)).line.send_bytes(b"sleep")
    print(process, flush=True)
    await asyncio.sleep(600)

asyncio.run(begin())
"""


def test_a_process_does_not_outlive_its_server_whatever_it_is_at(tmp_path):
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    given = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": path}
    with subprocess.Popen([sys.executable, "-c", SERVER], env=given, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  (our own words)
        process = int(server.stdout.readline())
        server.kill()
    gone_at = time.monotonic() + 10
    try:
        while (_runs(process) or any(tmp_path.iterdir())) and time.monotonic() < gone_at:
            time.sleep(0.05)
        assert (_runs(process), list(tmp_path.iterdir())) == (False, [])
    finally:
        if _runs(process):
            os.kill(process, signal.SIGKILL)


def _runs(process):
    """Return whether a process is there and has not ended: one that nobody waited for stays as a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
