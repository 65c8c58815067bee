"""Read occupancy series: how many accelerators (or nodes) run, idle and wait, at regular moments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.instants import read_instants
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.held import stamp
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError

STEP: Final = "step_s"
_FIRST: Final = 2000  # rows that show the usual step
_TIME: Final = ("time", "timestamp", "date", "at")
_RUNNING: Final = ("running_gpu_num", "running", "allocated", "used", "active")
_IDLE: Final = ("idle_gpu_num", "idle", "free")
_TOTAL: Final = ("total_gpu_num", "total", "capacity")
_WAITING: Final = ("pending_gpu_num", "pending", "queued")
_TRACK: Final = ("vc", "cluster", "queue", "partition", "pool")
_DATE: Final = re.compile(r"(?<!\d)\d{4}[-_.]?\d{2}([-_.]?\d{2})?([T_-]\d{2}[-_.:]?\d{2}([-_.:]?\d{2})?)?(?!\d)")


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    """Read the rows with the series' usual step [s], taken from its first rows: each reading holds until the next."""
    step = 0.0
    for chunk in rows_of(opened, setting):
        step = step or _step(chunk, setting)
        yield Chunk(chunk.cells.assign(**{STEP: step}), chunk.lines, chunk.file, chunk.quarantined)


def _step(chunk: Chunk, setting: Setting) -> float:
    sieve = Sieve(chunk, setting)
    moments = read_instants(chunk.cells[sieve.column(*_TIME)].iloc[:_FIRST], setting.clock).values
    steps = moments.drop_duplicates().sort_values().diff().dt.total_seconds()
    if steps.notna().sum() == 0:
        raise UnreadableFileError(
            f"{chunk.file}: fewer than two moments, so a reading has no length; give a series of regular readings"
        )
    return float(steps.median())


def _occupancy(sieve: Sieve) -> Normalised:
    start = sieve.instant(*_TIME)
    end = start + pd.to_timedelta(sieve.chunk.cells[STEP].astype(float).to_numpy(), unit="s")
    running = sieve.number(*_RUNNING, limit="accelerators")
    waiting = sieve.count(*_WAITING, limit="accelerators")
    total = sieve.count(*_TOTAL, limit="accelerators")
    idle = sieve.count(*_IDLE, limit="accelerators")
    nodes = "active" in {name.lower() for name in sieve.chunk.cells.columns}
    if sieve.has(*_TOTAL):
        idle = idle if sieve.has(*_IDLE) else total - running
        sieve.fail(((running + idle - total).abs() > 1e-6).to_numpy() | (idle < 0).to_numpy(), sieve.column(*_TOTAL),
                   "running and idle do not add up to the total; correct the row")  # fmt: skip
    name = "node" if nodes else "gpu"
    unit = "node_hour" if nodes else "accelerator_hour"
    stock = ("nodes", "node") if nodes else ("accelerators", "accelerator")
    track = (
        sieve.text(*_TRACK) if sieve.has(*_TRACK) else pd.Series(series_name(sieve.chunk.file), index=range(sieve.rows))
    )
    return Normalised(
        held=(
            Spans(start, end, running, f"{name}_hours", unit),
            Spans(start, end, idle, f"idle_{name}_hours", unit, where=(idle > 0).to_numpy()),
            Spans(start, end, waiting, f"{name}_hours", unit, "queued", (waiting > 0).to_numpy()),
        ),
        read=(Points(start, total, *stock, "mean", where=np.full(sieve.rows, sieve.has(*_TOTAL))),),
        clues={"partition": sieve.text(*_TRACK)} if sieve.has(*_TRACK) else {},
        identity=track + "|" + stamp(start),
        track=track,
    )  # fmt: skip


def series_name(file: str) -> str:
    """Return the name of a series by its file's, without folders and dates, so that the next month's file goes on.

    Parameters
    ----------
    file
        Name of a file.

    Returns
    -------
    str
        Name of the series in it.

    Examples
    --------
    >>> series_name("east/pool-2024-01.csv")
    'pool-.csv'
    """
    return _DATE.sub("", re.split(r"[/:]", file)[-1])


OCCUPANCY: Final = Source(
    "occupancy", "occupancy series: time, running, idle, pending and total accelerators, or active and total nodes",
    _read, _occupancy, "the series' own step", "absolute, UTC unless --zone",
    "gpu_hours, idle_gpu_hours [accelerator_hour] (or node_hours), accelerators [accelerator]; waiting as queued",
    "the file's name and its vc, queue, pool or partition column for rules",
    "whose work it is, use as against allocation, anything between two readings",
)  # fmt: skip
