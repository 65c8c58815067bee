"""Answer to the question which one number to measure next: indices of every figure, and what knowing it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.effects.decisions import PLAN, decision
from shiftcast.forecast.effects.figures import Figure, figures_to_measure
from shiftcast.forecast.effects.learning_words import learning_notes, learning_words
from shiftcast.forecast.effects.study import Study, Worth
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.part import Part, draws_of, unit_of
from shiftcast.forecast.views.places import place_ahead
from shiftcast.forecast.views.rows import part_of


@dataclass(frozen=True)
class LearnNext:
    """The question which figure to measure next.

    Attributes
    ----------
    by
        Quarter of the interval and of the decision, such as ``2027Q4``; the last one ahead if left out.
    measure
        Quantity whose interval is to shrink (:data:`forecast.views.part.MEASURES`).
    segment, leaf
        Part of the hierarchy.
    decision
        One of :data:`forecast.effects.decisions.DECISIONS`.
    under, over
        Costs of one too few and one too many [USD]; the record's where left out.
    error, sample
        Standard error of one measurement over the figure [1], and how many are taken.
    """

    by: str | None = None
    measure: str = "gpu_hours"
    segment: str = ALL
    leaf: str = ALL
    decision: str = PLAN
    under: float | None = None
    over: float | None = None
    error: float = 0.1
    sample: int = 1


def learn_next(cube: xr.Dataset, basis: Basis | None, asked: LearnNext) -> Answer:
    """Return which figures would shrink the interval of a measure most if measured, and what that is worth.

    Parameters
    ----------
    cube, basis
        Joint draws; assumptions of the same day, as history left them.
    asked
        Quarter, measure, part, decision and measurement.

    Returns
    -------
    Answer
        A row a figure, the largest ``share`` first: part of the variance of the log of the measure that knowing it
        takes away, ``shapley`` and ``total`` effects of the first, the 8 in 10 interval ``left`` with the figure in its
        middle, ``narrower`` by how much of its log width, its worth for the decision, known exactly (``usd_perfect``)
        and measured (``usd_sample``), and where it would come from. A table beside it has those worth most.

    Raises
    ------
    OutOfSupportError
        If the forecast was kept without its assumptions, does not reach the quarter, or has none of the measure.
    ValueError
        Naming the field that is out of range.
    """
    if basis is None:
        raise OutOfSupportError(
            "what to measure next", "this forecast was kept without its assumptions", "run `shiftcast run` again"
        )
    if asked.error < 0 or asked.sample < 1:
        raise InputError(f"error {asked.error:g} and sample {asked.sample}: give an error from 0, and 1 or more")
    part, (place, by) = Part(**part_of(segment=asked.segment, leaf=asked.leaf)), place_ahead(cube, asked.by)
    level = draws_of(cube, asked.measure, part)[:, place]
    wanted = decision(asked.decision, cube, basis, part, place, asked.under, asked.over)
    for name, draws in {asked.measure: level, wanted.name: wanted.need}.items():
        if not (draws > 0).all():
            where = f"{name} of {part.segment}/{part.leaf} in {by}"
            raise OutOfSupportError(where, "some draws have none of it", "ask a larger part")
    figures = figures_to_measure(cube, basis)
    study = Study(figures, np.log(level), basis.seed)
    worth = Worth(figures, wanted, error=asked.error, sample=asked.sample, seed=basis.seed)
    table = pd.DataFrame([study.row(at) | worth.row(at) | _source(figures[at]) for at in study.order], columns=_COLUMNS)
    of, unit = f"{asked.measure} in {by}, {part.segment}/{part.leaf}", unit_of(cube, asked.measure)
    return Answer(
        f"what to measure next for {of}", table, wanted.assumed, learning_notes(study, worth),
        says=learning_words(study, worth, table, of=of, unit=unit),
        more={f"worth for the decision {wanted.name}": worth.table()},
        units=_UNITS | dict.fromkeys(("left_low80", "left_high80"), unit),
    )  # fmt: skip


_COLUMNS: Final = [
    "figure", "kind", "share", "share_low80", "share_high80", "shapley", "total", "left_low80", "left_high80",
    "narrower", "usd_perfect", "usd_sample", "evidence", "source",
]  # fmt: skip
_UNITS: Final = {
    **dict.fromkeys(("share", "share_low80", "share_high80", "shapley", "total", "narrower"), "share"),
    **dict.fromkeys(("usd_perfect", "usd_sample"), "USD"),
}


def _source(figure: Figure) -> dict[str, str]:
    return {"evidence": figure.evidence, "source": figure.source}
