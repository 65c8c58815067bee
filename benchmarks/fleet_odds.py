"""Measure whether the odds that a fleet gets full or over its budget come true as often as they say.

``python benchmarks/fleet_odds.py [--fleets N] [--data DIR] [--kept FILE]`` makes fleets whose growth, seasons, jumps
and prices the model is not told, forecasts each a year ahead from its stored usage alone, and asks when it is full and
whether it keeps its budget; it does the same on real monthly series at rolling origins, each series read as the hours
of a fleet (no public trace of accelerators is long enough for a year of months). It writes
``benchmarks/fleet_odds.csv`` and the table of ``docs/fleet_odds.md``: what was said and what came, by tenths of the
probability; and ``benchmarks/fleet_leans.csv`` and a table below it: by how much more often than said. With a file of
kept cases a run that was stopped goes on. ``--growth`` forecasts nothing: it prints the growth that the history of each
fleet tells (:mod:`shiftcast.forecast.fleet.trend`) and that of the year that came.

Capacities and budgets are set around the middle of each forecast, so that every tenth has cases. Cases of one fleet, at
capacities and months of their own, are not independent.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from marked import rewrite
from volume_traces import TRACES

from shiftcast.features.frames import DIMENSIONS, Usage, conform
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet import demand as demands
from shiftcast.forecast.fleet.budget import budget
from shiftcast.forecast.fleet.facts import Fleet, Holding
from shiftcast.forecast.fleet.full import full
from shiftcast.forecast.fleet.history import read_history
from shiftcast.forecast.fleet.holdings import month_hours
from shiftcast.forecast.fleet.spending import spent_by_month
from shiftcast.forecast.fleet.trend import Trend
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.pipelines.sources.public_record import read_record

RESULTS = Path(__file__).with_suffix(".csv")
LEANS = RESULTS.with_name("fleet_leans.csv")
PAGE = Path(__file__).parents[1] / "docs" / "fleet_odds.md"
DATA = Path(__file__).parents[1].parent / "shared" / "data" / "traces"
BEGIN, END = "<!-- benchmarks/fleet_odds.py: begin -->", "<!-- benchmarks/fleet_odds.py: end -->"
LEANS_BEGIN, LEANS_END = BEGIN.replace(".py", ".py leans"), END.replace(".py", ".py leans")
FIRST = pd.Timestamp("2027-01-01", tz="UTC")  # of the year that is forecast
AHEAD, CASES, DRAWS = 12, 6, 500
QUARTER = 3  # months whose mean is a level
ENOUGH, GOAL = 30, 0.08
STRIDE = 150  # cases between two writings
MONTHLY = ("pypi", "packages", "labour")


@dataclass(frozen=True)
class Truth:
    """Hours and cost of an hour of one fleet by month, shape (months, parts) and (months,); the last year is ahead."""

    hours: np.ndarray
    price: np.ndarray


def made(number: int) -> Truth:
    """Return a fleet of one to three parts and 18 to 48 months of history."""
    random = np.random.default_rng([17, number])
    months, parts = int(random.integers(18, 49)) + AHEAD, int(random.integers(1, 4))
    shape, time = (months, parts), np.arange(months)[:, None]
    growth = random.normal(0.015, 0.02, parts) + random.normal(0, 0.003, shape).cumsum(axis=0)
    walk = random.normal(0, random.uniform(0.01, 0.06), shape).cumsum(axis=0)
    jumps = ((random.random(shape) < 0.01) * random.normal(0, 0.3, shape)).cumsum(axis=0)
    season = random.uniform(0, 0.15) * np.sin(2 * np.pi * (time / 12 + random.random(parts)))
    noise = random.normal(0, random.uniform(0.02, 0.1), shape)
    level = random.normal(9, 1, parts)
    price = 2 * np.exp((random.normal(-0.005, 0.01) + random.normal(0, random.uniform(0.005, 0.04), months)).cumsum())
    return Truth(np.exp(level + growth.cumsum(axis=0) + walk + jumps + season + noise), price)


def usage_of(truth: Truth) -> pd.DataFrame:
    """Return what the store of a fleet would hold when the year ahead begins."""
    known = len(truth.hours) - AHEAD
    starts = pd.date_range(end=FIRST, periods=known + 1, freq="MS")[:-1]
    rows = [
        pd.DataFrame(
            {"period_start": starts, "value": value, "measure": measure, "unit": unit, "technique": f"t{part}"}
        )
        for part in range(truth.hours.shape[1])
        for measure, unit, value in (
            ("gpu_hours", "accelerator_hour", truth.hours[:known, part]),
            ("cost", "USD", truth.hours[:known, part] * truth.price[:known]),
        )
    ]
    labels = dict.fromkeys(DIMENSIONS, "all") | {"workload": "recsys"}
    told = {"how": "sum", "grain": "month", "known_at": FIRST, "source": "made", "rows": 1.0, "bound": "=",
            "evidence": "measured", "confidence": "verified"}  # fmt: skip
    table = pd.concat(rows, ignore_index=True)
    return conform(table.assign(**told, **{name: each for name, each in labels.items() if name not in table}), Usage)


def cases(truth: Truth, basis: Basis, seed: int) -> list[dict[str, object]]:
    """Return what was said of one fleet and what came."""
    history = read_history(usage_of(truth))
    through = FIRST + pd.DateOffset(months=AHEAD - 1)
    demand = demands.forecast_demand(
        history, Fleet("made"), through=through, basis=demands.Basis(basis.beliefs), draws=DRAWS, seed=seed
    )
    random, ahead = np.random.default_rng([18, seed]), truth.hours[-AHEAD:].sum(axis=1)
    cost = float((ahead * truth.price[-AHEAD:]).sum())
    spent = spent_by_month(history)
    expected = float(np.median(demand.total.sum(axis=1))) * float(
        spent["cost"].tail(3).sum() / spent["hours"].tail(3).sum()
    )
    rows = []
    for place in np.sort(random.choice(AHEAD, CASES, replace=False)):
        rows.append(_full(demand, ahead, int(place), random, basis))
        limit = expected * np.exp(random.normal(0, 0.25))
        said = budget(demand, Fleet("made"), basis, year=FIRST.year, limit=limit, spent=spent).table["p_over"].iloc[-1]
        rows.append({"question": "over budget", "said": float(said), "came": bool(cost > limit)})
    return rows


def _full(
    demand: Demand, ahead: np.ndarray, place: int, random: np.random.Generator, basis: Basis
) -> dict[str, object]:
    """Return the odds that one month is full at a capacity around the middle of the forecast, and whether it was."""
    length = month_hours(demand.months)[place]
    count = float(np.median(demand.total[:, place])) * np.exp(random.normal(0, 0.3)) / length
    fleet = Fleet("made", busy=1.0, holdings=(Holding("h100", count, FIRST - pd.DateOffset(years=5)),))
    said = full(demand, fleet, basis).table["p_full"].iloc[place]
    return {"question": "full", "said": float(said), "came": bool(ahead[place] > count * length)}


@dataclass(frozen=True)
class Job:
    """A fleet to ask: the set it belongs to, its name, what is true of it, and the seed of its draws."""

    group: str
    name: str
    truth: Truth
    seed: int

    @property
    def year(self) -> str:
        """Name of the year ahead, which series of one panel have in common: each made fleet has its own."""
        panel, _, number = self.name.rpartition(" ")
        return f"{panel} {self.seed - 100 * int(number)}" if panel else f"{self.group} {self.name}"


def jobs(fleets: int, folder: Path) -> list[Job]:
    """Return the fleets that are made, and after every third one a real series at one origin, as long as there are."""
    found = list(real(folder))
    order = np.random.default_rng(19).permutation(len(found))
    listed = []
    for number in range(fleets):
        listed.append(Job("generated fleets", str(number), made(number), number))
        if number % 3 == 2 and number // 3 < len(found):
            listed.append(found[order[number // 3]])
    return listed


def real(folder: Path) -> Iterator[Job]:
    """Yield real monthly series, each a fleet of one part, at origins a year apart."""
    for trace in (each for each in TRACES if each.name in MONTHLY and folder.exists()):
        for number, values in enumerate(trace.panel(folder).values):
            known = values[np.isfinite(values)]
            for back in range(0, len(known) - AHEAD - 18 + 1, AHEAD):
                series = known[: len(known) - back] if back else known
                truth = Truth(series[:, None], np.ones(len(series)))
                yield Job("real monthly series", f"{trace.name} {number}", truth, 100_000 + 100 * number + back)


def asked(listed: list[Job], basis: Basis, kept: Path | None) -> Iterator[dict[str, object]]:
    """Yield the cases of the jobs; those in the kept file are read, and others added to it."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept is not None and kept.exists() else []
    known: dict[str, list[dict[str, object]]] = dict(json.loads(line) for line in lines)
    for number, job in enumerate(listed):
        key = f"{job.group} {job.name} {job.seed}"
        if key not in known:
            found = cases(job.truth, basis, job.seed)
            found = found if job.group == "generated fleets" else [row for row in found if row["question"] == "full"]
            known[key] = [{"set": job.group, "fleet": job.name, **row} for row in found]
            if kept is not None:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([key, known[key]]) + "\n")
            print(f"{number + 1} of {len(listed)}", flush=True)
        yield from ({**row, "year": job.year} for row in known[key])


