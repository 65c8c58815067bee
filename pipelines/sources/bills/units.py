"""Read units of bills: hours of machines, hours of single accelerators, and tokens."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

_HOURS: Final = {"h": 1.0, "s": 1.0 / 3600.0, "m": 1.0 / 60.0, "d": 24.0}
_TIME: Final = re.compile(
    r"(?P<block>\d+(?:\.\d+)?)?\s*"
    r"(?:(?P<single>gpus?|tpus?|chips?|accelerators?)|instances?|vms?|nodes?|servers?|compute|machines?)?[\s\-*/]*(?:per\s+)?"
    r"(?P<unit>h|hrs?|hours?|s|secs?|seconds?|mins?|minutes?|days?)"
)
_TOKENS: Final = re.compile(
    r"(?P<block>\d+(?:\.\d+)?)?\s*(?P<times>k|m|b|thousand|million|billion)?\s*(?:(?:input|output|cached?|prompt)\s*)*tokens?"
)
_TIMES: Final = {"": 1.0, "k": 1e3, "t": 1e3, "m": 1e6, "b": 1e9}


class Unit(NamedTuple):
    """Meaning of a unit.

    Attributes
    ----------
    hours
        Hours of one unit; NaN where it is no time.
    single
        Whether they are hours of single accelerators rather than of machines.
    tokens
        Tokens of one unit; NaN where it counts none.
    """

    hours: float
    single: bool
    tokens: float


@lru_cache(maxsize=1 << 12)
def read_unit(text: str) -> Unit:
    """Return the meaning of a unit.

    Parameters
    ----------
    text
        Unit as a bill writes it.

    Returns
    -------
    Unit
        Hours and tokens of one of it.

    Examples
    --------
    >>> read_unit("100 Hours").hours, read_unit("GPU Per Hour").single, read_unit("1K tokens").tokens
    (100.0, True, 1000.0)
    """
    lower, none = text.strip().lower().replace("_", " "), float("nan")
    if time := _TIME.fullmatch(lower):
        return Unit(float(time["block"] or 1.0) * _HOURS[time["unit"][0]], bool(time["single"]), none)
    if tokens := _TOKENS.fullmatch(lower):
        return Unit(none, False, float(tokens["block"] or 1.0) * _TIMES[(tokens["times"] or "")[:1]])
    return Unit(none, False, none)
