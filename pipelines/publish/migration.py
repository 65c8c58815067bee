"""The report on the migration: adoption, requests and hours side by side, what they rest on, and how it scored."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

import pandas as pd

from shiftcast.features.asof import JUDGEMENT
from shiftcast.features.frames import DataFrame, Observations, Rollouts
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.adoption import COLUMNS

SCORES: Final = "migration_scores.csv"
_SHOWN: Final = (0, 2, -1)  # of the quarters of a technique: now, in two years, the last
_PARTS: Final = ("all", "1", "2", "4", "8")  # all horizons, and each [quarter]


def techniques_content(forecaster: Forecaster) -> list[dict[str, Any]]:
    """Return how far each technique has come, three figures a quarter; none of versions before it was drawn.

    Parameters
    ----------
    forecaster
        The forecast.

    Returns
    -------
    list of dict
        ``workload, segment, technique`` and ``quarters``: each ``quarter`` and, for adoption, requests and gpu_hours,
        the 10 %, 50 % and 90 % quantiles [share].
    """
    try:
        table = forecaster.techniques()
    except OutOfSupportError:
        return []
    found = []
    for (workload, segment, technique), rows in table.groupby(["workload", "segment", "technique"], sort=False):
        shown = rows.iloc[[at for at in _SHOWN if at < len(rows)]]
        quarters = [
            {"quarter": row["quarter"], **{name: [row[f"{name}_q{q}"] for q in (100, 500, 900)] for name in COLUMNS}}
            for row in shown.to_dict("records")
        ]
        found.append({"workload": workload, "segment": segment, "technique": technique, "quarters": quarters})
    return found


def evidence_content(moves: DataFrame[Rollouts], observations: DataFrame[Observations]) -> list[dict[str, Any]]:
    """Return what the shares of each workload and segment rest on.

    Parameters
    ----------
    moves, observations
        As known at the origin.

    Returns
    -------
    list of dict
        ``workload, segment, operators, moves, full, tests, figures, judged``: operators and moves of the ledger, how
        many of these are in full and tests, operators' own figures of all their requests, and judgements.
    """
    shares = observations[(observations["measure"] == "share") & (observations["base"] == "requests")]
    judged = shares["definition"] == JUDGEMENT
    own = shares[~judged & ~shares["operator"].isin(["all", ""]) & (shares["confidence"] != "recalled")]
    side_of = dict(zip(moves["operator"], moves["segment"], strict=True))
    return [
        {
            "workload": workload, "segment": segment, "operators": int(rows["operator"].nunique()), "moves": len(rows),
            "full": int((rows["event"] == "full").sum()), "tests": int((rows["event"] == "test").sum()),
            "figures": int(((own["workload"] == workload) & (own["operator"].map(side_of) == segment)).sum()),
            "judged": int((judged & (shares["workload"] == workload) & shares["segment"].isin(["all", segment])).sum()),
        }
        for (workload, segment), rows in moves.groupby(["workload", "segment"])
    ]  # fmt: skip


def scores_content() -> Mapping[str, Any]:
    """Return how the ledger's model scored on operators left out, as ``benchmarks/migration.py`` measured it.

    Returns
    -------
    dict
        ``as_of`` and ``rows``: method, CRPS over last value's over all horizons and each, log score, 80 % cover.
    """
    with resources.files("shiftcast.pipelines.records").joinpath(SCORES).open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype={"part": str})
    rows = []
    for method, own in table.groupby("method", sort=False):
        by_part = own.set_index("part")
        ratios = [float(by_part.loc[part, "ratio"]) for part in _PARTS]
        whole = by_part.loc["all"]
        rows.append({"method": method, "ratios": ratios, "log": float(whole["log"]), "covers": float(whole["covers"])})
    return {"as_of": str(table["as_of"].iloc[0]), "cases": int(table["cases"].iloc[0]), "rows": rows}
