"""Linear programme of purchases and operation under limits of supply and power, with duals as shadow prices.

Reference: Dantzig (1963), Linear programming and extensions, for duals; Huangfu and Hall (2018) for HiGHS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import bmat, csr_matrix, eye, kron

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.supply.ceilings import POWER

DEMAND = "demand"
_NONE = 1e-9


@dataclass(frozen=True)
class Programme:
    """The linear programme: purchases and operation of several generations over periods.

    Attributes
    ----------
    need
        Work demanded in each period [unit], shape (periods,).
    value
        Value of one unit of work [USD/unit].
    work
        Work of one accelerator that runs for a period [unit], shape (periods, generations).
    running, charge
        Cost of running one accelerator for a period, and of owning one bought in a period to the end [USD], shape
        (periods, generations).
    inherited
        Accelerators that remain of those bought before, shape (periods, generations).
    survival
        Share of a purchase left at ages 0, 1, ... periods [1], shape (periods,).
    watts
        Facility power of one accelerator [unit of ``power``], shape (generations,).
    power
        Facility power available, shape (periods,); infinite where it is no limit.
    uses
        Supply to the amount that one accelerator takes of it, shape (generations,); zero for none.
    supply
        Supply to the amount available in each period, shape (periods,); infinite where it is no limit.
    offered
        One where a generation can be bought in a period, else zero, shape (periods, generations).
    """

    need: Array
    value: float
    work: Array
    running: Array
    charge: Array
    inherited: Array
    survival: Array
    watts: Array
    power: Array
    uses: Mapping[str, Array]
    supply: Mapping[str, Array]
    offered: Array


@dataclass(frozen=True)
class Bought:
    """Solution of the programme: purchases, operation and duals.

    Attributes
    ----------
    bought, run
        Accelerators bought and run, shape (periods, generations).
    served
        Work served [unit], shape (periods,).
    shadow
        Limit to its dual, the value of one more unit of it [USD/unit of the limit], shape (periods,).
    binding
        Limit of each period with the largest dual times limit; ``none`` where every dual is zero.
    """

    bought: Array
    run: Array
    served: Array
    shadow: Mapping[str, Array]
    binding: tuple[str, ...]


def best_purchases(programme: Programme) -> Bought:
    """Return the purchases and operation of the highest value under the limits, by linear programming (HiGHS).

    max sum_t v served_t - sum_tg (running_tg run_tg + charge_tg buy_tg), subject to run_tg <= inherited_tg + sum_{c<=t}
    S(t-c) buy_cg; served_t <= sum_g work_tg run_tg; served_t <= need_t (demand); sum_g watts_g run_tg <= power_t
    (power); sum_g uses_jg buy_tg <= supply_jt (each supply j). The shadow price of a limit is its dual.

    Parameters
    ----------
    programme
        Costs, needs and limits.

    Returns
    -------
    Bought

    Raises
    ------
    ValueError
        If the programme has no solution; the solver's message is given.

    Examples
    --------
    One generation of 1 kW, demand for ten, power for four, and nothing else in the way:

    >>> of = np.array
    >>> done = best_purchases(Programme(of([10.0]), 5.0, of([[1.0]]), of([[1.0]]), of([[2.0]]), of([[0.0]]), of([1.0]),
    ...                                 of([1000.0]), of([4000.0]), {}, {}, of([[1.0]])))
    >>> done.bought.tolist(), done.binding, done.shadow["power"].tolist()
    ([[4.0]], ('power',), [0.002])
    """
    from scipy.optimize import linprog  # noqa: PLC0415  (a served forecast is loaded without it)

    periods, generations = programme.work.shape
    size = periods * generations
    rows, limits, names = _constraints(programme)
    cost = np.concatenate([programme.charge.ravel(), programme.running.ravel(), np.full(periods, -programme.value)])
    scale = max(float(np.abs(cost).max()), _NONE)
    bounds = [(0.0, None if can else 0.0) for can in programme.offered.ravel()] + [(0.0, None)] * (size + periods)
    bound = np.isfinite(limits)
    solved = linprog(cost / scale, A_ub=rows[bound], b_ub=limits[bound], bounds=bounds, method="highs")
    if solved.status != 0:
        raise InputError(f"the purchases cannot be planned: {solved.message}; check limits and needs for signs")
    duals = np.zeros(len(limits))
    duals[bound] = -scale * solved.ineqlin.marginals
    named, limited = (each[-len(names) * periods :].reshape(-1, periods) for each in (duals, limits))
    shadow = dict(zip(names, named, strict=True))
    dual_value = named * np.where(np.isfinite(limited), limited, 0.0)
    first = dual_value.argmax(axis=0)
    binding = tuple(names[k] if dual_value[k, t] > _NONE else "none" for t, k in enumerate(first))
    return Bought(
        solved.x[:size].reshape(periods, generations), solved.x[size : 2 * size].reshape(periods, generations),
        solved.x[2 * size :], shadow, binding,
    )  # fmt: skip


def _constraints(programme: Programme) -> tuple[Any, Array, tuple[str, ...]]:
    """Return rows, limits and names of the inequalities; those with a name come last, a block of periods each."""
    periods, generations = programme.work.shape
    age = np.arange(periods)[:, None] - np.arange(periods)[None, :]
    kept = np.where(age >= 0, programme.survival[np.clip(age, 0, None)], 0.0)
    one, each = eye(periods), eye(periods * generations)
    work = csr_matrix(_block_rows(programme.work))
    watts = kron(one, csr_matrix(programme.watts[None, :]))
    blocks: list[list[Any]] = [
        [-kron(csr_matrix(kept), eye(generations)), each, csr_matrix((periods * generations, periods))],
        [csr_matrix((periods, periods * generations)), -work, one],
        [csr_matrix((periods, periods * generations)), csr_matrix((periods, periods * generations)), one],
        [csr_matrix((periods, periods * generations)), watts, csr_matrix((periods, periods))],
    ]
    for name in programme.supply:
        taken = kron(one, csr_matrix(programme.uses[name][None, :]))
        blocks.append([taken, csr_matrix((periods, periods * generations)), csr_matrix((periods, periods))])
    limits = [
        programme.inherited.ravel(),
        np.zeros(periods),
        programme.need,
        programme.power,
        *programme.supply.values(),
    ]
    return bmat(blocks, format="csr"), np.concatenate(limits), (DEMAND, POWER, *programme.supply)


def _block_rows(work: Array) -> Array:
    """Return a matrix whose row t holds the work of period t in its own block of columns."""
    periods, generations = work.shape
    rows = np.zeros((periods, periods * generations))
    for period in range(periods):
        rows[period, period * generations : (period + 1) * generations] = work[period]
    return rows
