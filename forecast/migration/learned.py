"""What was learned from reference histories: a few numbers, and one version with each set left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True)
class Learned:
    """The learned numbers.

    Attributes
    ----------
    decay
        Damping of trends by period.
    weights
        Weight of each member by name.
    scale
        Weight of each term of the log error scale by name.
    degrees
        Degrees of freedom of the errors.
    spread
        Log factor on the error scale: at one period ahead, and by log period.
    common
        Correlation of the errors of one category over the series of a pool.
    newcomer
        Quantiles of what newcomers hold 1 to 12 periods ahead [share], 12 rows.
    newcomer_doubt
        Past origins that stand for those quantiles.
    skill
        Mean absolute CRPS ratio to last value, by horizon, on the histories learned from (each left out in turn).
    """

    decay: float
    weights: Mapping[str, float]
    scale: Mapping[str, float]
    degrees: float
    spread: tuple[float, float]
    common: float
    newcomer: tuple[tuple[float, ...], ...]
    newcomer_doubt: float
    skill: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class LearnedFamily:
    """The learned numbers from all sets, and from all but one."""

    whole: Learned
    left_out: Mapping[str, Learned]

    def without(self, name: str) -> Learned:
        """Return what was learned without one set; a set never learned from changes nothing."""
        return self.left_out.get(name, self.whole)
