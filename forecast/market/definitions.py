"""Definitions of the split, kinds of statements about techniques, and the count of owners, from their frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shiftcast.features.frames import DataFrame, DefinitionRows
from shiftcast.features.input_error import InputError

KINDS: Final = ("operator", "large_operator", "pypi_proxy")  # of statements about techniques that the model tells apart


@dataclass(frozen=True)
class Definitions:
    """Rules for reading statements about one state.

    Attributes
    ----------
    reference
        Definition of the state itself.
    revenue, machines
        Every other definition to the standard deviation [logit] of its constant distance from the reference: shares
        of revenue (or requests), and shares of machines installed.
    noise
        Definition to the standard deviation [logit] of what moves its single figures.
    claims
        Definitions that are claims; a mode of the split may leave them out.
    """

    reference: str
    revenue: Mapping[str, float]
    machines: Mapping[str, float]
    noise: Mapping[str, float]
    claims: tuple[str, ...]

    @property
    def offset_sd(self) -> Mapping[str, float]:
        """Every definition but the reference to the standard deviation of its offset [logit]."""
        return {**self.revenue, **self.machines}


def read_definitions(rows: DataFrame[DefinitionRows], about: str) -> Definitions:
    """Read the definitions about one state, in the order that answers list them.

    Parameters
    ----------
    rows
        Definitions frame (:data:`features.frames.DefinitionRows`).
    about
        ``split`` or ``technique``.

    Returns
    -------
    Definitions
        The reference, and offsets and noise [logit] of the others.

    Raises
    ------
    ValueError
        If there is not one reference, a definition has no offset, or a kind the model tells apart has no row.
    """
    mine = rows[rows["about"] == about].sort_values(["order", "definition"])
    reference = one_reference(rows, about)
    others = mine[mine["role"] != "reference"]
    bare = others.loc[others["offset_sd"].isna(), "definition"]
    if len(bare):
        raise InputError(f"definitions.csv: {about} {bare.iloc[0]} has no offset_sd; give its standard deviation")
    stocks = others["base"] == "h100e"
    noisy = mine[mine["noise_sd"].notna()]
    found = Definitions(
        reference, _numbers(others[~stocks], "offset_sd"), _numbers(others[stocks], "offset_sd"),
        _numbers(noisy, "noise_sd"), tuple(others.loc[others["role"] == "claim", "definition"]),
    )  # fmt: skip
    missing = [kind for kind in KINDS if about == "technique" and kind not in found.revenue]
    if missing:
        raise InputError(f"definitions.csv: technique {missing[0]} is missing; add its row with an offset_sd")
    return found


def one_reference(rows: DataFrame[DefinitionRows], about: str) -> str:
    """Return the one definition that is the reference of a state.

    Parameters
    ----------
    rows
        Definitions frame.
    about
        State it is about: ``split, technique`` or ``owners``.

    Returns
    -------
    str
        Name of the definition.

    Raises
    ------
    ValueError
        Naming how many there are.
    """
    found = rows.loc[(rows["about"] == about) & (rows["role"] == "reference"), "definition"]
    if len(found) != 1:
        said = ", ".join(found) or "none"
        raise InputError(f"definitions.csv: {said} with role reference about {about}; mark exactly one row")
    return str(found.iloc[0])


def _numbers(rows: DataFrame[DefinitionRows], column: str) -> Mapping[str, float]:
    return {str(name): float(value) for name, value in zip(rows["definition"], rows[column], strict=True)}
