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
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from marked import rewrite
from volume_traces import TRACES

from shiftcast.features.panel import Panel
from shiftcast.forecast.beliefs import read_beliefs
from shiftcast.forecast.migration.quantiles import LEVELS as QUANTILES
from shiftcast.forecast.volume import own_priors
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.series import levels
from shiftcast.pipelines.series.volumes import VolumeQuestion
from shiftcast.pipelines.sources.beliefs import read_belief_rows

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "volume.md"
DATA = Path(__file__).parents[2] / "shared" / "data" / "traces"
BEGIN, END = "<!-- benchmarks/temporal.py: begin -->", "<!-- benchmarks/temporal.py: end -->"
SETS = {"helios": (("D",), 72, 3), "philly days": (("W",), 28, 4)}  # longer periods, horizon, origins
SPACING = {"h": 84, "D": 7}  # periods from one origin to the next, so that origins fall on other hours or weeks
PAST = {"h": 24 * 42, "D": 200}  # periods of history, at most
WAYS = ("by itself", "summed", "agreed")


def rows_of(panel: Panel) -> pd.DataFrame:
    """Return the values of a panel as rows."""
    times = panel.times()
    wide = [pd.DataFrame({"series": name, "group": group, "period_end": times[at], "value": panel.values[at]})
            for at, (name, group) in enumerate(zip(panel.series, panel.group, strict=True))]  # fmt: skip
    return pd.concat(wide, ignore_index=True).dropna()


def drawn(panel: Panel, also: tuple[str, ...], horizon: int) -> list[dict[tuple[str, str], np.ndarray]]:
    """Return the draws of each series by frequency and way, all from one fit of each level."""
    question = VolumeQuestion(horizon, own_priors(read_beliefs(read_belief_rows(RECORDS))))
    real, out = levels.agreed_draws, []

    def kept(short, member, known, long):
        agreed = real(short, member, known, long)
        ways = {(panel.frequency, way): short.copy() for way in WAYS} | {(panel.frequency, "agreed"): agreed}
        for level, own, past, far in zip(also, member, known, long, strict=True):
            sums = ((way, draws) for way, draws in (("summed", short), ("agreed", agreed)))
            ways |= {(level, way): past + np.stack([draws[:, own == at].sum(axis=1) for at in range(len(past))], axis=1)
                     for way, draws in sums}  # fmt: skip
            ways[level, "by itself"] = np.where(np.isnan(far), ways[level, "summed"], far)
        out.append(ways)
        return agreed

    levels.agreed_draws = kept
    for _ in levels.forecast_levels(rows_of(panel), question, also, how=levels.AGREED):
        pass
    levels.agreed_draws = real
    return out


def crps(draws: np.ndarray, came: np.ndarray) -> float:
    """Return the mean CRPS over quantiles, in the unit of the draws; periods that did not come are left out."""
    miss = came - np.quantile(draws, QUANTILES, axis=0)
    levels_ = np.asarray(QUANTILES)[:, None]
    return float(np.nanmean(2 * np.where(miss > 0, levels_ * miss, (levels_ - 1) * miss)))


def came(truth: Panel, frequency: str, ends: np.ndarray, at: int) -> tuple[np.ndarray, float]:
    """Return what came in the periods that end on some days, and the mean of the series at that level."""
    rows = rows_of(truth) if frequency == truth.frequency else levels.at_level(truth, frequency, 1)[0]
    own = rows[rows["series"] == truth.series[at]].set_index("period_end")["value"]
    return own.reindex(pd.DatetimeIndex(ends)).to_numpy(), float(own.mean())


def run(folder: Path) -> list[dict[str, object]]:
    """Return the score of every set, level and way."""
    out = []
    for trace in (each for each in TRACES if each.name in SETS):
        also, horizon, origins = SETS[trace.name]
        panel, losses = trace.panel(folder), defaultdict(list)
        for back in range(origins):
            steps = horizon + SPACING[panel.frequency] * back
            past, truth = panel.cut(steps), panel.cut(steps - horizon)
            past = replace(
                past, values=past.values[:, -PAST[panel.frequency] :], lower=past.lower[:, -PAST[panel.frequency] :]
            )
            ends = {level: [each.ends for each in levels.at_level(past, level, horizon)[1]] for level in also}
            ends[panel.frequency] = past.ends(horizon)
            for at, ways in enumerate(drawn(past, also, horizon)):
                for (frequency, way), draws in ways.items():
                    right, mean = came(truth, frequency, ends[frequency][at], at)
                    losses[frequency, way].append(crps(draws, right) / mean)
            sys.stderr.write(f"{trace.name}: origin {back + 1} of {origins}\n")
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
    rewrite(table(), BEGIN, END, PAGE)


if __name__ == "__main__":
    main()
