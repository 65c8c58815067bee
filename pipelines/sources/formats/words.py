"""Check the words of a mapping against those the store knows: measures with their units, and labels."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Final

import pandas as pd

from shiftcast.features.frames.vocabulary import ALL, SEGMENTS
from shiftcast.features.labels import COPY, Rules
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import read_table

_CURRENCY: Final = "currency"
_PHASES: Final = ("inference", "training", "post_training", "rnd")
_OTHER: Final = "other"
STATUSES: Final = ("served", "running", "queued", "refused", "failed", "cancelled", "cached", "filtered", "unknown")
_NEAR: Final = 0.6  # of letters alike, as difflib counts: gpu_hour is near gpu_hours, and gpus is not near cost


@dataclass(frozen=True)
class MeasureRow:
    """A measure of usage.

    Attributes
    ----------
    unit
        Its one unit; ``currency`` stands for three capital letters.
    how
        How readings become one figure of a period.
    limit
        Quantity of ``ingest_limits.csv`` that the amount or value of a row lies within.
    """

    unit: str
    how: str
    limit: str


@cache
def measures() -> Mapping[str, MeasureRow]:
    """Return the measures of usage that a table may give.

    Returns
    -------
    Mapping
        Measure to its unit and limit.

    Examples
    --------
    >>> measures()["gpu_hours"].unit
    'accelerator_hour'
    """
    rows = read_table(RECORDS / "measures.csv").to_dict("records")
    return {row["measure"]: MeasureRow(row["unit"], row["how"], row["limit"]) for row in rows}


@cache
def label_words() -> Mapping[str, frozenset[str]]:
    """Return the words that labels of some dimensions may be.

    Returns
    -------
    Mapping
        Words by dimension; a dimension that is not there takes any word.

    Examples
    --------
    >>> "llm" in label_words()["technique"], "llama" in label_words()["technique"]
    (True, False)
    """
    from shiftcast.forecast.leaves import SEGMENT_OF  # noqa: PLC0415  (brings xarray, which a load does not need)

    rows = read_table(RECORDS / "workloads.csv")
    found = {
        "segment": {*SEGMENTS}, "leaf": {*SEGMENT_OF}, "phase": {*_PHASES},
        "workload": {*rows["workload"], _OTHER}, "technique": {*rows["technique"], _OTHER},
    }  # fmt: skip
    return {name: frozenset({*words, ALL, "unlabelled"}) for name, words in found.items()}


def nearest(word: str, known: Collection[str]) -> str:
    """Return the known words nearest to a word, or all of them where none is near, for a message.

    Parameters
    ----------
    word
        Word that is not known.
    known
        Words that are.

    Returns
    -------
    str
        Such as ``gpu_hours or idle_gpu_hours``.

    Examples
    --------
    >>> nearest("gpu_hour", ["gpu_hours", "cost"])
    'gpu_hours'
    """
    by_case = {each.lower(): each for each in sorted(known)}
    near = get_close_matches(word.lower(), by_case, n=3, cutoff=_NEAR)
    return " or ".join(by_case[each] for each in near) or ", ".join(sorted(known))


def measure_fault(measure: str, unit: str) -> str:
    """Return what is wrong with a measure and its unit; empty for nothing.

    Parameters
    ----------
    measure, unit
        Words of a mapping or of a row; an empty unit is the measure's own.

    Returns
    -------
    str
        Fault and remedy.

    Examples
    --------
    >>> measure_fault("gpu_hour", "GPUh")
    "measure 'gpu_hour' is not known; nearest: gpu_hours or idle_gpu_hours or gpu_power"
    >>> measure_fault("gpu_hours", "GPUh")
    "unit 'GPUh' is not that of gpu_hours, accelerator_hour; write it so, or leave the unit out"
    >>> measure_fault("cost", "EUR")
    ''
    """
    if measure not in measures():
        return f"measure {measure!r} is not known; nearest: {nearest(measure, measures())}"
    right = measures()[measure].unit
    if right == _CURRENCY:
        good = re.fullmatch("[A-Z]{3}", unit) is not None
        return "" if good else f"unit {unit!r} of {measure} is not a currency such as USD"
    if unit in {"", right}:
        return ""
    return f"unit {unit!r} is not that of {measure}, {right}; write it so, or leave the unit out"


def label_fault(dimension: str, word: str) -> str:
    """Return what is wrong with a label; empty for nothing.

    Parameters
    ----------
    dimension
        Dimension that it labels.
    word
        Label; empty labels nothing.

    Returns
    -------
    str
        Fault and the nearest words.

    Examples
    --------
    >>> label_fault("segment", "Hyperscalers")
    "segment 'Hyperscalers' is not known; nearest: hyperscale"
    """
    known = label_words().get(dimension)
    if known is None or word in known or not word:
        return ""
    return f"{dimension} {word!r} is not known; nearest: {nearest(word, known - {ALL, 'unlabelled'})}"


def own_words(rules: Rules, constants: Mapping[str, str]) -> tuple[str, ...]:
    """Return the labels that no table knows among those that rules and constants give, each with the nearest known.

    Parameters
    ----------
    rules, constants
        Rules in their order, and label by dimension of rows that nothing else labels.

    Returns
    -------
    tuple of str
        One sentence a word; it labels all the same, as a word of the user's own.

    Examples
    --------
    >>> own_words(Rules(), {"workload": "recssys", "leaf": "edge", "operator": "us"})
    ("workload 'recssys' is not known; nearest: recsys; it makes one of its own",)
    """
    given = [*(pair for rule in rules.rules for pair in rule.labels.items()), *constants.items()]
    said = (label_fault(name, word) for name, word in dict.fromkeys(given) if not word.startswith(COPY))
    return tuple(f"{fault}; it makes one of its own" for fault in said if fault)


def known_labels(dimension: str, words: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """Return labels with those that are not known left empty, and what is wrong with these.

    Parameters
    ----------
    dimension
        Dimension that they label.
    words
        Label of each row, shape (rows,).

    Returns
    -------
    tuple
        Labels, shape (rows,), and faults, one a word.
    """
    faults = {word: fault for word in words.unique() if (fault := label_fault(dimension, str(word)))}
    return words.where(~words.isin(list(faults)), ""), tuple(faults.values())
