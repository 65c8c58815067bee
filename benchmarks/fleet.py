"""Score a fleet's demand: its total beside the forecasts people use, the odds it gives, its growth, and its size.

``python benchmarks/fleet.py scores [--data DIR] [--cache DIR] [--set NAME]`` forecasts totals of real traces at rolling
origins. The fleet knows the parts of a total; AutoETS, AutoARIMA, seasonal naive and drift (statsforecast, which has to
be installed) know the same history of the total. With some sets alone the others keep the rows they had, and ``odds``
stay. CRPS is the mean over 21 levels of twice the quantile loss, over the
mean of the total before the origin. ``odds`` sorts what the same forecasts said of thresholds by tenths of probability.
``growth`` measures how far growth differs between parts of one whole, which beliefs about fleets rest on. ``size``
sends made-up usage of many workloads through the forecast, ``command`` through the command line. All write
``benchmarks/fleet.csv`` and the tables of ``docs/fleet_demand.md``.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from fleet_traces import SETS, Set, counted, until
from marked import replaced
from volume_cache import code, kept
from volume_calibrated import LEVELS
from volume_peers import auto_arima, auto_ets, quiet, seasonal_naive, statistical
from volume_traces import buyers, packages, pypi

from shiftcast.features.frames import DIMENSIONS, Usage, conform
from shiftcast.forecast.fleet.demand import Basis, forecast_demand
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.history import Counted, read_history
from shiftcast.forecast.fleet.parts import TOTAL, draw_parts, panel_of
from shiftcast.forecast.fleet.trend import PERIODS, Trend, regrown, within_walk
from shiftcast.forecast.volume import own_priors
from shiftcast.pipelines.fleet.place import fleet_root
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "fleet_demand.md"
DATA = Path(__file__).parents[1].parent / "shared" / "data" / "traces"
COLUMNS = ["about", "set", "what", "value", "cases"]
MODEL = "shiftcast"
DRAWS = 1000
CODE = code()  # as it was when the run began
THRESHOLDS = (0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 1.5)  # over the mean of the last seven periods


def drift(_: int) -> object:
    """Return statsforecast's random walk with drift."""
    from statsforecast.models import RandomWalkWithDrift  # noqa: PLC0415  (a peer, in its own environment only)

    return RandomWalkWithDrift()


PEERS = {"seasonal naive": seasonal_naive, "drift": drift, "AutoETS": auto_ets, "AutoARIMA": auto_arima}


def whole(table: Counted) -> Counted:
    """Return the total as the only part."""
    return Counted(table.starts, table.hours.sum(axis=1, keepdims=True), table.lower.any(axis=1, keepdims=True))


def total_draws(table: Counted, names: list[str], told: Set) -> np.ndarray:
    """Return the fleet's draws of its total, shape (draws, horizon)."""
    beliefs = shipped_beliefs()
    drawn = draw_parts(table, told.grain, names, horizon=told.horizon, priors=own_priors(beliefs), draws=DRAWS, seed=1)
    trend = Trend.believed(beliefs)
    if trend is None or told.grain not in PERIODS:
        return drawn.hours.sum(axis=2)
    hours, _ = within_walk(drawn.hours, table, told.grain, trend)
    return regrown(hours, table, told.grain, trend, seed=1)[0].sum(axis=2)


def peer(name: str, table: Counted, told: Set) -> np.ndarray:
    """Return a peer's quantiles of the total, shape (horizon, levels)."""
    forecast = quiet(statistical(PEERS[name], 1))
    return forecast(panel_of(whole(table), told.grain, [TOTAL], TOTAL), told.horizon)[0]


