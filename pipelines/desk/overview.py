"""Pages that show views of the report as they are: the answer, techniques, claims, how good, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.kinds import unknown
from shiftcast.pipelines.desk.address import link
from shiftcast.pipelines.desk.asked import of_views
from shiftcast.pipelines.desk.content import Content, Link, Links
from shiftcast.pipelines.desk.forms import question_form
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.pages.binding import binds
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.headline import headline
from shiftcast.pipelines.pages.judged import claims
from shiftcast.pipelines.pages.learned import rests_on
from shiftcast.pipelines.pages.migration import crossings, techniques
from shiftcast.pipelines.pages.moves import moves
from shiftcast.pipelines.pages.scored import scorecard
from shiftcast.pipelines.pages.sourced import sources, words

_PART: Final = ("segment",)
_BEHIND: Final = ("accelerators", "power", "spending")  # measures whose figures stand first


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
    content = of_views(opened, (headline(opened.asked, opened.bundle.summary.backtest),))
    last = opened.ahead[-1]
    behind = tuple(
        Link(f"{worded(measure)} in {last}", link("/why", measure=measure, period=last)) for measure in _BEHIND
    )
    share = Link(f"hyperscale part of spending in {last}", link("/why", measure="share", base="revenue", period=last))
    return replace(content, links=(Links("Why these numbers?", (*behind, share)),))


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
    return of_views(opened, views, form)


def claims_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return what the forecast makes of public claims, each of which leads to what it would take for it to hold.

    Parameters
    ----------
    opened, fields
        The forecast; no field is taken.

    Returns
    -------
    Content
    """
    _check(fields, ())
    names = opened.bundle.tables["claims"]["claim"].astype(str)
    into = {name: link("/ask", question="check", claim=name) for name in names}
    return of_views(opened, (claims(opened.asked),), into=into)


def scorecard_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return how good such forecasts were so far.

    Parameters
    ----------
    opened, fields
        The forecast; no field is taken.

    Returns
    -------
    Content
    """
    _check(fields, ())
    return of_views(opened, (scorecard(opened.asked, opened.bundle.summary.backtest),))


def limits_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return what limits the fleet by quarter.

    Parameters
    ----------
    opened, fields
        The forecast; no field is taken.

    Returns
    -------
    Content
    """
    _check(fields, ())
    found = binds(opened.asked)
    return of_views(opened, (found,)) if found is not None else _nothing("what binds")


def moves_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return who moved to newer techniques.

    Parameters
    ----------
    opened, fields
        The forecast; no field is taken.

    Returns
    -------
    Content
    """
    _check(fields, ())
    found = None if opened.forecaster.known is None else moves(opened.forecaster.known)
    return of_views(opened, (found,)) if found is not None else _nothing("who moved")


def assumptions_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return what the forecast rests on.

    Parameters
    ----------
    opened, fields
        The forecast; no field is taken.

    Returns
    -------
    Content
    """
    _check(fields, ())
    return of_views(opened, (rests_on(opened.asked, opened.bundle),))


def sources_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return every source of the record, and the words of these pages.

    Parameters
    ----------
    opened, fields
        The forecast; no field is taken.

    Returns
    -------
    Content
    """
    _check(fields, ())
    return of_views(opened, (sources(opened.bundle), words()))


def _nothing(label: str) -> Content:
    return Content(label, f"This forecast does not keep {label}", says=("Run `shiftcast run` to make it anew.",))


def _check(fields: Mapping[str, str], known: tuple[str, ...]) -> None:
    strange = next((name for name in fields if name not in known), None)
    if strange is not None:
        told = unknown(strange, known) if known else f"this page takes no fields, and {strange[:40]!a} was given"
        raise InputError(told)
