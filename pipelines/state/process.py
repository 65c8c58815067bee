"""Who a process is, so that a record it left can be told from that of a later process with the same number."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_START_FIELD = 19  # of /proc/PID/stat after the name, in clock ticks since the machine started


def this_process() -> str:
    """Return the name of this process: host, number and start, separated by colons.

    Examples
    --------
    >>> alive(this_process())
    True
    """
    return name_of(os.getpid())


def name_of(number: int) -> str:
    """Return the name of a process of this host."""
    return f"{socket.gethostname()}:{number}:{_start(number)}"


def alive(name: str) -> bool | None:
    """Return whether a named process lives; ``None`` where it cannot be known, as on another host.

    Examples
    --------
    >>> alive("elsewhere:1:2") is None
    True
    """
    host, number, start = ["", "", *name.rsplit(":", 2)][-3:]
    if host != socket.gethostname() or not number.isdigit():
        return None
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it lives, and is another user's
    return _start(int(number)) in {start, ""}


def _start(number: int) -> str:
    """Return when a process started, or nothing where the system does not say; a zombie has ended."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "ended" if fields[0] in {"Z", "X"} else fields[_START_FIELD]
