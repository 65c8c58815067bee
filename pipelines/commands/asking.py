"""Ask a registered forecast from the command line: open the version, answer, and name the day it is seen from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from shiftcast.forecast.questions import read_question
from shiftcast.forecast.views.answer import ASSUMED, Answer
from shiftcast.forecast.views.rows import answer_frame, check_context
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
    read = read_question(question)
    forecaster = open_version(version or CHAMPION, root=root).forecaster
    check_context(forecaster.cube, read.context)
    found = getattr(forecaster, read.name)(**read.arguments)
    if not isinstance(found, Answer):
        told = ", ".join(f"{name} {value}" for name, value in read.arguments.items())
        title = f"{read.name}{': ' if told else ''}{told}"
        found = Answer(title, answer_frame(found), pd.DataFrame(columns=list(ASSUMED)), ())
    return found, str(forecaster.cube.attrs["origin"])
