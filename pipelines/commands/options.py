"""Options that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from shiftcast.features.calendars import as_midnight
from shiftcast.features.input_error import InputError


def as_day(text: str | None, option: str) -> pd.Timestamp:
    """Return the day an option names, today if it was left out, as midnight UTC.

    Parameters
    ----------
    text
        A date in ISO form; today if not given.
    option
        Option it was given for, for the message.

    Returns
    -------
    Timestamp
        Midnight UTC.

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
        return as_midnight(text)
    except ValueError as error:
        raise InputError(f"{option} {error}") from None


def names_of(text: str) -> tuple[str, ...]:
    """Return names from text in which commas part them.

    Parameters
    ----------
    text
        Such as ``price, users``.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> names_of("price, users")
    ('price', 'users')
    """
    return tuple(name.strip() for name in text.split(",") if name.strip())
