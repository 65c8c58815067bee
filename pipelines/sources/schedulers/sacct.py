"""Read Slurm accounting: ``sacct`` as delimited text or JSON, with its header or in the 26 fields of portals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.sources.chunks import Chunk, document, from_objects
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.normal import Normalised, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.held import Stated, gpu_spans, held_spans, job_points, settle, stamp
from shiftcast.pipelines.sources.schedulers.layout import below_banner, find_layout
from shiftcast.pipelines.sources.schedulers.outcomes import outcomes
from shiftcast.pipelines.sources.schedulers.slurm_database import NAMES, as_accounting
from shiftcast.pipelines.sources.schedulers.slurm_json import accounting_rows
from shiftcast.pipelines.sources.schedulers.tres import Tres, read_tres
from shiftcast.pipelines.sources.schedulers.walltimes import walltimes
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve, first_text
from shiftcast.pipelines.sources.table import UnreadableFileError

FIELDS: Final = ("jobid", "jobidraw", "cluster", "partition", "qos", "account", "group", "gid", "user", "uid", "submit",
                 "eligible", "start", "end", "elapsed", "exitcode", "state", "nnodes", "ncpus", "reqcpus", "reqmem",
                 "reqtres", "alloctres", "timelimit", "nodelist", "jobname")  # fmt: skip
_BESIDE: Final = ("allocgres", "reqgres", "alloccpus", "allocnodes", "reqnodes", "elapsedraw", "cputime", "cputimeraw",
                  "suspended", "timelimitraw")  # fmt: skip
_CLUES: Final = ("cluster", "partition", "qos", "account", "group", "user", "jobname")
_RAW: Final = ("jobidraw", "jobid")
_CORES: Final = ("ncpus", "alloccpus", "reqcpus")
_NODES: Final = ("nnodes", "allocnodes", "reqnodes")
_LISTS: Final = ("alloctres", "allocgres", "reqtres", "reqgres")
_ARRAY: Final = re.compile(r"_\[([\d,:\-]+)(?:%\d+)?\]$")
_WAITING: Final = re.compile(r"_\[.*\]$")  # tasks that still wait, fewer at each export
_MINUTE: Final = 60.0


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
    yield from map(as_accounting, _rows(opened, setting))


def _rows(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    if opened.parquet or opened.workbook or setting.path:
        yield from rows_of(opened, setting)
        return
    if opened.first_line()[:1] in {"{", "["}:
        yield from from_objects(opened.name, accounting_rows(opened.name, document(opened)))
        return
    layout = find_layout(opened, setting.delimiter, {*FIELDS, *_BESIDE, *NAMES})
    if layout.header:
        yield from below_banner(opened, layout, spill=layout.cells[-1].lower() == "jobname")
    elif len(layout.cells) >= len(FIELDS):
        yield from below_banner(opened, layout, header=FIELDS, spill=True)
    else:
        raise UnreadableFileError(
            f"{opened.name}: line 1: {len(layout.cells)} fields and no header; export with sacct --parsable2 and a "
            f"header, or without one in the {len(FIELDS)} fields {','.join(FIELDS)}"
        )


def account(sieve: Sieve) -> Normalised:
    """Return what Slurm's jobs held and waited for.

    Parameters
    ----------
    sieve
        Rows under the names that ``sacct`` gives its fields.

    Returns
    -------
    Normalised
        Hours of GPUs, cores and memory, and jobs.
    """
    job = sieve.text(*_RAW[::-1])
    sieve.fail(job.str.contains(".", regex=False).to_numpy(), sieve.column(*_RAW[::-1]),
               "is a step of a job, whose own row counts it; export with --allocations")  # fmt: skip
    sieve.fail(job.str.lower().isin(_RAW).to_numpy(), sieve.column(*_RAW[::-1]), "is the header again; leave it out")
    stands = outcomes(sieve.text("state"))
    cores = sieve.count(*_CORES, limit="cores")
    times = settle(sieve, _stated(sieve, cores), stands, column=_named(sieve, "end", "elapsed", "elapsedraw", "start"))
    nowhen = times.submit.isna() & times.start.isna()
    sieve.fail(nowhen.to_numpy(), _named(sieve, "start", "submit", "end"), "neither submit nor start is a time")
    tres = _resources(sieve, times.began)
    own = pd.Series([np.nan if each.cores is None else each.cores for each in tres], dtype=float)
    tasks = job.map(array_size).astype(float)
    _bound(sieve, tres, tasks)
    spans, unresolved = gpu_spans(tres, tasks, times)
    blind = () if sieve.has(*_LISTS) else ("no AllocTRES or AllocGRES column: GPUs are not counted",)
    memory = pd.Series([each.memory for each in tres], dtype=float)
    return Normalised(
        held=(
            *spans,
            held_spans(times, own.where(own.notna(), cores), "core_hours", "core_hour"),
            held_spans(times, memory, "memory_hours", "GiB_hour"),
        ),
        read=(job_points(times, tasks),),
        clues={name: sieve.text(name) for name in _CLUES if sieve.has(name)},
        identity=first_text(sieve, _RAW).replace(_WAITING, "_[]", regex=True) + "|" + stamp(times.submit),
        attempt=stamp(times.start),
        born=times.submit.where(times.submit.notna(), times.start),
        progress=stands.progress.fillna(2.0),
        cluster=sieve.text("cluster") if sieve.has("cluster") else None,
        unresolved=(*unresolved, *stands.unresolved, *times.doubts, *blind),
    )  # fmt: skip


def _named(sieve: Sieve, *names: str) -> str:
    """Return the file's own name of the first of columns that is there; the first name if none is."""
    return sieve.column(*names) if sieve.has(*names) else names[0]


