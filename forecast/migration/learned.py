"""Parameters learned on reference histories: one version from all sets, and one with each set left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final

from shiftcast.features.input_error import InputError

VERSION: Final = 2
FORMER: Final = 1  # its quantiles of newcomers were by period ahead of the origin


@dataclass(frozen=True)
class Newcomers:
    """When newcomers enter, and what they then hold.

    Attributes
    ----------
    hazard
        Chance that one enters in the next period, by age of the youngest category [1/period].
    held
        Quantiles of the share held 0 to 11 periods after the first of them entered [share], 12 rows.
    """

    hazard: tuple[float, ...]
    held: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Learned:
    """Parameters of the share model learned on reference histories.

    Attributes
    ----------
    decay
        Damping of trends by period [1].
    weights
        Weight of each member by name.
    scale
        Weight of each term of the log error scale by name.
    degrees
        Degrees of freedom of the errors.
    spread
        Log factor on the error scale: at one period ahead, and its slope by log period [1].
    common
        Correlation of the errors of one category over the series of a pool.
    newcomers
        When newcomers enter and what they then hold, by kind of pool.
    newcomer_doubt
        Number of past entries that learned quantiles count for.
    skill
        CRPS over that of last value [1], geometric mean over the sets learned from, each left out in turn; by class of
        history and horizon.
    """

    decay: float
    weights: Mapping[str, float]
    scale: Mapping[str, float]
    degrees: float
    spread: tuple[float, float]
    common: float
    newcomers: Mapping[str, Newcomers]
    newcomer_doubt: float
    skill: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class LearnedFamily:
    """Learned parameters from all sets, and from all but one.

    Attributes
    ----------
    whole
        Parameters learned on all sets.
    left_out
        Set name to the parameters learned without it.
    """

    whole: Learned
    left_out: Mapping[str, Learned]

    def without(self, name: str) -> Learned:
        """Return the parameters learned without one set; those of all sets where it was not among them.

        Parameters
        ----------
        name
            Name of the reference set.

        Returns
        -------
        Learned
        """
        return self.left_out.get(name, self.whole)


def to_json(family: LearnedFamily) -> dict[str, Any]:
    """Return a family as plain JSON types.

    Parameters
    ----------
    family
        Learned parameters.

    Returns
    -------
    dict
        ``version, whole, left_out``, as :func:`from_json` reads it.
    """
    return {
        "version": VERSION,
        "whole": asdict(family.whole),
        "left_out": {k: asdict(v) for k, v in family.left_out.items()},
    }


def from_json(data: Mapping[str, Any]) -> LearnedFamily:
    """Return a family from plain JSON types.

    Parameters
    ----------
    data
        Object with ``version, whole, left_out``.

    Returns
    -------
    LearnedFamily

    Raises
    ------
    ValueError
        If the data is of another version; train it again.
    """
    if data.get("version") not in {FORMER, VERSION}:
        raise InputError(
            f"learned numbers have version {data.get('version')!r}, this model reads {VERSION}; train again"
        )
    left_out = {name: _one(part) for name, part in data["left_out"].items()}
    return LearnedFamily(_one(data["whole"]), MappingProxyType(left_out))


def _one(data: Mapping[str, Any]) -> Learned:
    """Return the learned numbers of one JSON object."""
    known = _of_now(data)
    known["spread"] = tuple(known["spread"])
    known["newcomers"] = {
        kind: Newcomers(tuple(part["hazard"]), tuple(tuple(row) for row in part["held"]))
        for kind, part in known["newcomers"].items()
    }
    return Learned(**known)


def _of_now(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return learned numbers in today's fields: newcomers of the former version enter at once."""
    known = dict(data)
    if "newcomer" in known:
        table = {"hazard": [1.0] * 6, "held": known.pop("newcomer")}
        known["newcomers"] = dict.fromkeys(("calm", "first", "quiet", "lively"), table)
    return known
