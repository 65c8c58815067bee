"""One paragraph of an answer about a measure, a share, hours by vendor or a change, from its table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.forecast.spoken import number, percent
from shiftcast.forecast.telling.words import between, figure, named, part_words
from shiftcast.forecast.views.published import CLAIMED

Row = Mapping[str, Any]
LOW, MIDDLE, HIGH = "q100", "q500", "q900"
_LEVEL: Final = re.compile(r"q\d+(\.\d+)?")


def of_forecast(table: pd.DataFrame, asked: Row) -> str:
    """Return what published rows say: the last quarter and the first.

    Parameters
    ----------
    table, asked
        Rows of the forecasts frame, and the fields of the question.

    Returns
    -------
    str
    """
    wide = _whole(table, asked)
    wide = wide[wide["statistic"] == "quantile"].pivot_table(index="period_end", columns="quantile", values="value")
    wide = wide[[0.1, 0.5, 0.9]].set_axis([LOW, MIDDLE, HIGH], axis=1)
    yearly = asked.get("every") == "year"
    quarters = [f"{end.year}" if yearly else f"{end.year}Q{end.quarter}" for end in wide.index]
    return _course(wide.assign(quarter=quarters, unit=table["unit"].iloc[0]), asked)


def of_quantiles(table: pd.DataFrame, asked: Row) -> str:
    """Return what quantiles by quarter or year say of the whole: the last and the first.

    Parameters
    ----------
    table, asked
        Table of ``quantiles`` and the fields of the question.

    Returns
    -------
    str
    """
    whole = _whole(table, asked)
    if "year" not in whole:
        return _course(whole, asked)
    said = _course(whole.assign(quarter=whole["year"]), asked)
    behind = int(whole["reported_quarters"].iloc[0])
    known = f"; {behind} of the quarters of {whole['year'].iloc[0]} are behind the forecast" if behind else ""
    return f"{said} A year is the {whole['taken'].iloc[0]}{known}."


def of_draws(table: pd.DataFrame, asked: Row) -> str:
    """Return what joint draws say: their median and interval in the last quarter.

    Parameters
    ----------
    table, asked
        Table of ``draws`` and the fields of the question.

    Returns
    -------
    str
    """
    levels = {LOW: 0.1, MIDDLE: 0.5, HIGH: 0.9}
    last = str(table["quarter"].iloc[-1])
    values = table.loc[table["quarter"] == last, "value"]
    row = {name: float(np.quantile(values, level)) for name, level in levels.items()}
    whole = pd.DataFrame([{**row, "quarter": last, "unit": table["unit"].iloc[0]}])
    return f"{_course(whole, asked)} That is over the {len(values)} joint draws shown."


def of_share(table: pd.DataFrame, asked: Row) -> str:
    """Return what the share of techniques says: the last quarter and the first.

    Parameters
    ----------
    table, asked
        Table of ``share`` and the fields of the question.

    Returns
    -------
    str
    """
    subject = (
        f"the part of {named(str(asked['of']))} {named(str(asked['base']))} that goes to "
        f"{named(str(asked['technique']))}, {named(str(asked['segment']))}"
    )
    return _course(table.assign(unit="share"), asked, subject=subject)


def of_split(table: pd.DataFrame, asked: Row) -> str:
    """Return what the split says: the hyperscale share in the last quarter, now, and the odds of the claimed one.

    Parameters
    ----------
    table, asked
        Table of ``split`` and the fields of the question.

    Returns
    -------
    str
    """
    now, last = table[table["kind"] == "estimate"].iloc[-1], table.iloc[-1]
    subject = f"hyperscale clouds' part of {named(str(asked['base']))}"
    return (
        f"{_marks(last, 'share')}: {subject}. In {now['quarter']} it is {percent(now[MIDDLE])} "
        f"({between(now[LOW], now[HIGH], 'share')}). At least {percent(CLAIMED)}, as was claimed, has a "
        f"probability of {percent(last['at_least_60'])} in {last['quarter']}."
    )


def of_placement(table: pd.DataFrame, asked: Row) -> str:
    """Return who makes the chips that work runs on: hours of all in the last quarter, and each maker's part then.

    Parameters
    ----------
    table, asked
        Table of ``placement`` and the fields of the question.

    Returns
    -------
    str
    """
    last = table[table["quarter"] == table["quarter"].iloc[-1]].set_index("vendor")
    whole, makers = last.loc["all"], last.drop(index=["all", "cpu"], errors="ignore").sort_values("share")[::-1]
    now = table[table["kind"] == "estimate"].groupby("vendor").last()
    parts = ", ".join(
        f"{name} {percent(row['share'])} ({percent(now.loc[name, 'share'])} in {now.loc[name, 'quarter']})"
        for name, row in makers.iterrows()
    )
    return f"{_marks(whole, str(whole['unit']))}: busy hours of {part_words(asked)}, by who makes the chip: {parts}."


def of_techniques(table: pd.DataFrame, asked: Row) -> str:
    """Return how far techniques have come: the one whose part of GPU-hours moves most, then the others of that side.

    Parameters
    ----------
    table, asked
        Table of ``techniques`` and the fields of the question.

    Returns
    -------
    str
    """
    ends = table.groupby(["workload", "segment", "technique"], sort=False)[f"gpu_hours_{MIDDLE}"].agg(["first", "last"])
    workload, segment, technique = (ends["last"] - ends["first"]).abs().idxmax()
    rows = table[(table["workload"] == workload) & (table["segment"] == segment) & (table["technique"] == technique)]
    now, last = rows.iloc[0], rows.iloc[-1]
    spread = {name: last[f"gpu_hours_{name}"] for name in (LOW, MIDDLE, HIGH)}
    return (
        f"{_marks({**spread, 'quarter': last['quarter']}, 'share')}: the part of {named(str(workload))} GPU-hours that "
        f"goes to {named(str(technique))} in {named(str(segment))}, the largest move of {len(ends)} techniques. In "
        f"{now['quarter']} it is {percent(now[f'gpu_hours_{MIDDLE}'])} of GPU-hours, "
        f"{percent(now[f'requests_{MIDDLE}'])} of requests, and operators with {percent(now[f'adoption_{MIDDLE}'])} of "
        "requests use it at all."
    )


def of_concentration(table: pd.DataFrame, asked: Row) -> str:
    """Return how concentrated demand is, the most concentrated kind of part first.

    Parameters
    ----------
    table, asked
        Table of ``concentration`` and the fields of the question.

    Returns
    -------
    str
    """
    rows = table.sort_values("hhi", ascending=False)
    said = [
        f"{number(row['effective'])} users of equal size would be as concentrated as {row['over']}; the largest is "
        f"{named(str(row['top']))}, and {percent(1 - row['without_half'])} of the whole is lost if it halves"
        for _, row in rows.iterrows()
    ]
    return f"{'. '.join(said)}."


def _whole(table: pd.DataFrame, asked: Row) -> pd.DataFrame:
    """Return the rows of the whole of what is broken down."""
    by = asked.get("by")
    return table if by is None else table[table[by] == str(asked.get(by, "all"))]


def _course(table: pd.DataFrame, asked: Row, *, subject: str | None = None) -> str:
    """Return the last quarter with its interval, what it is of, and the first quarter."""
    row, first, unit = table.iloc[-1], table.iloc[0], str(table["unit"].iloc[0])
    what = subject or f"{named(str(asked['measure']))}, {part_words(asked)}"
    under = f", under {asked['scenario']}" if asked.get("scenario", "base") != "base" else ""
    said = f"{_marks(row, unit)}: {what}{under}."
    if len(table) == 1:
        return said
    return f"{said} In {first['quarter']} it is {_marks(first, unit, dated=False)}."


def _marks(row: Any, unit: str, *, dated: bool = True) -> str:
    """Return the middle of a row with its unit, quarter and interval; other levels than 10 and 90 % by their own."""
    levels = sorted(filter(_LEVEL.fullmatch, map(str, row.keys())), key=lambda name: float(name[1:]))
    low, high = (LOW, HIGH) if {LOW, HIGH} <= set(levels) else (levels[0], levels[-1])
    middle = row[MIDDLE] if MIDDLE in row else row["mean"]
    span = between(row[low], row[high], unit)
    if (low, high) != (LOW, HIGH):
        span = span.replace("8 in 10", f"from the {float(low[1:]) / 10:g} % to the {float(high[1:]) / 10:g} % quantile")
    when = f" in {row['quarter']}" if dated else ""
    return f"{figure(float(middle), unit)}{when} ({span})"
