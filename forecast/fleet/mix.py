"""Mix of techniques within a workload: its hours times shares that migrate, beside techniques each by itself."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.reading import Reading
from shiftcast.forecast.fleet.grain import FREQUENCY, last_days
from shiftcast.forecast.fleet.history import Counted
from shiftcast.forecast.migration import Learned, fit_shares
from shiftcast.forecast.migration.draws import series_draws
from shiftcast.forecast.migration.fit import MAX_HORIZON

FEWEST: Final = 4  # periods with hours from which shares are forecast


def migrated_mix(
    hours: Array, table: Counted, grain: str, parts: pd.DataFrame, *, learned: Learned, seed: int
) -> tuple[Array, tuple[str, ...]]:
    """Return draws of parts in which techniques share the hours of their workload half as the share model says.

    The other half is what each technique's own forecast gives: the mean of both scored no worse than either. The hours
    of a workload stay what they were in every draw.

    Parameters
    ----------
    hours
        Draws of the parts, shape (draws, periods, parts).
    table, grain
        Histories of the parts, and the length of the periods.
    parts
        Labels of the parts, with ``workload`` and ``technique``.
    learned
        Numbers of the share model.
    seed
        Seed of the named streams.

    Returns
    -------
    tuple
        Draws, shape (draws, periods, parts), and the workloads whose mix was forecast so: those of two techniques or
        more with hours in the last period and in four at least.
    """
    rows = _rows(table, grain, parts)
    if rows.empty or hours.shape[1] > MAX_HORIZON:
        return hours, ()
    fit = fit_shares(rows, horizon=hours.shape[1], learned=learned, reading=Reading(frequency=FREQUENCY[grain]))
    out = hours.copy()
    for fitted in fit.panels:
        for at, workload in enumerate(fitted.panel.series):
            mine = (parts["workload"] == workload).to_numpy()
            place = dict(zip(parts["technique"][mine], np.flatnonzero(mine), strict=True))
            columns = [place[name] for name in fitted.panel.categories[at]]
            total = hours[:, :, mine].sum(axis=2, keepdims=True)
            out[:, :, columns] = 0.5 * (out[:, :, columns] + total * series_draws(fitted, at, len(hours), seed))
    return out, tuple(sorted(fit.series))


def _rows(table: Counted, grain: str, parts: pd.DataFrame) -> pd.DataFrame:
    """Return the history of shares of every workload that has some."""
    ends = last_days(table.starts, grain)
    frames = []
    for workload, rows in parts.groupby("workload", sort=True).indices.items():
        mine = table.hours[:, rows]
        seen = mine.sum(axis=1) > 0
        if len(rows) < 2 or not (mine > 0).any(axis=0).all() or seen.sum() < FEWEST or not seen[-1]:
            continue
        frames.append(pd.DataFrame({
            "series": workload, "period_end": np.repeat(ends, len(rows)),
            "category": np.tile(parts["technique"].to_numpy()[rows], len(ends)), "value": mine.ravel(),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
