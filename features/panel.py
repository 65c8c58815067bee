"""Arrange volume histories as dense arrays: the series of one frequency side by side, right-aligned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array, Flags, Integers, Names
from shiftcast.features.frequency import seasons, spacing
from shiftcast.features.input_error import InputError
from shiftcast.features.open_periods import whole_volumes
from shiftcast.features.partial import fallen
from shiftcast.features.period_calendars import moved
from shiftcast.features.reading import Reading
from shiftcast.features.slots import place, rhythms
from shiftcast.features.volumes import Treatments, check_volume_rows, counted


@dataclass(frozen=True)
class Panel:
    """Series of one frequency, right-aligned: the last column is each series' own last period.

    Attributes
    ----------
    series, group
        Names, shape (series,), sorted by group and series.
    values
        Volume [unit of each series], shape (series, time); NaN before a series starts and in gaps.
    last
        Period end of the last column [UTC, no zone], datetime64[us], shape (series,).
    frequency
        Step from one period to the next by its canonical name: ``15min, h, B, D, W, ME, QE, YE``, ... It says
        nothing of where periods are anchored; that is in ``last`` and ``calendar``.
    lower
        Whether the value is a lower bound of latent demand, shape (series, time).
    drivers
        By name, shape (series, time + horizon) [unit of the driver]; NaN where unknown.
    known
        Names of the drivers that are known ahead: those whose file had rows beyond the last value.
    calendar
        Name of the calendar of each series (:mod:`features.period_calendars`), shape (series,); periods repeat the
        day of the last where left out.

    Examples
    --------
    >>> dates = pd.date_range("2025-01-31", periods=3, freq="ME")
    >>> rows = pd.DataFrame({"series": "web", "period_end": dates, "value": [5.0, 7.0, 9.0]})
    >>> (panel,), _ = panels(rows)
    >>> panel.frequency, panel.cut(1).values.tolist(), panel.ends(1).astype("datetime64[D]").item().isoformat()
    ('ME', [[5.0, 7.0]], '2025-04-30')
    """

    series: Names
    group: Names
    values: Array
    last: NDArray[np.datetime64]
    frequency: str
    lower: Flags
    drivers: Mapping[str, Array]
    known: tuple[str, ...] = ()
    calendar: Names | None = None

    @property
    def horizon(self) -> int:
        """Periods ahead that the drivers reach [period]; zero without drivers."""
        return max((array.shape[1] - self.values.shape[1] for array in self.drivers.values()), default=0)

    @property
    def start(self) -> Integers:
        """Column of each series' first value, shape (series,); the number of columns where it has none."""
        seen = ~np.isnan(self.values)
        return np.asarray(np.where(seen.any(axis=1), seen.argmax(axis=1), self.values.shape[1]), dtype=np.int64)

    @property
    def seasons(self) -> tuple[int, ...]:
        """Season lengths of the frequency [period], the shortest first, whether or not the history holds one."""
        return seasons(self.frequency)

    def ends(self, horizon: int) -> NDArray[np.datetime64]:
        """Return the period ends ahead.

        Parameters
        ----------
        horizon
            Periods after the last column [period].

        Returns
        -------
        ndarray of datetime64[us], shape (series, horizon)
            Period ends [UTC, no zone].
        """
        return self.moved(np.arange(1, horizon + 1))

    def times(self) -> NDArray[np.datetime64]:
        """Return the period end of every column.

        Returns
        -------
        ndarray of datetime64[us], shape (series, time)
            Period ends [UTC, no zone].
        """
        return self.moved(np.arange(1 - self.values.shape[1], 1))

    def moved(self, steps: Integers) -> NDArray[np.datetime64]:
        """Return the period ends some steps after the last column, before it where negative.

        Parameters
        ----------
        steps
            Periods after the last column [period], shape (steps,).

        Returns
        -------
        ndarray of datetime64[us], shape (series, steps)
            Period ends [UTC, no zone].
        """
        repeated = np.full(len(self.series), "", dtype=object)
        return moved(self.last, self.frequency, steps, repeated if self.calendar is None else self.calendar)

    def take(self, rows: Integers | Flags) -> Panel:
        """Return the panel of some series, by number or flag, over the same columns.

        Parameters
        ----------
        rows
            Numbers of the series wanted, or a flag a series, shape (series,).

        Returns
        -------
        Panel
            Those series in that order.
        """
        return replace(
            self,
            series=self.series[rows],
            group=self.group[rows],
            values=self.values[rows],
            last=self.last[rows],
            lower=self.lower[rows],
            drivers={name: array[rows] for name, array in self.drivers.items()},
            calendar=None if self.calendar is None else self.calendar[rows],
        )

    def cut(self, steps: int) -> Panel:
        """Return the panel as it stood ``steps`` periods before: the one cut that rolling origins use.

        Values and drivers later than the cut are gone; drivers known ahead keep their horizon. A series whose
        period there is a gap ends in NaN, where a history read on that day would end at its last value.

        Parameters
        ----------
        steps
            Periods to go back from the last column [period].

        Returns
        -------
        Panel
            Columns up to the cut, shape (series, time - steps).

        Raises
        ------
        ValueError
            If ``steps`` is negative or leaves no column.
        """
        length = self.values.shape[1] - steps
        if steps < 0 or length < 1:
            raise InputError(
                f"a cut of {steps} periods does not fit {self.values.shape[1]} columns; give 0 to one less"
            )
        return replace(
            self,
            values=self.values[:, :length],
            lower=self.lower[:, :length],
            last=self.moved(np.array([-steps]))[:, 0],
            drivers={name: self._cut_driver(name, length) for name in self.drivers},
        )

    def _cut_driver(self, name: str, length: int) -> Array:
        kept = self.drivers[name][:, : length + self.horizon].copy()
        if name not in self.known:
            kept[:, length:] = np.nan
        return kept


