"""View of the ledger of rollouts: who moved which surface to a newer class of technique, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from shiftcast.features.asof import JUDGEMENT
from shiftcast.features.frames import DataFrame, Observations, Rollouts, Traffic
from shiftcast.features.frames.rollouts import TECHNIQUES
from shiftcast.forecast.known import Known
from shiftcast.forecast.spoken import percent
from shiftcast.pipelines.drawing.panels import Moments
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.timeline import timeline
from shiftcast.pipelines.pages.cells import plain, text
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.view import Said, Table, View

SINCE: Final = pd.Timestamp("2013-01-01", tz="UTC")
WORKLOADS: Final = ("recsys", "search", "ads")
MOST: Final = 40  # operators in a picture
_EXTENTS: Final = {"full": "all", "partial": "part", "test": "trial", "rollback": "trial", "deployed": "unstated"}
_AHEAD: Final = ("offline", "nearline", "mixed")
_GROUPS: Final[Mapping[str, str]] = {
    "hyperscale giants": "hyperscale", "hyperscale tail": "hyperscale", "rest giants": "rest: giants",
    "rest tail": "rest: tail",
}  # fmt: skip


def moves(known: Known) -> View | None:
    """Return who moved to newer techniques, by workload.

    Parameters
    ----------
    known
        The record as known at the origin.

    Returns
    -------
    View or None
        None where the ledger has no such move.
    """
    ledger, traffic = known.rollouts, known.traffic
    found = {
        name: newer_moves(ledger[ledger["workload"] == name], traffic[traffic["workload"] == name])
        for name in WORKLOADS
    }
    found = {name: rows for name, rows in found.items() if len(rows)}
    if not found:
        return None
    every = pd.concat(found.values())
    newest = TECHNIQUES[-1]
    reached = every[every["technique_to"] == newest]
    title = (
        f"{every['operator'].nunique()} operators moved {len(every)} times to newer techniques since {SINCE.year}; "
        f"{reached['operator'].nunique()} of them to {worded(newest)}"
    )
    tables = [_table(name, rows) for name, rows in found.items()]
    return View(
        "moves", "Who moved", title, says=tuple(Said(in_words(name, rows)) for name, rows in found.items()),
        pictures=tuple(_drawn(name, rows, known) for name, rows in found.items()),
        tables=(_counts(ledger, known.observations), *tables),
        notes=(
            ("Adoption, share of requests and share of work are three things; shares here are of the named surface and "
            "stage. Moves within a class are in `shiftcast rollouts list`."),
            "Who publishes is not everybody: operators that the ledger does not name move later, by an assumption.",
        ),
    )  # fmt: skip


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


def in_words(workload: str, rows: pd.DataFrame) -> str:
    """Return how many moves there are of a workload, by class.

    Parameters
    ----------
    workload, rows
        Name, and its moves.

    Returns
    -------
    str
    """
    counts = rows["technique_to"].value_counts().reindex(TECHNIQUES).dropna()
    classes = ", ".join(f"{count:.0f} to {worded(str(name))}" for name, count in counts.items())
    name = worded(workload)
    return (
        f"{name[:1].upper()}{name[1:]}: {len(rows)} moves of {rows['operator'].nunique()} operators, "
        f"{rows['period_end'].min():%Y} to {rows['period_end'].max():%Y}: {classes}."
    )


def _drawn(workload: str, rows: pd.DataFrame, known: Known) -> Picture:
    shown = rows[rows["place"] < MOST]
    events = pd.DataFrame(
        {"group": shown["heading"], "name": shown["operator"], "start": shown["period_start"].clip(lower=SINCE),
         "end": shown["period_end"], "kind": shown["technique_to"],
         "extent": shown["event"].map(_EXTENTS).fillna("unstated"), "ringed": shown["serving"].isin(_AHEAD),
         "says": [_told(row) for row in shown.to_dict("records")]}
    )  # fmt: skip
    left = rows["operator"].nunique() - shown["operator"].nunique()
    more = f" {left} more operators are in the table only." if left else ""
    name = worded(workload)
    title = f"{name[:1].upper()}{name[1:]}: moves to newer techniques"
    moments = Moments(today=f"{known.origin:%Y-%m-%d}")
    return timeline(events, title=title, alt=in_words(workload, rows) + more, moments=moments)


def _told(row: Mapping[Any, Any]) -> str:
    """Return one move in words."""
    share = "" if pd.isna(row["share_mid"]) else f" on {percent(row['share_mid'])}"
    return (
        f"{row['operator']}, {row['surface']}, {row['stage']}: {worded(row['technique_from'])} to "
        f"{worded(row['technique_to'])}, {row['event']}{share}, {row['period_start']:%Y-%m} to "
        f"{row['period_end']:%Y-%m}, {row['serving']}"
    )


def _counts(ledger: DataFrame[Rollouts], observations: DataFrame[Observations]) -> Table:
    """Return what the shares of each workload and segment rest on, as counts of rows."""
    shares = observations[(observations["measure"] == "share") & (observations["base"] == "requests")]
    judged = shares["definition"] == JUDGEMENT
    own = shares[~judged & ~shares["operator"].isin(["all", ""]) & (shares["confidence"] != "recalled")]
    side_of = dict(zip(ledger["operator"], ledger["segment"], strict=True))
    rows = []
    for (workload, segment), part in ledger.groupby(["workload", "segment"]):
        mine = (own["workload"] == workload) & (own["operator"].map(side_of) == segment)
        here = judged & (shares["workload"] == workload) & shares["segment"].isin(["all", segment])
        counts = {
            "operators": part["operator"].nunique(), "moves": len(part), "in full": (part["event"] == "full").sum(),
            "tests": (part["event"] == "test").sum(), "operators' own shares": mine.sum(), "judgements": here.sum(),
        }  # fmt: skip
        rows.append({"workload": worded(str(workload)), "segment": worded(str(segment)),
                     **{name: str(int(count)) for name, count in counts.items()}})  # fmt: skip
    shown = pd.DataFrame(rows)
    return Table("What the shares of techniques rest on", shown, tuple(shown.columns[2:]))


def _table(workload: str, rows: pd.DataFrame) -> Table:
    shown = [
        {"operator": row["operator"], "group": row["heading"],
         "when": f"{row['period_start']:%Y-%m} to {row['period_end']:%Y-%m}", "surface": row["surface"],
         "stage": row["stage"], "from": worded(row["technique_from"]), "to": worded(row["technique_to"]),
         "event": row["event"], "of its traffic": plain(row["share_mid"], "share"), "computed": row["serving"],
         "source": f"{text(row['source'])} ({row['confidence']})"}
        for row in rows.to_dict("records")
    ]  # fmt: skip
    name = worded(workload)
    return Table(f"{name[:1].upper()}{name[1:]}: every move, operators with most requests first", pd.DataFrame(shown),
                 ("of its traffic",))  # fmt: skip
