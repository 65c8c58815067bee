"""The most that a unit is held to anywhere: a figure beyond it has a wrong unit or a slip, whatever it is of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from shiftcast.features.input_error import InputError

MOST: Final[Mapping[str, tuple[float, str]]] = {
    "1": (1.0, "the whole"),
    "USD": (1e14, "about what the whole world produces in a year"),
    "USD/quarter": (1e14, "about what the whole world produces in a year"),
    "USD/year": (1e14, "about what the whole world produces in a year"),
    "USD/accelerator": (1e8, "some hundred times the dearest rack over its accelerators"),
    "USD/accelerator_hour": (1e6, "some ten thousand times the dearest that is sold"),
    "USD/kWh": (100.0, "some hundred times the dearest that homes pay"),
    "USD/currency": (1e4, "more than any currency is worth"),
    "accelerator": (1e9, "some ten times all that were ever made"),
    "accelerator_hour/month": (1e12, "more than all that were ever made run in a month"),
    "accelerator_hour/quarter": (1e13, "more than all that were ever made run in a quarter"),
    "MW_facility": (1e7, "more than all power stations of the world"),
    "ratio": (1e6, "a million times as much"),
}  # assumed: round figures far beyond any that is true
LEAST_SITE: Final = 1e-6  # MW_facility; assumed: a watt, which no accelerator runs on
LEAST_CAP: Final = 0.01  # of full power; assumed: no accelerator is set as low
DRAWS: Final = 20_000  # joint draws that any answer is made of
HELD: Final = 300_000_000  # figures of joint draws that are held at once: 2.4 GB, and as computed some times that


def check_figure(name: str, value: float, unit: str) -> float:
    """Return a figure from zero up to the most of its unit.

    Parameters
    ----------
    name
        What it is called where it is given.
    value
        The figure.
    unit
        Of :data:`MOST`.

    Returns
    -------
    float
        The same figure.

    Raises
    ------
    ValueError
        If it is no finite number, below zero, or beyond the most, or if its unit is none of these.

    Examples
    --------
    >>> check_figure("mid", 2e9, "USD/quarter")
    2000000000.0
    >>> check_figure("mid", 8e300, "USD/quarter")
    Traceback (most recent call last):
    shiftcast.InputError: mid is 8e+300 USD/quarter, outside 0 to 1e+14 USD/quarter, about what the whole world \
produces in a year; correct it or its unit
    """
    if unit not in MOST:
        raise InputError(f"{name}: unit {unit!r} is not known; give one of {', '.join(MOST)}")
    most, told = MOST[unit]
    if not (math.isfinite(value) and 0 <= value <= most):
        of = {"1": "", "ratio": " times"}.get(unit, f" {unit}")
        why = "" if value < 0 else f", {told}"
        raise InputError(f"{name} is {value:g}{of}, outside 0 to {most:g}{of}{why}; correct it or its unit")
    return value


def check_draws(draws: int, seed: int, *, least: int = 1, each: int = 1, parts: str = "") -> None:
    """Raise if joint draws cannot be made or held.

    Parameters
    ----------
    draws, seed
        Number of draws, and the seed of their streams.
    least
        Fewest that are any use.
    each, parts
        Figures of one draw that are held at once, and what they are, such as ``nodes times periods``.

    Raises
    ------
    ValueError
        If there are fewer draws, more than :data:`DRAWS` or than can be held, or the seed is below zero.

    Examples
    --------
    >>> check_draws(2000, 0)
    >>> check_draws(2**63, 0)
    Traceback (most recent call last):
    shiftcast.InputError: draws is 9,223,372,036,854,775,808; give 1 to 20,000 (2000 for quantiles that hold still)
    """
    if not least <= draws <= DRAWS:
        raise InputError(f"draws is {draws:,}; give {least} to {DRAWS:,} (2000 for quantiles that hold still)")
    if draws * each > HELD:
        raise InputError(
            f"{draws:,} draws of {each:,} figures each{f' ({parts})' if parts else ''} are more than {HELD:,} at once; "
            "ask for fewer draws or periods, or a part of the rows at a time"
        )
    if seed < 0:
        raise InputError(f"seed is {seed}; give a whole number from 0")
