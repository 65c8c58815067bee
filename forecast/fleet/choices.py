"""Answer to what to do about a fleet that gets full: options with their cost and regret over scenarios of demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis, check_given
from shiftcast.forecast.fleet.additions import offer_work
from shiftcast.forecast.fleet.busy import NAME as BUSY
from shiftcast.forecast.fleet.busy import busy_share
from shiftcast.forecast.fleet.costs import LOAD
from shiftcast.forecast.fleet.cut import after_cut, cuts
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.full import months_through, reckoned_from
from shiftcast.forecast.fleet.holdings import Held, held, sized
from shiftcast.forecast.fleet.options import Option, Setting, options, ways
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.fleet.words import usd
from shiftcast.forecast.views.answer import Answer, assumed_rows

THIRDS: Final = ("low", "mid", "high")
_READING: Final = (
    "Costs are of what is added, ordered today, up to the last month, and of hours not served; what is held costs the "
    "same in all but where it is given back. A purchase is written off in equal parts; what it is worth after the last "
    "month is not lost."
)


def choices(
    demand: Demand | Mapping[str, Demand], fleet: Fleet, basis: Basis, *, through: str | pd.Timestamp | None = None,
    unserved: float | None = None, caps: Mapping[str, float] | None = None, past: pd.DataFrame | None = None,
    given: Mapping[str, float] | None = None,
) -> Answer:  # fmt: skip
    """Return the ways to meet demand with their cost, and the one of least regret over scenarios.

    Parameters
    ----------
    demand
        Hours wanted; its draws in thirds by their sum are the scenarios low, mid and high. Or several by name, of
        the same months, parts and number of draws, each a scenario of equal weight.
    fleet, basis
        Facts with offers, and catalogue and assumptions of the day asked, on which orders are placed.
    through
        Last quarter or day looked at; all months if left out.
    unserved
        What an hour that is not served counts [USD per hour of the present mix]; that of the dearest rent if left out.
    caps
        Technique to the highest share of its workload's hours; techniques that rise are kept to their share of the
        first month if left out.
    past
        Usage by month with ``waited``, from which the share that work can take is measured (:func:`busy_share`); the
        demand's own past if left out.
    given
        Assumption to the value that replaces it.

    Returns
    -------
    Answer
        A row an option, the least regret first: nodes, expected cost and its 90 %, what is added and the share of the
        excess that is not served, and regret by scenario: its expected cost over that of the best option there.
        ``more["by scenario"]`` has the costs; ``more["cuts"]`` what keeping a technique back would save.

    Raises
    ------
    ValueError
        If there is no offer, no value of an hour that is not served, or demands differ in months.
    """
    given = dict(given or {})
    check_given(basis, given)
    whole, scenario = _scenarios(demand, through)
    basis = sized(basis, len(scenario))
    today, replayed = reckoned_from(whole, whole.months, basis)
    have = held(fleet, whole.months, basis)
    busy = busy_share(fleet, basis, draws=len(scenario), past=whole.past if past is None else past, given=given)
    hour, said = _unserved(fleet, basis, have, unserved)
    setting = Setting(fleet, basis, have, whole.months, today, whole.total, busy.share, hour, given)
    found, idle = _distinct(options(setting))
    names = [*dict.fromkeys(scenario if set(scenario) != set(THIRDS) else THIRDS)]
    costs = np.array([[each.usd[scenario == name].mean() for name in names] for each in found])
    table = _table(setting, found, costs, names)
    spared, cut_names, cut_notes = _cuts(setting, whole, found[int(table["place"].iloc[0])], caps)
    used = (*[BUSY] * (busy.source == "assumed"), *[LOAD] * bool(fleet.usd_per_kwh), *cut_names)
    notes = (*replayed, said, _READING, busy.says, *idle, *have.notes, *cut_notes, *whole.notes)
    return Answer(
        f"what to do about {fleet.name} through {whole.months[-1]:%Y-%m}", table.drop(columns="place"),
        assumed_rows(basis.assumptions, used, given), tuple(dict.fromkeys(notes)), says=_says(table, names),
        more={"by scenario": _by_scenario(found, costs, names), "cuts": spared},
    )  # fmt: skip


def _scenarios(demand: Demand | Mapping[str, Demand], through: str | pd.Timestamp | None) -> tuple[Demand, Array]:
    """Return all draws as one demand up to a month, and the scenario of each draw."""
    named = {"": demand} if isinstance(demand, Demand) else dict(demand)
    first = next(iter(named.values()))
    for name, each in named.items():
        alike = each.months.equals(first.months) and each.parts.equals(first.parts)
        if not alike or each.hours.shape != first.hours.shape:
            raise InputError(f"scenario {name!r} has other months, parts or draws than the first; forecast them alike")
    last = months_through(first, through)
    hours = np.concatenate([each.hours[:, :last] for each in named.values()])
    whole = replace(first, months=first.months[:last], hours=hours, borrowed=first.borrowed[:last])
    if len(named) > 1:
        return whole, np.repeat(list(named), [len(each.hours) for each in named.values()])
    ranks = whole.total.sum(axis=1).argsort(kind="stable").argsort(kind="stable")
    return whole, np.array(THIRDS)[ranks * len(THIRDS) // len(ranks)]


def _unserved(fleet: Fleet, basis: Basis, have: Held, unserved: float | None) -> tuple[float, str]:
    """Return what an hour that is not served counts, and a note."""
    if not fleet.offers:
        raise InputError(
            f"fleet {fleet.name!r} has no offers to choose among; add an [[offer]] with name, accelerator, terms, usd, "
            "lead_weeks and months to fleet.toml"
        )
    if unserved is not None:
        if not unserved > 0:
            raise InputError(f"unserved {unserved:g} is not above 0; give the value of an hour not served, such as 4.0")
        return unserved, f"An hour that is not served counts {usd(unserved)}, as you say."
    rents = {each.name: each.usd / offer_work(basis, have, each)[0] for each in fleet.offers if each.terms == "rent"}
    if not rents:
        raise InputError(
            "no [[offer]] of rent says what an hour is worth; give --unserved, the value of an hour not served [USD]"
        )
    dearest = max(rents, key=lambda name: rents[name])
    return rents[dearest], f"An hour that is not served counts {usd(rents[dearest])}, what {dearest} asks: assumed."


def _distinct(found: tuple[Option, ...]) -> tuple[tuple[Option, ...], tuple[str, ...]]:
    """Return the options less those that add no node and give nothing back, and a note on these."""
    idle = [each for each in found if each.node and not each.nodes and not each.back]
    notes = tuple(f"{_upper(each.name)}: no node of it pays." for each in idle)
    return tuple(each for each in found if not any(each is one for one in idle)), notes


def _table(setting: Setting, found: tuple[Option, ...], costs: Array, names: list[str]) -> pd.DataFrame:
    """Return a row an option, the least of the largest regrets first; of equals the one that leaves least unserved."""
    regret = costs - costs.min(axis=0)
    wanted = max(float(setting.wanted.sum(axis=1).mean()), 1e-300)
    rows = [
        {"option": each.name, "nodes": each.nodes, "node": each.node, "accelerator": each.accelerator,
         "since": pd.NaT if each.since is None else each.since, "usd": float(each.usd.mean()),
         "usd_high80": float(np.quantile(each.usd, 0.9)), "usd_added": float(each.added.mean()),
         "unserved_share": float(each.lost.mean()) / wanted,
         **{f"regret_{name}": float(regret[place, column]) for column, name in enumerate(names)},
         "regret": float(regret[place].max()), "place": place}
        for place, each in enumerate(found)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    order = table.assign(cents=table["regret"].round(2)).sort_values(["cents", "unserved_share"], kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _by_scenario(found: tuple[Option, ...], costs: Array, names: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(costs, columns=[f"usd_{name}" for name in names])
    table.insert(0, "option", [each.name for each in found])
    return table


def _cuts(
    setting: Setting, demand: Demand, best: Option, caps: Mapping[str, float] | None
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[str, ...]]:
    """Return what each cut saves of the best option's cost at its best number of nodes, what is assumed, and notes."""
    columns = ["cut", "hours_spared", "usd_saved", "usd_saved_low80", "usd_saved_high80"]
    rows, names, notes = [], [], []
    for cut in cuts(demand, setting.fleet, setting.basis, caps):
        after = after_cut(demand, cut)
        saved = best.usd - ways(replace(setting, wanted=after))[best.name]().usd
        low, high = np.quantile(saved, [0.1, 0.9])
        spared = float((setting.wanted - after).sum(axis=1).mean())
        rows.append(dict(zip(columns, (cut.name, spared, float(saved.mean()), float(low), float(high)), strict=True)))
        names.extend([cut.assumed] if cut.assumed else [])
        notes.append(cut.source)
    worth = ("What a technique that is kept back would have been worth is not counted: a cut pays if that is less.",)
    return pd.DataFrame(rows, columns=columns), tuple(names), (*notes, *(worth if rows else ()))


def _says(table: pd.DataFrame, names: list[str]) -> str:
    best, nothing = table.iloc[0], table[table["option"] == "do nothing"].iloc[0]
    dated = (
        "" if pd.isna(best["since"]) else f" ({best['nodes']} nodes of {best['node']}, in use {best['since']:%Y-%m-%d})"
    )
    over = f"at most {usd(best['regret'])} over the best option in any of {', '.join(names)}"
    expected = f"{usd(best['usd'])} expected" if best["usd"] >= 0 else f"{usd(-best['usd'])} saved, as expected"
    said = [f"{_upper(best['option'])}{dated}: {expected}, and {over}"]
    if best["option"] != "do nothing":
        said.append(f"Doing nothing costs {usd(nothing['usd'])}, and up to {usd(nothing['regret'])} over the best")
    cheapest = table.loc[table["usd"].idxmin()]
    if cheapest["usd"] < best["usd"] - 0.005:
        said.append(f"Least expected cost: {cheapest['option']}, {usd(cheapest['usd'])}")
    second = table.iloc[1] if len(table) > 1 else None
    if second is not None:
        said.append(f"Next best: {second['option']}, {usd(second['regret'])} at most over the best")
    return ". ".join(said) + "."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
