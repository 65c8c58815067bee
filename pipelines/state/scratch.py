"""Keep what a command writes to the temporary folder in one place that says whose it is, so that it can be swept."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shiftcast.pipelines.process import alive, this_process

_PREFIX: Final = "shiftcast-of-"
_OWNER: Final = "process"


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Give this process and those that it starts a temporary folder of its own, which is gone afterwards.

    Libraries write there as well. Where none can be made, the common one is left as it is.

    Yields
    ------
    None
        While the folder is there.
    """
    try:
        own = tempfile.mkdtemp(prefix=_PREFIX)
        (Path(own) / _OWNER).write_text(this_process(), encoding="utf-8")
    except OSError:
        yield
        return
    before, told = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = own
    try:
        yield
    finally:
        tempfile.tempdir = before
        if told is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = told
        shutil.rmtree(own, ignore_errors=True)


def left_scratch() -> list[Path]:
    """Return the temporary folders of this user's commands that have died.

    Returns
    -------
    list of Path
        In the folder that this process writes temporary files to, and the one around it.
    """
    here = Path(tempfile.gettempdir())
    places = {here, here.parent} if here.name.startswith(_PREFIX) else {here}
    return sorted(path for place in places for path in place.glob(f"{_PREFIX}*") if _is_dead(path))


def _is_dead(path: Path) -> bool:
    try:
        mine = path.stat().st_uid == os.getuid()
        return mine and alive((path / _OWNER).read_text(encoding="utf-8")) is False
    except (OSError, UnicodeDecodeError):
        return False
