"""Measure volumes by category as totals times shares, beside each category forecast by itself and reconciled.

``python benchmarks/categories.py [--data ../shared/data/hierarchical]`` takes made-up panels, and trips by state
and purpose and monthly employment by state and kind where the folder is there. At rolling origins three ways are given
the same histories: ``joint`` (``shiftcast volume`` of a file with categories), ``alone`` (each category a series of its
own, the total their sum draw by draw) and ``reconciled`` (categories and total, their draws made coherent). Results go
to ``benchmarks/categories.csv`` and into ``docs/volume.md``.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
from marked import rewrite

from shiftcast.features.added_up import over_categories
from shiftcast.forecast.beliefs import read_beliefs
from shiftcast.forecast.hierarchy.edges import hierarchy_from_edges
from shiftcast.forecast.hierarchy.long import Reconciliation
from shiftcast.forecast.migration import fit_shares
from shiftcast.forecast.volume import own_priors
from shiftcast.forecast.volume.coherent import coherent_volumes
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.series.volumes import VolumeQuestion, forecast_volumes
from shiftcast.pipelines.sources.beliefs import read_belief_rows
from shiftcast.pipelines.sources.learned import load_learned

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "volume.md"
BEGIN, END = "<!-- benchmarks/categories.py: begin -->", "<!-- benchmarks/categories.py: end -->"
LEVELS = np.round(np.arange(0.05, 0.951, 0.05), 2)
DRAWS, HORIZON, ORIGINS = 300, 6, 2
WAYS = ("joint", "alone", "reconciled")
TOTAL = "the whole"


def made_up(*, together: float, seed: int = 0, series: int = 8, periods: int = 48) -> pd.DataFrame:
    """Return monthly volumes of three categories; ``together`` moves the share of the first with the total."""
    random = np.random.default_rng(seed)
    parts = []
    for number in range(series):
        steps = 0.01 + 0.05 * random.standard_normal(periods)
        score = (np.array([0.03, 0.0, -0.02]) + 0.1 * random.standard_normal((periods, 3))).cumsum(axis=0)
        score[:, 0] += together * steps.cumsum()
        values = (1000 * np.exp(steps.cumsum()))[:, None] * np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
        parts.append(
            long(values, f"s{number:02d}", ("a", "b", "c"), pd.date_range("2020-01-31", periods=periods, freq="ME"))
        )
    return pd.concat(parts, ignore_index=True)


def long(values: np.ndarray, series: str, categories: tuple[str, ...], ends: pd.DatetimeIndex) -> pd.DataFrame:
    """Return an array of periods by categories as rows."""
    return pd.DataFrame({"series": series, "category": np.tile(categories, len(ends)),
                         "period_end": np.repeat(ends, len(categories)), "value": values.ravel()})  # fmt: skip


def trips(folder: Path) -> pd.DataFrame:
    """Return quarterly trips: states as series, purposes as categories."""
    table = pd.read_csv(folder / "tourismsmall" / "data.csv.gz", index_col=0, parse_dates=True)
    states, why = ("nsw", "vic", "qld", "sa", "wa", "tas", "nt"), ("hol", "vfr", "bus", "oth")
    parts = [long(table[[f"{state}-{each}" for each in why]].to_numpy(), state, why, table.index) for state in states]
    return pd.concat(parts, ignore_index=True)


def employment(folder: Path) -> pd.DataFrame:
    """Return monthly employment of the last ten years: states as series, sex and hours as categories."""
    table = pd.read_csv(folder / "labour" / "data.csv.gz", index_col=0, parse_dates=True).iloc[-120:]
    with gzip.open(folder / "labour" / "tags.csv.gz", "rt") as opened:
        bottom = [line.strip().split(",")[-1].split("-") for line in opened if line.strip()]
    columns = table.columns[-len(bottom) :]
    ends = table.index + pd.offsets.MonthEnd(0)
    parts = []
    for state in sorted({parts[1] for parts in bottom}):
        at = [place for place, each in enumerate(bottom) if each[1] == state]
        kinds = tuple(" ".join(bottom[place][2:]) for place in at)
        parts.append(long(table[columns[at]].to_numpy(), state, kinds, ends))
    return pd.concat(parts, ignore_index=True)


def joint(past: pd.DataFrame) -> pd.DataFrame:
    """Return draws of categories and totals from totals times shares."""
    totals, rows = over_categories(past)
    shares = fit_shares(rows, horizon=HORIZON, learned=load_learned().whole)
    drawn = draws_of(totals, shares=shares)
    return drawn.assign(category=drawn["category"].fillna(TOTAL))


def alone(past: pd.DataFrame) -> pd.DataFrame:
    """Return draws of categories, each a series of its own, and of totals as their sums."""
    drawn = parted(draws_of(named(past)))
    whole = drawn.groupby(["series", "draw", "period_end"], as_index=False)["value"].sum().assign(category=TOTAL)
    return pd.concat([drawn, whole], ignore_index=True)


def reconciled(past: pd.DataFrame) -> pd.DataFrame:
    """Return draws of categories and totals, each a series of its own, made coherent."""
    whole = past.groupby(["series", "period_end"], as_index=False)["value"].sum().assign(category=TOTAL)
    drawn = draws_of(named(pd.concat([past, whole], ignore_index=True)))
    out = []
    for name, rows in past.groupby("series"):
        nodes = [f"{name} / {category}" for category in rows["category"].unique()]
        tree = hierarchy_from_edges(pd.DataFrame({"parent": f"{name} / {TOTAL}", "child": nodes}))
        plan = Reconciliation("wls_struct", nonnegative=True)
        out.append(
            coherent_volumes(tree, drawn[drawn["series"].isin(tree.names)].astype({"series": object}), plan).paths
        )
    return parted(pd.concat(out, ignore_index=True))


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with series and category as one name, those of a series a group."""
    return rows.assign(group=rows["series"], series=rows["series"] + " / " + rows["category"]).drop(columns="category")


