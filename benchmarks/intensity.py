"""Set measured work a request beside what is drawn, and ranking's part of all hours beside what was disclosed.

``python benchmarks/intensity.py`` draws the forecast as of the last day of the record and writes its results to
``benchmarks/intensity_*.csv`` and the tables of them to ``docs/demand.md``. ``--draws N`` takes more or fewer than
2,000. ``intensity_disclosed.csv`` says which of our hours stand beside a disclosed figure, and how far they compare.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from marked import rewrite
from scipy.special import expit

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.hardware.measured import KINDS, operator_figures, pool_operators
from shiftcast.forecast.hardware.throughput import fleet_pace
from shiftcast.forecast.identity.fit import fit_world
from shiftcast.forecast.identity.world import World, draw_world
from shiftcast.forecast.known import Known, Settings, cut
from shiftcast.forecast.leaves import SEGMENT_OF, SOLD_LEAVES, SOLD_SEGMENTS
from shiftcast.pipelines.sources.public_record import read_record

ROOT: Final = Path(__file__).resolve().parents[1]
NAMES: Final = ("evidence", "pace", "flops", "sums", "beside")
RESULTS: Final = {name: Path(__file__).with_name(f"intensity_{name}.csv") for name in NAMES}
DISCLOSED: Final = Path(__file__).with_name("intensity_disclosed.csv")
PAGE: Final = ROOT / "docs" / "demand.md"
BEGIN, END = "<!-- benchmarks/intensity.py: begin -->", "<!-- benchmarks/intensity.py: end -->"
QUARTERS: Final = ("2024Q4", "2026Q4", "2028Q4")
PARTS: Final = {"recsys": "recsys/*", "search": "search/*", "ads": "ads/*", "all three": "recsys/*;search/*;ads/*",
                "training of rankers": "training/deep"}  # fmt: skip
ENERGY: Final = "energy_per_request.search.llm"
_SHOWN: Final = (0.1, 0.5, 0.9)


def evidence(world: World, known: Known) -> Iterator[dict[str, object]]:
    """Yield what was measured of each class, pooled, and what the cube draws of it before and after history."""
    learned = world.taught.parameters.set_index("name")
    rows = known.assumptions.set_index("name")
    for name in (name for name in rows.index if name.partition(".")[0] in KINDS):
        figures = operator_figures(known.observations, name, shape=rows.loc[name, "shape"])
        pooled, back = pool_operators(figures), expit if rows.loc[name, "shape"] == "logitnormal" else np.exp
        yield {
            "name": name, "figures": _figures(figures["operator"], figures["value"]),
            "pooled": float(back(pooled.mean)), "error": pooled.error, "between": pooled.between,
            **learned.loc[name, ["prior_low", "prior_mid", "prior_high", "low", "mid", "high"]].to_dict(),
        }  # fmt: skip
    marks = [name.removeprefix("anchor.energy_per_request.") for name in known.beliefs if ".energy_per_request" in name]
    said = known.observations.loc[
        lambda rows: (rows["measure"] == "energy_per_request") & rows["definition"].isin(marks)
    ]
    row = world.taught.evidence.set_index("name").loc[ENERGY]
    pooled = pool_operators(said.assign(effect=np.log(said["value"]), variance=(said["sd"] / said["value"]) ** 2))
    drawn = np.exp(row[["prior_low", "prior_mid", "prior_high", "low", "mid", "high"]].astype(float))
    yield {"name": f"{ENERGY} [Wh]", "figures": _figures(said["operator"], said["value"]), **drawn.to_dict(),
           "pooled": float(np.exp(pooled.mean)), "error": pooled.error, "between": pooled.between}  # fmt: skip


def _figures(operators: pd.Series, values: pd.Series) -> str:
    return ", ".join(f"{operator} {value:.3g}" for operator, value in sorted(zip(operators, values, strict=True)))


def pace(world: World, known: Known, settings: Settings) -> Iterator[dict[str, object]]:
    """Yield the share of the peak that records reach, and the pace of a busy fleet over them that operators imply."""
    rates = fit_world(known, settings.through).bottom_up.rates
    for name, each in rates.items():
        if f"derate.{each.kind}" not in world.taught.sampling.assumed.values:
            low, mid, high = np.quantile(fleet_pace(each, world.taught.sampling.assumed), _SHOWN)
            yield {"task": name, "evidence": each.one.evidence[each.reference], "reached": each.reached,
                   "low": low, "mid": mid, "high": high}  # fmt: skip


def flops(known: Known) -> Iterator[dict[str, object]]:
    """Yield the FLOP of a request over those of the older technique: implied by cost and utilisation, and as stated."""
    use = {
        name: operator_figures(known.observations, f"mfu.{name}", shape="logitnormal")
        for name in ("deep", "sequence", "llm")
    }
    stated = known.observations[known.observations["definition"].str.contains("flops")]
    said = stated.set_index(["operator", "technique"])["value"]
    for technique in ("sequence", "llm"):
        for row in operator_figures(known.observations, f"ratio.{technique}", shape="lognormal").itertuples():
            (new, own), (old, old_own) = (_utilisation(use[name], str(row.operator)) for name in (technique, "deep"))
            yield {
                "operator": row.operator, "technique": technique, "cost": row.value, "mfu": new, "mfu_before": old,
                "own": own and old_own, "implied": row.value * new / old,
                "stated": said.get((row.operator, technique), np.nan),
            }  # fmt: skip


def _utilisation(figures: pd.DataFrame, operator: str) -> tuple[float, bool]:
    own = figures[figures["operator"] == operator]
    effect = own["effect"].mean() if len(own) else pool_operators(figures).mean
    return float(expit(effect)), bool(len(own))


def part(world: World, leaves: tuple[str, ...], of: str, among: str, quarter: str) -> Array:
    """Return tasks' part of busy hours [1], shape (draws,).

    Parameters
    ----------
    world
        Drawn forecast.
    leaves
        Names.
    of, among
        Patterns of tasks divided by semicolons; a task that two patterns meet counts once.
    quarter
        Such as ``2026Q4``.
    """
    labels = [quarter_label(end) for end in pd.DatetimeIndex(world.cube["period"].values)]
    hours = world.cube["gpu_hours"].isel(period=labels.index(quarter)).sel(leaf=list(leaves)).sum("leaf")
    tasks = [str(name) for name in world.cube["task"].values]
    named, whole = (
        np.array([any(fnmatch(task, each) for each in text.split(";")) for task in tasks]) for text in (of, among)
    )
    return np.asarray(hours.values[:, named & whole].sum(axis=-1) / hours.values[:, whole].sum(axis=-1), np.float64)


def sums(world: World) -> Iterator[dict[str, object]]:
    """Yield each workload's part of busy hours by leaf, segment and year."""
    sides = {side: tuple(leaf for leaf in SOLD_LEAVES if SEGMENT_OF[leaf] == side) for side in SOLD_SEGMENTS}
    places = {"all": SOLD_LEAVES, **sides, **{leaf: (leaf,) for leaf in SOLD_LEAVES}}
    for place, leaves in places.items():
        for name, of in PARTS.items():
            for quarter in QUARTERS:
                low, mid, high = np.quantile(part(world, leaves, of, "*", quarter), _SHOWN)
                yield {"place": place, "part": name, "quarter": quarter, "low": low, "mid": mid, "high": high}


