"""Fields of a question read from the text of an address, as the command line reads them, but for files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions import KINDS, QUESTIONS, unknown


def question_of(name: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Return a question from its name and the text of its fields.

    Parameters
    ----------
    name
        One of :data:`forecast.questions.QUESTIONS`.
    fields
        Text of each field.

    Returns
    -------
    dict
        As :meth:`forecast.answers.Forecaster.answer` takes it.

    Raises
    ------
    ValueError
        If the question or a field is not known, or a number is none.

    Examples
    --------
    >>> question_of("quantiles", {"measure": "power", "horizon": "4"})
    {'question': 'quantiles', 'measure': 'power', 'horizon': 4}
    """
    if name not in QUESTIONS:
        raise InputError(unknown(name, tuple(QUESTIONS), "question"))
    strange = next((field for field in fields if field not in QUESTIONS[name].model_fields), None)
    if strange is not None:
        raise InputError(unknown(strange, tuple(QUESTIONS[name].model_fields)))
    return {"question": name, **{field: _value(field, text) for field, text in fields.items()}}


def _value(field: str, text: str) -> Any:
    """Return a number, or numbers with commas between, where the field takes them; scenarios apart, else the text."""
    column = KINDS[field].column
    if column == "string":
        apart = field == "scenarios" and not text.lstrip().startswith("{")
        return [piece.strip() for piece in text.split(",") if piece.strip()] if apart else text
    try:
        return json.loads(text if column else f"[{text}]")
    except (ValueError, RecursionError):
        raise InputError(f"field {field!r} is {text[:40]!r}; it must be a number, or numbers with commas") from None
