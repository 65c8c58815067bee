"""Processes of the command line compute on one thread, and end whatever the threads of their servers are at."""

import asyncio
import os
import threading

import pytest

from shiftcast.pipelines.state.threads import beside, one_thread_each

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@pytest.fixture
def unset(monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that what is set below is undone
        monkeypatch.delenv(name)
    return monkeypatch


def test_a_process_of_ours_takes_one_thread(unset):
    one_thread_each()
    assert [os.environ[name] for name in NAMES] == ["1"] * 3


@pytest.mark.parametrize("name", NAMES)
def test_what_a_user_sets_stays_and_is_not_mixed_with_ours(unset, name):
    unset.setenv(name, "8")
    one_thread_each()
    assert {each: os.environ.get(each) for each in NAMES} == {**dict.fromkeys(NAMES), name: "8"}


def test_what_is_made_beside_comes_back_or_raises_here_and_keeps_no_process():
    made = asyncio.run(beside(threading.current_thread))
    assert (made.daemon, made is threading.main_thread()) == (True, False)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(beside(lambda: 1 // 0))


def test_nobody_waits_for_what_was_given_up():
    may_end, ended = threading.Event(), threading.Event()

    def slow():
        may_end.wait(30)
        ended.set()

    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(beside(slow), 0.01)

    asyncio.run(give_up())
    may_end.set()  # the loop has ended by now
    assert ended.wait(30)


def test_what_is_done_afterwards_is_done_once_and_where_no_thread_can_start_too(monkeypatch):
    done = []

    async def told():
        await beside(lambda: done.append("made"), lambda: done.append("done"))
        with pytest.raises(ZeroDivisionError):
            await beside(lambda: 1 // 0, lambda: done.append("done"))
        monkeypatch.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(RuntimeError, match="can't start"):
            await beside(lambda: done.append("made"), lambda: done.append("done"))

    asyncio.run(told())
    assert done == ["made", "done", "done", "done"]


def no_thread(self):
    raise RuntimeError("can't start new thread")
