"""Figures in the words of answers about capacity: three digits, thousands apart, an interval behind its middle."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from shiftcast.forecast.doubts import figure


def plain(value: float) -> str:
    """Return a figure at three digits.

    Parameters
    ----------
    value
        Any finite number.

    Returns
    -------
    str

    Examples
    --------
    >>> plain(10934.7), plain(42.06)
    ('10,900', '42.1')
    """
    return figure(value, 3)


def fan(row: Mapping[Any, Any] | Mapping[Hashable, Any], stem: str, unit: str = "", scale: float = 1.0) -> str:
    """Return the median of a row's quantity with its unit and interval.

    Parameters
    ----------
    row
        Cells ``STEM_median, STEM_low80, STEM_high80``.
    stem, unit, scale
        Name of the quantity, its unit in words, and what it is multiplied by.

    Returns
    -------
    str

    Examples
    --------
    >>> fan({"mw_median": 10934.0, "mw_low80": 9000.0, "mw_high80": 12725.0}, "mw", "MW")
    '10,900 MW (9,000 to 12,700 in 8 of 10 draws)'
    """
    middle, low, high = (plain(float(row[f"{stem}_{end}"]) * scale) for end in ("median", "low80", "high80"))
    return f"{middle}{' ' if unit else ''}{unit} ({low} to {high} in 8 of 10 draws)"
