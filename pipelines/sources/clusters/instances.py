"""Read instance lifecycles: serving instances and pods with their requests, from scheduling to deletion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.accelerators import label_accelerators
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.fractions import fraction_of
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve, first_text
from shiftcast.pipelines.sources.views import apart, named, told

_CREATED: Final = ("creation_time", "created", "created_at", "creationTimestamp")
_SCHEDULED: Final = ("scheduled_time", "scheduled", "started", "start_time", "start")
_DELETED: Final = ("deletion_time", "deleted", "deleted_at", "end_time", "end")
_UID: Final = ("uid", "instance_sn", "instance_id", "pod_uid")
_NAME: Final = ("name", "pod", "pod_name", "instance", "instance_name")
_PLACE: Final = ("cluster", "namespace", "project")
_STATE: Final = ("state", "status", "phase", "age", "restarts", "cpu_usage", "gpu_usage")
_HOST: Final = ("node", "host", "hostname")
_TYPE: Final = ("gpu_spec", "gpu_type", "accelerator")
_ROLES: Final = {"CN": "cpu node", "HN": "gpu node"}
_KIB: Final = 1024.0


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    yield from rows_of(opened, setting)


def _amount(sieve: Sieve, whole: tuple[str, ...], part: str, parts: float, limit: str) -> pd.Series:
    """Return a count from its column, or from one in smaller parts; zero where the file has neither."""
    return sieve.count(*whole, limit=limit) if sieve.has(*whole) else sieve.count(part, limit="reading") / parts


def _gpus(sieve: Sieve) -> pd.Series:
    """Return GPUs asked for; one that its name says is a slice counts as that, a single shared one by thousandths."""
    count = sieve.count("gpu_request", "num_gpu", "gpus", "gpu", "gpu_count", limit="accelerators")
    count = count * sieve.text(*_TYPE).map(lambda name: fraction_of(name) or 1.0).astype(float)
    if not sieve.has("gpu_milli"):
        return count
    share = sieve.number("gpu_milli", limit="accelerators", missing=1000.0) / 1000.0
    return count.where(count != 1.0, share)


def _lifecycle(sieve: Sieve, relative: str = "") -> Normalised:
    placed = sieve.instant(*_SCHEDULED, optional=True, relative=relative)
    created = sieve.instant(*_CREATED, optional=True, relative=relative) if sieve.has(*_CREATED) else placed
    end = sieve.instant(*_DELETED, optional=True, relative=relative)
    waiting = (created.notna() & placed.isna()).to_numpy()
    start = placed.where(~pd.Series(waiting), created)
    if relative and sieve.setting.clock.anchor is not None:
        start = start.fillna(sieve.setting.clock.anchor)  # alive before the trace began
    status = pd.Series(np.where(waiting, "queued", "served"), dtype=object)
    gpus = _gpus(sieve)
    cores = _amount(sieve, ("cpu_request", "cpus", "cores"), "cpu_milli", 1000.0, "cores")
    memory = _amount(sieve, ("memory_request", "memory_gib"), "memory_mib", _KIB, "memory")
    names = label_accelerators(sieve, *_TYPE)
    return Normalised(
        held=(
            Spans(start, end, gpus, status=status, where=(gpus > 0).to_numpy()),
            Spans(start, end, cores, "core_hours", "core_hour", status, (cores > 0).to_numpy()),
            Spans(start, end, memory, "memory_hours", "GiB_hour", status, (memory > 0).to_numpy()),
        ),
        read=(Points(start, pd.Series(1.0, index=range(sieve.rows)), "instances", "instance", status=status,
                     where=start.notna().to_numpy()),),
        own=names.labels,
        clues={"app": sieve.text("app_name", "app"), "role": sieve.text("role").replace(_ROLES),
               "qos": sieve.text("qos"), "tag": sieve.text("labels", "tags"), "image": sieve.text("image")},
        identity=_identity(sieve, created if sieve.has(*_CREATED) else start), born=created.fillna(start),
        progress=pd.Series(np.where(waiting, 0, np.where(end.isna(), 1, 2))),
        cluster=sieve.text("cluster") if sieve.has("cluster") else None,
        unresolved=names.unresolved,
    )  # fmt: skip


def _identity(sieve: Sieve, begun: pd.Series) -> pd.Series:
    """Return cluster, namespace and name of each item, with its uid or else the moment that it was made."""
    uid, name = sieve.text(*_UID), first_text(sieve, _NAME)
    moment = told(begun).where((uid == "").to_numpy(), "")
    whole = named(*(sieve.text(place) for place in _PLACE), name, uid, moment)
    whole = whole.where((name + uid != "").to_numpy(), None)
    state, later = ([sieve.column(each) for each in names if sieve.has(each)]
                    for names in (_STATE, (*_SCHEDULED, *_DELETED, *_HOST)))  # fmt: skip
    return apart(whole, sieve.chunk.cells, state, later)


def _recommender(sieve: Sieve) -> Normalised:
    base = _lifecycle(sieve, relative="s")
    return replace(base, own={"workload": "recsys", "technique": "deep", "phase": "inference", **base.own})


def _relative(sieve: Sieve) -> Normalised:
    return _lifecycle(sieve, relative="s")


_UNITS: Final = "gpu_hours [accelerator_hour], core_hours [core_hour], memory_hours [GiB_hour], instances [instance]"
DLRM: Final = Source(
    "dlrm", "disaggregated DLRM serving traces: role, app, requests, creation, scheduling, deletion (CSV)",
    _read, _recommender, "instance", "seconds from --anchor; empty means before the start or after the end", _UNITS,
    "workload recsys, technique deep, phase inference; app and role for rules",
    "the date, use as against request, the GPU model, and whether a ramp is growth or sampling", relative=True,
)  # fmt: skip
PODS: Final = Source(
    "pods", "Kubernetes pod lists with relative times: num_gpu, gpu_milli, creation, scheduling, deletion (CSV)",
    _read, _relative, "pod", "seconds from --anchor", _UNITS, "qos, app, image and tags for rules",
    "the workload, use as against request, and pods gone before the list was made", relative=True,
)  # fmt: skip
INSTANCES: Final = Source(
    "instances", "any instance lifecycle table with absolute times",
    _read, _lifecycle, "instance", "absolute, UTC unless --zone", _UNITS, "app, role, image and tags for rules",
    "use as against request",
)  # fmt: skip
