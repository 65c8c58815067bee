"""Power and racks that retirement frees, the work of the newest on them: cells, a table by quarter, and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.forecast.capacity.purchases import Purchases
from shiftcast.forecast.capacity.retire_trade import Trade
from shiftcast.forecast.capacity.words import fan
from shiftcast.forecast.economics.basis import Basis, Machine
from shiftcast.forecast.economics.power import across
from shiftcast.forecast.economics.rates import rate
from shiftcast.forecast.spoken import number, percent, within
from shiftcast.forecast.views.answer import spread
from shiftcast.forecast.views.passage import NOT_YET, Passage

AS_FORECAST, SLACK, SCARCE = "as forecast", "slack", "scarce"
STATES: Final = (AS_FORECAST, SLACK, SCARCE)
NOTES: Final = (
    (
        "As forecast: what the best purchases and operation under the ceilings do not run has left, the oldest cohort "
        "first; a share of the whole generation, so the same in every segment. Slack: power costs its energy. Scarce: "
        "power is worth what the best accelerator of the time would earn on it after capital, operations, building and "
        "energy, as if such accelerators could be had without end: the earliest that an exit can pay."
    ),
    (
        "Exits are looked for from today on; the past is followed by age alone. What a cohort sells moves from "
        "training and inference to batch as it ages. With power slack a cohort is followed past the horizon of the "
        "forecast, on the fall of prices alone."
    ),
    "The token price and its fall are assumed: stand your own in for price.output_token and price.decline.",
)
_SECONDS_PER_DAY: Final = 86400.0


@dataclass(frozen=True)
class Swap:
    """Accelerators that leave, and the newest that could take their power.

    Attributes
    ----------
    old
        The accelerator that stands for the generation.
    new, times
        The newest that ships, and its work on a watt over that of the old [1], shape (draws,).
    trade
        Model and tier of the work, and the share of a rate that is sold.
    pue
        Facility power over IT power [1], shape (draws,).
    """

    old: Machine
    new: Machine
    times: Array
    trade: Trade
    pue: Array

    def cells(self, basis: Basis, gone: Array) -> dict[str, float]:
        """Return what leaves, frees and is lost, and the work of the newest on the power freed.

        Parameters
        ----------
        basis
            For the rate of the old accelerator.
        gone
            Accelerators that left before their age, shape (draws,).

        Returns
        -------
        dict
            ``retired_early`` [accelerator], ``racks_freed`` [rack], ``mw_freed`` [MW_facility], ``work_day_lost`` and
            ``work_day_of_newest`` [unit/day], each with its interval.
        """
        speed = rate(basis, self.old.name, model=self.trade.model, scenario=self.trade.scenario).value
        count = len(gone)
        watts = gone * across(self.old.power, to="facility", ratio=self.pue[:count]).watts
        sold = self.trade.sold[:count] * _SECONDS_PER_DAY
        lost = gone * speed * sold
        return {
            **spread("retired_early", gone), **spread("racks_freed", gone / self.old.domain),
            **spread("mw_freed", watts / 1e6), **spread("work_day_lost", lost),
            **spread("work_day_of_newest", lost * self.times[:count]),
        }  # fmt: skip


def quarter_table(basis: Basis, swap: Swap, gone: Array, best: Purchases) -> pd.DataFrame:
    """Return what has left and what it frees by quarter, and the odds that power holds the quarter back.

    Parameters
    ----------
    basis, swap
        What leaves, and the newest that could take its power.
    gone
        Accelerators that left before their age, shape (draws, quarters ahead).
    best
        The best purchases, whose quarters these are.

    Returns
    -------
    DataFrame
        ``quarter, power_binds`` [1], and the cells of :meth:`Swap.cells`.
    """
    odds = best.power_binds().mean(axis=0)
    return pd.DataFrame([
        {"quarter": quarter_label(end), "power_binds": float(odds[place]), **swap.cells(basis, gone[:, place])}
        for place, end in enumerate(best.quarters)
    ])  # fmt: skip


def retire_says(swap: Swap, table: pd.DataFrame, told: pd.DataFrame, left: Passage) -> str:
    """Return a retirement in words: the quarter, what it frees, and why not where it does not come.

    Parameters
    ----------
    swap, table, told
        What leaves; rows of the answer; the table by quarter.
    left
        When half of what age leaves in place has left, as power is forecast.

    Returns
    -------
    str
    """
    whole = table[(table["cohort"] == ALL) & (table["power"] == AS_FORECAST)].iloc[0]
    last = told["quarter"].iloc[-1]
    when = (
        f"After {left.horizon}, or never, leaves half of {swap.old.family}"
        if left.middle == NOT_YET else f"By {left.middle} ({_span(left)}) half of {swap.old.family} has left"
    )  # fmt: skip
    return (
        f"{when}, as power is forecast; not by {left.horizon} in {percent(left.never)} of the draws. By {last} "
        f"this frees {fan(whole, 'mw_freed', 'MW')} and {fan(whole, 'racks_freed')} racks or servers of "
        f"{swap.old.domain}, and loses {fan(whole, 'work_day_lost', 'tokens a day')}. "
        f"{_newest(swap)} {_why(told)} {_slack(table)}"
    )


def _span(left: Passage) -> str:
    return within(str(left.early), str(left.late))


def _newest(swap: Swap) -> str:
    return f"{swap.new.name} on that power does {number(float(np.median(swap.times)))} times the work lost."


def _why(told: pd.DataFrame) -> str:
    top = told.loc[told["power_binds"].idxmax()]
    return f"Power holds the fleet back with odds of {percent(top['power_binds'])} at most ({top['quarter']})."


def _slack(table: pd.DataFrame) -> str:
    rows = table[(table["power"] == SLACK) & (table["cohort"] != ALL)]
    first, end = rows.iloc[0], rows.iloc[-1]
    return (
        f"With power to spare the first cohort still pays until {first['middle']} and the last until {end['middle']} "
        f"({within(str(end['early']), str(end['late']))}); by age alone half are gone by {first['worn_out_by']} and "
        f"{end['worn_out_by']}."
    )
