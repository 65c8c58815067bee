"""Read questions given as plain mappings by their schema: the same mapping means the same to every interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BeforeValidator, ValidationError
from pydantic.fields import FieldInfo

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.asked import Asked
from shiftcast.forecast.questions.kinds import ROWS, TEXT, Kind, plain, unknown
from shiftcast.forecast.questions.schema import QUESTIONS

OUTPUTS: Final[Mapping[str, str]] = {schema.output: name for name, schema in QUESTIONS.items()}
_NAMES: Final = ("question", "output")
_LAST: Final = {"as_of": 1, "form": 2}


def kind_of(field: FieldInfo) -> Kind:
    """Return the kind that a schema gives a field.

    Parameters
    ----------
    field
        Field of a question's schema.

    Returns
    -------
    Kind
        Kind of its value.
    """
    kinds = (part.func for part in field.metadata if isinstance(part, BeforeValidator))
    return next(kind for kind in kinds if isinstance(kind, Kind))


def is_context(field: FieldInfo) -> bool:
    """Return whether any question may have a field: it is no argument of the method.

    Parameters
    ----------
    field
        Field of a question's schema.

    Returns
    -------
    bool
        True for mode, definition, day and form.
    """
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra["context"])


KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(_NAMES, TEXT),
    **{name: kind_of(field) for schema in QUESTIONS.values() for name, field in schema.model_fields.items()},
}
FIELDS: Final = tuple(KINDS)


@dataclass(frozen=True)
class Question:
    """A question that can be asked.

    Attributes
    ----------
    name
        One of :data:`QUESTIONS`, also a method of :class:`forecast.answers.Forecaster`.
    arguments
        Fields that were given and that the method takes.
    context
        What the forecast must have been made under: ``mode, definition, as_of``.
    form
        ``rows`` of the table, or the whole ``answer``.
    """

    name: str
    arguments: Mapping[str, Any]
    context: Mapping[str, str]
    form: str = ROWS


def read_question(fields: Mapping[str, Any]) -> Question:
    """Read a question from plain fields; fields that are ``None`` count as left out.

    Parameters
    ----------
    fields
        ``question`` (or ``output``, its other name) and the fields of its schema (:data:`QUESTIONS`).

    Returns
    -------
    Question
        Name, arguments and context, each in its kind.

    Raises
    ------
    ValueError
        Naming the field that is missing, unknown, of the wrong kind or out of range, and what it may be.

    Examples
    --------
    >>> read_question({"output": "claims", "mode": "observation", "form": "answer"})
    Question(name='claims', arguments={}, context={'mode': 'observation'}, form='answer')
    """
    given = {str(name): plain(value) for name, value in fields.items() if value is not None}
    name = _named({field: read_field(field, given.pop(field)) for field in _NAMES if field in given})
    schema = QUESTIONS[name]
    try:
        read = schema.model_validate(given)
    except ValidationError as error:
        raise _refusal(name, given, error) from None
    values = {field: getattr(read, field) for field in given}
    context = {field: value for field, value in values.items() if is_context(schema.model_fields[field])}
    arguments = {field: value for field, value in values.items() if field not in context}
    return Question(name, arguments, context, form=context.pop("form", ROWS))


def read_field(field: str, value: Any) -> Any:
    """Return a field's value in its own kind; ``None`` stays.

    Parameters
    ----------
    field
        Name of the field.
    value
        As given: text, number or the value itself.

    Returns
    -------
    Any
        The value in the field's kind.

    Raises
    ------
    ValueError
        Naming the field, the value and what it may be.
    """
    if field not in KINDS:
        raise InputError(unknown(field, FIELDS))
    return None if value is None else KINDS[field].read(field, value)


def taken(schema: type[Asked]) -> Iterator[str]:
    """Yield the fields of a question: those it needs, those it may have, then those that any question may have.

    Parameters
    ----------
    schema
        Schema of the question.

    Returns
    -------
    Iterator of str
        Names of the fields.
    """
    ranks = {
        name: (is_context(field), not field.is_required(), _LAST.get(name, 0))
        for name, field in schema.model_fields.items()
    }  # fmt: skip
    yield from sorted(ranks, key=ranks.__getitem__)


def _named(given: Mapping[str, Any]) -> str:
    output = given.get("output")
    if output is not None and output not in OUTPUTS:
        raise InputError(f"output {output!r} is not known; choose one of {', '.join(OUTPUTS)}")
    name = given.get("question") or OUTPUTS.get(str(output), "")
    if name not in QUESTIONS:
        raise InputError(f"question {name!r} is not known; ask one of {', '.join(QUESTIONS)}")
    if output is not None and OUTPUTS[output] != name:
        raise InputError(f"output {output!r} is not that of question {name!r}; leave one of the two fields out")
    return str(name)


def _refusal(name: str, given: Mapping[str, Any], error: ValidationError) -> ValueError:
    """Return the first fault in our own words: a wrong value, then a field that lacks, then one too many."""
    faults = {fault["type"]: fault for fault in reversed(error.errors(include_url=False, include_input=False))}
    own = QUESTIONS[name].model_fields
    for field, value in given.items():
        kind_of(own[field]).read(field, value) if field in own else read_field(field, value)
    if "missing" in faults:
        return InputError(f"question {name!r}: field {str(faults['missing']['loc'][0])!r} is missing")
    field = str(faults["extra_forbidden"]["loc"][0])
    others = ", ".join(taken(QUESTIONS[name]))
    return InputError(f"question {name!r}: field {field!r} is not taken; it takes {others}")
