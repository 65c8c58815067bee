"""Power of one accelerator at a named boundary (chip, IT, utility); figures of different boundaries never mix."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.frames import DataFrame, Hardware
from shiftcast.features.input_error import InputError
from shiftcast.forecast.support import OutOfSupportError

BOUNDARIES: Final = {"chip": "chip_w", "it": "it_kw", "utility": "utility_kw"}
UNITS: Final = {"chip": "kW_chip", "it": "kW_it", "utility": "kW_facility"}


def latest(hardware: DataFrame[Hardware], accelerator: str) -> pd.Series:
    """Return the latest known row of an accelerator.

    Parameters
    ----------
    hardware
        Catalogue rows known at the origin (:data:`features.frames.Hardware`).
    accelerator
        Name of the accelerator.

    Returns
    -------
    Series
        The row with the latest ``known_at``.

    Raises
    ------
    OutOfSupportError
        If the catalogue does not hold it, naming those it holds.
    """
    rows = hardware[hardware["accelerator"] == accelerator].sort_values("known_at")
    if rows.empty:
        raise OutOfSupportError(
            f"accelerator {accelerator!r}",
            f"the catalogue holds {', '.join(sorted(set(hardware['accelerator'])))}",
            "choose one of them or add a row to hardware.csv",
        )
    return rows.iloc[-1]


def power_kw(hardware: DataFrame[Hardware], accelerator: str, *, boundary: str) -> float:
    """Return the power of one accelerator at a boundary.

    Parameters
    ----------
    hardware
        Catalogue rows known at the origin.
    accelerator
        Name of the accelerator.
    boundary
        ``chip`` (the package), ``it`` (host and network included) or ``utility`` (provisioned at the meter).

    Returns
    -------
    float
        Power [kW at the boundary].

    Raises
    ------
    ValueError
        If the boundary is not one of the three.
    OutOfSupportError
        If the accelerator has no figure at that boundary: one of another boundary does not stand in for it.

    Examples
    --------
    >>> rows = pd.DataFrame({"accelerator": ["gb300"], "known_at": ["2026-09-08"], "chip_w": [1400.0],
    ...                      "it_kw": [2.12], "utility_kw": [float("nan")]})
    >>> power_kw(rows, "gb300", boundary="it")
    2.12
    >>> power_kw(rows, "gb300", boundary="utility")
    Traceback (most recent call last):
    shiftcast.forecast.support.OutOfSupportError: no record supports power of gb300 at the utility boundary: \
utility_kw is empty, and chip_w, it_kw at another boundary does not stand in for it; add it to the row of \
gb300 in hardware.csv
    """
    if boundary not in BOUNDARIES:
        raise InputError(f"power boundary {boundary!r} is not known; choose one of {', '.join(BOUNDARIES)}")
    row, column = latest(hardware, accelerator), BOUNDARIES[boundary]
    value = row[column]
    if pd.isna(value) or not value > 0:
        others = [name for name in BOUNDARIES.values() if name != column and pd.notna(row[name])]
        raise OutOfSupportError(
            f"power of {accelerator} at the {boundary} boundary",
            f"{column} is empty, and {', '.join(others) or 'no figure'} at another boundary does not stand in for it",
            f"add it to the row of {accelerator} in hardware.csv",
        )
    return float(value) / (1e3 if boundary == "chip" else 1.0)
