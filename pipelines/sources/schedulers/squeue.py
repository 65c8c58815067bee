"""Read Slurm's queue: ``squeue`` with a delimiter of one's own, or as JSON; jobs that wait and run at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shiftcast.pipelines.sources.chunks import Chunk, document, from_objects
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.normal import Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.layout import below_banner, find_layout
from shiftcast.pipelines.sources.schedulers.outcomes import outcome
from shiftcast.pipelines.sources.schedulers.sacct import account
from shiftcast.pipelines.sources.schedulers.slurm_json import queue_rows
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

_NAMES: Final = {
    "jobid": "jobid", "name": "jobname", "partition": "partition", "user": "user", "account": "account", "qos": "qos",
    "group": "group", "st": "state", "state": "state", "time": "elapsed", "time_limit": "timelimit", "nodes": "nnodes",
    "cpus": "ncpus", "submit_time": "submit", "start_time": "start", "end_time": "end", "tres_alloc": "alloctres",
    "tres_per_node": "reqgres", "gres": "reqgres", "tres_per_job": "reqtres", "cluster": "cluster",
}  # fmt: skip
_WANTED: Final = "squeue -a -o '%i|%j|%P|%a|%u|%T|%V|%S|%M|%l|%D|%C|%b'"


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    if opened.parquet or opened.workbook or setting.path:
        chunks = rows_of(opened, setting)
    elif opened.first_line()[:1] in {"{", "["}:
        chunks = from_objects(opened.name, queue_rows(opened.name, document(opened)))
    else:
        layout = find_layout(opened, setting.delimiter, set(_NAMES))
        if not layout.header:
            raise UnreadableFileError(f"{opened.name}: line 1: is no header of squeue; export with {_WANTED}")
        chunks = below_banner(opened, layout)
    for chunk in chunks:
        cells = chunk.cells.rename(columns=lambda name: _NAMES.get(str(name).strip().lower(), name))
        missing = {"state", "submit"} - set(cells.columns)
        if missing:
            raise UnreadableFileError(
                f"{opened.name}: no column of {' and '.join(sorted(missing))}; export with {_WANTED}"
            )
        if "end" in cells:  # of a job that is not over, the scheduler's forecast
            over = ~cells["state"].map(lambda state: outcome(str(state))).isin(["running", "queued"])
            cells["end"] = cells["end"].where(over, "")
        yield Chunk(cells, chunk.lines, chunk.file, chunk.quarantined)


SQUEUE: Final = Source(
    "squeue", "Slurm's queue at a moment: squeue -o with a delimiter, or squeue --json", _read, account, "job",
    "absolute, UTC unless --zone; squeue writes the zone of the machine it runs on",
    "gpu_hours [accelerator_hour], core_hours [core_hour], jobs [job]; what waits as queued",
    "partition, account, qos, user and jobname for rules; the accelerator from the GRES",
    "jobs that are over: load sacct for those, and not both into one store",
)  # fmt: skip
