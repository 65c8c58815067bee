"""Read Prometheus samples: text exposition as an exporter gives it, and the JSON answer of a range query."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.accelerators import label_accelerators
from shiftcast.pipelines.sources.chunks import ROWS, Chunk, document, from_objects
from shiftcast.pipelines.sources.lines import SHOWN, read_records
from shiftcast.pipelines.sources.normal import Normalised, Points, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table

_SAMPLE: Final = re.compile(r"([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\})?\s+(\S+)(?:\s+(-?\d+(?:\.\d+)?))?\s*")
_LABEL: Final = re.compile(r'([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?\s*')
_NO_DATA: Final = 9223372036854775792.0  # DCGM's blank integers end at 2**63 - 1; as doubles they are all 2**63
_NO_DATA_32: Final = (2147483632.0, 2147483647.0)
_KEPT: Final = ("model_name", "namespace", "pod", "container", "Hostname", "instance", "job", "gpu", "UUID",
                "resource")  # fmt: skip
_CLUES: Final = {"model": "model_name", "namespace": "namespace", "pod": "pod", "image": "container", "name": "job"}


@cache
def metrics() -> Mapping[str, Mapping[str, str]]:
    """Return the description of each known metric.

    Returns
    -------
    dict
        By metric: ``measure, unit, how, factor, limit``, ... as text.

    Examples
    --------
    >>> metrics()["DCGM_FI_DEV_POWER_USAGE"]["measure"]
    'gpu_power'
    """
    rows = read_table(RECORDS / "prometheus_metrics.csv").to_dict("records")
    return {str(row["metric"]): {str(key): str(value) for key, value in row.items()} for row in rows}


def _known(setting: Setting) -> Mapping[str, Mapping[str, str]]:
    if setting.mapping is None:
        return metrics()
    extra = {str(row["metric"]): {str(key): str(value) for key, value in row.items()}
             for row in setting.mapping.to_dict("records") if "metric" in row}  # fmt: skip
    return {**metrics(), **extra}


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    if opened.first_line().startswith("{"):
        yield from from_objects(opened.name, _series(opened))
    else:
        yield from _exposition(opened, setting)


def _series(opened: Opened) -> list[Mapping[str, Any]]:
    """Return the samples of a query's answer, one an entry."""
    whole = document(opened)
    data = whole.get("data") if isinstance(whole, dict) else None
    result = data.get("result") if isinstance(data, dict) else None
    if not isinstance(whole, dict) or whole.get("status") != "success" or not isinstance(result, list):
        raise UnreadableFileError(f"{opened.name}: is no successful answer of /api/v1/query_range; run the query again")
    rows: list[Mapping[str, Any]] = []
    for entry in result:
        labels: dict[str, Any] = {}
        if isinstance(entry, dict) and isinstance(entry.get("metric"), dict):
            labels = entry["metric"]
        values = entry.get("values") or [entry.get("value")] if isinstance(entry, dict) else [None]
        for sample in values if isinstance(values, list) else [values]:
            at, value = sample if isinstance(sample, list) and len(sample) == 2 else (None, None)
            rows.append(_row(str(labels.get("__name__", "")), labels, at, value))
    return rows


def _row(metric: str, labels: Mapping[str, Any], at: object, value: object) -> dict[str, object]:
    series = ",".join(f"{key}={labels[key]}" for key in sorted(labels) if key != "__name__")
    return {"metric": metric, "series": series, "at": at, "value": value, **{key: labels.get(key) for key in _KEPT},
            "gpu_model": labels.get("modelName")}  # fmt: skip


