"""Revenue per megawatt-year, and the conditions under which revenue is proportional to tokens per watt."""

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
    """Return revenue a year and facility megawatt if all output sells: p eta 10^6 x seconds a year x u.

    Parameters
    ----------
    price
        Price p [USD/unit].
    rate
        Throughput while busy [unit/s].
    power
        Power of the accelerator at the facility boundary [W_facility].
    utilisation
        Busy share u of the hours [1].

    Returns
    -------
    ndarray, the broadcast shape
        Revenue [USD/(MW_facility year)].

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
    """Probability of each condition of "revenue = tokens per watt"; NaN where it was not evaluated.

    Attributes
    ----------
    power_binds
        Probability that power, and not demand, limits output [1].
    demand_absorbs
        Probability that demand takes all output at its present price [1].
    one_price
        Probability that service tiers sell at one price, within 5 % [1].
    """

    power_binds: float
    demand_absorbs: float
    one_price: float

    @property
    def holds(self) -> bool:
        """True if all three conditions were evaluated and each is more likely than not."""
        return all(each > 0.5 for each in (self.power_binds, self.demand_absorbs, self.one_price))

    @property
    def because(self) -> str:
        """One sentence that names the conditions that fail or were not evaluated."""
        conditions = {
            "power does not bind": self.power_binds,
            "demand does not absorb all output at this price": self.demand_absorbs,
            "the price depends on the service tier": self.one_price,
        }
        failed = [f"{text} ({1 - value:.0%} likely)" for text, value in conditions.items() if value <= 0.5]
        unjudged = [name for name, value in vars(self).items() if np.isnan(value)]
        if unjudged:
            failed.append(f"not judged: {', '.join(unjudged)} (give the demand)")
        return "all three conditions hold" if not failed else "; ".join(failed)


def tokens_per_watt(
    output: Array, tier_price_ratio: Array, *, demand: Array | None, power_limits: NDArray[np.bool_]
) -> TokensPerWatt:  # fmt: skip
    """Evaluate the three conditions of "revenue = tokens per watt" over joint draws.

    Parameters
    ----------
    output
        Output that the site can produce [unit/day], shape (draws,).
    tier_price_ratio
        Price of the fast tier over the slow one [1], shape (draws,).
    demand
        Work demanded at the present price [unit/day], broadcast against ``output``; ``None`` leaves the first two
        conditions open.
    power_limits
        True where power, rather than the accelerators available, limits output; shape (draws,).

    Returns
    -------
    TokensPerWatt

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
