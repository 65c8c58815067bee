"""Answer to a budget: odds of spending more, cost by month, the date it is used up, and what drives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.bounds import check_figure
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis, check_given
from shiftcast.forecast.fleet.bill import bill_costs, recent_costs
from shiftcast.forecast.fleet.costs import Costs, held_costs
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.holdings import held
from shiftcast.forecast.fleet.queue import FirstFull, first_full
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.fleet.words import month, usd
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.views.answer import SHOWN, Answer, assumed_rows, spread

_REMEDY: Final = (
    "say usd_per_hour of every [[holding]] in fleet.toml, and an [[offer]] of rent for what does not fit, or ingest "
    "the bill, which holds cost and hours"
)


def budget(
    demand: Demand, fleet: Fleet, basis: Basis, *, year: int, limit: float | None = None,
    spent: pd.DataFrame | None = None, past: pd.DataFrame | None = None, given: Mapping[str, float] | None = None,
) -> Answer:  # fmt: skip
    """Return the odds of spending more than a budget in a calendar year.

    Parameters
    ----------
    demand, fleet, basis
        Hours wanted in draws, facts of the fleet, and catalogue and assumptions of the day asked.
    year
        Calendar year.
    limit
        Budget of the year [USD]; the one that the fleet has for it if left out.
    spent
        Cost so far: ``month`` (first day, midnight UTC), ``cost`` [USD], ``hours``, and labels of the demand's parts if
        known; of the month under way what is known so far. Where some holding has no price, it prices hours ahead too.
    past
        Usage by month with ``waited``, from which the share that work can take is measured (:func:`busy_share`); the
        demand's own past if left out.
    given
        Assumption to the value that replaces it.

    Returns
    -------
    Answer
        A row a month of the year: cost (mean, median and 80 % interval; what was spent in months that are over), the
        sum up to it, and ``p_over``, the probability that the budget is used up by its end. Months that are over and
        whose cost is not known are missing, not ``spent``, and not in the sums, which then say what they cover.
        ``more["by part"]`` holds, by part, the year's cost, its share of the spread and of the rise over the last
        months; both add up to one.

    Raises
    ------
    ValueError
        If there is no budget, no price, or the demand does not reach the end of the year.
    """
    given = dict(given or {})
    check_given(basis, given)
    limit = _limit(fleet, year, limit)
    _check_year(demand, year)
    spent = _spent(spent)
    costs = _costs(demand if past is None else replace(demand, past=past), fleet, basis, spent, given)
    ahead = np.asarray(demand.months.year == year)
    before, said = _before(demand, fleet, basis, spent, year)
    running = float(spent.loc[spent["month"] == demand.months[0], "cost"].sum())
    usd_ahead = _at_least(costs.usd, running)[:, ahead]
    months = demand.months[ahead]
    sums = before["cost"].sum() + usd_ahead.sum(axis=2).cumsum(axis=1)
    when = first_full(sums > limit, months)
    parts = _by_part(demand, usd_ahead, recent_costs(demand, fleet, basis, spent))
    hour = usd_ahead.sum() / max(float(costs.hours[:, ahead].sum()), 1e-300)
    notes = tuple(dict.fromkeys((*costs.notes, *said, *demand.notes)))
    return Answer(
        f"cost of {fleet.name} in {year} against {usd(limit)}", _table(before, months, usd_ahead.sum(axis=2), limit),
        assumed_rows(basis.assumptions, costs.assumed, given), notes,
        paths=_paths(before, months, usd_ahead.sum(axis=2), limit),
        says=demand.said(_says(year, limit, sums[:, -1], when, before, parts, hour)),
        more={"by part": parts},
    )  # fmt: skip


def _limit(fleet: Fleet, year: int, asked: float | None) -> float:
    """Return the budget that was asked, else the fleet's own for the year [USD]."""
    limit = fleet.budgets.get(year) if asked is None else asked
    if limit is None or not limit > 0:
        raise InputError(f"no budget for {year}: give one above 0, such as 1.2e6, or write {year} = 1.2e6 in [budget]")
    return check_figure(f"the budget of {year}", limit, "USD/year")


