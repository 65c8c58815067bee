"""Beliefs of the record: the single numbers that models start from before any figure speaks, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shiftcast.features.frames import BeliefRows, DataFrame
from shiftcast.features.input_error import InputError


@dataclass(frozen=True)
class Beliefs(Mapping[str, float]):
    """Beliefs by name.

    Attributes
    ----------
    values_by_name
        Name to number, in the unit of its row.

    Examples
    --------
    >>> beliefs = Beliefs({"share.split.mid": 0.5, "share.split.sd": 0.4})
    >>> beliefs["share.split.sd"], beliefs.of("share.split")
    (0.4, {'mid': 0.5, 'sd': 0.4})
    """

    values_by_name: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """Return a belief; ValueError names the one that beliefs.csv lacks."""
        if name not in self.values_by_name:
            raise InputError(f"beliefs.csv: name {name!r} has no row; add one, in its unit")
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        """Return the names in order."""
        return iter(self.values_by_name)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.values_by_name)

    def of(self, subject: str) -> dict[str, float]:
        """Return the beliefs about one subject by the last part of their name, to hand to what they make up.

        Parameters
        ----------
        subject
            First parts of the name, such as ``share.split``.

        Returns
        -------
        dict
            Last part of the name to number, each in the unit of its row.

        Raises
        ------
        ValueError
            If there is none.
        """
        start = f"{subject}."
        found = {name.removeprefix(start): value for name, value in self.items() if name.startswith(start)}
        if not found:
            raise InputError(f"beliefs.csv: no name starts with {start!r}; add rows of it, in their units")
        return found


def read_beliefs(rows: DataFrame[BeliefRows]) -> Beliefs:
    """Read beliefs from their frame; as assumptions they are judgements of today and are not cut to a day.

    Parameters
    ----------
    rows
        The frame.

    Returns
    -------
    Beliefs
        By name.

    Raises
    ------
    ValueError
        If a standard deviation is negative.
    """
    values = dict(zip(rows["name"], rows["value"].astype(float), strict=True))
    for name, value in values.items():
        if value < 0 and name.endswith(("_sd", ".sd")):
            raise InputError(f"beliefs.csv: {name} is {value:g}; a standard deviation is zero or more")
    return Beliefs(values)
