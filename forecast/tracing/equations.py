"""Registry of equations: the identity behind each measure, with units and the page that derives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array

_DEMAND, _CONVERSION, _NAMES = "docs/demand.md", "docs/conversion.md", "docs/names.md"
_KILO: Final = 1000.0
OF_FIGURE: Final = "unit of the figure"


@dataclass(frozen=True)
class Equation:
    """One identity, which holds in every draw.

    Attributes
    ----------
    text
        In words.
    units
        The same in units.
    terms
        Input to its unit, in the order of :attr:`form`; none where any number of inputs are added up.
    form
        Takes the inputs as arrays of one shape and returns the figure.
    source
        Page that derives it.
    """

    text: str
    units: str
    terms: Mapping[str, str]
    form: Callable[..., Array]
    source: str

    def __call__(self, inputs: Mapping[str, Array]) -> Array:
        """Return the figure from its inputs.

        Parameters
        ----------
        inputs
            Input to its draws, all of one shape, in the units of :attr:`terms`.

        Returns
        -------
        ndarray, of that shape

        Examples
        --------
        >>> EQUATIONS["power"]({"accelerators": np.array([2e6]), "kW an accelerator": np.array([1.5])}).tolist()
        [3000.0]
        """
        return np.asarray(self.form(*inputs.values()))


def _product(*factors: Array) -> Array:
    return np.asarray(np.prod(np.stack(factors), axis=0))


def quotient(above: Array, below: Array) -> Array:
    """Return a quotient, nought where there is nothing to divide by.

    Parameters
    ----------
    above, below
        Arrays of one shape.

    Returns
    -------
    ndarray, of that shape

    Examples
    --------
    >>> quotient(np.array([6.0, 6.0]), np.array([3.0, 0.0])).tolist()
    [2.0, 0.0]
    """
    return np.asarray(np.divide(above, below, out=np.zeros_like(above), where=below != 0))


def _sum(*terms: Array) -> Array:
    return np.asarray(np.sum(np.stack(terms), axis=0))


EQUATIONS: Final[Mapping[str, Equation]] = {
    "work": Equation(
        "busy hours = requests or tokens x hours each",
        "accelerator_hour/quarter = unit/quarter x accelerator_hour/unit",
        {"requests or tokens": "unit/quarter", "hours each": "accelerator_hour/unit"}, _product, _CONVERSION,
    ),
    "technique work": Equation(
        "busy hours = requests or tokens x share of the technique x hours each",
        "accelerator_hour/quarter = unit/quarter x 1 x accelerator_hour/unit",
        {"requests or tokens": "unit/quarter", "share of the technique": "1", "hours each": "accelerator_hour/unit"},
        _product, _CONVERSION,
    ),
    "training": Equation(
        "busy hours of training = busy hours of inference x training ratio",
        "accelerator_hour/quarter = accelerator_hour/quarter x 1",
        {"busy hours of inference": "accelerator_hour/quarter", "training ratio": "1"}, _product, _CONVERSION,
    ),
    "hours": Equation(
        "busy hours = hours that workloads on record explain / (1 - unallocated part)",
        "accelerator_hour/quarter = accelerator_hour/quarter / 1",
        {"hours that workloads on record explain": "accelerator_hour/quarter", "unallocated part": "1"},
        lambda explained, unseen: quotient(explained, 1.0 - unseen), _DEMAND,
    ),
    "unallocated": Equation(
        "unallocated hours = busy hours x unallocated part",
        "accelerator_hour/quarter = accelerator_hour/quarter x 1",
        {"busy hours": "accelerator_hour/quarter", "unallocated part": "1"}, _product, _DEMAND,
    ),
    "sum": Equation(
        "busy hours = sum over workloads", "accelerator_hour/quarter", {}, _sum, _CONVERSION,
    ),
    "latent_hours": Equation(
        "latent hours = hours wanted - busy hours", "accelerator_hour/quarter",
        {"hours wanted": "accelerator_hour/quarter", "busy hours": "accelerator_hour/quarter"},
        lambda wanted, served: wanted - served, _DEMAND,
    ),
    "accelerators": Equation(
        "accelerators = busy hours / (hours of the quarter x part of them busy)",
        "accelerator = accelerator_hour/quarter / (hour/quarter x 1)",
        {"busy hours": "accelerator_hour/quarter", "hours of the quarter": "hour/quarter", "part of them busy": "1"},
        lambda hours, quarter, busy: quotient(hours, quarter * busy), _DEMAND,
    ),
    "stock": Equation(
        "accelerators = left of those shipped before + left of those shipped since - not yet in place",
        "accelerator = accelerator + accelerator - accelerator",
        {"left of those shipped before": "accelerator", "left of those shipped since": "accelerator",
         "not yet in place": "accelerator"},
        lambda before, since, coming: before + since - coming, _DEMAND,
    ),
    "accelerators_shipped": Equation(
        "accelerators shipped = those wanted x part of them supplied", "accelerator/quarter = accelerator/quarter x 1",
        {"accelerators wanted": "accelerator/quarter", "part of them supplied": "1"}, _product, _DEMAND,
    ),
    "sold": Equation(
        "accelerators shipped = spending / price each", "accelerator/quarter = USD/quarter / (USD/accelerator)",
        {"spending": "USD/quarter", "price each": "USD/accelerator"}, quotient, _DEMAND,
    ),
    "kept": Equation(
        "accelerators the vendor keeps = all that are shipped x part of them it keeps",
        "accelerator/quarter = accelerator/quarter x 1",
        {"all that are shipped": "accelerator/quarter", "part of them it keeps": "1"}, _product, _DEMAND,
    ),
    "power": Equation(
        "power = accelerators x kW an accelerator / 1000", "MW_facility = accelerator x kW_facility/accelerator / 1000",
        {"accelerators": "accelerator", "kW an accelerator": "kW_facility/accelerator"},
        lambda count, each: count * each / _KILO, _NAMES,
    ),
    "spending": Equation(
        "spending = accelerators shipped x price each", "USD/quarter = accelerator/quarter x USD/accelerator",
        {"accelerators shipped": "accelerator/quarter", "price each": "USD/accelerator"}, _product, _DEMAND,
    ),
    "part": Equation(
        "figure of the part = figure of its place x the part's share of busy hours there", "unit of the figure x 1",
        {"figure of its place": OF_FIGURE, "share of busy hours": "1"}, _product, _DEMAND,
    ),
    "share": Equation(
        "share = share before the first quarter ahead + its change since", "1 = 1 + 1",
        {"share before the first quarter ahead": "1", "change since": "1"}, _sum, "docs/migration.md",
    ),
}  # fmt: skip
