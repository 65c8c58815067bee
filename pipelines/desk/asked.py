"""Pages that ask the forecast one question: the form of its fields, and its answer as every door gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions import QUESTIONS, unknown
from shiftcast.forecast.questions.kinds import shortened
from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.desk.address import link
from shiftcast.pipelines.desk.answered import answer_view, facts_of
from shiftcast.pipelines.desk.content import Content, Link, Links, doors_of
from shiftcast.pipelines.desk.forms import Form, question_form
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.desk.typed import question_of
from shiftcast.pipelines.pages.demand import demand, leaves
from shiftcast.pipelines.pages.view import View

_ASK: Final = "/ask"
_DEMAND: Final = ("measure", "segment", "leaf", "workload", "technique", "every", "by", "scenario")
_AUDITED: Final = ("measure", "segment", "leaf", "workload", "technique")


def ask_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return the page that asks any question.

    Parameters
    ----------
    opened
        The forecast.
    fields
        ``question`` and its fields; the list of questions where there is none.

    Returns
    -------
    Content
    """
    if "question" not in fields:
        return _listed()
    name = fields["question"]
    if name not in QUESTIONS:
        raise InputError(unknown(name, tuple(QUESTIONS), "question"))
    given = {field: value for field, value in fields.items() if field != "question"}
    label = name.replace("_", " ")
    gives = f"{QUESTIONS[name].gives[:1].upper()}{QUESTIONS[name].gives[1:]}"
    more = opened.needs_more(name, given)
    shown = _texts(opened.examples.get(name, {})) | given if more else given
    form = question_form(name, shown, opened, path=_ASK, hidden={"question": name})
    try:
        question = question_of(name, given)
    except InputError as error:
        return Content(label, gives, (form,), fault=str(error), status=400)
    if more:
        return Content(label, gives, (form,), says=(opened.takes(name) or "An example is filled in.",))
    return answered(opened, question, label, forms=(form,))


def answered(
    opened: Opened, question: Mapping[str, Any], label: str, *, forms: tuple[Form, ...] = (),
    links: tuple[Links, ...] = (), into: Mapping[str, str] | None = None,
) -> Content:  # fmt: skip
    """Return the page of a question's answer; a refusal says why and keeps the forms.

    Parameters
    ----------
    opened, question
        The forecast and what it is asked.
    label, forms, links, into
        As :class:`pipelines.desk.content.Content` has them.

    Returns
    -------
    Content
    """
    try:
        answer = opened.answer(question)
    except InputError as error:
        return Content(label, f"{label[:1].upper()}{label[1:]}", forms, links=links, fault=str(error), status=400)
    name = str(question["question"])
    return Content(
        label, forms=forms, views=(answer_view(answer, name, label),), facts=told_of(answer),
        doors=(doors_of(question),), links=links, into=into or {},
    )  # fmt: skip


def told_of(answer: Answer) -> tuple[tuple[str, str], ...]:
    """Return where an answer comes from, nothing where it does not say.

    Parameters
    ----------
    answer
        The answer.

    Returns
    -------
    tuple of tuple
        Headings and words.
    """
    return () if answer.provenance is None else tuple(facts_of(answer.provenance))


def demand_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return a measure over time, each quarter of which leads to where its figure comes from; all of them at first.

    Parameters
    ----------
    opened
        The forecast.
    fields
        Those of ``quantiles``.

    Returns
    -------
    Content
    """
    form = question_form("quantiles", {"measure": "accelerators", **fields}, opened, path="/demand", only=_DEMAND)
    if "measure" not in fields:
        return _whole_demand(opened, fields, form)
    part = {name: fields[name] for name in _AUDITED if name in fields}
    into = {quarter: link("/why", **part, period=quarter) for quarter in opened.ahead}
    return answered(opened, question_of("quantiles", fields), "demand", forms=(form,), into=into)


def _whole_demand(opened: Opened, fields: Mapping[str, str], form: Form) -> Content:
    """Return accelerators, power, money and hours, and accelerators by kind of operator."""
    strange = next((name for name in fields if name != "segment"), None)
    if strange is not None:
        raise InputError(f"field {shortened(strange)} needs the field measure, such as measure=power, beside it")
    try:
        views = (demand(opened.asked, segment=fields.get("segment", ALL)), leaves(opened.asked))
    except InputError as error:
        return Content("demand", "Demand", (form,), fault=str(error), status=400)
    return of_views(opened, views, form)


def of_views(opened: Opened, views: tuple[View, ...], *forms: Form, into: Mapping[str, str] | None = None) -> Content:
    """Return views of the report as a page, with where they come from and their questions at the other doors.

    Parameters
    ----------
    opened
        The forecast.
    views, into
        As :class:`pipelines.desk.content.Content` has them.
    *forms
        As :class:`pipelines.desk.content.Content` has them.

    Returns
    -------
    Content
    """
    asked = [question for view in views for question in view.questions]
    facts = told_of(opened.asked.answer(asked[0])) if asked else ()
    doors = tuple(map(doors_of, asked))
    return Content(views[0].label, forms=forms, views=views, facts=facts, doors=doors, into=into or {})


def _listed() -> Content:
    links = tuple(
        Link(name.replace("_", " "), link(_ASK, question=name), f"{asked.gives[:1].upper()}{asked.gives[1:]}.")
        for name, asked in QUESTIONS.items()
    )
    return Content("ask", f"Ask any of {len(links)} questions", links=(Links("Questions", links),))


def _texts(example: Mapping[str, Any]) -> dict[str, str]:
    """Return an example's fields as they are typed."""
    return {
        name: ",".join(map(str, value)) if isinstance(value, list | tuple) else f"{value:g}"
        if isinstance(value, float) else str(value)
        for name, value in example.items() if name != "question"
    }  # fmt: skip
