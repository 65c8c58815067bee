"""Check what the chain from demand to hardware has to show, and write the table of it to the documentation.

``python benchmarks/chain.py`` draws the forecast as of the last day of the record, and as of the last day of each
quarter from 2025Q1 on, on what was known then; it writes the checks to ``benchmarks/chain.csv``, how far demand and
sales missed the hours of later quarters to ``benchmarks/chain_replay.csv``, and both tables to ``docs/demand.md``.
``--draws N`` takes more or fewer than 2,000 draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from marked import rewrite

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end, quarter_label
from shiftcast.forecast.identity.anchors import AT_LEAST
from shiftcast.forecast.identity.world import World, build_world
from shiftcast.forecast.known import Settings, cut
from shiftcast.forecast.leaves import SOLD_LEAVES
from shiftcast.forecast.spoken import within
from shiftcast.forecast.views.part import forecast_periods
from shiftcast.forecast.views.scenario import apply_scenario
from shiftcast.pipelines.sources.public_record import read_record

ROOT: Final = Path(__file__).resolve().parents[1]
CHECKS, REPLAY = (Path(__file__).with_name(name) for name in ("chain.csv", "chain_replay.csv"))
PAGE: Final = ROOT / "docs" / "demand.md"
BEGIN, END = "<!-- benchmarks/chain.py: begin -->", "<!-- benchmarks/chain.py: end -->"
SHOCKED: Final = ("recsys", "search", "ads")
LIFTED: Final = "lift funding; lift packaging; lift memory; lift power"
ORIGINS: Final = ("2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3")


def total(cube: xr.Dataset, name: str) -> Array:
    """Return a measure of all leaves and tasks in the last quarter, shape (draws,)."""
    values = cube[name].values[:, -1].astype(np.float64)
    return np.asarray(values.reshape(len(values), -1).sum(axis=1))


def shocks(cube: xr.Dataset) -> Iterator[dict[str, object]]:
    """Yield what ten times the work of each workload does to the last quarter, within the ceilings and without."""
    free = apply_scenario(cube, LIFTED)
    wanted = total(cube, "gpu_hours") + total(cube, "latent_hours")
    for part in (*SHOCKED, "; ".join(f"{name}*10" for name in SHOCKED)):
        text = part if "*" in part else f"{part}*10"
        within, without = apply_scenario(cube, text), apply_scenario(cube, f"{text}; {LIFTED}")
        rose = (total(within, "gpu_hours") + total(within, "latent_hours")) / wanted
        yield check(f"{text}: hours wanted", float(np.median(rose)), "above 1", bool(np.median(rose) > 1))
        latent = float(np.median(total(within, "latent_hours")) / np.median(total(cube, "latent_hours")))
        yield check(f"{text}: latent hours within the ceilings", latent, "above 1", latent > 1)
        for name in ("accelerators", "power"):
            moved = float(np.median(total(without, name) / total(free, name)))
            near = abs(moved / float(np.median(rose)) - 1)
            yield check(f"{text}: {name} without ceilings", moved, "as the hours, within 15 %", near < 0.15)
    same = apply_scenario(cube, "recsys*1")
    equal = all(np.array_equal(same[name].values, cube[name].values, equal_nan=True) for name in cube)
    yield check("recsys*1: variables that change a bit", float(not equal), "none", equal)


def joint(world: World) -> Iterator[dict[str, object]]:
    """Yield how steady the correction of hours from below is, and whether the unseen share is one number a draw."""
    past = ~forecast_periods(world.cube)
    correction = np.median(world.meeting.correction[:, past], axis=0)
    drift = float(np.abs(correction / np.exp(np.log(correction).mean()) - 1).max())
    yield check("correction of past hours from below, furthest from constant", drift, "at most 0.20", drift <= 0.2)
    unseen = world.meeting.unallocated / (world.meeting.unallocated + world.meeting.parts.sum(axis=-1))
    spread = float(np.ptp(unseen, axis=(1, 2)).max())
    yield check("unseen share, widest range within a draw", spread, "0", spread < 1e-9)


def anchors(world: World) -> Iterator[dict[str, object]]:
    """Yield by how many standard errors the median draw misses each measured figure of a fleet."""
    for row in world.taught.evidence.itertuples():
        if "." in str(row.name):
            bound = str(row.name).partition(".")[0] in AT_LEAST
            miss = (row.mid - row.observed) / row.sd
            inside = miss > -1.28 if bound else abs(miss) < 1.28
            yield check(f"{row.name}, standard errors off", float(miss), "80 % interval", bool(inside))


def fan(world: World) -> Iterator[dict[str, object]]:
    """Yield how often 97.5 % of shipments lie above the ceilings of funding and physics, and the last quarter."""
    cube, ahead = world.cube, forecast_periods(world.cube)
    kept = [str(name) for name in cube["ceiling"].values if str(name) != "power"]  # unused power can be used later
    most = (cube["supply"] / cube["supply_use"]).sel(ceiling=kept).min("ceiling").values[:, ahead][:, 1:]
    shipped = cube["accelerators_shipped"].sum("leaf").values[:, ahead]
    over = float((np.quantile(shipped[:, 1:], 0.975, axis=0) > np.quantile(most, 0.975, axis=0)).mean())
    yield check("quarters whose 97.5 % of shipments is above that of the ceilings", over, "0", over == 0)
    most, each = (cube[name].sel(ceiling="power").values[:, ahead] for name in ("supply", "supply_use"))
    so_far = [np.cumsum(flow, axis=1) for flow in (each * shipped, most)]
    over = float(np.greater(*(np.quantile(stock[:, 1:], 0.975, axis=0) for stock in so_far)).mean())
    yield check(
        "quarters whose 97.5 % of power shipped so far is above that of the ceiling so far", over, "0", over == 0
    )
    for name, scale in (("spending", 1e9), ("power", 1e3)):
        low, mid, high, top = np.quantile(total(cube, name), [0.1, 0.5, 0.9, 0.975]) / scale
        unit = "billion USD a quarter" if name == "spending" else "GW of facilities"
        ends = within(f"{low:.0f}", f"{high:.0f}")
        yield check(f"{name} of the last quarter, median [{unit}]", float(mid), ends, True)
        yield check(f"{name} of the last quarter, 97.5 % [{unit}]", float(top), "", True)


def check(name: str, value: float, bar: str, met: bool) -> dict[str, object]:
    """Return one row of the table of checks."""
    return {"check": name, "value": round(value, 4), "bar": bar, "met": met}


def misses(draws: int) -> Iterator[dict[str, object]]:
    """Yield how far demand, sales and what was served missed the growth of hours, origin by origin."""
    record = read_record()
    worlds = {name: build_world(cut(record, quarter_end(name)), Settings(draws=draws)) for name in ORIGINS}
    last = worlds[ORIGINS[-1]]
    quarters, first = last.sales.revenue.quarters, last.sales.revenue.first_forecast
    came = np.log(np.median(last.sales.hours[..., : len(SOLD_LEAVES)].sum(axis=-1), axis=0))
    for name, world in worlds.items():
        now = world.sales.revenue.first_forecast
        had = np.log(world.sales.hours[..., : len(SOLD_LEAVES)].sum(axis=-1))
        served = world.meeting.parts.sum(axis=(2, 3)) + world.meeting.unallocated.sum(axis=2)
        grown = {
            "sales": had[:, now:] - had[:, [now - 1]], "demand": had[:, now:] + world.pooled.gap - had[:, [now - 1]],
            "served": np.log(served[:, now - len(quarters) :] / served[:, [now - len(quarters) - 1]]),
        }  # fmt: skip
        for ahead in range(1, first - now + 1):
            truth = came[now - 1 + ahead] - came[now - 1]
            for view, values in grown.items():
                low, mid, high = np.quantile(values[:, ahead - 1], [0.1, 0.5, 0.9])
                yield {
                    "origin": name, "quarter": quarter_label(quarters[now - 1 + ahead]), "ahead": ahead, "view": view,
                    "error": round(float(mid - truth), 4), "inside80": bool(low <= truth <= high),
                }  # fmt: skip


def tables(checks: pd.DataFrame, replay: pd.DataFrame) -> str:
    """Return both tables as Markdown."""
    lines = ["| check | figure | bar | met |", "|---|---|---|---|"]
    lines += [
        f"| {r.check} | {r.value:.3g} | {r.bar} | {'yes' if r.met else '**no**'} |"
        for r in checks.fillna("").itertuples()
    ]
    by = replay.groupby(["view", "ahead"]).agg(n=("error", "size"), lean=("error", "mean"), inside=("inside80", "mean"),
                                               rms=("error", lambda e: float(np.sqrt((e**2).mean()))))  # fmt: skip
    lines += ["", "| view of hours | quarters ahead | forecasts | root mean squared log error | lean | inside 80 % |",
              "|---|---|---|---|---|---|"]  # fmt: skip
    lines += [
        f"| {view} | {ahead} | {row.n:.0f} | {row.rms:.3f} | {row.lean:+.3f} | {row.inside:.0%} |"
        for (view, ahead), row in by.iterrows()
    ]
    return "\n".join(lines)


def main() -> None:
    """Check, replay, write the results, and the tables of them into the documentation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000)
    draws = parser.parse_args().draws
    record = read_record()
    today = pd.Timestamp(max(record.observations["known_at"]))
    world = build_world(cut(record, today), Settings(draws=draws))
    found = [*shocks(world.cube), *joint(world), *anchors(world), *fan(world)]
    pd.DataFrame(found).to_csv(CHECKS, index=False)
    pd.DataFrame(misses(draws)).to_csv(REPLAY, index=False)
    text = tables(pd.read_csv(CHECKS), pd.read_csv(REPLAY))
    rewrite(text, BEGIN, END, PAGE)
    print(text)


if __name__ == "__main__":
    main()
