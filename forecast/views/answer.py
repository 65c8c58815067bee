"""Shape of an answer: words, a table with units, what it rests on and does not know, and the picture that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import AssumptionRows, DataFrame
from shiftcast.forecast.draws import quantile_table
from shiftcast.forecast.views.provenance import Provenance

SHOWN: Final = {"median": 0.5, "low80": 0.1, "high80": 0.9}
ASSUMED: Final = ("name", "low", "mid", "high", "unit", "evidence", "source")


@dataclass(frozen=True)
class Picture:
    """A picture that shows an answer, described for whoever draws it.

    Attributes
    ----------
    kind
        ``fan`` (median and interval by quarter), ``bars`` (a figure by part) or ``steps`` (odds that only rise).
    x, y
        What runs along the axes: columns of ``shows``; y by its stem, such as ``q`` of ``q100, q500, q900``.
    shows
        ``paths``, ``table``, or a title of ``more``: which rows are drawn.
    says
        What is to be seen, in one line.
    """

    kind: str
    x: str
    y: str
    shows: str
    says: str


@dataclass(frozen=True)
class Answer:
    """One answer, the same from the command line, a notebook and a served model.

    Attributes
    ----------
    question
        What was asked, with its options, in one line.
    table
        The figures: a row a generation, life, cohort or date.
    assumed
        The assumptions it rests on: ``name, low, mid, high, unit, evidence, source``.
    notes
        What was refused, what was not known, and how to read the figures.
    paths
        Quantile paths for a picture: ``panel, x, median, low80, high80``; empty where a picture shows the table.
    says
        The answer in plain words, which begins with the figure asked for; empty where only the table answers.
    more
        Further tables by what they show, such as ``by part``.
    units
        Unit of each column of the table that is a figure; those of an interval go by the quantity's name.
    picture
        The picture that shows it, described; none where words and table say all.
    provenance
        What the figures are of and rest on; :meth:`forecast.answers.Forecaster.answer` adds it.
    """

    question: str
    table: pd.DataFrame
    assumed: pd.DataFrame
    notes: tuple[str, ...]
    paths: pd.DataFrame | None = None
    says: str = ""
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    picture: Picture | None = None
    provenance: Provenance | None = None


def spread(name: str, values: Array) -> dict[str, float]:
    """Return median and central 80 % interval of finished draws as three cells, named after a quantity if given.

    Parameters
    ----------
    name
        Stem of the cells' names; none if empty.
    values
        Draws, any shape, in any unit.

    Returns
    -------
    dict
        ``NAME_median, NAME_low, NAME_high`` in the unit of the draws.

    Examples
    --------
    >>> spread("mw", np.array([1.0, 2.0, 3.0]))["mw_median"]
    2.0
    """
    flat = np.ravel(np.asarray(values, dtype=np.float64))
    taken = quantile_table(flat, tuple(SHOWN.values()))[1:]
    stem = f"{name}_" if name else ""
    return {f"{stem}{label}": float(value) for label, value in zip(SHOWN, taken, strict=True)}


def assumed_rows(
    assumptions: DataFrame[AssumptionRows], names: tuple[str, ...], given: Mapping[str, float]
) -> pd.DataFrame:
    """Return the assumptions an answer used; one that the asker gave is shown as given.

    Parameters
    ----------
    assumptions
        Assumptions frame.
    names
        Names used, in order.
    given
        Name to the value that stood in for it.

    Returns
    -------
    DataFrame
        Columns :data:`ASSUMED`, one row an assumption; evidence is ``given`` for the asker's own values.
    """
    rows = assumptions.set_index("name").loc[[name for name in names if name not in given]].reset_index()
    asked = pd.DataFrame(
        [{"name": name, "low": value, "mid": value, "high": value, "unit": _unit(assumptions, name),
          "evidence": "given", "source": "asked for"} for name, value in given.items() if name in names],
        columns=list(ASSUMED),
    )  # fmt: skip
    parts = [part for part in (asked, rows[list(ASSUMED)]) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else asked


def _unit(assumptions: DataFrame[AssumptionRows], name: str) -> str:
    found = assumptions.loc[assumptions["name"] == name, "unit"]
    return str(found.iloc[0]) if len(found) else "1"
