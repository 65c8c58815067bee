"""View of what limits supply: which ceiling binds by quarter, and how much of what is wanted is turned away."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.forecast.spoken import percent
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.telling.words import unit_words
from shiftcast.forecast.views.part import unit_of
from shiftcast.pipelines.drawing.fan import fan
from shiftcast.pipelines.drawing.odds import odds as draw_odds
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.asked import Asked
from shiftcast.pipelines.pages.cells import cell, number_of
from shiftcast.pipelines.pages.view import Said, Table, View

_ODDS: Final = "odds_"
_BINDS: Final = "Parts of the draws in which each ceiling binds"
_ENDS: Final = ("median", "low80", "high80")
_WORDS: Final = {"packaging": "chip packaging", "memory": "memory", "power": "power", "funding": "funding"}
_OTHER: Final = (
    "`limits` asks another thing: what the cheapest way to serve the same demand would meet first, purchase by "
    "purchase. Its odds need not be these."
)


def binds(asked: Asked) -> View | None:
    """Return what limits the fleet by quarter.

    Parameters
    ----------
    asked
        The forecast.

    Returns
    -------
    View or None
        None of a forecast that keeps neither ceilings nor a fleet.
    """
    if "latent_hours" not in asked.forecaster.cube or asked.forecaster.basis is None:
        return None
    question = {"question": "latent", "by": asked.horizon}
    try:
        answer = asked.answer(question)
    except OutOfSupportError:
        return None
    table = answer.table
    last = table.iloc[-1]
    odds = {name: float(last[f"{_ODDS}{name}"]) for name in _WORDS if f"{_ODDS}{name}" in last}
    most = max(odds, key=lambda name: odds[name])
    title = (
        f"{_WORDS[most].capitalize()} is the limit most likely to bind in {last['quarter']}, in {percent(odds[most])} "
        f"of the draws; {percent(last['turned_away_share_median'])} of the hours wanted are turned away"
    )
    return View(
        "binds", "What binds", title, says=(asked.says(question), Said(_parts(table, odds))),
        pictures=(_wanted(asked, table), _cuts(asked, table, list(odds))),
        tables=(_by_quarter(table, list(odds)), _ceilings(asked)), notes=(*answer.notes, _OTHER),
    )  # fmt: skip


def _parts(table: pd.DataFrame, odds: dict[str, float]) -> str:
    last = table.iloc[-1]
    said = ", ".join(f"{_WORDS[name]} {percent(value)}" for name, value in odds.items())
    none = max(0.0, 1 - sum(odds.values()))
    return f"{_BINDS} in {last['quarter']}, the one passed furthest: {said}; in {percent(none)} none does."


def _wanted(asked: Asked, table: pd.DataFrame) -> Picture:
    lines = [
        table[["quarter", *(f"{name}_{end}" for end in _ENDS)]].set_axis(["when", *_ENDS], axis=1).assign(line=line)
        for name, line in (("wanted", "wanted"), ("served", "served"))
    ]
    unit = unit_of(asked.forecaster.cube, "gpu_hours")
    title = "Accelerator-hours wanted, and served within the ceilings"
    return fan(pd.concat(lines, ignore_index=True), title=title, unit=unit, moments=asked.moments)


def _cuts(asked: Asked, table: pd.DataFrame, limits: list[str]) -> Picture:
    rows = [
        {"when": row["quarter"], "probability": row[f"{_ODDS}{name}"], "line": _WORDS[name]}
        for name in limits for row in table.to_dict("records")
    ]  # fmt: skip
    return draw_odds(pd.DataFrame(rows), title=_BINDS, moments=asked.moments)


def _by_quarter(table: pd.DataFrame, limits: list[str]) -> Table:
    rows = [
        {"quarter": row["quarter"],
         "hours wanted": number_of(row, "wanted"), "hours served": number_of(row, "served"),
         "turned away": cell(*(row[f"turned_away_share_{end}"] for end in ("low80", "median", "high80")), unit="share"),
         **{_WORDS[name]: percent(row[f"{_ODDS}{name}"]) for name in limits}}
        for row in table.to_dict("records")
    ]  # fmt: skip
    shown = pd.DataFrame(rows)
    title = f"Accelerator-hours wanted and served, and {_BINDS[:1].lower()}{_BINDS[1:]}"
    return Table(title, shown, tuple(shown.columns[1:]))


def _ceilings(asked: Asked) -> Table:
    table = asked.table({"question": "ceilings"})
    rows = [
        {"quarter": row["quarter"], "ceiling": _WORDS.get(str(row["ceiling"]), str(row["ceiling"])),
         "most that can be had": number_of(row, "most"), "unit": unit_words(str(row["unit"])),
         "weighs most": row["source"], "evidence": row["evidence"]}
        for row in table.to_dict("records") if str(row["quarter"]).endswith("Q4")
    ]  # fmt: skip
    return Table("The most that can be had, and who says so", pd.DataFrame(rows), ("most that can be had",))
