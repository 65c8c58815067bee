"""Revenue per megawatt, and when it is fair to say that revenue equals tokens per watt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.power import Power, work_per_joule

SECONDS_PER_YEAR: Final = 8760 * 3600.0
SAME_PRICE: Final = 0.05  # tiers within 5 % of each other count as one price


def revenue_per_megawatt_year(price: Array, rate: Array, power: Power, *, utilisation: Array) -> Array:
    """Return US dollars a year and facility megawatt if all output sells: p eta 10^6 x seconds a year x u.

    Parameters
    ----------
    price
        US dollars a unit of work.
    rate
        Throughput while busy [unit/s].
    power
        Power of the accelerator at the facility boundary.
    utilisation
        Share of hours it is busy [1].

    Raises
    ------
    ValueError
        If the power is not at the facility boundary.

    Examples
    --------
    >>> at_meter = Power(np.array(1000.0), "facility")
    >>> float(revenue_per_megawatt_year(np.array(1e-6), np.array(1000.0), at_meter, utilisation=np.array(0.5)))
    15768000.0
    """
    if power.boundary != "facility":
        raise InputError(f"revenue per megawatt needs facility power, not {power.unit}; bring it across with PUE")
    return np.asarray(price * work_per_joule(rate, power) * 1e6 * SECONDS_PER_YEAR * utilisation)


@dataclass(frozen=True)
class TokensPerWatt:
    """How likely each condition of "revenue = tokens per watt" is; missing where it was not judged.

    Attributes
    ----------
    power_binds
        Probability that power, and not demand, limits output.
    demand_absorbs
        Probability that demand takes all output at its present price.
    one_price
        Probability that service tiers sell at one price, within 5 %.
    """

    power_binds: float
    demand_absorbs: float
    one_price: float

    @property
    def holds(self) -> bool:
        """Whether all three are judged, and each more likely than not."""
        return all(each > 0.5 for each in (self.power_binds, self.demand_absorbs, self.one_price))

    @property
    def because(self) -> str:
        """One sentence that names the conditions that fail or were not judged."""
        said = {
            "power does not bind": self.power_binds,
            "demand does not absorb all output at this price": self.demand_absorbs,
            "the price depends on the service tier": self.one_price,
        }
        failed = [f"{text} ({1 - value:.0%} likely)" for text, value in said.items() if value <= 0.5]
        unjudged = [name for name, value in vars(self).items() if np.isnan(value)]
        if unjudged:
            failed.append(f"not judged: {', '.join(unjudged)} (give the demand)")
        return "all three conditions hold" if not failed else "; ".join(failed)


def tokens_per_watt(
    output: Array, tier_price_ratio: Array, *, demand: Array | None, power_limits: NDArray[np.bool_]
) -> TokensPerWatt:  # fmt: skip
    """Judge the three conditions over joint draws.

    Parameters
    ----------
    output
        What could be put out [unit/day], shape (draws,).
    tier_price_ratio
        Price of the fast tier over the slow one [1], shape (draws,).
    demand
        What is asked for at the present price [unit/day]; ``None`` leaves the first two conditions unjudged.
    power_limits
        Whether power, rather than the accelerators that can be had, limits output; boolean, shape (draws,).

    Examples
    --------
    >>> yes = np.array([True, True])
    >>> judged = tokens_per_watt(np.array([1.0, 2.0]), np.array([2.0, 3.0]), demand=np.array(9.0), power_limits=yes)
    >>> judged.holds, judged.because
    (False, 'the price depends on the service tier (100% likely)')
    """
    one_price = float((np.abs(np.log(tier_price_ratio)) <= SAME_PRICE).mean())
    if demand is None:
        return TokensPerWatt(float("nan"), float("nan"), one_price)
    absorbs = np.asarray(demand) >= output
    return TokensPerWatt(float((absorbs & power_limits).mean()), float(absorbs.mean()), one_price)
