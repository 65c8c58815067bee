"""Read OpenCost allocations: the daily CSV export, the JSON of its allocation queries, and the Parquet exporter's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeGuard

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.accelerators import label_accelerators
from shiftcast.pipelines.sources.chunks import Chunk, from_objects
from shiftcast.pipelines.sources.documents import documents
from shiftcast.pipelines.sources.formats.flat import flatten
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.sources.views import apart, named, told

_PROPERTIES: Final = ("cluster", "node", "namespace", "controllerKind", "controller", "pod", "container", "providerID")
_NAMES: Final = {name: (f"properties.{name}", name, *also) for name, also in {
    **dict.fromkeys(_PROPERTIES, ()), "controller": ("ControllerName",)}.items()}  # fmt: skip
_CLUES: Final = {"namespace": _NAMES["namespace"], "name": _NAMES["controller"], "pod": _NAMES["pod"],
                 "image": _NAMES["container"], "tag": ("labels", "properties.labels")}  # fmt: skip
_START: Final = ("running_start_time", "start")
_END: Final = ("running_end_time", "end")
_TAG: Final = re.compile(r"(?:properties\.)?(?:namespace)?labels?\.(.+)", re.IGNORECASE)
_COUNTED: Final = re.compile(
    r"cost|hours|average|minutes|efficiency|count|cores|bytes|gpus|end|time|ratio", re.IGNORECASE
)


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    if opened.first_line().startswith(("{", "[")) and not setting.path:
        yield from from_objects(opened.name, _allocations(opened))
    else:
        yield from rows_of(opened, setting)


def _allocations(opened: Opened) -> list[Mapping[str, Any]]:
    """Return the allocations of an answer, each window's one after another, with their properties beside them."""
    rows: list[Mapping[str, Any]] = []
    for whole in documents(opened):
        windows = [whole] if _is_row(whole) else whole.get("data") if isinstance(whole, dict) else whole
        if isinstance(windows, dict):  # a summary
            windows = [each.get("allocations") for each in windows.get("sets") or () if isinstance(each, dict)]
        if not isinstance(windows, list):
            raise UnreadableFileError(f"{opened.name}: holds no list 'data'; give the answer of /allocation")
        for window in windows:
            if _is_row(window):
                rows.append(flatten(window))
                continue
            for name, each in (window or {}).items() if isinstance(window, dict) else ():
                rows.append(_row(name, each if isinstance(each, dict) else {}))
    return rows


def _is_row(value: object) -> TypeGuard[Mapping[str, object]]:
    """Return whether a value is a row of the table, written as JSON."""
    return isinstance(value, dict) and "totalcost" in map(str.lower, value)


