"""Money, sizes and months as sentences write them."""

from __future__ import annotations

from typing import Final

import pandas as pd

_SIZES: Final = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e3, "k"))


def usd(value: float, *, signed: bool = False) -> str:
    """Return money to three digits.

    Parameters
    ----------
    value
        [USD].
    signed
        Whether a rise has its sign too.

    Returns
    -------
    str

    Examples
    --------
    >>> usd(41_234.0), usd(-1.5e6), usd(25_000.0, signed=True), usd(2.5)
    ('USD 41.2k', '-USD 1.5M', '+USD 25k', 'USD 2.5')
    """
    sign = "-" if value < 0 else "+" if signed else ""
    return f"{sign}USD {short(abs(value))}"


def short(value: float) -> str:
    """Return a number to three digits with its size as a letter.

    Parameters
    ----------
    value
        Any number.

    Returns
    -------
    str

    Examples
    --------
    >>> short(1_234_567.0), short(999.6), short(-12.34)
    ('1.23M', '1k', '-12.3')
    """
    rounded = float(f"{value:.3g}")
    for size, letter in _SIZES:
        if abs(rounded) >= size:
            return f"{rounded / size:.3g}{letter}"
    return f"{rounded:g}"


def month(day: pd.Timestamp) -> str:
    """Return a month as sentences name it.

    Parameters
    ----------
    day
        Any day of it.

    Returns
    -------
    str

    Examples
    --------
    >>> month(pd.Timestamp("2027-03-01"))
    '2027-03'
    """
    return f"{day:%Y-%m}"
