"""Write a mapping as SQL, for a second way to its totals."""

from __future__ import annotations

from typing import Final

from shiftcast.features.instants import SECONDS
from shiftcast.pipelines.sources.formats.figures import DURATIONS
from shiftcast.pipelines.sources.formats.lookups import Filter
from shiftcast.pipelines.sources.formats.mapping import Described, Roles
from shiftcast.pipelines.sources.setting import Setting

_COUNT: Final = "count"


def mapped_query(roles: Roles, described: Described, setting: Setting) -> str:
    """Return a set of a mapping as a query over the raw columns of the table ``file``.

    Parameters
    ----------
    roles
        Roles of the set.
    described
        The whole mapping, for its lookup tables.
    setting
        Its anchor is where relative times count from.

    Returns
    -------
    str
        SQL; empty where there is no second way: a measure a row, figures with commas, lookup tables of the user's.
    """
    if "measure" not in roles.constants or "decimal" in roles.constants or any(each.rows for each in described.lookups):
        return ""
    if roles.constants.get("how", "sum") != "sum":
        return ""
    role = next(each for each in ("total", "amount", "value") if roles.has(each))
    figure = f"{_product(roles, described, role)} * {roles.scales.get(role, 1.0)!r}"
    if role == "amount":
        figure = f"{figure} * hours({_moment(roles, 'start', setting)}, {_end(roles, setting)})"
    where = " AND ".join(_condition(each) for each in roles.filters) or "true"
    return f"SELECT sum({figure}) FROM file WHERE {where}"


def quoted_cell(name: str) -> str:
    r"""Return a column as SQL, empty cells as NULL.

    Parameters
    ----------
    name
        Name of the column.

    Returns
    -------
    str
        SQL.

    Examples
    --------
    >>> quoted_cell("gpus")
    'nullif(trim("gpus"), \'\')'
    """
    inner = name.replace('"', '""')
    return f"nullif(trim(\"{inner}\"), '')"


def _product(roles: Roles, described: Described, role: str) -> str:
    if role in roles.constants:
        return repr(float(roles.constants[role]))
    return " * ".join(_factor(part.strip(), described) for part in roles.columns[role].split("*"))


def _factor(part: str, described: Described) -> str:
    if part == _COUNT and described.lookups:
        key = quoted_cell(described.lookups[0].column)
        return f"(SELECT any_value(instances.count) FROM instances WHERE instance = lower({key}))"
    return part if part.replace(".", "", 1).isdigit() else f"figure({quoted_cell(part)})"


def _moment(roles: Roles, role: str, setting: Setting) -> str:
    cell = quoted_cell(roles.columns[role])
    if "relative" in roles.constants and setting.clock.anchor is not None:
        step = SECONDS[roles.constants["relative"]] * 1e6
        return (
            f"TIMESTAMPTZ '{setting.clock.anchor.isoformat()}' + to_microseconds((figure({cell}) * {step!r})::BIGINT)"
        )
    return f"moment({cell})"


def _end(roles: Roles, setting: Setting) -> str:
    if "end" in roles.columns:
        return f"coalesce({_moment(roles, 'end', setting)}, last_moment())"
    if "last_day" in roles.columns:
        return f"{_moment(roles, 'last_day', setting)} + INTERVAL 1 DAY"
    start = _moment(roles, "start", setting)
    if "period" in roles.constants:
        return f"{start} + INTERVAL 1 {roles.constants['period']}"
    role = next(each for each in DURATIONS if each in roles.columns)
    cell, unit = quoted_cell(roles.columns[role]), DURATIONS[role] * roles.scales.get(role, 1.0)
    return f"{start} + coalesce(clock({cell}), to_microseconds((figure({cell}) * {unit * 1e6!r})::BIGINT))"


def _condition(each: Filter) -> str:
    pattern = each.fits.pattern.removesuffix(r"\Z").replace("'", "''")
    met = f"regexp_full_match(coalesce(lower({quoted_cell(each.column)}), ''), '{pattern}', 's')"
    return met if each.wanted else f"NOT {met}"
