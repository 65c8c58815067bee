"""Read Slurm accounting: ``sacct --parsable2``, with its header or in the 26-field form of job-accounting portals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.accelerators import name_accelerators
from shiftcast.pipelines.sources.chunks import Chunk, delimited
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.jobs import outcome, waited
from shiftcast.pipelines.sources.setting import Setting, accelerator_names
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError

FIELDS: Final = ("jobid", "jobidraw", "cluster", "partition", "qos", "account", "group", "gid", "user", "uid", "submit",
                 "eligible", "start", "end", "elapsed", "exitcode", "state", "nnodes", "ncpus", "reqcpus", "reqmem",
                 "reqtres", "alloctres", "timelimit", "nodelist", "jobname")  # fmt: skip
_CLUES: Final = ("cluster", "partition", "qos", "account", "group", "user", "jobname")
_GIB: Final = {"K": 2.0**-20, "M": 2.0**-10, "": 2.0**-10, "G": 1.0, "T": 2.0**10, "P": 2.0**20}
_MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]?)B?[nc]?", re.IGNORECASE)
_ARRAY: Final = re.compile(r"_\[([\d,:\-]+)(?:%\d+)?\]$")


@dataclass(frozen=True)
class Tres:
    """Trackable resources (TRES) of a job.

    Attributes
    ----------
    gpus
        GPUs in all [accelerator].
    types
        GPUs by type, as Slurm names it [accelerator].
    cores
        CPUs [core]; ``None`` where the list has none.
    memory
        Memory [GiB].
    fault
        Part of the list that could not be read; empty for none.
    """

    gpus: float = 0.0
    types: Mapping[str, float] = field(default_factory=dict)
    cores: float | None = None
    memory: float = 0.0
    fault: str = ""


@cache
def read_tres(text: str) -> Tres:
    """Read a TRES list, or the older ``gpu:2`` form of AllocGRES.

    Parameters
    ----------
    text
        Such as ``cpu=8,gres/gpu:a100=2,mem=62.50G``.

    Returns
    -------
    Tres
        The resources; only ``fault`` where a part cannot be read.

    Examples
    --------
    >>> tres = read_tres("billing=8,cpu=8,gres/gpu=3,gres/gpu:a100=2,mem=62.50G,node=1")
    >>> tres.gpus, dict(tres.types), tres.cores, tres.memory
    (3.0, {'a100': 2.0}, 8.0, 62.5)
    >>> read_tres("cpu=8,mem=lots").fault
    'mem=lots'
    """
    gpus, cores, memory = 0.0, None, 0.0
    types: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, equals, amount = part.partition("=") if "=" in part else part.rpartition(":")
        kind = name.lower().removeprefix("gres/").removeprefix("gres:")
        if not equals or not (kind in {"cpu", "mem"} or kind.partition(":")[0] == "gpu"):
            continue
        if kind == "mem":
            read = _MEMORY.fullmatch(amount)
            if read is None:
                return Tres(fault=part)
            memory = float(read[1]) * _GIB[read[2].upper()]
        elif not amount.replace(".", "", 1).isdigit():
            return Tres(fault=part)
        elif kind == "cpu":
            cores = float(amount)
        elif kind == "gpu":
            gpus = float(amount)
        else:
            types[kind.partition(":")[2]] = types.get(kind.partition(":")[2], 0.0) + float(amount)
    return Tres(max(gpus, sum(types.values())), types, cores, memory)


def array_size(job: str) -> int:
    """Return the number of tasks a job's name stands for: one, or those of an array that still waits.

    Parameters
    ----------
    job
        Such as ``77``, ``77_3`` or ``77_[1-4,9%2]``.

    Returns
    -------
    int
        At least one.

    Examples
    --------
    >>> array_size("77_[1-4,9%2]"), array_size("77_[0-8:4]"), array_size("77_3")
    (5, 3, 1)
    """
    found = _ARRAY.search(job)
    if found is None:
        return 1
    total = 0
    for part in found[1].split(","):
        span, _, step = part.partition(":")
        first, _, last = span.partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            return 1
        total += len(range(int(first), int(last or first) + 1, max(1, int(step)) if step.isdigit() else 1))
    return max(total, 1)


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    del setting
    cells = opened.first_line().split("|")
    if opened.parquet or cells[0].lower().startswith("jobid"):
        yield from delimited(opened, delimiter="|", quoted=False, spill=cells[-1].lower() == "jobname")
        return
    if len(cells) < len(FIELDS):
        raise UnreadableFileError(
            f"{opened.name}: line 1: {len(cells)} fields and no header; export with sacct --parsable2 and a header, "
            f"or without one in the {len(FIELDS)} fields {','.join(FIELDS)}"
        )
    yield from delimited(opened, delimiter="|", header=FIELDS, quoted=False, spill=True)


def _jobs(sieve: Sieve) -> Normalised:
    job = sieve.text("jobid", "jobidraw")
    sieve.fail(job.str.contains(".", regex=False).to_numpy(), sieve.column("jobid", "jobidraw"),
               "is a step of a job, whose own row counts it; export with --allocations")  # fmt: skip
    submit = sieve.instant("submit", optional=True) if sieve.has("submit") else sieve.instant("start", optional=True)
    start, end = sieve.instant("start", optional=True), sieve.instant("end", optional=True)
    sieve.fail((submit.isna() & start.isna()).to_numpy(), sieve.column("start"), "neither submit nor start is a time")
    began = start.notna().to_numpy()
    status = sieve.text("state").map(outcome).astype(object)
    tres, cores = _resources(sieve, began)
    tasks = job.map(array_size).astype(float)
    gpus = pd.Series([each.gpus for each in tres], dtype=float) * tasks
    memory = pd.Series([each.memory for each in tres], dtype=float)
    sieve.bound(gpus, "accelerators", _resource_column(sieve))
    sieve.bound(memory, "memory", _resource_column(sieve))
    when = submit.where(submit.notna(), start)
    times = _Times(submit, start, end, began, waited(submit, start).to_numpy(), status)
    gpu_spans, unresolved = _gpu_spans(tres, tasks, times)
    raw = sieve.text("jobidraw") if sieve.has("jobidraw") else job
    return Normalised(
        held=(
            *gpu_spans,
            Spans(start, end, cores, "core_hours", "core_hour", status, began & (cores > 0).to_numpy()),
            Spans(start, end, memory, "memory_hours", "GiB_hour", status, began & (memory > 0).to_numpy()),
        ),
        read=(Points(when, tasks, "jobs", "job", status=status, where=when.notna().to_numpy()),),
        clues={name: sieve.text(name) for name in _CLUES if sieve.has(name)},
        identity=sieve.text("cluster") + "|" + raw + "|" + sieve.text("start"),
        unresolved=unresolved,
    )  # fmt: skip


def _resource_column(sieve: Sieve) -> str:
    return sieve.column("alloctres", "allocgres", "reqtres", "reqgres")


def _resources(sieve: Sieve, began: np.ndarray) -> tuple[list[Tres], pd.Series]:
    """Return each row's resources, allocated if it began and requested if not, and its cores."""
    allocated = sieve.text("alloctres") if sieve.has("alloctres") else sieve.text("allocgres")
    asked = sieve.text("reqtres") if sieve.has("reqtres") else sieve.text("reqgres")
    text = allocated.where(pd.Series(began) & (allocated != ""), asked)
    tres = [read_tres(each) for each in text]
    faults = np.array([bool(each.fault) for each in tres], dtype=bool)
    sieve.fail(faults, _resource_column(sieve), "is not a TRES list such as cpu=8,gres/gpu:a100=2,mem=62.50G")
    named = ("ncpus", "alloccpus", "reqcpus")
    counted = sieve.count(*named, limit="cores")
    own = pd.Series([np.nan if each.cores is None else each.cores for each in tres], dtype=float)
    return tres, own.where(own.notna(), counted)


