"""Numbers and shares as every sentence of an answer says them."""

from __future__ import annotations

from typing import Final

_HALF: Final = 0.005  # half of one percent, which would round to none of it
_SIZES: Final = ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"))


def number(value: float) -> str:
    """Return a number to three digits, its size in words.

    Parameters
    ----------
    value
        Any number.

    Returns
    -------
    str

    Examples
    --------
    >>> number(4.216e11), number(18_340.0), number(999_999.0), number(-0.1234), number(12.0)
    ('422 billion', '18,300', '1 million', '-0.123', '12')
    """
    rounded = float(f"{value:.3g}")
    for size, name in _SIZES:
        if abs(rounded) >= size:
            return f"{rounded / size:.4g}{name}"
    return f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:g}"


def percent(part: float) -> str:
    """Return a share as a percentage, never rounded to all or nothing.

    Parameters
    ----------
    part
        [1].

    Returns
    -------
    str

    Examples
    --------
    >>> percent(0.124), percent(0.001), percent(0.999), percent(-0.031), percent(-0.001)
    ('12 %', 'under 1 %', 'over 99 %', '-3 %', 'over -1 %')
    """
    if 0 < abs(part) < _HALF:
        return "under 1 %" if part > 0 else "over -1 %"
    return "over 99 %" if 1 - _HALF <= part < 1 else f"{100 * part:.0f} %"
