"""Why this number: its equation and inputs, the change that led to it, and the rows of the record it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.desk.address import link
from shiftcast.pipelines.desk.answered import answer_view
from shiftcast.pipelines.desk.asked import told_of
from shiftcast.pipelines.desk.content import Content, Link, Links, doors_of
from shiftcast.pipelines.desk.forms import Field, Form, question_form
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.desk.typed import question_of
from shiftcast.pipelines.drawing.of_answer import steps_of
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.view import Said, View

PATH: Final = "/why"
_LABEL: Final = "why this number"
_BEFORE: Final = 4  # quarters that the change is told over unless another start is asked for
_SHARE: Final = "share"
_WHOLE: Final = "Changes are told apart for whole measures and segments: leave the narrower part out to see it."
_FIELDS: Final = ("measure", "period", "segment", "leaf", "workload", "technique", "base", "stated_under")


def why_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return where a figure comes from: its change by cause, its equation and inputs, and the rows of the record.

    Parameters
    ----------
    opened
        The forecast.
    fields
        Those of ``audit``, and ``start``, the quarter that the change is told from; the last quarter's accelerators
        where there are none.

    Returns
    -------
    Content
    """
    given = {"measure": "accelerators", "period": opened.ahead[-1], **fields}
    start = given.pop("start", _start(opened, given["period"]))
    form = question_form("audit", given, opened, path=PATH, only=_FIELDS)
    quarters = tuple((each, each) for each in opened.quarters)
    form = Form(form.path, (*form.fields, Field("start", "change since", start, "select", quarters)), form.more)
    audited = question_of("audit", given)
    try:
        answer = opened.answer(audited)
    except InputError as error:
        return Content(_LABEL, "Where a figure comes from", (form,), fault=str(error), status=400)
    changed, question, steps = _changed(opened, given, start)
    view = replace(answer_view(answer, "audit", _LABEL), pictures=steps)
    doors = (doors_of(audited), *(() if question is None else (doors_of(question),)))
    return Content(
        _LABEL, forms=(form,), views=(view, changed), facts=told_of(answer), doors=doors,
        links=(_beside(opened, given, start),),
    )  # fmt: skip


def _start(opened: Opened, period: str) -> str:
    """Return the quarter a year before, or the first there is."""
    at = opened.quarters.index(period) if period in opened.quarters else 0
    return opened.quarters[max(0, at - _BEFORE)]


def _changed(
    opened: Opened, given: Mapping[str, str], start: str
) -> tuple[View, dict[str, Any] | None, tuple[Picture, ...]]:
    """Return what the change since a quarter is made of, as far as it can be told, its question and its picture."""
    asked = {name: given[name] for name in ("measure", "segment") if given.get(name, ALL) != ALL}
    narrower = any(given.get(name, ALL) != ALL for name in ("leaf", "workload", "technique"))
    if narrower or given["measure"] == _SHARE:
        return _untold(start, _WHOLE), None, ()
    question = question_of("attribute", {**asked, "start": start, "end": given["period"]})
    try:
        answer = opened.answer(question)
    except InputError as error:
        return _untold(start, str(error)), None, ()
    view = answer_view(answer, "change", "change")
    return replace(view, pictures=(), tables=view.tables[:1]), question, (_steps(answer),)


def _untold(start: str, says: str) -> View:
    return View("change", "change", f"The change since {start} is not told apart here", (Said(says),))


def _steps(answer: Answer) -> Picture:
    first, last = answer.table.iloc[0], answer.table.iloc[-1]
    return steps_of(answer.table, f"From {first['factor']} to {last['factor']}, on the mean")


def _beside(opened: Opened, given: Mapping[str, str], start: str) -> Links:
    """Return links to the same figure in the other quarters."""
    others = [each for each in opened.ahead if each != given["period"]]
    kept = {name: value for name, value in given.items() if name != "period"}
    return Links("The same figure in another quarter", tuple(
        Link(each, link(PATH, **kept, period=each, start=start if start < each else None)) for each in others
    ))  # fmt: skip
