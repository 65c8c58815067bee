"""Write a mapping as SQL, for a second way to its totals."""

from __future__ import annotations

from shiftcast.features.date_texts import SECONDS
from shiftcast.pipelines.sources.formats.figures import DURATIONS
from shiftcast.pipelines.sources.formats.lookups import Filter
from shiftcast.pipelines.sources.formats.mapping import Described, Roles
from shiftcast.pipelines.sources.formats.sql import quoted_cell
from shiftcast.pipelines.sources.setting import Setting


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
        SQL; empty where there is no second way: a measure a row, readings that do not add up, lookup tables
        of the user's.
    """
    if "measure" not in roles.constants or any(each.rows is not None for each in described.lookups):
        return ""
    if roles.constants.get("how", "sum") != "sum":
        return ""
    role = next(each for each in ("total", "amount", "value") if roles.has(each))
    figure = f"{_product(roles, described, role)} * {roles.scales.get(role, 1.0)!r}"
    if role == "amount":
        figure = f"{figure} * hours({_moment(roles, 'start', setting)}, {_end(roles, setting)})"
    where = " AND ".join(_condition(each, described) for each in roles.filters) or "true"
    return f"SELECT sum({figure}) FROM file WHERE {where}"


def _product(roles: Roles, described: Described, role: str) -> str:
    if role in roles.constants:
        return repr(float(roles.constants[role]))
    parts = [part.strip() for part in roles.columns[role].split("*")]
    decimal = roles.constants.get("decimal", "")
    return " * ".join(
        part if part.replace(".", "", 1).isdigit() else _figure(_cell(part, described), decimal) for part in parts
    )


def _cell(name: str, described: Described) -> str:
    """Return a column of the file, or one that the instance types add."""
    for lookup in described.lookups:
        if name in lookup.values:
            key = _quoted(lookup.column)
            return f'(SELECT any_value(instances."{name}")::VARCHAR FROM instances WHERE instance = lower({key}))'
    return _quoted(name)


def _quoted(name: str) -> str:
    """Return a column of the file as SQL; without its table, a lookup would take it for one of its own."""
    return quoted_cell(name, "file.")


def _figure(cell: str, decimal: str) -> str:
    """Return a cell as a number: as it is, or without thousands, currency signs and brackets for minus."""
    bare = f"regexp_replace(regexp_replace({cell}, '[\\s''$€£]', '', 'g'), '^\\((.*)\\)$', '-\\1')"
    if decimal == "comma":
        return f"figure(replace(replace({bare}, '.', ''), ',', '.'))"
    return f"figure(replace({bare}, ',', ''))" if decimal else f"figure({cell})"


def _moment(roles: Roles, role: str, setting: Setting) -> str:
    cell = _quoted(roles.columns[role])
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
    cell, unit = _quoted(roles.columns[role]), DURATIONS[role] * roles.scales.get(role, 1.0)
    return f"{start} + coalesce(clock({cell}), to_microseconds((figure({cell}) * {unit * 1e6!r})::BIGINT))"


def _condition(each: Filter, described: Described) -> str:
    pattern = each.fits.pattern.removesuffix(r"\Z").replace("'", "''")
    met = f"regexp_full_match(coalesce(lower({_cell(each.column, described)}), ''), '{pattern}', 's')"
    return met if each.wanted else f"NOT {met}"
