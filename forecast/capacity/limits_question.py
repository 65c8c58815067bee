"""Answer to a question of limits: packaging, memory or power as the binding constraint of the fleet, by quarter."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.capacity.bounds import Supplied
from shiftcast.forecast.capacity.limits import DEMAND, Bought
from shiftcast.forecast.capacity.purchases import Limits, best_of_draws
from shiftcast.forecast.capacity.stated import with_stated
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.economics.doubted import doubt_given
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.supply.ceilings import MEMORY, PACKAGING, POWER
from shiftcast.forecast.supply.taken import PER_WAFER
from shiftcast.forecast.views.answer import Answer, assumed_rows, spread

LIMITS: Final = {DEMAND: "1000 H100e", POWER: "MW_facility", PACKAGING: "wafer", MEMORY: "million GB"}


def limits_question(cube: xr.Dataset, basis: Basis, asked: Limits) -> Answer:
    """Return the binding limit of each quarter, its probability, and its shadow price.

    In every draw a linear programme buys and runs accelerators to serve the H100-equivalents (by specification) of the
    forecast fleet, at the rent of an H100, under the ceilings of packaging wafers, memory and power.

    Parameters
    ----------
    cube, basis
        The forecast; catalogue, assumptions, ceilings and the fleet kept beside it.
    asked
        Last quarter, number of draws, and ceilings to lift.

    Returns
    -------
    Answer
        A row a quarter: ``binding`` and its odds, ``served_share`` [1], odds of each limit [1], and shadow prices in US
        dollars a quarter and unit of the limit (:data:`LIMITS`).

    Raises
    ------
    OutOfSupportError
        If there is no fleet or no rent, or the quarter is past the horizon.
    ValueError
        If a given value is out of range, no draw is to be planned, or a ceiling to lift is not known.
    """
    given = dict(asked.given)
    doubtful = doubt_given(basis, given, sure=asked.sure)
    best = best_of_draws(cube, basis, asked)
    fleet, count = best.fleet, len(best.done)
    rows = [_row(best.done, best.need, period, end) for period, end in enumerate(best.quarters)]
    used = (*_USED, *_per_wafer(basis, fleet.generations))
    assumed = with_stated(assumed_rows(basis.assumptions, used, given), *fleet.bounds.rows.values())
    question = f"what limits the fleet to {asked.by}, {count} of {basis.draws} draws"
    return Answer(question, pd.DataFrame(rows), assumed, (*doubtful, *_notes(fleet, asked.lift)))


_USED: Final = (
    "power.pue", "power.load", "cost.electricity", "cost.rate", "retire.upkeep", "fleet.life", "fleet.lag",
)  # fmt: skip
_READING: Final = (
    "Purchases are taken as live in their quarter. Shadow prices are what one more unit of a limit would be worth in "
    "that quarter; what is bought serves later quarters too, so an early limit carries their worth. What is wanted is "
    "the forecast before its ceilings, so what is not served here is latent there too, where buyers can fund it."
)


def _notes(fleet: Supplied, lifted: tuple[str, ...]) -> tuple[str, ...]:
    notes = [_READING]
    if fleet.generations.filled:
        notes.append(f"Filled from the generation before: {', '.join(fleet.generations.filled)}.")
    if lifted:
        notes.append(f"Lifted: {', '.join(sorted(set(lifted)))}.")
    unknown = [name for name in fleet.bounds.most if name not in fleet.bounds.rows and name not in lifted]
    if unknown:
        notes.append(f"Without a row that was known, so without a ceiling: {', '.join(unknown)}.")
    return tuple(notes)


def _per_wafer(basis: Basis, generations: Generations) -> tuple[str, ...]:
    names = [f"{PER_WAFER}.{name}" for name in generations.names]
    return tuple(name for name in names if name in basis.drawn.values)


def _row(done: list[Bought], need: list[Array], period: int, end: pd.Timestamp) -> dict[str, Any]:
    binding = [each.binding[period] for each in done]
    odds = {name: binding.count(name) / len(done) for name in (*LIMITS, "none")}
    first = max(odds, key=lambda name: odds[name])
    served = np.array(
        [each.served[period] / max(wanted[period], 1e-9) for each, wanted in zip(done, need, strict=True)]
    )
    prices = {name: np.array([each.shadow[name][period] for each in done]) for name in LIMITS}
    return {
        "quarter": quarter_label(end), "binding": first, "binding_odds": odds[first], **spread("served_share", served),
        **{f"odds_{name}": odds[name] for name in LIMITS},
        **{key: value for name, values in prices.items() for key, value in spread(f"shadow_{name}", values).items()},
    }  # fmt: skip