def beside(world: World, known: Known) -> Iterator[dict[str, object]]:
    """Yield every disclosed share of work with its base, ours in the nearest quarter we draw, and how they compare."""
    labels = [quarter_label(end) for end in pd.DatetimeIndex(world.cube["period"].values)]
    for how in pd.read_csv(DISCLOSED, keep_default_na=False).itertuples():
        rows = known.observations.query("measure == 'share' and base == @how.base and definition == @how.definition")
        for row in rows[(rows["phase"] == how.phase)].sort_values("period_end").itertuples():
            quarter = max(quarter_label(row.period_end), labels[0])
            found = {"operator": row.operator, "definition": row.definition, "phase": row.phase,
                     "period": quarter_label(row.period_end), "bound": how.bound, "disclosed": row.value,
                     "quarter": quarter, "comparable": how.comparable}  # fmt: skip
            shown = (
                np.quantile(part(world, (how.leaf,), how.of, how.among, quarter), _SHOWN) if how.of else [np.nan] * 3
            )
            yield found | dict(zip(("low", "mid", "high"), shown, strict=True))


def tables(results: dict[str, pd.DataFrame]) -> str:
    """Return all tables as Markdown."""
    each = {"evidence": _evidence, "pace": _pace, "flops": _flops, "sums": _sums, "beside": _beside}
    return "\n\n".join("\n".join(each[name](results[name])) for name in NAMES)