def crps(quantiles: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean CRPS of quantiles, shape (horizon, levels), none of them below zero."""
    miss = truth[:, None] - np.maximum(np.sort(quantiles, axis=1), 0.0)
    return float(2 * np.maximum(LEVELS * miss, (LEVELS - 1) * miss).mean())


def forecasts(name: str, data: Path, cache: Path | None, models: list[str]) -> list[dict[str, object]]:
    """Return what every model says at every origin of a set: quantiles and, of the fleet, draws."""
    told = SETS[name]
    table, names = counted(told.load(data))
    out = []
    for left_out in told.cuts():
        known = until(table, left_out)
        total = table.hours.sum(axis=1)
        first = len(known.starts)
        row: dict[str, object] = {"truth": total[first : first + told.horizon], "past": total[:first]}
        key = f"{name} {told.horizon} {left_out}"
        drawn, _ = kept(cache, f"fleet {CODE} {key}", known.hours, lambda k=known: total_draws(k, names, told))
        row["draws"], row[MODEL] = drawn, np.quantile(drawn, LEVELS, axis=0).T
        for each in models:
            row[each], _ = kept(cache, f"{each} {key}", whole(known).hours, lambda k=known, e=each: peer(e, k, told))
        out.append(row)
    print(f"{name}: {len(out)} origins", file=sys.stderr, flush=True)
    return out


def scores(found: dict[str, list[dict[str, object]]]) -> list[list[object]]:
    """Return CRPS of every model in % of the total by set, and over all sets beside the best peers."""
    rows = []
    for name, origins in found.items():
        for model in (MODEL, *PEERS):
            mean = np.mean([crps(each[model], each["truth"]) / each["past"].mean() for each in origins])
            rows.append(["scores", name, model, float(f"{100 * mean:.4g}"), len(origins)])
    old = pd.read_csv(RESULTS) if RESULTS.exists() else pd.DataFrame(columns=COLUMNS)
    kept_rows = old[(old["about"] == "scores") & old["set"].isin(set(SETS) - set(found))]
    both = pd.DataFrame([*kept_rows.to_numpy().tolist(), *rows], columns=COLUMNS)
    order = both["set"].map({name: place for place, name in enumerate(SETS)}).sort_values(kind="stable").index
    rows = both.loc[order].to_numpy().tolist()
    return rows + overall(rows)


def overall(rows: list[list[object]]) -> list[list[object]]:
    """Return the geometric mean over sets over that of the best peer, and over the best peer of each set."""
    table = pd.DataFrame(rows, columns=COLUMNS).pivot_table(index="set", columns="what", values="value")
    mean = np.exp(np.log(table).mean())
    best = str(mean[list(PEERS)].idxmin())
    each = np.exp(np.log(table.div(table[list(PEERS)].min(axis=1), axis=0)).mean())
    sides = {f"all, over {best}": mean / mean[best], "all, over the best peer of each set": each}
    return [
        ["scores", name, model, round(float(side[model]), 3), len(table)]
        for name, side in sides.items()
        for model in (MODEL, *PEERS)
    ]


def odds(found: dict[str, list[dict[str, object]]]) -> list[list[object]]:
    """Return how often the total was above thresholds, by tenths of the probability that the fleet gave."""
    said, came = [], []
    for origins in found.values():
        for each in origins:
            level = each["past"][-7:].mean()
            for factor in THRESHOLDS:
                said.append((each["draws"] > factor * level).mean(axis=0))
                came.append(each["truth"] > factor * level)
    said, came = np.concatenate(said), np.concatenate(came)
    tenth = np.minimum((said * 10).astype(int), 9)
    rows = []
    for at in range(10):
        mine = tenth == at
        if mine.any():
            span = f"{10 * at} to {10 * at + 10} %"
            rows.append(["odds", span, "said", round(float(said[mine].mean()), 3), int(mine.sum())])
            rows.append(["odds", span, "came", round(float(came[mine].mean()), 3), int(mine.sum())])
    return rows


def between(table: pd.DataFrame, lag: int) -> tuple[float, float, float, int]:
    """Return the deviation of log growth over a lag between columns and in all, its mean, and the number of growths."""
    logs = np.log(table.where(table > 0))
    growth = (logs - logs.shift(lag)).dropna(how="all")
    number = growth.notna().sum(axis=1)
    growth, number = growth[number > 1], number[number > 1]
    apart = growth.sub(growth.mean(axis=1), axis=0)
    return (
        float(np.sqrt((apart**2).sum().sum() / (number - 1).sum())),
        float(np.nanstd(growth)),
        float(np.nanmean(growth)),
        int(number.sum()),
    )


def growth(data: Path) -> list[list[object]]:
    """Return how far log growth over a year differs between parts of one whole and in all, and its mean."""

    def wide(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.pivot_table(index="period_end", columns="series", values="value")

    spent = buyers(data)
    spent = wide(spent[spent.series.str.endswith("capex")])
    spent = spent.groupby(spent.index.to_period("Q")).mean().rolling(4).sum()
    held = pd.read_csv(data / "helios_earth_sensetime" / "Earth_gpu_number.csv.gz", index_col=0).select_dtypes("number")
    held = held.loc[:, ~held.columns.str.contains("total", case=False)]
    sets = {
        "capital spending of large buyers": (spent, {4: "1 year", 8: "2 years"}),
        "GPUs held by tenants of one cluster": (held, {28: "4 weeks", 91: "13 weeks", 150: "150 days"}),
        "downloads of packages": (wide(packages(data, 40)), {12: "1 year", 24: "2 years"}),
        "downloads of RecSys and search projects": (wide(pypi(data)), {12: "1 year", 24: "2 years"}),
    }
    rows = []
    for name, (table, lags) in sets.items():
        for lag, label in lags.items():
            apart, every, mean, number = between(table, lag)
            rows.append(["growth", f"{name}, {label}", "between them", round(apart, 3), number])
            rows.append(["growth", f"{name}, {label}", "in all", round(every, 3), number])
            rows.append(["growth", f"{name}, {label}", "mean", round(mean, 3), number])
    return rows


def made_up(workloads: int, periods: int, grain: str) -> pd.DataFrame:
    """Return usage of many workloads by the month or week."""
    random = np.random.default_rng(0)
    starts = pd.date_range("2024-01-01", periods=periods, freq={"month": "MS", "week": "7D"}[grain], tz="UTC")
    level = random.normal(6, 2, (workloads, 1))
    log = level + random.normal(0.01, 0.02, (workloads, 1)) * np.arange(periods)
    log += 0.15 * random.standard_normal((workloads, periods))
    names = pd.Categorical.from_codes(np.repeat(np.arange(workloads), periods), [f"w{k:05d}" for k in range(workloads)])
    labels = {name: pd.Categorical(["all"] * (workloads * periods)) for name in DIMENSIONS}
    rows = pd.DataFrame({**labels, "workload": names, "period_start": np.tile(starts, workloads),
                         "value": np.exp(log).ravel()})  # fmt: skip
    known = pd.Timestamp("2026-11-01", tz="UTC")
    return rows.assign(measure="gpu_hours", unit="accelerator_hour", how="sum", grain=grain, known_at=known,
                       source="made up", rows=1.0, bound="=", evidence="measured", confidence="verified")  # fmt: skip


def size(workloads: int, periods: int, grain: str) -> list[list[object]]:
    """Return CPU seconds and peak memory of a forecast of many workloads through two years."""
    usage = conform(made_up(workloads, periods, grain), Usage)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    began = time.process_time()
    history = read_history(usage, by=("workload",))
    through = history.now + pd.DateOffset(months=23)
    made = forecast_demand(history, Fleet("made up"), through=through, basis=Basis(shipped_beliefs()), draws=2000)
    took = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    name = f"{workloads:,} workloads, {periods} {grain}s, 24 months ahead"
    print(f"{len(made.quantiles):,} quantiles; {base:.2f} GiB before", file=sys.stderr)
    return [["size", name, "CPU seconds", round(took, 1), 1], ["size", name, "peak GiB", round(peak, 2), 1]]


def command(workloads: int, periods: int) -> list[list[object]]:
    """Return seconds and peak memory of ``shiftcast fleet made forecast`` on a store of many workloads by the month."""
    from shiftcast.pipelines.store import Store  # noqa: PLC0415  (DuckDB is not in the environment of the peers)

    usage = conform(made_up(workloads, periods, "month"), Usage)
    with tempfile.TemporaryDirectory() as place:
        store = Store(fleet_root(Path(place) / "mlruns", "made"))
        store.append(usage, None, "0" * 64, usage["known_at"].iloc[0])
        words = [sys.executable, "-c", "from shiftcast.pipelines.cli import main; main()", "fleet", "made", "forecast",
                 "--as-of", f"{store.entries()[-1].known_at:.10}", "--output", "all.parquet"]  # fmt: skip
        began = time.perf_counter()
        subprocess.run(words, cwd=place, check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - began
        rows = len(pd.read_parquet(Path(place) / "all.parquet"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    name = f"{workloads:,} workloads, {periods} months, `shiftcast fleet made forecast`"
    print(f"{rows:,} rows in {took:.1f} s of the clock", file=sys.stderr)
    return [
        ["size", name, "CPU seconds", round(used.ru_utime + used.ru_stime, 1), 1],
        ["size", name, "peak GiB", round(used.ru_maxrss / 2**20, 2), 1],
    ]


def written(rows: list[list[object]]) -> None:
    """Put rows in the place of those about the same, and the page's tables after them."""
    new = pd.DataFrame(rows, columns=COLUMNS)
    old = pd.read_csv(RESULTS) if RESULTS.exists() else new.iloc[:0]
    same = old["about"].isin(new["about"]) & (old["set"].isin(new["set"]) | (old["about"] != "size"))
    pd.concat([old[~same], new]).sort_values("about", kind="stable").to_csv(RESULTS, index=False, lineterminator="\n")
    if PAGE.exists():
        PAGE.write_text(page(pd.read_csv(RESULTS), PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def page(results: pd.DataFrame, text: str) -> str:
    """Return the page with its tables of these results."""
    for about, first in (("scores", "set"), ("odds", "probability"), ("growth", "parts"), ("size", "fleet")):
        begin, end = f"<!-- benchmarks/fleet.py {about}: begin -->", f"<!-- benchmarks/fleet.py {about}: end -->"
        text = replaced(text, lines(results[results["about"] == about], first), begin, end)
    return text


def lines(rows: pd.DataFrame, first: str) -> str:
    """Return the table of one subject: a row a set, a column a model or measure."""
    kinds = list(dict.fromkeys(rows["what"]))
    out = [f"| {first} | {' | '.join(kinds)} | cases |", "|---" * (len(kinds) + 2) + "|"]
    for name, part in rows.groupby("set", sort=False):
        value = part.set_index("what")["value"]
        out.append(f"| {name} | {' | '.join(f'{value[kind]:g}' for kind in kinds)} | {part['cases'].iloc[0]} |")
    return "\n".join(out)


def main() -> None:
    """Read the command line and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["scores", "growth", "size", "command"])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--cache", type=Path, help="folder in which forecasts are kept, so that a run can go on")
    parser.add_argument("--set", nargs="*", default=list(SETS), dest="sets")
    parser.add_argument("--workloads", type=int, default=10_000)
    given = parser.parse_args()
    if given.what == "growth":
        rows = growth(given.data)
    elif given.what == "size":
        rows = size(given.workloads, 36, "month") + size(given.workloads, 104, "week")
    elif given.what == "command":
        rows = command(given.workloads, 36)
    else:
        found = {name: forecasts(name, given.data, given.cache, list(PEERS)) for name in given.sets}
        rows = scores(found) + (odds(found) if set(given.sets) == set(SETS) else [])
    written(rows)
    print(pd.DataFrame(rows, columns=COLUMNS).to_string(index=False))


if __name__ == "__main__":
    main()
