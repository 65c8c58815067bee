"""An order placed today, quarter by quarter: too few until it is live, what bridges that, and when it holds a risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import hours_in, quarter_label
from shiftcast.forecast.capacity.choices import Choice
from shiftcast.forecast.capacity.purchase import whole_racks
from shiftcast.forecast.views.answer import spread


@dataclass(frozen=True)
class Ahead:
    """The need of the quarters ahead, and what may be rented in them.

    Attributes
    ----------
    ends
        Ends of the quarters.
    spans
        Quarters from the origin to each [quarter], shape (quarters,).
    need
        The forecast's accelerators to be added by each, shape (draws, quarters).
    served
        Share of what all want that is served in each [1], shape (draws, quarters).
    """

    ends: pd.DatetimeIndex
    spans: Array
    need: Array
    served: Array

    @property
    def hours(self) -> Array:
        """Hours of each quarter that are still to come, shape (quarters,)."""
        return hours_in(self.ends) * np.clip(np.diff(self.spans, prepend=0.0), 0.0, 1.0)


def short_if_ordered_today(ahead: Ahead, choice: Choice, ordered: float) -> Array:
    """Return the accelerators that lack at the end of each quarter if an order is placed today.

    Parameters
    ----------
    ahead, choice
        Need by quarter, and the generation ordered.
    ordered
        Accelerators of it.

    Returns
    -------
    ndarray, shape (draws, quarters)
        Accelerators of the generation.

    Examples
    --------
    Six of the forecast's are needed; each does the work of two, and the three ordered are live after 1.5 quarters:

    >>> ends = pd.DatetimeIndex(["2027-03-31", "2027-06-30"], tz="UTC")
    >>> ahead = Ahead(ends, np.array([1.0, 2.0]), np.array([[4.0, 6.0]]), np.ones((1, 2)))
    >>> half, none = np.array([0.5]), np.zeros(1)
    >>> short_if_ordered_today(ahead, Choice(None, False, half, 1.0, np.array([1.5]), 0.0, none), 3.0).tolist()
    [[2.0, 0.0]]
    """
    there = choice.lead[:, None] <= ahead.spans
    return np.asarray(np.maximum(ahead.need * choice.each[:, None] - ordered * there, 0.0))


def today_table(ahead: Ahead, choice: Choice, ordered: float, rent: Array | None, risk: float) -> pd.DataFrame:
    """Return, for an order placed today, the risk of too few in each quarter and the rental that bridges it.

    Parameters
    ----------
    ahead, choice, ordered
        As in :func:`short_if_ordered_today`.
    rent
        Rent for the work of one of the forecast's accelerators [USD/h], shape (draws,); none where none is known.
    risk
        Accepted probability of too few [1].

    Returns
    -------
    DataFrame
        A row a quarter: ``quarter, live_odds, p_short``, what lacks in the mean, ``rent_accelerators`` that leave the
        risk, and ``rent_usd`` of what lacks [USD].
    """
    short = short_if_ordered_today(ahead, choice, ordered)
    rows: list[dict[str, Any]] = []
    for place, end in enumerate(ahead.ends):
        lacks = short[:, place]
        row: dict[str, Any] = {
            "quarter": quarter_label(end), "live_odds": float((choice.lead <= ahead.spans[place]).mean()),
            "p_short": float((lacks > 0).mean()), "expected_short": float(lacks.mean()),
            "rent_accelerators": float(np.ceil(np.quantile(lacks, 1 - risk))),
        }  # fmt: skip
        if rent is not None:
            dollars = lacks / choice.each * rent * ahead.hours[place]
            row |= {"rent_usd_mean": float(dollars.mean()), **spread("rent_usd", dollars)}
        rows.append(row)
    return pd.DataFrame(rows)


def first_that_holds(ahead: Ahead, choice: Choice, risk: float) -> tuple[str, float] | None:
    """Return the first quarter by which an order of today can hold a risk, and the accelerators that it takes.

    Parameters
    ----------
    ahead, choice, risk
        Need by quarter, generation, and accepted probability of too few [1].

    Returns
    -------
    tuple of str and float, or None
        Quarter, and accelerators in whole racks; none where no order holds it within the horizon.
    """
    draws = len(choice.lead)
    enough = int(np.ceil(round((1 - risk) * draws, 9)))
    for place, end in enumerate(ahead.ends):
        there = choice.lead <= ahead.spans[place]
        if there.sum() >= enough:
            need = np.sort((ahead.need[:, place] * choice.each)[there])[enough - 1]
            return quarter_label(end), float(whole_racks(np.asarray(need), choice.machine.domain))
    return None


def from_today(today: pd.DataFrame, ahead: Ahead, choice: Choice, at: int, risk: float) -> dict[str, Any]:
    """Return what an order of today comes to in the quarter planned for, and when it holds the risk.

    Parameters
    ----------
    today
        From :func:`today_table`.
    ahead, choice, risk
        As there.
    at
        Index of the quarter planned for.

    Returns
    -------
    dict
        ``p_short_if_ordered_now, first_quarter_held, racks_for_it``; the last two are missing where none holds.
    """
    held = first_that_holds(ahead, choice, risk)
    return {
        "p_short_if_ordered_now": float(today.loc[at, "p_short"]),
        "rent_at_most": float(today.loc[:at, "rent_accelerators"].max()),
        "first_quarter_held": None if held is None else held[0],
        "racks_for_it": np.nan if held is None else held[1] / choice.machine.domain,
    }
