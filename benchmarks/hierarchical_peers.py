"""Forecast hierarchies with the peers people use: AutoETS at every node, reconciled draw by draw or in closed form.

Quantiles come from each peer's own intervals: normal ones, bootstrapped residuals, or permuted empirical copulas
(``permbu``). Peers take one hierarchy of columns in level order to quantiles of shape (nodes, horizon, levels).
"""

from __future__ import annotations

import logging
import os
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd

WIDTHS = tuple(range(10, 100, 10))
FREQUENCIES = {4: "QS", 7: "D", 12: "MS"}  # a season's; dates only carry the order
WAYS = ("normality", "bootstrap", "permbu")


def peers(past: np.ndarray, summing: np.ndarray, sizes: list[int], season: int, horizon: int) -> dict[str, np.ndarray]:
    """Return quantiles by name: AutoETS unreconciled, and each reconciliation with each kind of interval."""
    os.environ.setdefault("NIXTLA_ID_AS_COL", "1")
    from statsforecast import StatsForecast  # noqa: PLC0415  (a peer, present in its own environment only)
    from statsforecast.models import AutoETS  # noqa: PLC0415  (a peer, present in its own environment only)

    length, nodes = past.shape
    names = [f"{node:05d}" for node in range(nodes)]
    dates = pd.date_range("2000-01-01", periods=length, freq=FREQUENCIES[season])
    rows = pd.DataFrame({"unique_id": np.repeat(names, length), "ds": np.tile(dates, nodes), "y": past.T.ravel()})
    library = StatsForecast([AutoETS(season_length=season)], freq=FREQUENCIES[season])
    ahead = library.forecast(df=rows, h=horizon, level=list(WIDTHS), fitted=True)
    fitted = library.forecast_fitted_values()
    found = {"AutoETS": _quantiles(ahead, "AutoETS", nodes)}
    sums = pd.DataFrame(summing, columns=names[-summing.shape[1] :])
    sums.insert(0, "unique_id", names)
    spans = pairwise(np.cumsum([0, *sizes]))
    levels = {f"level {n}": np.array(names[low:high]) for n, (low, high) in enumerate(spans)}
    for way in WAYS:
        found |= _reconciled(ahead, fitted, sums, levels, way)
    return found


def _reconciled(
    ahead: pd.DataFrame, fitted: pd.DataFrame, sums: pd.DataFrame, levels: dict[str, np.ndarray], way: str
) -> dict[str, np.ndarray]:
    """Return quantiles of every reconciliation with one kind of interval."""
    from hierarchicalforecast.core import HierarchicalReconciliation  # noqa: PLC0415  (likewise)
    from hierarchicalforecast.methods import BottomUp, MinTrace  # noqa: PLC0415  (likewise)

    methods = [BottomUp(), MinTrace("ols"), MinTrace("wls_struct"), MinTrace("mint_shrink")]
    np.random.seed(0)  # noqa: NPY002  (the library draws from the global generator)
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = HierarchicalReconciliation(methods).reconcile(
                Y_hat_df=ahead, Y_df=fitted, S_df=sums, tags=levels, level=list(WIDTHS), intervals_method=way, seed=0
            )
    finally:
        logging.disable(logging.NOTSET)
    columns = [name for name in table if name.startswith("AutoETS/") and "-lo-" not in name and "-hi-" not in name]
    short = {name: name.removeprefix("AutoETS/").removeprefix("MinTrace_method-") for name in columns}
    return {f"AutoETS, {short[name]}, {way}": _quantiles(table, name, len(sums)) for name in columns}


def _quantiles(table: pd.DataFrame, name: str, nodes: int) -> np.ndarray:
    """Return quantiles 0.05, 0.10 ... 0.95 of shape (nodes, horizon, levels) from columns of intervals."""
    low = [f"{name}-lo-{width}" for width in reversed(WIDTHS)]
    columns = [*low, name, *(f"{name}-hi-{width}" for width in WIDTHS)]
    ordered = table.sort_values(["unique_id", "ds"])
    return ordered[columns].to_numpy(dtype=float).reshape(nodes, -1, len(columns))
