"""Options about dates that the commands on series share."""

from __future__ import annotations

from typing import Annotated

import typer

from shiftcast.features.instants import Clock
from shiftcast.features.reading import PARTIAL, Reading, as_of_moment

Frequency = Annotated[str | None, typer.Option(help="Such as h, B, D, W, ME, 4-4-5 or QE; found if left out.")]
Zone = Annotated[str | None, typer.Option(help="Zone of times written without one; UTC if left out.")]
Order = Annotated[str, typer.Option("--dates", help="Which comes first in 03/04/2026: day-first or month-first.")]
FiscalEnd = Annotated[int, typer.Option(help="Month in which fiscal years end, 1 to 12, for FY22 Q3.")]
AsOf = Annotated[str | None, typer.Option(help="Day or time up to which figures go; what ends later is not over.")]
Partial = Annotated[str, typer.Option(help=f"A value whose period is not over: {', '.join(PARTIAL)}.")]


def as_reading(
    frequency: str | None, zone: str | None, order: str, fiscal_end: int, as_of: str | None, partial: str
) -> Reading:
    """Return how options say a file of series is to be read.

    Parameters
    ----------
    frequency, zone, order, fiscal_end, as_of, partial
        Options as given.

    Returns
    -------
    Reading
        The same, checked.

    Raises
    ------
    ValueError
        If one is none of those it can be.
    """
    return Reading(Clock(zone or "UTC", None, order, fiscal_end), frequency, as_of_moment(as_of), partial)
