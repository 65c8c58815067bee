"""Modes of treating a claimed share, as the observations that each lets the split be fitted to.

``free`` is fitted to every statement but the claim. ``prior`` takes the claim as belief and is fitted only to what was
published after it. ``observation`` takes it as one more statement under a definition of its own. ``soft`` and ``fixed``
are imposed on the free draws afterwards (:mod:`forecast.sixty_forty.impose`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.forecast.known import Known
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.split.share import is_about_split, split_statements
from shiftcast.forecast.views.contracted import TOTALS

MODES: Final = ("free", "prior", "observation", "soft", "fixed")


@dataclass(frozen=True)
class Imposed:
    """A share to impose, and how firmly.

    Attributes
    ----------
    mode
        One of :data:`MODES`.
    share
        The share claimed, in (0, 1).
    strength
        Standard deviation [logit] of the prior or the soft target.
    keep_total
        Whether the total of both sides may not move.
    """

    mode: str
    share: float
    strength: float = 0.1
    keep_total: bool = True

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InputError(f"mode {self.mode!r} is not known; choose one of {', '.join(MODES)}")
        if not 0 < self.share < 1:
            raise InputError(f"share {self.share:g} is not between 0 and 1; give 0.6 for 60 %")
        if not self.strength >= 0:
            raise InputError(f"strength {self.strength:g} is below 0; it is a standard deviation on the logit scale")


def claimed_share(observations: DataFrame[Observations], market: Market) -> float | None:
    """Return the share last claimed, of what is known; None if there is no such claim.

    Parameters
    ----------
    observations
        Observation rows, cut to an origin.
    market
        Which definitions are claims.

    Returns
    -------
    float or None
        Share [share].
    """
    rows = _claims(observations, market)
    return None if rows.empty else float(rows["value"].iloc[-1])


def imposed_as(
    known: Known, mode: str, *, share: float | None = None, strength: float = 0.1, total: str = "kept"
) -> Imposed:  # fmt: skip
    """Return what is imposed, with the share last claimed where none is given.

    Parameters
    ----------
    known
        The record cut to an origin.
    mode
        ``free, prior, observation, soft`` or ``fixed``.
    share
        Share to impose [share], in (0, 1); the one last claimed if not given.
    strength
        Standard deviation of a prior or soft target [logit].
    total
        ``kept`` or ``moves``.

    Returns
    -------
    Imposed
        Checked settings.

    Raises
    ------
    ValueError
        Naming the argument at fault, or that no share had been claimed by then.
    """
    if total not in TOTALS:
        raise InputError(f"total {total!r} is not known; choose one of {', '.join(TOTALS)}")
    claimed = share if share is not None else claimed_share(known.observations, known.market)
    if claimed is None:
        raise InputError(f"no share had been claimed by {known.origin:%Y-%m-%d}; give one, such as a share of 0.55")
    return Imposed(mode, claimed, strength, total == "kept")


def observations_under(
    observations: DataFrame[Observations], imposed: Imposed, market: Market
) -> DataFrame[Observations]:
    """Return the observations that a mode lets the split be fitted to.

    Parameters
    ----------
    observations
        Observation rows, already cut to an origin.
    imposed
        The mode; for a prior also the share and its strength.
    market
        Which definitions are claims.

    Returns
    -------
    DataFrame
        Observation rows.

    Raises
    ------
    ValueError
        If a prior is asked for and no claim was known.
    """
    claims = _claims(observations, market)
    rest: DataFrame[Observations] = observations[~_is_claim(observations, market)].reset_index(drop=True)
    if imposed.mode == "observation":
        return observations
    if imposed.mode != "prior":
        return rest
    if claims.empty:
        raise InputError("mode 'prior' needs the claim, which was not known at this origin; choose a later --as-of")
    claim = claims.iloc[[-1]]
    believed = claim.assign(
        value=imposed.share, sd=max(imposed.strength, 1e-4) * imposed.share * (1 - imposed.share),
        bound="~", definition=market.split.reference,
    )  # fmt: skip
    statements = split_statements(rest, market)
    keys = ["definition", "period_start", "period_end", "source"]
    earlier = statements[statements["known_at"] <= claim["known_at"].iloc[0]]
    dropped = pd.MultiIndex.from_frame(rest[keys]).isin(pd.MultiIndex.from_frame(earlier[keys]))
    kept = rest[~(np.asarray(dropped) & is_about_split(rest, market))]
    under: DataFrame[Observations] = pd.concat([kept, believed], ignore_index=True)
    return under


def _is_claim(observations: DataFrame[Observations], market: Market) -> pd.Series:
    return (observations["measure"] == "share") & observations["definition"].isin(market.split.claims)


def _claims(observations: DataFrame[Observations], market: Market) -> DataFrame[Observations]:
    claims: DataFrame[Observations] = observations[_is_claim(observations, market)].sort_values(
        "known_at", kind="stable"
    )
    return claims