def growths(listed: list[Job], trend: Trend) -> pd.DataFrame:
    """Return the growth told by histories and that of the year that came, by set, parts and fifth of what was told."""
    rows = []
    for job in listed:
        total = job.truth.hours.sum(axis=1)
        if (total > 0).all():
            mean, variance, weight = trend.learned(total[:-AHEAD], "month")
            came = float(np.log(total[-QUARTER:].mean() / total[-AHEAD - QUARTER : -AHEAD].mean()))
            rows.append((job.group, job.truth.hours.shape[1], mean, variance**0.5, weight, came))
    found = pd.DataFrame(rows, columns=["set", "parts", "told", "deviation", "assumed", "came"])
    fifth = found.groupby("set")["told"].transform(lambda told: pd.qcut(told, 5, labels=False))
    sides = {"parts": found["parts"], "fifth": fifth + 1}
    told = [
        found.groupby(["set", side.rename("which")])[["told", "came", "deviation", "assumed"]].mean()
        .assign(fleets=found.groupby(["set", side.rename("which")]).size()).assign(by=name).reset_index()
        for name, side in sides.items()
    ]  # fmt: skip
    return pd.concat(told, ignore_index=True)[["set", "by", "which", "fleets", "told", "came", "deviation", "assumed"]]


def tenths(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what was said and what came by set, question and tenth of the probability."""
    tenth = np.minimum((rows["said"].astype(float) * 10).astype(int), 9)
    groups = rows.assign(tenth=tenth, came=rows["came"].astype(float)).groupby(["set", "question", "tenth"], sort=True)
    table = groups.agg(
        cases=("came", "size"), fleets=("fleet", "nunique"), said=("said", "mean"), came=("came", "mean")
    )
    return table.reset_index().round({"said": 4, "came": 4})


def leans(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by how much more often than said it came, and the standard error, by set and question.

    Cases of one fleet or series count once; where years are fewer, those of one year once as well.
    """
    told = []
    for (name, question), part in rows.groupby(["set", "question"], sort=True):
        gap = part["came"].astype(float) - part["said"].astype(float)
        every = {by: gap.groupby(part[by]).mean() for by in ("fleet", "year")}
        few = len(every["year"]) < len(every["fleet"])
        told += [
            {"set": name, "question": question, "by": by, "number": len(each), "more": each.mean(),
             "error": each.std() / len(each) ** 0.5}
            for by, each in every.items() if by == "fleet" or few
        ]  # fmt: skip
    return pd.DataFrame(told).round({"more": 4, "error": 4})


def leans_table(table: pd.DataFrame) -> str:
    """Return by how much more often than said it came as the table of the page."""
    lines = ["| | question | counted once | of them | came more often than said | standard error |", f"|{'---|' * 6}"]
    lines += [
        f"| {row.set} | {row.question} | each {row.by} | {row.number} | {100 * row.more:+.1f} points | "
        f"{100 * row.error:.1f} |"
        for row in table.itertuples()
    ]
    return "\n".join(lines)


def page_table(table: pd.DataFrame) -> str:
    """Return the results as the table of the page."""
    lines = ["| | question | tenth | cases | fleets | said | came | apart |", f"|{'---|' * 8}"]
    for row in table.itertuples():
        apart = abs(row.said - row.came)
        told = "too few" if row.cases < ENOUGH else f"{100 * apart:.1f} points{'' if apart <= GOAL else ', missed'}"
        lines.append(f"| {row.set} | {row.question} | {10 * row.tenth} to {10 * row.tenth + 10} % | {row.cases} | "
                     f"{row.fleets} | {row.said:.1%} | {row.came:.1%} | {told} |")  # fmt: skip
    return "\n".join(lines)


def written(rows: list[dict[str, object]]) -> None:
    """Write results and page."""
    found = pd.DataFrame(rows)
    tenths(found).to_csv(RESULTS, index=False, lineterminator="\n")
    leans(found).to_csv(LEANS, index=False, lineterminator="\n")
    rewrite(page_table(pd.read_csv(RESULTS)), BEGIN, END, PAGE)
    rewrite(leans_table(pd.read_csv(LEANS)), LEANS_BEGIN, LEANS_END, PAGE)


def main() -> None:
    """Read the command line, measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--fleets", type=int, default=600)
    parser.add_argument("--kept", type=Path, help="file of cases to go on from; of the same code and data only")
    parser.add_argument("--growth", action="store_true", help="print growth told and come, and forecast nothing")
    given = parser.parse_args()
    basis = replace(basis_of(read_record().as_of(FIRST), Settings(draws=DRAWS)), origin=FIRST)
    if given.growth:
        trend = Trend.believed(basis.beliefs)
        print(growths(jobs(given.fleets, given.data), trend).round(3).to_string(index=False))
        return
    rows: list[dict[str, object]] = []
    for row in asked(jobs(given.fleets, given.data), basis, given.kept):
        rows.append(row)
        if len(rows) % STRIDE == 0:  # what is measured stands even where the run is cut short
            written(rows)
    written(rows)
    print(page_table(pd.read_csv(RESULTS)))


if __name__ == "__main__":
    main()
