"""One paragraph of an answer about a date, a claim, a share imposed, a firm moved or a figure contracted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.spoken import number, percent
from shiftcast.forecast.telling.words import between, named
from shiftcast.forecast.views.passage import NOT_YET

Row = Mapping[str, Any]


def of_when(table: pd.DataFrame, asked: Row) -> str:
    """Return when techniques pass a threshold: the middle date, its interval, the odds, then why.

    Parameters
    ----------
    table, asked
        The one row of ``when``, and the fields of the question.

    Returns
    -------
    str
    """
    row = table.iloc[0]
    level = "8 in 10" if row["level"] == _USUAL else f"{percent(row['level'])} of the draws"
    early, middle, late = (_date(str(row[name]), str(row["horizon"])) for name in ("early", "middle", "late"))
    said = (
        f"{middle} ({level}: {early} to {late}) is when {named(str(asked['technique']))} pass "
        f"{percent(asked['above'])} of {named(str(asked['of']))} {named(str(asked['base']))}, "
        f"{named(str(asked['segment']))}. {row['says']}"
    )
    return said[0].upper() + said[1:]


def of_claims(table: pd.DataFrame, asked: Row) -> str:
    """Return how many claims are likely, and the least likely of them.

    Parameters
    ----------
    table, asked
        Table of ``claims`` and the fields of the question.

    Returns
    -------
    str
    """
    judged = table.dropna(subset=["probability"])
    if judged.empty:
        return f"None of the {len(table)} claims can be judged by this forecast; each row says why."
    least = judged.loc[judged["probability"].idxmin()]
    likely = int((judged["probability"] > 1 / 2).sum())
    return (
        f"{likely} of the {len(judged)} claims that can be judged are more likely than not to hold as worded; the "
        f"least likely, {least['claim']}, has a probability of {percent(least['probability'])}. "
        f"{len(table) - len(judged)} more are not judged, and their rows say why."
    )


def of_check(table: pd.DataFrame, asked: Row) -> str:
    """Return the probability of a claim by the reading that weighs most, and how far readings differ.

    Parameters
    ----------
    table, asked
        Table of ``check`` and the fields of the question.

    Returns
    -------
    str
    """
    judged = table.dropna(subset=["at_least"])
    if judged.empty:
        return f"No probability can be given for {asked['claim']}: {table['note'].iloc[0]}."
    row = judged.loc[judged["weight"].idxmax()]
    growth = f"growth of {percent(row['growth_needed'])} a quarter; the forecast has {percent(row['growth_forecast'])}"
    needed = "" if pd.isna(row["growth_needed"]) else f" It needs {growth}."
    low, high = (percent(judged["at_least"].agg(end)) for end in ("min", "max"))
    return (
        f"{percent(row['at_least'])} is the probability that {asked['claim']} comes to at least what was said, read "
        f"as {str(row['reading']).replace('_', ' ')} ({row['stage']}); as worded it is {percent(row['probability'])}. "
        f"Over the {len(judged)} readings, definitions and stages it runs from {low} to {high}.{needed}"
    )


def of_impose(table: pd.DataFrame, asked: Row) -> str:
    """Return the hyperscale share under a mode beside the free one, in the last quarter, and what it took.

    Parameters
    ----------
    table, asked
        Table of ``impose`` and the fields of the question.

    Returns
    -------
    str
    """
    last = table.iloc[-1]
    return (
        f"{percent(last['median'])} in {last['quarter']} "
        f"({between(last['low80'], last['high80'], 'share')}): hyperscale clouds' part of {named(str(asked['base']))} "
        f"if {percent(last['share'])} is {_MODES.get(str(asked['mode']), 'imposed')}. Left free it is "
        f"{percent(last['free_median'])} ({between(last['free_low80'], last['free_high80'], 'share')}), which lies "
        f"{number(abs(last['strain']))} standard deviations from the claim; the total moves by "
        f"{percent(last['total_moved'])}."
    )


def of_relabel(table: pd.DataFrame, asked: Row) -> str:
    """Return the hyperscale share with a firm on the other side, before and after, in the last quarter.

    Parameters
    ----------
    table, asked
        Table of ``relabel`` and the fields of the question.

    Returns
    -------
    str
    """
    last = table.iloc[-1]
    return (
        f"{_marks(last, 'after')} of revenue in {last['quarter']} would count as hyperscale with {asked['firm']} "
        f"counted as {asked['to']}, against {_marks(last, 'before')} as it is; the firm itself takes "
        f"{_marks(last, 'firm')}. The total does not change."
    )


def _marks(row: Row, name: str) -> str:
    return f"{percent(row[name])} ({between(row[f'{name}_low80'], row[f'{name}_high80'], 'share')})"


def _date(quarter: str, horizon: str) -> str:
    return f"after {horizon}" if quarter == NOT_YET else quarter


_USUAL: Final = 0.8
_MODES: Final = {
    "free": "not heard", "prior": "believed beforehand", "observation": "heard as a statement",
    "soft": "imposed loosely", "fixed": "imposed exactly",
}  # fmt: skip
