"""Rows to aggregate, written by hand."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS

LABELS = dict.fromkeys(DIMENSIONS, "all")


def moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


@pytest.fixture(scope="session")
def span() -> Callable[..., dict[str, object]]:
    def make(start: str, end: str, amount: float = 1.0, **cells: object) -> dict[str, object]:
        row = {**LABELS, "start": moment(start), "end": moment(end), "amount": amount, "measure": "gpu_hours",
               "unit": "accelerator_hour", "status": "served", "source": "jobs.csv", "line": 2.0}  # fmt: skip
        return row | cells

    return make


@pytest.fixture(scope="session")
def point() -> Callable[..., dict[str, object]]:
    def make(at: str, value: float, how: str = "sum", **cells: object) -> dict[str, object]:
        row = {**LABELS, "at": moment(at), "measure": "requests", "unit": "request", "value": value, "how": how,
               "status": "served", "series": "", "source": "log.csv", "line": 2.0}  # fmt: skip
        return row | cells

    return make


@pytest.fixture(scope="session")
def mixed(span, point) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Spans and points of every kind, over the end of a month."""
    spans = [
        span("2026-01-31T22:30", "2026-02-01T01:15", 2.0), span("2026-01-31T22:30", "2026-01-31T22:30", 2.0),
        span("2026-01-31T23:30", "2026-01-31T23:50:00.000001", 4.0, status="queued"),
        span("2025-12-30", "2026-04-02T12:00", 8.0, segment="rest"),
    ]  # fmt: skip
    points = [
        point("2026-01-31T22:30", 1.0), point("2026-01-31T22:31", 5.0, status="refused"),
        point("2026-01-31T22:32", 5.0, "mean", measure="busy"), point("2026-01-31T22:33", 6.5, "mean", measure="busy"),
        point("2026-01-31T22:33", 6.0, "last", measure="held"), point("2026-01-31T22:33", 7.0, "last", measure="held"),
        point("2026-01-31T22:32", 9.0, "last", measure="held"),
        point("2026-01-31T22:33", 6.0, "counter", series="g0"), point("2026-01-31T22:43", 8.0, "counter", series="g0"),
        point("2026-01-31T23:43", 3.0, "counter", series="g0"), point("2026-01-31T22:43", 90.0, "counter", series="g1"),
        point("2026-02-05T22:43", 95.0, "counter", series="g1"),
    ]  # fmt: skip
    return pd.DataFrame(spans), pd.DataFrame(points)
