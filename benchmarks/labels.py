"""Score what `shiftcast label` guesses from names against the labels a person gave them.

    python benchmarks/labels.py --label after

``label_names.csv`` holds the names: ``written`` with the hints in view, ``found`` in public job scripts and labelled
before the hints were tried on them. A dimension a person could not tell from the name is empty there; a guess of it
counts as wrong. The rows of a label in ``labels.csv`` are replaced, and the table of docs/ingest/labels.md made again.
``before`` was run on the code of 0.2.0, ``first`` before hints were mended by the names found; ``usual`` gives every
name the most frequent label, ``learned`` is learned from the other names of its part, in ten parts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from marked import rewrite

from shiftcast.features.label_learning import examples_from_table, learn, propose_label, settle_label
from shiftcast.features.label_words import GUESSED, guess
from shiftcast.pipelines.commands.label_proposals import hint_table

NAMES = Path(__file__).with_name("label_names.csv")
RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "ingest" / "labels.md"
BEGIN, END = "<!-- benchmarks/labels.py: begin -->", "<!-- benchmarks/labels.py: end -->"
FOLDS = 10
Labels = Mapping[str, str]


def by_hints(names: pd.DataFrame) -> list[Labels]:
    """Return the labels that the hints guess."""
    return [guess(name, hint_table()).labels for name in names["name"]]


def by_usual(names: pd.DataFrame) -> list[Labels]:
    """Return the most frequent label of each dimension for every name."""
    return [{each: names[each].mode()[0] for each in GUESSED}] * len(names)


def by_learning(names: pd.DataFrame) -> list[Labels]:
    """Return the labels that are learned from the names of the other folds."""
    said: list[Labels] = [{}] * len(names)
    for fold in range(FOLDS):
        at = range(fold, len(names), FOLDS)
        fitted = learn(examples_from_table(names.drop(index=names.index[at])), hint_table())
        for each in at:
            text = names["name"].iloc[each]
            hinted = guess(text, hint_table()).labels
            said[each] = {
                name: settle_label(propose_label(fitted[name], text), hinted.get(name, "")) for name in GUESSED
            }
    return said


def scores(names: pd.DataFrame, said: Sequence[Labels]) -> pd.DataFrame:
    """Return how many labels were guessed, how many a person told, and how many are alike, by dimension."""
    rows = []
    for each in GUESSED:
        truth, guessed = names[each].tolist(), [labels.get(each, "") for labels in said]
        right = sum(one == other != "" for one, other in zip(truth, guessed, strict=True))
        rows.append(
            {"dimension": each, "proposed": sum(map(bool, guessed)), "told": sum(map(bool, truth)), "right": right}
        )
    return pd.DataFrame(rows)


def measured(label: str, way: Callable[[pd.DataFrame], list[Labels]]) -> pd.DataFrame:
    """Return the counts of a way to guess, for both parts of the names."""
    names = pd.read_csv(NAMES, keep_default_na=False)
    parts = [(part, rows.reset_index(drop=True)) for part, rows in names.groupby("part", sort=False)]
    return pd.concat([scores(rows, way(rows)).assign(label=label, part=part) for part, rows in parts])


def table(results: pd.DataFrame) -> str:
    """Return the results as a table of the page."""
    lines = ["| names | by | dimension | guessed | right of these | found of those told |", "|---|---|---|---|---|---|"]
    for row in results.sort_values(["part", "dimension"], ascending=[False, False], kind="stable").itertuples():
        precision = f"{row.right / row.proposed:.0%}" if row.proposed else "-"
        lines.append(f"| {row.part} | {row.label} | {row.dimension} | {row.proposed} | {precision} | "
                     f"{row.right / row.told:.0%} |")  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Measure, and put the results into file and page."""
    ways = {"after": by_hints, "usual": by_usual, "learned": by_learning}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--label", choices=ways, action="append", required=True)
    labels = parser.parse_args().label
    kept = pd.read_csv(RESULTS)
    results = pd.concat([kept[~kept["label"].isin(labels)], *(measured(label, ways[label]) for label in labels)])
    results.to_csv(RESULTS, index=False)
    rewrite(table(results), BEGIN, END, PAGE)


if __name__ == "__main__":
    main()
