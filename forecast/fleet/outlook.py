"""Tell a fleet's demand by quarter: hours, accelerators, power and money, in all and by part, with 80 % intervals."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Integers
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.bill import bill_costs
from shiftcast.forecast.fleet.busy import NAME as BUSY
from shiftcast.forecast.fleet.busy import Busy, busy_share
from shiftcast.forecast.fleet.costs import Costs, held_costs
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.hardware import it_power
from shiftcast.forecast.fleet.holdings import month_hours, pue_of, sized
from shiftcast.forecast.fleet.pictures import hours_paths
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.fleet.words import short, usd
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread

EVERY: Final = ("quarter", "month")
_LAST: Final = 3  # months that the first sentence compares with
_PANELS: Final = 4  # parts that a picture shows beside the total
_MEGA: Final = 1e6


def outlook(
    demand: Demand, fleet: Fleet, basis: Basis, *, mix: pd.DataFrame, spent: pd.DataFrame | None = None,
    past: pd.DataFrame | None = None, every: str = "quarter",
) -> Answer:  # fmt: skip
    """Return what a fleet will want by period, in all and by part.

    Parameters
    ----------
    demand, fleet, basis
        Hours wanted in draws, facts of the fleet, and catalogue and assumptions of the day asked.
    mix
        ``accelerator, hours``: types in use and their hours, of which power is a mean.
    spent
        Cost so far, as :func:`forecast.fleet.budget.budget` takes it; it prices hours where holdings have no prices.
    past
        Usage by month with ``waited``, as :func:`forecast.fleet.busy.busy_share` takes it.
    every
        ``quarter`` or ``month``.

    Returns
    -------
    Answer
        A row a period and part, the total first: ``gpu_hours`` [accelerator_hour], ``gpus``, accelerators of the
        present mix that have them at the share that work can take [accelerator], ``mw`` at the meter [MW_facility] and
        ``usd`` [USD], each ``_median, _low80, _high80``; and ``borrowed``, the weight of the world's growth [1].

    Raises
    ------
    ValueError
        If the periods are not known.
    """
    if every not in EVERY:
        raise InputError(f"every {every!r} is not one of {', '.join(EVERY)}")
    names, at = _periods(demand.months, every)
    basis = sized(basis, len(demand.hours))
    busy = _busy(fleet, basis, demand, past)
    costs, unpriced = _costs(demand, fleet, basis, spent)
    watts, power_notes = _watts(fleet, basis, mix)
    hours = np.bincount(at, month_hours(demand.months))
    rows = []
    for labels, parts in _groups(demand):
        wanted = _summed(demand.hours, parts, at)
        money = None if costs is None else _summed(costs.usd, parts, at)
        gpus = wanted / hours / busy.share[:, None]
        whole = len(parts) == len(demand.parts)
        for period, name in enumerate(names):
            cells = spread("gpu_hours", wanted[:, period]) | spread("gpus", gpus[:, period])
            cells |= spread("mw", gpus[:, period] * watts / _MEGA)
            cells |= {} if money is None else spread("usd", money[:, period])
            borrowed = float(demand.borrowed[at == period].mean()) if whole else np.nan
            rows.append({"period": name, **labels, **cells, "borrowed": borrowed})
    table = pd.DataFrame(rows).dropna(axis=1, how="all")
    assumed = (*(() if fleet.pue is not None else ("power.pue",)), *((BUSY,) if busy.source == "assumed" else ()),
               *(() if costs is None else costs.assumed))  # fmt: skip
    notes = (busy.says, *power_notes, *unpriced, *(() if costs is None else costs.notes), *demand.notes)
    return Answer(
        f"what {fleet.name} will want through {names[-1]}", table,
        assumed_rows(basis.assumptions, tuple(dict.fromkeys(assumed)), {}), tuple(dict.fromkeys(notes)), _paths(demand),
        demand.said(_says(demand, fleet, table[: len(names)])),
    )  # fmt: skip


def cost_of(demand: Demand, fleet: Fleet, basis: Basis, spent: pd.DataFrame | None) -> Costs:
    """Return cost by month and part, from prices of what is held, else from the bill.

    Parameters
    ----------
    demand, fleet, basis, spent
        As :func:`outlook` takes them.

    Returns
    -------
    Costs

    Raises
    ------
    ValueError
        If there is neither.
    """
    unpriced = [each.accelerator for each in fleet.holdings if each.usd_per_hour is None]
    if fleet.holdings and not unpriced:
        return held_costs(demand, fleet, basis, given={})
    whole = None if spent is None else spent[spent["month"] < demand.months[0]]
    if whole is None or not float(whole.loc[whole["hours"] > 0, "cost"].sum()) > 0:
        raise InputError(
            f"no dollars are told: {unpriced[0] if unpriced else 'the fleet'} has no price; say usd_per_hour of every "
            "[[holding]] in fleet.toml, or ingest the bill"
        )
    return bill_costs(demand, whole, basis.beliefs, seed=basis.seed)


def _costs(
    demand: Demand, fleet: Fleet, basis: Basis, spent: pd.DataFrame | None
) -> tuple[Costs | None, tuple[str, ...]]:
    try:
        return cost_of(demand, fleet, basis, spent), ()
    except InputError as error:
        return None, (str(error),)


def _busy(fleet: Fleet, basis: Basis, demand: Demand, past: pd.DataFrame | None) -> Busy:
    known = past if fleet.holdings else None  # the share of what is held needs to know what is
    return busy_share(fleet, basis, draws=len(demand.hours), past=known)


def _watts(fleet: Fleet, basis: Basis, mix: pd.DataFrame) -> tuple[float, tuple[str, ...]]:
    """Return watts at the meter of a mean accelerator of a mix, missing where no type has a figure, and notes."""
    told = {each.accelerator: each.it_kw for each in fleet.holdings if each.it_kw is not None}
    found = [it_power(basis, str(name), told.get(str(name))) for name in mix["accelerator"]]
    watts, hours = np.array([each.value for each in found]), mix["hours"].to_numpy(dtype=np.float64)
    known = np.isfinite(watts) & (hours > 0)
    pue, said = pue_of(fleet, basis)
    mean = float(np.average(watts[known], weights=hours[known])) if known.any() else np.nan
    return mean * pue, (*(each.source for each in found if each.source), *said)


def _periods(months: pd.DatetimeIndex, every: str) -> tuple[list[str], Integers]:
    """Return names of periods, one that is there in part with its months, and the number of each month's."""
    if every == "month":
        return [f"{each:%Y-%m}" for each in months], np.arange(len(months))
    quarters = [f"{each.year}Q{each.quarter}" for each in months]
    names, at = list(dict.fromkeys(quarters)), pd.factorize(pd.Index(quarters))[0]
    ends = [
        f" (from {months[0]:%Y-%m})" * (months[0].month % 3 != 1),
        f" (to {months[-1]:%Y-%m})" * (months[-1].month % 3 != 0),
    ]
    names[0] += ends[0]
    names[-1] += ends[1]
    return names, np.asarray(at, dtype=np.int64)


