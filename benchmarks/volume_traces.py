"""Read the real traces that volumes are scored on, as panels; none of them is part of the project.

Relative times start on Monday 2025-01-06. What a trace leaves out is said where it is read.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from shiftcast.features.panel import Panel, panels

ANCHOR = pd.Timestamp("2025-01-06")
SUB_HOURLY, HOURS_AND_DAYS, MONTHLY, GENERATED = "sub-hourly", "hours and days", "monthly and slower", "generated"


@dataclass(frozen=True)
class Trace:
    """A set of series to forecast at rolling origins, each ``horizon`` ahead and ``spacing`` periods apart."""

    name: str
    load: Callable[[Path], pd.DataFrame]
    horizon: int
    season: int
    origins: int
    spacing: int
    kind: str

    def panel(self, folder: Path) -> Panel:
        """Return the series as one panel."""
        (panel,), _ = panels(self.load(folder))
        return panel

    def cuts(self) -> list[int]:
        """Return the periods left out at each origin, the earliest origin first."""
        return [self.horizon + self.spacing * k for k in range(self.origins)][::-1]


def rows_of(values: pd.DataFrame, group: str, minutes: int = 60) -> pd.DataFrame:
    """Return long rows of a table of periods by series, its index in periods since the anchor or dates."""
    index = values.index
    dates = index if isinstance(index, pd.DatetimeIndex) else ANCHOR + pd.to_timedelta(index * minutes, unit="min")
    wide = values.set_axis(dates).rename_axis("period_end").rename_axis("series", axis=1)
    return wide.stack().rename("value").reset_index().assign(group=group)  # noqa: PD013  (a table of one unit)


def servegen(folder: Path) -> pd.DataFrame:
    """Return hourly requests of the three language models (the others span one day)."""
    rows = pd.read_csv(folder / "servegen_alibaba_bailian" / "derived_hourly_requests.csv.gz")
    rows = rows[rows.k.str.startswith("language")]
    return rows_of(rows.pivot_table(index="hour", columns="k", values="requests"), "servegen")


def servegen_halves(folder: Path) -> pd.DataFrame:
    """Return requests of the three language models by the half of an hour over two weeks."""
    table: dict[str, pd.Series] = {}
    for name, rows in _servegen_files(folder):
        model = name.split("/")[-2]
        own = (rows.rate * 600).groupby(rows.t.astype(int) // 1800).sum()
        table[model] = table[model].add(own, fill_value=0.0) if model in table else own
    return rows_of(pd.DataFrame(table).fillna(0.0), "servegen", 30)


def _servegen_files(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rates of each client of the language models [requests/s], one row for ten minutes."""
    with tarfile.open(folder / "servegen_alibaba_bailian" / "trace_csv.tar.gz") as archive:
        for member in archive:
            if "language" in member.name and member.isfile():
                names = ["t", "rate"]
                yield member.name, pd.read_csv(archive.extractfile(member), header=None, usecols=[0, 1], names=names)


