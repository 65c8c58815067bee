"""Check rows before they are aggregated; rows that break a rule belong in quarantine before they get here.

Counts, least and greatest values are asked for and no row-wise rule where they will do: DuckDB answers them from the
statistics of a Parquet file. Those leave out values that are not a number, which therefore pass here, make their cell
not a number, and are refused with it where the store checks the usage frame.
"""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir
import pandas as pd

from shiftcast.features.frames import POINT_HOW
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.stream import collect


def check_spans(parts: tuple[ir.Table, ...]) -> None:
    """Raise if a span ends before it starts, or has no start, end, or finite amount of zero or more.

    Parameters
    ----------
    parts
        The spans, file by file or all at once.

    Raises
    ------
    ValueError
        Naming the rules that rows break and how many do.
    """
    fact = _together([
        spans.agg(
            rows=spans.count(), start=spans.start.count(), end=spans.end.count(), amount=spans.amount.count(),
            low=spans.amount.min(), high=spans.amount.max(),
            backwards=ibis.ifelse(spans.end < spans.start, 1, 0).sum().fill_null(0),
        ) for spans in parts
    ])  # fmt: skip
    broken = [f"{fact.rows - fact[name]:.0f} without {name}" for name in ("start", "end", "amount")]
    broken += [f"{fact.backwards:.0f} end before they start", _outside("amount", fact.low, fact.high, 0.0)]
    _refuse("spans", broken)


def check_points(parts: tuple[ir.Table, ...]) -> frozenset[str]:
    """Check points, and return the values of ``how`` that are there.

    Parameters
    ----------
    parts
        The points, file by file or all at once.

    Returns
    -------
    frozenset of str
        Some of ``sum, mean, last, counter``.

    Raises
    ------
    ValueError
        If a reading has no moment, value or ``how``, an infinite value, or is to be summed up in an unknown way.
    """
    fact = _together([
        points.agg(
            rows=points.count(), at=points["at"].count(), value=points.value.count(), how=points.how.count(),
            low=points.value.min(), high=points.value.max(), first=points.how.min(), last=points.how.max(),
        ) for points in parts
    ])  # fmt: skip
    if fact.rows == 0:
        return frozenset()
    alike = fact["first"] == fact["last"]
    hows = {fact["first"]} if alike else {how for points in parts for how in collect(points[["how"]].distinct()).how}
    hows = {how for how in hows if isinstance(how, str)}
    broken = [f"{fact.rows - fact[name]:.0f} without {name}" for name in ("at", "value", "how")]
    broken += [_outside("value", fact.low, fact.high, -math.inf)]
    broken += [f"some have how {how!r}, not one of {', '.join(POINT_HOW)}" for how in sorted(hows - set(POINT_HOW))]
    _refuse("points", broken)
    return frozenset(hows)


def _together(facts: list[ir.Table]) -> pd.Series:
    """Return counts added up, and the least and greatest of all parts."""
    rows = collect(facts[0] if len(facts) == 1 else ibis.union(*facts))
    how = {"low": "min", "first": "min", "high": "max", "last": "max"}
    return pd.Series({name: getattr(rows[name].dropna(), how.get(str(name), "sum"))() for name in rows})


def _outside(name: str, low: float, high: float, least: float) -> str:
    inside = least <= low and -math.inf < low and high < math.inf
    return "" if inside or math.isnan(low) else f"{name} reaches from {low:g} to {high:g}"


def _refuse(name: str, broken: list[str]) -> None:
    named = [each for each in broken if each and not each.startswith("0 ")]
    if named:
        raise InputError(f"{name}: rows break the contract: {'; '.join(named)}; set them aside with the reason first")
