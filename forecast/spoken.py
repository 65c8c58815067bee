"""Numbers and shares as every sentence of an answer says them."""

from __future__ import annotations

from typing import Final

USUAL: Final = 0.8  # level of the interval that answers tell
_HALF: Final = 0.005  # half of one percent, which would round to none of it
_ROUNDING: Final = 1e-9  # a sum of parts that is this near to all is all
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


def signed(value: float) -> str:
    """Return a number as :func:`number` does, with its sign.

    Parameters
    ----------
    value
        Any number.

    Returns
    -------
    str

    Examples
    --------
    >>> signed(2.5e6), signed(-3.0), signed(0.0)
    ('+2.5 million', '-3', '0')
    """
    return f"{'+' if value > 0 else ''}{number(value)}"


def within(low: str, high: str, level: float = USUAL) -> str:
    """Return an interval whose ends are said already; the usual one holds what comes 8 times in 10.

    Parameters
    ----------
    low, high
        Its ends in words.
    level
        Part of the draws that it holds [1].

    Returns
    -------
    str

    Examples
    --------
    >>> within(number(1.85e11), number(1.69e12)), within("2027Q1", "2028Q3", 0.5)
    ('8 in 10: 185 billion to 1.69 trillion', '50 %: 2027Q1 to 2028Q3')
    """
    return f"{'8 in 10' if level == USUAL else f'{100 * level:g} %'}: {low} to {high}"


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
    return "over 99 %" if 1 - _HALF <= part < 1 - _ROUNDING else f"{100 * part:.0f} %"
