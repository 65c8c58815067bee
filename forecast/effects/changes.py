"""Answer to the question what a change is made of: effects of factors or parts, largest first in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.effects.shares import RULE, SHARE, share_change
from shiftcast.forecast.effects.terms import request_terms
from shiftcast.forecast.effects.words import SENSIBLE, said, signed
from shiftcast.forecast.spoken import percent, within
from shiftcast.forecast.views.answer import ASSUMED, Answer
from shiftcast.forecast.views.attribution import WARNING, Change, change_of, change_table
from shiftcast.forecast.views.cells import FITTED, REQUEST, Terms
from shiftcast.forecast.views.part import unit_of

if TYPE_CHECKING:  # it brings the models
    from shiftcast.forecast.known import Known

_NAMED: Final = 4  # effects told in words
_DUST: Final = 1e-12  # of the change
_INNER: Final = (0.1, 0.9)
_HELD: Final = (
    "Calls, tokens or samples a call, reuse, cost over the older technique and pace are constant within a forecast and "
    "differ between two forecasts alone; growth of models is that of tokens and work a request in time; "
    f"{FITTED!r} is what the fleet serves over what requests explain."
)


@dataclass(frozen=True)
class Attributed:
    """The question what a change between two quarters is made of.

    Attributes
    ----------
    start, end
        Quarters, such as ``2025Q2`` and ``2026Q2``.
    measure
        One of :data:`forecast.views.part.MEASURES`, or ``hyperscale_share`` of busy accelerator-hours.
    segment
        A segment, or ``all``.
    by
        One of :data:`forecast.views.attribution.BY`.
    """

    start: str
    end: str
    measure: str = "gpu_hours"
    segment: str = ALL
    by: str = "factor"


Side = tuple[xr.Dataset, "Basis | None", "Known | None"]


def attribute_answer(
    before: Side, after: Side, asked: Attributed, names: tuple[str, str] | None = None
) -> Answer:  # fmt: skip
    """Return what a change between two quarters of a forecast, or between two forecasts, is made of.

    Parameters
    ----------
    before, after
        Cube of each side, and the assumptions and record behind it, for ``by`` request; ``None`` where a forecast keeps
        neither. Both sides are the same where two quarters are compared.
    asked
        Quarters, measure, segment, and what it is split by.
    names
        What the two sides are called; their quarters if not given.

    Returns
    -------
    Answer
        The table of :func:`forecast.views.attribution.attribute`.

    Raises
    ------
    OutOfSupportError, ValueError
        As :func:`forecast.views.attribution.attribute` and :func:`forecast.effects.shares.share_change` do.
    """
    if names is None and quarter_end(asked.start) >= quarter_end(asked.end):
        raise InputError(f"start {asked.start} is not before end {asked.end}; give the earlier quarter as start")
    first, last = names or (asked.start, asked.end)
    found = change_between(before, after, asked)
    unit = "1" if asked.measure == SHARE else unit_of(after[0], asked.measure)
    table = change_table(found, first, last, unit)
    notes = (WARNING, *((RULE,) if asked.measure == SHARE else ()), *((_HELD,) if asked.by == REQUEST else ()))
    return Answer(
        f"what the change of {asked.measure} from {first} to {last} is made of by {asked.by}", table,
        pd.DataFrame(columns=list(ASSUMED)), notes, says=change_words(found, table, asked.measure),
        units={**dict.fromkeys(("mean", "low80", "median", "high80"), unit), "share": "share"},
    )  # fmt: skip


def level_of(cube: xr.Dataset, quarter: str, asked: Attributed) -> Array:
    """Return the level of what a question asks about in one quarter.

    Parameters
    ----------
    cube, quarter
        Joint draws, and label of the quarter.
    asked
        Measure and segment.

    Returns
    -------
    ndarray, shape (draws,)
        In the unit of the measure, or share.
    """
    side = cube, None, None
    by = "leaf" if asked.measure == SHARE else "segment"
    return change_between(side, side, replace(asked, start=quarter, end=quarter, by=by)).after


def change_between(before: Side, after: Side, asked: Attributed) -> Change:
    """Split the difference of a measure between two quarters of a forecast, or between two forecasts.

    Parameters
    ----------
    before, after
        Cube, basis and record of each side.
    asked
        Quarters of the two, measure, segment, and what it is split by.

    Returns
    -------
    Change
        Draw by draw.

    Raises
    ------
    OutOfSupportError, ValueError
        As :func:`attribute_answer` does.
    """
    both = {"start": asked.start, "end": asked.end, "segment": asked.segment, "by": asked.by}
    if asked.measure == SHARE:
        return share_change(before[0], after[0], **both)
    terms = _terms(before, after, asked) if asked.by == REQUEST else None
    return change_of(before[0], after[0], measure=asked.measure, terms=terms, **both)


def _terms(before: Side, after: Side, asked: Attributed) -> tuple[Terms, Terms] | None:
    """Return the terms of the hours of a request on both sides, none where they are not kept."""
    found = []
    for (cube, basis, known), quarter in ((before, asked.start), (after, asked.end)):
        if basis is None or known is None:
            return None
        found.append(request_terms(cube, basis, known.registry, quarter))
    return found[0], found[1]


def change_words(change: Change, table: pd.DataFrame, measure: str) -> str:
    """Return a table of effects in words.

    Parameters
    ----------
    change, table
        Draws of the change, and their table (:func:`forecast.views.attribution.change_table`).
    measure
        What changed.

    Returns
    -------
    str
        The change first, then its largest effects with 8 in 10 intervals.
    """
    first, last, effects = table.iloc[0], table.iloc[-1], table.iloc[1:-1]
    moved, unit = float(last["mean"] - first["mean"]), str(first["unit"])
    low, high = np.quantile(change.after - change.before, _INNER)
    told = effects[effects["mean"].abs() > _DUST * abs(moved)]
    told = told.loc[told["mean"].abs().sort_values(ascending=False, kind="stable").index].head(_NAMED)
    shown = bool((told["share"].abs() < SENSIBLE).all())
    each = [
        f"{row.factor} {signed(row.mean)} ({within(signed(row.low80), signed(row.high80))}"
        + (f"; {percent(row.share)} of it)" if shown else ")")
        for row in told.itertuples(index=False)
    ]
    others, rest = len(effects) - len(told), float(effects["mean"].sum() - told["mean"].sum())
    tail = f"; {others} others {signed(rest)}" if others and abs(rest) > _DUST * abs(moved) else ""
    return (
        f"{signed(moved, unit)} ({within(signed(float(low)), signed(float(high)))}): {measure} goes from "
        f"{said(first['mean'])} in {first['factor']} to {said(last['mean'])} in {last['factor']}, on the mean. "
        f"It is made of {'; '.join(each) or 'nothing'}{tail}."
    )
