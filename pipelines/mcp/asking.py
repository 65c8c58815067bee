"""Questions as tools: one each with the schema that checks it, and answers within limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shiftcast.features.input_error import InputError
from shiftcast.forecast.answering import answer_rows, answer_text
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.fleet import asking as fleet_asking
from shiftcast.forecast.questions import ANSWER, QUESTIONS, unknown
from shiftcast.forecast.questions.kinds import shortened

FLEETS: Final = "fleets"  # the tool that lists them
_OF_FLEET: Final = "fleet_"  # begins the names of the tools that ask one
_ADDED: Final[Mapping[str, Mapping[str, Any]]] = {
    "fleet": {"type": "string", "description": "name of the fleet, as `fleets` lists it"},
    "as_of": {"type": "string", "description": "day it is seen from, such as 2026-11-29; today if left out"},
}


Check = Callable[[Mapping[str, Any], bool], object]  # of a question, and whether it is one to a fleet


def unchecked(question: Mapping[str, Any], of_fleet: bool) -> None:
    """Take any question.

    Parameters
    ----------
    question, of_fleet
        Its fields, and whether it is asked of a fleet.
    """


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


class Fleets(Protocol):
    """What is asked of fleets: :class:`pipelines.fleet.held.HeldFleets`, or a stand-in."""

    def listed(self) -> list[dict[str, Any]]:
        """Return every fleet with what it is."""

    def rows(self, fleet: str, question: Mapping[str, Any], as_of: str | None = None) -> list[dict[str, Any]]:
        """Answer one question to one fleet.

        Parameters
        ----------
        fleet
            Its name.
        question
            ``question`` and its fields.
        as_of
            Day it is seen from; today if not given.

        Returns
        -------
        list of dict
            The answer, or rows of its table.
        """


def tools() -> list[AskedTool]:
    """Return every question as a tool, those to a fleet after those to the forecast of the world.

    Returns
    -------
    list of AskedTool
        In the order of :data:`forecast.questions.QUESTIONS` and :data:`forecast.fleet.asking.FIELDS`.

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
    return [*found, *_fleet_tools()]


def _fleet_tools() -> list[AskedTool]:
    """Return the list of fleets and the questions to one of them as tools."""
    nothing = {"type": "object", "properties": {}, "additionalProperties": False}
    found = [AskedTool(FLEETS, "The planner's own fleets, each with what it is.", nothing)]
    for name, schema in fleet_asking.json_schema().items():
        fields = {**{field: dict(told) for field, told in _ADDED.items()}, **schema["properties"]}
        asked = {**schema, "properties": fields, "required": ["fleet", *schema["required"]]}
        says = str(schema["description"]).partition(" (:")[0].removeprefix("Return ").rstrip(".")
        found.append(AskedTool(f"{_OF_FLEET}{name}", f"Of one fleet: {says}.", asked))
    return found


def answer(
    forecaster: Callable[[], Forecaster], fleets: Fleets, name: str, arguments: Mapping[str, Any],
    limits: AnswerLimits, check: Check = unchecked,
) -> tuple[str, dict[str, Any]]:  # fmt: skip
    """Answer a question that came as the call of a tool.

    Parameters
    ----------
    forecaster
        Gives the forecast.
    fleets
        The planner's own.
    name
        Of the tool.
    arguments
        Fields of the question.
    limits
        Rows and bytes of the answer.
    check
        Refuses a question that would take too long, before it is begun.

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
    if "question" in arguments or "output" in arguments:
        raise InputError(f"tool {name!r} is the question itself; leave the fields question and output out")
    try:
        rows = _rows(forecaster, fleets, name, arguments, check)
    except InputError as error:  # there is but one question
        raise type(error)(str(error).removeprefix("row 0: ")) from None
    narrower = "ask for fewer: a horizon, one segment or leaf, fewer draws"
    whole = name != FLEETS and arguments.get("form", ANSWER) == ANSWER
    count = sum(len(each["rows"]) for each in rows) if whole else len(rows)
    if count > limits.rows:
        raise InputError(f"the answer has {count} rows, and at most {limits.rows} are given; {narrower}")
    text = answer_text(rows)
    if len(text) > limits.bytes:
        raise InputError(f"the answer has {len(text)} bytes, and at most {limits.bytes} are given; {narrower}")
    return text, {"predictions": rows}


def _rows(
    forecaster: Callable[[], Forecaster], fleets: Fleets, name: str, arguments: Mapping[str, Any], check: Check
) -> list[dict[str, Any]]:
    """Return what the question of a tool is answered with."""
    if name in QUESTIONS:
        question = {"question": name, "form": ANSWER, **arguments}
        check(question, False)
        return answer_rows(forecaster(), [question])
    asked = name.removeprefix(_OF_FLEET)
    if name != asked and asked in fleet_asking.FIELDS:
        if not isinstance(arguments.get("fleet"), str):
            raise InputError(f"tool {name!r} needs the field 'fleet', the name of one; the tool {FLEETS!r} lists them")
        if not isinstance(arguments.get("as_of"), str | None):
            raise InputError(f"field 'as_of' is {shortened(arguments['as_of'])}; it must be a day such as 2026-11-29")
        rest = {field: value for field, value in arguments.items() if field not in _ADDED}
        question = {"question": asked, "form": ANSWER, **rest}
        check(question, True)
        return fleets.rows(arguments["fleet"], question, arguments.get("as_of"))
    if name != FLEETS:
        raise InputError(unknown(name, tuple(tool.name for tool in tools()), "tool"))
    if arguments:
        raise InputError(f"tool {name!r} takes no fields; leave {next(iter(arguments))!r} out")
    return [{**each, "row": row} for row, each in enumerate(fleets.listed())]
