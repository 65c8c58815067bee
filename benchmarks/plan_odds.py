"""Measure whether plans hold the risk of too few that they are made for.

``python benchmarks/plan_odds.py`` writes ``benchmarks/plan_odds.csv`` and the table of ``docs/fleet.md``.

Generated worlds: a plan is made on the draws of one seed and judged in the worlds of another, which it has not seen,
for every two seeds either way: how often the need there passes the racks ordered, and how often an order of the last
day arrives late. One pair of seeds alone says little, since one is too careful as far as the other is too bold.
Later worlds: a plan is made as of a past day and judged in the worlds drawn on a later one, for quarters that were
reported since, by what those know of the accelerators that were live then. The same is done with plans of worlds that
are told one number more, how far the definition of hyperscale that was in use then lies from that of today: what they
still miss was missed by all else that they believe.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from marked import rewrite
from scipy.special import expit, logit

from shiftcast.forecast.capacity.choices import draw_leads
from shiftcast.forecast.capacity.need import funnel_steps, needed
from shiftcast.forecast.capacity.purchase import whole_racks
from shiftcast.forecast.identity.fit import WorldFit, fit_world, with_split
from shiftcast.forecast.identity.world import draw_world
from shiftcast.forecast.known import Settings, basis_of, cut
from shiftcast.forecast.views.part import Part
from shiftcast.forecast.views.places import place_of
from shiftcast.pipelines.sources.public_record import read_record

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "fleet.md"
BEGIN, END = "<!-- benchmarks/plan_odds.py: begin -->", "<!-- benchmarks/plan_odds.py: end -->"
PARTS = (Part(), Part("hyperscale"), Part("rest"), Part("hyperscale", "internal"), Part("rest", "sovereign"))
RISKS = (0.05, 0.2)
DOMAIN = 72  # accelerators of a rack
AHEAD = ("2027Q2", "2027Q4", "2028Q4")
SEEDS = (1, 2, 3, 4)
NOW = "2026-11-22"
PAST = {
    "2024-02-28": ("2025Q2", "2025Q4", "2026Q3"), "2024-05-29": ("2025Q2", "2025Q4", "2026Q3"),
    "2024-08-30": ("2025Q2", "2025Q4", "2026Q3"), "2024-11-22": ("2025Q2", "2025Q4", "2026Q3"),
    "2025-02-28": ("2025Q4", "2026Q3"), "2025-05-22": ("2025Q4", "2026Q3"), "2025-08-28": ("2026Q3",),
    "2025-11-22": ("2026Q3",),
}  # fmt: skip
USED = "large_csp"  # the only definition of hyperscale in use at these origins
GENERATED, LATER, TOLD = "generated worlds", "later worlds", "later worlds, told the line of today"


def generated(fit: WorldFit, draws: int) -> Iterator[dict[str, Any]]:
    """Yield a row two seeds, part, quarter and risk: how often unseen worlds pass a plan, and its orders are late."""
    cubes, leads = {}, {}
    for seed in SEEDS:
        cubes[seed] = draw_world(fit, draws=draws, seed=seed).cube
        basis = basis_of(fit.known, Settings(draws=draws, seed=seed))
        leads[seed] = draw_leads(basis, funnel_steps(basis, {})).after_order(0.0)
    for part, by in product(PARTS, AHEAD):
        needs = {seed: needed(cube, part, place_of(cube, by), None).added for seed, cube in cubes.items()}
        for (own, other), risk in product(permutations(SEEDS, 2), RISKS):
            ordered = float(whole_racks(np.asarray(np.quantile(needs[own], 1 - risk)), DOMAIN))
            yield {
                "kind": GENERATED, "origin": NOW, "by": by, "part": f"{part.segment}/{part.leaf}",
                "risk": risk, "short": float((needs[other] > ordered).mean()),
                "late": float((leads[other] > np.quantile(leads[own], 1 - risk)).mean()), "seeds": f"{own} in {other}",
            }  # fmt: skip


def told(fit: WorldFit, now: WorldFit) -> WorldFit:
    """Return a past fit that reads shares under the definition in use then at the distance that is known now."""
    known = now.top_down.split.draw(4000, np.random.default_rng(0)).offsets[USED]
    rows, lines = fit.known.observations.copy(), fit.known.definitions.copy()
    shares = (rows["definition"] == USED) & (rows["measure"] == "share")
    rows.loc[shares, "value"] = expit(logit(rows.loc[shares, "value"]) - known.mean())
    lines.loc[(lines["definition"] == USED) & (lines["about"] == "split"), "offset_sd"] = known.std()
    return with_split(replace(fit, known=replace(fit.known, definitions=lines)), rows)


def later(past: xr.Dataset, now: xr.Dataset, origin: str, kind: str) -> Iterator[dict[str, Any]]:
    """Yield a row a part, quarter and risk: how often today's worlds had more live than a past plan."""
    for part in PARTS:
        for by in PAST[origin]:
            planned, live = (needed(cube, part, place_of(cube, by), None).live for cube in (past, now))
            for risk in RISKS:
                yield {
                    "kind": kind, "origin": origin, "by": by, "part": f"{part.segment}/{part.leaf}",
                    "risk": risk, "short": float((live > np.quantile(planned, 1 - risk)).mean()),
                }  # fmt: skip


def page_table(results: pd.DataFrame) -> str:
    """Return the table of the page: by kind, part and risk, the mean odds of too few and their range over plans."""
    risks = sorted(set(results["risk"]))
    heads = [f"too few at {risk:.0%}" for risk in risks] + [f"late at {risk:.0%}" for risk in risks]
    lines = [f"| judged in | plans of | plans | {' | '.join(heads)} |", f"|{'---|' * (3 + len(heads))}"]
    part = results["part"].where(results["kind"] != GENERATED, "every part").str.removesuffix("/all")
    for (kind, name), rows in results.groupby(["kind", part.replace("all", "the whole fleet")], sort=False):
        each = [rows[rows["risk"] == risk] for risk in risks]
        short = [f"{one['short'].mean():.1%} ({one['short'].min():.0%} to {one['short'].max():.0%})" for one in each]
        late = ["" if one["late"].isna().all() else f"{one['late'].mean():.1%}" for one in each]
        lines.append(f"| {' | '.join([kind, name, str(len(each[0])), *short, *late])} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and write the results and the table of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=500)
    draws = parser.parse_args().draws
    record = read_record()
    fit = fit_world(cut(record, pd.Timestamp(NOW, tz="UTC")), Settings.through)
    rows = list(generated(fit, draws))
    now = draw_world(fit, draws=draws, seed=SEEDS[0]).cube
    for origin in PAST:
        before = fit_world(cut(record, pd.Timestamp(origin, tz="UTC")), "2026Q4")
        for kind, each in {LATER: before, TOLD: told(before, fit)}.items():
            rows += later(draw_world(each, draws=draws, seed=SEEDS[0]).cube, now, origin, kind)
    results = pd.DataFrame(rows).sort_values(["kind", "risk"], kind="stable")
    results.to_csv(RESULTS, index=False, float_format="%.4f", lineterminator="\n")
    rewrite(page_table(pd.read_csv(RESULTS)), BEGIN, END, PAGE)


if __name__ == "__main__":
    main()
