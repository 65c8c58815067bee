"""Read LSF: finished jobs of ``lsb.acct``, and all jobs of ``bjobs -o`` with a delimiter or ``bjobs -json``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from shiftcast.pipelines.sources.chunks import Chunk, document, from_objects
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.lines import LINE_LIMIT
from shiftcast.pipelines.sources.normal import Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.layout import below_banner, find_layout
from shiftcast.pipelines.sources.schedulers.outcomes import outcome
from shiftcast.pipelines.sources.schedulers.plain import Parsed, cut, gather, hold, iso
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

_FINISH: Final = "JOB_FINISH"
_HOSTS_AT: Final = 22  # numAskedHosts, from which on the places of fields depend on counts
_PROJECT, _INDEX = 24, 29  # places after the status: name, command and nineteen figures of use come before
_STATES: Final = {"32": "EXIT", "64": "DONE"}
_GPUS: Final = re.compile(r"ngpus_(?:physical|excl_p|shared)=(\d+(?:\.\d+)?)")
_MODEL: Final = re.compile(r"gmodel=([\w.-]+)")
_RUN_ON: Final = re.compile(r"(?<=[A-Za-z])(?=[A-Z]\d)")  # where a maker's name and a model's are written as one word
_COLUMNS: Final = {
    "jobid": ("JOBID",), "index": ("JOBINDEX",), "state": ("STAT",), "queue": ("QUEUE",), "user": ("USER",),
    "name": ("JOB_NAME",), "account": ("PROJ_NAME", "PROJECT"), "submit": ("SUBMIT_TIME",), "start": ("START_TIME",),
    "end": ("FINISH_TIME",), "elapsed": ("RUN_TIME",), "cores": ("NALLOC_SLOT", "SLOTS", "NREQ_SLOT", "SLOT"),
    "gpus": ("GPU_NUM", "GPUS"), "gpu_type": ("GPU_MODEL",), "cluster": ("SOURCE_CLUSTER", "CLUSTER"),
}  # fmt: skip
_WANTED: Final = ("LSB_DISPLAY_YEAR=Y bjobs -u all -a -o \"jobid stat user queue job_name proj_name submit_time "
                  "start_time finish_time run_time slots gpu_num delimiter='|'\"")  # fmt: skip


def _parse(line: str) -> Parsed:
    csv.field_size_limit(LINE_LIMIT * 2)
    cells = next(csv.reader([line], delimiter=" "), [])
    if cells[:1] != [_FINISH]:
        return f"is no {_FINISH} record; the job's own counts it"
    for asked_only in (False, True):  # some versions leave the second count out where the first is not zero
        job = _finished(cells, asked_only=asked_only)
        if job is not None:
            return job
    return "its fields are not in the order of lsb.acct; fetch the file again"


def _finished(cells: Sequence[str], *, asked_only: bool) -> Parsed:
    try:
        place = _HOSTS_AT + 1 + int(cells[_HOSTS_AT])
        first = _HOSTS_AT if asked_only and place > _HOSTS_AT + 1 else place
        hosts = list(cells[first + 1 : first + 1 + int(cells[first])])
        status = first + 1 + len(hosts)
        state, name, index = _STATES[cells[status]], cells[status + 2], cells[status + _INDEX]
    except (ValueError, IndexError, KeyError):
        return None
    wants = " ".join(cells[status + 4 :]) if _GPUS.search(" ".join(cells[status + 4 :])) else cells[13]
    found, began = _GPUS.findall(wants), int(cells[10] or 0) > 0
    places = {host.rpartition("*")[2] for host in hosts}
    return {
        "identity": f"{cells[3]}[{index}]", "state": state, "submit": cells[7],
        "start": cells[10] if began else "", "end": cells[2],
        "gpus": str(float(found[-1]) * max(len(places), 1)) if found and began else "0",
        "gpu_type": _RUN_ON.sub(" ", model[1]) if (model := _MODEL.search(wants)) else "",
        "cores": str(sum(map(_slots, hosts))), "queue": cells[12], "user": cells[11], "name": name,
        "account": cells[status + _PROJECT],
    }  # fmt: skip


def _slots(host: str) -> int:
    count = host.partition("*")[0]
    return int(count) if "*" in host and count.isdigit() else 1


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    first = opened.first_line()
    if first.startswith(f'"{_FINISH}"') or re.match(r'"[A-Z_0-9]+" "', first):
        yield from cut(opened, _parse)
        return
    if opened.parquet or opened.workbook or setting.path:
        chunks = rows_of(opened, setting)
    elif first[:1] in {"{", "["}:
        whole = document(opened)
        records = whole.get("RECORDS") if isinstance(whole, dict) else whole
        if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
            raise UnreadableFileError(f"{opened.name}: holds no RECORDS; export with bjobs -json -o ...")
        chunks = from_objects(opened.name, records)
    else:
        layout = find_layout(opened, setting.delimiter, {name.lower() for names in _COLUMNS.values() for name in names})
        chunks = below_banner(opened, layout)
    for chunk in chunks:
        yield _listed(chunk)


def _listed(chunk: Chunk) -> Chunk:
    """Return the jobs of bjobs under the fields of all schedulers."""
    have = {str(name).strip().upper(): str(name) for name in chunk.cells.columns}
    columns = {field: next((have[name] for name in names if name in have), "") for field, names in _COLUMNS.items()}
    missing = [_COLUMNS[field][0] for field in ("jobid", "state", "submit", "start") if not columns[field]]
    if missing:
        raise UnreadableFileError(f"{chunk.file}: no column {', '.join(missing)}; export with {_WANTED}")
    cells = {field: chunk.cells[name].astype(str) for field, name in columns.items() if name}
    blind = "" if columns["gpus"] else "no GPU_NUM column: GPUs are not counted"
    rows: list[tuple[int, Mapping[str, str]]] = [
        (int(line), {**_job(dict(zip(cells, row, strict=True)), chunk.file), "doubt": blind})
        for line, row in zip(chunk.lines, zip(*cells.values(), strict=True), strict=True)
    ]
    return gather(chunk.file, rows, chunk.quarantined)


def _job(told: Mapping[str, str], file: str) -> Mapping[str, str]:
    given = {name: "" if value.strip() == "-" else value.strip() for name, value in told.items()}
    times = {name: _moment(given.get(name, ""), file) for name in ("submit", "start", "end")}
    if outcome(given["state"]) in {"running", "queued"}:
        times["end"] = ""  # a forecast
    return {**given, **times, "identity": f"{given['jobid']}[{given.get('index', '') or 0}]"}


def _moment(text: str, file: str) -> str:
    moment = re.sub(r" +[A-Z]$", "", text)  # L, E and X mark ends that are forecasts
    if re.fullmatch(r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d+ +\d+:\d+(?::\d+)?", moment):
        raise UnreadableFileError(f"{file}: {text!r} names no year; export with {_WANTED}")
    return iso(re.sub(r" +", " ", moment))


LSF: Final = Source(
    "lsf", "LSF: lsb.acct, or bjobs -o with a delimiter or -json", _read, hold, "job",
    "absolute; bjobs prints the zone of the machine it runs on: UTC unless --zone",
    "gpu_hours [accelerator_hour], core_hours [core_hour] by slots, jobs [job]; waiting of a minute or more as queued",
    "queue, project, user and job name for rules; the accelerator from gmodel",
    "the GPU model where no gmodel is asked for, GPUs asked for by task (lsb.acct: read as by host), and use as "
    "against allocation",
)  # fmt: skip
