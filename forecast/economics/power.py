"""Power with its boundary (chip, server, IT, facility): powers at different boundaries are never added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

BOUNDARIES: Final = ("chip", "server", "it", "facility")  # from the inside out
JOULES_PER_KWH: Final = 3.6e6


@dataclass(frozen=True)
class Power:
    """Power at one boundary.

    Attributes
    ----------
    watts
        Power [W at ``boundary``], any shape; positive.
    boundary
        ``chip`` (the package), ``server`` (with its host), ``it`` (with its share of the network) or ``facility`` (at
        the meter, cooling and conversion included).

    Examples
    --------
    >>> Power(np.array(2120.0), "it").unit
    'W_it'
    >>> Power(np.array(1.0), "it") + Power(np.array(1.0), "chip")
    Traceback (most recent call last):
    shiftcast.InputError: W_it and W_chip are powers at different boundaries; bring one across with its stated ratio first
    """  # noqa: E501  (an example prints its message on one line)

    watts: Array
    boundary: str

    def __post_init__(self) -> None:
        """Refuse an unknown boundary and power that is not positive."""
        _position(self.boundary)
        values = np.asarray(self.watts, dtype=np.float64)
        if not (np.isfinite(values) & (values > 0)).all():
            worst = values[~(np.isfinite(values) & (values > 0))].flat[0]
            raise InputError(f"power of {worst:g} {self.unit} is not a positive number; correct the record")

    @property
    def unit(self) -> str:
        """Unit with its boundary, such as ``W_it``; defined in :mod:`features.units`."""
        return f"W_{self.boundary}"

    def __add__(self, other: Power) -> Power:
        """Add power at the same boundary.

        Parameters
        ----------
        other
            Power at the same boundary, broadcast against this one.

        Returns
        -------
        Power

        Raises
        ------
        ValueError
            If the boundaries differ.
        """
        if self.boundary != other.boundary:
            raise InputError(
                f"{self.unit} and {other.unit} are powers at different boundaries; bring one across with its stated "
                "ratio first"
            )
        return Power(np.asarray(self.watts + other.watts), self.boundary)


def _position(boundary: str) -> int:
    if boundary not in BOUNDARIES:
        raise InputError(f"power boundary {boundary!r} is not known; choose one of {', '.join(BOUNDARIES)}")
    return BOUNDARIES.index(boundary)


def across(power: Power, *, to: str, ratio: Array) -> Power:
    """Return the same power at another boundary: times the ratio outwards, over it inwards.

    Parameters
    ----------
    power
        Power at its own boundary.
    to
        Boundary of the result.
    ratio
        Power at the outer boundary over power at the inner one [1], at least one; PUE from IT to facility.

    Returns
    -------
    Power
        Watts in the broadcast shape [W at ``to``].

    Raises
    ------
    ValueError
        If a boundary is unknown or a ratio is below one.

    Examples
    --------
    >>> float(across(Power(np.array(2000.0), "it"), to="facility", ratio=np.array(1.2)).watts)
    2400.0
    >>> float(across(Power(np.array(2400.0), "facility"), to="it", ratio=np.array(1.2)).watts)
    2000.0
    """
    if (np.asarray(ratio) < 1.0).any():
        raise InputError(
            f"ratio {float(np.min(ratio)):g} from {power.boundary} to {to} is below one; an outer boundary draws at "
            "least as much as an inner one"
        )
    outward = _position(to) - _position(power.boundary)
    factor = {-1: 1 / np.asarray(ratio), 0: np.asarray(1.0), 1: np.asarray(ratio)}[int(np.sign(outward))]
    return Power(np.asarray(power.watts * factor), to)


def facility_megawatts(accelerators: Array, each: Power, *, pue: Array) -> Array:
    """Return the facility power of a number of accelerators: N P_it PUE / 10^6.

    Parameters
    ----------
    accelerators
        Number of accelerators that draw power, any shape.
    each
        Power of one accelerator at the IT boundary [W_it].
    pue
        Facility power over IT power [1].

    Returns
    -------
    ndarray, the broadcast shape
        Power [MW_facility].

    Raises
    ------
    ValueError
        If ``each`` is not at the IT boundary: PUE spans IT to facility and nothing else.

    Examples
    --------
    A billion requests a day of 400 output tokens on GB300 at 8,291 tokens a second, busy 14.4 hours a day:

    >>> accelerators = 1e9 * 400 / (8291 * 3600) / 14.4
    >>> round(float(facility_megawatts(accelerators, Power(np.array(2120.0), "it"), pue=np.array(1.12))), 1)
    2.2
    """
    if each.boundary != "it":
        raise InputError(
            f"power in {each.unit} where W_it is needed: PUE is facility power over IT power; use a figure at the IT "
            "boundary, or bring this one across with its stated ratio"
        )
    return np.asarray(accelerators * across(each, to="facility", ratio=pue).watts / 1e6)


def work_per_joule(rate: Array, power: Power) -> Array:
    """Return work per joule at the boundary of ``power``: eta = theta / P.

    Parameters
    ----------
    rate
        Throughput theta [unit/s].
    power
        Power P at any boundary [W].

    Returns
    -------
    ndarray, the broadcast shape
        Work per joule [unit/J].

    Examples
    --------
    >>> float(work_per_joule(np.array(2400.0), Power(np.array(2400.0), "facility")))
    1.0
    """
    return np.asarray(rate / power.watts)


def capped_rate(rate: Array, cap: Array, exponent: Array) -> Array:
    """Return the throughput of an accelerator at a share of its full power (max-Q): theta cap^a.

    Parameters
    ----------
    rate
        Throughput at full power [unit/s].
    cap
        Share of full power it may draw [1], in (0, 1].
    exponent
        Exponent a [1]; below one, a cap reduces work by less than power.

    Returns
    -------
    ndarray, the broadcast shape
        Throughput [unit/s].

    Raises
    ------
    ValueError
        If a cap is outside (0, 1].

    Examples
    --------
    >>> float(capped_rate(np.array(100.0), np.array(0.25), np.array(0.5)))
    50.0
    """
    if not ((np.asarray(cap) > 0) & (np.asarray(cap) <= 1)).all():
        raise InputError(
            f"power cap {float(np.min(cap)):g} is not in (0, 1]; give the share of full power, such as 0.8"
        )
    return np.asarray(rate * np.asarray(cap) ** exponent)
