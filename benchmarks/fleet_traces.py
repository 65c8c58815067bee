"""Fleets of the real traces: parts whose total is forecast, by the hour, the day and the month.

Philly is GPU-hours by virtual cluster, Helios running GPUs by virtual cluster, DLRM GPUs of its GPU nodes by
application, ServeGen requests by model, packages monthly downloads of forty packages: the one long set, and a proxy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from volume_traces import busy, helios, packages, philly_days, philly_hours, rows_of, servegen

from shiftcast.forecast.fleet.history import Counted

APPLICATIONS = 20  # of DLRM that are parts; the others are one
HOURS = 30 * 24  # of DLRM that are whole
PACKAGES = 40


@dataclass(frozen=True)
class Set:
    """A fleet, how far ahead it is forecast, and the periods left out at each origin."""

    load: Callable[[Path], pd.DataFrame]
    grain: str
    horizon: int
    origins: int
    spacing: int

    def cuts(self) -> list[int]:
        """Return the periods left out at each origin."""
        return [self.horizon + self.spacing * k for k in range(self.origins)]


def by_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of days."""
    rows = rows.assign(period_end=rows.period_end.dt.floor("D"))
    return rows.groupby(["series", "group", "period_end"], as_index=False).value.sum()


def dlrm_applications(folder: Path) -> pd.DataFrame:
    """Return GPUs asked for by the GPU nodes, each hour, by application; instances without an end last."""
    rows = pd.read_csv(folder / "alibaba_dlrm_2025" / "disaggregated_DLRM_trace.csv.gz")
    rows = rows[rows.role == "HN"]
    size = rows.groupby("app_name").gpu_request.sum().sort_values(ascending=False, kind="stable")
    name = rows.app_name.where(rows.app_name.isin(size.index[:APPLICATIONS]), "other").to_numpy()
    edges = np.arange(HOURS + 1.0)
    begun = rows.scheduled_time.fillna(0).to_numpy() / 3600
    ends = rows.deletion_time.fillna((HOURS + 1) * 3600).to_numpy() / 3600
    table = {}
    for each in sorted(set(name)):
        mine = name == each
        held = np.minimum.outer(ends[mine], edges[1:]) - np.maximum.outer(begun[mine], edges[:-1])
        table[each] = rows.gpu_request.to_numpy(dtype=float)[mine] @ np.clip(held, 0.0, 1.0)
    return rows_of(busy(pd.DataFrame(table), 0.0), "dlrm")


SETS = {
    "Philly by day": Set(philly_days, "day", 14, 18, 3),
    "Helios by day": Set(lambda folder: by_day(helios(folder)), "day", 5, 12, 1),
    "DLRM by day": Set(lambda folder: by_day(dlrm_applications(folder)), "day", 5, 12, 1),
    "Philly by hour": Set(philly_hours, "hour", 24, 14, 36),
    "Helios by hour": Set(helios, "hour", 24, 14, 24),
    "DLRM by hour": Set(dlrm_applications, "hour", 24, 14, 24),
    "ServeGen by hour": Set(servegen, "hour", 24, 14, 12),
    "packages by month": Set(lambda folder: packages(folder, PACKAGES), "month", 12, 10, 3),
}


def counted(rows: pd.DataFrame) -> tuple[Counted, list[str]]:
    """Return the parts of a set as a fleet has them."""
    wide = rows.pivot_table(index="period_end", columns="series", values="value", sort=True).fillna(0.0)
    hours = wide.to_numpy(dtype=float)
    starts = pd.DatetimeIndex(wide.index).tz_localize("UTC").as_unit("us")
    return Counted(starts, hours, np.zeros(hours.shape, dtype=bool)), [str(name) for name in wide.columns]


def until(table: Counted, left_out: int) -> Counted:
    """Return the periods known at an origin, without parts that have not begun."""
    kept = len(table.starts) - left_out
    return Counted(table.starts[:kept], table.hours[:kept], table.lower[:kept])
