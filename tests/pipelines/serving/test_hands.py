import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from shiftcast.pipelines.serving.hands import Hands
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.payload import PayloadError

QUICK = WorkLimits(hands=1, queue=5, answer=20)


async def told(scope, receive, send):
    """Stand in for MLflow's app: do as the body says."""
    body = (await receive())["body"]
    if body == b"sleep":
        time.sleep(600)
    if body == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    status = 400 if body == b"refuse" else 200
    content = b'{"message": "row 0: no"}' if status == 400 else str(os.getpid()).encode()
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": content})


@dataclass(frozen=True)
class Loads:
    """Loads in no time, or not at all."""

    version: str

    def __call__(self):
        if self.version == "broken":
            raise OSError("gone")
        return SimpleNamespace(app=told)


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
    assert first.body == second.body != third.body
    assert int(first.body) != os.getpid()


def test_what_takes_too_long_is_ended_and_the_next_is_answered(hands):
    async def ask():
        some, lines = hands(WorkLimits(hands=1, queue=5, answer=0.3))
        before = await some.work("1", b"x", never())
        with pytest.raises(PayloadError, match=r"no answer within 0\.3 s; ask less at once") as late:
            await some.work("1", b"sleep", never())
        return before, await some.work("1", b"x", never()), late.value.status, lines

    before, after, status, lines = asyncio.run(ask())
    assert status == 504
    assert before.body != after.body
    assert lines[0]["process"] == int(before.body)
    assert lines[0]["reason"] == "no answer within 0.3 s; ask less at once"
    assert not Path(f"/proc/{before.body.decode()}").exists()


def test_work_for_a_client_that_hangs_up_is_ended(hands):
    async def ask():
        some, _ = hands()
        busy = await some.work("1", b"x", never())
        with pytest.raises(PayloadError, match="hung up"):
            await some.work("1", b"sleep", asyncio.sleep(0.3))
        return busy, await some.work("1", b"x", never())

    before, after = asyncio.run(ask())
    assert before.body != after.body


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


def test_a_process_that_dies_or_cannot_load_is_told_and_the_next_is_answered(hands):
    async def ask():
        some, _ = hands()
        for version, body in (("1", b"die"), ("broken", b"x")):
            with pytest.raises(PayloadError, match="the process that answered has ended") as died:
                await some.work(version, body, never())
            assert died.value.status == 503
        return await some.work("1", b"refuse", never())

    assert asyncio.run(ask()).status == 400


def test_stopping_ends_all_whatever_they_are_at(hands):
    async def ask():
        some, _ = hands()
        process = int((await some.work("1", b"x", never())).body)
        long = asyncio.create_task(some.work("1", b"sleep", never()))
        await asyncio.sleep(0.1)
        some.stop()
        with pytest.raises(PayloadError):
            await long
        return process

    assert not Path(f"/proc/{asyncio.run(ask())}").exists()
