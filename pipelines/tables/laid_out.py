"""Tables of an answer as a person reads them: few rows that answer, where the whole table has many or a long one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd

from shiftcast.features.frames import ALL
from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.tables.cells import figure

Tables = list[tuple[str, pd.DataFrame]]
_PARTS: Final = {"level": "level today", "speed": "speed", "each": "what a request takes", "remainder": "its change"}
_YEAR_END: Final = "Q4"


def laid_out(answer: Answer) -> Tables:
    """Return the tables of an answer in the order in which they are shown.

    Parameters
    ----------
    answer
        The answer.

    Returns
    -------
    list of tuple
        Title, empty for the first where it needs none, and rows.
    """
    asked = {} if answer.provenance is None else answer.provenance.asked
    lay = None if "fleet" in asked else _LAID.get(str(asked.get("question", "")))
    return (lay(answer.table) if lay is not None else [("", answer.table)]) + list(answer.more.items())


def _when(table: pd.DataFrame) -> Tables:
    """Return odds by year, dates, what the variance is made of, and what would settle it, from the one row."""
    row: dict[str, Any] = table.iloc[0].to_dict()
    years = [name.removeprefix("by_") for name in row if name.startswith("by_")]
    odds = {name: row[name] for name in ("techniques", "already")}
    odds |= {f"by {year}": row[f"by_{year}"] for year in years} | {f"not by {row['horizon']}": row["never"]}
    dates = [{"": "of all draws", **{name: row[name] for name in ("early", "middle", "late")}}]
    if row["draws_within"]:
        inside = {name: row[f"{name}_within"] or "-" for name in ("early", "middle", "late")}
        dates.append({"": f"of the {row['draws_within']:.0f} draws that cross ahead", **inside})
    tables = [("probability", _percents(odds)), (f"quarter, {row['level']:.0%} interval", pd.DataFrame(dates))]
    parts = {told: row[f"variance_{name}"] for name, told in _PARTS.items() if pd.notna(row[f"variance_{name}"])}
    settles = [
        {"one figure that would settle part of it": row[name], "of the variance": f"{row[f'{name}_cut']:.0%}"}
        for name in row if name.startswith("settle_") and not name.endswith("_cut") and row[name]
    ]  # fmt: skip
    if parts:
        tables.append(("variance of the share in the middle of the window", _percents(parts)))
    return [*tables, *([("what would settle it", pd.DataFrame(settles))] if settles else [])]


def _placement(table: pd.DataFrame) -> Tables:
    """Return shares and hours by vendor, in the last quarter known and the last of each year."""
    now = table.loc[table["kind"] == "estimate", "quarter"].iloc[-1:].tolist()
    ends = [each for each in dict.fromkeys(table["quarter"]) if each in now or each.endswith(_YEAR_END)]
    shares, hours = [], []
    for (vendor, unit), mine in table.groupby(["vendor", "unit"], sort=False):
        of = mine.set_index("quarter").loc[ends]
        name = f"{vendor} [{unit.partition('/')[0].replace('_', '-')}]"
        hours.append({"vendor": name, **{end: _hours(row) for end, row in of.iterrows()}})
        if of["share"].notna().all() and vendor != "all":
            shares.append({"vendor": vendor, **{str(end): f"{share:.0%}" for end, share in of["share"].items()}})
    return [
        ("share of all accelerator-hours in the quarter", pd.DataFrame(shares)),
        ("busy hours in the quarter, 8 in 10 in brackets", pd.DataFrame(hours)),
    ]


def _contract(table: pd.DataFrame) -> Tables:
    """Return what is held and moved by segment and leaf; the whole table has every workload and technique too."""
    whole = table[(table["workload"] == ALL) & (table["technique"] == ALL)]
    return [("", whole.drop(columns=["workload", "technique"]))]


def _hours(row: pd.Series) -> str:
    return f"{figure(row['q500'])} ({figure(row['q100'])} to {figure(row['q900'])})"


def _percents(row: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{name: each if isinstance(each, str) else f"{each:.1%}" for name, each in row.items()}])


_LAID: Final[Mapping[str, Callable[[pd.DataFrame], Tables]]] = {
    "when": _when, "placement": _placement, "contract": _contract,
}  # fmt: skip
