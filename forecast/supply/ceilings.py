"""Physical ceilings as joint draws by quarter: packaging wafers, memory, and facility power that the vendor can have.

What can be energised bounds the fleet's power through its additions: what it had before, and what is added since.
Stocks of the record do not: those of all data centres hold other load, and those of AI alone are outlooks of less than
stands by now.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit

from shiftcast.features.arrays import Array
from shiftcast.features.frames import Ceilings, DataFrame
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import select
from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.supply.pool import Path, carried_path, growth_of, nearest_path, read_rows, years

PACKAGING: Final = "packaging"
MEMORY: Final = "memory"
POWER: Final = "power"
_HALF_QUARTER: Final = pd.Timedelta(days=46)


@dataclass(frozen=True)
class Limit:
    """Where a ceiling stands in the record.

    Attributes
    ----------
    name, scope
        Of its rows in ceilings.csv, for all buyers together.
    unit
        Of what can be had in a quarter.
    """

    name: str
    scope: str
    unit: str


LIMITS: Final[Mapping[str, Limit]] = {
    PACKAGING: Limit("packaging", "all", "wafer/quarter"),
    MEMORY: Limit("memory", "all", "GB/quarter"),
    POWER: Limit("power_additions", "all_ai", "MW_facility/quarter"),
}


@dataclass(frozen=True)
class Bounds:
    """The most that the vendor's accelerators can have in each quarter.

    Attributes
    ----------
    quarters
        Ends of the quarters.
    most
        Ceiling to draws of it, shape (draws, quarters), in the unit of :data:`LIMITS`; of power, what is added. It is
        infinite in history, where no row was known, and where it was lifted.
    rows
        Ceiling to the rows it rests on.
    weights
        Ceiling to the weight of each of its rows in each quarter [1], shape (rows, quarters); zero for rows of growth
        and part.
    """

    quarters: pd.DatetimeIndex
    most: Mapping[str, Array]
    rows: Mapping[str, DataFrame[Ceilings]] = field(default_factory=dict)
    weights: Mapping[str, Array] = field(default_factory=dict)


def check_lifted(lifted: Set[str]) -> None:
    """Raise if a ceiling that is to be lifted is not known.

    Parameters
    ----------
    lifted
        Names of ceilings.

    Raises
    ------
    ValueError
        Naming it and those there are.
    """
    for name in sorted(lifted - set(LIMITS)):
        raise InputError(f"ceiling {name!r} cannot be lifted: it is not known; choose from {', '.join(LIMITS)}")


def draw_ceilings(
    rows: DataFrame[Ceilings], sampling: Sampling, *, first: int = 0, reached: Mapping[str, Array] | None = None,
    lifted: Set[str] = frozenset(),
) -> Bounds:  # fmt: skip
    """Draw what packaging, memory and power allow the vendor in each quarter.

    A ceiling is the pooled flow of all buyers (:mod:`forecast.supply.pool`) times the part that the vendor takes, all
    of it where no part is known. One standard normal a draw moves a flow and its growth, another the part, so each draw
    is a smooth path. What the vendor has had in a quarter it can have again, more by the growth of the limit since: a
    row that history has outrun does not bind below that.

    Parameters
    ----------
    rows
        Ceilings known at the origin, in every vintage; of one source about one period the last counts.
    sampling
        Quarters, draws and seed; the streams are ``ceiling.NAME`` and ``ceiling.NAME.part``.
    first
        First quarter that is bounded; those before are history.
    reached
        Ceiling to what the vendor took in the quarter before ``first`` [unit], shape (draws,).
    lifted
        Ceilings that do not count.

    Returns
    -------
    Bounds

    Raises
    ------
    ValueError
        If a row does not fit its scale, or a ceiling to be lifted is not known.
    """
    check_lifted(lifted)
    most, used, weights = {}, {}, {}
    for name, limit in LIMITS.items():
        mine = _last_said(rows, limit)
        most[name] = np.full((sampling.draws, len(sampling.quarters)), np.inf)
        if name in lifted or not (mine["applies"] == "flow").any():
            continue
        path, values = _draw(name, limit, mine, sampling, first, (reached or {}).get(name))
        most[name][:, first:] = values[:, first:]
        used[name] = mine
        weights[name] = np.zeros((len(mine), len(sampling.quarters)))
        weights[name][mine["applies"] == "flow"] = path.weights
    return Bounds(sampling.quarters, most, used, weights)


def power_stock(before: Array, added: Array) -> Array:
    """Return the facility power that can be drawn by the end of each quarter; what is not used can be used later.

    Parameters
    ----------
    before
        Drawn when the first quarter begins [MW_facility], shape (draws,).
    added
        Most that is added in each quarter, none of history [MW_facility/quarter], shape (draws, quarters).

    Returns
    -------
    ndarray, shape (draws, quarters)
        [MW_facility]; infinite where power was lifted or not known.

    Examples
    --------
    >>> power_stock(np.array([10.0]), np.array([[2.0, 3.0]])).tolist()
    [[12.0, 15.0]]
    """
    return np.asarray(before[:, None] + np.cumsum(added, axis=1))


def _draw(
    name: str, limit: Limit, rows: DataFrame[Ceilings], sampling: Sampling, first: int, reached: Array | None
) -> tuple[Path, Array]:
    """Return the pooled path of all buyers, and draws of the vendor's, shape (draws, quarters)."""
    times = years(sampling.quarters - _HALF_QUARTER)
    z = sampling.normals(f"ceiling.{name}")
    flows = read_rows(select(rows, applies="flow"), "flow", limit.unit)
    grows = select(rows, applies="growth")
    growth = growth_of(flows, read_rows(grows, "growth", "1/year") if len(grows) else None, times)
    path = carried_path(flows, growth, times)
    values = np.exp(path.draws(z))
    parts = select(rows, applies="part")
    if len(parts):
        part = nearest_path(read_rows(parts, "part", "1"), times)
        values *= expit(part.draws(sampling.normals(f"ceiling.{name}.part")))
    if reached is not None and first:
        grown = np.maximum(growth.since(float(times[first - 1]), times, z), 1.0)
        values = np.maximum(values, reached[:, None] * grown)
    return path, values


def _last_said(rows: DataFrame[Ceilings], limit: Limit) -> DataFrame[Ceilings]:
    """Return the rows of a limit and the vendor's part of it, the last of each source about a period."""
    mine = select(rows, name=limit.name, applies=("flow", "growth", "part"), scope=(limit.scope, VENDOR))
    same = ["applies", "scope", "period_start", "period_end", "source"]
    ordered = mine.sort_values([*same, "known_at"], kind="stable")
    last: DataFrame[Ceilings] = ordered.drop_duplicates(same, keep="last").reset_index(drop=True)
    return last
