"""Bring dumps of the job table of Slurm's accounting database under the names that ``sacct`` gives its fields."""

from __future__ import annotations

from typing import Final

from shiftcast.pipelines.sources.chunks import Chunk

NAMES: Final = {
    "id_job": "jobidraw", "time_submit": "submit", "time_eligible": "eligible", "time_start": "start",
    "time_end": "end", "time_suspended": "suspended", "timelimit": "timelimit", "nodes_alloc": "nnodes",
    "cpus_req": "reqcpus", "tres_alloc": "alloctres", "tres_req": "reqtres", "gres_used": "allocgres",
    "gres_alloc": "allocgres", "gres_req": "reqgres", "job_name": "jobname", "id_user": "user", "id_qos": "qos",
    "exit_code": "exitcode",
}  # fmt: skip
_STATES: Final = ("PENDING", "RUNNING", "SUSPENDED", "COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL",
                  "PREEMPTED", "BOOT_FAIL", "DEADLINE", "OUT_OF_MEMORY")  # fmt: skip
_NEVER: Final = {"0", "4294967294", "4294967295"}  # of times and limits


def as_accounting(chunk: Chunk) -> Chunk:
    """Return rows of the database under the names of accounting, and those of accounting as they are.

    Parameters
    ----------
    chunk
        Rows of either.

    Returns
    -------
    Chunk
        Rows with states by name, and without the numbers that stand for no time.
    """
    if "id_job" not in map(str.lower, chunk.cells.columns):
        return chunk
    cells = chunk.cells.rename(columns=lambda name: NAMES.get(name.lower(), name))
    cells = cells.loc[:, ~cells.columns.duplicated()].astype(object)
    for name in {"submit", "start", "end", "timelimit"} & set(cells.columns):
        cells[name] = cells[name].map(lambda text: "" if str(text) in _NEVER else text)
    if "state" in cells:
        cells["state"] = cells["state"].map(_state)
    return Chunk(cells, chunk.lines, chunk.file, chunk.quarantined)


def _state(code: object) -> str:
    """Return the name of a state by its number; flags above it say nothing of how a job ended."""
    text = str(code)
    return _STATES[int(text) & 0xFF] if text.isdigit() and int(text) & 0xFF < len(_STATES) else text