def servegen_clients(folder: Path, count: int = 16) -> pd.DataFrame:
    """Return hourly requests of clients spread evenly over the ranks of those busy at least half the hours."""
    clients = {
        name: (rows.rate * 600).groupby(rows.t.astype(int) // 3600).sum() for name, rows in _servegen_files(folder)
    }
    table = pd.DataFrame(clients).fillna(0.0)
    table = busy(table, 0.5)
    ranked = table.sum().sort_values().index
    chosen = ranked[np.linspace(0, len(ranked) - 1, count).round().astype(int)]
    return rows_of(table[chosen], "client")


def helios(folder: Path, step: str = "h") -> pd.DataFrame:
    """Return the mean of running GPUs by virtual cluster in May 2020, by the hour or another step."""
    clusters = {}
    for file in sorted((folder / "helios_earth_sensetime").glob("vc*_cluster_sequence_vc.csv.gz")):
        rows = pd.read_csv(file, usecols=["time", "running_gpu_num"], parse_dates=["time"])
        clusters[file.name.partition("_")[0]] = rows.groupby(rows.time.dt.floor(step)).running_gpu_num.mean()
    return rows_of(busy(pd.DataFrame(clusters)), "helios")


def helios_quarters(folder: Path) -> pd.DataFrame:
    """Return the same by the quarter of an hour for the last week and a quarter of the clusters."""
    return _last_week(helios(folder, "15min"))


def _last_week(rows: pd.DataFrame) -> pd.DataFrame:
    """Return every fourth series from its last seven days: what AutoARIMA can take with a season of 96 periods."""
    chosen = sorted(rows.series.unique())[::4]
    late = rows.period_end > rows.period_end.max() - pd.Timedelta(days=7)
    return rows[rows.series.isin(chosen) & late]


def philly_hours(folder: Path, since: str = "2017-10-30", until: str = "2017-12-18", step: str = "h") -> pd.DataFrame:
    """Return the GPU-hours of each hour, or other step, by virtual cluster, each job's spread evenly from its start.

    The last seven whole weeks, so that no peer needs longer than the rest of the run.
    """
    jobs = pd.read_csv(folder / "philly_microsoft_2017" / "philly_jobs_sia.csv.gz", parse_dates=["timestamp"])
    edges = pd.date_range(since, until, freq=step)
    at = (edges - edges[0]) / pd.Timedelta(hours=1)
    begun = (jobs.timestamp - edges[0]) / pd.Timedelta(hours=1)
    table = {}
    for name, part in jobs.groupby("cluster"):
        own = begun[part.index].to_numpy()
        ends = own + part.duration.to_numpy() / 3600
        table[str(name)] = _held(at.to_numpy(), own, ends, part.num_gpus.to_numpy(dtype=float))
    return rows_of(busy(pd.DataFrame(table, index=edges[:-1])), "philly")


def philly_quarters(folder: Path) -> pd.DataFrame:
    """Return the same by the quarter of an hour for a busy week and a quarter of the clusters."""
    return _last_week(philly_hours(folder, "2017-10-02", "2017-10-16", "15min"))


def _held(edges: np.ndarray, begun: np.ndarray, ends: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return what is held between edges [width times hours] by what is held from begin to end."""
    done = _ramp(edges, begun, width) - _ramp(edges, ends, width)
    return np.diff(done).round(6)  # what sums of floats leave


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
    return rows_of(rows[["CN_cpu_core_h", "HN_gpu_h"]].iloc[:-1], "dlrm")


def dlrm_quarters(folder: Path) -> pd.DataFrame:
    """Return the same two by the quarter of an hour for the last whole week, from the instances."""
    rows = pd.read_csv(folder / "alibaba_dlrm_2025" / "disaggregated_DLRM_trace.csv.gz")
    edges = np.arange(23 * 96, 30 * 96 + 1) / 4
    begun = rows.scheduled_time.fillna(0).to_numpy() / 3600
    ends = rows.deletion_time.to_numpy() / 3600
    ends = np.where(np.isnan(ends), edges[-1] + 1, ends)
    table = {}
    for role, unit in (("CN", "cpu_request"), ("HN", "gpu_request")):
        own = (rows.role == role).to_numpy()
        table[f"{role}_{unit}"] = _held(edges, begun[own], ends[own], rows[unit].to_numpy(dtype=float)[own])
    return rows_of(pd.DataFrame(table), "dlrm", 15)


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


def packages(folder: Path, count: int = 12) -> pd.DataFrame:
    """Return monthly downloads of packages spread evenly over the ranks of those seen in every month from 2018-02."""
    rows = pd.read_parquet(folder / "pypi_downloads" / "snapshots_2018_2024H1.parquet")
    day = pd.to_datetime(rows.commit_date)
    rows = rows.assign(period_end=day.dt.to_period("M").dt.to_timestamp(), day=day)
    rows = rows[rows.period_end >= "2018-02-01"].sort_values("day").drop_duplicates(["project", "period_end"])
    table = rows.pivot_table(index="period_end", columns="project", values="downloads_30d").dropna(axis=1)
    ranked = table.sum().sort_values().index
    return rows_of(table[ranked[np.linspace(0, len(ranked) - 1, count).round().astype(int)]], "packages")


def _bottom(folder: Path, name: str, last: int) -> pd.DataFrame:
    """Return the bottom series of a public hierarchy over its last periods, every fourth of them."""
    place = folder.parent / "hierarchical" / name
    summing = pd.read_csv(place / "agg_mat.csv.gz").iloc[:, 1:].to_numpy()
    data = pd.read_csv(place / "data.csv.gz", index_col=0, parse_dates=True)
    return rows_of(data.iloc[-last:, (summing.sum(axis=1) == 1).argmax() :].iloc[:, ::4], name)


def labour(folder: Path) -> pd.DataFrame:
    """Return employed persons by region, status and sex, by the month over ten years."""
    return _bottom(folder, "labour", 120)


def tourism(folder: Path) -> pd.DataFrame:
    """Return visitor nights by purpose and place, by the quarter."""
    return _bottom(folder, "tourismsmall", 36)


def buyers(folder: Path, least: int = 28) -> pd.DataFrame:
    """Return revenue, backlog and capital spending of large buyers by the quarter, of at least seven years."""
    told = pd.read_csv(folder.parent / "ledger" / "buyers.csv", parse_dates=["period_end"])
    told = told.rename(columns={"company": "who", "value_musd": "value"})
    spent = pd.read_csv(folder.parent / "public" / "hyperscaler_capex.csv", parse_dates=["period_end"])
    spent = spent[spent.metric.str.contains("cash flow statement")].rename(columns={"entity": "who"})
    spent = spent.assign(who=spent.who.str.lower(), metric="capex")
    rows = pd.concat([told, spent], ignore_index=True)
    rows = rows.assign(series=rows.who + " " + rows.metric, value=rows.value.astype(float))
    rows = rows.drop_duplicates(["series", "period_end"], keep="last")[["series", "period_end", "value"]]
    return rows[rows.groupby("series").value.transform("count") >= least].assign(group="buyers")


def growing(_: Path, count: int = 12) -> pd.DataFrame:
    """Return six years of months that grow by 2 to 5 % each, with noise of 8 %."""
    random = np.random.default_rng(11)
    log = random.uniform(0.02, 0.05, count) * np.arange(72)[:, None] + 0.08 * random.standard_normal((72, count))
    return _made(np.exp(3 + log), "MS")


def intermittent(_: Path, count: int = 12) -> pd.DataFrame:
    """Return half a year of days on which one in five has a demand, of uneven size."""
    random = np.random.default_rng(12)
    return _made((random.random((182, count)) < 0.2) * random.lognormal(2, 1, (182, count)).round(), "D")


def short(_: Path, count: int = 12) -> pd.DataFrame:
    """Return random walks of twenty months with growth, fourteen of them known."""
    random = np.random.default_rng(13)
    return _made(np.exp(5 + (0.03 + 0.1 * random.standard_normal((20, count))).cumsum(axis=0)), "MS")


def _made(values: np.ndarray, step: str) -> pd.DataFrame:
    """Return the rows of series that were made."""
    names = [f"s{number:02d}" for number in range(values.shape[1])]
    return rows_of(pd.DataFrame(values, pd.date_range("2019-01-01", periods=len(values), freq=step), names), "made")


TRACES = (
    Trace("servegen by 30 min", servegen_halves, 24, 48, 3, 56, SUB_HOURLY),
    Trace("helios by 15 min", helios_quarters, 24, 96, 2, 44, SUB_HOURLY),
    Trace("philly by 15 min", philly_quarters, 24, 96, 2, 44, SUB_HOURLY),
    Trace("dlrm by 15 min", dlrm_quarters, 24, 96, 3, 44, SUB_HOURLY),
    Trace("servegen", servegen, 24, 24, 6, 24, HOURS_AND_DAYS),
    Trace("servegen clients", servegen_clients, 24, 24, 3, 48, HOURS_AND_DAYS),
    Trace("helios", helios, 24, 24, 4, 84, HOURS_AND_DAYS),
    Trace("philly hours", philly_hours, 24, 24, 4, 84, HOURS_AND_DAYS),
    Trace("philly days", philly_days, 14, 7, 5, 7, HOURS_AND_DAYS),
    Trace("dlrm", dlrm, 24, 24, 6, 48, HOURS_AND_DAYS),
    Trace("pypi", pypi, 12, 12, 4, 6, MONTHLY),
    Trace("packages", packages, 12, 12, 3, 6, MONTHLY),
    Trace("labour", labour, 12, 12, 3, 6, MONTHLY),
    Trace("tourism", tourism, 4, 4, 3, 2, MONTHLY),
    Trace("buyers", buyers, 4, 4, 3, 2, MONTHLY),
    Trace("growing", growing, 12, 12, 2, 6, GENERATED),
    Trace("intermittent", intermittent, 14, 7, 2, 7, GENERATED),
    Trace("short", short, 6, 1, 1, 6, GENERATED),
)
