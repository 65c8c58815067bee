"""Tell the lines of a bill apart: an instance, its unused reservation, a fee beside it, or money alone."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, Literal, cast

import pandas as pd

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import read_table

Role = Literal["instance", "gpu_sku", "unused", "reservation", "commitment", "fee", "money", "unclear"]
FIELDS: Final = ("kind", "service", "usage", "description")
_BETWEEN: Final = "\x1f"


@cache
def _rules() -> tuple[tuple[dict[str, re.Pattern[str]], Role], ...]:
    rows = read_table(RECORDS / "bill_lines.csv").to_dict("records")
    return tuple(
        ({name: re.compile(str(row[name])) for name in FIELDS if row[name]}, cast("Role", row["role"])) for row in rows
    )


@lru_cache(maxsize=1 << 16)
def role_of(kind: str, service: str, usage: str, description: str) -> Role:
    """Return the role of a line by the first rule of ``bill_lines.csv`` all of whose patterns it has.

    Parameters
    ----------
    kind
        Type of line, with the status of its commitment or reservation.
    service, usage, description
        Service, usage type or meter, and description.

    Returns
    -------
    Role
        ``unclear`` where no rule fits.

    Examples
    --------
    >>> role_of("Usage", "Amazon Elastic Compute Cloud", "", "$32.77 per On Demand Linux p4d.24xlarge Instance Hour")
    'instance'
    >>> role_of("Usage", "Amazon Elastic MapReduce", "", "$0.27 per hour for EMR p4d.24xlarge")
    'fee'
    """
    given = dict(zip(FIELDS, (kind.lower(), service.lower(), usage.lower(), description.lower()), strict=True))
    fits = (role for rule, role in _rules() if all(pattern.search(given[name]) for name, pattern in rule.items()))
    return next(fits, "unclear")


def roles(kind: pd.Series, service: pd.Series, usage: pd.Series, description: pd.Series) -> pd.Series:
    """Return the role of each line.

    Parameters
    ----------
    kind, service, usage, description
        As in :func:`role_of`, text, shape (rows,).

    Returns
    -------
    Series of str, shape (rows,)
        Roles.
    """
    codes, known = pd.factorize(kind + _BETWEEN + service + _BETWEEN + usage + _BETWEEN + description)
    found = [role_of(*str(each).split(_BETWEEN, 3)) for each in known]
    return pd.Series([found[code] for code in codes], dtype=object)
