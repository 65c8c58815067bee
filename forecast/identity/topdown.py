"""Top-down view: data-centre revenue -> price -> accelerators shipped -> installed base -> GPU-hours, by leaf.

The strong view: reported revenue, a share of it by segment, a price by generation held to an independent estimate of
H100-equivalents shipped, survival, and utilisation. Calendar quarters throughout; reported fiscal quarters are mapped
day by day, conserving totals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.asof import latest_vintage
from shiftcast.features.calendars import calendar_quarters, hours_in, nvidia_quarters, overlap_weights
from shiftcast.features.input_error import InputError
from shiftcast.features.series import fiscal_revenue, select
from shiftcast.forecast.draws import Assumptions, normals, stream
from shiftcast.forecast.hardware.fleet import (
    WEIBULL_SHAPE,
    Fleet,
    arrival,
    follow_cohorts,
    generation_mix,
    weibull_survival,
)
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.identity.meeting import condition
from shiftcast.forecast.leaves import LEAVES
from shiftcast.forecast.split.leaf_state import hear_leaves
from shiftcast.forecast.split.membership import as_saved
from shiftcast.forecast.split.share import LEAF_DRIFT, Split, draw_split, leaf_weights
from shiftcast.forecast.statements.state import SharePrior, fit_share_state
from shiftcast.forecast.volume import VolumeFit, draw_volume, fit_volume

FIRST_QUARTER: Final = "2015Q1"
LEAF_NAMES: Final = tuple(leaf for leaves in LEAVES.values() for leaf in leaves)
_QUARTER_DAYS: Final = 120


@dataclass(frozen=True)
class Revenue:
    """Data-centre revenue by calendar quarter.

    Attributes
    ----------
    quarters
        Quarter ends from 2015Q1.
    total, compute
        US dollars a quarter, shape (draws, quarters); history is known, the future drawn.
    fit
        What ships for the fiscal series.
    first_forecast
        Position of the first quarter that is not wholly reported.
    company_ratio
        The vendor's whole revenue over data-centre revenue, last quarter that reports both.
    """

    quarters: pd.DatetimeIndex
    total: Array
    compute: Array
    fit: VolumeFit
    first_forecast: int
    company_ratio: float


@dataclass(frozen=True)
class TopDown:
    """The strong view, on ``revenue.quarters``; leaves in the order of :data:`LEAF_NAMES`.

    Attributes
    ----------
    revenue, split
        The two terms it starts from.
    spending
        US dollars a quarter, shape (draws, quarters, leaves).
    fleet
        Accelerators, shape (draws, quarters, leaves, generations).
    hours
        Busy accelerator-hours a quarter, shape (draws, quarters, leaves).
    megawatts
        Facility power of the live fleet, shape (draws, quarters, leaves).
    price
        US dollars an accelerator after meeting the independent estimate, shape (draws, generations).
    h100e_gap
        Independent H100-equivalents over those implied before they met [ratio]; missing if none was known.
    leaf_news
        What statements about leaves moved (:class:`forecast.split.leaf_state.Leaves`).
    """

    revenue: Revenue
    split: Split
    spending: Array
    fleet: Fleet
    hours: Array
    megawatts: Array
    price: Array
    h100e_gap: float
    leaf_news: pd.DataFrame


def draw_revenue(observations: pd.DataFrame, *, origin: pd.Timestamp, through: str, draws: int, seed: int) -> Revenue:
    """Forecast reported revenue by fiscal quarter and map it to calendar quarters.

    Raises
    ------
    ValueError
        If no revenue is known, or ``through`` does not reach past what is reported.
    """
    reported = fiscal_revenue(observations, "data_center", origin)
    quarters = calendar_quarters(FIRST_QUARTER, through)
    fiscal = nvidia_quarters(quarters[-1])
    fiscal = fiscal[fiscal["period_end"] >= reported.index[0]]
    ahead = len(fiscal) - len(reported)
    if quarters[-1] <= reported.index[-1]:
        raise InputError(f"revenue is reported to {reported.index[-1]:%Y-%m-%d}; forecast through a quarter after it")
    fit = fit_volume(reported.to_numpy(), ahead)
    future = draw_volume(fit, draws=draws, random=stream(seed, "revenue"))
    whole = np.hstack([np.broadcast_to(reported.to_numpy(), (draws, len(reported))), future])
    ends = pd.DatetimeIndex(fiscal["period_end"])
    weights = overlap_weights(pd.DatetimeIndex(fiscal["period_start"]), ends, quarters)
    share = _compute_share(observations, quarters, draws=draws, seed=seed)
    total = whole @ weights
    first = int(quarters.searchsorted(reported.index[-1] + pd.Timedelta(days=1)))
    return Revenue(quarters, total, total * share, fit, first, _company_ratio(observations, reported, origin))


def _company_ratio(observations: pd.DataFrame, reported: pd.Series, origin: pd.Timestamp) -> float:
    company = select(observations, measure="revenue", definition="company_total", stage="flow")
    days = (company["period_end"] - company["period_start"]).dt.days
    quarterly = latest_vintage(company[days < _QUARTER_DAYS]).set_index("period_end")["value"]
    ratio = (quarterly / reported).dropna()
    return float(ratio.iloc[-1]) if len(ratio) else float("nan")


def _compute_share(observations: pd.DataFrame, quarters: pd.DatetimeIndex, *, draws: int, seed: int) -> Array:
    """Draw compute's share of data-centre revenue, a state read from the quarters that report both."""
    keys = ["period_start", "period_end"]
    rows = select(observations, measure="revenue", vendor="nvidia", stage="flow", segment="all")
    compute, networking = (
        latest_vintage(select(rows, definition=f"data_center_{part}")).set_index(keys)["value"]
        for part in ("compute", "networking")
    )
    share = (compute / (compute + networking)).dropna().rename("value").reset_index()
    share = share[(share["period_end"] - share["period_start"]).dt.days < _QUARTER_DAYS]
    share = share.assign(sd=0.002, bound="=", definition="reported")
    prior = SharePrior(mid=0.8, sd=0.3, volatility=0.1, volatility_sd_log=0.4)
    state = fit_share_state(share, quarters, reference="reported", prior=prior)
    return state.simulate(draws, stream(seed, "compute_share"))[0]