def panels(
    history: pd.DataFrame,
    *,
    horizon: int = 0,
    drivers: tuple[str, ...] = (),
    reading: Reading | None = None,
) -> tuple[list[Panel], Treatments]:
    """Return the panels of a history, one a frequency, and what was treated.

    The frequency of a series is that of its commonest gap, unless one is given for all. Dates are counted in
    steps by rounding each gap, so months of any length and days of 23 or 25 hours are whole ones. Any further
    period between two dates is a gap and stays NaN.

    Parameters
    ----------
    history
        Rows ``series, group?, period_end, value`` and further columns; see
        :func:`features.volumes.check_volume_rows`. A row without a value past the last value of its series
        carries known future drivers.
    horizon
        Periods ahead that drivers are kept for, and that histories are compared with.
    drivers
        Columns to carry along.
    reading
        How dates are read, the frequency where it is given, and when figures were taken.

    Returns
    -------
    tuple
        Panels from the finest frequency to the coarsest, and the counts of what was treated.

    Raises
    ------
    ValueError
        On what :func:`features.volumes.check_volume_rows` refuses, on two dates in one period, on a history that
        spans far more periods than it has values, or where one date each leaves the frequency open.

    Examples
    --------
    >>> dates = ["2025-01-01T00:00", "2025-01-01T01:00", "2025-01-01T03:00"]
    >>> (panel,), treated = panels(pd.DataFrame({"series": "api", "period_end": dates, "value": [1.0, 2.0, 4.0]}))
    >>> panel.frequency, panel.values.tolist(), treated.counts["gaps"]
    ('h', [[1.0, 2.0, nan, 4.0]], 1)
    """
    reading = Reading() if reading is None else reading
    rows, treated = check_volume_rows(history, drivers=drivers, clock=reading.clock)
    found = rhythms(rows, reading.frequency)
    rows, held = whole_volumes(rows, found, reading, drivers)
    treated += held
    grid = place(rows, found)
    rows = rows.assign(s=grid.code, slot=grid.slot)
    treated += counted({"single": grid.single}, grid.series) + Treatments({"shifted": grid.shifted})
    out = []
    for name in sorted(set(grid.frequency), key=lambda each: (spacing(each), each)):
        mine = grid.frequency == name
        panel = _panel(rows[mine[grid.code]], grid.last[mine], name, horizon, drivers)
        panel = replace(panel, calendar=grid.calendar[mine])
        treated += _described(panel, horizon)
        out.append(panel)
    return out, treated


def _panel(
    rows: pd.DataFrame, last: NDArray[np.datetime64], frequency: str, horizon: int, drivers: tuple[str, ...]
) -> Panel:
    """Return the panel of the rows of one frequency."""
    heads = rows.drop_duplicates("s")
    at = np.searchsorted(heads.s.to_numpy(), rows.s.to_numpy())
    slot, value = rows.slot.to_numpy(), rows.value.to_numpy(dtype=float)
    length = int(max(1, 1 - slot.min()))
    place = length - 1 + slot
    past = slot <= 0
    values, lower = np.full((len(heads), length), np.nan), np.zeros((len(heads), length), dtype=bool)
    values[at[past], place[past]] = value[past]
    lower[at[past], place[past]] = rows.lower.to_numpy()[past]
    carried: dict[str, Array] = {}
    known: list[str] = []
    near = slot <= horizon
    for name in drivers:
        array = np.full((len(heads), length + horizon), np.nan)
        column = rows[name].to_numpy(dtype=float)
        array[at[near], place[near]] = column[near]
        carried[name] = array
        if (~np.isnan(column) & (slot > 0)).any():
            known.append(name)
    names = (heads.series.to_numpy(dtype=object), heads.group.to_numpy(dtype=object))
    return Panel(*names, values, last, frequency, lower, carried, tuple(known))


def _described(panel: Panel, horizon: int) -> Treatments:
    """Return the counts of gaps and of series with little to learn from."""
    seen = ~np.isnan(panel.values)
    number = seen.sum(axis=1)
    inside = np.arange(panel.values.shape[1]) >= panel.start[:, None]
    top = np.where(seen, panel.values, -np.inf).max(axis=1)
    least = np.where(seen, panel.values, np.inf).min(axis=1)
    holes = (inside & ~seen).sum(axis=1)
    flags = {
        "gaps": holes > 0,
        "constant": (number > 1) & (top == least) & (top > 0),
        "zero": (number > 0) & (top == 0),
        "without_history": number == 0,
        "short": (number > 0) & (number < horizon),
        "fallen": fallen(panel.values, panel.seasons) & ~panel.lower[:, -1],
    }
    found = counted(flags, pd.Series(panel.series))
    return replace(found, counts={**found.counts, "gaps": int(holes.sum())})
