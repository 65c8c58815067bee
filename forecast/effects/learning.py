"""Answer to the question which one number to measure next: indices of every figure, and what knowing it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_end, quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import stream
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.effects.decisions import DECISIONS, PLAN, Decision, decision
from shiftcast.forecast.effects.figures import ASSUMPTION, Figure, figures_to_measure
from shiftcast.forecast.effects.indices import first_order, interval, left_out
from shiftcast.forecast.effects.shapley import Joint, joint_effects
from shiftcast.forecast.effects.words import percent, said
from shiftcast.forecast.effects.worth import worth_of_knowing, worth_of_measuring
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods, unit_of
from shiftcast.forecast.views.rows import part_of

SHOWN: Final = 10  # figures of the table
TOGETHER: Final = 6  # figures whose joint effects are found
_INNER: Final = (0.1, 0.9)
_NEAR: Final = 10  # draws in a hundred that count as in the middle of a figure


@dataclass(frozen=True)
class LearnNext:
    """The question which figure to measure next.

    Attributes
    ----------
    by
        Quarter of the interval and of the decision, such as ``2027Q4``.
    measure
        Quantity whose interval is to shrink (:data:`forecast.views.part.MEASURES`).
    segment, leaf
        Part of the hierarchy.
    decision
        One of :data:`forecast.effects.decisions.DECISIONS`.
    under, over
        Costs of one too few and one too many [USD]; the record's where left out.
    error, sample
        Standard error of one measurement over the figure [1], and how many are taken.
    """

    by: str
    measure: str = "gpu_hours"
    segment: str = ALL
    leaf: str = ALL
    decision: str = PLAN
    under: float | None = None
    over: float | None = None
    error: float = 0.1
    sample: int = 1


def learn_next(cube: xr.Dataset, basis: Basis | None, asked: LearnNext) -> Answer:
    """Return which figures would shrink the interval of a measure most if measured, and what that is worth.

    Parameters
    ----------
    cube, basis
        Joint draws; assumptions of the same day, as history left them.
    asked
        Quarter, measure, part, decision and measurement.

    Returns
    -------
    Answer
        A row a figure, the largest ``share`` first: part of the variance of the log of the measure that knowing it
        takes away, ``shapley`` and ``total`` effects among the first, the 8 in 10 interval ``left`` with the figure in
        its middle, ``narrower`` by how much of its log width, and its worth for the decision, known exactly
        (``usd_perfect``) and measured (``usd_sample``); then where it would come from.

    Raises
    ------
    OutOfSupportError
        If the forecast was kept without its assumptions, does not reach the quarter, or has none of the measure.
    ValueError
        Naming the field that is out of range.
    """
    if basis is None:
        raise OutOfSupportError(
            "what to measure next", "this forecast was kept without its assumptions", "run `shiftcast run` again"
        )
    if asked.error < 0 or asked.sample < 1:
        raise InputError(f"error {asked.error:g} and sample {asked.sample}: give an error from 0, and 1 or more")
    part, place = Part(**part_of(segment=asked.segment, leaf=asked.leaf)), _place(cube, asked.by)
    level = draws_of(cube, asked.measure, part)[:, place]
    wanted = decision(asked.decision, cube, basis, part, place, asked.under, asked.over)
    for name, draws in {asked.measure: level, wanted.unit: wanted.need}.items():
        if not (draws > 0).all():
            raise OutOfSupportError(
                f"{name} of {part.segment}/{part.leaf} in {asked.by}", "some draws have none of it", "ask a larger part"
            )
    study = _Study(figures_to_measure(cube, basis), level, wanted, basis.seed)
    table = study.table(asked)
    unit = unit_of(cube, asked.measure)
    return Answer(
        f"what to measure next for {asked.measure} in {asked.by}, {part.segment}/{part.leaf}", table, wanted.assumed,
        _notes(study, wanted), says=_says(study, table, asked, unit),
        units=_UNITS | dict.fromkeys(("left_low80", "left_high80"), unit),
    )  # fmt: skip


class _Study:
    """Indices of every figure on one output, and the worth of the first of them."""

    def __init__(self, figures: Sequence[Figure], level: Array, wanted: Decision, seed: int) -> None:
        self.figures, self.level, self.wanted, self.seed = figures, level, wanted, seed
        self.log = np.log(level)
        inputs = np.stack([each.values for each in figures], axis=-1)
        self.on_level = first_order(inputs, self.log, self._random("level"))
        self.on_need = first_order(inputs, np.log(wanted.need), self._random("need"))
        order = np.argsort(-self.on_level.share, kind="stable")
        self.order = [int(at) for at in order if self.on_level.share[at] > self.on_level.floor][:SHOWN]
        first = self.order[:TOGETHER]
        self.joint = joint_effects(inputs[:, first], self.log) if first else Joint(np.empty(0), np.empty(0), 0.0)

    def _random(self, name: str) -> np.random.Generator:
        return stream(self.seed, f"effects.learn_next.{name}")

    def table(self, asked: LearnNext) -> pd.DataFrame:
        rows = [self._row(rank, at, asked) for rank, at in enumerate(self.order)]
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    def _row(self, rank: int, at: int, asked: LearnNext) -> dict[str, Any]:
        figure, share, degree = self.figures[at], float(self.on_level.share[at]), int(self.on_level.degree[at])
        low, high = interval(figure.values, self.log, share, degree, self._random(figure.name))
        joint = rank < TOGETHER
        return {
            "rank": rank + 1, "figure": figure.name, "kind": figure.kind, "share": share, "share_low80": low,
            "share_high80": high, "shapley": self.joint.shapley[rank] if joint else np.nan,
            "total": self.joint.total[rank] if joint else np.nan, **self._left(figure, degree),
            **self._worth(at, figure, asked), "evidence": figure.evidence, "source": figure.source,
        }  # fmt: skip

    def _left(self, figure: Figure, degree: int) -> dict[str, float]:
        """Return the interval that is left, about the measure's middle where the figure is in its own."""
        mean = left_out(figure.values, self.log, degree)
        middle = np.percentile(figure.values, [50 - _NEAR / 2, 50 + _NEAR / 2])
        near = (figure.values >= middle[0]) & (figure.values <= middle[1])
        low, high = np.quantile(self.log - mean, _INNER)
        before = np.quantile(self.log, _INNER)
        centre = float(np.median(mean[near]))
        return {
            "left_low80": float(np.exp(centre + low)), "left_high80": float(np.exp(centre + high)),
            "narrower": float(1 - (high - low) / (before[1] - before[0])),
        }  # fmt: skip

    def _worth(self, at: int, figure: Figure, asked: LearnNext) -> dict[str, float]:
        """Return the worth of a figure for the decision; none where it tells no more of the need than chance."""
        if self.on_need.share[at] <= self.on_need.floor:
            return {"usd_perfect": 0.0, "usd_sample": 0.0}
        need, stakes, degree = self.wanted.need, self.wanted.stakes, int(self.on_need.degree[at])
        sampled = worth_of_measuring(
            need, figure.values, degree, stakes, error=asked.error, sample=asked.sample,
            random=self._random(f"{figure.name}.measured"),
        )  # fmt: skip
        perfect = worth_of_knowing(need, figure.values, degree, stakes)
        return {"usd_perfect": perfect, "usd_sample": min(sampled, perfect)}