def _check_year(demand: Demand, year: int) -> None:
    last = pd.Timestamp(year, 12, 1, tz="UTC")
    if demand.months[-1] < last:
        raise InputError(
            f"the demand ends in {demand.months[-1]:%Y-%m}, before the end of {year}; forecast through {year}Q4"
        )
    if year < demand.months[0].year:
        raise InputError(f"{year} is over: the first month ahead is {demand.months[0]:%Y-%m}; ask for a later year")


def _spent(spent: pd.DataFrame | None) -> pd.DataFrame:
    if spent is None:
        return pd.DataFrame({"month": pd.DatetimeIndex([], tz="UTC"), "cost": np.zeros(0), "hours": np.zeros(0)})
    return spent


def _costs(demand: Demand, fleet: Fleet, basis: Basis, spent: pd.DataFrame, given: Mapping[str, float]) -> Costs:
    """Return the cost from prices of what is held, else from the bill."""
    unpriced = [each.accelerator for each in fleet.holdings if each.usd_per_hour is None]
    if fleet.holdings and not unpriced:
        return held_costs(demand, fleet, basis, given=given)
    whole = spent[spent["month"] < demand.months[0]]
    if float(whole.loc[whole["hours"] > 0, "cost"].sum()) > 0:
        return bill_costs(demand, spent, basis.beliefs, seed=basis.seed)
    lacks = f"{unpriced[0]} of fleet {fleet.name!r} has no price" if unpriced else f"fleet {fleet.name!r} has no prices"
    raise InputError(f"{lacks} and its store no bill: {_REMEDY}")


