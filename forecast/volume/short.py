"""Beliefs about short and saturated histories."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Short:
    """Beliefs about histories that cannot show their own spread; each is without effect where left out.

    Attributes
    ----------
    period
        Deviation of one value around the level of a series that has fewer than five [log].
    saturated
        Deviation of the log of demand above a capacity that it was never seen below [log].
    """

    period: float = 0.0
    saturated: float = 0.0
