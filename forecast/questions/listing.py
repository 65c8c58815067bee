"""Fields of a question as rows for people and as JSON Schema for programs."""

from __future__ import annotations

from typing import Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.reading import is_context, kind_of, taken
from shiftcast.forecast.questions.schema import QUESTIONS

_SIGNS: Final = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}


def field_rows(question: str) -> list[dict[str, str]]:
    """Return a row a field: ``field, kind, unit, default, bounds, meaning``.

    Parameters
    ----------
    question
        One of :data:`QUESTIONS`.

    Returns
    -------
    list of dict
        Rows in the order of :func:`forecast.questions.reading.taken`.

    Raises
    ------
    ValueError
        If the question is not known.

    Examples
    --------
    >>> field_rows("when")[4]["default"], field_rows("when")[4]["bounds"]
    ('0.5', '> 0, < 1')
    """
    if question not in QUESTIONS:
        raise InputError(f"question {question!r} is not known; ask one of {', '.join(QUESTIONS)}")
    schema, rows = QUESTIONS[question], []
    for name in taken(schema):
        field = schema.model_fields[name]
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        rows.append({
            "field": name, "kind": kind_of(field).name, "unit": str(extra["unit"]),
            "default": "needed" if field.is_required() else _default(field.default),
            "bounds": ", ".join(f"{sign} {extra[bound]:g}" for bound, sign in _SIGNS.items() if bound in extra),
            "meaning": f"{field.description}{' (any question)' if is_context(field) else ''}",
        })  # fmt: skip
    return rows


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of all questions, by name; ``question`` itself beside the fields of each.

    Returns
    -------
    dict
        Question to its JSON Schema.
    """
    return {name: schema.model_json_schema() for name, schema in QUESTIONS.items()}


def _default(value: Any) -> str:
    """Return a default as it would be asked for."""
    if value is None or value == {}:
        return ""
    return ",".join(f"{each:g}" for each in value) if isinstance(value, tuple) else str(value)
