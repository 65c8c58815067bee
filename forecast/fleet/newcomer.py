"""Answer for a place without history: what it would hold if it came to what programmes like it have said they will.

Dated plans of named places in the record (megawatts, accelerators, money) are turned into parts of their leaf's fleet,
draw by draw, at the ratios of the draw. The newcomer's part is drawn from the predictive Student's t of their logs
(Gelman et al., Bayesian Data Analysis, 3rd ed., section 3.2): the mean is that of the places chosen, the spread that
of all places of the leaf, since a handful of chosen ones does not tell it. It takes part in all that the leaf does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL, DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import stream
from shiftcast.forecast.effects.words import said
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import ASSUMED, Answer, spread
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods, unit_of
from shiftcast.forecast.views.places import place_ahead
from shiftcast.forecast.views.rows import part_of

if TYPE_CHECKING:  # it brings the models
    from shiftcast.forecast.known import Known

SHOWN: Final = ("accelerators", "gpu_hours", "power", "spending")
LEAST: Final = 3  # places whose plans tell a spread
_MEGA: Final = 1000.0  # megawatts in a gigawatt
_PLAN: Final = ("power", "accelerators", "commitment")


@dataclass(frozen=True)
class Newcomer:
    """The question what a place without history would hold.

    Attributes
    ----------
    like
        Places of the record whose plans it resembles, as the column ``region`` names them; all of the leaf if empty.
    leaf
        Kind of operator it would be.
    by
        Last quarter; the last one ahead if left out.
    seed
        Of the newcomer's own draws.
    """

    like: tuple[str, ...] = ()
    leaf: str = "sovereign"
    by: str | None = None
    seed: int = 0


def newcomer(cube: xr.Dataset, known: Known | None, asked: Newcomer) -> Answer:
    """Return what a place without history would hold, quarter by quarter.

    Parameters
    ----------
    cube
        Joint draws.
    known
        The record they were drawn from, with the plans of other places.
    asked
        Places like it, leaf and quarter.

    Returns
    -------
    Answer
        A row a quarter ahead: ``share`` of the leaf's fleet [1], and each measure of :data:`SHOWN` in its unit, with 8
        in 10 intervals. ``more["places"]`` has a row a plan: as stated, and as a part of the leaf's fleet.

    Raises
    ------
    ValueError
        If a place has no plan in the record, or fewer than :data:`LEAST` of the leaf have.
    OutOfSupportError
        If the forecast keeps no record, or does not reach so far.
    """
    if known is None:
        raise OutOfSupportError(
            "newcomer", "this forecast does not keep the record it was drawn from", "`shiftcast run`"
        )
    place, by = place_ahead(cube, asked.by)
    plans = plans_of(known.observations, asked.leaf)
    chosen = _chosen(plans, asked)
    part = Part(**part_of(leaf=asked.leaf))
    levels = {measure: draws_of(cube, measure, part) for measure in (*SHOWN, "accelerators_shipped")}
    each = np.stack([_share(row, cube, levels, place, asked.seed) for row in plans.to_dict("records")], axis=-1)
    shares, cut = drawn_shares(each, plans["region"].to_numpy(), chosen, asked.seed)
    rows = [
        {"quarter": quarter_label(periods(cube)[at]), **spread("share", shares), **_figures(shares, levels, int(at))}
        for at in np.flatnonzero(forecast_periods(cube))
        if at <= place
    ]
    units = {measure: unit_of(cube, measure) for measure in SHOWN} | {"share": "share"}
    question = f"a newcomer like {', '.join(chosen)} in {asked.leaf}, to {by}"
    return Answer(
        question, pd.DataFrame(rows), pd.DataFrame(columns=ASSUMED),
        _notes(plans, chosen, cut), says=_says(rows[-1], chosen, asked.leaf, units), units=_named(units, rows[-1]),
        more={"places": _places(plans, each, chosen)},
    )  # fmt: skip


def plans_of(observations: DataFrame[Observations], leaf: str) -> pd.DataFrame:
    """Return dated plans of named places in a leaf; one that several operators share tells of no single place.

    Parameters
    ----------
    observations
        Observations frame.
    leaf
        Kind of operator.

    Returns
    -------
    DataFrame
        ``region, operator, measure, value, unit, period_start, period_end, known_at, source, evidence``, in the order
        of the record.
    """
    mine = observations[
        (observations["leaf"] == leaf) & (observations["stage"] == "forward") & (observations["region"] != ALL)
        & observations["measure"].isin(_PLAN)
    ]  # fmt: skip
    alone = set(mine["operator"])
    joint = mine["operator"].map(lambda name: len(alone & {name[:at] for at, c in enumerate(name) if c == "_"}) > 0)
    columns = ["region", "operator", "measure", "value", "unit", "period_start", "period_end", "known_at", "source",
               "evidence"]  # fmt: skip
    return mine.loc[~joint, columns].reset_index(drop=True)


def drawn_shares(each: Array, places: Array, chosen: tuple[str, ...], seed: int) -> tuple[Array, float]:
    """Return the newcomer's part of the leaf's fleet, and how much of its draws were cut at the whole.

    Parameters
    ----------
    each
        Part of the leaf's fleet that each plan comes to, shape (draws, plans) [1].
    places
        Place of each plan, shape (plans,).
    chosen
        Places whose mean it takes.
    seed
        Of the newcomer's own draws.

    Returns
    -------
    tuple
        Draws, shape (draws,), in (0, 1], and the share of them that lay above one.

    Examples
    --------
    >>> each = np.exp(np.tile([0.0, -2.0, -4.0], (4000, 1)))
    >>> shares, _ = drawn_shares(each, np.array(["a", "b", "c"]), ("a", "b", "c"), seed=1)
    >>> bool(abs(np.log(np.median(shares)) + 2.0) < 0.1)
    True
    """
    names = list(dict.fromkeys(places.tolist()))
    logs = np.stack([np.log(each[:, places == name]).mean(axis=1) for name in names], axis=-1)
    mean = logs[:, [names.index(name) for name in chosen]].mean(axis=1)
    wide = logs.std(axis=1, ddof=1) * np.sqrt(1.0 + 1.0 / len(chosen))
    shares = np.exp(mean + wide * stream(seed, "newcomer").standard_t(len(names) - 1, size=len(each)))
    return np.minimum(shares, 1.0), float((shares > 1.0).mean())


def _chosen(plans: pd.DataFrame, asked: Newcomer) -> tuple[str, ...]:
    there = list(dict.fromkeys(plans["region"]))
    if len(there) < LEAST:
        raise InputError(
            f"leaf {asked.leaf!r} has dated plans of {len(there)} places in the record, too few to tell a spread; "
            f"{LEAST} are needed: add rows with a region and stage forward to your own record (--record), or ask for "
            "leaf=sovereign"
        )
    for name in asked.like:
        if name not in there:
            raise InputError(
                f"like {name!r} has no plan in the record; there are {', '.join(there)}; add rows with that region to "
                "your own record (--record)"
            )
    return tuple(dict.fromkeys(asked.like)) or tuple(there)


def _share(plan: Mapping[Any, Any], cube: xr.Dataset, levels: Mapping[str, Array], last: int, seed: int) -> Array:
    """Return what part of the leaf's fleet a plan comes to, shape (draws,).

    It counts in the quarter its window ends; where only the day it was said is known, in any quarter from then to the
    last one asked for, drawn evenly.
    """
    ends = pd.DatetimeIndex(periods(cube))
    first = min(int(ends.searchsorted(plan["period_end"])), last)
    draws = np.arange(len(levels["accelerators"]))
    said_only = plan["period_start"] == plan["period_end"]
    random = stream(seed, f"newcomer/{plan['region']}/{plan['measure']}/{plan['known_at']:%Y-%m-%d}")
    at = random.integers(first, last + 1, size=len(draws)) if said_only else np.full(len(draws), first)
    taken = {measure: values[draws, at] for measure, values in levels.items()}
    each = {
        "accelerators": np.ones(len(draws)),
        "power": taken["accelerators"] / taken["power"] * _MEGA,
        "commitment": taken["accelerators_shipped"] / taken["spending"],
    }[plan["measure"]]
    return np.asarray(plan["value"] * each / taken["accelerators"])


def _places(plans: pd.DataFrame, each: Array, chosen: tuple[str, ...]) -> pd.DataFrame:
    rows = [
        {**row, "chosen": row["region"] in chosen, **spread("share", each[:, number])}
        for number, row in enumerate(plans.to_dict("records"))
    ]
    return pd.DataFrame(rows)


def _says(row: Mapping[str, Any], chosen: tuple[str, ...], leaf: str, units: Mapping[str, str]) -> str:
    def told(measure: str) -> str:
        low, middle, high = (row[f"{measure}_{name}"] for name in ("low80", "median", "high80"))
        return f"{said(middle, units[measure])} (8 in 10: {said(low)} to {said(high)})"

    return (
        f"{told('accelerators')} in {row['quarter']} is what a {leaf} programme without history would hold if it came "
        f"to what {', '.join(chosen)} plan to: {percent(row['share_median'])} of the leaf. That is {told('power')} and "
        f"{told('spending')}. None of it rests on figures of its own, so the interval is as wide as those plans lie "
        "apart."
    )


def _notes(plans: pd.DataFrame, chosen: tuple[str, ...], cut: float) -> tuple[str, ...]:
    days, places = int((plans["period_start"] == plans["period_end"]).sum()), plans["region"].nunique()
    weight = f"Its own figures have weight 0, the {len(chosen)} places chosen all of the middle"
    built = "They are plans, said by those who plan, their partners or a tracker; how much of such plans is built"
    notes = (
        f"{weight}; the spread is that of {places} places with {len(plans)} plans.",
        f"{built} is not in the record, so what comes may be less.",
        f"{days} of the plans say no day; they count in a quarter drawn evenly from when they were said to the last.",
        "It shares the leaf's growth, prices and limits; once it has usage of its own, `shiftcast fleet` takes over.",
    )
    return (*notes, f"{percent(cut)} of its draws came to more than the leaf and were cut there.") if cut else notes


def _figures(shares: Array, levels: Mapping[str, Array], at: int) -> dict[str, float]:
    spreads = [spread(measure, shares * levels[measure][:, at]) for measure in SHOWN]
    return {name: figure for each in spreads for name, figure in each.items()}


def _named(units: Mapping[str, str], row: Mapping[str, Any]) -> dict[str, str]:
    return {name: unit for measure, unit in units.items() for name in row if name.startswith(f"{measure}_")}
