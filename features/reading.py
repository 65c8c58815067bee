"""Settings by which a file of series is read: its dates, its frequency, and when its figures were taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.features.instants import Clock

HOLD, SCALE, KEEP = "hold", "scale", "keep"
PARTIAL: Final = (HOLD, SCALE, KEEP)


@dataclass(frozen=True)
class Reading:
    """How to read a file of series.

    Attributes
    ----------
    clock
        Zone of dates written without one, order of day and month, end of fiscal years.
    frequency
        A pandas offset such as ``h`` or ``MS``; found in the dates where not given.
    as_of
        Moment up to which figures were counted [UTC, no zone]: a period that ends later is not over. Not known where
        left out.
    partial
        What becomes of a value whose period is not over: ``hold`` it out, ``scale`` it to the whole period, ``keep``.

    Raises
    ------
    ValueError
        If ``partial`` is another word.
    """

    clock: Clock = field(default_factory=Clock)
    frequency: str | None = None
    as_of: pd.Timestamp | None = None
    partial: str = HOLD

    def __post_init__(self) -> None:
        if self.partial not in PARTIAL:
            raise InputError(f"--partial {self.partial!r} is none of {', '.join(PARTIAL)}")


def as_of_moment(text: str | None) -> pd.Timestamp | None:
    """Return the moment that ``--as-of`` names: the end of a day, or a time.

    Parameters
    ----------
    text
        Day or time in ISO form, with a zone or in UTC; none where the option was left out.

    Returns
    -------
    Timestamp or None
        Moment [UTC, no zone].

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> as_of_moment("2026-03-16"), as_of_moment("2026-03-16T12:00+02:00")
    (Timestamp('2026-03-17 00:00:00'), Timestamp('2026-03-16 10:00:00'))
    """
    if text is None:
        return None
    read = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    if pd.isna(read) or len(text) < 10:
        raise InputError(f"--as-of {text!r} is no day or time such as 2026-03-16 or 2026-03-16T12:00")
    return read.tz_localize(None) + pd.Timedelta(days=int(len(text) == 10))
