"""Which figures of an answer's table a picture shows, and what tells its rows apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pandas as pd

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.telling.words import named
from shiftcast.forecast.views.answer import Answer

TIMES: Final = ("quarter", "month", "year", "period_end", "date")
NOTHING: Final = "this answer has no figures to draw; leave --plot out"
_INTERVALS: Final = (("median", "low80", "high80"), ("q500", "q100", "q900"))
_FIRST: Final = ("after", "median")  # quantities drawn before others
_LEVELS: Final = {0.025: "q025", 0.1: "q100", 0.5: "q500", 0.9: "q900", 0.975: "q975"}
_BY: Final = "by_"
_UNNAMED: Final = ("kind", "unit", "source", "evidence", "note", "known_at", "statement", "says", "row")
_UNTOLD: Final = ("", "1", "unit", "see unit", "of the measure", "of the claim")
_MOST_LETTERS: Final = 40  # of one name of a row


class Drawn(NamedTuple):
    """What a picture shows of a table.

    Attributes
    ----------
    name
        The quantity.
    median, low, high
        Its columns; the last two are empty where it has no interval.
    """

    name: str
    median: str
    low: str = ""
    high: str = ""

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of a table by the names that pictures know, those of the 95 % interval among them."""
        found = {"median": table[self.median].astype(float)}
        if self.low:
            found |= {"low80": table[self.low].astype(float), "high80": table[self.high].astype(float)}
        wide = {"low95": self.low.replace("q100", "q025"), "high95": self.high.replace("q900", "q975")}
        if self.low.endswith("q100") and all(name in table for name in wide.values()):
            found |= {name: table[column].astype(float) for name, column in wide.items()}
        return pd.DataFrame(found)


def quantity_of(table: pd.DataFrame, wanted: str = "") -> Drawn:
    """Return the quantity of a table that is drawn: the one wanted, else the first, one with an interval if there is.

    Parameters
    ----------
    table
        Table of an answer.
    wanted
        Stem of the quantity that the answer's picture shows; may be empty.

    Returns
    -------
    Drawn
        Its name and columns.

    Raises
    ------
    InputError
        If no column is a figure.

    Examples
    --------
    >>> quantity_of(pd.DataFrame({"life": [4.0], "usd_median": [1.0], "usd_low80": [0.5], "usd_high80": [2.0]})).name
    'usd'
    """
    spreads = {}
    for name in map(str, table.columns):
        stem, _, last = name.rpartition("_")
        for three in _INTERVALS:
            names = [f"{stem}_{each}" if stem else each for each in three]
            if last == three[0] and all(each in table for each in names):
                spreads[stem or "median"] = Drawn(stem or "median", *names)
    figures = [str(name) for name in table.select_dtypes("number") if name not in {*TIMES, "draw"}]
    chosen = next((each for each in (wanted, *_FIRST) if each in spreads), "")
    if wanted in figures and not chosen:
        return Drawn(wanted, wanted)
    if not spreads and not figures:
        raise InputError(NOTHING)
    return spreads.get(chosen) or next(iter(spreads.values()), None) or Drawn(figures[0], figures[0])


def shown_rows(answer: Answer) -> pd.DataFrame:
    """Return the rows that are drawn: odds a row a year, and quantiles side by side, where the table has them apart.

    Parameters
    ----------
    answer
        An answer whose table is drawn.

    Returns
    -------
    DataFrame
    """
    table = answer.table
    if answer.picture is not None and answer.picture.kind == "steps":
        odds = {name.removeprefix(_BY): value for name, value in table.iloc[0].items() if str(name).startswith(_BY)}
        return pd.DataFrame({"year": list(odds), "probability": list(odds.values())})
    if {"statistic", "quantile", "value"} <= set(table):
        rows = table[table["quantile"].isin(_LEVELS)]
        keys = [name for name in table if name not in {"statistic", "quantile", "value"} and rows[name].notna().all()]
        wide = rows.assign(quantile=rows["quantile"].map(_LEVELS))
        return wide.pivot_table("value", keys, "quantile", observed=True).reset_index()
    return table


def unit_of(answer: Answer, drawn: Drawn, shown: pd.DataFrame) -> str:
    """Return the unit of a quantity; empty where none is told.

    Parameters
    ----------
    answer, drawn, shown
        The answer, its quantity, and its rows.

    Returns
    -------
    str
    """
    told = [answer.units.get(each, "") for each in (drawn.name, drawn.median)]
    row = str(shown["unit"].iloc[0]) if "unit" in shown else ""
    told = [each.replace("1/", f"{row}/") if each.startswith("1/") and row else each for each in told]
    return next((each for each in (*told, row, answer.units.get("", "")) if each not in _UNTOLD), "")


def by_row(answer: Answer, drawn: Drawn, shown: pd.DataFrame) -> bool:
    """Return whether the unit of a quantity stands in each row, as those of one answer can differ.

    Parameters
    ----------
    answer, drawn, shown
        The answer, its quantity, and its rows.

    Returns
    -------
    bool
    """
    return "unit" in shown and answer.units.get(drawn.name, answer.units.get(drawn.median, "see unit")) in _UNTOLD


def names_of(shown: pd.DataFrame, time: str = "") -> list[str]:
    """Return the first columns of names that tell the rows of a part, or of one moment, apart.

    Parameters
    ----------
    shown
        Rows that are drawn.
    time
        Column of moments, if they are drawn over time.

    Returns
    -------
    list of str
    """
    columns = [str(name) for name in shown if name not in {time, *_UNNAMED} and _is_name(shown[name])]
    differ = [name for name in columns if len(set(shown[name].map(str))) > 1]
    for count in range(0 if time else 1, len(differ)):
        if not shown.duplicated([*differ[:count], *([time] if time else [])]).any():
            return differ[:count]
    return differ or columns[:1]


def called(row: Mapping[str, Any]) -> str:
    """Return the name of a row by the cells that tell it apart.

    Parameters
    ----------
    row
        Column to cell.

    Returns
    -------
    str

    Examples
    --------
    >>> called({"generation": "b200", "life": 4.0})
    'b200, 4 years'
    """
    told = [f"{value:g} years" if name == "life" else named(str(value)) for name, value in row.items()]
    return ", ".join(each[:_MOST_LETTERS] for each in told if each != ALL) or ALL


def _is_name(column: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(column):
        return False
    return column.name in {"life", "draw"} or not pd.api.types.is_numeric_dtype(column)
