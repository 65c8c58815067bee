"""Answers of a fleet as the JSON that every door prints."""

from __future__ import annotations

from typing import Any

from shiftcast.forecast.answering import answer_text
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.rows import plain_rows


def plain_answer(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain values.

    Parameters
    ----------
    answer
        The answer.

    Returns
    -------
    dict
        ``question, says, rows, more, assumed, notes``; days are ISO text, what is missing is ``None``.

    Examples
    --------
    >>> import pandas as pd
    >>> plain_answer(Answer("q", pd.DataFrame({"n": [2]}), pd.DataFrame(), ("a note",), says="Two."))["rows"]
    [{'n': 2}]
    """
    return {
        "question": answer.question, "says": answer.says, "rows": plain_rows(answer.table),
        "more": {title: plain_rows(rows) for title, rows in answer.more.items()},
        "assumed": plain_rows(answer.assumed), "notes": list(answer.notes),
    }  # fmt: skip


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
