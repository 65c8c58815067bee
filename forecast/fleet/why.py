"""Answer to why a fleet's cost or hours changed: an exact split by volume, mix, technique, intensity, price."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.features.frames import DataFrame, Usage
from shiftcast.features.input_error import InputError
from shiftcast.features.usage import period_ends
from shiftcast.forecast.fleet.words import short
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.attribution import WARNING
from shiftcast.forecast.views.lmdi import Cells, defined, lmdi

BY: Final = ("workload", "technique")
READ: Final = {"gpu_hours": "hours", "cost": "cost", "requests": "requests"}
_HOUR: Final = "accelerator_hour"
_CHARGES: Final = "charges without hours"
_NAMED: Final = 4
_DUST: Final = 1e-13  # of all cost; what rounding alone leaves to a factor
_DAY: Final = pd.Timedelta(days=1)
_NUMBERED: Final = ["leaf", "operator", "user"]  # labels that may hold the number of an invoice
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Side:
    """Usage of one period.

    Attributes
    ----------
    name
        What it is called, such as ``2026-09`` or the name of an invoice.
    rows
        Usage rows: ``measure, unit, value``, labels and ``accelerator``; those of ``gpu_hours, cost, requests`` are
        read.
    days
        Days it covers.
    """

    name: str
    rows: pd.DataFrame
    days: float


def month_side(usage: DataFrame[Usage], label: str) -> Side:
    """Return the usage of one calendar month.

    Parameters
    ----------
    usage
        Rows of the fleet's store as of a day.
    label
        The month, such as ``2026-09``.

    Returns
    -------
    Side

    Raises
    ------
    ValueError
        If the label is no month, or nothing of it is stored in months or shorter periods that lie within it.
    """
    if not _MONTH.fullmatch(label):
        raise InputError(f"month {label!r} is not one such as 2026-09")
    start = pd.Timestamp(f"{label}-01", tz="UTC")
    end = start + pd.offsets.MonthBegin(1)
    rows = usage[(usage["period_start"] >= start) & (usage["period_start"] < end) & (usage["how"] == "sum")]
    rows = rows[rows["measure"].isin(list(READ)) & (period_ends(rows) <= end)]
    if rows.empty:
        held = usage.loc[usage["measure"].isin(list(READ)), "period_start"]
        span = f"usage is of {held.min():%Y-%m} to {held.max():%Y-%m}" if len(held) else "no hours or cost are stored"
        raise InputError(f"nothing of {label} is stored in months or shorter periods; {span}")
    return Side(label, rows, float((end - start).days))


def side_of(usage: DataFrame[Usage], name: str) -> Side:
    """Return the usage of a calendar month, or of an invoice whose number the store keeps as a label.

    Parameters
    ----------
    usage
        Rows of the fleet's store as of a day.
    name
        The month, such as ``2026-09``, or the number of the invoice.

    Returns
    -------
    Side
        With the days that usage covers of the month, or from the first to the last period of the invoice.

    Raises
    ------
    ValueError
        If it is neither, or nothing of that month is stored.
    """
    if _MONTH.fullmatch(name):
        side = month_side(usage, name)
        start = pd.Timestamp(f"{name}-01", tz="UTC")
        first, last = usage["period_start"].min(), period_ends(usage).max()
        covered = min(last, start + pd.offsets.MonthBegin(1)) - max(first, start)
        return replace(side, days=covered / _DAY)
    rows = usage[usage["measure"].isin(list(READ)) & (usage["how"] == "sum")]
    rows = rows[(rows[_NUMBERED] == name).any(axis=1)]
    if rows.empty:
        raise InputError(
            f"{name!r} is no month such as 2026-09, and no invoice of that number is stored; to keep the numbers, "
            "ingest the bill with --set leaf=@invoice"
        )
    return Side(name, rows, (period_ends(rows).max() - rows["period_start"].min()) / _DAY)


def why(before: Side, after: Side, *, by: Sequence[str] = BY) -> Answer:
    """Return what a change of cost is made of, exactly; of hours, where one of the two has no cost.

    Cost is, cell by cell, days x requests a day x share of the first label x share of each label within the one before
    x hours a request x share of the accelerator x cost of an hour, and its change is split by LMDI-I. Where no requests
    are stored, hours take the place of requests and of hours a request, in one factor. Charges without hours, and
    credits, stand alone.

    Parameters
    ----------
    before, after
        Usage of the two periods.
    by
        Labels whose mix is told apart, the broader first; ``("operator",)`` or ``("user",)`` for owners.

    Returns
    -------
    Answer
        A row a factor with its effect and share of the change; effects add up to it. ``more["by part"]`` has a row a
        part with a column a factor, the largest changes first.

    Raises
    ------
    ValueError
        If a side has neither hours nor cost, a label is not a column, or cost is in several currencies.
    """
    by, sides = list(by), (before, after)
    unit = _unit(sides)
    tables = _cells(sides, by, money=unit != _HOUR)
    counted = _counted(tables, by)
    factors = [_factors(table, counted, by, side.days) for table, side in zip(tables, sides, strict=True)]
    old, new = defined(
        *(Cells((), {name: each.to_numpy()[:, None] for name, each in side.items()}) for side in factors)
    )
    effects = pd.DataFrame(lmdi(old.factors, new.factors), index=tables[0].index)
    effects[_CHARGES] = tables[1]["charges"] - tables[0]["charges"]
    levels = [(table["cost"] + table["charges"]).groupby(level=by).sum() for table in tables]
    parts = effects.groupby(level=by).sum()
    dust = _DUST * max(float(each.abs().sum()) for each in levels)
    parts = parts.loc[:, (parts.abs() > dust).any()]
    parts = pd.concat([levels[0].rename("before"), levels[1].rename("after"), parts], axis=1)
    order = (parts["after"] - parts["before"]).abs().sort_values(ascending=False, kind="stable").index
    table = _table(sides, parts)
    return Answer(
        f"{'hours' if unit == _HOUR else 'cost'} of {after.name} against {before.name}, by {', '.join(by)}",
        table.assign(unit=unit), pd.DataFrame(), _notes(counted, tables), says=_says(table, unit),
        more={"by part": parts.loc[order].reset_index().assign(unit=unit)},
    )  # fmt: skip


def _unit(sides: tuple[Side, Side]) -> str:
    """Return the currency if both sides have cost, else accelerator-hours."""
    units, costly = set(), []
    for side in sides:
        rows = side.rows[side.rows["measure"].isin(["gpu_hours", "cost"]) & (side.rows["value"] != 0)]
        if rows.empty:
            raise InputError(f"{side.name} has neither hours nor cost in the store; ask for a period that usage covers")
        money = rows[rows["measure"] == "cost"]
        units |= set(money["unit"])
        costly.append(len(money) > 0)
    if not all(costly):
        return _HOUR
    if len(units) > 1:
        raise InputError(f"cost is in {' and '.join(sorted(units))}; bring it to one currency before it is compared")
    return str(units.pop())


def _cells(sides: tuple[Side, Side], by: list[str], *, money: bool) -> tuple[pd.DataFrame, ...]:
    """Return ``hours, cost, requests, charges`` by labels and accelerator, both sides with the same cells.

    Without money an hour costs one. Charges are cost that has no hours, and cells that were paid back.
    """
    keys = [*by, "accelerator"]
    sums = []
    for side in sides:
        missing = [label for label in keys if label not in side.rows]
        if missing:
            raise InputError(
                f"label {missing[0]!r} is not a column of the usage of {side.name}; choose among its labels"
            )
        rows = side.rows[side.rows["measure"].isin(list(READ))]
        rows = rows.assign(measure=rows["measure"].map(READ), **rows[keys].fillna("").astype(str))
        sums.append(rows.pivot_table(index=keys, columns="measure", values="value", aggfunc="sum"))
    index = sums[0].index.union(sums[1].index)
    tables = []
    for each in sums:
        table = each.reindex(index=index, columns=list(READ.values())).fillna(0.0)
        cost = table["cost"] if money else table["hours"]
        alone = (table["hours"] <= 0) | (cost < 0)
        tables.append(table.assign(cost=cost.mask(alone, 0.0), charges=cost.where(alone, 0.0)))
    return tuple(tables)


def _counted(tables: tuple[pd.DataFrame, ...], by: list[str]) -> pd.Series:
    """Return the cells of parts whose requests are known wherever their hours are."""
    sums = [table.groupby(level=by)[["hours", "requests"]].transform("sum") for table in tables]
    known = [(each["requests"] > 0) | (each["hours"] <= 0) for each in sums]
    some = (sums[0]["requests"] > 0) | (sums[1]["requests"] > 0)
    return known[0] & known[1] & some


def _factors(table: pd.DataFrame, counted: pd.Series, by: list[str], days: float) -> dict[str, pd.Series]:
    """Return the factors whose product is the cost of each cell; NaN where one is a share of nothing."""
    none = not counted.any()
    base = table["hours"] if none else table["requests"].where(counted, 0.0)
    volume = "hours a day" if none else "requests a day"
    whole = pd.Series(float(base.sum()), index=table.index)
    part = table["hours"].groupby(level=by).transform("sum")
    factors = {"days": pd.Series(days, index=table.index), volume: whole / days}
    above = whole
    for place, label in enumerate(by):
        mine = base.groupby(level=by[: place + 1]).transform("sum")
        factors[f"{label} mix" if place == 0 else f"{label} within {by[place - 1]}"] = mine / above
        above = mine
    if not none:
        factors = {
            name: each.where(counted | (name == "days"), 1.0) for name, each in factors.items()
        }  # fmt: skip
        factors["hours a request"] = (part / above).where(counted, 1.0)
        factors["hours without requests"] = (part / days).mask(counted, 1.0)
    return {**factors, "accelerator mix": table["hours"] / part, "cost of an hour": table["cost"] / table["hours"]}


def _table(sides: tuple[Side, Side], parts: pd.DataFrame) -> pd.DataFrame:
    """Return the level before, a row a factor, and the level after."""
    sums = parts.sum()
    change = float(sums["after"] - sums["before"])
    rows: list[dict[str, Any]] = [{"factor": sides[0].name, "amount": float(sums["before"]), "share": np.nan}]
    rows += [
        {"factor": str(name), "amount": float(value), "share": float(value) / change if change else 0.0}
        for name, value in sums.drop(["before", "after"]).items()
    ]
    return pd.DataFrame([*rows, {"factor": sides[1].name, "amount": float(sums["after"]), "share": np.nan}])


def _says(table: pd.DataFrame, unit: str) -> str:
    first, last = table.iloc[0], table.iloc[-1]
    change = float(last["amount"] - first["amount"])
    what, sign = ("Hours", "") if unit == _HOUR else ("Cost", f"{unit} ")
    if change == 0:
        return f"{what} did not change from {first['factor']} to {last['factor']}: {sign}{short(first['amount'])}."
    moved = "rose" if change > 0 else "fell"
    by = f"{percent(abs(change) / first['amount'])} ({sign}{short(abs(change))})" if first["amount"] > 0 else (
        f"by {sign}{short(abs(change))}, from {short(first['amount'])},"
    )  # fmt: skip
    inner = table.iloc[1:-1]
    inner = inner.loc[inner["amount"].abs().sort_values(ascending=False, kind="stable").index][:_NAMED]
    named = ", ".join(
        f"{'+' if row.amount > 0 else '-'}{short(abs(row.amount))} by {row.factor}" for row in inner.itertuples()
    )
    return f"{what} {moved} {by} from {first['factor']} to {last['factor']}: {named}."


def _notes(counted: pd.Series, tables: tuple[pd.DataFrame, ...]) -> tuple[str, ...]:
    notes = [WARNING]
    if not counted.any():
        notes.append("No requests are stored: volume and hours a request are one factor, hours a day.")
    elif not counted.all():
        hours = sum(float(table.loc[~counted, "hours"].sum()) for table in tables)
        share = hours / max(sum(float(table["hours"].sum()) for table in tables), 1e-300)
        if share > 0:
            notes.append(f"{percent(share)} of the hours have no requests stored and stand as one factor.")
    return tuple(notes)
