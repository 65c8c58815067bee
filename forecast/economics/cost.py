"""What a unit of work costs: capital charge, operations, site and energy, each apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

HOURS_PER_YEAR: Final = 8760.0


def capital_recovery(rate: Array, life: Array) -> Array:
    """Return the yearly charge over the price that repays it with interest: CRF = r (1+r)^L / ((1+r)^L - 1).

    Parameters
    ----------
    rate
        Cost of capital r [1/year]; zero gives 1 / L.
    life
        Life L [year].

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
        Capital charge on the accelerator with its share of the system.
    operations
        Maintenance, spares, staff.
    site
        Capital charge on the building and power train.
    energy
        Electricity at the meter.
    """

    capital: Array
    operations: Array
    site: Array
    energy: Array

    @property
    def total(self) -> Array:
        """The sum of the parts."""
        return np.asarray(self.capital + self.operations + self.site + self.energy)


@dataclass(frozen=True)
class Terms:
    """What money, building and energy cost, each of one shape or a single number.

    Attributes
    ----------
    rate
        Cost of capital [1/year].
    operations
        A year, over the price of the accelerator [1/year].
    site_capex, site_life
        Building and power train [USD/W_facility] and their life [year].
    load
        Mean draw over provisioned power [1].
    electricity
        USD/kWh at the meter.
    """

    rate: Array
    operations: Array
    site_capex: Array
    site_life: Array
    load: Array
    electricity: Array


def hourly_cost(price: Array, facility_watts: Array, terms: Terms, *, life: Array) -> HourlyCost:
    """Return what one accelerator costs an hour, part by part.

    Parameters
    ----------
    price
        US dollars an accelerator with its share of the system.
    facility_watts
        Provisioned power at the facility boundary [W_facility].
    terms
        What money, building and energy cost.
    life
        Life of the accelerator [year].

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
    """Return US dollars a million units of work: cost an hour / (3600 u theta) x 10^6.

    Parameters
    ----------
    dollars_an_hour
        Cost of one accelerator [USD/h].
    rate
        Throughput while busy theta [unit/s].
    utilisation
        Share of hours it is busy u [1].

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
