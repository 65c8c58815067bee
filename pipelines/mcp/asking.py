"""Questions as tools: one each with the schema that checks it, and answers within limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shiftcast.features.input_error import InputError
from shiftcast.forecast.answering import answer_rows, answer_text
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.questions import ANSWER, QUESTIONS, unknown


@dataclass(frozen=True)
class AnswerLimits:
    """Limits of an answer.

    Attributes
    ----------
    rows
        Rows of it.
    bytes
        Bytes of its JSON.
    seconds
        Time until it is there.
    waiting
        Questions under way at once.
    """

    rows: int = 2_000
    bytes: int = 500_000
    seconds: float = 60.0
    waiting: int = 2


@dataclass(frozen=True)
class AskedTool:
    """A question as a tool.

    Attributes
    ----------
    name
        That of the question.
    says
        Its answer, in one line.
    schema
        JSON Schema of its fields.
    """

    name: str
    says: str
    schema: Mapping[str, Any]


def tools() -> list[AskedTool]:
    """Return every question as a tool.

    Returns
    -------
    list of AskedTool
        In the order of :data:`forecast.questions.QUESTIONS`.

    Examples
    --------
    >>> [tool.says for tool in tools() if tool.name == "plan"]
    ['What to add by a quarter, and when to order it.']
    """
    found = []
    for name, asked in QUESTIONS.items():
        schema = asked.model_json_schema()
        schema["properties"]["form"]["default"] = ANSWER  # an assistant is told in words unless it asks for rows
        found.append(AskedTool(name, f"{asked.gives[0].upper()}{asked.gives[1:]}.", schema))
    return found


def answer(
    forecaster: Callable[[], Forecaster], name: str, arguments: Mapping[str, Any], limits: AnswerLimits
) -> tuple[str, dict[str, Any]]:
    """Answer a question that came as the call of a tool.

    Parameters
    ----------
    forecaster
        Gives the forecast.
    name
        Of the tool.
    arguments
        Fields of the question.
    limits
        Rows and bytes of the answer.

    Returns
    -------
    tuple
        The JSON that every door gives, and the same as an object.

    Raises
    ------
    ValueError
        Naming the tool or the field that is wrong, or that the answer is too long, and what to ask instead.
    OutOfSupportError
        If the forecast does not reach what is asked.
    """
    if name not in QUESTIONS:
        raise InputError(unknown(name, tuple(QUESTIONS), "tool"))
    if "question" in arguments or "output" in arguments:
        raise InputError(f"tool {name!r} is the question itself; leave the fields question and output out")
    try:
        rows = answer_rows(forecaster(), [{"question": name, "form": ANSWER, **arguments}])
    except InputError as error:  # there is but one question
        raise type(error)(str(error).removeprefix("row 0: ")) from None
    narrower = "ask for fewer: a horizon, one segment or leaf, fewer draws"
    count = sum(len(each["rows"]) for each in rows) if arguments.get("form", ANSWER) == ANSWER else len(rows)
    if count > limits.rows:
        raise InputError(f"the answer has {count} rows, and at most {limits.rows} are given; {narrower}")
    text = answer_text(rows)
    if len(text) > limits.bytes:
        raise InputError(f"the answer has {len(text)} bytes, and at most {limits.bytes} are given; {narrower}")
    return text, {"predictions": rows}
