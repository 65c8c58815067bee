"""The split restated with a firm on the other side, from a record: one answer for every door."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.membership import side_of
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.identity.revenue import draw_revenue, fit_revenue
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.split.membership import as_saved, saved_moves
from shiftcast.forecast.split.relabel import Relabelled, purchases, relabel
from shiftcast.forecast.split.share import REFERENCE, draw_split, split_state


def relabelled(
    known: Known, settings: Settings, firm: str, to: str, *, valid_from: pd.Timestamp | None = None
) -> Relabelled:  # fmt: skip
    """Move a firm to the other side of the split as it stands with saved memberships.

    Parameters
    ----------
    known
        The record cut to an origin.
    settings
        Draws, seed and horizon.
    firm, to
        Who moves, and to ``hyperscale`` or ``rest``.
    valid_from
        First day it counts there; all of history if not given.

    Raises
    ------
    ValueError
        If the firm is not known or already counts on that side.
    """
    now = side_of(known.memberships, firm, REFERENCE)
    if now == to:
        raise ValueError(f"firm {firm!r} already counts as {to} under {REFERENCE}; name the other side")
    fit = fit_revenue(known, settings.through)
    assumed = sample_assumptions(known.assumptions, draws=settings.draws, seed=settings.seed)
    sampling = Sampling(fit.quarters, settings.draws, settings.seed, assumed)
    revenue = draw_revenue(fit, sampling)
    split = draw_split(split_state(known.observations, fit.quarters), sampling)
    moves = saved_moves(known.memberships, fit.quarters)
    split = as_saved(split, revenue.total, known.observations, moves, sampling)
    bought = purchases(known.observations, assumed, firm, revenue.quarters)
    since = None if valid_from is None else np.asarray(revenue.quarters >= valid_from)
    return relabel(split, revenue.total, bought, revenue.quarters, firm=firm, to=to, since=since)
