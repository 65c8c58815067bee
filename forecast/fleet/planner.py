"""Answer a planner's questions about one fleet: the same path behind command, notebook and served model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, TypeVar

import pandas as pd

from shiftcast.features.frames import DataFrame, Usage
from shiftcast.features.input_error import InputError
from shiftcast.features.labels import UNLABELLED
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.budget import budget
from shiftcast.forecast.fleet.busy import used_by_month
from shiftcast.forecast.fleet.choices import choices
from shiftcast.forecast.fleet.demand import Basis as DemandBasis
from shiftcast.forecast.fleet.demand import forecast_demand
from shiftcast.forecast.fleet.described import describe, hours_of
from shiftcast.forecast.fleet.events import with_and_without
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.full import RISK, full
from shiftcast.forecast.fleet.history import History, read_history
from shiftcast.forecast.fleet.latent import latent, lifted
from shiftcast.forecast.fleet.outlook import outlook
from shiftcast.forecast.fleet.passing import when
from shiftcast.forecast.fleet.sourced import sourced
from shiftcast.forecast.fleet.spending import in_dollars, spent_by_month
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.fleet.why import side_of, why
from shiftcast.forecast.fleet.world import World
from shiftcast.forecast.migration import Learned
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.provenance import Registered

BY: Final = ("workload", "technique")
_OLD, _STALE = 6, 52  # weeks without usage from which it is said, and from which nothing is forecast
_OWNERS: Final = ("user", "operator")
_MOST: Final = 8  # histories and demands of the questions asked last
By = tuple[str, ...] | None
_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")


@dataclass(frozen=True)
class Planner:
    """One fleet as known on a day.

    Attributes
    ----------
    fleet
        What the planner says of it.
    usage
        What its store holds.
    basis
        Catalogue, assumptions and beliefs of the record on that day, with the draws and the seed of every answer.
    world
        What can be borrowed from a forecast of the world, if anything.
    learned
        Numbers of the share model, by which techniques move; each is forecast by itself without them.
    notes
        What goes with every forecast, such as why nothing is borrowed.
    registered
        Digests of all that answers depend on, and the version that holds the same; ``None`` where nothing told them.
    """

    fleet: Fleet
    usage: DataFrame[Usage]
    basis: Basis
    world: World | None = None
    learned: Learned | None = None
    notes: tuple[str, ...] = ()
    registered: Registered | None = None
    _read: dict[tuple[str, ...], History] = field(default_factory=dict, init=False, compare=False, repr=False)
    _made: dict[tuple[object, ...], Demand] = field(default_factory=dict, init=False, compare=False, repr=False)

    @sourced
    def describe(self) -> Answer:
        """Return what the fleet is (:func:`forecast.fleet.described.describe`)."""
        return describe(self.usage, self.fleet)

    @sourced
    def forecast(self, *, through: str | None = None, by: By = None, every: str = "quarter") -> Answer:
        """Return hours, accelerators, power and money by period and part (:func:`forecast.fleet.outlook.outlook`).

        Parameters
        ----------
        through
            Last quarter, month or day; the end of the next year if not given.
        by
            Labels that tell parts apart, such as ``("operator",)``; workload and technique if not given, or whoever
            owns the hours where no workload is known.
        every
            ``quarter`` or ``month``.
        """
        spent: pd.DataFrame | None = None
        other: tuple[str, ...] = ()
        try:
            spent = self._spent(by or self._by)
        except InputError as error:  # money of unknown worth prices nothing, and hours are told all the same
            other = (str(error),)
        told = outlook(self.demand(through, by), self.fleet, self.basis, mix=self._mix, spent=spent, past=self._past,
                       every=every)  # fmt: skip
        return replace(told, notes=(*told.notes, *other, *self._dollars[1]))

    @sourced
    def when(
        self, technique: str, *, of: str, base: str = "gpu_hours", above: float = 0.5, through: str | None = None
    ) -> Answer:
        """Return when the share of a technique passes a threshold (:func:`forecast.fleet.passing.when`)."""
        return when(self.demand(through, BY), technique, of=of, base=base, above=above)

    @sourced
    def full(self, *, through: str | None = None, risk: float = RISK, offer: str | None = None) -> Answer:
        """Return when the fleet is full, what waits and what to order by when (:func:`forecast.fleet.full.full`)."""
        return full(self.demand(through), self.fleet, self.basis, risk=risk, offer=offer, past=self._past)

    @sourced
    def choices(self, *, through: str | None = None, unserved: float | None = None) -> Answer:
        """Return ways to meet demand beside one another (:func:`forecast.fleet.choices.choices`)."""
        return choices(self.demand(through), self.fleet, self.basis, unserved=unserved, past=self._past)

    @sourced
    def budget(self, amount: float | None = None, *, year: int | None = None, by: By = None) -> Answer:
        """Return the odds of spending more than a budget (:func:`forecast.fleet.budget.budget`).

        Parameters
        ----------
        amount
            Budget [USD]; that of the facts if not given.
        year
            Calendar year; the next that the facts have a budget of if not given, else that of the day asked.
        by
            Labels that tell apart what drives it.
        """
        asked = self._year if year is None else year
        told = budget(self.demand(f"{asked}Q4", by), self.fleet, self.basis, year=asked, limit=amount,
                      spent=self._spent(by or self._by), past=self._past)  # fmt: skip
        return replace(told, notes=(*told.notes, *self._dollars[1]))

    @sourced
    def why(self, before: str, after: str, *, by: By = None) -> Answer:
        """Return what a change between two months or invoices is made of (:func:`forecast.fleet.why.why`).

        Parameters
        ----------
        before, after
            Months, such as ``2026-09`` and ``2026-10``, or numbers of invoices that the store keeps as a label.
        by
            Labels whose mix is told apart.
        """
        usage, said = self._dollars
        told = why(side_of(usage, before), side_of(usage, after), by=by or self._by)
        return replace(told, notes=(*told.notes, *said))

    @sourced
    def latent(self) -> Answer:
        """Return what was wanted in months when the fleet was full (:func:`forecast.fleet.latent.latent`)."""
        if self._past is None:
            raise InputError(f"fleet {self.fleet.name!r} holds no usage that could have been full; ingest some")
        return latent(self._past, self.fleet, self.basis, draws=self.basis.draws)

    @sourced
    def events(self, *, through: str | None = None) -> Answer:
        """Return demand with and without what is coming (:func:`forecast.fleet.events.with_and_without`)."""
        if not self.fleet.events:
            raise InputError(
                f"fleet {self.fleet.name!r} expects nothing; say what is coming as [[event]] in fleet.toml"
            )
        bare = replace(self, fleet=replace(self.fleet, events=()))
        return with_and_without(bare.demand(through), self.fleet.events, seed=self.basis.seed)

    def demand(self, through: str | None = None, by: By = None) -> Demand:
        """Return the hours wanted by month, in draws; made once for the same question.

        Parameters
        ----------
        through
            Last quarter, month or day; the end of the next year if not given.
        by
            Labels that tell parts apart.

        Returns
        -------
        Demand
        """
        by = by or self._by
        last = through or f"{self.basis.origin.year + 1}Q4"
        key = (last, by)
        if (kept := self._made.get(key)) is None:
            history = self._history(by)
            aged = () if history is None else self._aged(history.until)
            made = forecast_demand(
                None if history is None else lifted(history, self.fleet, self.basis), self.fleet, through=last,
                draws=self.basis.draws, seed=self.basis.seed, origin=self.basis.origin,
                basis=DemandBasis(self.basis.beliefs, self.basis.assumptions, self.learned, self.world),
            )  # fmt: skip
            kept = _keep(self._made, key, replace(made, notes=(*aged, *made.notes, *self.notes)))
        return kept

    def _aged(self, until: pd.Timestamp) -> tuple[str, ...]:
        """Return a note where usage ends long before the day asked; refuse where it says nothing of that day."""
        weeks = (self.basis.origin - until).days // 7
        told = f"usage of {self.fleet.name} ends {until:%Y-%m-%d}, {weeks} weeks before {self.basis.origin:%Y-%m-%d}"
        day = until.ceil("D")
        late = self.usage["known_at"].min() > day
        then = f"ingest once more with --known-at {day:%Y-%m-%d}, then ask with " if late else "ask with "
        remedy = f"ingest newer exports, or, as of then, {then}--as-of {day:%Y-%m-%d}"
        if weeks > _STALE:
            raise InputError(f"{told}; {remedy}")
        return (f"{told}: {remedy}",) if weeks > _OLD else ()

    @property
    def _year(self) -> int:
        ahead = [year for year in sorted(self.fleet.budgets) if year >= self.basis.origin.year]
        return int(ahead[0] if ahead else self.basis.origin.year)

    def _history(self, by: tuple[str, ...]) -> History | None:
        """Return usage by parts, read once for the same labels."""
        kept = self._read.get(by)
        if kept is None and not hours_of(self.usage).empty:
            kept = _keep(self._read, by, read_history(self._dollars[0], by=by))
        return kept

    def _spent(self, by: tuple[str, ...]) -> pd.DataFrame | None:
        history = self._history(by)
        return None if history is None else spent_by_month(history)

    @cached_property
    def _dollars(self) -> tuple[DataFrame[Usage], tuple[str, ...]]:
        """Usage with cost in US dollars where it is said what a currency is worth, and that in words."""
        return in_dollars(self.usage, self.fleet.currencies)

    @cached_property
    def _by(self) -> tuple[str, ...]:
        """Labels that tell parts apart where none are asked for."""
        hours = hours_of(self.usage)
        if (hours["workload"] != UNLABELLED).any():
            return BY
        return next(((owner,) for owner in _OWNERS if len(hours[owner].unique()) > 1), BY)

    @cached_property
    def _past(self) -> pd.DataFrame | None:
        """Hours by month, and whether work waited."""
        history = self._history(BY)
        return None if history is None else used_by_month(history)

    @cached_property
    def _mix(self) -> pd.DataFrame:
        """Accelerators in use and their hours; what is held where nothing was used."""
        used = hours_of(self.usage).groupby("accelerator", sort=True)["value"].sum()
        if used.empty:
            used = pd.Series({each.accelerator: each.count for each in self.fleet.holdings}, dtype=float)
        return used.rename("hours").rename_axis("accelerator").reset_index()


def _keep(kept: dict[_Key, _Kept], key: _Key, value: _Kept) -> _Kept:
    """Keep a value and the few before it: a server is asked without end."""
    kept[key] = value
    for old in list(kept)[:-_MOST]:
        kept.pop(old, None)
    return value
