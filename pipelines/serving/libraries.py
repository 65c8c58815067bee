"""Warnings of libraries as lines of our log: a kind of error and where it was raised, and no word of a request."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from shiftcast.pipelines.serving.reply import trace_of

if TYPE_CHECKING:  # a process that answers long questions begins without MLflow
    from shiftcast.pipelines.serving.loading import Log

_PLAIN: Final = ("uvicorn", "asyncio", "shiftcast")  # the first line of what they say holds nothing of a request


class _Lines(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        told: dict[str, Any] = {"by": record.name}
        if record.name.partition(".")[0] in _PLAIN:
            told["says"] = next(iter(record.getMessage().splitlines()), "")
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            told |= {"fault": type(error).__name__, "trace": trace_of(error)}
        self._log(record.levelname.lower(), **told)


@contextmanager
def own_lines(log: Log) -> Iterator[None]:
    """Write what libraries warn of by ours as long as a server runs; Python would write it as it is.

    Parameters
    ----------
    log
        Called with an event and its fields.

    Yields
    ------
    None
        While it is so.
    """
    lines, root, before = _Lines(log), logging.getLogger(), warnings.showwarning

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object, **__: object
    ) -> None:  # fmt: skip
        log("warning", by="py.warnings", kind=category.__name__, at=f"{filename}:{lineno}")

    root.addHandler(lines)
    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before
        root.removeHandler(lines)
