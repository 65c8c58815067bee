"""Cost that a fleet's store holds, by month and part, beside the hours it paid for."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.history import History

CURRENCY: Final = "USD"


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
        If cost is in another currency: prices and budgets of a fleet are in US dollars.
    """
    keys = ["month", *history.by]
    other = sorted(set(history.cost["unit"]) - {CURRENCY})
    if other:
        raise InputError(
            f"cost of the fleet is in {', '.join(other)}; bring the bill to {CURRENCY} and ingest it again"
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
