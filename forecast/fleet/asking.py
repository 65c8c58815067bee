"""Ask a fleet by plain fields, which mean the same to the command line, a notebook and the served model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.questions import Kind, plain, unknown
from shiftcast.forecast.questions.kinds import ANSWER, FORM, NAMES, NUMBER, ROWS, TEXT, WHOLE
from shiftcast.forecast.views.answer import Answer

_THROUGH: Final[Mapping[str, Kind]] = {"through": TEXT}
FIELDS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "describe": {},
    "forecast": {**_THROUGH, "by": NAMES, "every": TEXT},
    "when": {"technique": TEXT, "of": TEXT, "base": TEXT, "above": NUMBER, **_THROUGH},
    "full": {**_THROUGH, "risk": NUMBER, "offer": TEXT},
    "choices": {**_THROUGH, "unserved": NUMBER},
    "budget": {"amount": NUMBER, "year": WHOLE, "by": NAMES},
    "why": {"before": TEXT, "after": TEXT, "by": NAMES},
    "latent": {},
    "events": {**_THROUGH},
}
KINDS: Final[Mapping[str, Kind]] = {
    "question": TEXT, "form": FORM, **{name: kind for fields in FIELDS.values() for name, kind in fields.items()}
}  # fmt: skip
_SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    TEXT.name: {"type": "string"}, NUMBER.name: {"type": "number"}, WHOLE.name: {"type": "integer", "minimum": 0},
    NAMES.name: {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]},
}  # fmt: skip
_FORM: Final = {"enum": [ANSWER, ROWS], "default": ANSWER, "description": "the whole answer, or rows of its table"}
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {"when": ("technique", "of"), "why": ("before", "after")}


def ask(planner: Planner, question: Mapping[str, Any]) -> Answer:
    """Answer one question; fields that are ``None`` count as left out.

    Parameters
    ----------
    planner
        The fleet.
    question
        ``question``, one of :data:`FIELDS` and a method of :class:`forecast.fleet.planner.Planner`, and its fields;
        ``form`` is for who shows the answer, and changes nothing here.

    Returns
    -------
    Answer

    Raises
    ------
    ValueError
        Naming the field that is missing, unknown, of the wrong kind or out of range, and what it may be.
    """
    given = {str(name): plain(value) for name, value in question.items() if value is not None and name != "form"}
    name = TEXT.read("question", given.pop("question", ""))
    if name not in FIELDS:
        raise InputError(unknown(name, tuple(FIELDS), "question"))
    strange = [field for field in given if field not in FIELDS[name]]
    if strange:
        raise InputError(unknown(strange[0], tuple(FIELDS[name]), "field"))
    missing = [field for field in _NEEDED.get(name, ()) if field not in given]
    if missing:
        raise InputError(f"question {name!r} needs the field {missing[0]!r}")
    answer: Answer = getattr(planner, name)(
        **{field: FIELDS[name][field].read(field, value) for field, value in given.items()}
    )
    return answer


def json_schema() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of the fields of every question, by name.

    Returns
    -------
    dict
        Question to its JSON Schema.

    Examples
    --------
    >>> json_schema()["budget"]["properties"]["year"]
    {'type': 'integer', 'minimum': 0}
    """
    return {
        name: {
            "type": "object", "additionalProperties": False,
            "description": (getattr(Planner, name).__doc__ or "").partition("\n")[0],
            "properties": {
                **{field: dict(_SCHEMAS[kind.name]) for field, kind in fields.items()}, "form": dict(_FORM),
            },
            "required": list(_NEEDED.get(name, ())),
        } for name, fields in FIELDS.items()
    }  # fmt: skip
