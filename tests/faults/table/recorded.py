"""Write down which cases held: rows of benchmarks/faults.csv, the same bytes whenever the same held."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from table import AREAS, CASES
from table.registered import AREA_OF, row_of

FIELDS: Final = ("area", "case", "promise", "checked", "cost", "held")
UNTRIED: Final = "not tried"
_ELSEWHERE: Final = frozenset(f"{path}::{name}" for path, name in AREA_OF)
Row = dict[str, str]


def read_rows(path: Path) -> dict[tuple[str, str], Row]:
    """Return the rows by area and case."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["area"], row["case"]): row for row in csv.DictReader(file)}


def own_rows() -> dict[tuple[str, str], Row]:
    """Return the rows of the table's own cases, in its order, none tried yet."""
    return {
        (each.area, each.name): {
            "area": each.area, "case": each.name, "promise": each.promise, "checked": each.checked, "cost": each.cost,
            "held": UNTRIED,
        }
        for each in CASES
    }  # fmt: skip


def elsewhere(nodeid: str) -> tuple[tuple[str, str] | None, Row]:
    """Return the row of a test that stands elsewhere, not tried yet; no key where it is no case."""
    found = row_of(nodeid)
    if found is None:
        return None, {}
    return found[:2], dict(zip(FIELDS, (*found, "elsewhere", UNTRIED), strict=True))


class Recorder:
    """A plugin that keeps how each case ended; cases that were not tried now keep what the file says of them."""

    def __init__(self, path: Path) -> None:
        self._path, self._own, self._now = path, own_rows(), dict[tuple[str, str], Row]()
        self._there = dict[tuple[str, str], Row]()  # tests elsewhere that were collected, tried or not

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: Iterable[Any]) -> None:
        """Note every test elsewhere that is a case as well, before any is left out."""
        for item in items:
            key, row = elsewhere(item.nodeid)
            if key is not None:
                self._there[key] = row

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note a case that failed at any point, or passed."""
        key, row = self._row(report)
        if key is None:
            return
        failed = report.failed or hasattr(report, "wasxfail")
        if report.when == "call" or failed:
            none = dict(report.user_properties).get("none")
            self._now[key] = {**row, "held": "no" if failed else UNTRIED if none else "yes"}

    def _row(self, report: Any) -> tuple[tuple[str, str] | None, Row]:
        given = dict(report.user_properties).get("case")
        if given is not None:
            key = tuple(given)
            return key, self._own[key]
        return elsewhere(report.nodeid)

    def pytest_sessionfinish(self, session: Any) -> None:
        """Write the file, rows in the order of the areas, those of the table first."""
        if hasattr(session.config, "workerinput"):
            return
        former = read_rows(self._path)
        whole = not any("::" in each for each in session.config.args)
        gone = {row["checked"] for row in self._there.values() if whole}  # by their former ids
        kept_elsewhere = {
            key: row for key, row in former.items() if row["checked"] in _ELSEWHERE and row["checked"] not in gone
        }
        now = {key: {**row, "held": former.get(key, row)["held"]} for key, row in (self._own | self._there).items()}
        rows = kept_elsewhere | now | self._now
        order = {key: number for number, key in enumerate(self._own)}
        kept = sorted(rows.values(), key=lambda row: (
            AREAS.index(row["area"]), order.get((row["area"], row["case"]), len(order)), row["checked"], row["case"],
        ))  # fmt: skip
        with self._path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
