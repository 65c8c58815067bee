"""Usage written by hand, and a store to put it in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS
from shiftcast.pipelines.store import Store


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "mlruns")


@pytest.fixture(scope="session")
def usage() -> Callable[..., pd.DataFrame]:
    def make(values: list[float], *, source: str = "jobs.csv", start: str = "2026-03-01") -> pd.DataFrame:
        """Return a row an hour."""
        whole = dict.fromkeys(DIMENSIONS, "all") | {
            "measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": "hour", "source": source,
            "rows": 1.0, "bound": "=", "evidence": "measured", "confidence": "verified",
        }  # fmt: skip
        starts = pd.date_range(start, periods=len(values), freq="h", tz="UTC").as_unit("us")
        return pd.DataFrame(whole, index=range(len(values))).assign(period_start=starts, value=values)

    return make


@pytest.fixture(scope="session")
def digest() -> Callable[[str], str]:
    return lambda text: hashlib.sha256(text.encode()).hexdigest()
