"""Tokens of the world a quarter: stated series that do not overlap, each with its forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import days_in
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.series import quarterly_levels, select
from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.once import once
from shiftcast.forecast.volume import SeriesPrior, VolumeFit, draw_volume, fit_volume


@dataclass(frozen=True)
class TokenFit:
    """One stated series and its forecast.

    Attributes
    ----------
    operator
        Who states it.
    start
        Position of its first quarter among those covered.
    level
        Tokens a day as stated, shape (quarters stated,).
    ahead
        What ships for the quarters after them; ``None`` if they reach the horizon.
    """

    operator: str
    start: int
    level: Array
    ahead: VolumeFit | None


@once
def fit_tokens(
    observations: DataFrame[Observations], quarters: pd.DatetimeIndex, series: Mapping[str, str], prior: SeriesPrior
) -> tuple[TokenFit, ...]:
    """Fit every stated series of tokens.

    Parameters
    ----------
    observations
        Observation rows known at the origin, one a figure.
    quarters
        Ends of the quarters to cover.
    series
        Operator to the definition of its stated tokens (:class:`forecast.market.operators.Operators`).
    prior
        Beliefs about the error of a stated series.

    Returns
    -------
    tuple of TokenFit
        None of an operator who stated fewer than two figures.
    """
    fits = []
    for operator, surface in series.items():
        rows = select(observations, measure="tokens", operator=operator, definition=surface)
        if rows["period_end"].nunique() < 2:
            continue
        stated = quarterly_levels(rows, quarters)
        start, level = int(quarters.get_loc(stated.index[0])), stated.to_numpy()
        ahead = len(quarters) - start - len(level)
        fit = fit_volume(level, ahead, prior=prior) if ahead else None
        fits.append(TokenFit(operator, start, level, fit))
    return tuple(fits)


def draw_tokens(fits: tuple[TokenFit, ...], sampling: Sampling) -> Array | None:
    """Draw the world's tokens a quarter: the stated series and their forecasts, times their coverage.

    Parameters
    ----------
    fits
        One a stated series, from :func:`fit_tokens`.
    sampling
        Draws, seed and quarters, and the assumption ``tokens.coverage``.

    Returns
    -------
    ndarray or None
        Tokens a quarter, shape (draws, quarters); zero before the first statement; ``None`` if no source stated two
        figures.
    """
    total, days = np.zeros((sampling.draws, len(sampling.quarters))), days_in(sampling.quarters)
    for fit in fits:
        now = fit.start + len(fit.level)
        total[:, fit.start : now] += fit.level * days[fit.start : now]
        if fit.ahead is not None:
            path = draw_volume(fit.ahead, draws=sampling.draws, random=sampling.stream(f"tokens.{fit.operator}"))
            total[:, now:] += path * days[now:]
    return total * sampling.assumed["tokens.coverage"][:, None] if total.any() else None
