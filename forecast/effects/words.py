"""Figures in words: three digits and a size that people say."""

from __future__ import annotations

from typing import Final

from shiftcast.forecast.spoken import number

SENSIBLE: Final = 2.0  # share of a change above which it says nothing
_NAMES: Final = {
    "accelerator_hour": "accelerator-hours", "accelerator": "accelerators", "accelerator/quarter":
    "accelerators a quarter", "accelerator_hour/quarter": "accelerator-hours a quarter", "MW_facility":
    "MW at the meter", "USD/quarter": "US dollars a quarter", "USD": "US dollars", "1": "",
}  # fmt: skip


def said(value: float, unit: str = "") -> str:
    """Return a figure as a sentence has it.

    Parameters
    ----------
    value
        The figure.
    unit
        Its unit; none if empty.

    Returns
    -------
    str

    Examples
    --------
    >>> said(12_345_678_900.0, "accelerator_hour/quarter"), said(999_999.0), said(-2.5e6, "USD")
    ('12.3 billion accelerator-hours a quarter', '1 million', '-2.5 million US dollars')
    """
    return f"{number(value)} {_NAMES.get(unit, unit)}".rstrip()


def signed(value: float, unit: str = "") -> str:
    """Return a figure with its sign.

    Parameters
    ----------
    value, unit
        As :func:`said` takes them.

    Returns
    -------
    str

    Examples
    --------
    >>> signed(2.5e6), signed(-3.0, "accelerator")
    ('+2.5 million', '-3 accelerators')
    """
    return f"{'+' if value >= 0 else ''}{said(value, unit)}"
