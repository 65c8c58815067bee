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
        If it is no finite number, below zero, or beyond the most.

    Examples
    --------
    >>> check_figure("mid", 2e9, "USD/quarter")
    2000000000.0
    >>> check_figure("mid", 8e300, "USD/quarter")
    Traceback (most recent call last):
    shiftcast.InputError: mid is 8e+300 USD/quarter, outside 0 to 1e+14 USD/quarter, about what the whole world \
produces in a year; correct it or its unit
    """
    most, told = MOST[unit]
    if not (math.isfinite(value) and 0 <= value <= most):
        of = {"1": "", "ratio": " times"}.get(unit, f" {unit}")
        raise InputError(f"{name} is {value:g}{of}, outside 0 to {most:g}{of}, {told}; correct it or its unit")
    return value
