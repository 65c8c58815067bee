"""Read what ``nvidia-smi --query-gpu`` prints as CSV: utilisation, power and memory of each GPU at moments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.accelerators import label_accelerators
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.clusters.metrics import known_metrics
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.normal import Normalised, Points, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.sources.views import named, told

_COLUMN: Final = re.compile(r"([a-z_.]+)(?:\s*\[(\S+)\])?")
_CELL: Final = re.compile(r"(-?[\d.]+)\s*(\S*)")
_NONE: Final = re.compile(r"\[.*\]|ERR!|N/?A|", re.IGNORECASE)  # what a GPU does not support, or could not read
_UNITS: Final = {"utilization": "%", "power": "W", "memory": "MiB", "temperature": "", "clocks": "MHz"}
_POWER: Final = ("power.draw", "power.draw.average", "power.draw.instant")  # one measure; the first that is there
_SAME: Final = {"gpu_name": "name", "gpu_uuid": "uuid", "gpu_serial": "serial", "gpu_bus_id": "pci.bus_id",
                "clocks.current.sm": "clocks.sm"}  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    """Read the table with the units of its header's columns beside their names, and moments with strokes."""
    for chunk in rows_of(opened, setting):
        columns = [str(name) for name in chunk.cells.columns]
        cells = chunk.cells.rename(columns={name: _named(name) for name in columns})
        if "timestamp" not in cells.columns:
            raise UnreadableFileError(
                f"{chunk.file}: no column timestamp among {', '.join(columns)[:80]}; run nvidia-smi "
                "--query-gpu=timestamp,uuid,name,utilization.gpu,power.draw --format=csv, without noheader"
            )
        cells["timestamp"] = [str(each).strip().replace("/", "-") for each in cells["timestamp"]]
        yield replace(chunk, cells=cells)


def _named(column: str) -> str:
    found = _COLUMN.fullmatch(column.strip())
    name = column.strip() if found is None else found[1]
    return _SAME.get(name, name)


def _readings(sieve: Sieve) -> Normalised:
    at = sieve.instant("timestamp")
    known = {name: spec for name, spec in known_metrics(sieve.setting).items() if name in sieve.chunk.cells.columns}
    for surplus in [name for name in _POWER if name in known][1:]:
        del known[surplus]
    device = named(*(sieve.text(name) for name in ("uuid", "serial", "pci.bus_id")))
    series = device.fillna("index " + sieve.text("index"))
    read = tuple(_points(sieve, name, spec, at, series) for name, spec in known.items())
    if not read:
        raise UnreadableFileError(f"{sieve.chunk.file}: no column of readings such as utilization.gpu or power.draw")
    none: np.ndarray = pd.DataFrame({points.measure: points.value.isna() for points in read}).all(axis=1).to_numpy()
    sieve.fail(none, "timestamp", "has no reading of its GPU beside it")
    names = label_accelerators(sieve, "name")
    return Normalised(
        read=read, own=names.labels, clues={"name": sieve.text("name")},
        identity=(device + "|" + told(at)).where(device.notna(), None), track=series, born=at,
        unresolved=names.unresolved,
    )  # fmt: skip


def _points(sieve: Sieve, name: str, spec: Mapping[str, str], at: pd.Series, series: pd.Series) -> Points:
    """Return the readings of one column; a cell in another unit than the measure's is quarantined."""
    cells = sieve.text(name).map(lambda text: None if _NONE.fullmatch(text) else _CELL.fullmatch(text) or text)
    wrong = cells.map(lambda each: isinstance(each, str)).to_numpy(dtype=bool)
    sieve.fail(wrong, name, "is no reading")
    unit = _UNITS[name.partition(".")[0]]
    other = cells.map(lambda each: isinstance(each, re.Match) and each[2] not in {"", unit}).to_numpy(dtype=bool)
    sieve.fail(other, name, f"is not in {unit or 'degrees'}, which nvidia-smi prints")
    texts = cells.map(lambda each: each[1] if isinstance(each, re.Match) else None)
    value = pd.to_numeric(texts, errors="coerce").astype(np.float64)
    sieve.bound(value, spec["limit"], name)
    scaled = value * float(spec["factor"])
    return Points(at, scaled, spec["measure"], spec["unit"], spec["how"], where=value.notna().to_numpy(), series=series)


SMI: Final = Source(
    "nvidia-smi", "nvidia-smi --query-gpu=timestamp,uuid,name,utilization.gpu,power.draw --format=csv (CSV)",
    _read, _readings, "reading of a GPU", "as printed, in the host's zone: UTC unless --zone",
    "gpu_utilisation, memory_copy_utilisation [1], gpu_power [W_chip], gpu_memory_used, gpu_memory_free [MiB], "
    "gpu_temperature [degC], sm_clock [MHz]", "accelerator from the name; the name for rules",
    "what happened between readings, who used the GPU, and the host but by the GPU's uuid",
)  # fmt: skip
