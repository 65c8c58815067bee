import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shiftcast.pipelines.doctor.examine import notes
from shiftcast.pipelines.process import alive, this_process
from shiftcast.pipelines.state import guard
from shiftcast.pipelines.state.guard import (
    FENCE,
    LockedError,
    OvertakenError,
    clear_holder,
    guarded,
    locked,
    read_fence,
)
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.shared_lock import (
    LOCK_DATABASE,
    TRACKING,
    HeldElsewhereError,
    lock_address,
    session_lock,
)

ROOT = Path(__file__).resolve().parents[3]
ORPHAN = """
import os, pathlib, signal, sys, time
from shiftcast.pipelines.state.guard import OvertakenError, guarded
root = pathlib.Path(sys.argv[1])
with guarded(root) as fence:
    if os.fork():
        os.kill(os.getpid(), signal.SIGKILL)
    (root / "orphaned").touch()
    while not (root / "go").exists():
        time.sleep(0.01)
    try:
        fence.check()
    except OvertakenError as error:
        (root / "said.new").write_text(str(error))
        (root / "said.new").rename(root / "said")
    os._exit(0)
"""


def test_every_run_takes_the_next_number_and_lets_go_of_its_name(tmp_path):
    with guarded(tmp_path) as first:
        assert read_fence(tmp_path)["process"] == this_process()
        first.check()
    with guarded(tmp_path) as second:
        assert (first.token, second.token) == (1, 2)
    assert read_fence(tmp_path)["process"] == ""
    with pytest.raises(OvertakenError, match=r"run 1 was overtaken by run 2"):
        first.check()


def test_a_run_that_fails_lets_go_of_its_name_too(tmp_path):
    with pytest.raises(KeyError), guarded(tmp_path):
        raise KeyError
    assert read_fence(tmp_path) == {"token": 1, "process": "", "since": ""}


def test_a_run_that_was_overtaken_leaves_the_name_of_the_one_that_did(tmp_path):
    with guarded(tmp_path):
        (tmp_path / FENCE).write_text(json.dumps({"token": 9, "process": "x:1:2", "since": ""}), encoding="utf-8")
    assert read_fence(tmp_path)["process"] == "x:1:2"
    clear_holder(tmp_path)
    assert (read_fence(tmp_path)["token"], read_fence(tmp_path)["process"]) == (9, "")


@pytest.mark.parametrize("content", [b"", b"not json", b"[1]", b"\xff"])
def test_a_damaged_fence_is_begun_anew(tmp_path, content):
    (tmp_path / FENCE).write_bytes(content)
    with guarded(tmp_path) as fence:
        assert fence.token == 1


def test_who_holds_the_lock_is_named(tmp_path):
    said = rf"another run \(process {this_process()}, since 20.*\) has held the lock for 0 s; wait for it or stop it"
    with guarded(tmp_path), pytest.raises(LockedError, match=said), guarded(tmp_path, wait=0):
        raise AssertionError("the lock was given twice")


def test_an_orphan_of_a_killed_run_holds_no_lock_and_finds_itself_overtaken(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", ORPHAN, str(tmp_path)], env=environment, check=False)  # noqa: S603  (our own words)
    assert killed.returncode < 0
    until = time.monotonic() + 30
    while not (tmp_path / "orphaned").exists() and time.monotonic() < until:  # it lets go as it starts
        time.sleep(0.02)
    with locked(tmp_path, wait=0):
        assert alive(read_fence(tmp_path)["process"]) is False
    with guarded(tmp_path, wait=0):
        (tmp_path / "go").touch()
        until = time.monotonic() + 30
        while not (tmp_path / "said").exists() and time.monotonic() < until:
            time.sleep(0.02)
    assert "run 1 was overtaken by run 2" in (tmp_path / "said").read_text(encoding="utf-8")


@pytest.fixture
def database(monkeypatch):
    """Stand in for a database that keeps machines apart; return what it was asked, and what it says."""
    state = {"asked": [], "held": True, "holder": None}

    @contextlib.contextmanager
    def session(address, *, wait):
        state["asked"].append((address, wait))
        if state["holder"]:
            raise HeldElsewhereError(state["holder"])
        yield type("Session", (), {"held": lambda _: state["held"]})()

    monkeypatch.setattr(guard, "session_lock", session)
    monkeypatch.setenv(TRACKING, "postgresql://db/mlflow")
    return state


def test_a_run_on_a_shared_database_holds_its_lock_too_and_stops_without_it(database, tmp_path):
    with guarded(tmp_path, wait=5) as fence:
        fence.check()
        database["held"] = False
        with pytest.raises(OvertakenError, match="this run lost its session with the database"):
            fence.check()
    ((address, wait),) = database["asked"]
    assert address == "postgresql://db/mlflow"
    assert 0 < wait <= 5


def test_a_run_of_another_machine_is_named_and_leaves_this_ones_lock_free(database, tmp_path):
    database["holder"] = "another run (process elsewhere:1:2, since 2026-11-20T00:00:00Z)"
    with pytest.raises(LockedError, match=r"elsewhere:1:2, since .*\) has held the lock for 0 s") as refused:
        locked(tmp_path, wait=0).__enter__()
    assert refused.value.holder == database["holder"]
    database["holder"] = None
    with locked(tmp_path, wait=0) as session:
        assert session.held()


def test_other_locks_of_a_store_ask_no_database(database, tmp_path):
    with locked(tmp_path, "store.lock", wait=0) as session:
        assert session is None
    assert database["asked"] == []


def test_a_lock_database_beside_a_tracking_server_is_asked(database, tmp_path, monkeypatch):
    monkeypatch.setenv(TRACKING, "http://127.0.0.1:5000")
    with locked(tmp_path, wait=0) as session:
        assert session is None
    monkeypatch.setenv(LOCK_DATABASE, "postgresql://locks/x")
    with locked(tmp_path, wait=0):
        assert [address for address, _ in database["asked"]] == ["postgresql://locks/x"]


@pytest.mark.parametrize("address", ["postgres://me:pa55word@x/l", "sqlite:///x", "http://db", "db/locks"])
@pytest.mark.parametrize("tracking", ["", "postgresql://db/mlflow"])
def test_a_lock_database_that_is_none_lets_no_run_begin(database, tmp_path, monkeypatch, address, tracking):
    monkeypatch.setenv(TRACKING, tracking)
    monkeypatch.setenv(LOCK_DATABASE, address)
    with pytest.raises(StoreError, match="is no address of a PostgreSQL; begin it with postgresql://") as refused:
        locked(tmp_path, wait=0).__enter__()
    with pytest.raises(StoreError, match="is no address of a PostgreSQL"):
        notes()
    assert "pa55word" not in str(refused.value)
    assert database["asked"] == []


def test_space_around_the_address_of_a_lock_database_is_no_part_of_it():
    assert lock_address({LOCK_DATABASE: " postgresql+psycopg2://locks/x\n"}) == "postgresql+psycopg2://locks/x"
    assert lock_address({LOCK_DATABASE: " ", TRACKING: "postgresql://db/x"}) == "postgresql://db/x"


def test_a_database_that_cannot_be_asked_lets_no_run_begin_and_is_named_without_its_password():
    with pytest.raises(StoreError, match=r"cannot be used .*so that runs of other machines cannot") as refused:
        session_lock("postgresql://me:pa55word@127.0.0.1:1/x", wait=0).__enter__()
    assert "pa55word" not in str(refused.value)