def _range(row: object, prefix: str = "", form: str = ".2g") -> str:
    low, mid, high = (getattr(row, f"{prefix}{name}") for name in ("low", "mid", "high"))
    return f"{mid:{form}} ({low:{form}} to {high:{form}})"


def _evidence(rows: pd.DataFrame) -> Iterator[str]:
    yield "| assumption | operators | pooled | its standard error | between operators | drawn before history | after |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows.itertuples():
        yield (
            f"| {row.name} | {row.figures} | {row.pooled:.2g} | {row.error:.2f} | {row.between:.2f} "
            f"| {_range(row, 'prior_')} | {_range(row)} |"
        )


def _pace(rows: pd.DataFrame) -> Iterator[str]:
    yield "| task | records | share of the 16-bit peak they reach | busy fleet over the records |"
    yield "|---|---|---|---|"
    for row in rows.itertuples():
        yield f"| {row.task} | {row.evidence} | {row.reached:.2f} | {_range(row)} |"


def _flops(rows: pd.DataFrame) -> Iterator[str]:
    yield "| operator | to | cost a request over before | MFU over before | FLOP a request implied | FLOP stated |"
    yield "|---|---|---|---|---|---|"
    for row in rows.itertuples():
        use = f"{row.mfu:.0%} over {row.mfu_before:.0%}{'' if row.own else ', pooled in part'}"
        said = "" if pd.isna(row.stated) else f"{row.stated:.0f} times"
        yield f"| {row.operator} | {row.technique} | {row.cost:.2g} | {use} | {row.implied:.2g} times | {said} |"


def _sums(rows: pd.DataFrame) -> Iterator[str]:
    yield f"| part of busy GPU-hours | workload | {' | '.join(QUARTERS)} |"
    yield "|---|---|---|---|---|"
    wide = rows.assign(text=[_range(row, form=".1%") for row in rows.itertuples()])
    wide = wide[~wide["place"].isin(SOLD_LEAVES) | (wide["part"] == "all three")]
    for (place, name), text in wide.groupby(["place", "part"], sort=False)["text"]:
        yield f"| {place} | {name} | {' | '.join(text)} |"


def _beside(rows: pd.DataFrame) -> Iterator[str]:
    yield "| operator | figure | of | disclosed | ours | quarter of ours | comparable |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows.itertuples():
        ours = "" if pd.isna(row.mid) else _range(row, form=".0%")
        said = f"{'' if row.bound == '~' else row.bound + ' '}{row.disclosed:.0%}"
        yield (
            f"| {row.operator} | {row.definition}, {row.phase} | {row.period} | {said} | {ours} | {row.quarter} "
            f"| {row.comparable} |"
        )


def main() -> None:
    """Draw, write the results, and the tables of them into the documentation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000)
    settings = Settings(draws=parser.parse_args().draws)
    record = read_record()
    known = cut(record, pd.Timestamp(max(record.observations["known_at"])))
    world = draw_world(fit_world(known, settings.through), draws=settings.draws, seed=settings.seed)
    found = {"evidence": evidence(world, known), "pace": pace(world, known, settings), "flops": flops(known),
             "sums": sums(world), "beside": beside(world, known)}  # fmt: skip
    for name, rows in found.items():
        pd.DataFrame(rows).to_csv(RESULTS[name], index=False, float_format="%.5g")
    text = tables({name: pd.read_csv(path) for name, path in RESULTS.items()})
    rewrite(text, BEGIN, END, PAGE)
    print(text)


if __name__ == "__main__":
    main()
