"""Classes of chips that work is placed on."""

from __future__ import annotations

from dataclasses import dataclass

from shiftcast.features.frames import ChipRows, DataFrame
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR


@dataclass(frozen=True)
class Chips:
    """Classes of chips in the order that answers list them.

    Attributes
    ----------
    accelerators
        Classes that take accelerator-hours, by vendor.
    others
        Classes that take core-hours.
    """

    accelerators: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """All classes, accelerators first."""
        return (*self.accelerators, *self.others)

    @property
    def own(self) -> int:
        """Place of the vendor the forecast is of, :data:`features.scope.VENDOR`; its hours are the unit of the rest."""
        return self.accelerators.index(VENDOR)


def read_chips(rows: DataFrame[ChipRows]) -> Chips:
    """Read the classes of chips from their frame (:data:`features.frames.ChipRows`).

    Parameters
    ----------
    rows
        Chips frame.

    Returns
    -------
    Chips
        Accelerators, and the class that core-hours are on, in the frame's order.

    Raises
    ------
    ValueError
        If the vendor the forecast is of has no row, or nothing takes core-hours.
    """
    ordered = rows.sort_values(["order", "chip"])
    taken = ordered["takes"] == "accelerator"
    found = Chips(tuple(ordered.loc[taken, "chip"]), tuple(ordered.loc[~taken, "chip"]))
    if VENDOR not in found.accelerators or len(found.others) != 1:
        raise InputError(
            f"chips.csv: accelerators are {list(found.accelerators)}, core-hours are taken by {list(found.others)}; "
            f"give {VENDOR}, which the forecast is of, and one row that takes cpu"
        )
    return found
