"""Write what mutation testing found into the docs: ``python docs/make_testing.py`` from the root.

Counts and survivors are those that benchmarks/mutants.py recorded; why a survivor may stand is in
benchmarks/mutants.csv, a row a survivor. The tables of testing.md stand between two marks.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from marked import replaced

PAGE = Path(__file__).with_name("testing.md")
RECORD = Path(__file__).parents[1] / "benchmarks" / "mutants.json"
REASONS = RECORD.with_suffix(".csv")
BEGIN, END = "<!-- made by docs/make_testing.py -->", "<!-- end -->"
Row = dict[str, Any]


def page(text: str) -> str:
    """Return the page with its tables made anew."""
    return replaced(text, "\n".join(lines()), BEGIN, END)


def lines() -> Iterator[str]:
    """Yield the table of modules, and that of the survivors with what lets each stand."""
    found, reasons = json.loads(RECORD.read_text(encoding="utf-8")), read_reasons()
    yield from ("| module | mutants | run | killed at first | killed now | survive |", "|---|---|---|---|---|---|")
    for row in found.values():
        ran, left = row["run"], len(row["survivors"])
        yield f"| `{row['path']}` | {row['made']} | {ran} | {ran - row['first']} | {ran - left} | {left} |"
    yield from ("", "What survives, and why it may:", "", "| where | before | after | why |", "|---|---|---|---|")
    for name, row in found.items():
        for each in row["survivors"]:
            why = reasons.get(key(name, each), "not explained yet")
            where = f"{name}.{each['function']}".rstrip(".")
            yield f"| `{where}` | {code(each['before'])} | {code(each['after'])} | {why} |"


def read_reasons() -> dict[tuple[str, ...], str]:
    """Return the reason of each survivor, by module, function and the lines before and after."""
    with REASONS.open(encoding="utf-8", newline="") as file:
        return {key(row["module"], row): row["why"] for row in csv.DictReader(file)}


def key(name: str, mutant: Row) -> tuple[str, ...]:
    """Return what tells one survivor from another."""
    return (name, mutant["function"], mutant["before"], mutant["after"])


def code(line: str) -> str:
    """Return a line of code as a cell of a table."""
    return "`" + line.replace("|", "\\|") + "`"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
