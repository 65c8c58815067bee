"""Whole-fleet anchors: energy an answer, tokens an hour, shares of work, and what is drawn for each.

An observation is an anchor where a belief ``anchor.MEASURE.DEFINITION`` says so; its value is the spread [log] between
that one fleet and the world's. Energy of one task is pooled over operators first, since what lies between a prompt to
them and an answer of the world is one doubt, not one for each. A share of work and the requests that operators have
disclosed are lower bounds: other work of the same kind may stand elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import days_in
from shiftcast.features.frames import DataFrame, Observations, Traffic
from shiftcast.features.series import select
from shiftcast.forecast.draws import Z90
from shiftcast.forecast.hardware.measured import FEWEST, pool_operators
from shiftcast.forecast.identity.bottomup import BottomUp
from shiftcast.forecast.known import Known
from shiftcast.forecast.leaves import SOLD_LEAVES
from shiftcast.forecast.once import once

SURVEYED: Final = "internal"  # leaf of the fleets whose shares of work are published
AT_LEAST: Final = ("share", "requests")  # measures that are lower bounds
CLASSIC: Final = ("recsys", "search", "ads")
_POOLED: Final = ("energy_per_request",)
ANCHOR: Final = "anchor."  # beginning of the beliefs that make figures anchors
_DISCLOSED: Final = "anchor.requests.disclosed"
_TINY: Final = 1e-30


@dataclass(frozen=True)
class Anchor:
    """One measured figure of a fleet.

    Attributes
    ----------
    name
        Measure and definition, or measure and task where operators are pooled.
    measure, task
        What was measured, and of which task, or workload; a prompt to an assistant is taken as an answer of search.
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
        return self.measure in AT_LEAST


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
        In the order of their names and days, those of one figure first.
    """
    spreads = {name: spread for name, spread in sorted(known.beliefs.items()) if name.startswith(ANCHOR)}
    return _found(known.observations, known.traffic, spreads, quarters) if spreads else ()


@once
def _found(
    observations: DataFrame[Observations], traffic: DataFrame[Traffic], spreads: Mapping[str, float],
    quarters: pd.DatetimeIndex,
) -> tuple[Anchor, ...]:  # fmt: skip
    rows = pd.concat([_rows(observations, name, spread, quarters) for name, spread in spreads.items()])
    pooled = rows["measure"].isin(_POOLED)
    alone = [_anchor(pd.DataFrame([row])) for row in rows[~pooled].to_dict("records")]
    disclosed = _requests(traffic, spreads[_DISCLOSED], quarters) if _DISCLOSED in spreads else ()
    return (*alone, *(_anchor(each) for _, each in rows[pooled].groupby("name")), *disclosed)


def _rows(
    observations: DataFrame[Observations], belief: str, spread: float, quarters: pd.DatetimeIndex
) -> pd.DataFrame:
    """Return the figures that a belief makes anchors."""
    rest = belief.removeprefix(ANCHOR)
    measure, _, definition = rest.partition(".")
    rows = select(observations, measure=measure, definition=definition)
    rows = rows[rows["period_end"] > quarters[0] - pd.offsets.QuarterEnd()]
    rows = rows.sort_values(["period_end", "known_at", "source"])
    task = [_task(measure, *each) for each in zip(rows["workload"], rows["technique"], strict=True)]
    return rows.assign(
        name=[f"{measure}.{each.replace('/', '.')}" if measure in _POOLED else rest for each in task], task=task,
        spread=spread, effect=np.log(rows["value"]), variance=(rows["sd"] / rows["value"]) ** 2,
        quarter=_counted_in(rows["period_end"], quarters),
    )  # fmt: skip


def _counted_in(days: pd.Series, quarters: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return quarters[np.minimum(quarters.searchsorted(days), len(quarters) - 1)]


def _requests(traffic: DataFrame[Traffic], spread: float, quarters: pd.DatetimeIndex) -> Iterator[Anchor]:
    """Yield the requests a day that operators have disclosed, summed by workload, the last word on each surface."""
    latest = traffic.sort_values("known_at").groupby(["workload", "operator", "surface"]).last()
    for workload, rows in latest.groupby("workload"):
        total, sd = rows["mid"].sum(), np.log(rows["high"] / rows["low"]) / (2 * Z90)
        error = float(np.hypot(np.linalg.norm(rows["mid"] * sd) / total, spread))
        at = _counted_in(rows["period_end"], quarters).max()
        yield Anchor(f"requests.{workload}", "requests", str(workload), at, float(np.log(total)), error)


def _anchor(figures: pd.DataFrame) -> Anchor:
    """Return figures of one name as one anchor, in the quarter of the last."""
    last, spread = figures.iloc[-1], float(figures["spread"].max())
    value, error = float(last["effect"]), float(np.sqrt(last["variance"]))
    if figures["operator"].nunique() >= FEWEST:
        pooled = pool_operators(figures)
        value, error = pooled.mean, pooled.sd(makers=len(pooled.operators))
    return Anchor(
        str(last["name"]), str(last["measure"]), str(last["task"]), figures["quarter"].max(), value,
        float(np.hypot(error, spread)),
    )  # fmt: skip


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


def _volume(anchor: Anchor, drawn: Drawn, at: int) -> Array:
    return np.asarray(drawn.bottom.volumes[anchor.task][:, at] / days_in(drawn.quarters)[at])  # request/day


def _classic_share(anchor: Anchor, drawn: Drawn, at: int) -> Array:
    hours = drawn.bottom.hours[:, at, SOLD_LEAVES.index(SURVEYED)]
    classic = [column for column, task in enumerate(drawn.bottom.tasks) if task.partition("/")[0] in CLASSIC]
    return np.asarray(hours[:, classic].sum(axis=-1) / np.maximum(hours.sum(axis=-1), _TINY))


_PREDICTED: Final[Mapping[str, Callable[[Anchor, Drawn, int], Array]]] = {
    "energy_per_request": _energy,
    "tokens_per_accelerator": _tokens,
    "share": _classic_share,
    "requests": _volume,
}
