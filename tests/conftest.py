"""What all tests share: no network, the public record read once, one small world, and a word on what was left out."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from shiftcast.features.frames import AnyFrame
from shiftcast.features.quality import Screened
from shiftcast.forecast.identity.fit import WorldFit, fit_world
from shiftcast.forecast.identity.world import World, draw_world
from shiftcast.forecast.known import Known, Settings, cut
from shiftcast.pipelines.sources import public_record
from shiftcast.pipelines.sources.public_record import Record, read_record

settings.register_profile(
    "shiftcast",
    derandomize=True,
    deadline=None,
    max_examples=25,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # `no_network` below wraps every test
)
settings.load_profile("shiftcast")

pytest_plugins = ["pytester"]
ORIGIN = pd.Timestamp("2026-11-22", tz="UTC")
SMALL = Settings(draws=200, through="2028Q4")
OPTIONAL = ("slow", "fault")  # marks that a plain `pytest` leaves out
LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--skips-allowed", metavar="REGEX", help="fail a test that skips itself for a reason this does not match"
    )
    parser.addoption("--all-faults", action="store_true", help="every case of the table of faults, not a sample")
    parser.addoption("--faults-csv", metavar="FILE", help="write down which cases of the table of faults held")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test where skips are not allowed: a suite that should have run is no pass."""
    report = yield
    allowed = item.config.getoption("--skips-allowed")
    if allowed is not None and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not re.search(allowed, reason):
            report.outcome = "failed"
            report.longrepr = f"{reason}; it has to run here: install what it needs, or name it in --skips-allowed"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Trace the lines of tests that run unasked alone: tracing slows the others, which cover little beyond them."""
    for item in items:
        if any(item.get_closest_marker(mark) for mark in OPTIONAL):
            item.add_marker("no_cover")


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        found = item.config.stash.setdefault(LEFT_OUT, Counter())
        found.update(mark for mark in OPTIONAL if item.get_closest_marker(mark))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts of a parallel worker to the process that prints the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash.get(LEFT_OUT, Counter()))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the counts of one worker; each leaves out the same tests."""
    node.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many tests the marks left out, and how to run them."""
    left = config.stash.get(LEFT_OUT, Counter())
    if left:
        many = ", ".join(f"{count} marked {mark}" for mark, count in sorted(left.items()))
        terminalreporter.write_line(f"left out: {many}; `pytest -m ''` runs every test")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep BLAS to one thread: the fits are many and tiny."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session", autouse=True)
def no_terminal() -> Iterator[None]:
    """Forget the width and colours of the terminal that the tests are run from."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves the machine."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _local_only(getattr(socket.socket, name)))


def _local_only(connect: Callable[..., object]) -> Callable[..., object]:
    def guarded(self: socket.socket, address: object) -> object:
        if self.family != getattr(socket, "AF_UNIX", None) and not _is_loopback(address):
            raise RuntimeError(f"a test tried to connect to {address!r}; tests run without network")
        return connect(self, address)

    return guarded


def _is_loopback(address: object) -> bool:
    host = str(address[0]) if isinstance(address, tuple) else ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def screened_once() -> Iterator[None]:
    """Screen a file of records once, wherever it lies: what comes of it hangs on its name and bytes alone."""
    screened, kept = public_record._screened, {}

    def remembered(path: Path, frame: type[AnyFrame]) -> Screened[AnyFrame]:
        if not path.is_file():
            return screened(path, frame)
        key = (path.name, path.read_bytes(), id(frame))
        if key not in kept:
            kept[key] = screened(path, frame)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(public_record, "_screened", remembered)
        yield


@pytest.fixture(scope="session")
def record() -> Record:
    return read_record()


@pytest.fixture(scope="session")
def known_on(record: Record) -> Callable[..., Known]:
    """Return the record cut to an origin, with frames replaced where given."""

    def known(origin: pd.Timestamp = ORIGIN, **frames: pd.DataFrame) -> Known:
        return cut(replace(record, **frames), origin)

    return known


@pytest.fixture(scope="session")
def small_fit(known_on: Callable[..., Known]) -> WorldFit:
    return fit_world(known_on(), SMALL.through)


@pytest.fixture(scope="session")
def small_world(small_fit: WorldFit) -> World:
    return draw_world(small_fit, draws=SMALL.draws, seed=SMALL.seed)
