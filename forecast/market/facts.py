"""All market facts of a record in one object, handed to every model that needs one."""

from __future__ import annotations

from dataclasses import dataclass

from shiftcast.features.frames import ChipRows, DataFrame, DefinitionRows, OperatorRows
from shiftcast.forecast.market.chips import Chips, read_chips
from shiftcast.forecast.market.definitions import Definitions, one_reference, read_definitions
from shiftcast.forecast.market.operators import Operators, read_operators
from shiftcast.forecast.once import once


@dataclass(frozen=True)
class Market:
    """Market facts of a record.

    Attributes
    ----------
    split, techniques
        How statements about the split and about technique shares are read.
    owners
        Definition of the independent count of accelerators owned.
    operators
        What single operators stand for.
    chips
        Classes of chips that take work.
    """

    split: Definitions
    techniques: Definitions
    owners: str
    operators: Operators
    chips: Chips


@once
def read_market(
    definitions: DataFrame[DefinitionRows], operators: DataFrame[OperatorRows], chips: DataFrame[ChipRows]
) -> Market:
    """Read market facts from their frames; they say how a record is read and, as assumptions, are not cut to a day.

    Parameters
    ----------
    definitions, operators, chips
        The market frames (:mod:`features.market`).

    Returns
    -------
    Market
        Facts as the models read them.

    Raises
    ------
    ValueError
        Naming the file, the row that is missing or one too many, and what to do.
    """
    return Market(
        read_definitions(definitions, "split"), read_definitions(definitions, "technique"),
        one_reference(definitions, "owners"), read_operators(operators), read_chips(chips),
    )  # fmt: skip
