"""Demand of a fleet in months when it was full: served hours are then a lower bound (Tobit)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.capacity.served import tobit
from shiftcast.forecast.economics.basis import Basis, check_given
from shiftcast.forecast.fleet.busy import NAME as BUSY
from shiftcast.forecast.fleet.busy import busy_share
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.holdings import held, sized
from shiftcast.forecast.fleet.words import month, percent, short
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread

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
        Hours wanted, shape (draws, months): those used where the month was not full, at least those where it was.
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
    wanted = found.draws(draws, seed=seed)
    return LatentHistory(months, values, limit, found.capped, wanted, float(np.expm1(found.growth)))


def expected_latent(past: pd.DataFrame, history: LatentHistory) -> pd.DataFrame:
    """Return history with the hours of full months raised to what was wanted on average, every part alike.

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
    factor = pd.Series(history.wanted.mean(axis=0) / history.used, index=history.months)
    raised = factor.reindex(past["month"]).to_numpy()
    return past.assign(hours=past["hours"] * raised, raised=raised)


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
