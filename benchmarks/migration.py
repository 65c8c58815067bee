"""Score the migration on operators left out, hold its states to their own evidence, and write both to docs and report.

``python benchmarks/migration.py`` forecasts every operator's series of the ledger from each quarter since 2015 without
what that operator teaches (a quarter of an hour on one core; ``--every 4`` takes one origin a year), compares hazards
of the first use on operators left out, and checks each dated statement against the state it is about. Tables go to
``docs/rollouts.md`` and the README, scores to ``pipelines/records/migration_scores.csv``, from which the report takes
them, and checks to ``benchmarks/migration.csv``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from marked import replaced
from scipy.special import expit, xlogy
from sklearn.linear_model import LogisticRegression
from xgboost import XGBClassifier

from shiftcast.features.arrays import Array
from shiftcast.features.asof import JUDGEMENT
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.identity.rolled import MigrationFit, draw_migration, fit_migration, migrating
from shiftcast.forecast.known import Known, cut
from shiftcast.forecast.leaves import SOLD_SEGMENTS
from shiftcast.forecast.rollouts.clock import number_of
from shiftcast.forecast.rollouts.hazard import at_risk
from shiftcast.forecast.rollouts.paths import draw_course, setting_of
from shiftcast.forecast.scoring.rollouts import HORIZONS, fold_of, score_rollouts, summary
from shiftcast.pipelines.sources.public_record import read_record

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE, README = ROOT / "docs" / "rollouts.md", ROOT / "README.md"
SCORES: Final = ROOT / "pipelines" / "records" / "migration_scores.csv"
CHECKS: Final = Path(__file__).with_name("migration.csv")
BEGIN, END = "<!-- benchmarks/migration.py: begin -->", "<!-- benchmarks/migration.py: end -->"
DRAWS, SEED = 400, 20261129
BORN: Final = {"deep": "2010-12-31", "sequence": "2021-12-31", "llm": "2020-12-31"}  # no operator served it by then
QUARTERS: Final = pd.date_range("2008-03-31", "2032-12-31", freq="QE", tz="UTC")
NARROW, EDGE = (0.1, 0.9), 1e-3


def scoreboard(record: Known, every: int) -> pd.DataFrame:
    """Return scores by method and horizon, and over all horizons."""
    origins = pd.date_range(pd.Timestamp("2015-12-31", tz="UTC"), record.origin, freq=f"{every}QE")
    scores = score_rollouts(
        record.history.rollouts, record.history.observations, migrating(record.registry), record.beliefs,
        origins=origins, now=record.origin, draws=DRAWS, seed=SEED,
    )  # fmt: skip
    parts = {"all": scores, **{str(step): scores[scores["horizon"] == step] for step in HORIZONS}}
    begun = scores[scores["begun"]]
    parts |= {"not begun": scores[~scores["begun"]], "begun": begun}
    return pd.concat([summary(part).assign(part=name) for name, part in parts.items()], ignore_index=True)


def hazards(record: Known, fit: MigrationFit) -> Iterator[dict[str, object]]:
    """Yield the log loss of hazards of the first use, an operator-quarter, on operators left out."""
    models: dict[str, Callable[[Array, Array, Array], Callable[[Array], Array]]] = {
        "one rate for all": _constant, "logistic regression": _logistic, "boosted trees": _boosted,
    }  # fmt: skip
    now = float(number_of(pd.DatetimeIndex([record.origin]))[0])
    folds = sorted({fold_of(each.operator) for each in fit.courses})
    for name, learn in models.items():
        lost, count = 0.0, 0
        for fold in folds:
            kept, held = (
                [each for each in fit.courses if (fold_of(each.operator) == fold) == out] for out in (False, True)
            )
            rows, starts = at_risk(kept, fit.habits.first, now)
            chance = learn(np.concatenate([rows, rows]), np.repeat([1.0, 0.0], len(rows)), np.r_[starts, 1 - starts])
            rows, starts = at_risk(held, fit.habits.first, now)
            told = np.clip(chance(rows), EDGE, 1 - EDGE)
            lost -= float((xlogy(starts, told) + xlogy(1 - starts, 1 - told)).sum())
            count += len(rows)
        yield check(f"hazard, log loss an operator-quarter: {name}", lost / count, "", True)


def _constant(rows: Array, outcome: Array, weight: Array) -> Callable[[Array], Array]:
    rate = float(outcome @ weight / weight.sum())
    return lambda held: np.full(len(held), rate)


def _logistic(rows: Array, outcome: Array, weight: Array) -> Callable[[Array], Array]:
    model = LogisticRegression(max_iter=1000).fit(rows, outcome, sample_weight=weight)
    return lambda held: np.asarray(model.predict_proba(held)[:, 1])


def _boosted(rows: Array, outcome: Array, weight: Array) -> Callable[[Array], Array]:
    model = XGBClassifier(n_estimators=100, max_depth=3, learning_rate=0.05, min_child_weight=2.0, n_jobs=1)
    model.fit(rows, outcome, sample_weight=weight)
    return lambda held: np.asarray(model.predict_proba(held)[:, 1], dtype=np.float64)


def evidence(record: Known, fit: MigrationFit, draws: int) -> Iterator[dict[str, object]]:
    """Yield, by workload and segment, the part of dated statements inside the 80 % interval of what they are about."""
    sampling = Sampling(
        QUARTERS, draws, SEED, sample_assumptions(record.assumptions, draws=draws, seed=SEED)
    )  # fmt: skip
    carried = draw_migration(record, fit, QUARTERS, sampling)
    inside: dict[str, list[bool]] = {}
    for workload, techniques in migrating(record.registry).items():
        for side in SOLD_SEGMENTS:
            shares = carried.shares[workload, side]
            for row in _judged(record, workload, side).itertuples():
                upto = techniques.index(row.technique) + 1
                at = int(QUARTERS.searchsorted(row.period_end))
                older = shares[:, at, :upto]
                state = older[:, -1] / np.maximum(older.sum(axis=1), EDGE)
                inside.setdefault(f"{workload}, {side}: judged", []).append(_inside(state, row.value, row.sd))
            for name, day in BORN.items():
                if name in techniques:
                    at = int(QUARTERS.searchsorted(pd.Timestamp(day, tz="UTC")))
                    share = float(shares[:, at, techniques.index(name)].mean())
                    yield check(f"{workload}/{name}, {side}: share on {day}", share, "below 0.1 %", share < EDGE)
    now = float(number_of(pd.DatetimeIndex([record.origin]))[0])
    setting = setting_of(fit.habits, number_of(QUARTERS), now, draws, SEED)
    for course in fit.courses:
        for said in course.stated:
            path = draw_course(course, setting, np.zeros(draws), 1.0).share
            state = path[:, int(np.clip(np.searchsorted(setting.ends, said.at), 0, len(QUARTERS) - 1))]
            share = float(expit(said.mid))
            held = _inside(state, share, said.sd * share * (1 - share), said.bound)
            inside.setdefault(f"{course.workload}, {course.segment}: operators", []).append(held)
    for name, each in sorted(inside.items()):
        yield check(f"{name}, statements inside their 80 % interval ({len(each)})", float(np.mean(each)), "", True)
    every = [held for each in inside.values() for held in each]
    part = float(np.mean(every))
    yield check(f"all statements inside their 80 % interval ({len(every)})", part, "at least 80 %", part >= 0.8)


def _judged(record: Known, workload: str, side: str) -> pd.DataFrame:
    rows = record.observations
    about = (rows["definition"] == JUDGEMENT) & (rows["measure"] == "share") & (rows["base"] == "requests")
    return rows[about & (rows["workload"] == workload) & rows["segment"].isin(["all", side])]


def _inside(state: Array, share: float, sd: float, bound: str = "=") -> bool:
    """Return whether a statement lies inside the 80 % interval of a state, with its own error."""
    noise = np.random.default_rng(SEED).standard_normal(len(state))
    low, high = np.quantile(state + sd * noise, NARROW)
    return bool((bound == ">=" or share >= low) and (bound == "<=" or share <= high))


def check(name: str, value: float, bar: str, met: bool) -> dict[str, object]:
    """Return a row of the table of checks."""
    return {"check": name, "figure": value, "bar": bar, "met": met}


def scores_table(scores: pd.DataFrame) -> str:
    """Return the table of scores."""
    heads = ["method", "all", *(f"{step} ahead" for step in HORIZONS), "log score", "80 % covers"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for method in dict.fromkeys(scores["method"]):
        own = scores[scores["method"] == method].set_index("part")
        ratios = " | ".join(f"{own.loc[part, 'ratio']:.2f}" for part in ("all", *map(str, HORIZONS)))
        whole = own.loc["all"]
        lines.append(f"| {method} | {ratios} | {whole['log']:.3f} | {whole['covers']:.0%} |")
    return "\n".join(lines)


def checks_table(checks: pd.DataFrame) -> str:
    """Return the table of checks."""
    lines = ["| check | figure | bar | met |", "|---|---|---|---|"]
    for row in checks.fillna({"bar": ""}).itertuples():
        met = ("yes" if row.met else "**no**") if row.bar else ""
        lines.append(f"| {row.check} | {row.figure:.3g} | {row.bar} | {met} |")
    return "\n".join(lines)


def pages(scores: pd.DataFrame, checks: pd.DataFrame) -> dict[Path, str]:
    """Return each page with its tables put between the marks."""
    scored, checked = scores_table(scores), checks_table(checks)
    tables = {PAGE: f"{scored}\n\n{checked}", README: scored}
    return {page: replaced(page.read_text(encoding="utf-8"), table, BEGIN, END) for page, table in tables.items()}


def main() -> None:
    """Write scores, checks and the tables of the page."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--every", type=int, default=1, help="quarters between origins")
    reading.add_argument("--draws", type=int, default=1000, help="draws of the states")
    asked = reading.parse_args()
    everything = read_record()
    record = cut(everything, max(everything.rollouts["known_at"].max(), everything.observations["known_at"].max()))
    fit = fit_migration(record, QUARTERS)
    scores = scoreboard(record, asked.every).assign(as_of=f"{record.origin:%Y-%m-%d}").round(4)
    whole = scores[(scores["part"] == "all")].set_index("method").loc["ledger"]
    bars = [
        check("operators left out, CRPS over last value", whole["ratio"], "at most 0.80", whole["ratio"] <= 0.8),
        check("operators left out, 80 % covers", whole["covers"], "74 to 86 %", 0.74 <= whole["covers"] <= 0.86),
    ]
    checks = pd.DataFrame([*bars, *evidence(record, fit, asked.draws), *hazards(record, fit)])
    scores.to_csv(SCORES, index=False)
    checks.to_csv(CHECKS, index=False, float_format="%.4g")
    for page, text in pages(scores, checks).items():
        page.write_text(text, encoding="utf-8")
    print(scores_table(scores), checks_table(checks), sep="\n\n")


if __name__ == "__main__":
    main()
