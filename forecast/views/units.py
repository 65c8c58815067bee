"""Units of the columns of answers, by name: the quantity a name ends in, a quotient where it says over what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

_ENDS: Final = ("_median", "_low80", "_high80", "_low", "_high", "_mean")
_WHOLE: Final[Mapping[str, str]] = {
    "crf": "1/year", "life": "year", "mw_used": "MW", "mw_facility": "MW", "rack": "accelerator", "pue": "1",
    "usd_million": "USD/million", "revenue_usd_mw_year": "USD/(MW year)", "shadow_usd_mw_year": "USD/(MW year)",
    "expected_short": "accelerator", "in_time_if_ordered_now": "1", "enough_and_in_time": "1", "work_day": "1/day",
    "live_share_if_signalled_now": "1", "own_usd_hour": "USD/hour", "accelerators_needed": "accelerator",
    "racks_to_add": "rack", "accelerators_to_add": "accelerator", "live": "accelerator",
    **dict.fromkeys(("capital", "operations", "site", "energy", "full_use", "idle"), "USD/million"),
}  # fmt: skip
_LAST: Final[Mapping[str, str]] = {
    "accelerators": "accelerator", "gpus": "accelerator", "racks": "rack", "nodes": "node", "hours": "accelerator_hour",
    "mw": "MW", "kw": "kW", "kwh": "kWh", "usd": "USD", "quarters": "quarter", "months": "month", "weeks": "week",
    **dict.fromkeys(("share", "odds", "probability", "risk", "quantile", "weight", "never"), "1"),
}  # fmt: skip
_OVER: Final = ("hour", "month", "quarter", "year")


def units_of(columns: Iterable[str]) -> dict[str, str]:
    """Return the units of the columns whose names tell one.

    Parameters
    ----------
    columns
        Names, such as ``usd_hour_median``.

    Returns
    -------
    dict
        Column to unit; those that tell none are left out.

    Examples
    --------
    >>> units_of(["generation", "usd_hour_median", "mw_used_low80", "order_odds", "p_full"])
    {'usd_hour_median': 'USD/hour', 'mw_used_low80': 'MW', 'order_odds': '1', 'p_full': '1'}
    """
    found = {name: _unit(name) for name in columns}
    return {name: unit for name, unit in found.items() if unit}


def _unit(name: str) -> str:
    stem = next((name.removesuffix(end) for end in _ENDS if name.endswith(end)), name)
    if stem in _WHOLE:
        return _WHOLE[stem]
    if stem.startswith("p_"):
        return "1"
    parts = stem.rsplit("_", 2)
    if len(parts) > 1 and parts[-1] in _OVER and parts[-2] in _LAST:
        return f"{_LAST[parts[-2]]}/{parts[-1]}"
    return _LAST.get(parts[-1], "")
