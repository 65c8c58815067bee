"""Past origins of data-centre revenue: the live forecast and the naive ones as they would have been made there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.asof import known_by, latest_known
from shiftcast.features.calendars import QUARTER_DAYS, nvidia_quarters
from shiftcast.features.frames import ALL, AssumptionRows, DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import fiscal_revenue, select
from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.identity.guidance import GuidedQuarter, guidance_prior, guided_quarter
from shiftcast.forecast.identity.outlook import Outlook, draw_outlook, fit_outlook
from shiftcast.forecast.supply.cut import soft_minimum
from shiftcast.forecast.supply.funding import ROWS, WIDTH, Buyers, fundable, read_buyers
from shiftcast.forecast.volume import SeriesPrior

HORIZON: Final = 8  # quarters
FIRST_ORIGIN: Final = 20  # quarters of history at the first origin
MODEL: Final = "shiftcast"
NAIVE: Final = "last_value"
BENCHMARKS: Final = (NAIVE, "drift")
GUIDED: Final = ("last_value_guided", "drift_guided")


class Way(NamedTuple):
    """How a forecast is made.

    Attributes
    ----------
    members
        Members it takes; all where left out. Each way has the spread prior of the model, and keeps its own lean.
    guided
        Whether guidance is its next quarter.
    bounded
        Whether it is cut to what buyers can fund.
    symmetric
        Whether past errors are made symmetric instead of keeping their lean.
    """

    members: tuple[str, ...] | None = None
    guided: bool = True
    bounded: bool = False
    symmetric: bool = False


WAYS: Final[Mapping[str, Way]] = {
    MODEL: Way(bounded=True),
    **{name: Way((name,), guided=False) for name in BENCHMARKS},
    **{name: Way((name.removesuffix("_guided"),)) for name in GUIDED},
}


@dataclass(frozen=True)
class PastOrigin:
    """One past origin: what was known there.

    Attributes
    ----------
    made
        Day the last quarter of the history became known.
    reported
        Revenue known then [USD] by the last day of the fiscal quarter.
    guided
        The quarter after it, where it was guided.
    buyers
        What buyers had earned and invested.
    assumptions
        Rows of what buyers can fund; judgements of today.
    prior
        Beliefs about the error of revenue, of the model and of every naive forecast.
    """

    made: pd.Timestamp
    reported: pd.Series
    guided: GuidedQuarter | None
    buyers: Buyers | None
    assumptions: DataFrame[AssumptionRows]
    prior: SeriesPrior

    @property
    def history(self) -> Array:
        """Reported revenue known then [USD], shape (quarters,)."""
        return np.asarray(self.reported, dtype=np.float64)

    @property
    def ahead(self) -> pd.DatetimeIndex:
        """Last days of the fiscal quarters ahead, :data:`HORIZON` of them."""
        last = self.reported.index[-1]
        ends = pd.DatetimeIndex(nvidia_quarters(last + pd.Timedelta(days=HORIZON * QUARTER_DAYS))["period_end"])
        return ends[ends > last][:HORIZON]

    def fit(self, way: Way, *, prior: SeriesPrior | None = None) -> Outlook:
        """Return the forecast fitted in one way, by the function that ships.

        Parameters
        ----------
        way
            How it is made.
        prior
            Other beliefs about the error than those of the origin.
        """
        return fit_outlook(
            self.history, HORIZON, self.guided if way.guided else None, prior=prior or self.prior, members=way.members,
            symmetric=way.symmetric,
        )  # fmt: skip

    def draw(self, outlook: Outlook, way: Way, *, draws: int, seed: int) -> Array:
        """Return draws of revenue ahead [USD], shape (draws, horizon); all ways share their random numbers.

        Parameters
        ----------
        outlook
            From :meth:`fit`, in the same way.
        way
            How it is made.
        draws
            Number of draws.
        seed
            Of the streams, named after the length of the history.

        Returns
        -------
        ndarray, shape (draws, horizon)
            Revenue [USD/quarter].
        """
        wanted = draw_outlook(outlook, draws=draws, seed=seed, name=f"backtest.{len(self.reported)}")
        if not way.bounded:
            return wanted
        assumed = sample_assumptions(self.assumptions, draws=draws, seed=seed)
        most = fundable(self.buyers, self.ahead, assumed, paid=self.reported, draws=draws)
        return soft_minimum(wanted, [most], assumed[WIDTH][:, None])


@dataclass(frozen=True)
class FittedOrigin:
    """A past origin with its forecasts.

    Attributes
    ----------
    past
        What was known.
    fits
        Model and naive forecasts to their fits, the keys of :data:`WAYS`.
    """

    past: PastOrigin
    fits: Mapping[str, Outlook]

    def paths(self, model: str, *, draws: int, seed: int) -> Array:
        """Return draws of revenue ahead by one of the forecasts [USD], shape (draws, horizon).

        Parameters
        ----------
        model
            A key of :attr:`fits`.
        draws, seed
            As :meth:`PastOrigin.draw` takes them.

        Returns
        -------
        ndarray, shape (draws, horizon)
            Revenue [USD/quarter].
        """
        return self.past.draw(self.fits[model], WAYS[model], draws=draws, seed=seed)


def reported_revenue(observations: DataFrame[Observations], origin: pd.Timestamp) -> pd.Series:
    """Return data-centre revenue known at an origin [USD], by the last day of the fiscal quarter.

    Parameters
    ----------
    observations
        Every vintage known by the origin.
    origin
        Last day of knowledge.

    Returns
    -------
    Series
        Revenue [USD/quarter] by last day of the fiscal quarter.

    Raises
    ------
    ValueError
        If the history is too short for one past origin.
    """
    actual = fiscal_revenue(latest_known(observations, origin), "data_center", origin)
    if len(actual) <= FIRST_ORIGIN:
        raise InputError(
            f"{len(actual)} quarters of revenue are known on {origin:%Y-%m-%d}; a backtest needs more than "
            f"{FIRST_ORIGIN}: choose a later origin"
        )
    return actual


def first_known(observations: DataFrame[Observations]) -> pd.Series:
    """Return the day each quarter's data-centre revenue became known, by the last day of the quarter.

    A part of it, such as a segment's, can be known days before or after.

    Parameters
    ----------
    observations
        Every vintage.

    Returns
    -------
    Series
        First ``known_at`` by ``period_end``, UTC.
    """
    rows = select(observations, measure="revenue", vendor=VENDOR, definition="data_center", stage="flow", segment=ALL)
    return rows.groupby("period_end")["known_at"].min()


def past_origins(
    observations: DataFrame[Observations], actual: pd.Series, assumptions: DataFrame[AssumptionRows], prior: SeriesPrior
) -> Iterator[PastOrigin]:
    """Yield every past origin that has a quarter of ``actual`` ahead of it, with what was known there.

    Parameters
    ----------
    observations
        Every vintage.
    actual
        From :func:`reported_revenue`.
    assumptions
        Of today: what is believed of guidance, and what buyers can fund.
    prior
        Beliefs about the error of revenue.

    Returns
    -------
    Iterator of PastOrigin
        Oldest first.

    Raises
    ------
    ValueError
        If a belief about guidance is missing.
    """
    days, about = first_known(observations), guidance_prior(assumptions)
    rows = assumptions[assumptions["name"].str.startswith(f"{ROWS}.")]
    for length in range(FIRST_ORIGIN, len(actual)):
        made = pd.Timestamp(days[actual.index[length - 1]])
        vintages, known = known_by(observations, made), latest_known(observations, made)
        reported = fiscal_revenue(known, "data_center", made)
        yield PastOrigin(made, reported, guided_quarter(vintages, reported, about), read_buyers(known), rows, prior)


def fitted_origins(
    observations: DataFrame[Observations], actual: pd.Series, assumptions: DataFrame[AssumptionRows], prior: SeriesPrior
) -> Iterator[FittedOrigin]:
    """Yield every past origin (:func:`past_origins`) with the live forecast and the naive ones fitted there.

    Parameters
    ----------
    observations, actual, assumptions, prior
        As :func:`past_origins` takes them.

    Returns
    -------
    Iterator of FittedOrigin
        Oldest first.

    Raises
    ------
    ValueError
        If a belief about guidance is missing.
    """
    for past in past_origins(observations, actual, assumptions, prior):
        yield FittedOrigin(past, {name: past.fit(way) for name, way in WAYS.items()})
