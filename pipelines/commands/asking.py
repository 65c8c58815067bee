"""Ask a registered forecast from the command line: open the version, answer, and name the day it is seen from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.registry.mlflow_store import CHAMPION
from shiftcast.pipelines.registry.versions import open_version


def ask_forecast(question: Mapping[str, Any], version: str | None, root: Path | None) -> tuple[Answer, str]:
    """Ask a registered forecast.

    Parameters
    ----------
    question
        Its name under ``question``, and its fields.
    version
        Alias or number of the version to ask; the champion if not given.
    root
        Folder of the store; ``mlruns`` below the working directory if not given.

    Returns
    -------
    tuple
        The answer, and the day it is seen from.

    Raises
    ------
    InputError
        Naming the field that is wrong.
    StoreError
        If there is no such store or version.
    """
    forecaster = open_version(version or CHAMPION, root=root).forecaster
    return forecaster.answer(question), str(forecaster.cube.attrs["origin"])
