"""Whole-fleet anchors: energy an answer, tokens an hour, ratios of cost, shares of work, and what is drawn for each.

An observation is an anchor where a belief ``anchor.MEASURE.DEFINITION`` says so; its value is the spread [log] between
that one fleet and the world's. A share of work is a lower bound: other work of the same kind may stand elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.series import select
from shiftcast.forecast.identity.bottomup import BottomUp
from shiftcast.forecast.known import Known
from shiftcast.forecast.leaves import SOLD_LEAVES

SURVEYED: Final = "internal"  # leaf of the fleets whose shares of work are published
CLASSIC: Final = ("recsys", "search", "ads")
_TINY: Final = 1e-30


@dataclass(frozen=True)
class Anchor:
    """One measured figure of a fleet.

    Attributes
    ----------
    name
        Measure and definition.
    measure, task
        What was measured, and of which task; a prompt to an assistant is taken as an answer of search.
    quarter
        End of the quarter it was measured in.
    value, sd
        Log of the figure, and the standard error of it for the world's fleet [log].
    """

    name: str
    measure: str
    task: str
    quarter: pd.Timestamp
    value: float
    sd: float

    @property
    def at_least(self) -> bool:
        """Whether the figure is a lower bound."""
        return self.measure == "share"


@dataclass(frozen=True)
class Drawn:
    """What anchors are predicted from, on the same quarters.

    Attributes
    ----------
    bottom
        The view from below.
    quarters
        Ends of its quarters.
    kw
        Mean facility power of a live accelerator [kW], shape (draws, quarters).
    """

    bottom: BottomUp
    quarters: pd.DatetimeIndex
    kw: Array


def find_anchors(known: Known, quarters: pd.DatetimeIndex) -> tuple[Anchor, ...]:
    """Return the anchors that were known, and measured since the first of given quarters.

    One that was measured after the last of them counts in the last.

    Parameters
    ----------
    known
        The record cut to the origin.
    quarters
        Ends of consecutive quarters.

    Returns
    -------
    tuple of Anchor
        In the order of their names and days.
    """
    found = []
    for name, spread in sorted(known.beliefs.items()):
        kind, _, rest = name.partition(".")
        if kind != "anchor":
            continue
        measure, _, definition = rest.partition(".")
        rows = select(known.observations, measure=measure, definition=definition)
        for row in rows.sort_values(["period_end", "known_at", "source"]).itertuples():
            if row.period_end > quarters[0] - pd.offsets.QuarterEnd():
                at = quarters[min(int(quarters.searchsorted(row.period_end)), len(quarters) - 1)]
                sd = float(np.hypot(row.sd / row.value, spread))
                task = _task(measure, str(row.workload), str(row.technique))
                found.append(Anchor(rest, measure, task, at, float(np.log(row.value)), sd))
    return tuple(found)


def _task(measure: str, workload: str, technique: str) -> str:
    prompted = measure == "energy_per_request" and workload == "generative"
    return f"{'search' if prompted else workload}/{technique}"


def predict_anchors(anchors: tuple[Anchor, ...], drawn: Drawn) -> Array:
    """Predict anchors.

    Parameters
    ----------
    anchors
        Those to predict.
    drawn
        Joint draws.

    Returns
    -------
    ndarray, shape (draws, anchors)
        Log of each figure, in the unit of its observation.
    """
    draws = len(drawn.kw)
    each = [
        _PREDICTED[anchor.measure](anchor, drawn, int(drawn.quarters.get_loc(anchor.quarter))) for anchor in anchors
    ]
    return np.log(np.maximum(np.stack(each, axis=-1), _TINY)) if each else np.empty((draws, 0))


def _energy(anchor: Anchor, drawn: Drawn, at: int) -> Array:
    return drawn.bottom.hours_each[anchor.task][:, at] * drawn.kw[:, at] * 1e3  # Wh


def _tokens(anchor: Anchor, drawn: Drawn, at: int) -> Array:
    return 1.0 / drawn.bottom.hours_each[anchor.task][:, at]  # token/(accelerator hour)


def _cost_ratio(anchor: Anchor, drawn: Drawn, at: int) -> Array:
    before = f"{anchor.task.partition('/')[0]}/deep"
    return np.asarray(drawn.bottom.hours_each[anchor.task][:, at] / drawn.bottom.hours_each[before][:, at])


def _classic_share(anchor: Anchor, drawn: Drawn, at: int) -> Array:
    hours = drawn.bottom.hours[:, at, SOLD_LEAVES.index(SURVEYED)]
    classic = [column for column, task in enumerate(drawn.bottom.tasks) if task.partition("/")[0] in CLASSIC]
    return np.asarray(hours[:, classic].sum(axis=-1) / np.maximum(hours.sum(axis=-1), _TINY))


_PREDICTED: Final[Mapping[str, Callable[[Anchor, Drawn, int], Array]]] = {
    "energy_per_request": _energy,
    "tokens_per_accelerator": _tokens,
    "cost_ratio": _cost_ratio,
    "share": _classic_share,
}
