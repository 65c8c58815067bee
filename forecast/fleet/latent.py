"""Demand of a fleet in months when it was full: served hours are then a lower bound (Tobit)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.capacity.served import FEWEST, Latent, tobit
from shiftcast.forecast.draws import stream
from shiftcast.forecast.economics.basis import Basis, check_given
from shiftcast.forecast.fleet.busy import NAME as BUSY
from shiftcast.forecast.fleet.busy import busy_share, used_by_month
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.history import History
from shiftcast.forecast.fleet.holdings import held, sized
from shiftcast.forecast.fleet.words import month, short
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread

_STEPS: Final = 100  # of each chain; further ones move no quantile
TOLERANCE: Final = 0.02  # distance from what can be served, over it, that counts as full [1]


@dataclass(frozen=True)
class LatentHistory:
    """Hours wanted in months that are over.

    Attributes
    ----------
    months
        First day of each month, shape (months,).
    used, can
        Hours used, and hours that could be served, shape (months,).
    full
        Whether the month was full, shape (months,).
    wanted
        Hours wanted, shape (draws, months): those used where the month was not full, at least those where it was. Far
        tails are heavy where few months were not full: take quantiles, not means.
    growth
        Growth of what was wanted [1/month].
    """

    months: pd.DatetimeIndex
    used: Array
    can: Array
    full: NDArray[np.bool_]
    wanted: Array
    growth: float


def latent_history(past: pd.DataFrame, can: Array, *, draws: int, seed: int) -> LatentHistory:
    """Return what was wanted in every month of a fleet's history.

    A month is full where what was used lies within 2 % of what could be served. What was wanted then is drawn from the
    trend and spread of all months, above what was used (:func:`forecast.capacity.served.tobit`).

    Parameters
    ----------
    past
        ``month`` (first day, midnight UTC) and ``hours`` used, any number of rows a month; and ``waited``, whether work
        was queued or refused in it, if known: a month in which none did was not full.
    can
        Hours that could be served in each month, in order, shape (months,); a month that used more could serve that.
    draws, seed
        Number of draws and seed of the stream ``latent``.

    Returns
    -------
    LatentHistory

    Raises
    ------
    ValueError
        If fewer than three months were not full, or a month has no hours.

    References
    ----------
    Chib (1992), Bayes inference in the Tobit censored regression model, Journal of Econometrics 51.
    """
    used = past.groupby("month", sort=True)["hours"].sum()
    months, values = pd.DatetimeIndex(used.index), used.to_numpy(dtype=np.float64)
    if len(can) != len(values):
        raise InputError(
            f"{len(values)} months were used and {len(can)} could be served; give both for the same months"
        )
    if not (values > 0).all():
        first = months[int(np.argmin(values > 0))]
        raise InputError(f"no hours were used in {month(first)}; give history from the first month with hours")
    limit = np.maximum(can, values)
    waited = past.assign(waited=past.get("waited", True)).groupby("month", sort=True)["waited"].any().to_numpy()
    found = tobit(values, np.where(waited, limit, np.inf), tolerance=TOLERANCE)
    wanted = _wanted(found, draws, seed) if found.capped.any() else np.tile(values, (draws, 1))
    return LatentHistory(months, values, limit, found.capped, wanted, float(np.expm1(found.growth)))


def _wanted(found: Latent, draws: int, seed: int) -> Array:
    """Return draws of what was wanted, the trend and its spread as unsure as so few months leave them (Chib 1992).

    As many chains as draws go from the fitted trend through the same number of steps: what full months wanted, then
    the trend, then its spread.
    """
    random, count = stream(seed, "latent"), len(found.observed)
    logs = np.log(found.observed)
    terms = np.stack([np.ones(count), np.arange(count)], axis=1)
    spread = np.linalg.inv(terms.T @ terms)
    trend, sd = np.tile([found.level, found.growth], (draws, 1)), np.full((draws, 1), found.sd)
    wanted = np.tile(logs, (draws, 1))
    for _ in range(_STEPS):
        mean = trend @ terms.T
        tail = log_ndtr((mean - logs) / sd) + np.log1p(-random.random((draws, count)))
        wanted = np.where(found.capped, np.maximum(mean - sd * ndtri_exp(tail), logs), logs)
        trend = wanted @ terms @ spread + sd * random.standard_normal((draws, 2)) @ np.linalg.cholesky(spread).T
        missed = ((wanted - trend @ terms.T) ** 2).sum(axis=1, keepdims=True)
        sd = np.sqrt(missed / random.chisquare(count, size=(draws, 1)))
    return np.asarray(np.where(found.capped, np.exp(wanted), found.observed))


def expected_latent(past: pd.DataFrame, history: LatentHistory) -> pd.DataFrame:
    """Return history with the hours of full months raised to the median of what was wanted, every part alike.

    Parameters
    ----------
    past
        ``month, hours`` and any labels of parts.
    history
        What was wanted (:func:`latent_history` of the same rows).

    Returns
    -------
    DataFrame
        The rows with ``hours`` raised and ``raised`` [1], the factor; one in months that were not full.

    Examples
    --------
    >>> months = pd.date_range("2026-01-01", periods=5, freq="MS", tz="UTC")
    >>> past = pd.DataFrame({"month": months, "hours": [1.0, 2.0, 4.0, 8.0, 10.0]})
    >>> history = latent_history(past, np.full(5, 10.0), draws=500, seed=1)
    >>> expected_latent(past, history)["raised"].round(1).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.6]
    """
    factor = pd.Series(np.median(history.wanted, axis=0) / history.used, index=history.months)
    raised = factor.reindex(past["month"]).to_numpy()
    return past.assign(hours=past["hours"] * raised, raised=raised)


def lifted(history: History, fleet: Fleet, basis: Basis) -> History:
    """Return history in which full months, and the days and weeks that begin in them, hold what was wanted.

    So that a forecast grows from what was wanted and not from what a full fleet could serve. Every part is raised
    alike, by the median. History stays as it is where nothing is held or full, where fewer than three months were not
    full, or where the share of held hours that work can take is but assumed: then no month is known to have been full.

    Parameters
    ----------
    history
        Usage of the fleet by part.
    fleet, basis
        Facts, and catalogue and assumptions.

    Returns
    -------
    History
        With a note on the months that were raised.
    """
    past = used_by_month(history)
    if not fleet.holdings or past.empty or not (past["hours"] > 0).all():
        return history
    busy = busy_share(fleet, basis, draws=basis.draws, past=past)
    can = float(np.median(busy.share)) * held(fleet, pd.DatetimeIndex(past["month"]), basis).hours.sum(axis=1)
    full = past["waited"] & (past["hours"] >= (1 - TOLERANCE) * can)
    if busy.source == "assumed" or not full.any() or (~full).sum() < FEWEST:
        return history
    found = latent_history(past, can, draws=basis.draws, seed=basis.seed)
    factor = pd.Series(np.median(found.wanted, axis=0) / found.used, index=found.months)
    tables = {
        grain: replace(table, hours=table.hours * _factors(factor, table.starts))
        for grain, table in history.tables.items()
    }
    months = ", ".join(month(day) for day in found.months[found.full])
    most = percent(float(factor.max()) - 1)
    note = f"full in {months}: what was wanted stands in for what was used there, up to {most} more"
    return replace(history, tables=tables, notes=(*history.notes, note))


def _factors(factor: pd.Series, starts: pd.DatetimeIndex) -> Array:
    """Return the factor of the month that each period begins in, shape (periods, 1)."""
    first = starts.normalize() - pd.to_timedelta(starts.day - 1, unit="D")
    return np.asarray(factor.reindex(first).fillna(1.0), dtype=np.float64)[:, None]


def latent(
    past: pd.DataFrame, fleet: Fleet, basis: Basis, *, draws: int, given: Mapping[str, float] | None = None
) -> Answer:  # fmt: skip
    """Return which months were full and what was wanted in them.

    Parameters
    ----------
    past
        ``month`` (first day, midnight UTC), ``hours`` used, any number of rows a month, and ``waited``, whether work
        was queued or refused in it, if known.
    fleet, basis
        Facts, of which holdings and the share that work can take are read, and catalogue and assumptions.
    draws
        Number of draws.
    given
        Assumption to the value that replaces it.

    Returns
    -------
    Answer
        A row a month: hours used, hours that could be served, whether it was full, and hours wanted.

    Raises
    ------
    ValueError
        If the fleet holds nothing, or fewer than three months were not full.
    """
    given = dict(given or {})
    check_given(basis, given)
    basis = sized(basis, draws)
    months = pd.DatetimeIndex(sorted(past["month"].unique()))
    have = held(fleet, months, basis)
    busy = busy_share(fleet, basis, draws=draws, past=past, given=given)
    can = float(np.median(busy.share)) * have.hours.sum(axis=1)
    history = latent_history(past, can, draws=draws, seed=basis.seed)
    rows = [
        {"month": day, "used": history.used[place], "could_serve": history.can[place],
         "full": bool(history.full[place]), **spread("wanted", history.wanted[:, place])}
        for place, day in enumerate(months)
    ]  # fmt: skip
    used = (BUSY,) if busy.source == "assumed" else ()
    notes = (busy.says, _READING, *have.notes)
    return Answer(
        f"what {fleet.name} wanted in {month(months[0])} to {month(months[-1])}", pd.DataFrame(rows),
        assumed_rows(basis.assumptions, used, given), notes, says=_says(history),
    )  # fmt: skip


_READING: Final = (
    "In a full month what was used is a lower bound; what was wanted is drawn from the trend and spread of all months "
    "above it (Tobit). A season is not told apart from the spread."
)


def _says(history: LatentHistory) -> str:
    count, whole = int(history.full.sum()), len(history.full)
    span = f"{month(history.months[0])} to {month(history.months[-1])}"
    if not count:
        return f"None of {whole} months was full ({span}): what was used is what was wanted."
    above = (history.wanted - history.used)[:, history.full].sum(axis=1)
    low, middle, high = (short(float(value)) for value in np.quantile(above, [0.1, 0.5, 0.9]))
    share = percent(float(np.median(above)) / float(history.used[history.full].sum()))
    moved = f"{'grew' if history.growth >= 0 else 'fell'} {percent(abs(history.growth))} a month"
    return (
        f"{count} of {whole} months were full ({span}; last {month(history.months[history.full][-1])}): {middle} hours "
        f"more were wanted in them than served, {share} (8 in 10: {low} to {high}). What was wanted {moved}."
    )
