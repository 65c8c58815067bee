"""When a technique passes a share of a workload in a fleet: odds by year, dates, and the answer in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array, Flags, Integers
from shiftcast.features.input_error import InputError
from shiftcast.features.labels import UNLABELLED
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.forecast.spoken import percent, within
from shiftcast.forecast.views.answer import ASSUMED, Answer, spread
from shiftcast.forecast.views.crossing import first_passage, passage_ranks
from shiftcast.forecast.views.passage import check_fractions

BASES: Final = ("gpu_hours", "requests")
_UNITS: Final = {"gpu_hours": "GPU-hours", "requests": "requests"}
_TINY: Final = 1e-12


@dataclass(frozen=True)
class _Passed:
    """First month above a threshold: its number by draw, and the labels of months."""

    first: Integers
    labels: list[str]
    already: float

    def by(self, at: int) -> float:
        return float((self.first <= at).mean())


def when(
    demand: Demand, technique: str, *, of: str, base: str = "gpu_hours", above: float = 0.5, level: float = 0.8
) -> Answer:
    """Return when the share of a technique in a workload first passes a threshold.

    Parameters
    ----------
    demand
        Demand by workload and technique.
    technique
        One technique, or several joined by ``+``.
    of
        Workload.
    base
        ``gpu_hours``, or ``requests`` where it is known what a request takes by technique.
    above
        Threshold, in (0, 1).
    level
        Level of the interval of the date, in (0, 1).

    Returns
    -------
    Answer
        ``month``, median, low and high (80 %) of the share, and the odds ``passed`` that it has been above the
        threshold by then [1].

    Raises
    ------
    ValueError
        If workload, technique or base is not known, naming those that are.
    """
    check_fractions(above=above, level=level)
    of_workload, mine = _chosen(demand, technique, of)
    each = _each(demand, base, of_workload)
    share = _share(demand.hours / each[:, None, :], of_workload, mine)
    before = _before(demand, each, technique, of)
    passed = _passed(share, before, above, demand.months)
    rows = [
        {"month": month, **spread("share", share[:, at]), "passed": passed.by(at + 1)}
        for at, month in enumerate(demand.months)
    ]
    table = pd.DataFrame(rows)
    subject = f"{technique} over {100 * above:g}% of {of} {_UNITS[base]}"
    paths = pd.DataFrame({
        "panel": subject, "x": table["month"], "median": table["share_median"], "low80": table["share_low80"],
        "high80": table["share_high80"],
    })  # fmt: skip
    notes = tuple(note for note in demand.notes if "technique" in note or "request" in note)
    return Answer(
        subject, table, pd.DataFrame(columns=list(ASSUMED)), notes, paths, _says(subject, passed, share, demand, level)
    )


def _chosen(demand: Demand, technique: str, of: str) -> tuple[Flags, Flags]:
    if not {"workload", "technique"} <= set(demand.parts):
        raise InputError(f"this forecast is by {', '.join(demand.parts)}; ask by workload and technique")
    workload = (demand.parts["workload"] == of).to_numpy()
    if not workload.any():
        known = sorted(set(demand.parts["workload"].astype(str)))
        remedy = "no hours are labelled yet: `shiftcast label` proposes rules that say which are whose"
        remedy = remedy if known == [UNLABELLED] else f"choose of {', '.join(known)}"
        raise InputError(f"workload {of!r} has no hours; {remedy}")
    names = [name.strip() for name in technique.split("+")]
    there = set(demand.parts.loc[workload, "technique"].astype(str))
    absent = [name for name in names if name not in there]
    if absent:
        raise InputError(
            f"technique {absent[0]!r} of {of!r} has no hours; choose of {', '.join(sorted(there))}, or tell the fleet "
            "of a move to it"
        )
    return workload, workload & demand.parts["technique"].isin(names).to_numpy()


def _each(demand: Demand, base: str, workload: Flags) -> Array:
    """Return hours of a request by draw and part, up to a factor a workload; ones where hours are asked for."""
    if base not in BASES:
        raise InputError(f"base {base!r} is not known; choose {' or '.join(BASES)}")
    if base == "gpu_hours":
        return np.ones((len(demand.hours), len(demand.parts)))
    if demand.each is None or np.isnan(demand.each[:, workload]).any():
        raise InputError("what a request takes is not known by technique; ingest requests, or ask for base gpu_hours")
    return np.nan_to_num(demand.each, nan=1.0)


def _share(amounts: Array, whole: Flags, mine: Flags) -> Array:
    return np.asarray(amounts[..., mine].sum(axis=-1) / np.maximum(amounts[..., whole].sum(axis=-1), _TINY))


def _before(demand: Demand, each: Array, technique: str, of: str) -> Array:
    """Return the share in the last whole month, shape (draws,); nought where none is known."""
    past = demand.past[demand.past["workload"] == of]
    if past.empty:
        return np.zeros(len(each))
    last = past[past["month"] == past["month"].max()]
    keys = list(demand.parts)
    hours = demand.parts.merge(last, on=keys, how="left")["hours"].fillna(0.0).to_numpy()
    whole, mine = _chosen(demand, technique, of)
    return _share(hours / each, whole, mine)


def _passed(share: Array, before: Array, above: float, months: pd.DatetimeIndex) -> _Passed:
    holds = np.concatenate([before[:, None], share], axis=1) > above
    labels = [f"before {months[0]:%Y-%m}", *(f"{month:%Y-%m}" for month in months), f"after {months[-1]:%Y-%m}"]
    return _Passed(np.asarray(first_passage(holds), dtype=np.int64), labels, float(holds[:, 0].mean()))


def _says(subject: str, passed: _Passed, share: Array, demand: Demand, level: float) -> str:
    """Return the date, the odds by year, and today's share, in words."""
    early, middle, late = (
        passed.labels[at] for at in passage_ranks(passed.first, [(1 - level) / 2, 0.5, (1 + level) / 2])
    )
    never = float((passed.first == len(passed.labels) - 1).mean())
    date = f"{middle} ({within(early, late, level)})"
    if middle == passed.labels[-1]:
        date = f"Not by {demand.months[-1]:%Y-%m}, most likely ({within(early, late, level)})"
    years = {month.year: at + 1 for at, month in enumerate(demand.months)}
    odds = ", ".join(f"{percent(passed.by(at))} by the end of {year}" for year, at in years.items()
                     if demand.months[at - 1].month == 12)  # fmt: skip
    now, then = (spread("", share[:, at])["median"] for at in (0, -1))
    said = [f"{date[0].upper()}{date[1:]}: {subject}."]
    said.append(f"Odds: {percent(passed.already)} already, {f'{odds}, ' if odds else ''}{percent(never)} not by then.")
    said.append(f"Its share is {percent(now)} now and {percent(then)} in {demand.months[-1]:%Y-%m} (medians).")
    return " ".join(said)