@dataclass(frozen=True)
class _Times:
    """When a chunk's jobs were submitted, began and ended, whether they began and waited, and their status."""

    submit: pd.Series
    start: pd.Series
    end: pd.Series
    began: np.ndarray
    waited: np.ndarray
    status: pd.Series


def _gpu_spans(tres: list[Tres], tasks: pd.Series, times: _Times) -> tuple[tuple[Spans, ...], tuple[str, ...]]:
    """Return spans of GPUs held and waited for, by type and without one, and the types no table knows."""
    kinds = sorted({kind for each in tres for kind in each.types})
    rest = [each.gpus - sum(each.types.values()) for each in tres]
    spans = _spans(pd.Series(rest, dtype=float) * tasks, times, {})
    for kind in kinds:
        accelerator, vendor = accelerator_names().find(kind) or ("", "")
        amount = pd.Series([each.types.get(kind, 0.0) for each in tres], dtype=float) * tasks
        spans += _spans(amount, times, {"accelerator": accelerator, "vendor": vendor})
    return spans, name_accelerators(pd.Series(kinds, dtype=object)).unresolved


def _spans(amount: pd.Series, times: _Times, labels: dict[str, str]) -> tuple[Spans, ...]:
    some = (amount > 0).to_numpy()
    return (
        Spans(times.start, times.end, amount, status=times.status, where=some & times.began, labels=labels),
        Spans(times.submit, times.start, amount, status="queued", where=some & times.waited, labels=labels),
        Spans(times.submit, times.end, amount, status="queued", where=some & ~times.began, labels=labels),
    )


SACCT: Final = Source(
    "sacct", "Slurm accounting, sacct --parsable2 (with header, or the 26-field form without one)",
    _read, _jobs, "job", "absolute, UTC unless --zone; sacct writes the zone of the machine it runs on",
    "gpu_hours [accelerator_hour], core_hours [core_hour], memory_hours [GiB_hour], jobs [job]; waiting of a minute "
    "or more as queued",
    "cluster, partition, qos, account, group, user and jobname for rules; the accelerator from gres/gpu:type",
    "use as against allocation, the GPU model where gres has no type, the workload, and jobs purged from the database",
)  # fmt: skip
