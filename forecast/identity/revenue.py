"""Data-centre revenue: reported fiscal quarters, what is wanted after them, what buyers can fund, and compute's part.

Calendar quarters throughout; reported fiscal quarters are mapped day by day, conserving totals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import LONGEST_QUARTER, calendar_quarters, nvidia_quarters, overlap_weights
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import fiscal_revenue, select
from shiftcast.forecast.draws import Sampling, stream
from shiftcast.forecast.identity.guidance import guidance_prior, guided_quarter
from shiftcast.forecast.identity.outlook import Outlook, draw_outlook, fit_outlook
from shiftcast.forecast.known import Known
from shiftcast.forecast.once import once
from shiftcast.forecast.statements.state import SharePrior, ShareState, fit_share_state, share_prior
from shiftcast.forecast.supply.funding import Buyers, fundable, read_buyers
from shiftcast.forecast.volume import VolumeFit, series_prior

FIRST_QUARTER: Final = "2015Q1"


@dataclass(frozen=True)
class RevenueFit:
    """Known revenue, and the fitted models of what is not known; nothing is drawn.

    Attributes
    ----------
    quarters
        Ends of the calendar quarters from 2015Q1 to the horizon.
    reported
        US dollars by fiscal quarter, indexed by its last day.
    weights
        Share of a fiscal quarter's revenue that falls in each calendar quarter, shape (fiscal quarters, quarters).
    ahead
        Guidance and what ships for the fiscal series after it.
    buyers
        What buyers earned and invested, where it is known.
    compute
        State of compute's share.
    first_forecast
        Position of the first quarter that is not wholly reported.
    company_ratio
        The vendor's whole revenue over data-centre revenue, last quarter that reports both.
    """

    quarters: pd.DatetimeIndex
    reported: pd.Series
    weights: Array
    ahead: Outlook
    buyers: Buyers | None
    compute: ShareState
    first_forecast: int
    company_ratio: float


@dataclass(frozen=True)
class Revenue:
    """Data-centre revenue by calendar quarter.

    Attributes
    ----------
    quarters
        Quarter ends from 2015Q1.
    total, compute
        US dollars a quarter, shape (draws, quarters); history is known, the future what is wanted, before any ceiling.
    fundable
        The most that buyers can pay, US dollars a quarter, shape (draws, quarters); infinite in history and where it is
        not known.
    fit
        What ships for the fiscal series after the guided quarter.
    first_forecast
        Position of the first quarter that is not wholly reported.
    company_ratio
        The vendor's whole revenue over data-centre revenue, last quarter that reports both.
    """

    quarters: pd.DatetimeIndex
    total: Array
    compute: Array
    fundable: Array
    fit: VolumeFit
    first_forecast: int
    company_ratio: float


def fit_revenue(known: Known, through: str) -> RevenueFit:
    """Fit reported revenue, guidance and buyers, and compute's share of it, at an origin.

    Parameters
    ----------
    known
        The record cut to the origin.
    through
        Last quarter to forecast, such as ``2028Q4``.

    Returns
    -------
    RevenueFit
        On calendar quarters from the first of the record through ``through``.

    Raises
    ------
    ValueError
        If no revenue is known, ``through`` does not reach past what is reported, or a belief about guidance is missing.
    """
    observations = known.observations
    reported = fiscal_revenue(observations, "data_center", known.origin)
    quarters = calendar_quarters(FIRST_QUARTER, through)
    fiscal = nvidia_quarters(quarters[-1])
    fiscal = fiscal[fiscal["period_end"] >= reported.index[0]]
    if quarters[-1] <= reported.index[-1]:
        raise InputError(f"revenue is reported to {reported.index[-1]:%Y-%m-%d}; forecast through a quarter after it")
    guided = guided_quarter(known.history.observations, reported, guidance_prior(known.assumptions))
    prior = series_prior(known.beliefs, "volume.revenue")
    ahead = fit_outlook(reported.to_numpy(), len(fiscal) - len(reported), guided, prior=prior)
    spans = pd.DatetimeIndex(fiscal["period_start"]), pd.DatetimeIndex(fiscal["period_end"])
    first = int(quarters.searchsorted(reported.index[-1] + pd.Timedelta(days=1)))
    about, figure_sd = share_prior(known.beliefs, "share.compute"), known.beliefs["compute.figure_sd"]
    compute = _compute_share(observations, quarters, figure_sd, about)
    return RevenueFit(
        quarters, reported, overlap_weights(*spans, quarters), ahead, read_buyers(observations), compute, first,
        _company_ratio(observations, reported),
    )  # fmt: skip


def draw_revenue(fit: RevenueFit, sampling: Sampling) -> Revenue:
    """Draw revenue after the reported quarters, and map fiscal quarters to calendar quarters.

    Parameters
    ----------
    fit
        From :func:`fit_revenue`.
    sampling
        Draws, seed, and the assumptions about what buyers can fund.

    Returns
    -------
    Revenue
        Wanted total and compute, and what can be funded [USD/quarter], shape (draws, quarters).

    Raises
    ------
    ValueError
        If an assumption about what buyers can fund is missing.
    """
    draws, reported = sampling.draws, fit.reported.to_numpy()
    future = draw_outlook(fit.ahead, draws=draws, seed=sampling.seed, name="revenue")
    total = np.hstack([np.broadcast_to(reported, (draws, len(reported))), future]) @ fit.weights
    share = _drawn_compute(fit.compute, draws, sampling.seed)
    most = np.full(total.shape, np.inf)
    ahead = fit.quarters[fit.first_forecast :]
    most[:, fit.first_forecast :] = fundable(fit.buyers, ahead, sampling.assumed, paid=fit.reported, draws=draws)
    return Revenue(
        fit.quarters, total, total * share, most, fit.ahead.after, fit.first_forecast, fit.company_ratio
    )  # fmt: skip


@once
def _drawn_compute(state: ShareState, draws: int, seed: int) -> Array:
    return state.simulate(draws, stream(seed, "compute_share"))[0]


def _company_ratio(observations: DataFrame[Observations], reported: pd.Series) -> float:
    company = select(observations, measure="revenue", definition="company_total", stage="flow")
    days = (company["period_end"] - company["period_start"]).dt.days
    quarterly = company[days < LONGEST_QUARTER].set_index("period_end")["value"]
    ratio = (quarterly / reported).dropna()
    return float(ratio.iloc[-1]) if len(ratio) else float("nan")


@once
def _compute_share(
    observations: DataFrame[Observations], quarters: pd.DatetimeIndex, figure_sd: float, prior: SharePrior
) -> ShareState:
    """Fit compute's share of data-centre revenue, a state read from the quarters that report both."""
    keys = ["period_start", "period_end"]
    rows = select(observations, measure="revenue", vendor=VENDOR, stage="flow", segment="all")
    compute, networking = (
        select(rows, definition=f"data_center_{part}").set_index(keys)["value"] for part in ("compute", "networking")
    )
    share = (compute / (compute + networking)).dropna().rename("value").reset_index()
    share = share[(share["period_end"] - share["period_start"]).dt.days < LONGEST_QUARTER]
    share = share.assign(sd=figure_sd, bound="=", definition="reported")
    return fit_share_state(share, quarters, reference="reported", prior=prior)
