"""Cost of one unit of work in parts: capital charge (CRF), operations, site and energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

HOURS_PER_YEAR: Final = 8760.0


def capital_recovery(rate: Array, life: Array) -> Array:
    """Return the capital recovery factor: CRF = r (1+r)^L / ((1+r)^L - 1), the yearly charge over the price.

    Parameters
    ----------
    rate
        Cost of capital r [1/year]; zero gives 1 / L.
    life
        Life L [year].

    Returns
    -------
    ndarray, the broadcast shape
        CRF [1/year].

    Raises
    ------
    ValueError
        If a life is not positive or a rate is negative.

    Examples
    --------
    >>> [round(100 * float(capital_recovery(np.array(0.1), np.array(L))), 1) for L in (3.0, 4.0, 5.0, 6.0)]
    [40.2, 31.5, 26.4, 23.0]
    """
    rate, life = np.asarray(rate, dtype=np.float64), np.asarray(life, dtype=np.float64)
    if not (life > 0).all():
        raise InputError(f"life of {float(life.min()):g} years is not positive; give lives such as 4,5,6")
    if not (rate >= 0).all():
        raise InputError(f"cost of capital {float(rate.min()):g} a year is negative; give a rate such as 0.1")
    with np.errstate(invalid="ignore"):
        charge = rate / -np.expm1(-life * np.log1p(rate))
    return np.asarray(np.where(rate > 0, charge, 1 / life))


@dataclass(frozen=True)
class HourlyCost:
    """Cost of owning and running one accelerator [USD/h], each part of the shape of its inputs.

    Attributes
    ----------
    capital
        Capital charge on the accelerator with its share of the system [USD/h].
    operations
        Maintenance, spares and staff [USD/h].
    site
        Capital charge on the building and power train [USD/h].
    energy
        Electricity at the meter [USD/h].
    """

    capital: Array
    operations: Array
    site: Array
    energy: Array

    @property
    def total(self) -> Array:
        """Sum of the parts [USD/h]."""
        return np.asarray(self.capital + self.operations + self.site + self.energy)


@dataclass(frozen=True)
class Terms:
    """Unit costs of money, operations, building and energy, each of one shape or a single number.

    Attributes
    ----------
    rate
        Cost of capital [1/year].
    operations
        Operations a year over the price of the accelerator [1/year].
    site_capex, site_life
        Cost of building and power train [USD/W_facility], and their life [year].
    load
        Mean draw over provisioned power [1].
    electricity
        Price of electricity at the meter [USD/kWh].
    """

    rate: Array
    operations: Array
    site_capex: Array
    site_life: Array
    load: Array
    electricity: Array


def hourly_cost(price: Array, facility_watts: Array, terms: Terms, *, life: Array) -> HourlyCost:
    """Return the cost of one accelerator an hour, in parts.

    Capital CRF(r, L) price / 8760; operations o price / 8760; site CRF(r, L_site) capex W / 8760; energy W / 1000 load
    e.

    Parameters
    ----------
    price
        Price of an accelerator with its share of the system [USD/accelerator].
    facility_watts
        Provisioned power at the facility boundary [W_facility].
    terms
        Unit costs of money, operations, building and energy.
    life
        Life of the accelerator [year].

    Returns
    -------
    HourlyCost
        Each part in the broadcast shape [USD/h].

    Examples
    --------
    >>> of = np.array
    >>> terms = Terms(of(0.0), of(0.5), of(8.76), of(1.0), of(0.5), of(0.1))
    >>> cost = hourly_cost(of(8760.0), of(1000.0), terms, life=of(1.0))
    >>> [float(part) for part in (cost.capital, cost.operations, cost.site, cost.energy)]
    [1.0, 0.5, 1.0, 0.05]
    """
    return HourlyCost(
        np.asarray(capital_recovery(terms.rate, life) * price / HOURS_PER_YEAR),
        np.asarray(terms.operations * price / HOURS_PER_YEAR),
        np.asarray(capital_recovery(terms.rate, terms.site_life) * terms.site_capex * facility_watts / HOURS_PER_YEAR),
        np.asarray(facility_watts / 1e3 * terms.load * terms.electricity),
    )


def per_million(dollars_an_hour: Array, rate: Array, utilisation: Array) -> Array:
    """Return the cost of a million units of work: cost an hour / (3600 u theta) x 10^6.

    Parameters
    ----------
    dollars_an_hour
        Cost of one accelerator [USD/h].
    rate
        Throughput theta while busy [unit/s].
    utilisation
        Busy share u of the hours [1].

    Returns
    -------
    ndarray, the broadcast shape
        Cost [USD/million units].

    Raises
    ------
    ValueError
        If a throughput or utilisation is not positive.

    Examples
    --------
    >>> round(float(per_million(np.array(2.31), np.array(8291.0), np.array(0.5))), 3)
    0.155
    """
    sold = np.asarray(rate * utilisation)
    if not (sold > 0).all():
        raise InputError(
            f"throughput times utilisation is {float(sold.min()):g}, which is not positive; correct the throughput "
            "record or the utilisation"
        )
    return np.asarray(dollars_an_hour / (3600.0 * sold) * 1e6)
