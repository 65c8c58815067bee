"""Doubts about figures typed into questions of capacity and cost, against what the record holds of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from scipy.special import expit, logit, ndtri

from shiftcast.features.frames import Ceilings, DataFrame
from shiftcast.features.series import select
from shiftcast.forecast.doubts import Supported, doubt
from shiftcast.forecast.draws import Z90
from shiftcast.forecast.economics.basis import Basis, check_given

_TO_95: Final = float(ndtri(0.975)) / Z90  # spreads of a normal: from its 10 to 90 % to its 2.5 to 97.5 %
_SCALES: Final = {"lognormal": (np.log, np.exp), "logitnormal": (logit, expit), "normal": (np.float64, np.float64)}


def doubt_given(basis: Basis, given: Mapping[str, float], *, sure: bool) -> tuple[str, ...]:
    """Check values that stand in for assumptions, and return what is doubtful about them.

    Parameters
    ----------
    basis, given
        Basis, and name to the value that stands in for an assumption.
    sure
        Whether the asker insists on values far beyond the record's.

    Returns
    -------
    tuple of str
        A note for each value outside the central 95 % of its assumption.

    Raises
    ------
    ValueError
        If an assumption is not known, or a value is outside its scale or far beyond its range; shares are never far.
    """
    check_given(basis, given)
    notes: list[str] = []
    for name, value in given.items():
        row = select(basis.assumptions, name=name).iloc[-1]
        to, back = _SCALES[str(row["shape"])]
        low, mid, high = (float(to(row[column])) for column in ("low", "mid", "high"))
        least, most = (float(back(mid + _TO_95 * (end - mid))) for end in (low, high))
        supported = Supported(least, most, str(row["unit"]), "the record's 95 %")
        notes += doubt(name, value, supported, sure=sure, refused=row["shape"] != "logitnormal")
    return tuple(notes)


def doubt_power(
    ceilings: DataFrame[Ceilings], mw: float, *, sure: bool, of: str = "site power"
) -> tuple[str, ...]:  # fmt: skip
    """Return what is doubtful about the power of one site: the whole world adds only so much in a quarter.

    Parameters
    ----------
    ceilings
        Those known, for power added in a quarter.
    mw
        Power at the meter [MW_facility].
    sure
        Whether the asker insists.
    of
        What the power is called.

    Returns
    -------
    tuple of str
        One note, or none; none either where the record has no row of it.

    Raises
    ------
    ValueError
        If the power is far beyond it.
    """
    rows = select(ceilings, name="power_additions", applies="flow")
    if rows.empty:
        return ()
    most = float(rows["high"].max())
    return doubt(of, mw, Supported(0.0, most, "MW", "all power that the world's AI adds in a quarter"),
                 sure=sure)  # fmt: skip
