"""Read OpenCost allocations: the daily CSV export, and the JSON of its allocation query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.chunks import Chunk, delimited, document, from_objects
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError

_PROPERTIES: Final = ("cluster", "node", "namespace", "controller", "controllerKind", "pod", "container")
_CLUES: Final = {"namespace": ("Namespace", "namespace"), "name": ("ControllerName", "controller"),
                 "pod": ("Pod", "pod"), "image": ("Container", "container"), "tag": ("Labels", "labels")}  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    del setting
    if opened.first_line().startswith(("{", "[")):
        yield from from_objects(opened.name, _allocations(opened))
    else:
        yield from delimited(opened)


def _allocations(opened: Opened) -> list[Mapping[str, Any]]:
    """Return the allocations of a response, each window's one after another, with their properties beside them."""
    whole = document(opened)
    windows = whole.get("data") if isinstance(whole, dict) else whole
    if not isinstance(windows, list):
        raise UnreadableFileError(f"{opened.name}: holds no list 'data'; give the answer of /allocation")
    rows: list[Mapping[str, Any]] = []
    for window in windows:
        for name, each in (window or {}).items() if isinstance(window, dict) else ():
            entry: dict[str, Any] = each if isinstance(each, dict) else {}
            properties = entry["properties"] if isinstance(entry.get("properties"), dict) else {}
            rows.append({"name": name, **{key: properties.get(key) for key in (*_PROPERTIES, "labels")}, **entry})
    return rows


def _opencost(sieve: Sieve) -> Normalised:
    return _export(sieve) if sieve.has("GPUs") or sieve.has("Date") else _answer(sieve)


def _export(sieve: Sieve) -> Normalised:
    """Read a day's row: averages over the day."""
    start = sieve.instant("Date")
    end = start + pd.Timedelta(days=1)
    gpus = sieve.count("GPUs", limit="accelerators")
    cores = sieve.count("CPUCoreRequestAverage", "CPUCoreUsageAverage", limit="cores")
    cost = sieve.count("TotalCost", limit="cost")
    return _rows(sieve, start, end, gpus, cores, cost)


def _answer(sieve: Sieve) -> Normalised:
    """Read an allocation: hours over its own start and end."""
    start, end = sieve.instant("start"), sieve.instant("end")
    length = (end - start).dt.total_seconds() / 3600.0
    sieve.fail((length <= 0).to_numpy(), sieve.column("end"), "does not end after its start")
    gpus = sieve.count("gpuHours", limit="hours") / length
    cores = sieve.count("cpuCoreHours", limit="hours") / length
    sieve.bound(gpus, "accelerators", "gpuHours")
    sieve.bound(cores, "cores", "cpuCoreHours")
    return _rows(sieve, start, end, gpus, cores, sieve.count("totalCost", limit="cost"))


def _rows(
    sieve: Sieve, start: pd.Series, end: pd.Series, gpus: pd.Series, cores: pd.Series, cost: pd.Series
) -> Normalised:
    idle = (sieve.text("name").str.endswith("__idle__") | sieve.text("Namespace").eq("__idle__")).to_numpy(dtype=bool)
    some: np.ndarray = (gpus > 0).to_numpy()
    clues = {name: sieve.text(*columns) for name, columns in _CLUES.items() if sieve.has(*columns)}
    return Normalised(
        held=(
            Spans(start, end, gpus, where=some & ~idle),
            Spans(start, end, gpus, "idle_gpu_hours", where=some & idle),
            Spans(start, end, cores, "core_hours", "core_hour", where=(cores > 0).to_numpy() & ~idle),
            Spans(start, end, cores, "idle_core_hours", "core_hour", where=(cores > 0).to_numpy() & idle),
        ),
        read=(Points(start, cost, "cost", "USD"),), clues=clues,
    )  # fmt: skip


OPENCOST: Final = Source(
    "opencost", "OpenCost: the daily CSV export, or the JSON answer of /allocation",
    _read, _opencost, "day (CSV), or the query's own window (JSON)", "absolute, UTC unless --zone",
    "gpu_hours, idle_gpu_hours [accelerator_hour], core_hours, idle_core_hours [core_hour], cost [USD]",
    "namespace, controller, pod, container and labels for rules",
    "the GPU model, hours within a day, use as against request, and the currency (read as USD)",
)  # fmt: skip
