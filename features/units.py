"""Register the measures and their units, and convert units at the boundary with pint.

Quantities that look alike are different dimensions here, so that they cannot be mixed: input and output tokens,
watts at the chip, the server, the IT and the facility boundary, FLOP and FLOP/s, accelerators and H100-equivalents.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import pint

from shiftcast.features.calendars import QUARTER_DAYS
from shiftcast.features.input_error import InputError


@dataclass(frozen=True)
class Measure:
    """A quantity of the observation frame: its canonical unit and the range a value may take.

    Attributes
    ----------
    unit
        Canonical unit, as pint reads it.
    about
        What the figure counts, in words.
    low, high
        Least and greatest value allowed [unit]; ``None`` leaves that end open.
    """

    unit: str
    about: str
    low: float | None = 0.0
    high: float | None = None


MEASURES: Final = {
    "revenue": Measure("USD", "sales of the operator (vendor) over the period"),
    "capex": Measure("USD", "purchases of property and equipment over the period"),
    "commitment": Measure("USD", "contracted, guaranteed or planned spending over the window"),
    "spend_rate": Measure("USD/year", "spending or sales at an annual rate"),
    "revenue_per_power": Measure("USD/GW", "vendor sales per gigawatt of data centre"),
    "power": Measure("GW", "power of sites, contracted or planned"),
    "power_use": Measure("GW", "power drawn on average over the period"),
    "accelerators": Measure("accelerator", "accelerators shipped, owned or planned"),
    "accelerator_rate": Measure("accelerator/year", "accelerators a year"),
    "h100e": Measure("H100e", "H100-equivalents by peak 8-bit rate"),
    "share": Measure("1", "share of the base", 0.0, 1.0),
    "growth": Measure("1", "ratio to the same figure a year (or quarter) before, less one", -1.0),
    "multiple": Measure("1", "ratio of two figures, as stated"),
    "tokens": Measure("token/day", "tokens processed (input and output) per day"),
    "output_tokens": Measure("output_token/day", "tokens generated per day"),
    "users": Measure("person", "people using a product in a month unless the note says otherwise"),
    "visits": Measure("visit/month", "visits per month"),
    "customers": Measure("customer", "customers over a threshold"),
    "downloads": Measure("download/month", "package downloads per month"),
    "requests": Measure("request/day", "requests that surfaces answer in a day"),
    "energy_per_request": Measure("Wh/request", "energy of one request"),
    "tokens_per_accelerator": Measure(
        "token/accelerator/hour", "tokens (input and output) a fleet serves, over its accelerators and hours"
    ),
    "output_tokens_per_accelerator": Measure(
        "output_token/accelerator/hour", "tokens a fleet generates, over its accelerators and hours"
    ),
    "utilisation": Measure("1", "share of peak operations (model FLOP utilisation) or of time in use", 0.0, 1.0),
    "cost_ratio": Measure("1", "cost of a request after a change of technique or model over that before"),
    "deployed": Measure("1", "1 from the day a technique is said to be in production", 0.0, 1.0),
    "parameters": Measure("parameter", "parameters of a model"),
    "training_work": Measure("FLOP", "floating-point operations of training runs over the period"),
    "gain": Measure("1", "relative gain in a product metric, as stated", None),
}

_DEFINITIONS: Final = f"""
USD = [money]
EUR = [euro] ; no exchange rate is assumed
person = [person]
visit = [visit]
customer = [customer]
download = [download]
request = [request]
query = [query]
sample = [sample]
call = [call]
token = [token]
input_token = [input_token]
prompt_token = [prompt_token]
output_token = [output_token]
total_token = [total_token]
accelerator = [accelerator] = accelerators
H100e = [h100e]
FLOP = [operation]
parameter = [parameter]
core = [core]
wafer = [wafer]
W_chip = [chip_power]
W_server = [server_power]
W_it = [it_power]
W_facility = [facility_power]
accelerator_hour = accelerator * hour
core_second = core * second
core_hour = core * hour
quarter = {QUARTER_DAYS} * day
"""

_NAME: Final = r"[^\W\d]\w*((\*\*|\^)\d)?"
_UNIT: Final = re.compile(rf"([1-9][\d.]*(e\d{{1,2}})?[ */]?)?{_NAME}([ */]{_NAME})*")  # pint would evaluate any sum


@cache
def registry() -> pint.UnitRegistry[float]:
    """Return the project's unit registry; built once.

    Returns
    -------
    pint.UnitRegistry
        Pint's units and the project's own, such as tokens, accelerators and watts by boundary.
    """
    units: pint.UnitRegistry[float] = pint.UnitRegistry()
    for line in _DEFINITIONS.strip().splitlines():
        units.define(line.split(";")[0].strip())
    return units


@lru_cache(maxsize=4096)  # checks ask the same of every record, and parsing a unit takes a millisecond
def convert(value: float, unit: str, to: str) -> float:
    """Return ``value`` in ``unit`` expressed in the unit ``to``.

    Parameters
    ----------
    value
        Number in ``unit``.
    unit
        Unit of the value; ``thousand`` to ``trillion`` may stand before it.
    to
        Unit wanted.

    Returns
    -------
    float
        The same quantity [to].

    Raises
    ------
    ValueError
        If either unit is unknown, or the two measure different things.

    Examples
    --------
    >>> convert(88.0, "million USD", "USD")
    88000000.0
    >>> convert(55.0, "%", "1")
    0.55
    >>> convert(1.0, "W", "Wh")
    Traceback (most recent call last):
    shiftcast.InputError: unit 'W' measures another thing than 'Wh' (power against energy); check which one the source means
    """  # noqa: E501  (an example prints its message on one line)
    source, target = _parse(unit), _parse(to)
    if source.dimensionality != target.dimensionality:
        raise InputError(
            f"unit {unit!r} measures another thing than {to!r} ({_kind(source)} against {_kind(target)}); "
            "check which one the source means"
        )
    return float((value * source).to(target.units).magnitude / target.magnitude)


def _parse(unit: str) -> pint.Quantity[float]:
    spelled = unit.replace("thousand ", "1e3 ").replace("million ", "1e6 ").replace("billion ", "1e9 ")
    spelled = spelled.replace("trillion ", "1e12 ").replace("%", "percent")
    try:
        return registry().Quantity(1.0, "dimensionless") if spelled == "1" else _quantity(spelled)
    except (pint.errors.PintError, AttributeError, TypeError, ValueError) as error:
        raise InputError(f"unit {unit!r} is not known; see docs/names.md for the units in use") from error


def _quantity(spelled: str) -> pint.Quantity[float]:
    if not _UNIT.fullmatch(spelled):
        raise InputError(f"{spelled!r} is not a product of named units")
    parsed: pint.Quantity[float] = registry().Quantity(registry().parse_expression(spelled))
    if not math.isfinite(parsed.magnitude):
        raise InputError(f"{spelled!r} is not finite")
    return parsed


def _kind(quantity: pint.Quantity[float]) -> str:
    names = {
        "[mass] * [length] ** 2 / [time] ** 3": "power",
        "[mass] * [length] ** 2 / [time] ** 2": "energy",
    }
    text = str(quantity.dimensionality)
    return names.get(text, text)
