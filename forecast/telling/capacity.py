"""One paragraph of an answer about what to build, power and pay for, where the answer brings none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from shiftcast.forecast.telling.words import between, figure, named, number, part_words, percent

Row = Mapping[str, Any]


def of_plan(table: pd.DataFrame, asked: Row) -> str:
    """Return how many accelerators to have in place, what to order, and by when.

    Parameters
    ----------
    table, asked
        Table of ``plan`` and the fields of the question.

    Returns
    -------
    str
    """
    row = table.iloc[0]
    place = part_words({"segment": str(row["segment"]), "leaf": str(row["leaf"])})
    return (
        f"{figure(row['accelerators_needed'], 'accelerator')} in place by {row['by']} leave a "
        f"{percent(row['risk'])} risk of too few ({between(row['live_low80'], row['live_high80'], 'accelerator')} are "
        f"needed): {place}. Order {number(row['racks_to_add'])} racks of {row['generation']} by {row['order_by']}; "
        f"ordered today they are in place in time with {percent(row['in_time_if_ordered_now'])}."
    )


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


def of_site(table: pd.DataFrame, asked: Row) -> str:
    """Return the most work a site does a day, by which accelerator, and what holds it back.

    Parameters
    ----------
    table, asked
        Table of ``site`` and the fields of the question.

    Returns
    -------
    str
    """
    best = table.iloc[0]
    others = ", ".join(f"{row['generation']} {number(row['work_day_median'])}" for _, row in table.iloc[1:].iterrows())
    day = f"{best['unit']}/day"
    said = (
        f"{figure(best['work_day_median'], day)} "
        f"({between(best['work_day_low80'], best['work_day_high80'], day)}) on {best['generation']}, the most of "
        f"{len(table)} accelerators: {number(best['accelerators_median'])} of them on "
        f"{number(float(asked['mw']))} megawatts at the meter, where {best['binding']} is what limits in "
        f"{percent(best['binding_odds'])} of the draws."
    )
    return f"{said} The others: {others}." if others else said


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


def of_retire(table: pd.DataFrame, asked: Row) -> str:
    """Return when the oldest cohort stops paying for itself, and what leaving early frees.

    Parameters
    ----------
    table, asked
        Table of ``retire`` and the fields of the question.

    Returns
    -------
    str
    """
    cohorts = table[(table["cohort"] != "all") & (table["power"] == "scarce")]
    whole = table[(table["cohort"] == "all") & (table["power"] == "scarce")].iloc[0]
    freed = (
        f"{figure(whole['mw_freed_median'], 'MW_facility')} "
        f"({between(whole['mw_freed_low80'], whole['mw_freed_high80'], 'MW_facility')}) are freed by the horizon"
    )
    if cohorts.empty:
        return f"{freed}: {named(str(asked['generation']))} leaving before it wears out, where power is scarce."
    first = cohorts.iloc[0]
    return (
        f"{first['middle']} (8 in 10: {first['early']} to {first['late']}) is when the "
        f"oldest cohort of {asked['generation']}, bought in {first['cohort']}, stops paying for itself if power is "
        f"scarce; not by the horizon with {percent(first['never'])}. {freed}."
    )
