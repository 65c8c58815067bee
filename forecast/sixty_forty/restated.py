"""The split restated with a firm on the other side, from a record: one answer for every door."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.features.membership import side_of
from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.identity.topdown import draw_revenue
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.split.membership import as_saved
from shiftcast.forecast.split.relabel import Relabelled, purchases, relabel
from shiftcast.forecast.split.share import REFERENCE, draw_split


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
        raise InputError(f"firm {firm!r} already counts as {to} under {REFERENCE}; name the other side")
    revenue = draw_revenue(
        known.observations, origin=known.origin, through=settings.through, draws=settings.draws, seed=settings.seed
    )
    assumed = sample_assumptions(known.assumptions, draws=settings.draws, seed=settings.seed)
    split = draw_split(known.observations, revenue.quarters, draws=settings.draws, seed=settings.seed)
    split = as_saved(split, revenue.total, known.observations, known.memberships, assumed, revenue.quarters)
    bought = purchases(known.observations, assumed, firm, revenue.quarters)
    since = None if valid_from is None else np.asarray(revenue.quarters >= valid_from)
    return relabel(split, revenue.total, bought, revenue.quarters, firm=firm, to=to, since=since)
