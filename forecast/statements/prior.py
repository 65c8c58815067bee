"""Beliefs about a share before any statement about it."""

from __future__ import annotations

from dataclasses import dataclass

from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.statements.wording import Hearing


@dataclass(frozen=True)
class SharePrior:
    """Beliefs about a share before any statement.

    Attributes
    ----------
    mid, sd
        Median share at the first quarter, and its standard deviation on the logit scale.
    volatility, volatility_sd_log
        Median of the level's standard deviation a quarter [logit], and its log standard deviation.
    hearing
        What statements about it mean as worded.
    trend, trend_sd
        Mean and standard deviation of the logit change a quarter at the first quarter; no trend where left out.
    damping
        Share of the trend that is left a quarter later.
    trend_volatility
        Standard deviation of the trend's change a quarter [logit].
    """

    mid: float
    sd: float
    volatility: float
    volatility_sd_log: float
    hearing: Hearing
    trend: float = 0.0
    trend_sd: float = 0.0
    damping: float = 1.0
    trend_volatility: float = 0.0


def share_prior(beliefs: Beliefs, name: str) -> SharePrior:
    """Return the beliefs about a share.

    Parameters
    ----------
    beliefs
        Of the record.
    name
        What their names begin with, such as ``share.split``.

    Returns
    -------
    SharePrior
        From rows of that name, and rows ``statements.*`` on what wording means.

    Raises
    ------
    ValueError
        If there are no such rows.
    """
    return SharePrior(**beliefs.of(name), hearing=Hearing(**beliefs.of("statements")))
