"""The report's panels of the ledger: who moved to a newer class of technique, a panel a workload, as rows and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from shiftcast.features.frames import DataFrame, Rollouts, Traffic
from shiftcast.features.frames.rollouts import TECHNIQUES
from shiftcast.pipelines.publish.timeline import SINCE, timeline_figure

MOST: Final = 40  # operators in a panel
_WORKLOADS: Final[Mapping[str, str]] = {"recsys": "Recommender systems", "search": "Search", "ads": "Ads"}
_GROUPS: Final[Mapping[str, str]] = {
    "hyperscale giants": "hyperscale", "hyperscale tail": "hyperscale", "rest giants": "rest: giants",
    "rest tail": "rest: tail",
}  # fmt: skip


def timelines(moves: DataFrame[Rollouts], traffic: DataFrame[Traffic]) -> list[dict[str, Any]]:
    """Return a panel for each workload of the ledger that has moves to a newer class.

    Parameters
    ----------
    moves, traffic
        Ledger as known at the origin.

    Returns
    -------
    list of dict
        ``workload``, ``title``, ``figure``, ``alt`` (what it shows in words), ``rows`` (the moves, as in the panel from
        top to bottom and then those left out of it), ``left_operators`` and ``left_moves`` (how many those are).
    """
    panels = []
    for workload, title in _WORKLOADS.items():
        rows = newer_moves(moves[moves["workload"] == workload], traffic[traffic["workload"] == workload])
        if len(rows):
            shown = rows[rows["place"] < MOST]
            panels.append(
                {"workload": workload, "title": title, "figure": timeline_figure(shown), "alt": _alt(title, rows),
                 "rows": rows.to_dict("records"), "left_moves": len(rows) - len(shown),
                 "left_operators": rows["operator"].nunique() - shown["operator"].nunique()}
            )  # fmt: skip
    return panels


def newer_moves(moves: DataFrame[Rollouts], traffic: DataFrame[Traffic]) -> pd.DataFrame:
    """Return the moves to a newer class since 2013, operators in the order of a panel.

    Parameters
    ----------
    moves, traffic
        Ledger of one workload.

    Returns
    -------
    DataFrame
        Rows of the ledger with ``heading`` (hyperscale, giants or tail) and ``place`` of the operator from the top: by
        heading, then by requests a day where they are known, then by number of moves, then by name.
    """
    age = {name: place for place, name in enumerate(TECHNIQUES)}
    later = moves["technique_to"].map(age) > moves["technique_from"].map(age)
    rows = moves[later & (moves["period_end"] >= SINCE)]
    rows = rows.assign(heading=(rows["segment"] + " " + rows["group"]).map(_GROUPS))
    latest = traffic.sort_values(["period_end", "known_at"]).drop_duplicates(["operator", "surface"], keep="last")
    operators = rows.groupby("operator").agg(heading=("heading", "first"), moves=("event", "size")).reset_index()
    operators["heading"] = operators["heading"].map({name: at for at, name in enumerate(_GROUPS.values())})
    operators["requests"] = operators["operator"].map(latest.groupby("operator")["mid"].sum()).fillna(0.0)
    order = operators.sort_values(["heading", "requests", "moves", "operator"], ascending=[True, False, False, True])
    places = dict(zip(order["operator"], range(len(order)), strict=True))
    return rows.assign(place=rows["operator"].map(places)).sort_values(["place", "period_start", "surface"])


def _alt(title: str, rows: pd.DataFrame) -> str:
    counts = rows["technique_to"].value_counts().reindex(TECHNIQUES).dropna()
    classes = ", ".join(f"{count:.0f} to {name}" for name, count in counts.items())
    return (
        f"{title}: {len(rows)} moves of {rows['operator'].nunique()} operators to a newer class of technique, "
        f"{rows['period_end'].min():%Y} to {rows['period_end'].max():%Y}: {classes}. The same rows are in the table."
    )
