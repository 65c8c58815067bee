"""Growth borrowed from the world: a fleet's own path pooled with the world's by the spread of each, month by month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL, AssumptionRows, DataFrame
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import Z90, normals, sample_assumptions
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.parts import scaled_to
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.fleet.world import World

_TINY: Final = 1e-12
_YEAR: Final = pd.Timedelta(days=365.25)
HOURS: Final = 24.0  # of a day
QUARTER: Final = pd.Timedelta(days=92)
_INNER: Final = (0.1, 0.9)


@dataclass(frozen=True)
class Between:
    """Beliefs about the growth of a fleet, and how it differs from that of the world where it belongs.

    Attributes
    ----------
    between
        Deviation of its log growth over a year from the world's [log].
    power
        Growth of that deviation with time, as its power [1].
    own
        Deviation of the log change of a fleet's hours over a year from its trend [log].
    own_years
        Years of a fleet's own history that this counts for [year].
    """

    between: float
    power: float
    own: float
    own_years: float

    def at(self, since: pd.Timestamp, months: pd.DatetimeIndex) -> Array:
        """Return the deviation of log growth by the middle of months, shape (months,).

        Parameters
        ----------
        since
            Moment that growth counts from.
        months
            First days of the months.

        Returns
        -------
        ndarray, shape (months,)
            [log].
        """
        return np.asarray(self.between * _years(since, months) ** self.power)

    def unsure(self, variance: Array, years: float, since: pd.Timestamp, months: pd.DatetimeIndex) -> Array:
        """Return the variance of a fleet's own log path, as far as its history is too short to show it.

        The path is a random walk with drift: the drift, learned from T years, adds t / T to its variance after t.

        Parameters
        ----------
        variance
            Variance of the forecast of its own by month [log^2], shape (months,).
        years
            Length of its history [year].
        since, months
            As :meth:`at` takes them.

        Returns
        -------
        ndarray, shape (months,)
            [log^2].
        """
        ahead = _years(since, months)
        walk = (years * variance + self.own_years * self.own**2 * ahead) / (years + self.own_years)
        return np.asarray(np.maximum(walk * (1 + ahead / years), variance))


def _years(since: pd.Timestamp, months: pd.DatetimeIndex) -> Array:
    """Return the years from a moment to the middle of months, nought before it."""
    return np.asarray(np.maximum(np.asarray((months + pd.Timedelta(days=15) - since) / _YEAR), 0.0))


@dataclass(frozen=True)
class Ahead:
    """Months to forecast, and the draws of it.

    Attributes
    ----------
    months
        First days, midnight UTC, shape (months,).
    since
        Moment that growth counts from.
    draws, seed
        Number of draws, and the seed of the named streams.
    """

    months: pd.DatetimeIndex
    since: pd.Timestamp
    draws: int
    seed: int

    @property
    def days(self) -> Array:
        """Days of each month, shape (months,)."""
        return np.asarray((self.months + pd.DateOffset(months=1) - self.months) / pd.Timedelta(days=1))


def pool_growth(
    demand: Demand, level: Array, world: World, between: Between, *, since: pd.Timestamp, years: float, seed: int
) -> Demand:
    """Return demand whose growth is pooled with the world's, and the weight that took.

    A fleet's own log path and the world's, each with its spread, are two forecasts of one thing: they are weighted by
    the inverse of their variances, and so are their draws, whose spread is then that of the pooled forecast.

    Parameters
    ----------
    demand
        The fleet's own forecast.
    level
        Accelerator-hours a day of each part at ``since``, shape (parts,).
    world
        Draws of the world.
    between
        How far fleets differ from it.
    since
        Moment that growth counts from: the end of usage.
    years
        Length of the fleet's history [year].
    seed
        Seed of the named streams.

    Returns
    -------
    Demand
        ``borrowed`` is the weight of the world in the total; parts take the growth of their workload, each by its own
        weight, and add up to the total.
    """
    ahead = Ahead(demand.months, since, len(demand.hours), seed)
    theirs = float(level.sum()) * _grown(world, ALL, between, ahead)
    total, weight = _pooled(demand.total, theirs, between, years, ahead)
    hours = demand.hours.copy()
    first = demand.parts.columns[0]
    for at, name in enumerate(demand.parts[first].astype(str)):
        if name in world.workloads and level[at] > 0:
            other = level[at] * _grown(world, name, between, ahead)
            hours[:, :, at], _ = _pooled(hours[:, :, at], other, between, years, ahead)
    note = (
        f"growth is borrowed from the world's ({world.place}): {weight[0]:.0%} of it at first, {weight[-1]:.0%} at last"
    )
    notes = (*demand.notes, note, *_beyond(world, since, demand.months))
    return replace(demand, hours=scaled_to(hours, total), borrowed=weight, notes=notes)


def _beyond(world: World, since: pd.Timestamp, months: pd.DatetimeIndex) -> list[str]:
    """Return what the world's forecast does not reach."""
    first, last = world.quarters[0], world.quarters[-1]
    said = []
    if since < first - QUARTER:
        said.append(f"the world is told from {quarter_label(first)}: no growth of it is known before")
    if months[-1] > last:
        said.append(f"the world is forecast to {quarter_label(last)}: its growth is taken to stop there")
    return said


