"""Figures and units in the words of pictures, whether a unit is a code of the record or already said in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from shiftcast.forecast.spoken import number, percent
from shiftcast.forecast.telling.words import unit_words

_UNTOLD: Final = ("", "1", "share", "see unit", "of the measure", "of the claim")
_AN: Final = re.compile(r"\ba (?=[aeiou]|hour)")
_PER: Final = re.compile(r"\(([^()]+)\)")
_TOGETHER: Final[Mapping[str, str]] = {
    "h accelerator": "accelerator-hour", "s accelerator": "accelerator-second",
    "MW_facility year": "megawatt-year at the meter", "quarter MW_facility": "quarter and megawatt at the meter",
}  # fmt: skip


def unit_text(unit: str) -> str:
    """Return a unit in words; nothing for a share or a bare number.

    Parameters
    ----------
    unit
        Code of a unit, or words.

    Returns
    -------
    str

    Examples
    --------
    >>> unit_text("USD/(h accelerator)"), unit_text("GPU-hours a month"), unit_text("share")
    ('US dollars an accelerator-hour', 'GPU-hours a month', '')
    """
    if unit in _UNTOLD:
        return ""
    plain = _PER.sub(lambda found: _TOGETHER.get(found[1], found[1]), unit)
    return unit if " " in unit and "/" not in unit else _AN.sub("an ", unit_words(plain)).strip()


def valued(value: float, unit: str) -> str:
    """Return a figure with its unit; a share is a percentage.

    Parameters
    ----------
    value, unit
        Number, and its unit.

    Returns
    -------
    str

    Examples
    --------
    >>> valued(4.2e11, "USD/quarter"), valued(0.41, "share"), valued(7.0, "GPU-hours a month")
    ('420 billion US dollars a quarter', '41 %', '7 GPU-hours a month')
    """
    return percent(value) if unit == "share" else f"{number(value)} {unit_text(unit)}".rstrip()


def bare(value: float, unit: str) -> str:
    """Return a figure without its unit; a share is a percentage."""
    return percent(value) if unit == "share" else number(value)


def within(low: float, high: float, unit: str) -> str:
    """Return an 8 in 10 interval, without its unit.

    Parameters
    ----------
    low, high, unit
        10 % and 90 % quantiles, and their unit.

    Returns
    -------
    str

    Examples
    --------
    >>> within(0.05, 0.88, "share")
    '8 in 10: 5 % to 88 %'
    """
    return f"8 in 10: {bare(low, unit)} to {bare(high, unit)}"
