"""Places of an answer: the screen or JSON, a table in a file, a picture; checked before the answer is sought."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from shiftcast.forecast.questions import ANSWER, ROWS
from shiftcast.forecast.views.answer import ASSUMED, Answer
from shiftcast.pipelines.commands.answer_screen import show
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
    form
        JSON of the whole ``answer``, or of the ``rows`` of its table.
    """

    output: Path | None = None
    plot: Path | None = None
    as_json: bool = False
    form: str = ANSWER


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
    draw(answer, places.plot)
    write_answer(answer, places.output, as_of)
    if places.as_json:
        sys.stdout.write(json_text(answer, form=places.form) + "\n")
    else:
        show(answer, picture=places.plot)


def draw(answer: Answer, file: Path | None) -> None:
    """Write the picture of an answer.

    Parameters
    ----------
    answer
        The answer.
    file
        As ``--plot`` gives it; nothing is written if ``None``.
    """
    if file is not None:
        from shiftcast.pipelines.drawing.of_answer import draw as picture_of  # noqa: PLC0415  (keeps --help fast)

        picture_of(answer).save(file, says=answer.says, notes=answer.notes)


def bare_answer(question: str, table: pd.DataFrame, says: str, notes: tuple[str, ...] = ()) -> Answer:
    """Return a table with its words as an answer, where no registered forecast stands behind it.

    Parameters
    ----------
    question
        What was asked, in one line.
    table
        The figures.
    says, notes
        Conclusion, and how to read the figures.

    Returns
    -------
    Answer
        Without assumptions and provenance.
    """
    return Answer(question, table, pd.DataFrame(columns=list(ASSUMED)), notes, says=says)


def json_text(answer: Answer, *, form: str = ANSWER) -> str:
    """Return an answer as the JSON that the server sends for the same question in the same form.

    Parameters
    ----------
    answer
        A whole answer.
    form
        ``answer`` or ``rows``.

    Returns
    -------
    str
        JSON on one line.
    """
    from shiftcast.forecast.answering import answer_text  # noqa: PLC0415  (brings the models: keeps --help fast)
    from shiftcast.forecast.telling.form import plain_answer  # noqa: PLC0415  (likewise)
    from shiftcast.forecast.views.rows import plain_rows  # noqa: PLC0415  (likewise)

    found = plain_rows(answer.table) if form == ROWS else [plain_answer(answer)]
    return answer_text([each | {"row": 0} for each in found])
