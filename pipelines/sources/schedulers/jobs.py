"""Read job tables: submit, start, end or duration, and GPUs, under the names that schedulers' exports give them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.accelerators import label_accelerators
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.fractions import fraction_of
from shiftcast.pipelines.sources.normal import Normalised, Points, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.held import Stated, Times, held_and_wanted, held_spans, settle, stamp
from shiftcast.pipelines.sources.schedulers.lengths import has_length, lengths
from shiftcast.pipelines.sources.schedulers.outcomes import OVER, RUNS, outcomes
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError

_SUBMIT: Final = ("submit_time", "submit", "submitted", "SubmitTime", "submitted_time")
_START: Final = ("start_time", "start", "started", "StartTime", "timestamp")
_END: Final = ("end_time", "end", "ended", "EndTime", "finished", "finish_time")
_GPUS: Final = ("num_gpus", "gpu_num", "gpus_req", "GPUs", "gpus", "gpu_count", "num_gpu", "n_gpus", "ngpus",
                "gpus_allocated", "allocated_gpus")  # fmt: skip
_CORES: Final = ("cpu_num", "processors_req", "CPUs", "cpus", "ncpus", "cores", "num_cpus")
_GPU_PERCENT: Final = ("plan_gpu", "gpu_percent", "gpu_pct", "gpu_percentage")
_CORE_PERCENT: Final = ("plan_cpu", "cpu_percent_requested")
_COPIES: Final = ("inst_num", "instance_num", "num_instances", "worker_num", "num_workers", "replicas", "num_replicas")
_NODES: Final = ("nodes", "num_nodes", "nnodes", "node_count", "node_num", "nodes_req")
_BY_NODE: Final = ("gpus_per_node", "gpu_per_node", "num_gpus_per_node")
_BY_COPY: Final = ("gpus_per_worker", "gpu_per_worker", "gpus_per_instance", "gpus_per_replica")
_TYPE: Final = ("gpu_type", "GPUType", "accelerator", "gpu_model")
_CLUES: Final = {"partition": ("partition", "queue", "vc", "cluster"), "account": ("account", "project"),
                 "name": ("name", "JobName", "job_name"), "qos": ("qos",), "type": ("type",), "user": ("user",),
                 "image": ("image",)}  # fmt: skip
_ID: Final = ("job_id", "JobID", "id")
_TASK: Final = ("array_id", "ArrayID", "task_id", "array_index")
_PERCENT: Final = 100.0
_FEW: Final = 16.0  # GPUs of a machine: a plan in percent reaches above it


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    yield from rows_of(opened, setting)


def _jobs(sieve: Sieve) -> Normalised:
    stands = outcomes(sieve.text("state", "status"))
    times = settle(sieve, _stated(sieve), stands, column=sieve.column(*_END) if sieve.has(*_END) else "end")
    gpus, cores = _gpus(sieve), _cores(sieve)
    names = label_accelerators(sieve, *_TYPE)
    when = times.start.where(times.start.notna(), times.submit)
    whole = pd.Series(np.where(times.end.isna(), RUNS, OVER))
    sieve.fail(when.isna().to_numpy(), sieve.column(*_START, *_SUBMIT), "neither submit nor start is a time")
    early: tuple[str, ...] = () if sieve.has(*_START) else ("no start column: jobs count from their submission",)
    empty = int((sieve.text(*_GPUS) == "").sum()) if sieve.has(*_GPUS) else 0
    if empty:
        early += (f"{sieve.column(*_GPUS)} is empty in some rows, which count no GPUs",)
    task, identity = sieve.has(*_TASK) and sieve.has(*_SUBMIT), _identity(sieve, times)
    return Normalised(
        held=(*held_and_wanted(gpus, times, {}), held_spans(times, cores, "core_hours", "core_hour")),
        read=(Points(when, pd.Series(1.0, index=range(sieve.rows)), "jobs", "job", status=stands.status,
                     where=when.notna().to_numpy()),),
        own=names.labels,
        clues={name: sieve.text(*columns) for name, columns in _CLUES.items() if sieve.has(*columns)},
        identity=identity,
        attempt=pd.Series("", index=range(sieve.rows), dtype=object) if task else _attempt(identity, times),
        born=times.submit.where(times.submit.notna(), times.start),
        progress=stands.progress.where(stands.progress.notna(), whole),
        cluster=sieve.text("cluster") if sieve.has("cluster") else None,
        unresolved=(*names.unresolved, *stands.unresolved, *early),
    )  # fmt: skip


def _identity(sieve: Sieve, times: Times) -> pd.Series | None:
    """Return what names a job: its id, its task and when it was submitted, since schedulers start ids anew."""
    if not sieve.has(*_ID):
        return None
    job = sieve.text(*_ID)
    return (job + "|" + sieve.text(*_TASK) + "|" + stamp(times.submit)).where(job != "", None)


def _attempt(identity: pd.Series | None, times: Times) -> pd.Series:
    """Return the start, and of jobs alike in id and start but for their end, the end of all but the first over.

    They are tasks of an array whose export leaves the task out. The first goes by its start alone, as it did in an
    export of a time when it ran.
    """
    start = stamp(times.start)
    if identity is None:
        return start
    ends = times.end.where(times.outcomes.progress != RUNS)
    first = ends.groupby([identity, start], dropna=False).transform("min")
    return start.where(~(ends > first), start + "|" + stamp(times.end))


def _stated(sieve: Sieve) -> Stated:
    submitted = sieve.has(*_SUBMIT)
    submit = sieve.instant(*_SUBMIT, optional=sieve.has(*_START)) if submitted else None
    start = sieve.instant(*_START, optional=submitted) if sieve.has(*_START) or submit is None else submit
    submit = start if submit is None else submit
    none = pd.Series(np.nan, index=range(sieve.rows))
    if not has_length(sieve):
        sieve.column(*_END)
    end = sieve.instant(*_END, optional=True) if sieve.has(*_END) else start.where(none.notna())
    needed = end.isna() & start.notna()
    elapsed = lengths(sieve, (end - start).dt.total_seconds()).where(needed) if needed.any() else none
    return Stated(submit, start, end, elapsed, none, none)


def _gpus(sieve: Sieve) -> pd.Series:
    """Return the GPUs of each job: those of one instance, worker or node times their number, slices as fractions."""
    if sieve.has(*_GPUS):
        count = sieve.number(*_GPUS, limit="accelerators", missing=0.0) * _number_of(sieve, *_COPIES)
    elif sieve.has(*_BY_NODE):
        count = sieve.number(*_BY_NODE, limit="accelerators", missing=0.0) * sieve.number(*_NODES, limit="cores")
    elif sieve.has(*_BY_COPY):
        count = sieve.number(*_BY_COPY, limit="accelerators", missing=0.0) * sieve.number(*_COPIES, limit="cores")
    elif sieve.has(*_GPU_PERCENT):
        percent = _percent(sieve)
        count = percent / _PERCENT * _number_of(sieve, *_COPIES)
    else:
        sieve.column(*_GPUS)
    slices = sieve.text(*_TYPE).map(fraction_of).astype(float).fillna(1.0)
    sieve.bound(count, "accelerators", sieve.column(*_GPUS, *_BY_NODE, *_BY_COPY, *_GPU_PERCENT))
    return count * slices


def _percent(sieve: Sieve) -> pd.Series:
    """Return GPUs in percent of one; a plan of a few is refused, since it can be a count as well."""
    percent = sieve.number(*_GPU_PERCENT, limit="reading", missing=0.0)
    name = sieve.column(*_GPU_PERCENT)
    if "plan" in name.lower() and 0 < percent.max() <= _FEW:
        raise UnreadableFileError(
            f"{sieve.chunk.file}: column {name!r} is read as percent of a GPU, and none is above {percent.max():g}; "
            "rename it to num_gpus or gpu_percent"
        )
    return percent


def _cores(sieve: Sieve) -> pd.Series:
    if sieve.has(*_CORES):
        return sieve.number(*_CORES, limit="cores", missing=0.0) * _number_of(sieve, *_COPIES)
    return sieve.count(*_CORE_PERCENT, limit="reading") / _PERCENT * _number_of(sieve, *_COPIES)


def _number_of(sieve: Sieve, *names: str) -> pd.Series:
    """Return a column of numbers of copies, one where it is empty or not there."""
    one = pd.Series(1.0, index=range(sieve.rows))
    return sieve.number(*names, limit="cores", missing=1.0) if sieve.has(*names) else one


JOBS: Final = Source(
    "jobs", "job tables: submit, start, end or duration, GPUs",
    _read, _jobs, "job", "absolute, UTC unless --zone; a duration in the unit of its name, such as duration_ms",
    "gpu_hours [accelerator_hour], core_hours [core_hour], jobs [job]; waiting of a minute or more as queued",
    "partition, account, name, qos, type, user and image for rules; the accelerator from its name",
    "use as against allocation, jobs the export left out, and waiting where only one time is given",
)  # fmt: skip
