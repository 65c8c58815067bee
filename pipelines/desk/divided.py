"""The split on a page: the share by definition, base and mode, and who counts on which side."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.kinds import unknown
from shiftcast.forecast.telling.words import named
from shiftcast.pipelines.desk.address import link
from shiftcast.pipelines.desk.answered import answer_view
from shiftcast.pipelines.desk.asked import told_of
from shiftcast.pipelines.desk.content import Content, Link, Links, doors_of
from shiftcast.pipelines.desk.forms import Form, question_form
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.desk.typed import question_of
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.split import hyperscale_split
from shiftcast.pipelines.pages.view import Table, View

PATH = "/split"
_FIELDS = ("base", "definition", "mode", "share", "strength", "total")
_NOTE = "A mode other than the forecast's own draws it again, which takes about a minute."


def split_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return the hyperscale share, under another mode beside the free one where one is asked for, and memberships.

    Parameters
    ----------
    opened
        The forecast.
    fields
        ``base, definition``, and for another mode those of ``impose``.

    Returns
    -------
    Content
    """
    strange = next((name for name in fields if name not in _FIELDS), None)
    if strange is not None:
        raise InputError(unknown(strange, _FIELDS))
    made = str(opened.forecaster.cube.attrs["split_mode"])
    given = {"base": "revenue", "definition": opened.definition, **fields}
    imposed = given.get("mode", made) != made
    if not imposed:
        given = {name: value for name, value in given.items() if name in {"base", "definition"}}
    question = question_of("impose" if imposed else "split", given)
    form = question_form("impose", {"mode": made, **given}, opened, path=PATH, only=_FIELDS)
    form = Form(form.path, form.fields, title=form.title, note=_NOTE)
    links = (_sides(opened),)
    try:
        answer = opened.answer(question)
        view = answer_view(answer, "split", "split") if imposed else hyperscale_split(opened.asked, **given)
    except InputError as error:
        return Content("split", "Who buys how much", (form,), links=links, fault=str(error), status=400)
    return Content("split", forms=(form,), views=(view, _members(opened)), facts=told_of(answer),
                   doors=(doors_of(question),), links=links)  # fmt: skip


def _members(opened: Opened) -> View:
    """Return who counts on which side under each definition, as the record has it."""
    rows = opened.bundle.tables["memberships"]
    table = pd.DataFrame({
        "firm": rows["firm"].map(named), "definition": rows["definition"].map(worded),
        "counts as": rows["segment"].map(named), "from": rows["valid_from"].dt.strftime("%Y-%m-%d"),
        "known": rows["known_at"].dt.strftime("%Y-%m-%d"), "evidence": rows["evidence"], "source": rows["source"],
    })  # fmt: skip
    title = f"{rows['firm'].nunique()} firms are named by {rows['definition'].nunique()} definitions"
    return View("members", "memberships", title, (), tables=(Table("Who counts on which side", table),))


def _sides(opened: Opened) -> Links:
    """Return links that put each firm on its other side."""
    rows = opened.bundle.tables["memberships"].drop_duplicates("firm", keep="last").sort_values("firm")
    other = {"hyperscale": "rest", "rest": "hyperscale"}
    return Links("What if a firm counted on the other side?", tuple(
        Link(f"{named(row.firm)} to {named(other[row.segment])}",
             link("/ask", question="relabel", firm=row.firm, to=other[row.segment]))
        for row in rows.itertuples() if row.segment in other
    ))  # fmt: skip
