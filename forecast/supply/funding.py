"""Funding: the most that buyers can pay the vendor in a quarter, from what they earn and how much of it they invest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import LONGEST_QUARTER, QUARTER_DAYS
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.series import select
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.once import once

ROWS: Final = "funding"  # what the names of its assumptions begin with
FUNDING: Final = "funding"
WIDTH: Final = f"{ROWS}.width"
_YEAR: Final = 4  # quarters
_RISE_YEARS: Final = 2.0  # that funding.rise is stated over


@dataclass(frozen=True)
class Buyers:
    """Buyers whose revenue and capital spending are both reported, their last four quarters known of each added up.

    Attributes
    ----------
    revenue
        What they earned [USD/year].
    ratio
        Capital spending over revenue [1].
    growth
        Log change of revenue over the year before [1/year].
    middle
        Day their year was half over, at the median buyer.
    """

    revenue: float
    ratio: float
    growth: float
    middle: pd.Timestamp


@once
def read_buyers(observations: DataFrame[Observations]) -> Buyers | None:
    """Return what buyers earned and invested in the last year known of each, or nothing.

    Parameters
    ----------
    observations
        Observation rows known at an origin, one a figure.

    Returns
    -------
    Buyers or None
        Of every operator with eight known quarters of revenue and of capital spending; ``None`` where there is none.
    """
    keys = ["operator", "period_end"]
    spent = _quarterly(select(observations, measure="capex", definition="cash_gross", stage="flow"))
    earned = _quarterly(select(observations, measure="revenue", definition="operator_revenue", stage="flow"))
    both = earned.merge(spent, on=keys, suffixes=("", "_spent")).sort_values(keys)
    both = both[both.groupby("operator")["value"].transform("size") >= 2 * _YEAR]
    if both.empty:
        return None
    year = both.groupby("operator").tail(_YEAR)
    before = both.groupby("operator").tail(2 * _YEAR).drop(year.index)
    revenue = float(year["value"].sum())
    last = year.groupby("operator")["period_end"].max().median()
    return Buyers(
        revenue, float(year["value_spent"].sum()) / revenue, float(np.log(revenue / before["value"].sum())),
        last - pd.Timedelta(days=_YEAR / 2 * QUARTER_DAYS),
    )  # fmt: skip


def fundable(
    buyers: Buyers | None, ends: pd.DatetimeIndex, assumed: Assumptions, *, paid: pd.Series, draws: int
) -> Array:
    """Draw the most that buyers can pay the vendor for data-centre products by quarter.

    revenue/4 exp((growth + error) years) ratio rise ** (years / 2) part, with years counted from the middle of the
    buyers' last known year to the middle of the quarter. The part is structural: the vendor's most of a dollar that
    these buyers invest, what other buyers pay it included; a trailing part would have capped every forecast before 2023
    at a tenth of what came. What was paid in the last reported quarter could be funded: a draw that says otherwise is
    raised to it in every quarter.

    Parameters
    ----------
    buyers
        From :func:`read_buyers`.
    ends
        Ends of the quarters.
    assumed
        With ``funding.growth_error`` [1/year], ``funding.rise`` [1 in two years] and ``funding.part`` [1].
    paid
        The vendor's reported revenue [USD/quarter] by last day of its quarter.
    draws
        Number of draws.

    Returns
    -------
    ndarray, shape (draws, quarters)
        US dollars a quarter; infinite where no buyer is known.

    Raises
    ------
    ValueError
        If an assumption is missing.
    """
    if buyers is None:
        return np.full((draws, len(ends)), np.inf)
    error, rise, part = (assumed[f"{ROWS}.{name}"][:, None] for name in ("growth_error", "rise", "part"))
    days = (ends.insert(0, paid.index[-1]) - buyers.middle).days.to_numpy(dtype=np.float64) - QUARTER_DAYS / 2
    years = days / (_YEAR * QUARTER_DAYS)
    earned = buyers.revenue / _YEAR * np.exp((buyers.growth + error) * years)
    most = earned * buyers.ratio * rise ** (years / _RISE_YEARS) * part
    return np.asarray(most[:, 1:] * np.maximum(1, float(paid.iloc[-1]) / most[:, :1]))


def _quarterly(rows: DataFrame[Observations]) -> pd.DataFrame:
    days = (rows["period_end"] - rows["period_start"]).dt.days
    return rows.loc[days < LONGEST_QUARTER, ["operator", "period_end", "value"]]