def _exposition(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    """Read lines ``name{label="text"} value [time in ms]``; a sample without a time was taken at the anchor."""
    anchor = setting.clock.anchor
    for records in read_records(opened.stream, size=ROWS, quoted=False):
        rows, lines = [], []
        quarantined = [(line, "line", shown, reason) for line, shown, reason in records.quarantined]
        for line, text in zip(records.lines, records.texts, strict=True):
            if text.lstrip().startswith("#"):
                continue
            sample = _SAMPLE.fullmatch(text.strip())
            labels = None if sample is None else _labels(sample[2] or "")
            if sample is None or labels is None:
                quarantined.append((line, "line", text[:SHOWN], 'not a sample such as name{gpu="0"} 139'))
            elif sample[4] is None and anchor is None:
                raise UnreadableFileError(
                    f"{opened.name}: line {line}: samples have no time; say when they were read with --anchor"
                )
            else:
                at = sample[4] if sample[4] is not None else str(anchor)
                rows.append(_row(sample[1], labels, at, sample[3]))
                lines.append(line)
        chunk = next(from_objects(opened.name, rows), None)
        cells = pd.DataFrame() if chunk is None else chunk.cells
        yield Chunk(cells, np.array(lines, dtype=np.int64), opened.name, tuple(quarantined))


def _labels(text: str) -> Mapping[str, str] | None:
    """Return the labels of a sample; None where they cannot be read."""
    labels, place = {}, 0
    while place < len(text):
        found = _LABEL.match(text, place)
        if found is None:
            return None
        labels[found[1]] = json.loads(f'"{found[2]}"') if "\\" in found[2] and _json_like(found[2]) else found[2]
        place = found.end()
    return labels


def _json_like(text: str) -> bool:
    return re.fullmatch(r'(?:[^"\\\x00-\x1f]|\\["\\n])*', text) is not None


def _samples(sieve: Sieve) -> Normalised:
    if sieve.rows == 0:
        return Normalised()
    known = _known(sieve.setting)
    metric, series = sieve.text("metric"), sieve.text("series")
    specs = metric.map(known.get)
    sieve.fail(specs.isna().to_numpy(), "metric",
               "is not a known metric; describe it with --map (metric,measure,unit,how,factor)")  # fmt: skip
    at = sieve.instant("at")
    value = sieve.text("value").map(_value).astype(float)
    raw = value.abs()
    blank = raw.ge(_NO_DATA).to_numpy() & np.isfinite(raw.to_numpy()) | raw.between(*_NO_DATA_32).to_numpy()
    sieve.fail(blank, "value", "is the exporter's sentinel for no data; the reading is missing")
    sieve.fail(~np.isfinite(value.to_numpy()), "value", "is no finite number; the reading is missing")
    other = metric.eq("kube_pod_container_resource_requests") & ~sieve.text("resource").str.contains("gpu")
    sieve.fail(other.to_numpy(), "resource", "asks for something else than GPUs")
    facts = {key: specs.map(lambda row, key=key: "" if row is None else row.get(key, "")).astype(object)
             for key in ("measure", "unit", "how", "factor", "limit")}  # fmt: skip
    for limit in sorted(set(facts["limit"]) - {""}):
        sieve.bound(value.where(facts["limit"] == limit, 0.0), limit, "value")
    scaled = value * pd.to_numeric(facts["factor"].replace("", "1"), errors="coerce")
    names = label_accelerators(sieve, "gpu_model")
    place = metric + "{" + series + "}"
    return Normalised(
        read=(Points(at, scaled, facts["measure"], facts["unit"], facts["how"], series=series),),
        own=names.labels, clues={"metric": metric, **{key: sieve.text(name) for key, name in _CLUES.items()}},
        identity=place + "|" + at.astype(str), track=place, unresolved=(*names.unresolved, *_unknown(metric, specs)),
    )  # fmt: skip


def _value(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _unknown(metric: pd.Series, specs: pd.Series) -> tuple[str, ...]:
    return tuple(sorted({str(name)[:SHOWN] for name in metric[specs.isna()]}))


PROMETHEUS: Final = Source(
    "prometheus", "Prometheus: text exposition (DCGM, vLLM, TGI, Triton), or the JSON answer of a range query",
    _read, _samples, "sample", "as sampled; --anchor is the moment of a scrape without times",
    "what the table of metrics says: utilisation [1], power [W_chip], energy [Wh], tokens, requests",
    "accelerator from modelName; model, namespace, pod, container and job for rules",
    "what happened between samples, before a counter's first sample, and the workload but by names",
)  # fmt: skip
