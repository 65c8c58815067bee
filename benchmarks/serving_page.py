"""Keep the figures of ``serving.py`` and ``soak.py`` with day, cores and load, and show them on the page of serving.

``python benchmarks/serving_page.py`` writes both tables of ``docs/serving.md`` anew from ``benchmarks/serving.csv`` and
``benchmarks/soak.csv``; ``serving.py --write`` and ``soak.py --write`` do so after they measured.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from marked import rewrite

FOLDER = Path(__file__).parent
SERVING, SOAK = FOLDER / "serving.csv", FOLDER / "soak.csv"
PAGE = FOLDER.parent / "docs" / "serving.md"
COLUMNS = ("part", "what", "value", "unit", "day", "cores", "load")
RATIO, GOAL = "ratio of the medians", 1.3  # of the champion's to the trivial model's, and what it may be
FORMATS = {"ms": ".1f", "CPU ms": ".2f", "s": ".2f", "ratio": ".2f", "number": ",.10g"}  # by unit, whole if not here
UNTOLD = ("number", "ratio")  # units that a page leaves out


class Figure(NamedTuple):
    """What was measured: the part of the benchmark, what of it, its value, and its unit."""

    part: str
    what: str
    value: float
    unit: str


class Moment(NamedTuple):
    """When and where it was measured: the day, how many cores, and the load before it began."""

    day: str
    cores: int
    load: float


def here() -> Moment:
    """Return the moment that is now."""
    return Moment(f"{datetime.now(tz=UTC):%Y-%m-%d}", os.cpu_count() or 1, round(os.getloadavg()[0], 1))


def keep(figures: Iterable[Figure], moment: Moment, file: Path, *, others: bool = False) -> None:
    """Keep figures in the place of those before, or of the same parts alone where others keep what they have."""
    new = pd.DataFrame([(*each, *moment) for each in figures], columns=list(COLUMNS)).round({"value": 4})
    old = pd.read_csv(file) if others and file.exists() else new.iloc[:0]
    order = {part: place for place, part in enumerate(dict.fromkeys([*old["part"], *new["part"]]))}
    rows = pd.concat([each for each in (old[~old["part"].isin(new["part"])], new) if len(each)])
    rows = rows.sort_values("part", key=lambda parts: parts.map(order), kind="stable")
    rows.to_csv(file, index=False, lineterminator="\n")


def table(rows: pd.DataFrame) -> str:
    """Return a table with a line for each figure; its part, and when and where that was measured, stand once."""
    lines = ["| part | figure | measured | on |", "|---|---|---|---|"]
    before = ("", "")
    for row in rows.itertuples():
        where = (row.part, _when(row))
        part, on = where if where != before else ("", "")
        lines.append(f"| {part} | {row.what} | {measured(row)} | {on} |")
        before = where
    return "\n".join(lines)


def measured(row: Figure) -> str:
    """Return the value of a figure with its unit, and that the goal is missed where it is."""
    value = format(row.value, FORMATS.get(row.unit, ",.0f")) + ("" if row.unit in UNTOLD else f" {row.unit}")
    goal = f" (at most {GOAL} wanted{'' if row.value <= GOAL else ', missed'})" if row.what == RATIO else ""
    return f"{value}{goal}"


def _when(row: Moment) -> str:
    return f"{row.day}, {row.cores} cores" + ("" if pd.isna(row.load) else f", load {row.load:.1f} before")


def marks(script: str) -> tuple[str, str]:
    """Return the marks of a script's table."""
    return f"<!-- benchmarks/{script}.py: begin -->", f"<!-- benchmarks/{script}.py: end -->"


def write_page() -> None:
    """Write the tables of the page anew, each from its file."""
    for file in (SERVING, SOAK):
        rewrite(table(pd.read_csv(file)), *marks(file.stem), PAGE)


if __name__ == "__main__":
    write_page()
