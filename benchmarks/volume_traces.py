"""Read the real traces that volumes are scored on, as panels; none of them is part of the project.

Relative times start on Monday 2025-01-06. What a trace leaves out is said where it is read.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from shiftcast.features.panel import Panel, panels

ANCHOR = pd.Timestamp("2025-01-06")


@dataclass(frozen=True)
class Trace:
    """A set of series to forecast at rolling origins, each ``horizon`` ahead and ``spacing`` periods apart."""

    name: str
    load: Callable[[Path], pd.DataFrame]
    horizon: int
    season: int
    origins: int
    spacing: int

    def panel(self, folder: Path) -> Panel:
        """Return the series as one panel."""
        (panel,), _ = panels(self.load(folder))
        return panel

    def cuts(self) -> list[int]:
        """Return the periods left out at each origin, the earliest origin first."""
        return [self.horizon + self.spacing * k for k in range(self.origins)][::-1]


def hourly(values: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return long rows of a table of hours by series, its index in hours since the anchor or dates."""
    index = values.index
    dates = index if isinstance(index, pd.DatetimeIndex) else ANCHOR + pd.to_timedelta(index, unit="h")
    wide = values.set_axis(dates).rename_axis("period_end").rename_axis("series", axis=1)
    return wide.stack().rename("value").reset_index().assign(group=group)  # noqa: PD013  (a table of one unit)


def servegen(folder: Path) -> pd.DataFrame:
    """Return hourly requests of the three language models (the others span one day)."""
    rows = pd.read_csv(folder / "servegen_alibaba_bailian" / "derived_hourly_requests.csv.gz")
    rows = rows[rows.k.str.startswith("language")]
    return hourly(rows.pivot_table(index="hour", columns="k", values="requests"), "servegen")


def servegen_clients(folder: Path, count: int = 16) -> pd.DataFrame:
    """Return hourly requests of clients spread evenly over the ranks of those busy at least half the hours."""
    clients: dict[str, pd.Series] = {}
    with tarfile.open(folder / "servegen_alibaba_bailian" / "trace_csv.tar.gz") as archive:
        for member in archive:
            if "language" not in member.name or not member.isfile():
                continue
            rows = pd.read_csv(archive.extractfile(member), header=None, usecols=[0, 1], names=["t", "rate"])
            clients[member.name] = (rows.rate * 600).groupby(rows.t.astype(int) // 3600).sum()
    table = pd.DataFrame(clients).fillna(0.0)
    table = busy(table, 0.5)
    ranked = table.sum().sort_values().index
    chosen = ranked[np.linspace(0, len(ranked) - 1, count).round().astype(int)]
    return hourly(table[chosen], "client")


def helios(folder: Path) -> pd.DataFrame:
    """Return the hourly mean of running GPUs by virtual cluster in May 2020."""
    clusters = {}
    for file in sorted((folder / "helios_earth_sensetime").glob("vc*_cluster_sequence_vc.csv.gz")):
        rows = pd.read_csv(file, usecols=["time", "running_gpu_num"], parse_dates=["time"])
        clusters[file.name.partition("_")[0]] = rows.groupby(rows.time.dt.floor("h")).running_gpu_num.mean()
    return hourly(busy(pd.DataFrame(clusters)), "helios")


def philly_hours(folder: Path, since: str = "2017-10-30") -> pd.DataFrame:
    """Return the GPU-hours of each hour by virtual cluster, each job's spread evenly from its timestamp on.

    The last seven whole weeks, so that no peer needs longer than the rest of the run.
    """
    jobs = pd.read_csv(folder / "philly_microsoft_2017" / "philly_jobs_sia.csv.gz", parse_dates=["timestamp"])
    edges = pd.date_range(since, "2017-12-18", freq="h")
    at = (edges - edges[0]) / pd.Timedelta(hours=1)
    begun = (jobs.timestamp - edges[0]) / pd.Timedelta(hours=1)
    table = {}
    for name, part in jobs.groupby("cluster"):
        own = begun[part.index].to_numpy()
        width = part.num_gpus.to_numpy(dtype=float)
        done = _ramp(at.to_numpy(), own, width) - _ramp(at.to_numpy(), own + part.duration.to_numpy() / 3600, width)
        table[str(name)] = np.diff(done).round(6)  # what sums of floats leave
    return hourly(busy(pd.DataFrame(table, index=edges[:-1])), "philly")


def busy(table: pd.DataFrame, least: float = 0.1) -> pd.DataFrame:
    """Return the columns above zero in at least that part of the hours: there is nothing to forecast in the others."""
    return table.loc[:, (table > 0).mean() >= least]


def _ramp(at: np.ndarray, since: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Return the sum over jobs of slope * max(at - since, 0)."""
    order = np.argsort(since)
    total, moment = np.cumsum(slope[order]), np.cumsum((slope * since)[order])
    place = np.searchsorted(since[order], at, side="right") - 1
    return np.where(place >= 0, at * total[place] - moment[place], 0.0)


def philly_days(folder: Path) -> pd.DataFrame:
    """Return the GPU-hours of each day by virtual cluster."""
    rows = philly_hours(folder, "2017-09-11")
    day = rows.assign(period_end=rows.period_end.dt.floor("D"))
    return day.groupby(["series", "group", "period_end"], as_index=False).value.sum()


def dlrm(folder: Path) -> pd.DataFrame:
    """Return hourly CPU-core-hours of the CPU nodes and GPU-hours of the GPU nodes; the last hour is not whole."""
    rows = pd.read_csv(folder / "alibaba_dlrm_2025" / "derived_hourly.csv.gz").set_index("hour")
    return hourly(rows[["CN_cpu_core_h", "HN_gpu_h"]].iloc[:-1], "dlrm")


def pypi(folder: Path) -> pd.DataFrame:
    """Return monthly downloads of the projects seen in all but four months of at least five years to the end.

    The first snapshot spans more than a month and is left out. A month without a row is unknown, not zero.
    """
    rows = pd.read_csv(folder / "pypi_downloads" / "selected_monthly_2018_2024H1.csv", parse_dates=["commit_date"])
    rows = rows[rows.commit_date >= "2018-02-01"]
    month = rows.commit_date.dt.to_period("M").dt.to_timestamp()
    rows = rows.assign(period_end=month, series=rows.project, value=rows.downloads_30d.astype(float))
    span = rows.groupby("series").period_end.agg(["min", "max", "count"])
    months = (span["max"].dt.year - span["min"].dt.year) * 12 + span["max"].dt.month - span["min"].dt.month + 1
    whole = span[(months >= 60) & (span["count"] >= months - 4) & (span["max"] == month.max())].index
    return rows[rows["series"].isin(whole)][["series", "group", "period_end", "value"]]


TRACES = (
    Trace("servegen", servegen, 24, 24, 6, 24),
    Trace("servegen clients", servegen_clients, 24, 24, 3, 48),
    Trace("helios", helios, 24, 24, 4, 84),
    Trace("philly hours", philly_hours, 24, 24, 4, 84),
    Trace("philly days", philly_days, 14, 7, 5, 7),
    Trace("dlrm", dlrm, 24, 24, 6, 48),
    Trace("pypi", pypi, 12, 12, 4, 6),
)
