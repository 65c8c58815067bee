"""Fixtures the tests share: no network, the public record read once, and one small world drawn from it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from shiftcast.forecast.identity.cube import World, draw_world
from shiftcast.forecast.identity.fit import WorldFit, fit_world
from shiftcast.forecast.known import Known, Settings, cut
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

ORIGIN = pd.Timestamp("2026-11-22", tz="UTC")
SMALL = Settings(draws=200, through="2028Q4")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep BLAS to one thread: the fits are many and tiny."""
    with threadpool_limits(1):
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
