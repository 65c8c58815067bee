"""Read Prometheus samples: text exposition as an exporter gives it, and the JSON answer of a query."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.accelerators import label_accelerators
from shiftcast.pipelines.sources.chunks import Chunk, from_objects
from shiftcast.pipelines.sources.clusters.answers import read_series
from shiftcast.pipelines.sources.clusters.metrics import known_metrics, series_of
from shiftcast.pipelines.sources.clusters.resources import share_of
from shiftcast.pipelines.sources.lines import SHOWN, read_records
from shiftcast.pipelines.sources.normal import Normalised, Points, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.serving_logs.outcomes import outcome_of
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.sources.views import told
from shiftcast.pipelines.tables.parquet import ROWS

_SAMPLE: Final = re.compile(
    r"([a-zA-Z_:][\w:]*)?\s*(?:\{(.*?)\})?\s+([^\s{}]+)(?:\s+(-?\d+(?:\.\d+)?))?(?:\s+#\s.*)?\s*"
)
_BARE: Final = re.compile(r"\{\s*__name__\s*=")  # a dump of samples whose name is a label
_LABEL: Final = re.compile(r'([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?\s*')
_NO_DATA: Final = 9223372036854775792.0  # DCGM's blank integers end at 2**63 - 1; as doubles they are all 2**63
_NO_DATA_32: Final = (2147483632.0, 2147483647.0)
_ASKED: Final = "kube_pod_container_resource_requests"
_KEPT: Final = ("model_name", "namespace", "pod", "container", "Hostname", "instance", "job", "gpu", "UUID",
                "resource", "finished_reason")  # fmt: skip
_CLUES: Final = {"model": "model_name", "namespace": "namespace", "pod": "pod", "image": "container", "name": "job"}


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    if opened.first_line().startswith(("{", "[")) and not _BARE.match(opened.first_line()):
        yield from _answers(opened, setting)
    else:
        yield from _exposition(opened, setting)


def _answers(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    found, warnings = read_series(opened)
    known = known_metrics(setting)
    rows = [
        {**_row(str(series.labels.get("__name__", "")), series.labels, at, value, known),
         "warnings": "\n".join(warnings)}
        for series in found for at, value in series.samples
    ]  # fmt: skip
    yield from from_objects(opened.name, rows)


def _row(
    metric: str, labels: Mapping[str, Any], at: object, value: object, known: Mapping[str, Mapping[str, str]]
) -> dict[str, object]:
    series = series_of(labels, known.get(metric, {}).get("device", ""))
    return {"metric": metric, "series": series, "at": at, "value": value, **{key: labels.get(key) for key in _KEPT},
            "gpu_model": labels.get("modelName") or labels.get("card_model")}  # fmt: skip


def _exposition(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    """Read lines ``name{label="text"} value [time in ms]``; a sample without a time was taken at the anchor."""
    anchor, known = setting.clock.anchor, known_metrics(setting)
    for records in read_records(opened.stream, size=ROWS, quoted=False):
        rows, lines = [], []
        quarantined = [(line, "line", shown, reason) for line, shown, reason in records.quarantined]
        for line, text in zip(records.lines, records.texts, strict=True):
            if text.lstrip().startswith("#"):
                continue
            sample = _SAMPLE.fullmatch(text.strip())
            labels = None if sample is None else _labels(sample[2] or "")
            name = "" if sample is None or labels is None else sample[1] or str(labels.get("__name__", ""))
            if sample is None or labels is None or not name:
                quarantined.append((line, "line", text[:SHOWN], 'not a sample such as name{gpu="0"} 139'))
            elif sample[4] is None and anchor is None:
                raise UnreadableFileError(
                    f"{opened.name}: line {line}: samples have no time; say when they were read with --anchor"
                )
            else:
                at = sample[4] if sample[4] is not None else str(anchor)
                rows.append(_row(name, labels, at, sample[3], known))
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
    known = known_metrics(sieve.setting)
    metric, series = sieve.text("metric"), sieve.text("series")
    specs = metric.map(known.get)
    unnamed = (metric == "").to_numpy() & specs.isna().to_numpy()
    sieve.fail(unnamed, "metric", "is empty, as that of an expression's result is; query the metric itself, or "
               "describe it with a row of --map whose metric is empty")  # fmt: skip
    sieve.fail(specs.isna().to_numpy(), "metric",
               "is not a known metric; describe it with --map (metric,measure,unit,how,factor)")  # fmt: skip
    at, value = sieve.instant("at"), _values(sieve)
    facts = {key: specs.map(lambda row, key=key: "" if row is None else row.get(key, "")).astype(object)
             for key in ("measure", "unit", "how", "factor", "limit")}  # fmt: skip
    for limit in sorted(set(facts["limit"]) - {""}):
        sieve.bound(value.where(facts["limit"] == limit, 0.0), limit, "value")
    scaled = value * pd.to_numeric(facts["factor"].replace("", "1"), errors="coerce") * _shares(sieve, metric)
    names = label_accelerators(sieve, "gpu_model")
    place = metric + "{" + series + "}"
    warnings = {each for text in sieve.text("warnings").unique() for each in str(text).split("\n") if each}
    status = sieve.text("finished_reason").map(lambda word: outcome_of(word) or "unknown" if word else "served")
    return Normalised(
        read=(Points(at, scaled, facts["measure"], facts["unit"], facts["how"], status.astype(object), series=series),),
        own=names.labels, clues={"metric": metric, **{key: sieve.text(name) for key, name in _CLUES.items()}},
        identity=place + "|" + told(at), track=place, born=at,
        unresolved=(*names.unresolved, *_unknown(metric, specs), *sorted(warnings)),
    )  # fmt: skip


def _values(sieve: Sieve) -> pd.Series:
    """Return the readings; those that stand for none are quarantined."""
    value = sieve.text("value").map(_value).astype(float)
    raw = value.abs()
    blank = raw.ge(_NO_DATA).to_numpy() & np.isfinite(raw.to_numpy()) | raw.between(*_NO_DATA_32).to_numpy()
    sieve.fail(blank, "value", "is the exporter's sentinel for no data; the reading is missing")
    sieve.fail(~np.isfinite(value.to_numpy()), "value", "is no finite number; the reading is missing")
    return value


def _shares(sieve: Sieve, metric: pd.Series) -> pd.Series:
    """Return the accelerators that one of what is asked for is; what is no device is quarantined."""
    asked = metric.eq(_ASKED).to_numpy()
    shares = sieve.text("resource").map(share_of).astype(float)
    sieve.fail(asked & shares.eq(0.0).to_numpy(), "resource", "asks for something else than GPUs")
    sieve.fail(asked & shares.isna().to_numpy(), "resource", "is a part of a device that no table knows the size of")
    return shares.where(asked, 1.0)


def _value(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _unknown(metric: pd.Series, specs: pd.Series) -> tuple[str, ...]:
    return tuple(sorted({str(name)[:SHOWN] for name in metric[specs.isna()] if name}))


PROMETHEUS: Final = Source(
    "prometheus", "Prometheus and what speaks its language: text exposition (DCGM, vLLM, SGLang, TGI, Triton), the "
    "JSON answer of a query, or a series a line",
    _read, _samples, "sample", "as sampled; --anchor is the moment of a scrape without times",
    "what the table of metrics says: utilisation [1], power [W_chip], energy [Wh], tokens, requests",
    "accelerator from modelName; model, namespace, pod, container and job for rules",
    "what happened between samples, before a counter's first sample, and the workload but by names",
)  # fmt: skip
