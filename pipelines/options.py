"""Options that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd


def as_day(text: str | None, option: str) -> pd.Timestamp:
    """Return the day an option names, today if it was left out, as midnight UTC.

    Raises
    ------
    ValueError
        If it is not a date.

    Examples
    --------
    >>> as_day("2026-03-16", "--as-of")
    Timestamp('2026-03-16 00:00:00+0000', tz='UTC')
    """
    if text is None:
        return pd.Timestamp(datetime.now(tz=UTC).date(), tz="UTC")
    try:
        return pd.Timestamp(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError:
        raise ValueError(f"{option} {text!r} is not a date of the form 2026-03-16") from None
