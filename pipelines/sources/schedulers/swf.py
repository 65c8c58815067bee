"""Read the Standard Workload Format (SWF) of the archives of parallel workloads: eighteen numbers a job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.normal import Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.plain import Parsed, cut, hold
from shiftcast.pipelines.sources.setting import Setting

_FIELDS: Final = 18
_START: Final = re.compile(r";\s*UnixStartTime:\s*(\d+)", re.IGNORECASE)
_STATES: Final = {"0": "failed", "1": "completed", "5": "cancelled", "-1": ""}
_PARTS: Final = {"2", "3", "4"}
_GIB_OF_KB: Final = 2.0**-20


class _Log:
    """A log as it is read: its first comments say when it started."""

    def __init__(self, opened: Opened, setting: Setting) -> None:
        self.name = opened.name
        self.start = None if setting.clock.anchor is None else setting.clock.anchor.timestamp()

    def parse(self, line: str) -> Parsed:
        """Return the fields of a line, or why it is set aside.

        Parameters
        ----------
        line
            Comment, or numbers of a job.

        Returns
        -------
        mapping, str or None
            As :func:`plain.cut` wants it.

        Raises
        ------
        InputError
            If a job comes before the log said when it started, and there is no anchor.
        """
        if line.lstrip().startswith(";"):
            found = _START.match(line.strip())
            if found and int(found[1]) > 0:
                self.start = float(found[1])
            return None
        cells = line.split()
        if len(cells) != _FIELDS:
            return f"{len(cells)} numbers where the format has {_FIELDS}; correct the row"
        if self.start is None:
            raise InputError(
                f"{self.name}: no comment UnixStartTime; say when the log started with --anchor 2026-01-01"
            )
        return _job(cells, self.start)


def _job(cells: list[str], start: float) -> Parsed:
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        return "a cell is not a number; correct the row"
    if cells[10] in _PARTS:
        return "is a part of a job, whose own row counts it"
    submit, wait, ran, given, asked, memory = (values[place] for place in (1, 2, 3, 4, 7, 9))
    began = wait >= 0 and ran >= 0
    cores = given if given > 0 else max(asked, 0.0)
    return {
        "identity": cells[0], "state": _STATES.get(cells[10], cells[10]), "submit": f"{start + submit:.0f}",
        "start": f"{start + submit + wait:.0f}" if began else "", "elapsed": f"{ran}" if ran >= 0 else "",
        "end": f"{start + submit + wait + ran:.0f}" if began else "", "cores": f"{cores}",
        "memory": f"{max(memory, 0.0) * cores * _GIB_OF_KB}", "queue": cells[14], "group": cells[12],
        "user": cells[11], "account": cells[15], "name": cells[13],
    }  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    yield from cut(opened, _Log(opened, setting).parse)


SWF: Final = Source(
    "swf", "Standard Workload Format of archives of parallel workloads", _read, hold, "job",
    "seconds from the comment UnixStartTime, or from --anchor",
    "core_hours [core_hour], memory_hours [GiB_hour] as requested, jobs [job]",
    "queue, partition (as account), group, user and executable, all as numbers, for rules",
    "GPUs, which the format does not know, names, and jobs whose start is missing",
)  # fmt: skip
