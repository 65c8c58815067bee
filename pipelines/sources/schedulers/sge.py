"""Read accounting of Grid Engine: the colon-separated file ``accounting``, or what ``qacct -j`` prints of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.lines import read_records
from shiftcast.pipelines.sources.normal import Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.plain import Parsed, cut, gather, hold, iso
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.tables.parquet import ROWS

_PLACES: Final = {"qname": 0, "group": 2, "owner": 3, "jobname": 4, "jobnumber": 5, "account": 6, "qsub_time": 8,
                  "start_time": 9, "end_time": 10, "failed": 11, "exit_status": 12, "ru_wallclock": 13, "project": 31,
                  "slots": 34, "taskid": 35, "category": 39, "pe_taskid": 41}  # fmt: skip
_LEAST: Final = 40  # fields up to the category
_GPUS: Final = re.compile(r"\b(?:n?gpus?|gpu_\w+|cuda\w*)=(\d+)", re.IGNORECASE)
_NONE: Final = {"", "-/-", "0", "NONE", "undefined", "none"}
_BY_SLOT: Final = "gpu=N of a job with several slots (counted once a job; multiply if your complex is counted by slot)"


def _given(text: str) -> str:
    return "" if text.strip() in _NONE else text.strip()


def _parse(line: str) -> Parsed:
    if line.startswith("#"):
        return None
    cells = line.split(":")
    if len(cells) < _LEAST:
        return f"{len(cells)} fields where accounting has at least {_LEAST}; load the file accounting, or qacct -j"
    return _job({name: cells[place] for name, place in _PLACES.items() if place < len(cells)})


def _job(told: Mapping[str, str]) -> Parsed:
    if _given(told.get("pe_taskid", "")):
        return "is a task of a parallel job, whose own row counts it"
    start, end, slots = (
        iso(_given(told.get("start_time", ""))),
        _given(told.get("end_time", "")),
        told.get("slots", "1"),
    )
    found = _GPUS.findall(told.get("category", ""))
    well = told.get("failed", "0").split()[:1] in ([], ["0"]) and told.get("exit_status", "0").split()[:1] in (
        [],
        ["0"],
    )
    submit = iso(_given(told.get("qsub_time", "")))
    return {
        "identity": f"{told.get('jobnumber', '')}|{_given(told.get('taskid', ''))}",
        "state": "completed" if well else "failed", "submit": submit, "start": start, "end": iso(end) if start else "",
        "elapsed": told.get("ru_wallclock", "").removesuffix("s") if start and not end else "", "cores": slots,
        "gpus": str(sum(map(int, found))), "queue": told.get("qname", ""), "account": _given(told.get("project", "")),
        "group": told.get("group", ""), "user": told.get("owner", ""), "name": told.get("jobname", ""),
        "doubt": _BY_SLOT if found and slots not in {"", "1"} else "",
    }  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    del setting
    first = opened.first_line()
    if first.startswith(("====", "qname ")):
        yield from _printed(opened)
    else:
        yield from cut(opened, _parse)


def _printed(opened: Opened) -> Iterator[Chunk]:
    """Yield the jobs of ``qacct -j``: a line of signs, then a field a line; a job's line is its first field's."""
    rows: list[tuple[int, Mapping[str, str]]] = []
    aside: list[tuple[int, str, str, str]] = []
    told: dict[str, str] = {}
    first = 0

    def end_job() -> None:
        if "jobnumber" in told:
            job = _job(told)
            if isinstance(job, str):
                aside.append((first, "pe_taskid", told["jobnumber"], job))
            elif job is not None:
                rows.append((first, job))
        told.clear()

    for records in read_records(opened.stream, size=ROWS, quoted=False):
        aside += [(line, "line", shown, reason) for line, shown, reason in records.quarantined]
        for line, text in zip(records.lines, records.texts, strict=True):
            if text.startswith("===="):
                end_job()
                continue
            first = first if told else line
            name, _, value = text.partition(" ")
            told.setdefault(name.strip(), value.strip())
        if len(rows) >= ROWS:
            yield gather(opened.name, rows, tuple(aside))
            rows, aside = [], []
    end_job()
    yield gather(opened.name, rows, tuple(aside))


SGE: Final = Source(
    "sge", "accounting of Grid Engine: $SGE_ROOT/default/common/accounting, or qacct -j '*'", _read, hold, "job",
    "absolute; qacct prints the zone of the machine it runs on: UTC unless --zone",
    "gpu_hours [accelerator_hour] from -l gpu=N, core_hours [core_hour] by slots, jobs [job]",
    "queue, project, group, owner and job name for rules",
    "jobs that run or wait, the GPU model, GPUs by slot where several are asked for, and use as against allocation",
)  # fmt: skip
