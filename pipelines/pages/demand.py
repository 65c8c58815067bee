"""Views of how much is wanted and bought: the headline measures by quarter, and each leaf beside the others."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.forecast.leaves import SEGMENT_OF
from shiftcast.forecast.spoken import number, percent
from shiftcast.forecast.telling.words import figure, unit_words
from shiftcast.forecast.views.part import Part, unit_of
from shiftcast.pipelines.drawing.fan import Look, fan
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.stream import stream
from shiftcast.pipelines.pages.asked import Asked, quantiles
from shiftcast.pipelines.pages.cells import HIGH, LOW, MIDDLE, cell
from shiftcast.pipelines.pages.course import level_rows, work_rows
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.view import Table, View

SHOWN: Final = ("accelerators", "power", "spending", "gpu_hours")
SIDES: Final = ("hyperscale", "rest")
_YEAR_END: Final = "Q4"


def demand(asked: Asked, *, segment: str = "all") -> View:
    """Return how many accelerators there are, what they draw, cost and do, by quarter.

    Parameters
    ----------
    asked
        The forecast.
    segment
        ``hyperscale``, ``rest``, or ``all`` for the whole with both beside each other.

    Returns
    -------
    View
    """
    part = {} if segment == "all" else {"segment": segment}
    tables = {measure: asked.table(quantiles(measure, **part)) for measure in SHOWN}
    first, last = tables["accelerators"].iloc[0], tables["accelerators"].iloc[-1]
    power = tables["power"].iloc[-1]
    title = (
        f"{number(last[MIDDLE])} accelerators in place by {last['quarter']}, {number(last[MIDDLE] / first[MIDDLE])} "
        f"times those of {first['quarter']}; they draw {figure(power[MIDDLE], str(power['unit']))}"
    )
    sides = SIDES if segment == "all" else (segment,)
    return View(
        "demand",
        "Demand",
        title if segment == "all" else f"{worded(segment).capitalize()}: {title}",
        says=tuple(asked.says(quantiles(measure, **part)) for measure in SHOWN),
        pictures=tuple(_picture(asked, measure, sides) for measure in SHOWN),
        tables=(_by_year(tables),),
        notes=asked.answer(quantiles("accelerators", **part)).notes,
    )


def leaves(asked: Asked, *, measure: str = "accelerators") -> View:
    """Return a measure by leaf, small multiples on one axis each.

    Parameters
    ----------
    asked
        The forecast.
    measure
        One of the forecast's measures.

    Returns
    -------
    View
    """
    question = quantiles(measure, by="leaf")
    table = asked.table(question)
    parts = table[table["leaf"] != "all"]
    unit = str(table["unit"].iloc[0])
    ends = parts.groupby("leaf", sort=False).agg(first=(MIDDLE, "first"), last=(MIDDLE, "last"))
    ranked = ends.sort_values("last", ascending=False)
    fastest = str((ends["last"] / ends["first"]).idxmax())
    most = str(ranked.index[0])
    whole = table[table["leaf"] == "all"].iloc[-1]
    title = (
        f"{percent(ranked['last'].iloc[0] / whole[MIDDLE])} of {worded(measure)} in {asked.horizon} are with "
        f"{worded(most)}, the largest leaf; the fastest growth is of {worded(fastest)}"
    )
    cube, order = asked.forecaster.cube, list(map(str, ranked.index))
    rows = pd.concat(
        [level_rows(cube, measure, Part(SEGMENT_OF[leaf], leaf), panel=worded(leaf)) for leaf in order],
        ignore_index=True,
    )
    picture = fan(rows, title=f"{_capital(worded(measure))} by leaf", unit=unit, moments=asked.moments)
    return View(
        "leaves", "Who buys, leaf by leaf", title, says=(asked.says(question),), pictures=(picture,),
        tables=(_by_part(parts, "leaf", order, measure, unit),),
        notes=("Each panel has its own axis: compare shapes by the panels, sizes by the table.",),
    )  # fmt: skip


def work(asked: Asked, *, segment: str = "all") -> View:
    """Return what busy GPU-hours are spent on, by workload, what no record explains among them.

    Parameters
    ----------
    asked, segment
        The forecast, and whose hours.

    Returns
    -------
    View
    """
    part = {} if segment == "all" else {"segment": segment}
    question = quantiles("gpu_hours", by="workload", **part)
    table = asked.table(question)
    last = table[table["quarter"] == asked.horizon].set_index("workload")[MIDDLE]
    known = last.drop(index=["all", "unallocated"], errors="ignore").sort_values(ascending=False)
    title = (
        f"Of what is explained, {worded(str(known.index[0]))} takes most GPU-hours in {asked.horizon}, "
        f"{percent(known.iloc[0] / last['all'])} of all; "
        f"{percent(last.get('unallocated', 0.0) / last['all'])} is not explained"
    )
    picture = stream(work_rows(asked.forecaster.cube, segment), title="What busy GPU-hours are spent on, means",
                     moments=asked.moments)  # fmt: skip
    order = ["all", *known.index, *(["unallocated"] if "unallocated" in last else [])]
    return View(
        "work", "What the hours do", title, says=(asked.says(question),), pictures=(picture,),
        tables=(_by_part(table, "workload", order, "gpu_hours", str(table["unit"].iloc[0])),),
        notes=(("Accounting, not causation. What is not explained is what the hardware is believed to be busy with "
                "beyond the workloads that the record tells of."),),
    )  # fmt: skip


def _picture(asked: Asked, measure: str, sides: tuple[str, ...]) -> Picture:
    cube = asked.forecaster.cube
    rows = pd.concat([level_rows(cube, measure, Part(side), panel=worded(side)) for side in sides], ignore_index=True)
    title = f"{_capital(worded(measure))} by segment"
    return fan(rows, title=title, unit=unit_of(cube, measure), look=Look(alike=True), moments=asked.moments)


def _by_year(tables: dict[str, pd.DataFrame]) -> Table:
    quarters = [name for name in tables["accelerators"]["quarter"] if str(name).endswith(_YEAR_END)]
    rows = []
    for measure, table in tables.items():
        own = table.set_index("quarter")
        cells = {q: cell(own.loc[q, LOW], own.loc[q, MIDDLE], own.loc[q, HIGH]) for q in quarters}
        rows.append({"measure": worded(measure), "unit": unit_words(str(table["unit"].iloc[0])), **cells})
    return Table("Medians and 8 in 10 intervals at the end of each year", pd.DataFrame(rows), tuple(quarters))


def _by_part(table: pd.DataFrame, by: str, order: list[str], measure: str, unit: str) -> Table:
    quarters = [name for name in dict.fromkeys(table["quarter"]) if str(name).endswith(_YEAR_END)]
    rows = []
    for part in order:
        own = table[table[by] == part].set_index("quarter")
        cells = {q: cell(own.loc[q, LOW], own.loc[q, MIDDLE], own.loc[q, HIGH]) for q in quarters}
        side = {"segment": worded(SEGMENT_OF.get(part, ""))} if by == "leaf" else {}
        rows.append({by: worded(part), **side, **cells})
    title = f"{_capital(worded(measure))} by {by}, medians and 8 in 10 intervals [{unit_words(unit)}]"
    return Table(title, pd.DataFrame(rows), tuple(quarters))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
