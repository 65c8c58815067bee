"""Procurement decision (newsvendor): the quantile to build to, and the cost of building too little or too much.

Reference: Arrow, Harris and Marschak (1951), Optimal inventory policy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.frames import AssumptionRows, DataFrame
from shiftcast.features.input_error import InputError

SHORT, OVER = "procurement.short", "procurement.over"


@dataclass(frozen=True)
class BuildCosts:
    """Costs of a unit of demand for which too little or too much was built.

    Attributes
    ----------
    short, over
        Cost of a missing unit, and of an idle one [share of its price].
    """

    short: float
    over: float

    @property
    def quantile(self) -> float:
        """Quantile to build to [1]: short / (short + over).

        Examples
        --------
        >>> BuildCosts(short=0.45, over=0.15).quantile
        0.75
        """
        return critical_ratio(self.short, self.over)


def critical_ratio(under: float, over: float) -> float:
    """Return the newsvendor quantile: q* = c_under / (c_under + c_over) (Arrow, Harris and Marschak 1951).

    Parameters
    ----------
    under, over
        Cost of a unit too few and of one too many, in the same unit.

    Returns
    -------
    float
        Quantile [1], between 0 and 1.

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


def build_costs(assumptions: DataFrame[AssumptionRows]) -> BuildCosts:
    """Return the medians of the costs that the record assumes.

    Parameters
    ----------
    assumptions
        Assumptions frame with the rows ``procurement.short`` and ``procurement.over``.

    Returns
    -------
    BuildCosts

    Raises
    ------
    ValueError
        If one of them is missing or not positive.

    Examples
    --------
    >>> import pandas as pd
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
    """Return the cost of building to the procurement quantile, as a share of the actual.

    Parameters
    ----------
    draws
        Positive draws of the demand, shape (draws, ...).
    actual
        Actuals in the same unit, positive, shape (...).
    costs
        Costs of a missing and of an idle unit.

    Returns
    -------
    ndarray, shape (...)
        Cost [share of the actual].

    Examples
    --------
    >>> build_cost(np.full((4, 1), 80.0), np.array([100.0]), BuildCosts(short=0.45, over=0.15)).round(3).tolist()
    [0.09]
    """
    plan = np.quantile(draws, costs.quantile, axis=0)
    return np.asarray((costs.short * np.maximum(actual - plan, 0) + costs.over * np.maximum(plan - actual, 0)) / actual)
