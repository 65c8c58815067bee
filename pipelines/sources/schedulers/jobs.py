"""Read job tables: submit, start, end or duration, and GPUs, under the names that schedulers' exports give them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.accelerators import label_accelerators
from shiftcast.pipelines.sources.chunks import Chunk, delimited
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.held import waited
from shiftcast.pipelines.sources.schedulers.outcomes import outcomes
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve

_SUBMIT: Final = ("submit_time", "submit", "submitted", "SubmitTime", "submitted_time")
_START: Final = ("start_time", "start", "started", "StartTime", "timestamp")
_END: Final = ("end_time", "end", "ended", "EndTime", "finished")
_DURATION: Final = ("duration", "run_time", "runtime", "Elapsed", "elapsed_s", "duration_s")
_GPUS: Final = ("num_gpus", "gpu_num", "gpus_req", "GPUs", "gpus", "gpu_count", "num_gpu", "plan_gpu")
_CORES: Final = ("cpu_num", "processors_req", "CPUs", "cpus", "ncpus", "cores")
_CLUES: Final = {"partition": ("partition", "queue", "vc", "cluster"), "account": ("account", "project"),
                 "name": ("name", "JobName", "job_name"), "qos": ("qos",), "type": ("type",), "user": ("user",),
                 "image": ("image",)}  # fmt: skip
_ID: Final = ("job_id", "JobID", "id")
_TASK: Final = ("array_id", "ArrayID", "task_id", "array_index")


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    del setting
    yield from delimited(opened)


def _jobs(sieve: Sieve) -> Normalised:
    start = sieve.instant(*_START, optional=sieve.has(*_SUBMIT))
    submit = sieve.instant(*_SUBMIT, optional=True) if sieve.has(*_SUBMIT) else start
    end = _ends(sieve, start)
    status = outcomes(sieve.text("state", "status")).status
    gpus = sieve.number(*_GPUS, limit="accelerators", missing=0.0)
    cores = sieve.count(*_CORES, limit="cores")
    began = start.notna().to_numpy()
    queued = (waited(submit, start) & (gpus > 0)).to_numpy()
    names = label_accelerators(sieve, "gpu_type", "GPUType", "accelerator", "gpu_model")
    when = start.where(start.notna(), submit)
    return Normalised(
        held=(
            Spans(start, end, gpus, status=status, where=began & (gpus > 0).to_numpy()),
            Spans(submit, start, gpus, status="queued", where=queued),
            Spans(submit, end, gpus, status="queued", where=~began & (gpus > 0).to_numpy() & submit.notna().to_numpy()),
            Spans(start, end, cores, "core_hours", "core_hour", status, began & (cores > 0).to_numpy()),
        ),
        read=(Points(when, pd.Series(1.0, index=range(sieve.rows)), "jobs", "job", status=status,
                     where=when.notna().to_numpy()),),
        own=names.labels,
        clues={name: sieve.text(*columns) for name, columns in _CLUES.items() if sieve.has(*columns)},
        identity=_identity(sieve),
        unresolved=names.unresolved,
    )  # fmt: skip


def _identity(sieve: Sieve) -> pd.Series | None:
    """Return what may be there once: a job's id with all that tells tasks of an array apart, which share it."""
    if not sieve.has(*_ID):
        return None
    job = sieve.text(*_ID)
    whole = job
    for names in (_TASK, _CLUES["name"], _SUBMIT, _START, _END, _DURATION, _GPUS, _CORES):
        if sieve.has(*names):
            whole = whole + "|" + sieve.text(*names)
    return whole.where(job != "", None)


def _ends(sieve: Sieve, start: pd.Series) -> pd.Series:
    """Return the ends, as written or as start and duration in seconds."""
    if sieve.has(*_END):
        return sieve.instant(*_END, optional=True)
    seconds = sieve.number(*_DURATION, limit="duration", missing=np.nan)
    inside = seconds.where(seconds.abs() < 4e9)
    return (start + pd.to_timedelta((inside * 1e6).round(), unit="us")).astype("datetime64[us, UTC]")


JOBS: Final = Source(
    "jobs", "job tables: submit, start, end or duration in seconds, GPUs (CSV, Parquet)",
    _read, _jobs, "job", "absolute, UTC unless --zone",
    "gpu_hours [accelerator_hour], core_hours [core_hour], jobs [job]; waiting of a minute or more as queued",
    "partition, account, name, qos, type, user and image for rules; the accelerator from its name",
    "use as against allocation, jobs the export left out, and waiting where only one time is given",
)  # fmt: skip
