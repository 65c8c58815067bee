"""What monitoring finds: one row a check and subject, with the statistic, its limit and what follows."""

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
        What was looked at, such as ``calibration.mean``.
    subject
        Whose: a measure, series, column or feed.
    status
        ``ok``; ``watch`` for what is not new or not grave; ``alarm``; ``unjudged`` where there is too little to tell.
    value, limit
        The statistic and what it may be; missing where the check has none.
    note
        What was found, in words.
    """

    check: str
    subject: str
    status: str
    value: float
    limit: float
    note: str


def findings_table(found: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as rows, the gravest first.

    Examples
    --------
    >>> findings_table([Finding("a", "x", OK, 0.1, 0.2, ""), Finding("b", "y", ALARM, 0.3, 0.2, "n")])["check"].tolist()
    ['b', 'a']
    """
    rows = [asdict(each) for each in sorted(found, key=lambda each: (STATUSES.index(each.status), each.check))]
    return pd.DataFrame(rows, columns=[field.name for field in fields(Finding)])
