"""Backcast the whole identity at each origin since 2023, and compare it with the figures reported later.

``python benchmarks/backcast.py [--draws 300] [--output FILE.csv]`` draws the cube as of the middle of every third
month, some three weeks after a report, from figures known by then, and compares the quarters ahead with what is known
now:

- NVIDIA data-centre revenue by calendar quarter: reported fiscal quarters mapped day by day;
- accelerators shipped, in H100-equivalents by specification: the difference of Epoch's estimates of what owners hold,
  which were published in April 2026 only, so that no origin before it saw them. They are estimates, not a count.

Errors are of logs: +0.1 says that about 10 % more came than the median said. Assumptions are today's judgements at
every origin; figures are not. Nothing is tuned on the result.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import overlap_weights, quarter_label
from shiftcast.features.series import fiscal_revenue, select
from shiftcast.forecast.identity.world import World, build_world
from shiftcast.forecast.known import Settings
from shiftcast.forecast.scores import covered, crps
from shiftcast.pipelines.sources.public_record import Record, read_record

NOW = pd.Timestamp("2026-11-22", tz="UTC")
ORIGINS = pd.date_range("2023-03-01", "2026-06-01", freq="3MS", tz="UTC") + pd.Timedelta(days=14)
HORIZON = 8
LEVELS = (0.5, 0.8, 0.95)


def reported_revenue(record: Record, quarters: pd.DatetimeIndex) -> Array:
    """Return reported revenue by calendar quarter; missing where it is not all reported."""
    series = fiscal_revenue(record.as_of(NOW).observations, "data_center", NOW)
    ends = pd.DatetimeIndex(series.index)
    starts = ends[:-1] + pd.Timedelta(days=1)
    weights = overlap_weights(starts, ends[1:], quarters)
    begins = quarters - pd.offsets.QuarterBegin(startingMonth=1)
    whole = (begins >= starts[0]) & (quarters <= ends[-1])
    return np.where(whole, series.to_numpy()[1:] @ weights, np.nan)


def estimated_shipments(record: Record, quarters: pd.DatetimeIndex) -> Array:
    """Return H100-equivalents shipped a quarter by the independent estimate; missing where there is none."""
    rows = select(record.as_of(NOW).observations, measure="h100e", definition="epoch_owners", stage="stock")
    held = rows.groupby("period_end")["value"].sum().sort_index()
    return held.diff().reindex(quarters).to_numpy()


def implied(world: World) -> dict[str, Array]:
    """Return what the cube implied: draws of both quantities, shape (draws, quarters)."""
    top = world.top_down
    sold = top.fleet.shipped[:, :, :-1]  # the vendor's own machines are no owner's
    return {"revenue": top.revenue.total, "h100e shipped": (sold * world.generations.h100e).sum(axis=(2, 3))}


def backcast(record: Record, draws: int) -> Iterator[dict[str, object]]:
    """Yield one row an origin, quantity and quarter ahead."""
    for origin in ORIGINS:
        try:
            world = build_world(record.as_of(origin), Settings(draws=draws))
        except ValueError as refusal:
            print(f"{origin:%Y-%m-%d}: refused: {refusal}")
            continue
        quarters, first = world.top_down.revenue.quarters, world.top_down.revenue.first_forecast
        actual = {"revenue": reported_revenue(record, quarters), "h100e shipped": estimated_shipments(record, quarters)}
        for quantity, drawn in implied(world).items():
            for ahead in range(1, HORIZON + 1):
                place = first + ahead - 1
                if place < len(quarters) and np.isfinite(actual[quantity][place]):
                    scores = score(drawn[:, place], actual[quantity][place])
                    yield {"origin": f"{origin:%Y-%m-%d}", "quantity": quantity, "ahead": ahead,
                           "quarter": quarter_label(quarters[place]), **scores}  # fmt: skip
        print(f"{origin:%Y-%m-%d}: done", flush=True)


def score(drawn: Array, actual: float) -> dict[str, float]:
    """Return the log error of the median, CRPS on logs, and whether each central interval held what came."""
    logs = np.log(drawn)
    held = {f"in{100 * level:.0f}": float(covered(drawn, np.array(actual), level)) for level in LEVELS}
    median = float(np.median(drawn))
    return {"median": median, "actual": actual, "error": float(np.log(actual / median)),
            "crps": float(crps(logs, np.log(np.array(actual)))), **held}  # fmt: skip


def main() -> None:
    """Run and print the table by horizon."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    table = pd.DataFrame(backcast(read_record(), asked.draws))
    if asked.output:
        table.to_csv(asked.output, index=False, float_format="%.6g")
    named = {"n": ("error", "size"), "median error": ("error", "median"), "crps": ("crps", "mean"),
             "in50": ("in50", "mean"), "in80": ("in80", "mean"), "in95": ("in95", "mean")}  # fmt: skip
    named["mean |error|"] = ("size", "mean")
    table["size"] = table["error"].abs()
    for keys in (["quantity", "ahead"], ["quantity"]):
        print(table.groupby(keys).agg(**named).round(3).to_string())


if __name__ == "__main__":
    main()
