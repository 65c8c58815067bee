"""Share of held hours that work can take before it waits: said, measured where the fleet was full, or assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.history import History
from shiftcast.forecast.fleet.holdings import held, sized

NAME: Final = "fleet.busy"
_SUSTAINED: Final = 3  # months in a row that a share is sustained over


@dataclass(frozen=True)
class Busy:
    """Highest share of held hours that work can take.

    Attributes
    ----------
    share
        [1], shape (draws,).
    source
        ``given``, ``measured`` or ``assumed``.
    says
        Which figure it is and why, in a sentence.
    """

    share: Array
    source: str
    says: str


def busy_share(
    fleet: Fleet,
    basis: Basis,
    *,
    draws: int,
    past: pd.DataFrame | None = None,
    given: Mapping[str, float] | None = None,
) -> Busy:
    """Return draws of the highest share of held hours that work can take before it waits.

    The fleet's own figure stands. Else the highest share that usage kept up for three months stands if work waited in
    all of them and it is no lower than the middle of what is assumed: a fleet that was never full shows no limit, and
    some work waits in many that are not. Else the assumption stands, nowhere below what usage kept up.

    Parameters
    ----------
    fleet, basis
        Facts, and assumptions.
    draws
        Number of draws.
    past
        ``month`` (first day, midnight UTC), ``hours`` used, any number of rows a month; and ``waited``, whether work
        was queued or refused in it, if known.
    given
        Assumption to the value that replaces it.

    Returns
    -------
    Busy

    Raises
    ------
    ValueError
        If the fleet's own share is not in (0, 1].
    """
    given = given or {}
    if fleet.busy is not None:
        if not 0 < fleet.busy <= 1:
            raise InputError(f"busy of fleet {fleet.name!r} is {fleet.busy}; give a share above 0 and at most 1")
        return Busy(np.full(draws, fleet.busy), "given", f"Work can take {fleet.busy:.0%} of held hours, as you say.")
    kept, waited, when = _kept(fleet, basis, past)
    assumed = sized(basis, draws).values(NAME, given)
    if NAME in given:
        return Busy(assumed, "given", f"Work can take {given[NAME]:.0%} of held hours, as you say.")
    if waited and kept >= float(np.median(assumed)):
        said = f"Work can take {kept:.0%} of held hours, as it did in {when} while more of it waited."
        return Busy(np.full(draws, kept), "measured", said)
    floor = f" and at least the {kept:.0%} that it took in {when}" if (assumed < kept).any() else ""
    middle = f"{np.median(assumed):.0%}"
    says = f"Work can take {middle} of held hours{floor}: assumed; `busy` in fleet.toml takes its place."
    return Busy(np.maximum(assumed, kept), "assumed", says)


def used_by_month(history: History) -> pd.DataFrame:
    """Return what a fleet used in whole months, and whether work waited in them.

    Parameters
    ----------
    history
        Usage of the fleet by part.

    Returns
    -------
    DataFrame
        ``month, hours, waited``, as :func:`busy_share` and the answers take it; no row where no month is whole.
    """
    table = history.tables.get("month")
    if table is None:
        return pd.DataFrame(
            {"month": pd.DatetimeIndex([], tz="UTC"), "hours": np.zeros(0), "waited": np.zeros(0, bool)}
        )
    return pd.DataFrame(
        {"month": table.starts, "hours": table.hours.sum(axis=1), "waited": table.lower.any(axis=1)}
    )  # fmt: skip


def _kept(fleet: Fleet, basis: Basis, past: pd.DataFrame | None) -> tuple[float, bool, str]:
    """Return the highest share kept up for some months, whether work waited in them all, and which they are."""
    if past is None or past.empty:
        return 0.0, False, ""
    waits = past.assign(waited=past.get("waited", False))
    months = waits.groupby("month", as_index=False, sort=True).agg(hours=("hours", "sum"), waited=("waited", "any"))
    have = held(fleet, pd.DatetimeIndex(months["month"]), basis).hours.sum(axis=1)
    share = (months["hours"] / have).where(have > 0).clip(upper=1.0)
    run = share.rolling(min(_SUSTAINED, len(share))).mean()
    if run.isna().all():
        return 0.0, False, ""
    last = int(np.argmax(run.fillna(-1.0)))
    first = last - min(_SUSTAINED, len(share)) + 1
    span = f"{months['month'][first]:%Y-%m} to {months['month'][last]:%Y-%m}"
    return float(run[last]), bool(months["waited"][first : last + 1].all()), span
