"""Answers of a fleet as the JSON that every door prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shiftcast.features.input_error import InputError
from shiftcast.forecast.answering import answer_text
from shiftcast.forecast.fleet.asking import ask
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.questions import ANSWER, ROWS
from shiftcast.forecast.questions.kinds import FORM
from shiftcast.forecast.telling.form import plain_answer
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.rows import plain_rows


def fleet_rows(
    planner: Planner, questions: Sequence[Mapping[str, Any]], common: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Answer questions one after another.

    Parameters
    ----------
    planner
        The fleet.
    questions
        Fields of each question (:mod:`forecast.fleet.asking`); ``form`` is ``answer``, as it is if left out, or
        ``rows``.
    common
        Fields that every question shares; a question's own field comes before it.

    Returns
    -------
    list of dict
        One answer a question (:func:`forecast.telling.form.plain_answer`), or the rows of its table; ``row`` numbers
        the question.

    Raises
    ------
    ValueError
        Naming the row and the field that is wrong.
    """
    rows: list[dict[str, Any]] = []
    for number, question in enumerate(questions):
        try:
            asked = {**common, **question}
            answer = ask(planner, asked)
            form = FORM.read("form", asked.get("form", ANSWER))
        except InputError as error:
            raise InputError(f"row {number}: {error}") from None
        found = plain_rows(answer.table) if form == ROWS else [plain_answer(answer)]
        rows += [each | {"row": number} for each in found]
    return rows


def answers_text(answers: list[Answer]) -> str:
    """Return answers as JSON on one line, in the form of an MLflow scoring server.

    Parameters
    ----------
    answers
        In the order of the questions.

    Returns
    -------
    str
        JSON without NaN; ``row`` numbers the question.
    """
    return answer_text([plain_answer(each) | {"row": row} for row, each in enumerate(answers)])
