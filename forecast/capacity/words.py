"""Figures in the words of answers about capacity: three digits, thousands apart, an interval behind its middle."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from shiftcast.forecast.spoken import number, within


def fan(row: Mapping[Any, Any] | Mapping[Hashable, Any], stem: str, unit: str = "") -> str:
    """Return the median of a row's quantity with its unit and interval.

    Parameters
    ----------
    row
        Cells ``STEM_median, STEM_low80, STEM_high80``.
    stem, unit
        Name of the quantity, and its unit in words.

    Returns
    -------
    str

    Examples
    --------
    >>> fan({"mw_median": 10934.0, "mw_low80": 9000.0, "mw_high80": 12725.0}, "mw", "MW")
    '10,900 MW (8 in 10: 9,000 to 12,700)'
    """
    middle, low, high = (number(float(row[f"{stem}_{end}"])) for end in ("median", "low80", "high80"))
    return f"{middle}{' ' if unit else ''}{unit} ({within(low, high)})"