def _before(
    demand: Demand, fleet: Fleet, basis: Basis, spent: pd.DataFrame, year: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the months of the year that are over, with their cost where it is known, and a note on the others."""
    months = pd.date_range(pd.Timestamp(year, 1, 1, tz="UTC"), demand.months[0], freq="MS", inclusive="left")
    known = spent.groupby("month")["cost"].sum().reindex(months)
    missing = months[known.isna()]
    said: tuple[str, ...] = ()
    if len(missing):
        span = _span(missing)
        if fleet.holdings and all(each.usd_per_hour is not None for each in fleet.holdings):
            known.loc[missing] = held(fleet, missing, basis).cost
            said = (f"The store has no cost of {span}: what was held then is counted, without rent.",)
        else:
            said = (f"The store has no cost of {span}: it is not in the sums, and the odds are higher than said.",)
    return pd.DataFrame({"month": months, "cost": known.to_numpy(dtype=np.float64)}), said


def _span(months: pd.DatetimeIndex) -> str:
    """Return months as text: from the first to the last where none between them is left out, else each."""
    if 1 < len(months) == len(pd.date_range(months[0], months[-1], freq="MS")):
        return f"{month(months[0])} to {month(months[-1])}"
    return ", ".join(month(each) for each in months)


def _at_least(cost: Array, running: float) -> Array:
    """Let the month under way cost no less than it has so far."""
    first = cost[:, :1]
    total = first.sum(axis=2, keepdims=True)
    factor = np.maximum(running / np.maximum(total, 1e-300), 1.0)
    return np.concatenate([first * factor, cost[:, 1:]], axis=1)


def _table(before: pd.DataFrame, months: pd.DatetimeIndex, cost: Array, limit: float) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    total = 0.0
    for day, known in zip(before["month"], before["cost"], strict=True):
        told = bool(np.isfinite(known))
        total += known if told else 0.0
        flat, whole = np.array([known]), np.array([total if told else np.nan])
        over = float(total > limit) if told or total > limit else np.nan
        rows.append({"month": day, "spent": told, **_cells(flat, whole), "p_over": over})
    sums = total + cost.cumsum(axis=1)
    for place, day in enumerate(months):
        cells = _cells(cost[:, place], sums[:, place])
        over = float((sums[:, place] > limit).mean())
        rows.append({"month": day, "spent": False, **cells, "p_over": over})
    return pd.DataFrame(rows)


def _paths(before: pd.DataFrame, months: pd.DatetimeIndex, cost: Array, limit: float) -> pd.DataFrame:
    """Return what the year has cost by the end of each month, beside the budget."""
    table = _table(before, months, cost, limit)
    fan = {name: table[f"sum_{name}"] for name in SHOWN}
    x = [f"{day:%Y-%m}" for day in table["month"]]
    return pd.DataFrame({"panel": "cost of the year so far", "x": x, "unit": "USD", **fan, "limit": limit})


def _cells(cost: Array, total: Array) -> dict[str, float]:
    return {"usd_mean": float(cost.mean()), **spread("usd", cost), "sum_mean": float(total.mean()),
            **spread("sum", total)}  # fmt: skip


def _by_part(demand: Demand, cost: Array, base: Array) -> pd.DataFrame:
    """Return each part's cost in the months ahead, share of the spread, and share of the rise over the last months."""
    yearly = cost.sum(axis=1)
    total = yearly.sum(axis=1)
    spread_ = yearly - yearly.mean(axis=0)
    variance = float((total - total.mean()) @ (total - total.mean()))
    driven = spread_.T @ (total - total.mean()) / variance if variance > 0 else np.zeros(cost.shape[2])
    monthly = cost.mean(axis=(0, 1))
    rise = monthly - base
    whole = float(rise.sum())
    table = demand.parts.assign(
        usd=yearly.mean(axis=0), share=yearly.mean(axis=0) / max(float(yearly.mean(axis=0).sum()), 1e-300),
        share_of_spread=driven, usd_a_month_before=base, usd_a_month_ahead=monthly, rise=rise,
        share_of_rise=rise / whole if whole else 0.0,
    )  # fmt: skip
    return table.sort_values("usd", ascending=False, kind="stable", ignore_index=True)


def _says(
    year: int, limit: float, total: Array, when: FirstFull, before: pd.DataFrame, parts: pd.DataFrame, hour: float
) -> str:
    over, spent = float((total > limit).mean()), float(before["cost"].sum())
    said = [
        f"{percent(over)} that {year} costs more than {usd(limit)}: {usd(float(np.median(total)))} in the middle, "
        f"{usd(float(np.quantile(total, 0.9)))} or less with 90 %"
        + (f", of which {usd(spent)} is spent" if spent else "")
    ]
    unknown = pd.DatetimeIndex(before.loc[before["cost"].isna(), "month"])
    if len(unknown):
        said.append(f"That is without {_span(unknown)}, of which no cost is known")
    if when.within is not None:
        early, middle, late = when.within
        span = "" if early == late else f" (8 in 10: {month(early)} to {month(late)})"
        said.append(f"If it is used up, in {month(middle)}{span}")
    if len(parts) > 1:
        first = parts.iloc[int(parts["share_of_spread"].argmax())]
        driven = f"{percent(float(first['share_of_spread']))} of its uncertainty"
        said.append(f"{_name(parts, first)} makes {percent(float(first['share']))} of it and {driven}{_rise(parts)}")
    said.append(f"An accelerator-hour served costs {usd(hour)}")
    return ". ".join(said) + "."


def _rise(parts: pd.DataFrame) -> str:
    """Return by how much a month costs more than lately, and which part makes most of it."""
    rise, before = float(parts["rise"].sum()), float(parts["usd_a_month_before"].sum())
    if not rise or not before > 0:
        return ""
    most = parts.iloc[int((parts["rise"] * np.sign(rise)).argmax())]
    moved = "more" if rise > 0 else "less"
    return (
        f"; in the mean a month costs {usd(abs(rise))} {moved} than lately, "
        f"{percent(float(most['share_of_rise']))} of it by {_name(parts, most)}"
    )


def _name(parts: pd.DataFrame, row: pd.Series) -> str:
    return "/".join(str(row[column]) for column in parts.columns[: parts.columns.get_loc("usd")])
