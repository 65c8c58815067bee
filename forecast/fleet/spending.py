"""Cost that a fleet's store holds, by month and part, beside the hours it paid for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Usage
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.facts import Currency
from shiftcast.forecast.fleet.history import History

CURRENCY: Final = "USD"


def in_dollars(usage: DataFrame[Usage], currencies: Sequence[Currency]) -> tuple[DataFrame[Usage], tuple[str, ...]]:
    """Return usage with cost in US dollars where the fleet says what a currency was worth, and what is said of it.

    Parameters
    ----------
    usage
        All that a fleet's store holds.
    currencies
        What currencies are worth, each from a day on; the last one of a code that had begun by a period counts.

    Returns
    -------
    tuple
        Usage, of which the cost of periods before the first day of a currency is left as it was, and a note a rate.
    """
    unit = usage["unit"].astype(object)
    rate = pd.Series(1.0, index=usage.index)
    notes = []
    for each in sorted(currencies, key=lambda each: each.since):
        mine = (usage["measure"] == "cost") & (usage["unit"] == each.code) & (usage["period_start"] >= each.since)
        if mine.any():
            rate[mine], unit[mine] = each.usd, CURRENCY
            notes.append(
                f"Cost in {each.code} counts USD {each.usd:g} for one from {each.since:%Y-%m-%d} on, as given."
            )
    return (usage.assign(unit=unit, value=usage["value"] * rate), tuple(notes)) if notes else (usage, ())


def spent_by_month(history: History) -> pd.DataFrame:
    """Return what a fleet spent, as :func:`forecast.fleet.budget.budget` takes it.

    Parameters
    ----------
    history
        Usage of the fleet by part.

    Returns
    -------
    DataFrame
        ``month``, the labels of the parts, ``cost`` [USD] and ``hours``, of whole months and of what is known of the
        one under way; zero where a part has the other alone, and no row where no cost is stored.

    Raises
    ------
    ValueError
        If cost is in another currency that the fleet says no worth of: prices and budgets are in US dollars.
    """
    keys = ["month", *history.by]
    other = sorted(set(history.cost["unit"]) - {CURRENCY})
    if other:
        first = history.cost.loc[history.cost["unit"] == other[0], "month"].min()
        raise InputError(
            f"cost of the fleet is in {other[0]} from {first:%Y-%m} on, and nothing says what that is worth in "
            f'{CURRENCY}; add [[currency]] with code = "{other[0]}", usd and since to fleet.toml'
        )
    cost = history.cost.rename(columns={"value": "cost"})[[*keys, "cost"]]
    if cost.empty:
        return cost.assign(hours=pd.Series(dtype=float))
    hours = [_hours(history, [history.now], history.running[None, :])]
    if "month" in history.tables:
        table = history.tables["month"]
        hours.insert(0, _hours(history, list(table.starts), table.hours))
    known = pd.concat(hours, ignore_index=True)
    known = known[known["month"].isin(cost["month"])]
    both = cost.merge(known, on=keys, how="outer").fillna({"cost": 0.0, "hours": 0.0})
    both = both[(both["cost"] != 0) | (both["hours"] != 0)]
    return both.sort_values(keys, kind="stable", ignore_index=True)


def _hours(history: History, months: list[pd.Timestamp], values: Array) -> pd.DataFrame:
    parts = [history.parts.assign(month=day, hours=row) for day, row in zip(months, values, strict=True)]
    return pd.concat(parts, ignore_index=True)
