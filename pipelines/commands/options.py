"""Options that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import pandas as pd
import typer

from shiftcast.features.calendars import as_midnight
from shiftcast.features.input_error import InputError

ASKED: Final = "Which forecast is asked"
Root = Annotated[
    Path | None,
    typer.Option(help="Folder of the store; mlruns here if left out.", metavar="FOLDER", rich_help_panel=ASKED),
]
Version = Annotated[
    str | None,
    typer.Option(help="Alias or number of the forecast; the champion if left out.", rich_help_panel=ASKED),
]


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
