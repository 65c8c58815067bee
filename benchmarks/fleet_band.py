"""Measure whether the band of a fleet's demand is as wide as it should be at each lead, and whether mending it holds.

``python benchmarks/fleet_band.py [--fleets N] [--data DIR] [--kept FILE]`` forecasts the fleets and series of
``benchmarks/fleet_odds.py`` a year ahead and sets the hours that came against the draws, month by month: CRPS of logs,
where what came lies among the draws, and whether central intervals held it. It does so with draws held to a random walk
(:func:`forecast.fleet.trend.within_walk`), as the forecast does, and with draws that are not. Then it shifts and scales
the band by what all sets but one ask for, and scores it on the one left out: what mends it has to help there.
It writes ``benchmarks/fleet_band.csv`` and the tables of ``docs/fleet_odds.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fleet_odds as odds
import numpy as np
import pandas as pd
from marked import rewrite
from scipy.special import ndtr

from shiftcast.features.arrays import Array
from shiftcast.forecast.fleet import demand as demands
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.history import read_history
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.forecast.scores import crps, pit
from shiftcast.pipelines.sources.public_record import read_record

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = odds.PAGE
BEGIN, END = "<!-- benchmarks/fleet_band.py: begin -->", "<!-- benchmarks/fleet_band.py: end -->"
LEADS = (1, 3, 6, 9, 12)  # months
LEVELS = (0.5, 0.8, 0.95)
LONGER = (30, 48)  # months of history, from which it is longer
WAYS = ("held", "free")  # to a random walk, or not
QUARTILES = 1.349  # between the quartiles of a standard normal


def scored(job: odds.Job, beliefs: Any) -> list[dict[str, object]]:
    """Return a row a way and month ahead: CRPS, position of what came, and miss and deviation of the log."""
    history, came = read_history(odds.usage_of(job.truth)), job.truth.hours[-odds.AHEAD :].sum(axis=1)
    through = odds.FIRST + pd.DateOffset(months=odds.AHEAD - 1)
    rows, held, drawn = [], demands.within_walk, demands.draw_parts
    kept = _once(drawn)
    for way in WAYS:
        demands.draw_parts = kept
        demands.within_walk = held if way == "held" else lambda hours, *_: (hours, ())
        try:
            total = demands.forecast_demand(
                history, Fleet("made"), through=through, basis=demands.Basis(beliefs), draws=odds.DRAWS, seed=job.seed
            ).total
        finally:
            demands.within_walk, demands.draw_parts = held, drawn
        logs, told = np.log(np.maximum(total, 1e-9)), np.log(np.maximum(came, 1e-9))
        low, middle, high = np.quantile(logs, (0.1, 0.5, 0.9), axis=0)
        rows += [
            {"way": way, "lead": at + 1, "crps": float(crps(logs[:, at], told[at])),
             "position": float(pit(total[:, at], came[at])), "miss": float(told[at] - middle[at]),
             "deviation": float((high[at] - low[at]) / 2.5631)}
            for at in range(odds.AHEAD)
        ]  # fmt: skip
    return rows


def _once(function: Any) -> Any:
    """Return a function that draws once and gives the same thereafter: both ways begin with the same draws."""
    found: list[Any] = []

    def kept(*given: Any, **options: Any) -> Any:
        if not found:
            found.append(function(*given, **options))
        return found[0]

    return kept


def measured(listed: list[odds.Job], beliefs: Any, kept: Path | None) -> Iterator[dict[str, object]]:
    """Yield the rows of the jobs with their set; those in the kept file are read, and others added to it."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept is not None and kept.exists() else []
    known: dict[str, list[dict[str, object]]] = dict(json.loads(line) for line in lines)
    for job in listed:
        key = f"{job.group} {job.name} {job.seed}"
        if key not in known:
            known[key] = scored(job, beliefs)
            if kept is not None:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([key, known[key]]) + "\n")
        own, _, _ = job.name.rpartition(" ")
        months = len(job.truth.hours) - odds.AHEAD
        told = {"set": own or "generated", "fleet": key, "shared": job.year, "months": months}
        yield from (told | row for row in known[key])


def by_lead(rows: pd.DataFrame) -> pd.DataFrame:
    """Return CRPS of both ways, and of the band that is held where what came lay, by group and lead."""
    told = []
    for (name, lead), part in rows[rows["lead"].isin(LEADS)].groupby([group_of(rows), "lead"], sort=True):
        held, free = (part[part["way"] == way] for way in WAYS)
        off = 2 * (held["position"] - 0.5).abs()
        told.append({
            "group": name, "lead": lead, "fleets": len(held), "crps": held["crps"].mean(), "free": free["crps"].mean(),
            **{f"in{100 * level:.0f}": float((off < level).mean()) for level in LEVELS},
            "position": held["position"].mean(),
        })  # fmt: skip
    return pd.DataFrame(told)


def group_of(rows: pd.DataFrame) -> pd.Series:
    """Return the group of each row: fleets that are made, or real series."""
    return rows["set"].where(rows["set"] == "generated", "real monthly series").replace(
        "generated", "generated fleets"
    ).rename("group")  # fmt: skip