def draw_top_down(
    observations: pd.DataFrame,
    generations: Generations,
    assumed: Assumptions,
    *,
    origin: pd.Timestamp,
    through: str,
    draws: int,
    seed: int,
    memberships: pd.DataFrame | None = None,
) -> TopDown:
    """Draw the whole top-down view at an origin from what was known there, firms counted where memberships put them.

    Raises
    ------
    ValueError
        Naming the data that is missing at the origin.
    """
    revenue = draw_revenue(observations, origin=origin, through=through, draws=draws, seed=seed)
    split = draw_split(observations, revenue.quarters, draws=draws, seed=seed)
    if memberships is not None:
        split = as_saved(split, revenue.total, observations, memberships, assumed, revenue.quarters)
    weights, news = _leaf_weights(observations, revenue, split.share, assumed, seed=seed)
    mix = _mix(generations, revenue.quarters, assumed)
    price, gap = _price(observations, generations, revenue, mix, assumed, seed=seed)
    units = revenue.compute[:, :, None] * mix / price[:, None, :]
    own = assumed["vendor_internal.share"][:, None, None]
    shipped = np.concatenate([weights[..., None] * units[:, :, None, :], (own * units)[:, :, None, :]], axis=2)
    fleet = _fleet(shipped, assumed)
    spending = np.concatenate([weights * revenue.total[..., None], np.zeros((draws, len(revenue.quarters), 1))], axis=2)
    hours = fleet.live.sum(axis=-1) * hours_in(revenue.quarters)[None, :, None] * _utilisation(assumed)
    power = (fleet.live * generations.it_kw).sum(axis=-1) * np.maximum(assumed["power.pue"], 1.0)[:, None, None] / 1e3
    return TopDown(revenue, split, spending, fleet, hours, power, price, gap, news)


