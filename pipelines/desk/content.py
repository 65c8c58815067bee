"""Content of a page: forms, views of answers, and where else the same can be asked."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shiftcast.pipelines.desk.forms import Form
from shiftcast.pipelines.pages.view import View

_SERVED: Final = "http://127.0.0.1:5001/invocations"  # where `shiftcast serve` listens unless told otherwise


@dataclass(frozen=True)
class Link:
    """A link to another page.

    Attributes
    ----------
    words, address
        As people and browsers read it.
    says
        What is there.
    """

    words: str
    address: str
    says: str = ""


@dataclass(frozen=True)
class Links:
    """Links under a heading.

    Attributes
    ----------
    title
        Heading.
    links
        In their order.
    """

    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Doors:
    """The same question from the other doors.

    Attributes
    ----------
    command, python, rest
        To be typed into a shell, a notebook, and a shell that reaches what ``served`` starts.
    served
        Command that starts the server of ``rest``.
    """

    command: str
    python: str
    rest: str
    served: str = "shiftcast serve"


@dataclass(frozen=True)
class Content:
    """Content of a page.

    Attributes
    ----------
    label
        Short name of the page.
    title
        What is found, or what the page is for.
    forms
        Forms that lead on from it.
    views
        What is shown, in order; the title of the first is that of the page if it has none of its own.
    facts
        Where the first answer comes from: headings and words.
    doors
        The same questions elsewhere.
    links
        Further pages.
    into
        Address of the page behind a cell, by its text, in the first column of tables.
    says
        Words under the title.
    fault
        Why something could not be answered, with the remedy; empty where all was.
    status
        HTTP status.
    """

    label: str
    title: str = ""
    forms: tuple[Form, ...] = ()
    views: tuple[View, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    doors: tuple[Doors, ...] = ()
    links: tuple[Links, ...] = ()
    into: Mapping[str, str] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    fault: str = ""
    status: int = 200


def doors_of(question: Mapping[str, Any]) -> Doors:
    """Return how a question to the forecast is asked elsewhere.

    Parameters
    ----------
    question
        Its fields.

    Returns
    -------
    Doors

    Examples
    --------
    >>> doors_of({"question": "when", "technique": "deep or newer", "of": "ads"}).command
    "shiftcast ask when 'technique=deep or newer' of=ads"
    """
    fields = [f"{name}={_text(value)}" for name, value in question.items() if name != "question"]
    payload = json.dumps({"dataframe_records": [dict(question) | {"form": "answer"}]})
    curl = ["curl", "-H", "Content-Type: application/json", "-d", payload, _SERVED]
    return Doors(
        shlex.join(["shiftcast", "ask", str(question["question"]), *fields]),
        f"shiftcast.open_forecaster().answer({dict(question)!r})", shlex.join(curl),
    )  # fmt: skip


def fleet_doors(name: str, question: str, fields: Mapping[str, Any]) -> Doors:
    """Return how a question to a fleet is asked elsewhere.

    Parameters
    ----------
    name
        The planner's name of the fleet.
    question, fields
        What is asked, and its fields.

    Returns
    -------
    Doors

    Examples
    --------
    >>> fleet_doors("mine", "budget", {"amount": 2e6, "year": 2027}).command
    'shiftcast fleet mine budget 2000000 --year 2027'
    """
    words = [_text(fields["amount"])] if "amount" in fields else []
    words += [word for each, value in fields.items() if each != "amount" for word in (f"--{each}", _text(value))]
    payload = json.dumps({"dataframe_records": [{"question": question, **fields}]})
    given = "".join(f", {each}={value!r}" for each, value in fields.items())
    return Doors(
        shlex.join(["shiftcast", "fleet", name, question, *words]),
        f"shiftcast.open_fleet({name!r}).{question}({given.removeprefix(', ')})",
        shlex.join(["curl", "-H", "Content-Type: application/json", "-d", payload, _SERVED]),
        f"shiftcast serve --fleet {name}",
    )


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return f"{value:.15g}" if isinstance(value, float) else str(value)
