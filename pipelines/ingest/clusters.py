"""Take the cluster that a file is of from the folder it lies in, where neither the user nor the file names one."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from shiftcast.pipelines.sources.normal import MONTHS
from shiftcast.pipelines.tables.letters import whole_letters

_DATED: Final = re.compile(
    rf"(?:(?:year|month|day|date|dt|week|hour|y|m|d|w|q)[=_-]?)?(?:\d|[qwt:z._-]|{MONTHS})+", re.IGNORECASE
)
_HOLDERS: Final = frozenset({
    "", ".", "..", "accounting", "acct", "archive", "billing", "bills", "daily", "data", "desktop", "documents",
    "download", "downloads", "dumps", "export", "exports", "files", "hourly", "in", "inbox", "input", "inputs", "jobs",
    "logs", "monthly", "raw", "reports", "requests", "spool", "temp", "tmp", "usage", "weekly",
})  # fmt: skip


def cluster_of(path: str) -> str:
    """Return the cluster a path speaks of: its folder, unless that is a date or a place where any file may lie.

    Parameters
    ----------
    path
        Path of a file as given, or of a member within an archive.

    Returns
    -------
    str
        Name of the cluster; empty where the path speaks of none.

    Examples
    --------
    >>> cluster_of("exports/alps/2026-01/jobs.csv"), cluster_of("2026-01/jobs.csv"), cluster_of("/home/ann/jobs.csv")
    ('alps', '', '')
    """
    folders = PurePath(path).parts[:-1]
    for place, folder in reversed(list(enumerate(folders))):
        of_a_person = place > 0 and folders[place - 1].lower() in {"home", "users"}
        if of_a_person or folder.lower() in _HOLDERS or folder == PurePath(path).anchor:
            return ""
        if not _DATED.fullmatch(folder):
            return whole_letters(folder)
    return ""
