"""Fit of the demand identity: all that follows from the record and the horizon alone, before anything is drawn.

Drawing takes it as it is, so modes of the split, other seeds and tests fit once and draw often.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import select
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.hardware.equivalents import UNIT
from shiftcast.forecast.hardware.generations import Generations
from shiftcast.forecast.hardware.placement import check_placement
from shiftcast.forecast.identity.bottomup import BottomUpFit, fit_bottom_up
from shiftcast.forecast.identity.intensity import check_intensity
from shiftcast.forecast.identity.sold import TopDownFit, fit_top_down
from shiftcast.forecast.known import Known
from shiftcast.forecast.split.share import split_state, split_statements
from shiftcast.forecast.statements.prior import share_prior

MIN_REVENUE: Final = 24  # quarters


@dataclass(frozen=True)
class WorldFit:
    """The fitted terms of both views at one origin; no draw and no seed is in it.

    Attributes
    ----------
    known
        The record cut to the origin.
    top_down, bottom_up
        Terms of the two views.
    """

    known: Known
    top_down: TopDownFit
    bottom_up: BottomUpFit

    @property
    def quarters(self) -> pd.DatetimeIndex:
        """Ends of the quarters it covers, history first."""
        return self.top_down.revenue.quarters

    @property
    def generations(self) -> Generations:
        """The fleet's generations."""
        return self.top_down.generations

    def sampling(self, draws: int, seed: int) -> Sampling:
        """Return the settings of one draw of the fit: its quarters, and its assumptions drawn.

        Parameters
        ----------
        draws
            Joint draws, at least 1.
        seed
            Of the named streams.

        Returns
        -------
        Sampling
            With the assumptions of the record drawn, shape (draws,) each.
        """
        return Sampling(self.quarters, draws, seed, sample_assumptions(self.known.assumptions, draws=draws, seed=seed))


def fit_world(known: Known, through: str) -> WorldFit:
    """Fit the demand identity at an origin.

    Parameters
    ----------
    known
        The record cut to the origin.
    through
        Last quarter to forecast, such as ``2028Q4``.

    Returns
    -------
    WorldFit
        Fitted terms of both views.

    Raises
    ------
    ValueError
        Naming the data that was not known at the origin.
    """
    _require(known)
    top = fit_top_down(known, through)
    return WorldFit(known, top, fit_bottom_up(known, top.generations, top.revenue.quarters))


def with_split(fit: WorldFit, observations: DataFrame[Observations]) -> WorldFit:
    """Return the fit with the state of the split fitted to other rows; all other terms stay.

    Parameters
    ----------
    fit
        A fit of the whole record.
    observations
        Its observations, but for rows about the split (:func:`forecast.split.share.is_about_split`), which no other
        term is fitted to.

    Returns
    -------
    WorldFit
        A new fit; the one given is left as it is.

    Raises
    ------
    ValueError
        If they hold no statement about the split.
    """
    prior = share_prior(fit.known.beliefs, "share.split")
    state = split_state(observations, fit.quarters, market=fit.known.market, prior=prior)
    return replace(fit, top_down=replace(fit.top_down, split=state))


def _require(known: Known) -> None:
    """Raise if a figure that every forecast starts from was not known, naming all that were not."""
    revenue = select(known.observations, measure="revenue", vendor=VENDOR, definition="data_center", stage="flow")
    check_intensity(known.assumptions, known.registry)
    check_placement(known.assumptions, known.registry, known.market.chips)
    unit = UNIT in set(known.hardware["accelerator"])
    needed = {
        f"{MIN_REVENUE} quarters of {VENDOR.upper()} data-centre revenue": len(revenue) >= MIN_REVENUE,
        "a statement about the hyperscale share of it": len(split_statements(known.observations, known.market)) > 0,
        f"the {UNIT} row of the hardware catalogue, the unit of equivalents": unit,
    }
    missing = [name for name, found in needed.items() if not found]
    if missing:
        raise InputError(
            f"origin {known.origin:%Y-%m-%d} is before data that a forecast needs: {'; '.join(missing)}; "
            "choose a later origin or add rows to the record"
        )
