"""Training: parameters learned on all reference sets and on all but each one, calibrated on the sets left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.migration.judging import judge
from shiftcast.forecast.migration.learned import Learned, LearnedFamily
from shiftcast.forecast.migration.learning import LearningRows, learn, learning_rows
from shiftcast.forecast.migration.rolling import Origin

GRID: Final = (-0.3, -0.1, 0.1, 0.3, 0.5)  # log factors on the scale, between which coverage is interpolated
AIM: Final = 0.8  # coverage of the central 80 % interval, with equal weight of every set
DRAWS: Final = 100


def learn_family(origins: Sequence[Origin], *, draws: int = DRAWS) -> LearnedFamily:
    """Learn the parameters from all sets and from all but each one.

    The log factor on the error scale is the one at which drawn 80 % intervals cover 80 % on sets that the weights were
    not learned from; the skill is measured on them too.

    Parameters
    ----------
    origins
        Rolling origins of the reference sets.
    draws
        Draws of each series in the calibration.

    Returns
    -------
    LearnedFamily

    Raises
    ------
    ValueError
        If there is no origin.
    """
    names = sorted({origin.set_name for origin in origins})
    if not names:
        raise InputError("no set has an origin to learn from; give histories of at least 12 periods")
    rows = learning_rows(origins)
    whole = learn(origins, rows)
    plain = {names[0]: whole} if len(names) == 1 else {name: _without(origins, rows, name) for name in names}
    coverage = pd.concat(
        [judge(origins, widened(plain, step), draws=draws).assign(step=step) for step in GRID],
        ignore_index=True,
    )
    left_out = {
        name: replace(numbers, spread=calibrated(coverage[coverage["set"] != name] if len(names) > 1 else coverage))
        for name, numbers in plain.items()
    }
    whole = replace(whole, spread=calibrated(coverage))
    model = judge(origins, left_out.__getitem__, draws=draws)
    still = judge(origins, lambda name: without_members(left_out[name]), draws=draws)
    skilled = {
        name: replace(numbers, skill=skill_table(*(part[part["set"] != name] for part in (model, still))))
        for name, numbers in left_out.items()
    }
    whole = replace(whole, skill=skill_table(model, still))
    return LearnedFamily(whole, MappingProxyType(skilled if len(names) > 1 else {}))


def _without(origins: Sequence[Origin], rows: LearningRows, name: str) -> Learned:
    """Return the parameters learned on all sets but one, before calibration."""
    return learn([origin for origin in origins if origin.set_name != name], rows.of(rows.set_name != name))


def widened(learned: Mapping[str, Learned], step: float) -> Callable[[str], Learned]:
    """Return a function from set name to learned parameters with a log factor on the error scale.

    Parameters
    ----------
    learned
        Set name to learned parameters.
    step
        Log factor on the scale at every horizon [1].

    Returns
    -------
    callable
    """
    wide = {name: replace(numbers, spread=(step, 0.0)) for name, numbers in learned.items()}
    return wide.__getitem__


def without_members(learned: Learned) -> Learned:
    """Return the last-value benchmark: the same spread and newcomers, all member weights zero.

    Parameters
    ----------
    learned
        Learned parameters.

    Returns
    -------
    Learned
    """
    return replace(learned, weights=dict.fromkeys(learned.weights, 0.0))


def calibrated(coverage: pd.DataFrame) -> tuple[float, float]:
    """Return the log factor at one period ahead and its slope by log period that bring coverage to ``AIM``.

    Parameters
    ----------
    coverage
        Columns ``set, horizon, step, inside80``: coverage at each log factor tried.

    Returns
    -------
    tuple of two floats
        Log factor [1] and slope [1 per log period].

    Examples
    --------
    >>> rows = [("s", h, step, 0.8 + step) for h in (1, 4) for step in GRID]
    >>> [round(x, 3) for x in calibrated(pd.DataFrame(rows, columns=["set", "horizon", "step", "inside80"]))]
    [0.0, 0.0]
    """
    by_set = coverage.groupby(["horizon", "step", "set"]).inside80.mean()
    table = by_set.groupby(["horizon", "step"]).mean().unstack("step")  # noqa: PD010  (both keys are in the index)
    wanted = [float(np.interp(AIM, np.maximum.accumulate(row), table.columns)) for row in table.to_numpy()]
    if len(wanted) == 1:
        return wanted[0], 0.0
    slope, level = np.polyfit(np.log(table.index.to_numpy(dtype=float)), wanted, 1)
    return float(level), float(slope)


def skill_table(model: pd.DataFrame, still: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return CRPS over that of last value: the geometric mean over sets of the ratio, clipped to [0.001, 1000].

    Parameters
    ----------
    model
        Scores of the model (:func:`forecast.migration.judging.judge`).
    still
        Scores of last value, of the same origins.

    Returns
    -------
    dict of dict
        Class of history to horizon, as text, to the ratio [1].
    """
    keys = ["kind", "horizon", "set"]
    ratio = model.groupby(keys).crps.mean() / still.groupby(keys).crps.mean()
    logs = pd.DataFrame({"log": np.log(ratio.clip(1e-3, 1e3))}).groupby(["kind", "horizon"]).log.mean()
    table: dict[str, dict[str, float]] = {}
    for (kind, h), value in zip(logs.index.to_flat_index(), logs.to_numpy(), strict=True):
        table.setdefault(str(kind), {})[str(int(h))] = round(float(np.exp(value)), 4)
    return table
