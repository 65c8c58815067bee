"""The decision a forecast is bought for: how much to build, and what building too little or too much costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

SHORT, OVER = "procurement.short", "procurement.over"


@dataclass(frozen=True)
class BuildCosts:
    """What a unit of demand costs where too little or too much was built for it.

    Attributes
    ----------
    short, over
        Cost of a unit that is missing, and of one that stands idle [share of its price].
    """

    short: float
    over: float

    @property
    def quantile(self) -> float:
        """The quantile to build to.

        Examples
        --------
        >>> BuildCosts(short=0.45, over=0.15).quantile
        0.75
        """
        return critical_ratio(self.short, self.over)


def critical_ratio(under: float, over: float) -> float:
    """Return the newsvendor's quantile: q* = c_under / (c_under + c_over) (Arrow, Harris and Marschak 1951).

    Parameters
    ----------
    under, over
        Cost of a unit too few and of one too many, in the same unit.

    Raises
    ------
    ValueError
        If a cost is not positive.

    Examples
    --------
    >>> critical_ratio(19.0, 1.0)
    0.95
    """
    if not (under > 0 and over > 0):
        raise InputError(f"costs of a shortage {under:g} and a surplus {over:g} must both be positive")
    return under / (under + over)


def build_costs(assumptions: pd.DataFrame) -> BuildCosts:
    """Return the costs that the record assumes, their medians.

    Parameters
    ----------
    assumptions
        Assumptions frame with the rows ``procurement.short`` and ``procurement.over``.

    Raises
    ------
    ValueError
        If one of them is missing or not positive.

    Examples
    --------
    >>> rows = pd.DataFrame({"name": ["procurement.short", "procurement.over"], "mid": [0.45, 0.15]})
    >>> build_costs(rows)
    BuildCosts(short=0.45, over=0.15)
    """
    mids = dict(zip(assumptions["name"], assumptions["mid"], strict=True))
    for name in (SHORT, OVER):
        if not mids.get(name, 0.0) > 0:
            raise InputError(
                f"assumption {name!r} is {mids.get(name, 'missing')}; give it a positive row in assumptions.csv"
            )
    return BuildCosts(float(mids[SHORT]), float(mids[OVER]))


def build_cost(draws: Array, actual: Array, costs: BuildCosts) -> Array:
    """Return what building to the procurement quantile cost, as a share of the actual.

    (short * max(y - q, 0) + over * max(q - y, 0)) / y with q the quantile ``costs.quantile`` of the draws: the
    pinball loss at that quantile, times the sum of the costs.

    Parameters
    ----------
    draws
        Positive draws of the demand, shape (draws, ...).
    actual
        What came, in the same unit, shape (...).

    Examples
    --------
    >>> build_cost(np.full((4, 1), 80.0), np.array([100.0]), BuildCosts(short=0.45, over=0.15)).round(3).tolist()
    [0.09]
    """
    plan = np.quantile(draws, costs.quantile, axis=0)
    return np.asarray((costs.short * np.maximum(actual - plan, 0) + costs.over * np.maximum(plan - actual, 0)) / actual)