def _leaf_weights(
    observations: pd.DataFrame, revenue: Revenue, share: Array, assumed: Assumptions, *, seed: int
) -> tuple[Array, pd.DataFrame]:
    """Return each leaf's share of revenue, shape (draws, quarters, leaves sold to), and what statements moved."""
    quarters = revenue.quarters
    base = revenue.first_forecast - 1
    inside, news = {}, []
    for segment, part in (("hyperscale", share), ("rest", 1 - share)):
        weights = leaf_weights(assumed, segment, len(quarters), base_period=base, seed=seed)
        side = part * revenue.total
        found = hear_leaves(weights, LEAF_DRIFT, base, observations, LEAVES[segment], side, quarters, seed=seed)
        inside[segment] = part[..., None] * found.share
        news.append(found.news)
    return np.concatenate([inside["hyperscale"], inside["rest"]], axis=2), pd.concat(news, ignore_index=True)


def _mix(generations: Generations, quarters: pd.DatetimeIndex, assumed: Assumptions) -> Array:
    time = np.arange(len(quarters), dtype=np.float64)
    start = quarters.searchsorted(generations.available_at[1:])
    lag = [assumed.get(f"ramp.lag.{name}", "ramp.lag") for name in generations.names[1:]]
    middles = start[None, :] + np.stack(lag, axis=-1)
    return generation_mix(time, middles, assumed["ramp.width"])


def _price(
    observations: pd.DataFrame,
    generations: Generations,
    revenue: Revenue,
    mix: Array,
    assumed: Assumptions,
    *,
    seed: int,
) -> tuple[Array, float]:
    """Draw prices by generation and hold them to the independent H100-equivalents shipped, where known."""
    draws = len(mix)
    noise = np.stack([normals(seed, f"price.{name}", draws) for name in generations.names], axis=-1)
    logs = np.log(generations.price) + generations.price_sd_log * noise + np.log(assumed["price.level"])[:, None]
    window, observed = _independent_h100e(observations, revenue.quarters)
    if not window.any():
        return np.exp(logs), float("nan")
    units = revenue.compute[:, :, None] * mix / np.exp(logs)[:, None, :]
    implied = np.log((units[:, window] * generations.h100e).sum(axis=(1, 2)))
    sd = float(np.log1p(assumed["price.h100e_sd"].mean()))
    moved = condition(logs, implied, float(np.log(observed)), sd, normals(seed, "price.h100e", draws))
    return np.exp(moved), float(observed / np.exp(np.median(implied)))


def _independent_h100e(observations: pd.DataFrame, quarters: pd.DatetimeIndex) -> tuple[Array, float]:
    """Return the quarters covered by the latest owner estimates, and H100-equivalents shipped over them."""
    rows = latest_vintage(select(observations, measure="h100e", definition="epoch_owners", stage="stock"))
    if rows.empty:
        return np.zeros(len(quarters), dtype=bool), float("nan")
    last = rows["period_end"].max()
    final = rows[rows["period_end"] == last]
    window = (quarters >= final["period_start"].min()) & (quarters <= last)
    return np.asarray(window), float(final["value"].sum())


def _fleet(shipped: Array, assumed: Assumptions) -> Fleet:
    ages = np.arange(shipped.shape[1], dtype=np.float64) + 0.5
    survival = weibull_survival(ages, 4 * assumed["fleet.life"], WEIBULL_SHAPE)
    return follow_cohorts(shipped, survival, arrival(ages, assumed["fleet.lag"]))


def _utilisation(assumed: Assumptions) -> Array:
    """Return availability times mean utilisation of the live fleet, shape (draws, 1, leaves)."""
    used = np.stack([assumed[f"utilisation.{leaf}"] for leaf in LEAF_NAMES], axis=-1)
    return used[:, None, :]
