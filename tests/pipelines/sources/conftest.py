"""One way to read a text as any source: through chunks, spool and checks, as a load does."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.ingest.spool import Spool
from shiftcast.pipelines.sources.catalogue import SOURCES
from shiftcast.pipelines.sources.normal import Batch, Normalised, normalise
from shiftcast.pipelines.sources.opening import Opened, opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve

ANCHOR = pd.Timestamp("2025-01-01", tz="UTC")


@dataclass(frozen=True)
class Read:
    """What a file came to."""

    rows: int
    quarantined: pd.DataFrame
    spans: pd.DataFrame
    points: pd.DataFrame
    found: dict[str, Any]

    @property
    def stored(self) -> int:
        return self.rows - len(self.quarantined) - self.found["repeated"]

    def total(self, measure: str, status: str | None = None) -> float:
        """Return the total of a measure: hours of spans, sums of points."""
        rows = [each for each in self.found["totals"] if each["measure"] == measure]
        return sum(each["total"] or 0.0 for each in rows if status in {None, each["status"]})


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    """Return a function that reads text or bytes as a source."""

    def as_source(name: str, content: str | bytes, *, file: str = "file.csv", setting: Setting | None = None,
                  until: pd.Timestamp | None = None) -> Read:  # fmt: skip
        path = tmp_path / Path(file).name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        folder = tmp_path / f"spool-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        setting = setting or Setting(Clock(anchor=ANCHOR))
        with Spool(folder) as spool:
            with opened(str(path), file, hashlib.sha256()) as files:
                for each in files:
                    for chunk in SOURCES[name].read(each, setting):
                        spool.add(normalise(SOURCES[name], chunk, setting))
            closed = spool.close(until)
        parts = pd.DataFrame({"how": []}) if closed.parts is None else pd.read_parquet(closed.parts)
        points = parts[parts["how"] != "span"].rename(columns={"start": "at", "amount": "value"})
        tables = [parts[parts["how"] == "span"].reset_index(drop=True), points.reset_index(drop=True)]
        assert spool.counts.quarantined == len(closed.quarantine)
        return Read(spool.counts.rows, closed.quarantine, *tables, closed.findings)

    return as_source


@pytest.fixture
def batches() -> Callable[..., list[Batch]]:
    """Return a function that reads text or bytes as a source as far as its batches, which is quick."""

    def as_source(name: str, content: bytes, setting: Setting) -> list[Batch]:
        file = Opened("s", io.BufferedReader(io.BytesIO(content)))
        return [normalise(SOURCES[name], chunk, setting) for chunk in SOURCES[name].read(file, setting)]

    return as_source


@pytest.fixture
def normalised() -> Callable[..., Normalised]:
    """Return a function that reads text as a source as far as what its first chunk is normalised to."""

    def as_source(name: str, content: str | bytes, *, file: str = "s", setting: Setting | None = None) -> Normalised:
        setting = setting or Setting(Clock(anchor=ANCHOR))
        data = content.encode() if isinstance(content, str) else content
        opened_ = Opened(file, io.BufferedReader(io.BytesIO(data)))
        return SOURCES[name].normalise(Sieve(next(iter(SOURCES[name].read(opened_, setting))), setting))

    return as_source


@pytest.fixture
def parquet_bytes() -> Callable[[pd.DataFrame], bytes]:
    """Return a function that writes a table as Parquet bytes."""

    def write(table: pd.DataFrame) -> bytes:
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        return buffer.getvalue()

    return write


@pytest.fixture
def anchored() -> Setting:
    """Return a setting with an anchor."""
    return Setting(Clock(anchor=ANCHOR))
