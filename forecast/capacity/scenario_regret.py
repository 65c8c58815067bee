"""Plan of least regret over scenarios: each scenario's own plan, and what it costs if another comes.

A plan adds a number of accelerators by a quarter. One too few costs ``under`` and one too many ``over``, so the best
number under a scenario is the newsvendor's quantile of its draws. Regret is the expected cost of a plan under a
scenario over that of the scenario's own plan; the plan of least regret is the one whose largest regret is smallest.

Reference: Savage (1951), The theory of statistical decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.forecast.capacity.need import needed, shortage_risk
from shiftcast.forecast.capacity.plan import Plan
from shiftcast.forecast.scenarios.reading import BASE, texts_by_label
from shiftcast.forecast.spoken import number
from shiftcast.forecast.views.answer import ASSUMED, Answer
from shiftcast.forecast.views.places import place_ahead
from shiftcast.forecast.views.scenario import apply_scenario, gallery_of

_ROUNDING: Final = 1e-12  # of a cost


@dataclass(frozen=True)
class Regretted:
    """A question of regret.

    Attributes
    ----------
    scenarios
        Beside the base, each as :func:`forecast.scenarios.reading.read_scenario` reads it.
    by, risk, under, over, segment, leaf
        As those of :class:`forecast.capacity.plan.Plan`; a risk stands for costs that make it the best one.
    """

    scenarios: Sequence[str]
    by: str
    risk: float | None = None
    under: float | None = None
    over: float | None = None
    segment: str = ALL
    leaf: str = ALL


def regret_question(cube: xr.Dataset, asked: Regretted) -> Answer:
    """Return what each scenario's plan costs under every scenario, the least of the largest regrets first.

    Parameters
    ----------
    cube, asked
        The base, and what is asked.

    Returns
    -------
    Answer
        A row a plan: ``plan, accelerators_to_add``, ``regret_NAME`` a scenario, and ``regret``, the largest, in
        accelerators too many; in the unit of ``over`` where costs are given.

    Raises
    ------
    OutOfSupportError, ValueError
        As :func:`forecast.capacity.plan.plan_question` and :func:`forecast.views.scenario.apply_scenario` do.
    """
    chance = shortage_risk(asked.risk, asked.under, asked.over)
    over = 1.0 if asked.over is None else asked.over
    under = over * (1 - chance) / chance
    part, place = Plan(asked.by, segment=asked.segment, leaf=asked.leaf).part, place_ahead(cube, asked.by)[0]
    texts = texts_by_label((BASE, *asked.scenarios), gallery_of(cube))
    added = {name: needed(apply_scenario(cube, text), part, place, None).added for name, text in texts.items()}
    plans = np.array([np.quantile(each, 1 - chance) for each in added.values()])
    regret = regrets(plans, list(added.values()), under=under, over=over)
    table = pd.DataFrame({"plan": list(added), "accelerators_to_add": plans})
    table = table.assign(**{f"regret_{name}": regret[:, column] for column, name in enumerate(added)})
    table = table.assign(regret=regret.max(axis=1)).sort_values("regret", kind="stable", ignore_index=True)
    unit = "accelerators too many" if asked.over is None else "units of the costs given"
    notes = (
        (
            f"Regret is in {unit}: one too few counts as {under / over:.3g} too many, so the best risk is "
            f"{100 * chance:.3g} %."
        ),
        "Every scenario counts alike: regret takes no odds. Plans are those of the scenarios named, and no other.",
    )
    return Answer(
        f"plan by {asked.by} of least regret over {', '.join(added)}", table, pd.DataFrame(columns=list(ASSUMED)),
        notes, says=_says(table, asked.by, unit),
        units={"accelerators_to_add": "accelerator", "regret": unit} | {f"regret_{name}": unit for name in added},
    )  # fmt: skip


def regrets(plans: Array, needs: Sequence[Array], *, under: float, over: float) -> Array:
    """Return the expected cost of plans in each scenario over the least that any number added there can have.

    Parameters
    ----------
    plans
        Accelerators added, shape (plans,).
    needs
        A scenario each: draws of the accelerators needed, shape (draws,).
    under, over
        Cost of one too few and of one too many, in one unit.

    Returns
    -------
    ndarray, shape (plans, scenarios)
        In the unit of the costs.

    Examples
    --------
    >>> regrets(np.array([10.0, 20.0]), [np.array([10.0]), np.array([20.0])], under=3.0, over=1.0).tolist()
    [[0.0, 30.0], [10.0, 0.0]]
    """
    columns = []
    for need in needs:
        best = np.quantile(need, under / (under + over), method="inverted_cdf")
        short = need[None, :] - np.append(plans, best)[:, None]
        cost = (under * np.maximum(short, 0) + over * np.maximum(-short, 0)).mean(axis=1)
        over_best = cost[:-1] - cost[-1]
        columns.append(np.where(over_best > _ROUNDING * cost[-1], over_best, 0.0))
    return np.stack(columns, axis=1)


def _says(table: pd.DataFrame, by: str, unit: str) -> str:
    best, worst = table.iloc[0], table.iloc[-1]
    said = (
        f"{number(best['accelerators_to_add'])} accelerators to add by {by}, the plan made for {best['plan']}: at most "
        f"{number(best['regret'])} {unit} over the best in any of the scenarios"
    )
    other = (
        f"The plan made for {worst['plan']}, {number(worst['accelerators_to_add'])}, can cost {number(worst['regret'])}"
    )
    return f"{said}." if len(table) == 1 else f"{said}. {other} over it."
