"""Answers as plain rows and as text: one code path behind the command line, a notebook and the served model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.forecast.support import OutOfSupportError

if TYPE_CHECKING:  # what only writes answers down needs none of the models behind a forecast
    from shiftcast.forecast.answers import Forecaster

MOST_ROWS: Final = 1_000_000  # of answers at once


def answer_rows(
    forecaster: Forecaster, questions: Sequence[Mapping[str, Any]], common: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Answer questions one after another.

    Parameters
    ----------
    forecaster
        A forecast.
    questions
        Fields of each question (:mod:`forecast.questions`).
    common
        Fields that every question shares; a question's own field comes before it.

    Returns
    -------
    list of dict
        The rows of all answers; ``row`` numbers the question. Days are ISO text, missing values ``None``.

    Raises
    ------
    ValueError
        Naming the row and the field that is wrong.
    OutOfSupportError
        If the forecast does not reach what is asked.
    """
    if not questions:
        raise InputError("no question was asked; give at least one row")
    shared = dict(common or {})
    rows: list[dict[str, Any]] = []
    for number, question in enumerate(questions):
        own = {name: value for name, value in question.items() if value is not None}
        try:
            answer = forecaster.rows(shared | own)
        except OutOfSupportError as error:
            raise OutOfSupportError(f"row {number}: {error}") from None
        except InputError as error:
            raise InputError(f"row {number}: {error}") from None
        rows += [each | {"row": number} for each in answer]
        if len(rows) > MOST_ROWS:
            raise OutOfSupportError(f"row {number}: the answers pass {MOST_ROWS} rows; ask fewer at once")
    return rows


def answer_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as the JSON that every door prints, in the form of an MLflow scoring server.

    Parameters
    ----------
    rows
        From :func:`answer_rows`.

    Returns
    -------
    str
        JSON on one line, without NaN.

    Examples
    --------
    >>> answer_text([{"quarter": "2027Q1", "mean": 1.5}])
    '{"predictions": [{"quarter": "2027Q1", "mean": 1.5}]}'
    """
    return json.dumps({"predictions": list(rows)}, allow_nan=False)
