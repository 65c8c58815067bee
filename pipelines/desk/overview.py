"""Pages that show the views of the report: the answer first, and techniques over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.kinds import unknown
from shiftcast.pipelines.desk.asked import told_of
from shiftcast.pipelines.desk.content import Content, doors_of
from shiftcast.pipelines.desk.forms import Form, question_form
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.pages.headline import headline
from shiftcast.pipelines.pages.migration import crossings, techniques
from shiftcast.pipelines.pages.view import View

_PART: Final = ("segment",)


def answer_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return what planners ask first.

    Parameters
    ----------
    opened
        The forecast.
    fields
        None is taken.

    Returns
    -------
    Content
    """
    _check(fields, ())
    return _of_views(opened, (headline(opened.asked, opened.bundle.summary.backtest),))


def techniques_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return which techniques serve requests and take GPU-hours, and when they pass half.

    Parameters
    ----------
    opened
        The forecast.
    fields
        ``segment``.

    Returns
    -------
    Content
    """
    _check(fields, _PART)
    form = question_form("techniques", fields, opened, path="/techniques", only=_PART)
    try:
        views = tuple(view(opened.asked, segment=fields.get("segment", "all")) for view in (techniques, crossings))
    except InputError as error:
        return Content("techniques", "Techniques over time", (form,), fault=str(error), status=400)
    return _of_views(opened, views, form)


def _check(fields: Mapping[str, str], known: tuple[str, ...]) -> None:
    strange = next((name for name in fields if name not in known), None)
    if strange is not None:
        told = unknown(strange, known) if known else f"this page takes no fields, and {strange[:40]!a} was given"
        raise InputError(told)


def _of_views(opened: Opened, views: tuple[View, ...], *forms: Form) -> Content:
    """Return views with where they come from, and their questions at the other doors."""
    asked = [question for view in views for question in view.questions]
    facts = told_of(opened.asked.answer(asked[0])) if asked else ()
    return Content(views[0].label, forms=forms, views=views, facts=facts, doors=tuple(map(doors_of, asked)))