def _stated(sieve: Sieve, cores: pd.Series) -> Stated:
    """Return the times as the export states them; core time over cores is the time a job ran too."""
    moments = {name: sieve.instant(name, optional=True) if sieve.has(name)
               else pd.Series(pd.NaT, index=range(sieve.rows), dtype="datetime64[us, UTC]")
               for name in ("submit", "start", "end")}  # fmt: skip
    if not sieve.has("submit", "start") and not sieve.has("end"):
        sieve.column("submit", "start", "end")
    elapsed = walltimes(sieve, "elapsedraw").fillna(walltimes(sieve, "elapsed"))
    by_core = walltimes(sieve, "cputimeraw").fillna(walltimes(sieve, "cputime")) / cores.where(cores > 0)
    limit = walltimes(sieve, "timelimitraw", bare=_MINUTE).fillna(walltimes(sieve, "timelimit", bare=_MINUTE))
    return Stated(**moments, elapsed=elapsed.fillna(by_core), suspended=walltimes(sieve, "suspended"), limit=limit)


def _resources(sieve: Sieve, began: NDArray[np.bool_]) -> list[Tres]:
    """Return each row's resources: allocated if it began, else requested."""
    nodes = sieve.count(*_NODES, limit="cores")
    texts = [sieve.text(name) for name in _LISTS]
    tres = [_resolve(*row) for row in zip(*texts, nodes, began, strict=True)]
    sieve.fail(np.array([bool(each.fault) for each in tres], dtype=bool), _named(sieve, *_LISTS),
               "is not a TRES list such as cpu=8,gres/gpu:a100=2,mem=62.50G; numbers above 1000 are the cluster's own: "
               "export with sacct, which writes names, or replace them by those of sacctmgr show tres")  # fmt: skip
    return tres


@lru_cache(maxsize=1 << 16)
def _resolve(given: str, given_gres: str, asked: str, asked_gres: str, nodes: float, began: bool) -> Tres:
    """Return the resources of a row from its lists; GRES are of one node, and count where TRES name no GPU."""
    whole = read_tres(given if began and given else asked)
    count = nodes or whole.nodes or 1.0
    gres, gres_asked = read_tres(given_gres).by_node(count), read_tres(asked_gres).by_node(count)
    lists = (read_tres(given), gres, gres_asked, read_tres(asked)) if began else (read_tres(asked), gres_asked)
    gpu = next((each for each in lists if each.gpus or each.shards or each.fault), whole)
    return replace(whole, gpus=gpu.gpus, types=gpu.types, shards=gpu.shards, fault=gpu.fault or whole.fault)


def _bound(sieve: Sieve, tres: list[Tres], tasks: pd.Series) -> None:
    for limit, amounts in (
        ("accelerators", pd.Series([each.gpus for each in tres], dtype=float) * tasks),
        ("memory", [each.memory for each in tres]),
    ):
        sieve.bound(pd.Series(amounts, dtype=float), limit, _named(sieve, *_LISTS))


SACCT: Final = Source(
    "sacct", "Slurm accounting, sacct --parsable2 or with another delimiter (with header, or the 26-field form without "
    "one), or sacct --json",
    _read, account, "job", "absolute, UTC unless --zone; sacct writes the zone of the machine it runs on",
    "gpu_hours [accelerator_hour], core_hours [core_hour], memory_hours [GiB_hour], jobs [job]; waiting of a minute "
    "or more as queued",
    "cluster, partition, qos, account, group, user and jobname for rules; the accelerator from gres/gpu:type",
    "use as against allocation, the GPU model where gres has no type, the workload, and jobs purged from the database",
)  # fmt: skip
