"""Measure each scenario of the gallery beside the base: ``python benchmarks/scenarios.py [--draws N]``.

It draws one forecast of the record that ships, asks the question ``scenario`` for every one of them, and writes
``benchmarks/scenarios.csv`` and the table of ``docs/scenarios.md``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from marked import rewrite

from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Settings, cut
from shiftcast.forecast.spoken import number, signed, within
from shiftcast.forecast.views.compared import Compared, compared
from shiftcast.forecast.views.compared_words import quantity
from shiftcast.forecast.views.scenario import with_gallery
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.sources.scenario_files import shipped_scenarios

ORIGIN = pd.Timestamp("2026-11-29", tz="UTC")
QUARTER = "2027Q4"
RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "scenarios.md"
BEGIN, END = "<!-- benchmarks/scenarios.py: begin -->", "<!-- benchmarks/scenarios.py: end -->"
SHOWN = {
    "accelerators": "accelerators", "gpu_hours": "GPU-hours a quarter", "latent_hours": "hours not served, a quarter",
    "power": "facility power", "spending": "spending a quarter [US$]",
}  # fmt: skip


def measure(draws: int) -> pd.DataFrame:
    """Return level and difference of every scenario and measure in one quarter."""
    world = build_world(cut(read_record(), ORIGIN), Settings(draws=draws), progress=print)
    gallery = shipped_scenarios()
    found = [compared(with_gallery(world.cube, gallery), Compared((name,), by=QUARTER)).table for name in gallery]
    table = pd.concat(found, ignore_index=True)
    return table[table["quarter"] == QUARTER].assign(draws=draws)


def page_table(results: pd.DataFrame) -> str:
    """Return the table of the page: what each scenario is, and its difference to the base."""
    lines = [
        f"| scenario | what | {' | '.join(SHOWN.values())} | evidence |",
        f"|---|---|{'---|' * (len(SHOWN) + 1)}",
    ]
    base = results.drop_duplicates("measure").set_index("measure")["base_median"]
    lines.append(f"| `base` | as forecast | {' | '.join(_figure(name, base[name]) for name in SHOWN)} | |")
    for name, table in shipped_scenarios().items():
        own = results[results["scenario"] == name].set_index("measure")
        cells = " | ".join(_cell(own.loc[measure]) for measure in SHOWN)
        lines.append(f"| `{name}` | {table['says']} | {cells} | {table['evidence']}: {table['source']} |")
    return "\n".join(lines)


def _cell(row: pd.Series) -> str:
    middle, low, high = (
        _figure(str(row.name), row[f"difference_{name}"], sign=True) for name in ("median", "low80", "high80")
    )
    return f"{middle} ({within(low, high)})"


def _figure(measure: str, value: float, *, sign: bool = False) -> str:
    if measure == "power":
        return quantity(measure, value, sign=sign)
    return signed(value) if sign else number(value)


def write_page(results: pd.DataFrame) -> None:
    """Write the table into the page."""
    rewrite(page_table(results), BEGIN, END, PAGE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    measure(parser.parse_args().draws).to_csv(RESULTS, index=False, float_format="%.6g", lineterminator="\n")
    write_page(pd.read_csv(RESULTS))