def _grown(world: World, workload: str, between: Between, ahead: Ahead) -> Array:
    """Return hours by month of a fleet of one hour a day that grows as the world, but for what sets fleets apart."""
    growth = world.dealt(world.growth(workload, ahead.since, ahead.months), ahead.draws, ahead.seed)
    apart = normals(ahead.seed, f"fleet.between.{workload}", ahead.draws)[:, None]
    return np.asarray(ahead.days * np.exp(growth + apart * between.at(ahead.since, ahead.months)))


def _pooled(own: Array, theirs: Array, between: Between, years: float, ahead: Ahead) -> tuple[Array, Array]:
    """Return own draws moved towards the world's on the log scale, and the weight of these by month [1].

    Own draws are first made as wide as a history of that length leaves them; hours of nought stay so.
    """
    logs, other = np.log(np.maximum(own, _TINY)), np.log(np.maximum(theirs, _TINY))
    shown, apart = _variance(logs), _variance(other)
    unsure = between.unsure(shown, years, ahead.since, ahead.months)
    middle = np.median(logs, axis=0)
    logs = middle + (logs - middle) * np.sqrt(unsure / np.maximum(shown, _TINY))
    weight = np.asarray(unsure / np.maximum(unsure + apart, _TINY))
    return np.where(own > 0, np.exp((1 - weight) * logs + weight * other), 0.0), weight


def _variance(logs: Array) -> Array:
    """Return the variance by month from the central 80 % of draws [log^2], shape (months,)."""
    low, high = np.quantile(logs, _INNER, axis=0)
    return np.asarray(((high - low) / (2 * Z90)) ** 2)


def demand_of_holdings(
    fleet: Fleet, world: World, ahead: Ahead, *, between: Between, assumptions: DataFrame[AssumptionRows]
) -> Demand:
    """Return demand of a fleet without usage: what it holds, as busy as such fleets are, grown as the world.

    Parameters
    ----------
    fleet
        Its holdings on the day ``ahead.since`` give the level.
    world
        Draws of the world where it belongs.
    ahead
        Months to forecast.
    between
        How far fleets differ from the world.
    assumptions
        Rows ``utilisation.LEAF``, used where the fleet does not say how busy it is.

    Returns
    -------
    Demand
        One part, ``all``, wholly borrowed.

    Raises
    ------
    ValueError
        If it holds nothing on that day, or its leaf is not assumed to be busy by any row.
    """
    day = ahead.since
    held = sum(each.count for each in fleet.holdings if each.since <= day and (each.until is None or each.until > day))
    if held <= 0:
        raise InputError(
            f"fleet {fleet.name!r}: no usage is stored and nothing is held on {day:%Y-%m-%d}; ingest usage, or write "
            "what it holds into fleet.toml"
        )
    busy, told = _busy(fleet, assumptions, ahead)
    hours = (HOURS * held * busy)[:, None] * _grown(world, ALL, between, ahead)
    parts = pd.DataFrame({"workload": [ALL], "technique": [ALL]})
    past = parts.iloc[:0].assign(month=pd.DatetimeIndex([], tz="UTC"), hours=np.zeros(0))
    notes = (
        f"no usage is stored: the level is {held:,.0f} accelerators held on {day:%Y-%m-%d}, {told}",
        f"growth is the world's ({world.place}) throughout",
    )
    return Demand(parts, ahead.months, hours[:, :, None], past, pd.DataFrame(), np.ones(len(ahead.months)), notes)


def _busy(fleet: Fleet, assumptions: DataFrame[AssumptionRows], ahead: Ahead) -> tuple[Array, str]:
    if fleet.busy is not None:
        return np.full(ahead.draws, fleet.busy), f"{fleet.busy:.0%} busy as given"
    name = f"utilisation.{fleet.leaf}"
    row = assumptions[assumptions["name"] == name]
    if row.empty:
        raise InputError(f"fleet {fleet.name!r}: leaf {fleet.leaf!r} has no row {name!r}; say busy, or another leaf")
    busy = sample_assumptions(row, draws=ahead.draws, seed=ahead.seed)[name]
    return busy, f"assumed {float(np.median(busy)):.0%} busy ({name})"
