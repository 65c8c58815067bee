"""Score the share model on take-overs of generations and on operators that test, ramp and stand.

    python benchmarks/take_overs.py --data DIR --capacity DIR --scorer FILE --label after

The rows of a label in ``take_overs.csv`` are replaced, and the tables of docs/migration.md and of the card made again.
Everything learned is left out set by set; the operators and the accelerators taught nothing. Last value is the peer,
once as a point and once with the same spread and newcomers. ``--label before`` was run on the code of 0.2.0.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from marked import rewrite
from share_panels import generation_panels, operator_panel

from shiftcast.forecast.migration.draws import series_draws
from shiftcast.forecast.migration.fit import fit_panel
from shiftcast.forecast.migration.learned import Learned, LearnedFamily
from shiftcast.forecast.migration.rolling import Origin, rolling_origins
from shiftcast.forecast.migration.training import without_members
from shiftcast.pipelines.series.train_migration import set_files, set_origins
from shiftcast.pipelines.sources.learned import load_learned

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).with_suffix(".csv")
PAGES = (ROOT / "docs" / "migration.md", ROOT / "pipelines" / "records" / "migration_learned.md")
BEGIN, END = "<!-- benchmarks/take_overs.py: begin -->", "<!-- benchmarks/take_overs.py: end -->"
HORIZONS = (1, 2, 4, 8, 12)
LEVELS = np.linspace(0.05, 0.95, 19).round(2)
VISIBLE, SMALL, TAKEN = 0.01, 0.002, 0.05  # shares that count for coverage, that are small, and that are a take-over
ORIGINS, DRAWS, AHEAD = 12, 200, 12
EDGES = np.array((0, 1, 2, 4, 6, 10)) / 10.0  # of predicted chances to cross half within twelve periods
NAMES = {
    "point": "CRPS over last value as a point",
    "spread": "CRPS over last value with the same spread and newcomers",
    "inside": "covered by 80 %",
    "unseen": "unseen above its 90 % quantile, 4 periods and more",
    "small": "below 0.2 % at the origin above it, at 4 periods",
    "leader": "leader below its 10 % quantile",
    "taken": "take-overs above it",
}
OVERALL = {
    "ratio": "CRPS over a random walk in log-ratios",
    "inside": "covered by 80 %",
    "inside95": "covered by 95 %",
    "worst": "worst set",
}


def rows_of(origin: Origin, learned: Learned) -> Iterator[dict[str, object]]:
    """Yield a row a series, category and horizon: truth, last value, quantiles and CRPS of model and peer."""
    fits = [fit_panel(origin.state, numbers, AHEAD) for numbers in (learned, without_members(learned))]
    for at, names in enumerate(origin.state.panel.categories):
        last = origin.state.panel.shares[at, -1, : len(names)]
        fresh = ~origin.state.present[at, : len(names)]
        drawn = [series_draws(fit, at, DRAWS, 0) for fit in fits]
        for h in HORIZONS:
            truth = origin.future[at, h - 1, : len(names)]
            if np.isnan(truth).any():
                continue
            model, peer = (np.quantile(paths[:, h - 1], LEVELS, axis=0) for paths in drawn)
            for k in range(len(names)):
                yield {
                    "series": origin.state.panel.series[at], "day": origin.state.panel.recent[at][-1], "h": h,
                    "category": names[k], "fresh": bool(fresh[k]), "leads": k == int(last.argmax()), "last": last[k],
                    "truth": truth[k], "low": model[1, k], "high": model[-2, k], "crps": crps(model[:, k], truth[k]),
                    "peer": crps(peer[:, k], truth[k]), "point": abs(truth[k] - last[k]),
                }  # fmt: skip


def crps(quantiles: np.ndarray, truth: float) -> float:
    """Return twice the mean pinball loss over the levels [share]."""
    miss = truth - quantiles
    return 2.0 * float(np.maximum(LEVELS * miss, (LEVELS - 1.0) * miss).mean())


def measures(rows: pd.DataFrame) -> dict[str, float]:
    """Return the measures of one panel."""
    above, below = rows.truth > rows.high + 1e-9, rows.truth < rows.low - 1e-9
    small = (rows["last"] < SMALL) & (rows.h == 4)
    reached = rows.groupby(["series", "day", "category"]).truth.transform("max") > TAKEN
    return {
        "forecasts": float(len(rows.drop_duplicates(["series", "day", "h"]))),
        "point": rows.crps.sum() / rows.point.sum(),
        "spread": rows.crps.sum() / rows.peer.sum(),
        "inside": float((~above & ~below)[np.maximum(rows.truth, rows["last"]) > VISIBLE].mean()),
        "unseen": float(above[rows.fresh & (rows.h >= 4)].mean()),
        "small": float(above[small].mean()),
        "leader": float(below[rows.leads].mean()),
        "taken": float(above[(rows["last"] < SMALL) & reached].mean()),
    }


def panel_rows(data: Path, capacity: Path, family: LearnedFamily) -> Iterator[dict[str, object]]:
    """Yield the measures of every panel, operators first."""
    panels = {"operators": operator_panel(ROOT / "pipelines" / "records"), **generation_panels(data, capacity)}
    for name, history in panels.items():
        found = [
            row
            for origin in rolling_origins(history, name, count=ORIGINS)
            for row in rows_of(origin, family.without(name))
        ]
        for measure, value in measures(pd.DataFrame(found)).items():
            yield {"panel": name, "measure": measure, "value": round(value, 4)}


def reliability(data: Path, family: LearnedFamily) -> Iterator[dict[str, object]]:
    """Yield predicted chances of crossing half within twelve periods, and how often it came, over all reference sets.

    Categories between 5 and 50 % at the origin, six periods of history or more.
    """
    told = []
    for name, path in set_files(data).items():
        for origin in set_origins(name, path, 18):
            fit = fit_panel(origin.state, family.without(name), AHEAD)
            for at, names in enumerate(origin.state.panel.categories):
                last, future = origin.state.panel.shares[at, -1, : len(names)], origin.future[at, :, : len(names)]
                open_ = (last >= TAKEN) & (last < 0.5) & (origin.state.age[at, : len(names)] >= 5)
                if open_.any() and not np.isnan(future[-1]).any():
                    paths = series_draws(fit, at, DRAWS, 1)[:, :, open_]
                    chance = (paths.max(axis=1) > 0.5).mean(axis=0)
                    told += list(zip(chance, np.nanmax(future, axis=0)[open_] > 0.5, strict=True))
    table = pd.DataFrame(told, columns=["chance", "came"])
    for _, part in table.groupby(pd.cut(table.chance, EDGES, include_lowest=True), observed=True):
        for measure, value in (("predicted", part.chance.mean()), ("came", part.came.mean()), ("cases", len(part))):
            yield {"panel": f"crossing {EDGES[np.searchsorted(EDGES, part.chance.max()) - 1]:.1f}",
                   "measure": measure, "value": round(float(value), 4)}  # fmt: skip


def sets(data: Path, scorer: Path) -> Iterator[dict[str, object]]:
    """Yield the score of the 16 reference sets, over a random walk in log-ratios, everything learned left out."""
    with tempfile.TemporaryDirectory() as scratch:
        table = Path(scratch) / "table.csv"
        call = f"{shlex.quote(sys.executable)} -m shiftcast.pipelines.commands.shares shares"
        command = f"{call} {{input}} --horizon {AHEAD} --output {{output}} --by-set"
        told = [sys.executable, str(scorer), "--data", str(data), "--command", command, "--table", str(table)]
        subprocess.run(told, check=True)
        scores = pd.read_csv(table)
    by = scores.groupby(["model", "dataset"])[["crps", "c80", "c95"]].mean()
    ratio = by.crps["project"] / by.crps["naive"]
    for measure, value in (("ratio", ratio.mean()), ("worst", ratio.max()), ("inside", by.c80["project"].mean()),
                           ("inside95", by.c95["project"].mean())):  # fmt: skip
        yield {"panel": "16 sets", "measure": measure, "value": round(float(value), 4)}


def tables(results: pd.DataFrame) -> str:
    """Return before and after as Markdown, a panel a line."""
    wide = results.set_index(["panel", "measure", "label"]).value.unstack()  # noqa: PD010  (the keys are in the index)
    pair = lambda panel, measure: " / ".join(  # noqa: E731  (a cell of the table)
        f"{wide.loc[(panel, measure)].get(label, np.nan):.2f}" for label in ("before", "after")
    )
    panels = [name for name in dict.fromkeys(results.panel) if not name.startswith(("crossing", "16"))]
    lines = ["Before / after:", "", "| panel | forecasts | " + " | ".join(NAMES.values()) + " |"]
    lines.append("|---" * (len(NAMES) + 2) + "|")
    lines += [
        f"| {name} | {wide.loc[(name, 'forecasts'), 'after']:.0f} | "
        + " | ".join(pair(name, key) for key in NAMES)
        + " |"
        for name in panels
    ]
    lines += ["", "| 16 reference sets, everything learned left out set by set | before | after |", "|---|---|---|"]
    for key, name in OVERALL.items():
        row = wide.loc[("16 sets", key)]
        lines.append(f"| {name} | {row.get('before', np.nan):.3f} | {row.get('after', np.nan):.3f} |")
    lines += ["", "| chance to cross half within 12 periods: cases | predicted before / after | came before / after |",
              "|---|---|---|"]  # fmt: skip
    lines += [
        f"| {wide.loc[(name, 'cases'), 'after']:.0f} | {pair(name, 'predicted')} | {pair(name, 'came')} |"
        for name in dict.fromkeys(results.panel)
        if name.startswith("crossing")
    ]
    return "\n".join(lines)


def main() -> None:
    """Score, write the results, and the tables of them into the documentation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--capacity", "--scorer"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--label", default="after")
    parser.add_argument("--learned", type=Path, help="learned numbers instead of those that ship")
    given = parser.parse_args()
    family = load_learned(given.learned)
    found = [*panel_rows(given.data, given.capacity, family), *reliability(given.data, family)]
    found += sets(given.data, given.scorer)
    made = pd.DataFrame(found).assign(label=given.label)
    kept = pd.read_csv(RESULTS) if RESULTS.exists() else made.iloc[:0]
    pd.concat([kept[kept.label != given.label], made]).to_csv(RESULTS, index=False)
    text = tables(pd.read_csv(RESULTS))
    rewrite(text, BEGIN, END, *PAGES)
    print(text)


if __name__ == "__main__":
    main()
