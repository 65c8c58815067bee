"""Passage of a threshold: its date, how likely it is already, by the end of each year and never, and if in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.crossing import first_passage, passage_ranks

NOT_YET: Final = "after the horizon"
FEW: Final = 20  # draws below which dates have no interval [draw]


@dataclass(frozen=True)
class Passage:
    """When a share passes a threshold.

    Attributes
    ----------
    early, middle, late
        Quarter by which a (1 - level) / 2, one half, and (1 + level) / 2 of the draws have crossed; ``by`` the
        first quarter shown where it was then or before, and ``after the horizon`` where it is not within it.
    level
        Level of the interval from ``early`` to ``late``.
    already
        Probability of being above the threshold in the last quarter before those ahead.
    by
        Year to the probability of having crossed by its end.
    never
        Probability of not crossing by the horizon.
    horizon
        Last quarter looked at.
    draws_within
        Draws that cross in the quarters ahead.
    early_within, middle_within, late_within
        As ``early, middle, late``, of those draws alone; none where there is none, and no interval of fewer than
        :data:`FEW`.
    """

    early: str
    middle: str
    late: str
    level: float
    already: float
    by: Mapping[str, float]
    never: float
    horizon: str
    draws_within: int
    early_within: str | None
    middle_within: str | None
    late_within: str | None


def check_fractions(**named: float) -> None:
    """Raise if a threshold or level does not lie between 0 and 1.

    Parameters
    ----------
    **named
        Argument to its value.

    Raises
    ------
    ValueError
        Naming the argument and its value.
    """
    for name, value in named.items():
        if not isinstance(value, int | float) or not 0 < value < 1:
            raise InputError(f"{name} is {value!r}; it must lie between 0 and 1, such as 0.5 for half")


def passage(share: Array, ends: pd.DatetimeIndex, *, above: float, level: float, first_ahead: int) -> Passage:
    """Summarise when draws of a share first pass a threshold; one that fell back before the quarters ahead, when next.

    Parameters
    ----------
    share
        Shape (draws, periods).
    ends
        Quarter ends.
    above
        Threshold, in (0, 1).
    level
        Level of the interval, in (0, 1).
    first_ahead
        Position of the first quarter that is forecast.

    Returns
    -------
    Passage
        Dates and probabilities; years from that of the first quarter ahead.

    Raises
    ------
    ValueError
        If threshold or level is not within (0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> ends = pd.date_range("2025-09-30", periods=4, freq="QE", tz="UTC")
    >>> share = np.array([[0.4, 0.7, 0.7, 0.8], [0.4, 0.4, 0.4, 0.7]])
    >>> found = passage(share, ends, above=0.5, level=0.8, first_ahead=1)
    >>> found.early, found.late, dict(found.by)
    ('2025Q4', '2026Q2', {'2025': 0.5, '2026': 1.0})
    """
    check_fractions(above=above, level=level)
    holds = share > above
    holds[:, :first_ahead] &= holds[:, first_ahead - 1 : first_ahead]
    first = first_passage(holds)
    labels = [f"by {quarter_label(ends[0])}", *map(quarter_label, ends[1:]), NOT_YET]
    levels = [(1 - level) / 2, 0.5, (1 + level) / 2]
    early, middle, late = (labels[rank] for rank in passage_ranks(first, levels))
    within = first[(first >= first_ahead) & (first < len(ends))]
    dated = [labels[rank] for rank in passage_ranks(within, levels)] if len(within) else [None] * len(levels)
    soon, mid, last = dated if len(within) >= FEW else (None, dated[1], None)
    years = {str(end.year): at for at, end in enumerate(ends) if at >= first_ahead}  # last quarter of each year
    return Passage(
        early, middle, late, level, float((first < first_ahead).mean()),
        {year: float((first <= at).mean()) for year, at in years.items()}, float((first == len(ends)).mean()),
        quarter_label(ends[-1]), len(within), soon, mid, last,
    )  # fmt: skip
