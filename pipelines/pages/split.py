"""View of the hyperscale share: under each definition and base, and the odds of the share that was claimed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pandas as pd
import xarray as xr

from shiftcast.features.calendars import quarter_label
from shiftcast.features.series import select
from shiftcast.forecast.known import Known
from shiftcast.forecast.split.share import split_statements
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.views.part import periods
from shiftcast.forecast.views.published import CLAIMED
from shiftcast.pipelines.drawing.bars import bars
from shiftcast.pipelines.drawing.fan import Look, fan
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.asked import REVENUE, Asked, split
from shiftcast.pipelines.pages.cells import HIGH, LOW, MIDDLE, bounded, cell, plain
from shiftcast.pipelines.pages.course import split_rows
from shiftcast.pipelines.pages.glossary import shortly, worded
from shiftcast.pipelines.pages.view import Said, Table, View

OF_BASE: Final = {
    "revenue": "spending", "accelerators": "accelerators in place", "watts": "power", "gpu_hours": "GPU-hours",
}  # fmt: skip
_LEVELS: Final = (LOW, MIDDLE, HIGH)
ODDS: Final = f"at least {percent(CLAIMED)}"  # head of a column


def hyperscale_split(asked: Asked, *, base: str = REVENUE, definition: str = "") -> View:
    """Return the hyperscale share under a definition and base, beside the others.

    Parameters
    ----------
    asked
        The forecast.
    base
        ``revenue, gpu_hours, accelerators`` or ``watts``.
    definition
        Who counts as hyperscale; the reference if empty.

    Returns
    -------
    View
    """
    definition = definition or asked.definition
    question = split(definition, base)
    table = asked.table(question)
    last = table.iloc[-1]
    title = (
        f"Hyperscale clouds take {percent(last[MIDDLE])} of {OF_BASE[base]} in {last['quarter']}; at least "
        f"{percent(CLAIMED)} has odds of {percent(last['at_least_60'])}"
    )
    return View(
        "split", "Is it 60/40?", title,
        says=(asked.says(question), Said(_counted(asked, definition)), Said(_elsewhere(asked, base, definition))),
        tables=(_ends(asked), _by_quarter(table)),
        pictures=(_picture(asked, base, definition), _beside(asked)),
        notes=(
            (f"The {percent(CLAIMED)} was said on a stage, without base or membership. It enters as one statement of a "
            "definition of its own and is never imposed; no such number is in the model."),
            *asked.answer(question).notes,
        ),
    )  # fmt: skip


def _counted(asked: Asked, definition: str) -> str:
    named = "the reference, " if definition == asked.definition else ""
    return f"Counted here: {named}{worded(definition)}. Under another definition the same sales give another share."


def _elsewhere(asked: Asked, base: str, definition: str) -> str:
    """Return the shares under the other definitions of revenue and on the other bases, in one sentence each."""
    said = []
    for other in _definitions(asked):
        row = asked.table(split(other)).iloc[-1]
        if (other, REVENUE) != (definition, base):
            said.append(
                f"{worded(other)} {percent(row[MIDDLE])} (odds of {percent(CLAIMED)}: {percent(row['at_least_60'])})"
            )
    by_base = []
    for other, words in OF_BASE.items():
        row = asked.table(split(asked.definition, other)).iloc[-1]
        if other not in (base, REVENUE):
            by_base.append(f"of {words} {percent(row[MIDDLE])} ({percent(row['at_least_60'])})")
    return (
        f"In {asked.horizon}, of spending by other definitions: {'; '.join(said)}. By the reference definition on "
        f"other bases: {', '.join(by_base)}."
    )


def _definitions(asked: Asked) -> list[str]:
    return [str(name) for name in asked.forecaster.cube["definition"].values]


def _asks(asked: Asked) -> list[tuple[str, str]]:
    """Return every definition of revenue, then the reference on every other base."""
    others = [(asked.definition, base) for base in OF_BASE if base != REVENUE]
    return [*((name, REVENUE) for name in _definitions(asked)), *others]


def _beside(asked: Asked) -> Picture:
    rows = []
    for definition, base in _asks(asked):
        last = asked.table(split(definition, base)).iloc[-1]
        group = f"of {OF_BASE[REVENUE]}" if base == REVENUE else "on other bases, by the reference definition"
        label = shortly(definition) if base == REVENUE else f"of {OF_BASE[base]}"
        rows.append({"label": label, "median": last[MIDDLE], "low80": last[LOW], "high80": last[HIGH], "group": group})
    title = f"Hyperscale part in {asked.horizon}, by who is counted and of what"
    return bars(pd.DataFrame(rows), title=title, unit="share")


def _ends(asked: Asked) -> Table:
    rows = []
    for definition, base in _asks(asked):
        table = asked.table(split(definition, base))
        now, last = table[table["kind"] == "estimate"].iloc[-1], table.iloc[-1]
        rows.append(
            {"who counts as hyperscale": worded(definition), "part of": OF_BASE[base],
             str(now["quarter"]): cell(*(now[name] for name in _LEVELS), unit="share"),
             str(last["quarter"]): cell(*(last[name] for name in _LEVELS), unit="share"),
             ODDS: percent(last["at_least_60"])}
        )  # fmt: skip
    shown = pd.DataFrame(rows)
    return Table("The share by definition and base, medians and 8 in 10 intervals", shown, tuple(shown.columns[2:]))


def _by_quarter(table: pd.DataFrame) -> Table:
    rows = [
        {"quarter": row["quarter"], "known as": "forecast" if row["kind"] == "forecast" else "estimate of the past",
         "share": cell(*(row[name] for name in _LEVELS), unit="share"),
         "95 %": f"{percent(row['q025'])} to {percent(row['q975'])}", ODDS: plain(row["at_least_60"], "share")}
        for row in table.to_dict("records")
    ]  # fmt: skip
    return Table("The same quarter by quarter", pd.DataFrame(rows), ("share", "95 %", ODDS))


def _picture(asked: Asked, base: str, definition: str) -> Picture:
    rows = split_rows(asked.forecaster.cube, base, definition)
    cube, known = asked.forecaster.cube, asked.forecaster.known
    stated = None if known is None or base != REVENUE else stated_shares(cube, known, definition)
    title = f"Hyperscale part of {OF_BASE[base]}, {worded(definition)}"
    return fan(rows, title=title, unit="share", look=Look(log=False), stated=stated, moments=asked.moments)


def stated_shares(cube: xr.Dataset, known: Known, definition: str) -> pd.DataFrame | None:
    """Return the statements of a share under a definition, and of the share that was claimed, as markers.

    Parameters
    ----------
    cube, known, definition
        Draws, the record as it was known, and who counts as hyperscale.

    Returns
    -------
    DataFrame or None
        ``when, value, says``; none where nothing was stated in the quarters shown.
    """
    rows = stated_rows(cube, known, (definition, *known.market.split.claims))
    marks = [
        {"when": quarter_label(row["period_end"]), "value": row["value"],
         "says": f"{worded(row['definition'])}: {bounded(row['bound'], percent(row['value']))}"}
        for row in rows.to_dict("records")
    ]  # fmt: skip
    return pd.DataFrame(marks) if marks else None


def stated_rows(cube: xr.Dataset, known: Known, definitions: Collection[str] | None = None) -> pd.DataFrame:
    """Return the statements of a share of revenue since the first quarter of a cube.

    Parameters
    ----------
    cube, known
        Draws, and the record as it was known.
    definitions
        Those that are wanted; all if not given.

    Returns
    -------
    DataFrame
        Rows as :func:`forecast.split.share.split_statements` returns them.
    """
    rows = select(split_statements(known.observations, known.market), measure="share", base=REVENUE, stage="flow")
    rows = rows[rows["period_end"] >= periods(cube)[0]]
    return rows if definitions is None else rows[rows["definition"].isin(definitions)]
