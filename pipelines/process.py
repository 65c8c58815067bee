"""Name processes by host, number and start, so that a later one with the same number is told apart."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_ENDED = "ended"
_LONGEST = 20  # digits of a number; Python reads no more than 4,300
_START_FIELD = 19  # of /proc/PID/stat after the name, in clock ticks since the machine started


def this_process() -> str:
    """Return the name of this process: host, number and start, separated by colons.

    Returns
    -------
    str
        Such as ``host:4711:123456``.

    Examples
    --------
    >>> alive(this_process())
    True
    """
    return name_of(os.getpid())


def name_of(number: int) -> str:
    """Return the name of a process of this host.

    Parameters
    ----------
    number
        Number of the process.

    Returns
    -------
    str
        Host, number and start [clock ticks since the machine started], separated by colons.
    """
    return f"{socket.gethostname()}:{number}:{_start(number)}"


def alive(name: str) -> bool | None:
    """Return whether a named process lives; ``None`` where it cannot be known, as on another host.

    Parameters
    ----------
    name
        Name as :func:`name_of` gives it.

    Returns
    -------
    bool or None
        False once it has ended, a zombie too.

    Examples
    --------
    >>> alive("elsewhere:1:2") is None
    True
    """
    host, number, start = ["", "", *name.rsplit(":", 2)][-3:]
    if host != socket.gethostname() or not (number.isdecimal() and len(number) < _LONGEST):
        return None
    return lives(int(number)) and _start(int(number)) in {start, ""}


def lives(number: int) -> bool:
    """Return whether a process of a number lives on this host, whichever it is.

    Parameters
    ----------
    number
        Number of the process.

    Returns
    -------
    bool
        False once it has ended, a zombie too.

    Examples
    --------
    >>> lives(os.getpid())
    True
    """
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # it is another user's
    return _start(number) != _ENDED


def bare_environment() -> dict[str, str]:
    """Return the environment of a program of the user's: the search path and home, and none of the secrets beside them.

    Returns
    -------
    dict
        Name to value.
    """
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}


def _start(number: int) -> str:
    """Return when a process started, or nothing where the system does not say; a zombie has ended."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return _ENDED if fields[0] in {"Z", "X"} else fields[_START_FIELD]
