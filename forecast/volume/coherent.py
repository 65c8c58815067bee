"""Forecasts of volumes made coherent over a hierarchy: their means, or their joint draws one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.frames import lay_out, with_actuals
from shiftcast.forecast.hierarchy.long import Reconciliation, reconcile_array, residuals_of
from shiftcast.forecast.hierarchy.structure import Hierarchy
from shiftcast.forecast.migration.quantiles import LEVELS, summary

PARTED: Final = " / "  # between a series and its category in the name of a node
MEAN: Final = "mean"
_VALUE: Final = "value"


@dataclass(frozen=True)
class CoherentVolumes:
    """Volumes that add up.

    Attributes
    ----------
    forecast
        ``series, period_end, statistic, quantile, value``; of draws mean and quantiles, of means nothing else.
    paths
        ``series, draw, period_end, value`` of coherent draws; no rows where means were given.
    summary
        One row, as :class:`forecast.hierarchy.long.LongReconciled` has them.
    left_out
        Rows of quantiles that were given, which cannot be reconciled.
    """

    forecast: pd.DataFrame
    paths: pd.DataFrame
    summary: pd.DataFrame = field(repr=False)
    left_out: int = 0


def of_volumes(frame: pd.DataFrame) -> bool:
    """Return whether a frame has the columns of a forecast of volumes or of its joint draws.

    Parameters
    ----------
    frame
        Any rows.

    Returns
    -------
    bool

    Examples
    --------
    >>> of_volumes(pd.DataFrame(columns=["series", "draw", "period_end", "value"]))
    True
    """
    has = set(frame.columns)
    return {"series", "period_end", _VALUE} <= has and bool({"draw", "statistic"} & has)


def coherent_volumes(
    hierarchy: Hierarchy, rows: pd.DataFrame, plan: Reconciliation, *, insample: pd.DataFrame | None = None
) -> CoherentVolumes:
    """Make a forecast of volumes coherent: draw by draw where draws are given, and else its means.

    Parameters
    ----------
    hierarchy
        Hierarchy whose nodes the series are; those with a category are named ``series / category``.
    rows
        ``series, draw, period_end, value``, every draw with the same rows; or ``series, period_end, statistic,
        quantile, value``, of which only the means are taken: quantiles do not add up.
    plan
        Method, constraints and fixed nodes.
    insample
        Actual and fitted values of the same series, for methods that need residuals.

    Returns
    -------
    CoherentVolumes
        Every node of the hierarchy at every period, sorted by series.

    Raises
    ------
    ValueError
        If a series, draw, node or constraint is at fault; it is named.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> tree = from_parents(["all", "a", "b"], [-1, 0, 0])
    >>> draws = pd.DataFrame({"series": ["all", "a", "b"], "draw": 1, "period_end": "2026", "value": [6., 1., 2.]})
    >>> coherent_volumes(tree, draws, Reconciliation("ols")).paths["value"].tolist()
    [2.0, 5.0, 3.0]
    """
    drawn = "draw" in rows
    kept = rows if drawn else rows[rows["statistic"] == MEAN]
    if kept.empty:
        raise InputError(
            f"the forecast has no rows of statistic {MEAN!r}; give the file as `shiftcast volume` wrote it"
        )
    at, ends = pd.factorize(kept["period_end"], sort=True)
    number, draws = pd.factorize(kept["draw"], sort=True) if drawn else (np.zeros_like(at), pd.Index([1]))
    cell = pd.Series(number * len(ends) + at, index=kept.index).where((at >= 0) & (number >= 0))
    keyed = pd.DataFrame({"unique_id": _nodes(kept), "ds": cell, _VALUE: kept[_VALUE]})
    laid = lay_out(hierarchy, keyed)
    base = np.full((len(hierarchy.names), len(draws) * len(ends)), np.nan)
    base[:, laid.periods.to_numpy(dtype=np.int64)] = laid.values[_VALUE]
    values, facts = reconcile_array(hierarchy, base, plan, _residuals(hierarchy, insample))
    order = np.argsort(np.asarray(hierarchy.names, dtype=object), kind="stable")
    names = np.asarray(hierarchy.names, dtype=object)[order]
    cube = values[order].reshape(len(names), len(draws), len(ends))
    statistics = summary(cube.transpose(1, 0, 2)).transpose(1, 0, 2) if drawn else cube
    paths = _paths(names, draws, ends, cube) if drawn else _paths(names[:0], draws, ends, cube[:0])
    table = pd.DataFrame([{"column": "draws" if drawn else MEAN, **facts}])
    return CoherentVolumes(_forecast(names, ends, statistics), paths, table, len(rows) - len(kept))


def _nodes(rows: pd.DataFrame) -> pd.Series:
    """Return the node of each row: its series, or series and category where it has one."""
    if "category" not in rows:
        return rows["series"]
    whole = rows["category"].isna()
    return rows["series"].where(whole, rows["series"].astype(str) + PARTED + rows["category"].astype(str))


def _residuals(hierarchy: Hierarchy, insample: pd.DataFrame | None) -> Array | None:
    if insample is None:
        return None
    return residuals_of(lay_out(hierarchy, with_actuals(insample, [_VALUE])).values, _VALUE)


def _forecast(names: NDArray[np.object_], ends: pd.Index, values: Array) -> pd.DataFrame:
    """Return statistics of shape (series, statistics, periods) as rows; the first is the mean."""
    levels = np.r_[np.nan, LEVELS][: values.shape[1]]
    return pd.DataFrame(
        {
            "series": np.repeat(names, values[0].size),
            "period_end": np.tile(ends.to_numpy(), len(names) * len(levels)),
            "statistic": np.tile(np.repeat(np.where(np.isnan(levels), MEAN, "quantile"), len(ends)), len(names)),
            "quantile": np.tile(np.repeat(levels, len(ends)), len(names)),
            _VALUE: values.ravel(),
        }
    )


def _paths(names: NDArray[np.object_], draws: pd.Index, ends: pd.Index, values: Array) -> pd.DataFrame:
    """Return draws of shape (series, draws, periods) as rows."""
    return pd.DataFrame(
        {
            "series": np.repeat(names, len(draws) * len(ends)),
            "draw": np.tile(np.repeat(draws.to_numpy(), len(ends)), len(names)),
            "period_end": np.tile(ends.to_numpy(), len(names) * len(draws)),
            _VALUE: values.ravel(),
        }
    )
