"""Worth of knowing a figure before a decision: expected value of perfect and of sample information.

The decision is how much of something to have when one too few costs ``under`` and one too many ``over`` (newsvendor).
Knowing a figure helps by deciding after it: the amount is the mean of the need given the figure times one constant.
That is one rule of all that could be followed, so its gain over deciding now bounds the figure's worth from below.

Reference: Strong, Oakley, Brennan and Breeze (2015), Estimating the expected value of sample information using the
probabilistic sensitivity analysis sample, Medical Decision Making 35.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.effects.indices import left_out


@dataclass(frozen=True)
class Stakes:
    """Costs of one too few and of one too many, in one unit of money.

    Attributes
    ----------
    under, over
        Cost of a unit too few, and of a unit too many [USD/unit]; above zero.
    """

    under: float
    over: float

    def expected_cost(self, need: Array, ratio: Array | None = None) -> float:
        """Return the least expected cost of an amount decided draw by draw in proportion to ``ratio``.

        Parameters
        ----------
        need
            Draws of what is needed, shape (draws,).
        ratio
            Amount in each draw up to a constant, above zero, shape (draws,); one amount for all if not given.

        Returns
        -------
        float
            Expected cost at the best constant [USD].

        Examples
        --------
        >>> Stakes(3.0, 1.0).expected_cost(np.array([1.0, 2.0, 3.0, 4.0]))
        1.5
        """
        scale = np.ones_like(need) if ratio is None else ratio
        each, order = need / scale, np.argsort(need / scale, kind="stable")
        weight = np.cumsum(scale[order]) / scale.sum()
        best = each[order][min(int(weight.searchsorted(self.under / (self.under + self.over))), len(need) - 1)]
        short = need - best * scale
        return float(np.where(short > 0, self.under * short, -self.over * short).mean())


def worth_of_knowing(need: Array, figure: Array, degree: int, stakes: Stakes) -> float:
    """Return what knowing a figure before the decision is worth at least, of perfect information about it.

    Parameters
    ----------
    need
        Draws of what is needed, above zero, shape (draws,).
    figure
        Draws of the figure, shape (draws,).
    degree
        Of the polynomial of the figure's ranks that the log of the need is regressed on.
    stakes
        Costs.

    Returns
    -------
    float
        Expected cost that is saved [USD]; zero where the rule saves none.
    """
    ratio = np.exp(left_out(figure, np.log(need), degree))
    return max(stakes.expected_cost(need) - stakes.expected_cost(need, ratio), 0.0)


def worth_of_measuring(
    need: Array, figure: Array, degree: int, stakes: Stakes, *, error: float, sample: int, random: np.random.Generator,
    again: int = 4,
) -> float:  # fmt: skip
    """Return what measuring a figure before the decision is worth at least, of sample information about it.

    Parameters
    ----------
    need, figure, degree, stakes
        As :func:`worth_of_knowing` takes them.
    error
        Standard error of one measurement over the figure [1].
    sample
        Measurements whose mean is taken; their errors are independent.
    random
        For the errors; it is advanced.
    again
        Times that the errors are drawn; the mean is returned.

    Returns
    -------
    float
        Expected cost that is saved [USD].
    """
    noise = 1 + error / np.sqrt(sample) * random.standard_normal((again, len(figure)))
    return float(np.mean([worth_of_knowing(need, figure * each, degree, stakes) for each in noise]))