_COLUMNS: Final = (
    "rank", "figure", "kind", "share", "share_low80", "share_high80", "shapley", "total", "left_low80", "left_high80",
    "narrower", "usd_perfect", "usd_sample", "evidence", "source",
)  # fmt: skip
_UNITS: Final = {
    **dict.fromkeys(("share", "share_low80", "share_high80", "shapley", "total", "narrower"), "1"),
    **dict.fromkeys(("usd_perfect", "usd_sample"), "USD"),
}


def _place(cube: xr.Dataset, by: str) -> int:
    ends, wanted = periods(cube), quarter_end(by)
    ahead = ends[forecast_periods(cube)]
    if not ahead[0] <= wanted <= ahead[-1]:
        reach = f"the forecast goes from {quarter_label(ahead[0])} to {quarter_label(ahead[-1])}"
        raise OutOfSupportError(f"what to measure for {by}", reach, "ask for a quarter of it")
    return int(ends.get_indexer([wanted])[0])


def _says(study: _Study, table: pd.DataFrame, asked: LearnNext, unit: str) -> str:
    low, high = np.quantile(study.level, _INNER)
    now = f"{said(float(low))} to {said(float(high), unit)}"
    if table.empty:
        return (
            f"No single figure would shrink the interval of {asked.measure} in {asked.by}, {now} (8 in 10): none tells "
            f"more of it than {percent(study.on_level.floor)} of its variance, which chance could give."
        )
    first = table.iloc[0]
    worth = max(table.itertuples(), key=lambda row: float(row.usd_perfect))  # type: ignore[arg-type]
    everything = study.wanted.stakes.expected_cost(study.wanted.need)
    return (
        f"Measure {first['figure']} ({first['kind']}) first: knowing it takes away {percent(first['share'])} "
        f"({percent(first['share_low80'])} to {percent(first['share_high80'])}, 8 in 10) of the variance of the log of "
        f"{asked.measure} in {asked.by}, and would leave {said(first['left_low80'])} to "
        f"{said(first['left_high80'], unit)} of the interval {now}. For the decision {study.wanted.name} "
        f"({DECISIONS[study.wanted.name]}; one too few costs {said(study.wanted.stakes.under, 'USD')}, one too many "
        f"{said(study.wanted.stakes.over, 'USD')}) it is worth at least {said(first['usd_perfect'], 'USD')} known "
        f"exactly and {said(first['usd_sample'], 'USD')} from {asked.sample} measurement(s) with {percent(asked.error)} "
        f"error; worth most of those listed: {worth.figure}, {said(float(worth.usd_perfect), 'USD')}. "  # type: ignore[arg-type]
        f"All that is not known costs {said(everything, 'USD')}."
    )


def _notes(study: _Study, wanted: Decision) -> tuple[str, ...]:
    first = study.order[:TOGETHER]
    many = len([each for each in study.figures if each.kind == ASSUMPTION])
    return (
        f"{len(study.figures)} figures were tried, {many} of them assumptions; the best of as many unrelated ones would "
        f"show {percent(study.on_level.floor)} by chance once in twenty, and what shows less is left out.",
        f"The first {len(first)} together explain {percent(study.joint.explained)}; the rest is other figures, products "
        "with them, and what no figure of today settles: the noise of the series themselves.",
        "Shares overlap where figures hang together, as history has made them; Shapley effects share the overlap out "
        "among the first, and total effects leave it out.",
        "Found on the draws that are there, without drawing again: a figure that matters only together with another is "
        "missed unless it shows alone.",
        f"Worth is that of one rule of deciding after the figure, so at least; the decision is one amount of "
        f"{wanted.unit}, and costs are {'given' if wanted.assumed.empty else 'assumed'}.",
    )

