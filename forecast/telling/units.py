"""Unit of every column of figures in an answer's table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import pandas as pd

OF_ROW: Final = "see unit"  # as in frames: the unit stands in the row, and rows differ
OF_MEASURE: Final = "of the measure"
_ENDS: Final = re.compile(r"(?:^|_)(median|low80|high80|low|mid|high|mean|early|late|q\d+(\.\d+)?)$")
_STARTS: Final = re.compile(r"^(before|after|free)_")
_SHARES: Final = (
    "adoption", "already", "assumed", "at_least", "at_least_60", "below", "by_year", "covers", "cut", "gpu_hours",
    "level", "mean_covers", "never", "probability", "quantile", "risk", "served_share", "share", "total_moved",
    "variance", "without", "without_half", "ess", "requests", "weight", "binding_odds", "odds", "hhi",
    "in_time_if_ordered_now", "enough_and_in_time", "live_share_if_signalled_now",
)  # fmt: skip
_COMMON: Final[Mapping[str, str]] = {
    **dict.fromkeys(_SHARES, "share"), "draw": "number of a draw",
    "step": "number of a step", "draws": "draw", "draws_within": "draw",
    "horizon": "quarter", "value": OF_ROW, "": OF_ROW, "rows": "row", "count": "row", "effective": "equal user",
    "strain": "standard deviation", "divergence": "nat", "strength": "logit", "offset": "logit", "year": "year",
}  # fmt: skip
_OF: Final[Mapping[str, Mapping[str, str]]] = {
    "claims": {"": OF_ROW, "low": OF_ROW, "high": OF_ROW},
    "share": dict.fromkeys(("", "mean"), "share"), "split": {"": "share"}, "impose": {"": "share"},
    "relabel": dict.fromkeys(("before", "after", "firm"), "share"),
    "check": {"": "of the claim", "growth": "1/quarter", "growth_needed": "1/quarter", "bridge": "of the claim"},
    "contract": dict.fromkeys(("", "before", "after", "moved"), OF_MEASURE),
    "plan": {
        **dict.fromkeys(
            ("accelerators_needed", "live", "accelerators_to_add", "accelerators_added", "expected_short",
             "rent_at_most"), "accelerator",
        ), **dict.fromkeys(("measured_share", "p_short_if_ordered_now"), "share"), "stands_for": "1",
        "rack": "accelerator/rack", "racks_to_add": "rack", "racks_for_it": "rack",
        "mw_facility": "MW_facility", "usd": "USD",
        "lead_quarters": "quarter",
    },
    "limits": {
        "shadow_demand": "USD/(quarter 1000 H100e)", "shadow_power": "USD/(quarter MW_facility)",
        "shadow_packaging": "USD/(quarter wafer)", "shadow_memory": "USD/(quarter million GB)",
    },
    "ceilings": {"most": OF_ROW},
    "site": {
        "racks": "rack", "accelerators": "accelerator", "mw_used": "MW_facility", "work_day": "unit/day",
        "work_per_joule": "unit/J", "it_kw": "kW at the IT boundary", "rate": "unit/(s accelerator)",
        "revenue_usd_mw_year": "USD/(MW_facility year)", "shadow_usd_mw_year": "USD/(MW_facility year)",
    },
    "cost": {
        "life": "year", "crf": "1/year", "usd_hour": "USD/(h accelerator)", "own_usd_hour": "USD/(h accelerator)",
        "rate": "unit/(s accelerator)",
        **dict.fromkeys(("capital", "operations", "site", "energy", "full_use", "idle", "usd_million"),
                        "USD/million units"),
    },
    "scenario": {"base": OF_ROW, "level": OF_ROW, "difference": OF_ROW},
    "retire": {
        **dict.fromkeys(("shipped", "in_place", "retired_early"), "accelerator"), "mw_freed": "MW_facility",
        "work_day_lost": "unit/day", "work_day_of_newest": "unit/day", "racks_freed": "rack",
    },
}  # fmt: skip


def column_units(
    name: str, table: pd.DataFrame, stated: Mapping[str, str], *, measure: str | None = None
) -> dict[str, str]:
    """Return the unit of every column of figures.

    Parameters
    ----------
    name
        Name of the question.
    table
        Table of its answer.
    stated
        Units that the answer states itself, by column or by quantity; they come first.
    measure
        Unit of the measure asked about, if any.

    Returns
    -------
    dict
        Column to unit: ``share`` for parts of one, ``see unit`` where rows differ. A column whose unit nobody knows is
        left out.

    Examples
    --------
    >>> table = pd.DataFrame({"quarter": ["2027Q1"], "q500": [3.0], "unit": ["accelerator"]})
    >>> column_units("quantiles", table, {})
    {'q500': 'accelerator'}
    """
    found, units = {}, list(table["unit"].unique()) if "unit" in table else []
    for column in map(str, table.columns):
        if pd.api.types.is_numeric_dtype(table[column]) and not pd.api.types.is_bool_dtype(table[column]):
            unit = known_unit(name, column, stated)
            if unit == OF_ROW and len(units) == 1:
                unit = "share" if units[0] == "1" else str(units[0])
            if unit is not None:
                found[column] = str(measure) if unit == OF_MEASURE and measure is not None else unit
    return found


def known_unit(name: str, column: str, stated: Mapping[str, str] | None = None) -> str | None:
    """Return the unit that a column of a question's table would have as figures.

    Parameters
    ----------
    name, column
        Name of the question, and of the column.
    stated
        Units that an answer states itself.

    Returns
    -------
    str or None
        None where nobody knows, as of columns of text.

    Examples
    --------
    >>> known_unit("plan", "usd_median"), known_unit("claims", "speaker")
    ('USD', None)
    """
    for each in _stems(column):
        for known in (stated or {}, _OF.get(name, {}), _COMMON):
            if each in known:
                return known[each]
    return None


def _stems(column: str) -> list[str]:
    """Return names a column may be known by: its own, that of the quantity, and the word it begins with."""
    stem = _ENDS.sub("", column)
    bare = _ENDS.sub("", _STARTS.sub("", column))
    first = column.partition("_")[0]
    year = ["by_year"] if re.fullmatch(r"by_\d{4}", column) else []
    settle = ["cut"] if column.endswith("_cut") else []
    return [column, *year, *settle, stem, bare, *([first] if first != column else [])]
