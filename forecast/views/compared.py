"""Answer to a scenario question: levels and paired differences beside the base, and a mixture of stated weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL, AssumptionRows, DataFrame
from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.kinds import unknown
from shiftcast.forecast.scenarios.reading import BASE, read_scenario, texts_by_label
from shiftcast.forecast.views.answer import SHOWN, Answer
from shiftcast.forecast.views.compared_words import MEASURES, assumed_of, notes_of, says
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods, places, unit_of
from shiftcast.forecast.views.places import place_ahead
from shiftcast.forecast.views.rows import part_of
from shiftcast.forecast.views.scenario import apply_scenario, gallery_of

_SAID: Final = "2027Q4"  # the quarter that claims and plans of the record speak of
_WHOLE: Final = 1e-6  # that weights may miss one by


@dataclass(frozen=True)
class Compared:
    """A question of scenarios.

    Attributes
    ----------
    scenarios
        Each as :func:`forecast.scenarios.reading.read_scenario` reads it.
    by
        Quarter the words speak of; 2027Q4, or the last drawn if that is earlier, if left out.
    weights
        Label or name of a scenario, or ``base``, to its weight; they sum to one. None for no mixture.
    segment, leaf, workload, technique
        Part of the whole.
    """

    scenarios: Sequence[str]
    by: str | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    segment: str = ALL
    leaf: str = ALL
    workload: str = ALL
    technique: str = ALL

    @property
    def part(self) -> Part:
        """The part asked about; a leaf brings its segment."""
        return Part(**part_of(segment=self.segment, leaf=self.leaf, workload=self.workload, technique=self.technique))


def compared(
    cube: xr.Dataset, asked: Compared, assumptions: DataFrame[AssumptionRows] | None = None
) -> Answer:  # fmt: skip
    """Return scenarios beside the base, draw by draw on the same random numbers.

    Parameters
    ----------
    cube, asked
        The base, and what is asked.
    assumptions
        Those of the record, to list the elasticities that were used, if at hand.

    Returns
    -------
    Answer
        A row a scenario, measure and quarter: median and 80 % interval of the level, and of its difference to the base
        in the same draw. ``more["by segment"]`` has the quarter of the words by segment.

    Raises
    ------
    ValueError
        If a scenario, a weight, the quarter or the part is not known.
    OutOfSupportError
        If a scenario is beyond what was drawn.
    """
    texts = {label: text for label, text in texts_by_label(asked.scenarios, gallery_of(cube)).items() if label != BASE}
    if not texts:
        given = f"no scenario but {BASE!r}" if asked.scenarios else "no scenario"
        raise InputError(f"{given} was asked about; name one of {', '.join(gallery_of(cube)) or 'your own levers'}")
    quarters = [quarter_label(end) for end in periods(cube)[forecast_periods(cube)]]
    _, by = place_ahead(cube, asked.by or (_SAID if _SAID in quarters else quarters[-1]))
    read = {label: read_scenario(text, gallery_of(cube)) for label, text in texts.items()}
    weights = check_weights(asked.weights, [BASE, *read])
    cubes = {BASE: cube} | {label: apply_scenario(cube, text) for label, text in texts.items()}
    table = _table(cubes, weights, asked.part, quarters)
    inside = [part for part in places(cube) if part.segment != ALL and part.leaf == ALL] if asked.segment == ALL else []
    sides = [_table(cubes, weights, _within(asked.part, part.segment), quarters, only=by) for part in inside]
    return Answer(
        f"{', '.join(read)} beside the base", table, assumed_of(cube, read, assumptions),
        notes_of(cube, read, asked.weights), says=says(table, by), units=dict.fromkeys(("level", "difference"), "unit"),
        more={"by segment": pd.concat(sides, ignore_index=True)} if sides and asked.leaf == ALL else {},
    )  # fmt: skip


def check_weights(weights: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    """Return weights of a mixture as they were given.

    Parameters
    ----------
    weights
        Scenario to weight [1].
    names
        Scenarios there are.

    Returns
    -------
    dict
        The same.

    Raises
    ------
    ValueError
        If one is below zero or of no scenario, or they do not sum to one.

    Examples
    --------
    >>> check_weights({"a": 0.25, "base": 0.75}, ["base", "a"])
    {'a': 0.25, 'base': 0.75}
    """
    for name, weight in weights.items():
        if name not in names:
            raise InputError(unknown(name, names, "scenario"))
        if not weight >= 0:
            raise InputError(f"weight {weight:g} of {name!r} is below 0; give shares that sum to 1")
    total = sum(weights.values())
    if weights and abs(total - 1) > _WHOLE:
        rest = f", such as base={1 - total:g} for the rest" if 0 < total < 1 and BASE not in weights else ""
        raise InputError(f"weights sum to {total:g}; give weights that sum to 1{rest}")
    return dict(weights)


def mixture_quantiles(draws: Array, weights: Array, levels: Sequence[float]) -> Array:
    """Return quantiles of the mixture of several sets of draws.

    Parameters
    ----------
    draws
        Shape (sets, draws, quarters).
    weights
        Of the sets [1], shape (sets,).
    levels
        In (0, 1).

    Returns
    -------
    ndarray, shape (levels, quarters)
        The least value that a share of the mixture does not pass.

    Examples
    --------
    >>> mixture_quantiles(np.array([[[0.0]], [[10.0]]]), np.array([0.3, 0.7]), (0.2, 0.5)).ravel().tolist()
    [0.0, 10.0]
    """
    flat = draws.reshape(-1, draws.shape[-1])
    each = np.repeat(weights, draws.shape[1])
    return np.asarray(np.quantile(flat, levels, axis=0, weights=each, method="inverted_cdf"))


def _within(part: Part, segment: str) -> Part:
    return Part(segment, ALL, part.workload, part.technique)


def _table(
    cubes: Mapping[str, xr.Dataset], weights: Mapping[str, float], part: Part, quarters: list[str],
    *, only: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return rows of levels and differences, by scenario, measure and quarter."""
    base, rows = cubes[BASE], []
    ahead = forecast_periods(base)
    kept = [at for at, quarter in enumerate(quarters) if only in {None, quarter}]
    found = {
        name: {measure: draws_of(each, measure, part)[:, ahead][:, kept] for measure in MEASURES}
        for name, each in cubes.items()
    }
    sets = [(name, [name], np.ones(1)) for name in cubes if name != BASE]
    if weights:
        label = "mixture of " + ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
        sets.append((label, list(weights), np.array(list(weights.values()))))
    for label, names, shares in sets:
        for measure in MEASURES:
            before = found[BASE][measure]
            levels = np.stack([found[name][measure] for name in names])
            marks = _marks(levels, shares), _marks(levels - before, shares), np.median(before, axis=0)
            rows += [
                {"scenario": label, "measure": measure, "segment": part.segment, "quarter": quarters[at],
                 "base_median": float(marks[2][place]), **_cells("level", marks[0][:, place]),
                 **_cells("difference", marks[1][:, place]), "unit": unit_of(base, measure)}
                for place, at in enumerate(kept)
            ]  # fmt: skip
    return pd.DataFrame(rows)


def _marks(draws: Array, weights: Array) -> Array:
    """Return median and 80 % interval, shape (3, quarters); of one set as everywhere, of several of their mixture."""
    levels = tuple(SHOWN.values())
    if len(draws) == 1:
        return np.asarray(np.quantile(draws[0], levels, axis=0))
    return mixture_quantiles(draws, weights, levels)


def _cells(name: str, marks: Array) -> dict[str, float]:
    return {f"{name}_{label}": float(value) for label, value in zip(SHOWN, marks, strict=True)}
