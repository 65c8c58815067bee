"""Views of where figures come from: every source with what was taken from it, what was set aside, and the glossary."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.pipelines.pages.cells import plain, text
from shiftcast.pipelines.pages.glossary import glossary, worded
from shiftcast.pipelines.pages.view import Said, Source, Table, View
from shiftcast.pipelines.registry.bundle import Bundle

NOT_ALL: Final = 6  # things named of a source before the rest is counted
_FROM: Final = {
    "observations": "measure", "claims": "claim", "assumptions": "name", "capacity_assumptions": "name",
    "hardware": "accelerator", "throughput": "accelerator", "rollouts": "operator", "traffic": "operator",
    "ceilings": "name", "memberships": "firm", "definitions": "definition", "operators": "operator", "chips": "chip",
    "belief_rows": "name",
}  # fmt: skip
_WORDS: Final = {
    "observations": "figures", "claims": "claims", "assumptions": "assumptions", "rollouts": "moves",
    "capacity_assumptions": "assumptions of cost and capacity", "belief_rows": "beliefs", "traffic": "requests",
    "hardware": "machines", "throughput": "throughput", "chips": "makers",
}  # fmt: skip


def sources(bundle: Bundle) -> View:
    """Return every source of the record, with what is taken from it.

    Parameters
    ----------
    bundle
        The forecast with its tables.

    Returns
    -------
    View
    """
    found = pd.concat(
        [_of(bundle.tables[name], name, column) for name, column in _FROM.items() if name in bundle.tables]
    )
    rows = found.groupby("source", sort=True)
    taken = tuple(Source(str(source), _about(own)) for source, own in rows)
    linked = sum("http" in each.name for each in taken)
    title = f"{len(taken):,} sources, {linked:,} of them with an address to look up"
    said = (
        f"{len(found):,} rows of the record were known at this origin. Each names who says so, when it could be known "
    )
    said += "and whether it is measured, independent, a vendor's own or assumed."
    return View("sources", "Sources", title, (Said(said),), tables=_aside(bundle), sources=taken,
                notes=(f"Data digest {bundle.summary.digest[:16]}.",))  # fmt: skip


def words() -> View:
    """Return the words of these pages and what they mean.

    Returns
    -------
    View
    """
    rows = glossary()
    shown = pd.DataFrame({"in words": rows["words"], "in the record": rows["name"], "meaning": rows["meaning"]})
    return View("glossary", "Words", f"{len(rows)} words that these pages use, and what they mean", says=(),
                tables=(Table("Glossary", shown),))  # fmt: skip


def _of(rows: pd.DataFrame, table: str, column: str) -> pd.DataFrame:
    return pd.DataFrame({"source": rows["source"].map(text), "table": table, "name": rows[column].astype(str)})


def _about(rows: pd.DataFrame) -> str:
    said = []
    for table, own in rows.groupby("table", sort=False):
        names = [worded(str(name)) for name in dict.fromkeys(own["name"])]
        more = f" and {len(names) - NOT_ALL} more" if len(names) > NOT_ALL else ""
        said.append(f"{len(own)} {_WORDS.get(str(table), str(table))}: {', '.join(names[:NOT_ALL])}{more}")
    return "; ".join(said)


def _aside(bundle: Bundle) -> tuple[Table, ...]:
    rows = bundle.tables["quarantine"]
    if rows.empty:
        return ()
    shown = pd.DataFrame(
        [{"file": text(row["source"]), "line": plain(row["line"]), "column": text(row["column"]),
          "value": text(row["value"]), "set aside because": text(row["reason"])} for row in rows.to_dict("records")]
    )  # fmt: skip
    return (Table(f"{len(rows)} rows were set aside", shown, ("line",)),)
