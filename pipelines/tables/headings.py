"""Headings of the columns of an answer, in words and with their unit, the same on every screen and page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_UNTOLD: Final = ("", "1", "share", "see unit", "number of a step")  # units that a heading does not tell
_QUANTILE: Final = re.compile(r"q(\d{3})")
_CAPITALS: Final = {each.lower(): each for each in ("USD", "MW", "GW", "PUE", "HHI")}


def heading_of(name: str, units: Mapping[str, str]) -> str:
    """Return the name of a column in words, with its unit in brackets.

    Parts of one, and units that a column of their own tells, have none.

    Parameters
    ----------
    name
        Column of a table.
    units
        Unit of a column, or of the quantity of an interval.

    Returns
    -------
    str

    Examples
    --------
    >>> heading_of("q025", {}), heading_of("p_full", {}), heading_of("expected_usd", {})
    ('2.5 % are below', 'chance of full', 'expected USD')
    >>> heading_of("mw_used", {"mw_used_median": "MW_facility"}), heading_of("at_risk", {"at_risk": "share"})
    ('MW used [MW facility]', 'at risk')
    """
    unit = next((units[each] for each in (name, f"{name}_median", f"{name}_q500") if each in units), "")
    return _words(name) + (f" [{unit.replace('_', ' ')}]" if unit not in _UNTOLD else "")


def _words(name: str) -> str:
    if found := _QUANTILE.fullmatch(name):
        return f"{int(found[1]) / 10:g} % are below"
    words = name.split("_")
    if words[0] == "p" and len(words) > 1:
        words[0] = "chance of"
    if words[0] == "it":
        words[0] = "IT"
    return " ".join(_CAPITALS.get(word, word) for word in words)
