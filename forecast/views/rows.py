"""Rows of answers about a part of the hierarchy: the part, the horizon, its draws, and rows of quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import stream
from shiftcast.forecast.leaves import SEGMENT_OF
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.crossing_answer import Crossing
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, unit_of
from shiftcast.forecast.views.scenario import apply_scenario, label_of

_MADE_UNDER: Final = {"mode": "split_mode", "definition": "definition", "as_of": "origin"}
_ELSEWHERE: Final = {
    "mode": "`shiftcast split --mode` draws the split under another",
    "definition": "ask for the split, which is known under each definition",
    "as_of": "open the version made on that day, or make it with `shiftcast run --origin`",
}


def part_of(*, segment: str = ALL, leaf: str = ALL, workload: str = ALL, technique: str = ALL) -> dict[str, str]:
    """Return the part asked for; a leaf brings its segment.

    Parameters
    ----------
    segment, leaf, workload, technique
        Names, or ``all`` where the dimension is not split.

    Returns
    -------
    dict
        The four fields by name.

    Examples
    --------
    >>> part_of(leaf="sovereign")["segment"]
    'rest'
    """
    inside = SEGMENT_OF.get(leaf, ALL) if leaf != ALL and segment == ALL else segment
    return {"segment": inside, "leaf": leaf, "workload": workload, "technique": technique}


def check_context(cube: xr.Dataset, context: Mapping[str, str]) -> None:
    """Raise if a question names another mode, definition or day than the forecast was made under.

    Parameters
    ----------
    cube
        The draw cube.
    context
        ``mode, definition, as_of`` as asked for; any of them may be left out.

    Raises
    ------
    OutOfSupportError
        Naming both, and where the other is answered.
    """
    for field, value in context.items():
        under = cube.attrs[_MADE_UNDER[field]]
        if value != under:
            raise OutOfSupportError(
                f"{field} {value!r} is not what this forecast was made under, {under!r}; {_ELSEWHERE[field]}"
            )


def check_horizon(ahead: list[str], horizon: int | None, beyond: str = "") -> int:
    """Return how many of the quarters ahead are asked for, all if ``horizon`` is not given.

    Parameters
    ----------
    ahead
        Labels of the quarters drawn.
    horizon
        Quarters ahead asked for, from 1.
    beyond
        Why it goes no further, for the message.

    Returns
    -------
    int
        Quarters.

    Raises
    ------
    ValueError
        If it is below one.
    OutOfSupportError
        If it is beyond what was drawn.
    """
    if horizon is not None and horizon < 1:
        raise InputError(f"horizon is {horizon}; it must be 1 quarter or more")
    if horizon is not None and horizon > len(ahead):
        why = f"; {beyond}" if beyond else ""
        raise OutOfSupportError(
            f"horizon {horizon} is beyond the {len(ahead)} quarters drawn, the last {ahead[-1]}{why}"
        )
    return horizon or len(ahead)


def level_draws(cube: xr.Dataset, measure: str, part: Mapping[str, str], scenario: str) -> Array:
    """Return draws of a measure in the quarters ahead under a scenario, shape (draws, quarters ahead).

    Parameters
    ----------
    cube, measure, part, scenario
        Draw cube, measure and part as in :func:`forecast.views.part.draws_of`, and the scenario's text.

    Returns
    -------
    ndarray, shape (draws, quarters ahead)
        In the unit of the measure.

    Raises
    ------
    ValueError
        If measure, part or scenario is not known.
    OutOfSupportError
        If the forecast was made before demand drove hardware, and a scenario or what is latent is asked for.
    """
    under = apply_scenario(cube, scenario)
    return draws_of(under, measure, Part(**part))[:, forecast_periods(under)]


def choose_draws(count: int, wanted: int | None, seed: int) -> Any:
    """Return the numbers of the draws to show, rising: all, or as many as wanted, chosen by a seed.

    Parameters
    ----------
    count
        Draws there are.
    wanted
        Draws to show; all if not given.
    seed
        Seed of the choice.

    Returns
    -------
    ndarray of int, shape (wanted,)
        Positions, rising.

    Raises
    ------
    OutOfSupportError
        If there are fewer.

    Examples
    --------
    >>> choose_draws(5, 2, seed=1).tolist(), choose_draws(3, None, seed=1).tolist()
    ([0, 1], [0, 1, 2])
    """
    if wanted is not None and not 1 <= wanted <= count:
        raise OutOfSupportError(f"draws is {wanted}; this forecast has 1 to {count}; run with more --draws")
    if wanted in {None, count}:
        return np.arange(count)
    return np.sort(stream(seed, "answers.draws").permutation(count)[:wanted])


def level_names(levels: tuple[float, ...]) -> list[str]:
    """Return the name of each quantile's column.

    Parameters
    ----------
    levels
        Quantile levels, in (0, 1).

    Returns
    -------
    list of str
        Per mille behind ``q``, in the order of the levels.

    Examples
    --------
    >>> level_names((0.025, 0.5, 0.9995))
    ['q025', 'q500', 'q999.5']
    """
    return [f"q{1000 * level:03.0f}" if (1000 * level).is_integer() else f"q{1000 * level:g}" for level in levels]


def quantile_rows(
    cube: xr.Dataset, quarters: list[str], marks: Array, levels: tuple[float, ...], *, measure: str, scenario: str
) -> list[dict[str, Any]]:
    """Return mean and quantiles as plain rows, one a quarter.

    Parameters
    ----------
    cube, measure, scenario
        Cube for units and attributes, and what each row names.
    quarters, levels
        Labels of the quarters, and quantile levels in (0, 1).
    marks
        Mean, then quantiles, shape (quarters or more, 1 + levels), in the unit of the measure.

    Returns
    -------
    list of dict
        ``quarter, mean``, a level each, ``measure, unit, definition, scenario, as_of``.
    """
    names = ("mean", *level_names(levels))
    about = {
        "measure": measure, "unit": unit_of(cube, measure), "definition": cube.attrs["definition"],
        "scenario": label_of(cube, scenario), "as_of": cube.attrs["origin"],
    }  # fmt: skip
    each = marks[: len(quarters)].tolist()
    return [
        {"quarter": quarter, **dict(zip(names, row, strict=True)), **about}
        for quarter, row in zip(quarters, each, strict=True)
    ]


def answer_frame(answer: Any) -> pd.DataFrame:
    """Return the answer of any question as a table: itself, its row, its ``table`` or its ``frame``.

    Parameters
    ----------
    answer
        A frame, a list of rows, a crossing, or an object that holds a ``table`` or ``frame``.

    Returns
    -------
    DataFrame
        The answer, one row a line.

    Examples
    --------
    >>> answer_frame(pd.DataFrame({"n": [2]}))["n"].tolist()
    [2]
    """
    if isinstance(answer, Crossing):
        return pd.DataFrame([answer.row()])
    shown = answer.table if isinstance(answer, Answer) else getattr(answer, "frame", answer)
    return pd.DataFrame(shown)


def plain_rows(answer: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of an answer as plain values: days as ISO text, what is missing or infinite as ``None``.

    JSON has no word for an infinite figure, such as the divergence of a share that no weights reach.

    Parameters
    ----------
    answer
        Table of an answer.

    Returns
    -------
    list of dict
        One a row, by column.

    Examples
    --------
    >>> plain_rows(pd.DataFrame({"day": [pd.Timestamp("2026-08-26", tz="UTC")], "low": [float("nan")], "n": [2]}))
    [{'day': '2026-08-26', 'low': None, 'n': 2}]
    >>> plain_rows(pd.DataFrame({"divergence": [0.5, float("inf")]}))
    [{'divergence': 0.5}, {'divergence': None}]
    """
    columns = {str(name): _plain(answer[name]) for name in answer.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _plain(values: pd.Series) -> list[Any]:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.strftime("%Y-%m-%d")
    missing = values.isna() | np.isinf(values) if values.dtype.kind == "f" else values.isna()
    return [None if none else value for value, none in zip(values.tolist(), missing.tolist(), strict=True)]
