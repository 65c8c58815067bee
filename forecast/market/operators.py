"""Roles of single operators: token series that add up, most of a segment's requests, accounts of a parent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shiftcast.features.frames import DataFrame, OperatorRows
from shiftcast.features.input_error import InputError


@dataclass(frozen=True)
class Operators:
    """The roles of single operators.

    Attributes
    ----------
    token_series
        Operator to the definition of its stated tokens; the series do not overlap and add up to what is stated.
    large
        (Workload, segment) to the operators that answer most of its requests.
    accounts
        Firm to the operator under which its capital spending is reported, where that is another name.
    """

    token_series: Mapping[str, str]
    large: Mapping[tuple[str, str], tuple[str, ...]]
    accounts: Mapping[str, str]


def read_operators(rows: DataFrame[OperatorRows]) -> Operators:
    """Read the roles of operators from their frame (:class:`features.frames.OperatorRows`).

    Parameters
    ----------
    rows
        Operators frame.

    Returns
    -------
    Operators
        Roles by operator.

    Raises
    ------
    ValueError
        If a row that needs a series has none, an operator has two of one role, or a large one names no segment.
    """
    large: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in rows[rows["role"] == "large_operator"].itertuples():
        at = (str(row.workload), str(row.segment))
        if "all" in at:
            raise InputError(f"operators.csv: large_operator {row.operator} is of all; name workload and segment")
        large[at] = (*large.get(at, ()), str(row.operator))
    return Operators(_series(rows, "token_series"), large, _series(rows, "accounts"))


def _series(rows: DataFrame[OperatorRows], role: str) -> Mapping[str, str]:
    mine = rows[rows["role"] == role]
    bare, twice = mine.loc[mine["series"].isna(), "operator"], mine.loc[mine["operator"].duplicated(), "operator"]
    if len(bare):
        raise InputError(f"operators.csv: {role} of {bare.iloc[0]} has no series; name it, or remove the row")
    if len(twice):
        raise InputError(f"operators.csv: {role} of {twice.iloc[0]} stands in two rows; remove one of them")
    return {str(name): str(series) for name, series in zip(mine["operator"], mine["series"], strict=True)}
