"""Open a workbook in a process of its own first, where nothing in its bytes tells how much memory that takes.

The library that reads workbooks ends its process where it is given none.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO, BinaryIO, Final

MEMORY: Final = 1 << 29  # bytes that its sheets may take: as many cells as an .xls sheet can have
SECONDS: Final = 120  # of a processor
_WAIT: Final = 10 * SECONDS  # by the clock, where the processor is shared
_TOO_MUCH: Final = 3
_OPEN: Final = f"""
import io, resource, sys
sys.path[:] = {{paths!r}}
from python_calamine import CalamineWorkbook
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() if sys.platform == "linux" else 0
most = {{{{resource.RLIMIT_AS: taken + {MEMORY}, resource.RLIMIT_CPU: {SECONDS}, resource.RLIMIT_CORE: 0}}}}
for limit, each in most.items():
    hard = resource.getrlimit(limit)[1]
    least = each if hard == resource.RLIM_INFINITY else min(each, hard)
    resource.setrlimit(limit, (least, least))
try:
    book = CalamineWorkbook.from_filelike(io.FileIO(0, closefd=False))
    sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
except MemoryError:
    sys.exit({_TOO_MUCH})
except BaseException:
    pass
"""


def try_workbook(file: BinaryIO, name: str, refusal: Callable[[str], Exception]) -> None:
    """Raise if the sheets of a workbook take more memory or time than they may.

    Parameters
    ----------
    file
        A file that can seek; it is left at its start.
    name
        Its name, for messages.
    refusal
        Makes the error of a message.

    Raises
    ------
    Exception
        What ``refusal`` makes, with the limits and the remedy, or if the process could not try it; not of one that
        cannot be read for another reason.
    """
    with TemporaryFile() as copy:  # what is read may be no file of the system, and the process has a place of its own
        shutil.copyfileobj(file, copy)
        file.seek(0)
        copy.seek(0)
        code = _code_of(copy)
    if code > 0 and code != _TOO_MUCH:
        raise refusal(f"{name}: its sheets could not be tried; save it as CSV")
    if code:
        raise refusal(
            f"{name}: its sheets take more than {MEMORY >> 20} MiB of memory or {SECONDS} s; save it as CSV, or "
            "without what lies far from its table"
        )


def _code_of(file: IO[bytes]) -> int:
    """Return how the process ended: 0 where the workbook was tried, less where the system ended it."""
    command = [sys.executable, "-I", "-c", _OPEN.format(paths=sys.path)]  # -I: no module of the folder we are in
    quiet = subprocess.DEVNULL
    try:
        return subprocess.run(command, stdin=file, stdout=quiet, stderr=quiet, check=False, timeout=_WAIT).returncode  # noqa: S603  (our own words)
    except subprocess.TimeoutExpired:
        return _TOO_MUCH
