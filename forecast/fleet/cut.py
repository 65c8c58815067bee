"""Cut of a technique: the hours a fleet would want if a technique kept to a share of its workload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.holdings import sized
from shiftcast.forecast.fleet.wanted import Demand

LABELS: Final = ("workload", "technique")


@dataclass(frozen=True)
class Cut:
    """A technique that is kept to a share of its workload's hours.

    Attributes
    ----------
    workload, technique
        Whose share.
    most
        Highest share of the workload's hours [1].
    ratio
        Hours of a request at the technique over those at what it falls back to [1], shape (draws,).
    source
        What the ratio rests on.
    assumed
        Name of the assumption it is; empty where the planner said it.
    """

    workload: str
    technique: str
    most: float
    ratio: Array
    source: str
    assumed: str

    @property
    def name(self) -> str:
        """The cut in words."""
        return f"keep {self.technique} to {self.most:.0%} of the hours of {self.workload}"


def cuts(demand: Demand, fleet: Fleet, basis: Basis, caps: Mapping[str, float] | None) -> tuple[Cut, ...]:
    """Return the cuts that can be reckoned: those asked for, else every rising technique kept to its share of now.

    Parameters
    ----------
    demand
        Hours wanted by workload and technique; without these labels there are no cuts.
    fleet, basis
        Moves, whose ``work`` stands, and the assumptions ``ratio.TECHNIQUE``, which stand in for it.
    caps
        Technique to its highest share of the hours of each of its workloads [1], or ``None``.

    Returns
    -------
    tuple of Cut
        None of a technique of which no ratio is known or assumed.

    Raises
    ------
    ValueError
        If a cap is not in [0, 1) or no part has the technique.
    """
    if not set(LABELS) <= set(demand.parts.columns):
        return ()
    for technique, cap in (caps or {}).items():
        if technique not in set(demand.parts["technique"]):
            raise InputError(f"technique {technique!r} has no hours; it may be {', '.join(_techniques(demand))}")
        if not 0 <= cap < 1:
            raise InputError(f"share {cap:g} of {technique} is not a share below one; give one such as 0.3")
    found = []
    basis = sized(basis, len(demand.hours))
    for workload, technique in demand.parts[list(LABELS)].itertuples(index=False):
        share = _share(demand, workload, technique).mean(axis=0)
        rises = float(share[0]) if share[-1] > share[0] else None
        most = caps.get(technique) if caps else rises
        ratio = _ratio(fleet, basis, workload, technique, len(demand.hours)) if most is not None else None
        if most is not None and ratio is not None and most < 1:
            found.append(Cut(workload, technique, most, *ratio))
    return tuple(found)


def after_cut(demand: Demand, cut: Cut) -> Array:
    """Return the hours of all parts if a technique kept to its share: what is above goes to what it replaced.

    Parameters
    ----------
    demand, cut
        Hours wanted, and the technique with its highest share.

    Returns
    -------
    ndarray, shape (draws, months)
        Hours; the share is of the workload's hours as they would have been.
    """
    whole, mine = _hours(demand, cut.workload, None), _hours(demand, cut.workload, cut.technique)
    above = np.maximum(mine - cut.most * whole, 0.0)
    return np.asarray(demand.total - above * (1.0 - 1.0 / cut.ratio[:, None]))


def _techniques(demand: Demand) -> list[str]:
    return sorted(set(demand.parts["technique"]) - {""})


def _hours(demand: Demand, workload: str, technique: str | None) -> Array:
    mine = demand.parts["workload"] == workload
    mine &= True if technique is None else demand.parts["technique"] == technique
    return np.asarray(demand.hours[:, :, mine.to_numpy()].sum(axis=2))


def _share(demand: Demand, workload: str, technique: str) -> Array:
    whole = _hours(demand, workload, None)
    return np.asarray(_hours(demand, workload, technique) / np.maximum(whole, 1e-300))


def _ratio(fleet: Fleet, basis: Basis, workload: str, technique: str, draws: int) -> tuple[Array, str, str] | None:
    """Return draws of the ratio, what it rests on in a sentence, and the assumption it is; ``None`` if not known."""
    about = f"A request of {workload} at {technique} takes"
    for move in fleet.moves:
        if (move.workload, move.target) == (workload, technique) and move.work is not None:
            middle = move.work[1]
            return np.full(draws, middle), f"{about} {middle:g} times the hours of what it replaces, as you say.", ""
    name = f"ratio.{technique}"
    if name not in set(basis.assumptions["name"]):
        return None
    ratio = basis.drawn[name]
    return ratio, f"{about} {np.median(ratio):.2g} times the hours of what it replaces: assumed.", name
