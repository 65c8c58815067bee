"""Check the map of instance types that ships: names, counts, dates, and sizes that families lack.

``python benchmarks/instance_map.py`` reads ``instance_types.csv`` and ``instance_families.csv`` of the records, prints
how many types of which accelerators each provider has, and lists

- faults: an accelerator that ingest does not know, a type twice, a count or year that cannot be, a type that no family
  has the look of, so that its next size would go unnoticed;
- falls: sizes that hold fewer accelerators than a smaller one of their family (some do: one GPU beside more cores);
- gaps: families that leave out a usual size between two they have.

It ends with 1 if there is a fault. Nothing is looked up: that a provider sells a type is recalled, as the rows say.
"""

from __future__ import annotations

import re
import sys
from fractions import Fraction

import pandas as pd

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.setting import accelerator_names

SIZES = {"large": 0.5, "xlarge": 1.0}
USUAL = (0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0)
FIRST, LAST = 2010, 2026


def read_types() -> pd.DataFrame:
    """Return the rows of the file with ``family``, ``size`` if the name states one, and ``number`` [accelerator]."""
    rows = pd.read_csv(RECORDS / "instance_types.csv", dtype=str, keep_default_na=False)
    parts = [split(provider, name) for provider, name in zip(rows["provider"], rows["instance"], strict=True)]
    number = [float(Fraction(text)) for text in rows["count"]]
    return rows.assign(family=[each[0] for each in parts], size=[each[1] for each in parts], number=number)


def split(provider: str, name: str) -> tuple[str, float]:
    """Return a type's family and size; NaN where its name states no size that compares."""
    if provider == "aws":
        family, _, size = name.partition(".")
        times = re.fullmatch(r"(\d+)xlarge", size)
        return family, float(times[1]) if times else SIZES.get(size, float("nan"))
    found = re.search(r"(?<=[a-z\-])\d+(?=[a-z]*(?:$|_))", name)
    return (
        (name, float("nan")) if found is None else (f"{name[: found.start()]}*{name[found.end() :]}", float(found[0]))
    )


def faults(types: pd.DataFrame) -> list[str]:
    """Return what is wrong with rows, each with the type."""
    look = re.compile("|".join(pd.read_csv(RECORDS / "instance_families.csv")["pattern"]))
    known = {accelerator for _, accelerator, _ in accelerator_names().fragments}
    found = [f"{name}: is there twice" for name in types.loc[types["instance"].duplicated(), "instance"]]
    for row in types.to_dict("records"):
        since, retired = int(row["since"]), int(row["retired"] or LAST)
        if row["accelerator"] not in known or accelerator_names().find(row["accelerator"]) is None:
            found.append(f"{row['instance']}: accelerator {row['accelerator']!r} is in no table")
        if not 0 < row["number"] <= 72:
            found.append(f"{row['instance']}: count {row['count']}")
        if not FIRST <= since <= retired <= LAST:
            found.append(f"{row['instance']}: since {since}, retired {retired}")
        if not look.search(row["instance"]):
            found.append(f"{row['instance']}: no family has its look")
    return found


def falls(types: pd.DataFrame) -> list[str]:
    """Return the types that hold fewer accelerators than a smaller size of their family."""
    sized = types[types["size"].notna()].sort_values(["provider", "family", "size"])
    before = sized.groupby(["provider", "family"])["number"].cummax()
    return sized.loc[sized["number"] < before, "instance"].tolist()


def gaps(types: pd.DataFrame) -> dict[str, list[float]]:
    """Return the usual sizes that a family leaves out between its smallest and its largest."""
    found = {}
    for family, rows in types[(types["provider"] == "aws") & types["size"].notna()].groupby("family"):
        have = set(rows["size"])
        lacks = [size for size in USUAL if min(have) < size < max(have) and size not in have]
        if lacks:
            found[str(family)] = lacks
    return found


def main() -> int:
    """Print the map's summary and what is to be looked at; 1 if a row is at fault."""
    types = read_types()
    for provider, rows in types.groupby("provider", sort=False):
        retired = int((rows["retired"] != "").sum())
        print(f"{provider}: {len(rows)} types ({retired} retired) of {', '.join(rows['accelerator'].unique())}")
    wrong = faults(types)
    print(f"fewer accelerators than a smaller size: {', '.join(falls(types))}")
    print("sizes left out: " + "; ".join(f"{family} {lacks}" for family, lacks in gaps(types).items()))
    print("\n".join(["faults:", *wrong]) if wrong else "no faults")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
