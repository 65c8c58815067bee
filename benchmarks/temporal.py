"""Score forecasts by short and long periods: each level by itself, sums of the shortest, and all made to agree.

``python benchmarks/temporal.py`` forecasts hours and days of real traces (``../shared/data/traces``, not part of the
project) from rolling origins, all three ways from the same fits. The score of a level is the mean CRPS over quantiles,
divided by the mean volume of the series at that level. Results go to ``benchmarks/temporal.csv`` and into
``docs/volume.md``.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from volume_traces import TRACES

from shiftcast.features.panel import Panel
from shiftcast.forecast.beliefs import read_beliefs
from shiftcast.forecast.volume import own_priors
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.series import levels
from shiftcast.pipelines.series.volumes import VolumeQuestion
from shiftcast.pipelines.sources.beliefs import read_belief_rows

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "volume.md"
DATA = Path(__file__).parents[2] / "shared" / "data" / "traces"
BEGIN, END = "<!-- benchmarks/temporal.py: begin -->", "<!-- benchmarks/temporal.py: end -->"
SETS = {"philly hours": (("D",), 72, 5), "helios": (("D",), 72, 5), "philly days": (("W",), 28, 6)}
SPACING = {"h": 84, "D": 7}  # periods from one origin to the next, so that origins fall on other hours or weeks
WAYS = ("by itself", "summed", "agreed")


def rows_of(panel: Panel) -> pd.DataFrame:
    """Return the values of a panel as rows."""
    times = panel.times()
    wide = [pd.DataFrame({"series": name, "group": group, "period_end": times[at], "value": panel.values[at]})
            for at, (name, group) in enumerate(zip(panel.series, panel.group, strict=True))]  # fmt: skip
    return pd.concat(wide, ignore_index=True).dropna()


def answers(panel: Panel, also: tuple[str, ...], horizon: int) -> dict[str, pd.DataFrame]:
    """Return the forecasts of the three ways."""
    question = VolumeQuestion(horizon, own_priors(read_beliefs(read_belief_rows(RECORDS))))
    real, out = levels.agreed_draws, {}
    found: dict[str, list[np.ndarray]] = defaultdict(list)

    def kept(short, member, known, long):
        found["long"].append(long)
        return real(short, member, known, long)

    for way, draw in (("agreed", kept), ("summed", lambda short, *_: short)):
        levels.agreed_draws = draw
        parts = [answer.forecast for found_, _ in levels.forecast_levels(rows_of(panel), question, also)
                 for answer in found_]  # fmt: skip
        out[way] = pd.concat([part.assign(series=part["series"].astype(str)) for part in parts], ignore_index=True)
    levels.agreed_draws = real
    out["by itself"] = by_itself(out["summed"], panel, also, found["long"])
    return out


def by_itself(summed: pd.DataFrame, panel: Panel, also: tuple[str, ...], long: list) -> pd.DataFrame:
    """Return the forecast of every level without a look at the others."""
    out = summed.copy()
    for at, name in enumerate(panel.series):
        for level, draws in zip(also, long[at], strict=True):
            mine = (out["series"] == name) & (out["frequency"] == level)
            for q in out.loc[mine, "quantile"].unique():
                row = mine & ((out["quantile"] == q) | (out["quantile"].isna() & np.isnan(q)))
                out.loc[row, "value"] = draws.mean(axis=0) if np.isnan(q) else np.quantile(draws, q, axis=0)
    return out


def actual(panel: Panel, steps: int, horizon: int, also: tuple[str, ...]) -> dict[tuple[str, str, pd.Timestamp], float]:
    """Return what came, by series, frequency and period end, and the mean of each series at each level."""
    truth = panel.cut(steps - horizon)
    out = {}
    for frequency in (panel.frequency, *also):
        rows = rows_of(truth) if frequency == panel.frequency else levels.at_level(truth, frequency, 1)[0]
        for row in rows.itertuples():
            out[row.series, frequency, row.period_end] = row.value
    return out


def score(forecast: pd.DataFrame, truth: dict[tuple[str, str, pd.Timestamp], float], size: pd.Series) -> pd.DataFrame:
    """Return the CRPS of every period that came, in multiples of the series' mean at that level."""
    rows = forecast[forecast.statistic == "quantile"].assign(day=lambda each: each.period_end.dt.tz_localize(None))
    keys = zip(rows["series"], rows["frequency"], rows["day"], strict=True)
    rows = rows.assign(y=[truth.get(key, np.nan) for key in keys]).dropna(subset="y")
    miss = rows.y - rows["value"]
    loss = 2 * np.where(miss > 0, rows["quantile"] * miss, (rows["quantile"] - 1) * miss)
    scale = [size[key] for key in zip(rows["series"], rows["frequency"], strict=True)]
    return rows.assign(loss=loss / np.array(scale)).groupby("frequency", as_index=False).agg(loss=("loss", "mean"))


def run(folder: Path) -> list[dict[str, object]]:
    """Return the score of every set, level and way."""
    out = []
    for trace in (each for each in TRACES if each.name in SETS):
        also, horizon, origins = SETS[trace.name]
        panel, losses = trace.panel(folder), defaultdict(list)
        for at in range(origins):
            steps = horizon + SPACING[panel.frequency] * at
            truth = actual(panel, steps, horizon, also)
            size = pd.Series(truth).groupby(level=[0, 1]).mean()
            for way, forecast in answers(panel.cut(steps), also, horizon).items():
                for row in score(forecast, truth, size).itertuples():
                    losses[row.frequency, way].append(row.loss)
            sys.stderr.write(f"{trace.name}: origin {at + 1} of {origins}\n")
        out += [{"set": trace.name, "series": len(panel.series), "origins": origins, "periods": frequency, "way": way,
                 "crps": f"{np.mean(losses[frequency, way]):.4f}"}
                for frequency in (panel.frequency, *also) for way in WAYS]  # fmt: skip
    return out


def table() -> str:
    """Return the results as the page shows them."""
    with RESULTS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = ["| CRPS over the mean | periods | by itself | summed | agreed |", "|---|---|---|---|---|"]
    for name, periods in dict.fromkeys((row["set"], row["periods"]) for row in rows):
        found = {row["way"]: row["crps"] for row in rows if (row["set"], row["periods"]) == (name, periods)}
        lines.append(f"| {name} | {periods} | {' | '.join(found[way] for way in WAYS)} |")
    return "\n".join(lines)


def main() -> None:
    """Run, and write results and page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of traces")
    rows = run(parser.parse_args().data)
    with RESULTS.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    page = PAGE.read_text()
    head, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
