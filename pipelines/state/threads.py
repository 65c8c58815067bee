"""One thread for the small matrices of a forecast: more wait for each other, and spin where a machine is busy."""

from __future__ import annotations

import os
from typing import Final

_SETTINGS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread_each() -> None:
    """Let linear algebra of this process, and of those it starts, run on one thread, unless it was told otherwise.

    It is for a command line, whose process is ours, and takes effect on libraries that are imported afterwards.
    """
    if not any(name in os.environ for name in _SETTINGS):
        os.environ.update(dict.fromkeys(_SETTINGS, "1"))