def _groups(demand: Demand) -> list[tuple[dict[str, str], Integers]]:
    """Return labels and parts of the total, then of each label alone and with those behind it, the largest first.

    Of groups with the same parts only the one with most labels is among them, beside the total.
    """
    columns = list(demand.parts.columns)
    size = demand.hours.mean(axis=(0, 1))
    found: dict[bytes, tuple[dict[str, str], Integers]] = {}
    for last in range(1, len(columns) + 1):
        keys = demand.parts[columns[:last]].astype(str).reset_index(drop=True)
        for key, parts in keys.groupby(columns[:last], sort=True).indices.items():
            named = zip(columns, key if isinstance(key, tuple) else (key,), strict=False)
            found[parts.tobytes()] = (dict.fromkeys(columns, ALL) | dict(named), parts)
    whole = np.arange(len(demand.parts))
    if len(whole) > 1:
        found.pop(whole.tobytes(), None)
    ordered = sorted(found.values(), key=lambda each: (_depth(each[0]), -size[each[1]].sum(), each[1][0]))
    return [(dict.fromkeys(columns, ALL), whole), *ordered]


def _depth(labels: dict[str, str]) -> int:
    """Return how many labels a group has."""
    return sum(value != ALL for value in labels.values())


def _summed(values: Array, parts: Integers, at: Integers) -> Array:
    """Return sums over parts and the months of each period, shape (draws, periods)."""
    months = values[:, :, parts].sum(axis=2)
    return np.stack([months[:, at == period].sum(axis=1) for period in range(at.max() + 1)], axis=1)


def _says(demand: Demand, fleet: Fleet, total: pd.DataFrame) -> str:
    """Return the last period of the total in words, beside what was used lately."""
    last = total.iloc[-1]
    money = f", {usd(last['usd_median'])}" if "usd_median" in last else ""
    power = f", {short(last['mw_median'])} MW" if "mw_median" in last else ""
    says = (
        f"{fleet.name} will want {short(last['gpu_hours_median'])} GPU-hours in {last['period']} (8 in 10: "
        f"{short(last['gpu_hours_low80'])} to {short(last['gpu_hours_high80'])}): {short(last['gpus_median'])} "
        f"accelerators{power}{money}."
    )
    if not len(demand.past):
        return says
    known: pd.Series = demand.past.groupby("month", sort=True)["hours"].sum()[-_LAST:]
    then = float(known.mean())
    now = float(np.median(demand.total[:, -_LAST:].mean(axis=1)))
    change = (
        f" A month then takes {now / then:.2g} times what one took from {known.index[0]:%Y-%m} to "
        f"{known.index[-1]:%Y-%m}."
        if then
        else ""
    )
    return says + change


def _paths(demand: Demand) -> pd.DataFrame:
    """Return the fan of the total and of the largest workloads or owners, month by month."""
    first = str(demand.parts.columns[0])
    groups = [(labels, parts) for labels, parts in _groups(demand)
              if all(value == ALL for name, value in labels.items() if name != first)]  # fmt: skip
    return pd.concat([
        hours_paths(demand, ALL, demand.total) if len(parts) == len(demand.parts)
        else hours_paths(demand, labels[first], demand.hours[:, :, parts].sum(axis=2), **{first: labels[first]})
        for labels, parts in groups[: 1 + _PANELS]
    ], ignore_index=True)  # fmt: skip
