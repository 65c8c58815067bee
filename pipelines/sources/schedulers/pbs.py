"""Read accounting records of PBS Professional, OpenPBS and Torque: queued, started and ended jobs, one a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.normal import Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.plain import Parsed, cut, hold, iso
from shiftcast.pipelines.sources.setting import Setting

_PAIR: Final = re.compile(r'([A-Za-z_]\w*(?:\.\w+)?)=("[^"]*"|\S*)')
_SIZE: Final = re.compile(r"(\d+)([kmgtp]?)(b|w)?", re.IGNORECASE)
_GIB: Final = {"": 2.0**-30, "k": 2.0**-20, "m": 2.0**-10, "g": 1.0, "t": 2.0**10, "p": 2.0**20}
_WORD_BYTES: Final = 8.0
_TYPE: Final = re.compile(r"(?:gpu_?type|gpu_?model|accelerator_model)=([\w.-]+)", re.IGNORECASE)
_BY_SIGNAL: Final = {"271", "265", "-11"}  # ended by the signals that deletion sends
_STATES: Final = {"Q": "queued", "S": "running", "T": "running", "D": "deleted", "A": "aborted"}


def _parse(line: str) -> Parsed:
    parts = line.split(";", 3)
    if len(parts) < 4:
        return (
            "is no record such as 08/26/2024 17:07:44;E;123.server;user=...; load the files of server_priv/accounting"
        )
    at, kind, job, message = parts
    told = {name: value.strip('"') for name, value in _PAIR.findall(message)}
    ended = kind == "E" or (kind == "R" and "start" in told)
    if not ended and kind not in _STATES:
        return f"is a record of type {kind}, which tells of no time that a job held; its end record counts it"
    if "[]" in job:
        return "is the record of a whole array, whose tasks have their own"
    begun = ended or _STATES[kind] == "running"
    return {
        "identity": job, "state": _ended(kind, told) if ended else _STATES[kind],
        "submit": told.get("qtime") or told.get("ctime") or iso(at),
        "start": told.get("start", iso(at)) if begun else "",
        "end": told.get("end", iso(at)) if ended else "" if begun or kind == "Q" else iso(at),
        "elapsed": told.get("resources_used.walltime", "") if ended else "",
        "gpus": f"{_gpus(told)}", "cores": f"{_cores(told)}", "memory": f"{_gib(told.get('Resource_List.mem', ''))}",
        "gpu_type": found[1] if (found := _TYPE.search(message)) else "", "queue": told.get("queue", ""),
        "account": told.get("project") or told.get("account", ""), "group": told.get("group", ""),
        "user": told.get("user", ""), "name": told.get("jobname", ""),
    }  # fmt: skip


def _ended(kind: str, told: Mapping[str, str]) -> str:
    status = told.get("Exit_status", "0")
    return (
        "failed" if kind == "R" else "completed" if status == "0" else "deleted" if status in _BY_SIGNAL else "failed"
    )


def _gpus(told: Mapping[str, str]) -> float:
    """Return the GPUs of a job: those of its vnodes, those placed, or those it asked for."""
    placed = re.findall(r"ngpus=(\d+)", told.get("exec_vnode", ""))
    if placed:
        return float(sum(map(int, placed)))
    if told.get("exec_gpus"):
        return float(told["exec_gpus"].count("+") + 1)
    asked = told.get("Resource_List.ngpus") or told.get("Resource_List.gpus")
    if asked and asked.isdigit():
        return float(asked)
    chunks = told.get("Resource_List.select") or told.get("Resource_List.nodes", "")
    return sum(_times(chunk) * float(found[1]) for chunk in chunks.split("+")
               if (found := re.search(r":n?gpus=(\d+)", chunk)))  # fmt: skip


def _times(chunk: str) -> float:
    first = chunk.partition(":")[0]
    return float(first) if first.isdigit() else 1.0


def _cores(told: Mapping[str, str]) -> float:
    asked = told.get("Resource_List.ncpus", "")
    if asked.isdigit():
        return float(asked)
    return sum(_slots(each) for each in told.get("exec_host", "").split("+") if each)


def _slots(host: str) -> float:
    """Return the slots of one part of exec_host: ``n1/0*8``, ``n1/0-7`` or ``n1/3``."""
    where, _, times = host.partition("*")
    first, dash, last = where.rpartition("/")[2].partition("-")
    if times.isdigit():
        return float(times)
    return float(int(last) - int(first) + 1) if dash and first.isdigit() and last.isdigit() else 1.0


def _gib(text: str) -> float:
    read = _SIZE.fullmatch(text)
    return (
        0.0
        if read is None
        else float(read[1]) * _GIB[read[2].lower()] * (_WORD_BYTES if read[3] in {"w", "W"} else 1.0)
    )


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    del setting
    yield from cut(opened, _parse)


PBS: Final = Source(
    "pbs", "accounting records of PBS Professional, OpenPBS or Torque (server_priv/accounting/YYYYMMDD)", _read,
    partial(hold, dated=False),
    "job", "absolute; the moments of records without epoch times are UTC unless --zone",
    "gpu_hours [accelerator_hour], core_hours [core_hour], memory_hours [GiB_hour], jobs [job]; waiting of a minute or "
    "more as queued", "queue, project, group, user and jobname for rules; the accelerator from a resource gpu_type",
    "use as against allocation, the GPU model but by such a resource, the workload",
)  # fmt: skip
