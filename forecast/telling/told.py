"""Tell the answer of any question whole: words first, units, a picture, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.questions import QUESTIONS, Question
from shiftcast.forecast.split.relabel import Relabelled
from shiftcast.forecast.telling import capacity, judged, quantities
from shiftcast.forecast.telling.ground import Ground
from shiftcast.forecast.telling.notes import notes_of
from shiftcast.forecast.telling.pictures import picture_of
from shiftcast.forecast.telling.units import column_units
from shiftcast.forecast.telling.words import named, plain_words
from shiftcast.forecast.views.answer import ASSUMED, Answer
from shiftcast.forecast.views.crossing_answer import Crossing
from shiftcast.forecast.views.part import MEASURES, unit_of
from shiftcast.forecast.views.rows import answer_frame

SAYS: Final[Mapping[str, Callable[[pd.DataFrame, Mapping[str, Any]], str]]] = {
    "forecast": quantities.of_forecast, "quantiles": quantities.of_quantiles, "draws": quantities.of_draws,
    "share": quantities.of_share, "split": quantities.of_split,
    "placement": quantities.of_placement, "techniques": quantities.of_techniques,
    "concentration": quantities.of_concentration, "when": judged.of_when, "claims": judged.of_claims,
    "check": judged.of_check, "impose": judged.of_impose, "relabel": judged.of_relabel,
    "limits": capacity.of_limits, "ceilings": capacity.of_ceilings, "cost": capacity.of_cost,
}  # fmt: skip


def told(read: Question, returned: Any, ground: Ground) -> Answer:
    """Return what a method answered as one whole answer.

    Parameters
    ----------
    read
        The question.
    returned
        What its method returned: an answer, a table, or an object that holds one.
    ground
        The forecast it was asked of.

    Returns
    -------
    Answer
        What the method said itself is kept; words, units, rows it assumes, picture and provenance are added.
    """
    asked = asked_of(read)
    worded = ground.worded(read.name, asked)
    measure = unit_of(ground.cube, str(asked["measure"])) if asked.get("measure") in MEASURES else None
    bare = returned if isinstance(returned, Answer) else _bare(_line(read.name, worded), returned)
    assumed, part = ground.assumed(read.name, asked, bare.assumed)
    return replace(
        bare,
        says=plain_words(bare.says or _says(read.name, bare.table, {**worded, "unit": measure})),
        units=column_units(read.name, bare.table, bare.units, measure=measure),
        notes=(*bare.notes, *notes_of(read.name, asked, ground.cube)),
        picture=bare.picture or picture_of(read.name, bare),
        assumed=assumed,
        provenance=ground.provenance(read.name, asked, part),
    )


def asked_of(read: Question) -> dict[str, Any]:
    """Return every field of a question that has a value, defaults included.

    Parameters
    ----------
    read
        The question.

    Returns
    -------
    dict
        Field to value; several values as a list.

    Examples
    --------
    >>> asked_of(Question("placement", {}, {}))
    {'segment': 'all'}
    """
    fields = {
        name: field.default
        for name, field in QUESTIONS[read.name].model_fields.items()
        if name not in {"form", "as_of"} and not field.is_required()
    }
    values = {**fields, **read.arguments, **read.context}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value is not None
    }


def _says(name: str, table: pd.DataFrame, asked: Mapping[str, Any]) -> str:
    if table.empty:
        return "Nothing of the kind is forecast here."
    return SAYS[name](table, asked) if name in SAYS else ""


def _line(name: str, asked: Mapping[str, Any]) -> str:
    """Return a question in one line."""
    fields = [f"{field} {named(str(value))}" for field, value in asked.items() if value not in ("all", "base", [], {})]
    return ", ".join([name.replace("_", " "), *fields])


def _bare(question: str, returned: Any) -> Answer:
    notes = returned.notes if isinstance(returned, (Crossing, Relabelled)) else ()
    return Answer(question, answer_frame(returned), pd.DataFrame(columns=list(ASSUMED)), notes)
