"""Forecast a hierarchy from rows of its bottom nodes: quantiles of every node, and joint draws that add up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.bounds import check_draws
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel, panels
from shiftcast.features.reading import Reading
from shiftcast.features.volumes import Treatments
from shiftcast.forecast.hierarchy.structure import Hierarchy
from shiftcast.forecast.migration.quantiles import LEVELS
from shiftcast.forecast.volume.hierarchies import draw_hierarchy
from shiftcast.pipelines.series.volumes import MOST_AHEAD


@dataclass(frozen=True)
class HierarchyAnswer:
    """The forecast of a hierarchy.

    Attributes
    ----------
    names, ends
        Nodes, and period ends ahead [UTC, no zone], shape (horizon,).
    draws
        Joint draws, shape (nodes, horizon, draws), in the unit of the histories; each adds up.
    treated
        What was treated in the rows.
    """

    names: tuple[str, ...]
    ends: NDArray[np.datetime64]
    draws: NDArray[np.float64]
    treated: Treatments

    def quantiles(self) -> pd.DataFrame:
        """Return mean and quantiles of every node and period.

        Returns
        -------
        DataFrame
            ``series, period_end, statistic, quantile, value``, the mean of each node first, then its quantiles.
        """
        means = self.draws.mean(axis=2)[:, None]
        values = np.concatenate([means, np.quantile(self.draws, LEVELS, axis=2).swapaxes(0, 1)], axis=1)
        kinds = np.array(["mean", *["quantile"] * len(LEVELS)], dtype=object)
        index = pd.MultiIndex.from_product(
            [self.names, range(len(kinds)), pd.DatetimeIndex(self.ends).tz_localize("UTC")],
            names=["series", "level", "period_end"],
        )
        rows = pd.DataFrame({"value": values.ravel()}, index=index).reset_index()
        level = rows.pop("level")
        rows.insert(2, "statistic", kinds[level])
        rows.insert(3, "quantile", np.r_[np.nan, LEVELS][level])
        return rows

    def paths(self) -> pd.DataFrame:
        """Return the joint draws.

        Returns
        -------
        DataFrame
            ``series, draw, period_end, value``.
        """
        number = range(self.draws.shape[2])
        index = pd.MultiIndex.from_product(
            [self.names, number, pd.DatetimeIndex(self.ends).tz_localize("UTC")],
            names=["series", "draw", "period_end"],
        )
        return pd.DataFrame({"value": self.draws.swapaxes(1, 2).ravel()}, index=index).reset_index()


def forecast_hierarchy(
    history: pd.DataFrame,
    hierarchy: Hierarchy,
    *,
    horizon: int,
    draws: int = 500,
    seed: int = 0,
    reading: Reading | None = None,
) -> HierarchyAnswer:
    """Forecast every node of a hierarchy from the histories of its bottom nodes.

    Parameters
    ----------
    history
        ``series, period_end, value``, a series a bottom node, over the same periods and without gaps.
    hierarchy
        Hierarchy of the nodes.
    horizon, draws, seed
        Periods ahead, joint draws, and seed; the same seed gives the same draws.
    reading
        How to read dates and periods, as :func:`features.panel.panels` takes it.

    Returns
    -------
    HierarchyAnswer

    Raises
    ------
    ValueError
        If the horizon or the draws are out of range, a bottom node has no history, a series is none, or histories
        differ in frequency, last period or length.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> ends = pd.date_range("2020-03-31", periods=16, freq="QE")
    >>> rows = pd.concat(pd.DataFrame({"series": name, "period_end": ends, "value": 5.0}) for name in "ab")
    >>> answer = forecast_hierarchy(rows, from_parents(["all", "a", "b"], [-1, 0, 0]), horizon=1, draws=20)
    >>> answer.quantiles().query("statistic == 'mean'")[["series", "value"]].round(3).to_numpy().tolist()
    [['all', 10.0], ['a', 5.0], ['b', 5.0]]
    """
    if not 1 <= horizon <= MOST_AHEAD:
        raise InputError(f"horizon is {horizon}; give 1 to {MOST_AHEAD} periods")
    check_draws(draws, seed, least=2, each=horizon * len(hierarchy.names), parts="nodes times periods")
    found, treated = panels(history, horizon=horizon, reading=reading or Reading())
    if len(found) > 1:
        one, other = (f"{panel.series[0]!r} by {panel.frequency}" for panel in found[:2])
        raise InputError(f"series {one} and {other} are of two frequencies; give one frequency")
    panel = found[0]
    bottom = _checked(panel, [hierarchy.names[leaf] for leaf in hierarchy.leaves], hierarchy)
    season = panel.seasons[0] if panel.seasons else 1
    ahead = draw_hierarchy(hierarchy, bottom, season=season, horizon=horizon, draws=draws, seed=seed)
    return HierarchyAnswer(hierarchy.names, panel.ends(horizon)[0], ahead, treated)


def _checked(panel: Panel, leaves: list[str], hierarchy: Hierarchy) -> NDArray[np.float64]:
    """Return the histories in the order of the bottom nodes, or say what stands in the way."""
    row = {str(name): at for at, name in enumerate(panel.series)}
    for name in row:
        if name not in set(leaves):
            kind = "an inner node, the sum of others" if name in hierarchy.names else "no node of the hierarchy"
            raise InputError(f"series {name!r} is {kind}; give histories of bottom nodes, such as {leaves[0]!r}")
    for name in leaves:
        if name not in row:
            raise InputError(f"bottom node {name!r} has no history; give one for each")
    late = panel.last != panel.last.max()
    if late.any():
        name, day = panel.series[late.argmax()], str(panel.last[late.argmax()])[:10]
        raise InputError(f"series {name!r} ends on {day}, others later; cut all to one last period")
    gaps = np.argwhere(~np.isfinite(panel.values))
    if len(gaps):
        at, column = gaps[0]
        day = str(panel.times()[at, column])[:10]
        raise InputError(f"series {panel.series[at]!r} has no value on {day}; fill it, with 0 where there was nothing")
    return panel.values[[row[name] for name in leaves]]
