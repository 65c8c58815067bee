"""Tables, picture and sentence of what ``series.py`` measured, from its results; and the bars they must not exceed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from marked import rewrite
from volume_traces import TRACES

FOLDER = Path(__file__).resolve().parent
NAMES = ("volume", "volume_machine", "volume_speed", "volume_size", "published_foundation")
ACCURACY, MACHINE, SPEED, SIZE, PUBLISHED = (FOLDER / f"{name}.csv" for name in NAMES)
PAGE, README = FOLDER.parent / "docs" / "volume.md", FOLDER.parent / "README.md"
PICTURE = FOLDER.parent / "docs" / "volume_benchmark.png"
BEGIN, END = "<!-- benchmarks/series.py: begin -->", "<!-- benchmarks/series.py: end -->"

MODEL, BEST = "shiftcast", "AutoARIMA"
KINDS = ("sub-hourly", "hours and days", "monthly and slower", "generated")
REAL = KINDS[:3]
OVER, COVERS = "our CRPS over it: below 1 is ours", "part of outcomes within 80 % intervals"
_ENOUGH = 1 / 3  # of the sets, for a peer to be called the best single one
GOALS = {"sub-hourly": 0.70, "monthly and slower": 0.90}  # our CRPS over AutoARIMA's
BARS = {
    "seasonal naive": 0.60, "seasonal naive, calibrated": 0.67, "AutoETS": 0.79, "AutoARIMA": 0.93, "AutoTheta": 0.83,
    "Theta, calibrated": 0.97, "mlforecast XGBoost": 0.75, "Prophet": 0.69, "fracast": 0.95,
    "fracast, calibrated": 1.08,
}  # fmt: skip
"""The most that our CRPS over a peer's may be, averaged over the real sets: what a test holds the results to."""


def wide(metric: str) -> pd.DataFrame:
    """Return a score by set (rows, with their kind) and model (columns), in the order of the results."""
    rows = pd.read_csv(ACCURACY)
    table = rows.pivot_table(index=["kind", "set"], columns="model", values=metric, sort=False)
    return table[[name for name in (MODEL, *BARS) if name in table]]


def ratios(metric: str = "crps") -> pd.DataFrame:
    """Return our score over each peer's by set: below one where ours is better."""
    table = wide(metric)
    return table.drop(columns=MODEL).rdiv(table[MODEL], axis=0)


