"""Forecast of a fleet's demand: parts and total in joint draws, by calendar month."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Integers
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.fleet.events import add_events
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.grain import choose_grain, month_weights, months_ahead, periods_ahead
from shiftcast.forecast.fleet.history import Counted, History
from shiftcast.forecast.fleet.parts import draw_parts
from shiftcast.forecast.fleet.wanted import Demand, quantile_rows
from shiftcast.forecast.volume import own_priors

__all__ = ["Demand", "forecast_demand"]

KEPT: Final = 100  # parts that have draws of their own; those of the others are of their sum
OTHER: Final = "other"


def forecast_demand(
    history: History, fleet: Fleet, *, through: pd.Timestamp | str, beliefs: Beliefs, draws: int = 2000, seed: int = 0
) -> Demand:
    """Forecast the hours that a fleet's work wants by calendar month.

    Parameters
    ----------
    history
        Usage of the fleet by part.
    fleet
        What the planner says of it; its events and moves are in the forecast.
    through
        Last day, quarter (``2027Q4``) or month (``2027-12``) to forecast.
    beliefs
        Beliefs of the record.
    draws, seed
        Number of joint draws, and the seed of the named streams.

    Returns
    -------
    Demand
        Months from the one that holds the end of usage; in it, what has been used is known.

    Raises
    ------
    ValueError
        If no period is whole, or the last month is known already.
    """
    grain, why = choose_grain(history)
    months = months_ahead(history, through)
    table = history.tables[grain]
    kept, rest = _largest(table)
    held = _held(table, kept, rest)
    names = [history.names[at] for at in kept] + [OTHER] * bool(len(rest))
    ahead = periods_ahead(table, grain, months)
    drawn = draw_parts(held, grain, names, horizon=len(ahead), priors=own_priors(beliefs), draws=draws, seed=seed)
    weights = month_weights(ahead, grain, months, history.until)
    hours = np.einsum("dpk,pm->dmk", drawn.hours, weights)
    hours[:, 0] += _summed(history.running, kept, rest)
    parts = _labels(history, kept, rest)
    made = Demand(
        parts, months, hours, _past(history, kept, rest), pd.DataFrame(), np.zeros(len(months)),
        (why, *history.notes, *drawn.notes), history.until,
    )  # fmt: skip
    made = add_events(made, fleet.events, seed=seed)
    return replace(made, quantiles=quantile_rows(made))


def _largest(table: Counted) -> tuple[Integers, Integers]:
    """Return the parts with most hours lately, in their order, and the others."""
    number = table.hours.shape[1]
    if number <= KEPT + 1:
        return np.arange(number), np.arange(0)
    recent = table.hours[-max(len(table.starts) // 4, 1) :].sum(axis=0)
    order = np.argsort(-recent, kind="stable")
    return np.sort(order[:KEPT]), np.sort(order[KEPT:])


def _summed(values: Array, kept: Integers, rest: Integers) -> Array:
    """Return values of the parts kept and the sum of the others, over the last axis."""
    mine = values[..., kept]
    return np.concatenate([mine, values[..., rest].sum(axis=-1, keepdims=True)], axis=-1) if len(rest) else mine


def _held(table: Counted, kept: Integers, rest: Integers) -> Counted:
    hours = _summed(table.hours, kept, rest)
    return Counted(table.starts, hours, _summed(table.lower.astype(float), kept, rest) > 0)


def _labels(history: History, kept: Integers, rest: Integers) -> pd.DataFrame:
    mine = history.parts.iloc[kept]
    other = pd.DataFrame([dict.fromkeys(history.by, OTHER)])
    return pd.concat([mine, other] if len(rest) else [mine], ignore_index=True)


def _past(history: History, kept: Integers, rest: Integers) -> pd.DataFrame:
    """Return the hours of whole months by part; of weeks, as their days fall."""
    if "month" in history.tables:
        starts, hours = history.tables["month"].starts, history.tables["month"].hours
    else:
        table = history.tables["week"]
        begin = table.starts[0]
        every = pd.date_range(begin.replace(day=1), history.until, freq="MS").as_unit("us")
        whole = (every >= begin) & (every + pd.DateOffset(months=1) <= history.until)
        starts = every[whole]
        hours = month_weights(table.starts, "week", every, begin).T[whole] @ table.hours
    labels = _labels(history, kept, rest)
    rows = labels.loc[np.tile(np.arange(len(labels)), len(starts))].reset_index(drop=True)
    rows.insert(0, "month", np.repeat(starts, len(labels)))
    return rows.assign(hours=_summed(hours, kept, rest).ravel())
