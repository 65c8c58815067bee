"""Doubts about a figure that is typed: noted beyond the range that a record supports, refused far beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shiftcast.features.bounds import MOST
from shiftcast.features.input_error import InputError

_WHOLE, _LONG = 100.0, 1e15  # between which a figure is shown without decimals and exponent
_BARE: Final = "1"  # unit of a ratio, which is not said
FAR: Final = 10.0  # times beyond the range at which a figure is refused until it is insisted on


@dataclass(frozen=True)
class Supported:
    """Range that a record or a forecast supports for a figure.

    Attributes
    ----------
    low, high
        Ends of the range; a range that begins below zero is measured from its middle.
    unit
        Of both.
    said
        What the range is, such as ``the record's 95 %``.
    """

    low: float
    high: float
    unit: str
    said: str

    def times(self, value: float) -> float:
        """Return how many times beyond the range a figure lies, one within it.

        Parameters
        ----------
        value
            Figure in the unit of the range.

        Returns
        -------
        float
            At least one; infinite for nought below a range that begins above it.

        Examples
        --------
        >>> Supported(2.0, 8.0, "MW", "").times(80.0), Supported(-1.0, 3.0, "1", "").times(-3.0)
        (10.0, 2.0)
        """
        if self.low <= value <= self.high:
            return 1.0
        if self.low < 0:
            middle = (self.low + self.high) / 2
            return abs(value - middle) / max(self.high - middle, 1e-300)
        over, under = (value, self.high) if value > self.high else (self.low, value)
        return over / under if under > 0 else float("inf")


def figure(value: float, digits: int = 4) -> str:
    """Return a figure at some digits, thousands apart and without an exponent as far as people read it.

    Parameters
    ----------
    value
        Any number.
    digits
        Digits that count.

    Returns
    -------
    str

    Examples
    --------
    >>> figure(60_000.0), figure(10934.7, 3), figure(0.00123), figure(1e300)
    ('60,000', '10,900', '0.00123', '1e+300')
    """
    short = float(f"{value:.{digits}g}")
    return f"{short:,.0f}" if _WHOLE <= abs(short) < _LONG else f"{short:.{digits}g}"


def doubt(name: str, value: float, supported: Supported, *, sure: bool, refused: bool = True) -> tuple[str, ...]:
    """Return a note on a figure beyond what is supported; refuse one far beyond it.

    Parameters
    ----------
    name
        What the figure is.
    value
        As typed, in the unit of the range.
    supported
        The range.
    sure
        Whether the asker insists: then a figure far beyond is noted as well.
    refused
        Whether one far beyond is refused at all; not on a scale that is bounded itself.

    Returns
    -------
    tuple of str
        One note, or none for a figure within the range.

    Raises
    ------
    ValueError
        If the figure lies :data:`FAR` times beyond the range or further, naming both and the remedy; a million times
        beyond it even if the asker insists.

    Examples
    --------
    >>> doubt("power", 30.0, Supported(2.0, 8.0, "MW", "the record's 95 %"), sure=False)
    ("Doubtful: power of 30 MW is 3.8 times above the record's 95 %, 2 to 8 MW.",)
    >>> doubt("PUE", 2.0, Supported(1.05, 1.5, "1", "the record's 95 %"), sure=False)
    ("Doubtful: PUE of 2 is 1.3 times above the record's 95 %, 1.05 to 1.5.",)
    >>> doubt("power", 4.0, Supported(2.0, 8.0, "MW", "the record's 95 %"), sure=False)
    ()
    """
    times = supported.times(value)
    if times <= 1.0:
        return ()
    side = "above" if value > supported.high else "below"
    unit = "" if supported.unit == _BARE else f" {supported.unit}"
    told = (
        f"{name} of {figure(value)}{unit} is {figure(times, 2)} times {side} {supported.said}, "
        f"{figure(supported.low)} to {figure(supported.high)}{unit}"
    )
    if refused and MOST["ratio"][0] < times < float("inf"):
        raise InputError(f"{told}; correct it or its unit")
    if refused and times >= FAR and not sure:
        raise InputError(f"{told}; correct it or its unit, or insist with sure=yes (--sure)")
    return (f"Doubtful: {told}.",)
