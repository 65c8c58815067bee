"""One thread for the small matrices of a forecast, and threads that do not keep a process from ending."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

_Made = TypeVar("_Made")

_SETTINGS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread_each() -> None:
    """Let linear algebra of this process, and of those it starts, run on one thread, unless it was told otherwise.

    More wait for each other, and spin where a machine is busy. It is for a command line, whose process is ours, and
    takes effect on libraries that are imported afterwards.
    """
    if not any(name in os.environ for name in _SETTINGS):
        os.environ.update(dict.fromkeys(_SETTINGS, "1"))


async def beside(make: Callable[[], _Made], done: Callable[[], object] = bool) -> _Made:
    """Return what a function makes in a thread that ends with the process, whatever it is at.

    Threads of pools are waited for, so that a question which takes an hour would keep a server as long.

    Parameters
    ----------
    make
        Called once, and goes on where nobody waits any more.
    done
        Called once afterwards, in that thread; here where no thread can be started.

    Returns
    -------
    object
        What it returns; what it raises is raised here.

    Raises
    ------
    RuntimeError
        Where no thread can be started.
    """
    loop = asyncio.get_running_loop()
    made: asyncio.Future[_Made] = loop.create_future()

    def told(tell: Callable[[Any], None], what: object) -> None:
        if not made.done():
            tell(what)

    def run() -> None:
        tell: Callable[[Any], None] = made.set_result
        what: object
        try:
            what = make()
        except BaseException as error:  # whoever waits has to hear of it, whatever it is
            tell, what = made.set_exception, error
        finally:
            done()
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(told, tell, what)

    try:
        threading.Thread(target=run, name="shiftcast-answer", daemon=True).start()
    except RuntimeError:
        done()
        raise
    return await made
