"""Findings of monitoring as rows: one a check and subject, with the statistic, its limit and a status."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Final

import pandas as pd

OK, WATCH, ALARM, UNJUDGED = "ok", "watch", "alarm", "unjudged"
STATUSES: Final = (ALARM, WATCH, UNJUDGED, OK)


@dataclass(frozen=True)
class Finding:
    """One check of one subject.

    Attributes
    ----------
    check
        Name of the check, such as ``calibration.high``.
    subject
        The measure, series, column or feed it is about.
    status
        ``ok``; ``watch`` for a finding that is not new or not grave; ``alarm``; ``unjudged`` on too few figures.
    value, limit
        The statistic and its limit, in the unit of the check; missing where the check has none.
    note
        The finding in words; empty where there is nothing to say.
    """

    check: str
    subject: str
    status: str
    value: float
    limit: float
    note: str


def findings_table(found: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a frame, the gravest first.

    Parameters
    ----------
    found
        Findings in any order.

    Returns
    -------
    DataFrame
        ``check, subject, status, value, limit, note``, sorted by status (alarm, watch, unjudged, ok) and check.

    Examples
    --------
    >>> findings_table([Finding("a", "x", OK, 0.1, 0.2, ""), Finding("b", "y", ALARM, 0.3, 0.2, "n")])["check"].tolist()
    ['b', 'a']
    """
    rows = [asdict(each) for each in sorted(found, key=lambda each: (STATUSES.index(each.status), each.check))]
    return pd.DataFrame(rows, columns=[field.name for field in fields(Finding)])
