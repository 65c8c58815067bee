"""Restate the split with a firm on the other side, from a fit of the record; every interface gives this answer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.features.membership import side_of
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.identity.revenue import draw_revenue
from shiftcast.forecast.identity.sold import TopDownFit
from shiftcast.forecast.known import Settings
from shiftcast.forecast.split.membership import as_saved
from shiftcast.forecast.split.relabel import Relabelled, purchases, relabel
from shiftcast.forecast.split.share import draw_split


def relabelled(
    fit: TopDownFit, settings: Settings, firm: str, to: str, *, valid_from: pd.Timestamp | None = None
) -> Relabelled:  # fmt: skip
    """Move a firm to the other side of the split as it stands with saved memberships.

    Parameters
    ----------
    fit
        The fit of the top-down view at an origin.
    settings
        Draws and seed; the horizon is the fit's.
    firm, to
        Who moves, and to ``hyperscale`` or ``rest``.
    valid_from
        First day it counts there; all of history if not given.

    Returns
    -------
    Relabelled
        The split by quarter, before and after.

    Raises
    ------
    ValueError
        If the firm is not known or already counts on that side.
    """
    known, quarters, market = fit.known, fit.revenue.quarters, fit.known.market
    reference = market.split.reference
    now = side_of(known.memberships, firm, reference)
    if now == to:
        raise InputError(f"firm {firm!r} already counts as {to} under {reference}; name the other side")
    assumed = sample_assumptions(known.assumptions, draws=settings.draws, seed=settings.seed)
    sampling = Sampling(quarters, settings.draws, settings.seed, assumed)
    revenue, split = draw_revenue(fit.revenue, sampling), draw_split(fit.split, market.split, sampling)
    split = as_saved(split, revenue.total, known.observations, fit.moves, sampling, market=market)
    bought = purchases(known.observations, assumed, firm, quarters, market=market)
    since = None if valid_from is None else np.asarray(quarters >= valid_from)
    return relabel(split, revenue.total, bought, quarters, firm=firm, to=to, since=since)
