"""The vendor's guidance as a quarter: what its outlook says of data-centre revenue, as past outlooks came out.

log(actual / midpoint) is a Student t: the posterior predictive of a normal with conjugate prior, updated by every
quarter known at the origin.

Reference: Gelman et al. (2013), Bayesian Data Analysis, section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import LONGEST_QUARTER
from shiftcast.features.frames import AssumptionRows, DataFrame, Observations
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.draws import student_t

_GAP: Final = pd.Timedelta(days=7)  # from the last reported quarter to the first day of the one that comes next


@dataclass(frozen=True)
class GuidancePrior:
    """What is believed of guidance before any quarter of it is seen; rows ``guidance.*`` of the record.

    Attributes
    ----------
    bias, bias_quarters
        Mean of log(actual / midpoint) [1], and the quarters it counts for.
    spread, spread_quarters
        Its standard deviation [1], and the quarters that counts for.
    other_change
        Standard deviation of the log change in a quarter of revenue outside data centres [1].
    floor
        Least that guidance leaves for data centres, of the quarter before [1].
    """

    bias: float
    bias_quarters: float
    spread: float
    spread_quarters: float
    other_change: float
    floor: float


@dataclass(frozen=True)
class GuidedQuarter:
    """Data-centre revenue of the coming fiscal quarter, as guidance tells it.

    Attributes
    ----------
    midpoint
        Of the last outlook known for the vendor as a whole [USD].
    other
        Revenue outside data centres in the last reported quarter [USD].
    floor
        Least that is left for data centres [USD].
    mean, sd, degrees
        Student t of log(actual / midpoint): mean and standard deviation [1], degrees of freedom.
    other_change
        Standard deviation of the log change of ``other`` [1].
    """

    midpoint: float
    other: float
    floor: float
    mean: float
    sd: float
    degrees: float
    other_change: float

    @property
    def median(self) -> float:
        """Median revenue [USD]."""
        return max(self.midpoint * float(np.exp(self.mean)) - self.other, self.floor)

    def draw(self, draws: int, random: np.random.Generator) -> Array:
        """Return draws of revenue [USD], shape (draws,).

        Parameters
        ----------
        draws
            Number of draws.
        random
            Random generator; it is advanced.
        """
        whole = self.midpoint * np.exp(self.mean + self.sd * student_t(random, (draws,), self.degrees))
        other = self.other * np.exp(self.other_change * random.standard_normal(draws))
        return np.asarray(np.maximum(whole - other, self.floor))


def guidance_prior(assumptions: DataFrame[AssumptionRows]) -> GuidancePrior:
    """Return what the record believes of guidance beforehand.

    Parameters
    ----------
    assumptions
        With a row ``guidance.NAME`` for each attribute of :class:`GuidancePrior`; its median is taken.

    Returns
    -------
    GuidancePrior
        In the units of the rows.

    Raises
    ------
    ValueError
        If a row is missing.
    """
    mid = assumptions.set_index("name")["mid"]
    names = list(GuidancePrior.__dataclass_fields__)
    missing = [f"guidance.{name}" for name in names if f"guidance.{name}" not in mid]
    if missing:
        raise InputError(f"assumption {missing[0]!r} is missing; add a row of that name to assumptions.csv")
    return GuidancePrior(**{name: float(mid[f"guidance.{name}"]) for name in names})


def guided_quarter(
    vintages: DataFrame[Observations], reported: pd.Series, prior: GuidancePrior
) -> GuidedQuarter | None:
    """Return what guidance says of the quarter after the last reported one, or nothing.

    A past quarter counts by its first outlook, the coming one by its last; recalled outlooks count for neither.

    Parameters
    ----------
    vintages
        Every vintage known at the origin.
    reported
        Data-centre revenue [USD] by the last day of the fiscal quarter.
    prior
        What is believed beforehand.

    Returns
    -------
    GuidedQuarter or None
        ``None`` where the coming quarter is not guided, or the vendor's whole revenue of the last one is not known.
    """
    outlooks = _by_day(select(vintages, measure="revenue", definition="company_outlook", stage="forward"))
    outlooks = outlooks[outlooks["confidence"] != "recalled"]
    whole = _by_day(select(vintages, measure="revenue", definition="company_total", stage="flow", segment="all"))
    actual = whole.drop_duplicates("period_end", keep="last").set_index("period_end")["value"]
    last, level = reported.index[-1], float(reported.iloc[-1])
    coming = outlooks[(outlooks["period_start"] > last) & (outlooks["period_start"] <= last + _GAP)]
    if coming.empty or last not in actual.index:
        return None
    first = outlooks.drop_duplicates("period_end").set_index("period_end")["value"]
    mean, sd, degrees = predictive(np.log(actual / first).dropna().to_numpy(), prior)
    other = max(float(actual[last]) - level, 0.0)
    midpoint = float(coming["value"].iloc[-1])
    return GuidedQuarter(midpoint, other, prior.floor * level, mean, sd, degrees, prior.other_change)


def predictive(ratios: Array, prior: GuidancePrior) -> tuple[float, float, float]:
    """Return mean, standard deviation and degrees of freedom of the next log(actual / midpoint).

    Parameters
    ----------
    ratios
        Those known, shape (n,).
    prior
        What is believed beforehand.

    Returns
    -------
    tuple of float
        Mean and standard deviation [1], and degrees of freedom of a Student t.
    """
    n, believed, counts = len(ratios), prior.bias, prior.bias_quarters
    average = float(np.mean(ratios)) if n else believed
    between = counts * n / (counts + n) * (average - believed) ** 2
    squares = prior.spread_quarters * prior.spread**2 + float(((ratios - average) ** 2).sum()) + between
    degrees = prior.spread_quarters + n
    variance = squares / (degrees - 2) * (1 + 1 / (counts + n))
    return (counts * believed + n * average) / (counts + n), float(np.sqrt(variance)), degrees


def _by_day(rows: DataFrame[Observations]) -> pd.DataFrame:
    """Return the rows that are about one quarter, in the order they became known."""
    days = (rows["period_end"] - rows["period_start"]).dt.days
    return rows[days < LONGEST_QUARTER].sort_values("known_at", kind="stable")
