"""Silence MLflow's notes: for one call in a notebook, or for the whole of a command line's process."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

_LOGGERS: Final = ("mlflow", "alembic")
_SETTINGS: Final[Mapping[str, str]] = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # a server's would spoil --json
    "GIT_PYTHON_REFRESH": "quiet",
}


def quiet_process() -> None:
    """Keep MLflow's progress bars and start-up notes out of this process's output; errors still reach the log.

    It is for a command line, whose process is ours; a library call takes :func:`quietly`.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    _only_errors()


@contextmanager
def quietly() -> Iterator[None]:
    """Keep MLflow's notes out of the output for the length of a call, and leave everything as it was found.

    Yields
    ------
    None
        While the notes are silenced.
    """
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    unset = [name for name in _SETTINGS if name not in os.environ]
    try:
        with warnings.catch_warnings():
            quiet_process()
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        for name in unset:
            os.environ.pop(name, None)


def _only_errors() -> None:
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(max(logging.ERROR, logging.getLogger(name).level))
    warnings.filterwarnings("ignore", module=r"mlflow\..*")
