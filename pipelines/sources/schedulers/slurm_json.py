"""Bring jobs of ``sacct --json`` and ``squeue --json`` under the names that their text has, in any version's shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shiftcast.pipelines.sources.table import UnreadableFileError

Row = Mapping[str, object]


def accounting_rows(file: str, whole: object) -> list[Row]:
    """Return the jobs of ``sacct --json`` as rows of its text.

    Parameters
    ----------
    file
        Name of the file.
    whole
        The document.

    Returns
    -------
    list
        Fields of each job by name; a row of the text that was written as JSON stays as it is.

    Raises
    ------
    UnreadableFileError
        If it holds no jobs.
    """
    return [_accounted(job) if "time" in job else job for job in _jobs(file, whole)]


def queue_rows(file: str, whole: object) -> list[Row]:
    """Return the jobs of ``squeue --json`` as rows of accounting; a job that runs has run until the queue was listed.

    Parameters
    ----------
    file
        Name of the file.
    whole
        The document.

    Returns
    -------
    list
        Fields of each job by name.

    Raises
    ------
    UnreadableFileError
        If it holds no jobs.
    """
    listed = _number(_at(whole, "last_update")) if isinstance(whole, dict) else None
    return [_queued(job, listed) if "job_id" in job else job for job in _jobs(file, whole)]


def _jobs(file: str, whole: object) -> Sequence[Mapping[str, Any]]:
    alone = isinstance(whole, dict) and "jobid" in map(str.lower, whole)
    jobs = [whole] if alone else whole.get("jobs") if isinstance(whole, dict) else whole
    if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
        raise UnreadableFileError(f"{file}: holds no list of jobs; export with sacct --json or squeue --json")
    return jobs


def _accounted(job: Mapping[str, Any]) -> Row:
    time, tres = job.get("time") or {}, job.get("tres") or {}
    return {
        **_names(job), "jobid": _array_name(job, _at(job, "array", "job_id"), _at(job, "array", "task_id"),
                                            _at(job, "array", "task")),
        "jobidraw": job.get("job_id"), "state": _state(_at(job, "state", "current") or job.get("state")),
        "submit": _moment(time.get("submission")), "start": _moment(time.get("start")), "end": _moment(time.get("end")),
        "elapsedraw": _number(time.get("elapsed")), "suspended": _number(time.get("suspended")),
        "timelimitraw": _number(time.get("limit")), "alloctres": _list(tres.get("allocated")),
        "reqtres": _list(tres.get("requested")), "nnodes": _number(job.get("allocation_nodes")),
        "reqcpus": _number(_at(job, "required", "CPUs")),
    }  # fmt: skip


def _queued(job: Mapping[str, Any], listed: float | None) -> Row:
    state, start = _state(job.get("job_state")), _number(job.get("start_time"))
    ran = max(listed - start, 0.0) if listed and start and start <= listed else None
    return {
        **_names(job), "jobid": _array_name(job, job.get("array_job_id"), job.get("array_task_id"),
                                            job.get("array_task_string")),
        "jobidraw": job.get("job_id"), "state": state, "submit": _moment(job.get("submit_time")),
        "start": _moment(start), "end": _moment(job.get("end_time")), "elapsedraw": ran,
        "timelimitraw": _number(job.get("time_limit")), "alloctres": job.get("tres_alloc_str") or "",
        "reqtres": job.get("tres_req_str") or "", "nnodes": _number(job.get("node_count")),
        "reqcpus": _number(job.get("cpus")), "reqgres": job.get("tres_per_node") or "",
    }  # fmt: skip


def _names(job: Mapping[str, Any]) -> dict[str, object]:
    return {
        "cluster": job.get("cluster") or "", "partition": job.get("partition") or "", "qos": job.get("qos") or "",
        "account": job.get("account") or "", "user": job.get("user_name") or job.get("user") or "",
        "group": job.get("group_name") or job.get("group") or "", "jobname": job.get("name") or "",
    }  # fmt: skip


def _array_name(job: Mapping[str, Any], array: object, task: object, tasks: object) -> str:
    """Return a job's name as text has it: 77, 77_3, or 77_[1-4] where tasks of an array still wait."""
    own, whole, one = job.get("job_id"), _number(array), _number(task)
    if not whole:
        return str(own)
    if one is not None:
        return f"{whole:.0f}_{one:.0f}"
    return f"{whole:.0f}_[{tasks}]" if tasks and isinstance(tasks, str) and tasks[0].isdigit() else str(own)


def _at(value: object, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _number(value: object) -> float | None:
    """Return a number, bare or in the later versions' form that says whether it is set."""
    if isinstance(value, dict):
        value = value.get("number") if value.get("set", True) and not value.get("infinite") else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(value: object) -> str:
    """Return a moment as seconds from 1970, empty for the zero that stands for none."""
    return f"{number:.0f}" if (number := _number(value)) else ""


def _state(value: object) -> str:
    return str(value[0]) if isinstance(value, list) and value else "" if isinstance(value, list) else str(value or "")


def _list(value: object) -> str:
    """Return a list of TRES as text: its memory counts in MiB."""
    parts = value if isinstance(value, list) else []
    named = [(f"{each.get('type')}{'/' if each.get('name') else ''}{each.get('name') or ''}", each.get("count"))
             for each in parts if isinstance(each, dict)]  # fmt: skip
    return ",".join(
        f"{name}={count}{'M' if name == 'mem' else ''}" for name, count in named if _number(count) is not None
    )