def real(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of sets that were not generated."""
    return table[table.index.get_level_values("kind").isin(REAL)]


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def scores_table() -> str:
    """Return CRPS and cover by set and model, the best CRPS in bold."""
    crps, cover = wide("crps"), wide("cover80")
    rows = []
    for at, (kind, name) in enumerate(crps.index):
        best = crps.iloc[at].min()
        cells = [
            "-" if np.isnan(value) else f"{f'**{value:.3f}**' if value == best else f'{value:.3f}'}; {100 * held:.0f} %"
            for value, held in zip(crps.iloc[at], cover.iloc[at], strict=True)
        ]
        rows.append([f"{name} ({kind})" if kind == KINDS[-1] else name, *cells])
    rows.append(["mean cover, real sets", *(f"{100 * held:.0f} %" for held in real(cover).mean())])
    return markdown(["CRPS; 80 % covers", *crps.columns], rows)


def ratio_table() -> str:
    """Return our CRPS over each peer's by kind, and our MASE, averaged over sets."""
    crps = ratios()
    rows = []
    for kind in dict.fromkeys(crps.index.get_level_values("kind")):
        mine = crps.xs(kind, level="kind")
        rows.append([f"{kind}, {len(mine)} sets", *mean_of(mine)])
    rows.append([f"all real sets, {len(real(crps))}", *mean_of(real(crps))])
    rows.append(["MASE, all real sets", *mean_of(real(ratios("mase")))])
    return markdown(["our CRPS over it", *crps.columns], rows)


def mean_of(table: pd.DataFrame) -> list[str]:
    """Return the mean ratio to each peer, and on how many sets where it was not run on all."""
    out = []
    for name in table.columns:
        held = table[name].dropna()
        part = f" ({len(held)} sets)" if len(held) < len(table) else ""
        out.append(f"{held.mean():.3f}{part}" if len(held) else "-")
    return out


def goals() -> str:
    """Return the sentence on what was aimed at."""
    told = []
    for kind, goal in GOALS.items():
        held = ratios().xs(kind, level="kind")[BEST].dropna()
        result = "met" if held.mean() <= goal else "missed"
        told.append(f"{kind} {held.mean():.3f} against {goal:.2f} on {len(held)} sets: {result}")
    crps = wide("crps")
    others = real(crps).drop(columns=MODEL)
    over = real(ratios())
    single = over.loc[:, over.count() >= _ENOUGH * len(over)].mean()
    each = (real(crps)[MODEL] / others.min(axis=1)).mean()
    return (
        f"Goals, as our CRPS over {BEST}'s: {'; '.join(told)}. On the real sets it is {single.max():.3f} of the best "
        f"single peer's ({single.idxmax()}, of those run on a third of the sets or more) and {each:.3f} of the best "
        "peer's of each set, which nobody could know beforehand."
    )


def ran_on() -> str:
    """Return the sentence on day, machine and versions, and on what was left out."""
    known = dict(pd.read_csv(MACHINE, dtype=str).itertuples(index=False))
    date, cores, memory = known.pop("date"), known.pop("cores"), known.pop("memory GiB")
    ran = set(pd.read_csv(ACCURACY).set)
    left = [trace.name for trace in TRACES if trace.name not in ran]
    told = f"Run on {date}: {cores} cores, {memory} GiB, " + ", ".join(f"{k} {v}" for k, v in known.items()) + "."
    return f"{told} Not in this run: {', '.join(left)}." if left else told


def speed_table() -> str:
    """Return the table of speed."""
    rows = [
        [
            row.model,
            f"{row.series:,}",
            f"{row.a_core_second:g}",
            f"{row.mase:.2f}",
            f"{row.crps:.2f}",
            f"{100 * row.cover80:.0f} %",
        ]
        for row in pd.read_csv(SPEED).itertuples()
    ]
    return markdown([f"run on {days(SPEED)}", "series", "series a core-second", "MASE", "CRPS", "80 % covers"], rows)


def size_table() -> str:
    """Return the table of sizes."""
    rows = [
        [f"{row.series:,}", f"{row.seconds:g}", f"{row.ms_a_series:g}", f"{row.peak_gib:g}"]
        for row in pd.read_csv(SIZE).itertuples()
    ]
    return markdown([f"series of 84 months, run on {days(SIZE)}", "seconds", "ms a series", "GiB at the peak"], rows)


def days(file: Path) -> str:
    """Return the days on which results were measured."""
    return ", ".join(sorted(set(pd.read_csv(file, dtype=str).date)))


def published_table() -> str:
    """Return what was published of pretrained models, each over AutoARIMA's figure of the same source."""
    rows = pd.read_csv(PUBLISHED).assign(key=lambda each: each.benchmark + each["set"] + each.metric)
    base = rows[rows.model == BEST].set_index("key").value
    rows = rows.assign(
        ratio=rows.value / rows.key.map(base),
        what=rows.benchmark + ", " + kind_of(rows) + " (" + rows.metric.str.split().str[0] + ")",
    )
    rows = rows[~rows.metric.str.startswith("MASE")]
    table = rows.pivot_table(index="model", columns="what", values="ratio", sort=False, aggfunc="mean")
    table = table.drop(index=BEST).sort_values(table.columns[0], na_position="last")
    lines = [
        [name, *("-" if np.isnan(v) else f"{v:.2f}" for v in row)]
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return markdown(["published, not run here", *table.columns], lines)


def kind_of(rows: pd.DataFrame) -> pd.Series:
    """Return sub-hourly, monthly or what a source calls its set."""
    named = {"15 minutes": "sub-hourly", "30 minutes": "sub-hourly", "month": "monthly"}
    return rows.period.map(named).fillna(rows["set"])


def sentence() -> str:
    """Return the sentence of the README."""
    table, held = real(ratios()), real(wide("cover80"))[MODEL].mean()
    over, sets = table.mean(), table.notna().sum()
    named = ("AutoARIMA", "AutoTheta", "AutoETS", "fracast", "seasonal naive")
    told = ", ".join(
        f"{over[name]:.2f} of {name}'s{'' if sets[name] == len(table) else f' ({sets[name]} sets)'}"
        for name in named if name in over
    )  # fmt: skip
    return (
        f"The volume model is scored at rolling origins of {len(table)} sets of real series, every peer on the same "
        f"origins: CRPS {told}; 80 % intervals cover {100 * held:.0f} % (`python benchmarks/series.py`, "
        "[docs/volume.md](docs/volume.md))."
    )


def block() -> str:
    """Return what stands between the marks of the page."""
    parts = [
        ran_on(),
        scores_table(),
        ratio_table(),
        goals(),
        "![Our CRPS over each peer's, and cover](volume_benchmark.png)",
    ]
    parts += [made() for file, made in ((SPEED, speed_table), (SIZE, size_table)) if file.exists()]
    return "\n\n".join([*parts, published_table()])


def write() -> None:
    """Put the results into their places."""
    draw()
    rewrite(block(), BEGIN, END, PAGE)
    rewrite(sentence(), BEGIN, END, README)


def draw() -> None:
    """Draw our CRPS over each peer's, and what 80 % intervals cover, means over the real sets."""
    from shiftcast.pipelines.drawing.bars import bars  # noqa: PLC0415  (the guard reads tables alone)

    found = ((OVER, real(ratios()).mean()), (COVERS, real(wide("cover80")).mean()))
    rows = [{"group": group, "label": name, "median": value} for group, means in found for name, value in means.items()]
    bars(pd.DataFrame(rows), title="Accuracy and cover on real series", unit="").save(PICTURE)