def parted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the name of a series parted into series and category."""
    parts = rows["series"].astype(str).str.split(" / ", n=1, expand=True)
    return rows.assign(series=parts[0], category=parts[1])


def draws_of(history: pd.DataFrame, **options: object) -> pd.DataFrame:
    """Return joint draws of volumes."""
    priors = own_priors(read_beliefs(read_belief_rows(RECORDS)))
    question = VolumeQuestion(HORIZON, priors, draws=DRAWS, **options)
    return pd.concat([answer.paths for answers, _ in forecast_volumes(history, question) for answer in answers])


def scored(drawn: pd.DataFrame, future: pd.DataFrame) -> pd.DataFrame:
    """Return CRPS over the mean volume of each series, and whether 80 % intervals hold, by row of the future."""
    whole = future.groupby(["series", "period_end"], as_index=False)["value"].sum().assign(category=TOTAL)
    truth = pd.concat([future, whole], ignore_index=True)
    drawn = drawn.assign(period_end=drawn["period_end"].dt.tz_localize(None).dt.to_period("M"))
    truth = truth.assign(period_end=truth["period_end"].dt.to_period("M"))
    keys = ["series", "category", "period_end"]
    quantiles = drawn.groupby(keys)["value"].quantile(LEVELS.tolist()).unstack()  # noqa: PD010  (the keys are in the index)
    actual = truth.set_index(keys)["value"].reindex(quantiles.index)
    miss = actual.to_numpy()[:, None] - quantiles.to_numpy()
    crps = 2 * np.where(miss > 0, LEVELS * miss, (LEVELS - 1) * miss).mean(axis=1)
    size = whole.groupby("series")["value"].mean().reindex(quantiles.index.get_level_values("series")).to_numpy()
    inside = (actual >= quantiles[0.1]) & (actual <= quantiles[0.9])
    rows = quantiles.index.to_frame(index=False)
    return rows.assign(crps=crps / size, inside=inside.to_numpy())


def measure(panel: str, rows: pd.DataFrame) -> list[dict[str, object]]:
    """Return the scores of every way on one panel, at origins a horizon apart."""
    ends = np.sort(rows["period_end"].unique())
    found = []
    for back in range(ORIGINS, 0, -1):
        cut = ends[-1 - back * HORIZON]
        past = rows[rows["period_end"] <= cut].reset_index(drop=True)
        future = rows[(rows["period_end"] > cut) & (rows["period_end"] <= ends[-1 - (back - 1) * HORIZON])]
        for way, forecast in (("joint", joint), ("alone", alone), ("reconciled", reconciled)):
            found.append(scored(forecast(past), future).assign(way=way))
        print(f"{panel}: origin {pd.Timestamp(cut).date()}", flush=True)
    scores = pd.concat(found).assign(of=lambda rows: np.where(rows["category"] == TOTAL, "total", "categories"))
    out = scores.groupby(["way", "of"])[["crps", "inside"]].mean().reset_index()
    return out.assign(panel=panel).to_dict("records")


def table(results: pd.DataFrame) -> str:
    """Return the table of the page."""
    lines = [
        "| CRPS in % of the total; 80 % covers | "
        + " | ".join(f"{way}, {of}" for of in ("categories", "total") for way in WAYS)
    ]
    lines[0] += " |"
    lines.append("|---" * 7 + "|")
    for panel, rows in results.groupby("panel", sort=False):
        cells = rows.set_index(["of", "way"])
        shown = [cells.loc[(of, way)] for of in ("categories", "total") for way in WAYS]
        lines.append(
            f"| {panel} | " + " | ".join(f"{100 * s['crps']:.2f}; {100 * s['inside']:.0f} %" for s in shown) + " |"
        )
    return "\n".join(lines)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/hierarchical"))
    given = parser.parse_args()
    panels = {
        "made up, independent": made_up(together=0.0),
        "made up, a share that rises with the total": made_up(together=2.0),
    }
    if given.data.is_dir():
        panels |= {
            "trips by state and purpose": trips(given.data),
            "employment by state and kind": employment(given.data),
        }
    results = pd.DataFrame([row for panel, rows in panels.items() for row in measure(panel, rows)])
    results[["panel", "way", "of", "crps", "inside"]].to_csv(RESULTS, index=False, float_format="%.6g")
    rewrite(table(pd.read_csv(RESULTS)), BEGIN, END, PAGE)


if __name__ == "__main__":
    main()
