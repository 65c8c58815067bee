"""Write the page on faults from what was tried: ``python docs/make_faults.py`` from the root, after ``nox -s faults``.

Every case, its promise and whether it held is a row of benchmarks/faults.csv.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path

PAGE = Path(__file__).with_name("faults.md")
RECORD = Path(__file__).parents[1] / "benchmarks" / "faults.csv"
TRIED, UNTRIED = "2026-11-28", "not tried"
TOLD = {"yes": "", "no": " (<b>not held</b>)", UNTRIED: " (not tried)"}
FIRST = {  # held of tried, by area, when others tried the product for the first time
    "paths": (138, 150), "kill-ingest": (35, 37), "kill-rollback": (27, 36), "kill-retrain": (20, 22),
    "secrets": (15, 36), "damaged-state": (29, 43), "disk-full": (12, 17), "tmpdir": (14, 14), "environment": (15, 20),
    "permissions": (16, 19), "publish": (13, 18), "syscall-faults": (63, 70), "serve-protocol": (85, 86),
    "serve-dos": (5, 11), "rows-by-name": (9, 15), "untrusted-files": (34, 41), "report-injection": (2, 2),
    "clock": (3, 5), "two-versions": (11, 15), "concurrency": (10, 12), "champion": (0, 5), "schedule-files": (50, 50),
    "signals-limits": (17, 19), "soak": (4, 4),
}  # fmt: skip
ELSEWHERE = {"tmpdir": "in environment", "report-injection": "in untrusted-files", "soak": "tests of the server"}
MEANING = {
    "paths": "folders and files with odd names", "kill-ingest": "loads and what keeps usage, killed",
    "kill-rollback": "rollbacks, killed", "kill-retrain": "retrains, killed",
    "secrets": "passwords and tokens at every door of output",
    "damaged-state": "files of state, damaged", "disk-full": "disks that are full",
    "environment": "variables, locales and streams",
    "permissions": "state of another user", "publish": "the published folder",
    "syscall-faults": "calls of the system that fail",
    "serve-protocol": "requests to the server", "serve-dos": "clients that take too much",
    "rows-by-name": "rows that must count once",
    "untrusted-files": "hostile files", "clock": "clocks that are wrong",
    "two-versions": "older and newer code on one store",
    "concurrency": "several at once", "champion": "the champion and its publication",
    "schedule-files": "files for schedulers",
    "signals-limits": "signals, and limits of a process",
}  # fmt: skip
Row = dict[str, str]


def page() -> str:
    """Return the page."""
    return "".join(f"{line}\n" for line in lines(read_rows()))


def read_rows() -> list[Row]:
    """Return the rows of the record."""
    with RECORD.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(rows: list[Row]) -> Iterator[str]:
    """Yield the page: counts by area before and after, what does not hold, and the table folded by area."""
    tried = [row for row in rows if row["held"] != UNTRIED]
    held = [row for row in tried if row["held"] == "yes"]
    left = f" {len(rows) - len(tried):,} more were not tried yet." if len(tried) < len(rows) else ""
    first = [sum(each[at] for each in FIRST.values()) for at in (0, 1)]
    yield from (
        "# Faults", "",
        ("What may go wrong, what is promised all the same, and whether it held: "
         f"{len(held):,} of {len(tried):,} cases.{left} When others tried the product for the first time, on {TRIED}, "
         f"{first[0]} of {first[1]} held; their cases and these are of the same kinds, not the same cases."), "",
        ("`nox -s faults` tries all of them and writes `benchmarks/faults.csv`, of which this page is made; "
         "`pytest -m fault tests/faults` tries a fixed sample, and `--all-faults` every one. The table is "
         "[tests/faults/table](../tests/faults/table/case.py), a row of code each; some are tests that stand "
         "elsewhere."), "",
        f"| area | | held on {TRIED} | held now |", "|---|---|---|---|",
    )  # fmt: skip
    now, all_ = Counter(row["area"] for row in held), Counter(row["area"] for row in tried)
    untried = Counter(row["area"] for row in rows if row["held"] == UNTRIED)
    for area in dict.fromkeys((*MEANING, *FIRST)):
        before = "{} of {}".format(*FIRST[area]) if area in FIRST else ""
        after = f"{now[area]} of {all_[area]}" if area in all_ else ELSEWHERE.get(area, "")
        after += f", {untried[area]} not tried" if untried[area] else ""
        yield f"| `{area}` | {MEANING.get(area, '')} | {before} | {after} |"
    yield f"| all | | {first[0]} of {first[1]} | {len(held):,} of {len(tried):,} |"
    yield from ("", "## What does not hold", "")
    if len(held) == len(tried):
        yield "Every case that was tried holds."
    for row in (each for each in tried if each["held"] != "yes"):
        yield f"- {row['area']}: {cell(row['case'])}. Promised: {row['promise']}."
    yield from ("", "## The cases")
    for area, group in groupby(rows, key=lambda row: row["area"]):
        mine = sorted(group, key=kind_of)
        yield from ("", f"### {area}", "", "<details>", f"<summary>{len(mine)} cases</summary>")
        for (promise, checked), same in groupby(mine, key=kind_of):
            yield f"<p><b>{escape(promise[:1].upper() + promise[1:])}.</b> Looked at: {looked_at(checked)}.</p>"
            yield f"<p>{', '.join(named(row) for row in same)}.</p>"
        yield "</details>"


def kind_of(row: Row) -> tuple[str, str]:
    """Return what the cases of one kind share."""
    return row["promise"], row["checked"]


def looked_at(checked: str) -> str:
    """Return what is looked at, as HTML; a test that stands elsewhere is code."""
    return f"<code>{escape(checked)}</code>" if "::" in checked else escape(checked)


def named(row: Row) -> str:
    """Return a case as HTML, without the promise where that is its name: folded text is no Markdown everywhere."""
    name = row["case"].removeprefix(f"{row['promise']}: ")
    return f"<code>{escape(name)}</code>" + TOLD[row["held"]]


def cell(text: str) -> str:
    """Return a text as code, so that none of it is read as a page's own letters."""
    fence = "``" if "`" in text else "`"
    pad = " " if fence == "``" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
