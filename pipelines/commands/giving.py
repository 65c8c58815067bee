"""Places of an answer: the screen or JSON, a table in a file, a picture; checked before the answer is sought."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.commands.answer_screen import answer_json, show
from shiftcast.pipelines.commands.noted import check_output, write_answer
from shiftcast.pipelines.tables.places import check_picture

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Plot = Annotated[Path | None, typer.Option(help="Also write a picture: .png, .svg or .html.", metavar="FILE")]


@dataclass(frozen=True)
class Places:
    """Places of an answer beside the screen.

    Attributes
    ----------
    output, plot
        Files of its table and its picture; None for neither.
    as_json
        Print it as JSON rather than for a person.
    """

    output: Path | None = None
    plot: Path | None = None
    as_json: bool = False


def check_places(places: Places) -> None:
    """Raise if a file cannot be written where it is to go.

    Parameters
    ----------
    places
        Where an answer goes.

    Raises
    ------
    InputError
        Naming the file and what to give instead.
    """
    check_output(places.output)
    if places.plot is not None:
        check_picture(places.plot)


def give(answer: Answer, as_of: pd.Timestamp | str | None, places: Places) -> None:
    """Write the table and the picture of an answer, and print it.

    Parameters
    ----------
    answer
        The answer.
    as_of
        Day that its figures are seen from.
    places
        Where it goes.
    """
    if places.plot is not None:
        from shiftcast.pipelines.publish.answer_plot import save_answer  # noqa: PLC0415  (Matplotlib is slow to load)

        save_answer(answer, places.plot)
    write_answer(answer, places.output, as_of)
    if places.as_json:
        sys.stdout.write(json.dumps(answer_json(answer), indent=1) + "\n")
    else:
        show(answer, picture=places.plot)
