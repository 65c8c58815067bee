"""OpenAPI document of a served model, made from the same schemas that its questions are checked by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from shiftcast.forecast.telling.form import AnswerForm
from shiftcast.pipelines.serving.payload import RequestLimits, Taken
from shiftcast.pipelines.serving.routes import GETS, INVOCATIONS

VERSION: Final = "3.1.0"
_JSON: Final = "application/json"
_SAYS: Final = {
    "/health": "200 while the process lives", "/ping": "the same, as other scoring servers name it",
    "/ready": "200 once a version is loaded", "/version": "the version that answers",
    "/metrics": "figures of the forecast and of the requests, as Prometheus reads them",
    "/openapi.json": "this document",
}  # fmt: skip
_REFUSALS: Final = {
    "400": "a field that is missing, unknown, of the wrong kind or out of range, or what was not drawn",
    "408": "the body did not arrive in time",
    "413": "the body, the work it asks for or the answer is too large",
    "415": "the body is not JSON",
    "421": "the Host header names another server", "429": "too many requests are under way",
    "500": "a defect of the server", "503": "no version is loaded yet, or nothing is free for it; come back",
    "504": "no answer in the time that one may take",
}  # fmt: skip


def openapi(taken: Taken, *, version: str, limits: RequestLimits) -> dict[str, Any]:
    """Return the document of a served model.

    Parameters
    ----------
    taken
        What the model may be asked.
    version
        Version of this package.
    limits
        What a request may take.

    Returns
    -------
    dict
        An OpenAPI 3.1 document; a schema each question, by its name.

    Examples
    --------
    >>> from shiftcast.pipelines.serving.payload import WORLD
    >>> document = openapi(WORLD, version="1", limits=RequestLimits())
    >>> document["components"]["schemas"]["plan"]["required"]
    ['question', 'by']
    """
    questions = {name: _asked(name, schema) for name, schema in taken.questions.items()}
    kinds = {"question": {"$ref": "#/components/schemas/questions"}, **_shared(taken)}
    return {
        "openapi": VERSION,
        "info": {"title": taken.model, "version": version,
                 "description": "Questions to a registered forecast. It asks for no password and changes nothing."},
        "paths": {INVOCATIONS: {"post": _post(taken, limits)}, **{path: {"get": _get(path)} for path in GETS}},
        "components": {
            "schemas": {
                "questions": {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in questions],
                              "discriminator": {"propertyName": "question"}},
                **questions, **_forms(),
                "params": {"type": "object", "additionalProperties": False,
                           "properties": {name: kinds.get(name, {}) for name in taken.params}},
                "refusal": _object({"error_code": {"type": "string"}, "message": {"type": "string"},
                                    "refusal": {"type": "string"}}, "error_code", "message"),
            },
        },
    }  # fmt: skip


def _forms() -> dict[str, Any]:
    """Return the schemas of a row of a table and of a whole answer, which the field ``form`` chooses between."""
    whole = TypeAdapter(AnswerForm).json_schema(ref_template="#/components/schemas/{model}")
    parts = whole.pop("$defs", {})
    row: dict[str, Any] = {"type": "object", "properties": {"row": {"type": "integer"}}, "required": ["row"]}
    return {**parts, "rows": row, "answer": {**whole, "properties": {**whole["properties"], **row["properties"]}}}


def _asked(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a question's schema with the field that names it."""
    named = {"question": {"const": name, "type": "string"}}
    needed = ["question", *schema.get("required", ())]
    return {**schema, "properties": named | schema.get("properties", {}), "required": needed}


def _shared(taken: Taken) -> dict[str, Any]:
    """Return the schema of each field that questions share, from the first that has it."""
    found: dict[str, Any] = {"output": {"type": "string"}}
    for schema in taken.questions.values():
        for name, field in schema.get("properties", {}).items():
            found.setdefault(name, {key: value for key, value in field.items() if key != "default"})
    return found


def _post(taken: Taken, limits: RequestLimits) -> dict[str, Any]:
    row = {"$ref": "#/components/schemas/questions"}
    cells = {"type": "array", "items": {"type": "array"}}
    body = {
        "type": "object", "additionalProperties": False,
        "properties": {
            "dataframe_records": {"type": "array", "items": row, "minItems": 1, "maxItems": limits.rows},
            "dataframe_split": _object({"columns": {"type": "array", "items": {"type": "string"}}, "data": cells,
                                        "index": {"type": "array"}}, "columns", "data"),
            "params": {"$ref": "#/components/schemas/params"},
        },
        "oneOf": [{"required": ["dataframe_records"]}, {"required": ["dataframe_split"]}],
    }  # fmt: skip
    told = [{"$ref": f"#/components/schemas/{name}"} for name in ("rows", "answer")]
    rows = {"type": "array", "items": {"anyOf": told}}
    return {
        "operationId": "ask", "summary": "answer questions, one a record",
        "requestBody": {"required": True, "content": {_JSON: {"schema": body, "example": _example(taken)}}},
        "responses": {
            "200": _reply("answers; row numbers the question", _object({"predictions": rows}, "predictions")),
            **{status: _reply(says, {"$ref": "#/components/schemas/refusal"}) for status, says in _REFUSALS.items()},
        },
    }  # fmt: skip


def _example(taken: Taken) -> dict[str, Any]:
    """Return a request of the first question that needs no field."""
    free = next(name for name, schema in taken.questions.items() if not schema.get("required"))
    return {"dataframe_records": [{"question": free}]}


def _get(path: str) -> dict[str, Any]:
    kind = {"type": "string"} if path == "/metrics" else {"type": "object"}
    content = "text/plain" if path == "/metrics" else _JSON
    waiting = {"503": _reply("no version is loaded yet", {"type": "object"})} if path in {"/ready", "/version"} else {}
    return {
        "operationId": path.strip("/").partition(".")[0], "summary": _SAYS[path],
        "responses": {"200": _reply(_SAYS[path], kind, content), **waiting},
    }  # fmt: skip


def _reply(says: str, schema: Mapping[str, Any], content: str = _JSON) -> dict[str, Any]:
    return {"description": says, "content": {content: {"schema": dict(schema)}}}


def _object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required)}