def _row(name: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an allocation with what stands within it beside its own values."""
    inner = {key: entry[key] if isinstance(entry.get(key), dict) else {}
             for key in ("properties", "window", "gpuAllocation")}  # fmt: skip
    return {"name": name, **{key: inner["properties"].get(key) for key in (*_PROPERTIES, "labels")},
            "window.start": inner["window"].get("start"), "gpuModel": inner["gpuAllocation"].get("gpuModel"),
            **entry}  # fmt: skip


def _opencost(sieve: Sieve) -> Normalised:
    return _export(sieve) if sieve.has("Date") else _answer(sieve)


def _export(sieve: Sieve) -> Normalised:
    """Read a day's row: averages over the day."""
    start = sieve.instant("Date")
    end = start + pd.Timedelta(days=1)
    return _rows(sieve, start, end, sieve.count("GPUs", limit="accelerators"), _cores(sieve))


def _cores(sieve: Sieve) -> pd.Series:
    """Return the larger of cores asked for and cores used, which is what is allocated."""
    asked, used = (sieve.count(name, limit="cores") for name in ("CPUCoreRequestAverage", "CPUCoreUsageAverage"))
    return asked.where(asked > used, used)


def _answer(sieve: Sieve) -> Normalised:
    """Read an allocation: hours over its own start and end."""
    start, end = sieve.instant(*_START), sieve.instant(*_END)
    length = (end - start).dt.total_seconds() / 3600.0
    sieve.fail((length <= 0).to_numpy(), sieve.column(*_END), "does not end after its start")
    gpus = sieve.count("gpuHours", limit="hours") / length
    cores = sieve.count("cpuCoreHours", limit="hours") / length if sieve.has("cpuCoreHours") else _cores(sieve)
    sieve.bound(gpus, "accelerators", "gpuHours")
    sieve.bound(cores, "cores", "cpuCoreHours")
    return _rows(sieve, start, end, gpus, cores)


def _rows(sieve: Sieve, start: pd.Series, end: pd.Series, gpus: pd.Series, cores: pd.Series) -> Normalised:
    idle = (sieve.text("name").str.endswith("__idle__")
            | sieve.text(*_NAMES["namespace"]).eq("__idle__")).to_numpy(dtype=bool)  # fmt: skip
    some: np.ndarray = (gpus > 0).to_numpy()
    cost = sieve.count("TotalCost", limit="cost")
    clues = {name: sieve.text(*columns) for name, columns in _CLUES.items() if sieve.has(*columns)}
    names = label_accelerators(sieve, "gpuModel", "gpuAllocation.gpuModel")
    born = sieve.instant("window.start", optional=True).fillna(start) if sieve.has("window.start") else start
    paid = not sieve.has("gpuHours", "GPUs") and bool((sieve.count("gpuCost", limit="cost") > 0).any())
    return Normalised(
        held=(
            Spans(start, end, gpus, where=some & ~idle),
            Spans(start, end, gpus, "idle_gpu_hours", where=some & idle),
            Spans(start, end, cores, "core_hours", "core_hour", where=(cores > 0).to_numpy() & ~idle),
            Spans(start, end, cores, "idle_core_hours", "core_hour", where=(cores > 0).to_numpy() & idle),
        ),
        read=(Points(start, cost, "cost", "USD"),), own=names.labels, clues={**_tags(sieve), **clues},
        identity=_identity(sieve, born), born=born, extent=(end - start).dt.total_seconds(),
        cluster=sieve.text(*_NAMES["cluster"]) if sieve.has(*_NAMES["cluster"]) else None,
        unresolved=(*names.unresolved, *(["GPU hours (a summary tells only their cost)"] if paid else [])),
    )  # fmt: skip


def _tags(sieve: Sieve) -> dict[str, pd.Series]:
    """Return the labels that stand in columns of their own as one text a row."""
    columns = {str(name): found[1] for name in sieve.chunk.cells.columns if (found := _TAG.fullmatch(str(name)))}
    if not columns:
        return {}
    text = pd.Series("", index=range(sieve.rows), dtype=object)
    for name, label in columns.items():
        cell = sieve.text(name)
        text = text + cell.where(cell == "", f"{label}=" + cell + " ")
    return {"tag": text.str.strip()}


def _identity(sieve: Sieve, born: pd.Series) -> pd.Series:
    """Return start of the window, and cluster, node, namespace, controller, pod and container, there once in it."""
    texts = [sieve.text(*names) for names in _NAMES.values()]
    columns = [str(name) for name in sieve.chunk.cells.columns]
    changing = [] if sieve.has("Date") else [name for name in columns if _COUNTED.search(name)]  # a CSV has no nodes
    return apart(named(told(born), *texts, sieve.text("name")), sieve.chunk.cells, changing)


OPENCOST: Final = Source(
    "opencost", "OpenCost and Kubecost: the daily CSV export, the JSON answer of /allocation, the exporter's Parquet",
    _read, _opencost, "day (CSV), or the query's own window (JSON, Parquet)", "absolute, UTC unless --zone",
    "gpu_hours, idle_gpu_hours [accelerator_hour], core_hours, idle_core_hours [core_hour], cost [USD]",
    "accelerator where the GPU's model is told; namespace, controller, pod, container and labels for rules",
    "hours within a day of the CSV (what ran for an hour counts for the day), use as against request, and the "
    "currency (read as USD)",
)  # fmt: skip
