"""Columns of each question's table, and the JSON Schema of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shiftcast.forecast.questions import QUESTIONS
from shiftcast.forecast.telling.units import known_unit

_MARKS: Final = "mean q* "
_ABOUT: Final = " measure unit definition scenario as_of"
_PART: Final = "segment leaf workload technique "
_ANY: Final = "2030"  # stands for what a column's name ends in, such as a year
COLUMNS: Final[Mapping[str, str]] = {
    "forecast": f"origin as_of {_PART}measure base definition mode period_start period_end statistic quantile value "
                "unit model scenario",
    "quantiles": f"quarter? year? taken? reported_quarters? segment? leaf? workload? technique? {_MARKS}{_ABOUT}",
    "draws": "draw quarter value measure unit scenario as_of",
    "share": f"quarter {_MARKS}{_ABOUT} technique of base segment",
    "when": "question says techniques already by_* never horizon early middle late level draws_within early_within "
            "middle_within late_within variance_* settle_1 settle_2 settle_3 settle_*_cut notes",
    "split": "quarter kind q* at_least_60 base definition as_of",
    "attribute": "factor mean low80 median high80 share unit",
    "claims": "claim reading speaker stated_at statement bound low high unit median probability at_least note",
    "placement": "quarter kind vendor q* unit share segment",
    "techniques": "workload segment technique quarter kind adoption_q* requests_q* gpu_hours_q*",
    "impose": "quarter kind free_low80 free_median free_high80 low80 median high80 at_least strain divergence ess "
              "total_moved covers definition base as_of mode share strength keep_total memberships "
              "mean_covers hhi_* effective_* top_* without_half_*",
    "relabel": "quarter before before_* after after_* firm firm_* definition base name to offset_before offset_after",
    "check": "reading weight definition stage median probability at_least note claim growth_needed growth_forecast "
             "bridge_*",
    "contract": f"measure {_PART}period contracted before_* after_* moved",
    "audit": "step is name unit median low80 high80",
    "concentration": "over hhi effective top without_half",
}  # fmt: skip


def rows_schema() -> dict[str, Any]:
    """Return the JSON Schema of one row of each question's table.

    Returns
    -------
    dict
        Question to schema. Where columns are declared (:data:`COLUMNS`) no others are allowed; a column of figures
        names its unit. Answers on hardware and money have columns that depend on what is known.
    """
    return {name: _schema(name, COLUMNS[name].split()) if name in COLUMNS else _open() for name in QUESTIONS}


def _schema(name: str, listed: list[str]) -> dict[str, Any]:
    """Return the schema of a row; a column behind which a question mark stands is not in every answer."""
    columns = [column.removesuffix("?") for column in listed]
    exact = {column: _cell(name, column) for column in columns if "*" not in column}
    needed = [column for column in exact if f"{column}?" not in listed]
    open_ended = {f"^{column.replace('*', '.+')}$": _cell(name, column) for column in columns if "*" in column}
    return {
        "type": "object", "additionalProperties": False, "required": needed, "properties": exact,
        "patternProperties": open_ended,
    }  # fmt: skip


def _cell(name: str, column: str) -> dict[str, Any]:
    unit = known_unit(name, column.replace("*", _ANY))
    kinds = ["string", "boolean", "null"] if unit is None else ["number", "string", "null"]
    return {"type": kinds} if unit is None else {"type": kinds, "unit": unit}


def _open() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"type": ["number", "string", "boolean", "null", "array"]}}
