"""One paragraph of an answer about what to build, power and pay for, where the answer brings none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from shiftcast.forecast.spoken import number, percent
from shiftcast.forecast.telling.words import between, figure

Row = Mapping[str, Any]


def of_limits(table: pd.DataFrame, asked: Row) -> str:
    """Return what binds in the last quarter, how surely, and how much of what is wanted is served.

    Parameters
    ----------
    table, asked
        Table of ``limits`` and the fields of the question.

    Returns
    -------
    str
    """
    last = table.iloc[-1]
    binds = "nothing binds" if last["binding"] == "none" else f"{last['binding']} binds"
    served = between(last["served_share_low80"], last["served_share_high80"], "share")
    before = ", ".join(f"{row['binding']} in {row['quarter']}" for _, row in table.iloc[:-1].iterrows())
    said = (
        f"{percent(last['served_share_median'])} of the fleet wanted in {last['quarter']} can be "
        f"had ({served}): {binds} in {percent(last['binding_odds'])} of the draws."
    )
    return f"{said} Before: {before}." if before else said


def of_ceilings(table: pd.DataFrame, asked: Row) -> str:
    """Return the most that can be had of each ceiling in the last quarter.

    Parameters
    ----------
    table, asked
        Table of ``ceilings`` and the fields of the question.

    Returns
    -------
    str
    """
    last = table[table["quarter"] == table["quarter"].iloc[-1]]
    said = "; ".join(
        f"{figure(row['most_median'], str(row['unit']))} of {row['ceiling']} "
        f"({between(row['most_low80'], row['most_high80'], str(row['unit']))})"
        for _, row in last.iterrows()
    )
    return f"{said}: the most that can be had in {last['quarter'].iloc[0]}."


def of_cost(table: pd.DataFrame, asked: Row) -> str:
    """Return the least cost of a million units of work, and what another life does to it.

    Parameters
    ----------
    table, asked
        Table of ``cost`` and the fields of the question.

    Returns
    -------
    str
    """
    best = table.loc[table["usd_million_median"].idxmin()]
    mine = table[table["generation"] == best["generation"]].sort_values("life")
    lives = ", ".join(f"{row['life']:g} years {number(row['usd_million_median'])}" for _, row in mine.iterrows())
    unit = str(best["unit"]).replace("_", " ")
    return (
        f"{figure(best['usd_million_median'], 'USD')} a million {unit}s "
        f"({between(best['usd_million_low80'], best['usd_million_high80'], 'USD')}) is the least, on "
        f"{best['generation']} over a life of {best['life']:g} years; idle hours are {number(best['idle'])} of it. By "
        f"life on {best['generation']}: {lives}."
    )
