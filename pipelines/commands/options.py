"""Options that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from shiftcast.features.calendars import as_midnight
from shiftcast.features.input_error import InputError
from shiftcast.forecast.volume import Elasticity


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
    """Return the names that an option lists, separated by commas.

    Parameters
    ----------
    text
        The option as given.

    Returns
    -------
    tuple of str
        Its names; none of empty text.

    Examples
    --------
    >>> names_of("W, ME"), names_of("")
    (('W', 'ME'), ())
    """
    return tuple(name.strip() for name in text.split(",") if name.strip())


def as_elasticity(text: str) -> tuple[str, Elasticity]:
    """Return a driver and the belief in its elasticity from text such as ``price=-0.5:0.3``.

    Parameters
    ----------
    text
        ``driver=mean:sd``.

    Returns
    -------
    tuple
        Name of the driver, and mean and standard deviation of its elasticity [1].

    Raises
    ------
    ValueError
        If it is not of that form.

    Examples
    --------
    >>> as_elasticity("price=-0.5:0.3")
    ('price', Elasticity(mean=-0.5, sd=0.3))
    """
    name, _, belief = text.partition("=")
    mean, _, sd = belief.partition(":")
    try:
        return name.strip(), Elasticity(float(mean), float(sd))
    except ValueError:
        raise InputError(f"--elasticity {text!r} is not of the form price=-0.5:0.3, driver=mean:sd") from None