def by_history(rows: pd.DataFrame) -> pd.DataFrame:
    """Return where what came lay on average by group and months of history, then in all, and its standard error.

    Series of one panel have the year that came in common, so their mean counts once.
    """
    held = rows[rows["way"] == "held"]
    span = pd.cut(held["months"], [0, *LONGER, np.inf], right=False).rename("span")
    apart = [(name, part) for (name, _), part in held.groupby([group_of(held), span], observed=True)]
    told = []
    for name, part in [*apart, *held.groupby(group_of(held))]:
        years = part.groupby("shared")["position"].mean()
        told.append({
            "group": name, "least": part["months"].min(), "most": part["months"].max(),
            "fleets": part["fleet"].nunique(), "years": len(years), "position": years.mean(),
            "error": years.std() / len(years) ** 0.5,
        })  # fmt: skip
    return pd.DataFrame(told)


def normal_crps(miss: Array, deviation: Array) -> Array:
    """Return the CRPS of normal forecasts: s (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi))."""
    score = miss / deviation
    density = np.exp(-0.5 * score**2) / np.sqrt(2 * np.pi)
    return np.asarray(deviation * (score * (2 * ndtr(score) - 1) + 2 * density - 1 / np.sqrt(np.pi)))


def mended(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the shift and scale that other sets ask for, and CRPS before and after on the set left out.

    Both are of scores z = miss / deviation: their median, and their quartiles' distance over that of a normal one, each
    a mean over sets so that no set outweighs another. A band is taken as normal in the log before and after.
    """
    held = rows[rows["way"] == "held"].assign(score=lambda one: one["miss"] / one["deviation"].clip(lower=1e-3))
    scores = held.groupby("set")["score"]
    apart = scores.quantile(0.75) - scores.quantile(0.25)
    asked = pd.DataFrame({"shift": scores.median(), "scale": apart / QUARTILES})
    told = []
    for name, part in held.groupby("set", sort=True):
        shift, scale = asked.drop(index=name)[["shift", "scale"]].mean()
        miss, apart = part["miss"].to_numpy(), part["deviation"].clip(lower=1e-3).to_numpy()
        before, after = normal_crps(miss, apart), normal_crps(miss - shift * apart, scale * apart)
        told.append({
            "set": name, "fleets": part["fleet"].nunique(), "own_shift": asked.loc[name, "shift"],
            "own_scale": asked.loc[name, "scale"], "shift": shift, "scale": scale,
            "before": before.mean(), "after": after.mean(),
        })  # fmt: skip
    return pd.DataFrame(told)


def page_text(lead: pd.DataFrame, history: pd.DataFrame, sets: pd.DataFrame) -> str:
    """Return the tables of the page."""
    lines = ["| | month ahead | fleets | CRPS | not held to a walk | in 50 % | in 80 % | in 95 % | position |",
             f"|{'---|' * 9}"]  # fmt: skip
    lines += [
        f"| {row.group} | {row.lead:.0f} | {row.fleets:.0f} | {row.crps:.4f} | {row.free:.4f} | {row.in50:.0%} | "
        f"{row.in80:.0%} | {row.in95:.0%} | {row.position:.2f} |"
        for row in lead.itertuples()
    ]
    lines += ["", "| | months known | fleets | years of their own | position | error |", f"|{'---|' * 6}"]
    lines += [
        f"| {row.group} | {row.least:.0f} to {row.most:.0f} | {row.fleets:.0f} | {row.years:.0f} | "
        f"{row.position:.2f} | {row.error:.2f} |"
        for row in history.itertuples()
    ]
    lines += ["", "| set left out | fleets | shift, scale it asks for | the others ask for | CRPS | with theirs | |",
              f"|{'---|' * 7}"]  # fmt: skip
    lines += [
        f"| {row.set} | {row.fleets:.0f} | {row.own_shift:+.2f}, {row.own_scale:.2f} | {row.shift:+.2f}, "
        f"{row.scale:.2f} | {row.before:.4f} | {row.after:.4f} | {row.after / row.before - 1:+.1%} |"
        for row in sets.itertuples()
    ]
    return "\n".join(lines)


def read_results() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the three tables that were measured."""
    every = pd.read_csv(RESULTS)
    return every.dropna(subset="lead"), every.dropna(subset="years"), every.dropna(subset="set")


def main() -> None:
    """Read the command line, measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=odds.DATA)
    parser.add_argument("--fleets", type=int, default=600)
    parser.add_argument("--kept", type=Path, help="file of rows to go on from; of the same code and data only")
    parser.add_argument("--first", type=int, help="only the first of the fleets and origins that are listed")
    given = parser.parse_args()
    basis = replace(basis_of(read_record().as_of(odds.FIRST), Settings(draws=odds.DRAWS)), origin=odds.FIRST)
    listed = odds.jobs(given.fleets, given.data)[: given.first]
    rows = pd.DataFrame(measured(listed, basis.beliefs, given.kept))
    pd.concat([by_lead(rows), by_history(rows), mended(rows)]).to_csv(
        RESULTS, index=False, float_format="%.5f", lineterminator="\n"
    )
    text = page_text(*read_results())
    rewrite(text, BEGIN, END, PAGE)
    print(text)


if __name__ == "__main__":
    main()
