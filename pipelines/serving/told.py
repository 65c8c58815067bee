"""Metrics of a served forecast: its quantiles for the next quarters, how old it is, and how well its intervals held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from shiftcast.features.calendars import as_midnight
from shiftcast.features.frames import ALL
from shiftcast.pipelines.registry.bundle import BUNDLE
from shiftcast.pipelines.serving.metrics import Family, Sample, gauge

AHEAD: Final = 4  # quarters or months from the first that is forecast
LEVELS: Final = (0.1, 0.5, 0.9)
_HOUR, _MEGAWATT = 3600.0, 1e6
MEASURES: Final = {  # in base units, as names of metrics have them
    "gpu_hours": ("shiftcast_forecast_accelerator_seconds", _HOUR, "Busy accelerator time of the quarter"),
    "latent_hours": ("shiftcast_forecast_latent_accelerator_seconds", _HOUR, "Accelerator time wanted, not served"),
    "accelerators": ("shiftcast_forecast_accelerators", 1.0, "Accelerators live at the end of the quarter"),
    "accelerators_shipped": ("shiftcast_forecast_shipped_accelerators", 1.0, "Accelerators shipped in the quarter"),
    "power": ("shiftcast_forecast_power_watts", _MEGAWATT, "Power at the meter of the facilities"),
    "spending": ("shiftcast_forecast_spending_dollars", 1.0, "Spending on accelerators in the quarter"),
}
FLEET: Final = "shiftcast_fleet_forecast_accelerator_seconds"
_LEVELS_SAID: Final = "level is that of the quantile, ahead counts from the first period forecast."


@dataclass(frozen=True)
class Told:
    """Metrics of one version, which stay while it is served.

    Attributes
    ----------
    families
        Quantiles, coverage and the start of each period.
    origin, youngest
        Day of the forecast, and the last day on which a figure that it rests on became known [s since 1970]; the second
        is missing where no such day is kept.
    """

    families: tuple[Family, ...]
    origin: float
    youngest: float | None

    def at(self, now: float) -> Iterator[Family]:
        """Yield the metrics at a moment.

        Parameters
        ----------
        now
            The moment [s since 1970].

        Yields
        ------
        Family
            With the age of the forecast and of its youngest figure.
        """
        yield from self.families
        yield gauge("shiftcast_forecast_age_seconds", "Time since the day the forecast was made.", now - self.origin)
        if self.youngest is not None:
            yield gauge("shiftcast_record_age_seconds", "Time since the youngest figure of its record became known.",
                        now - self.youngest)  # fmt: skip


def told_of(folder: Path) -> Told | None:
    """Return the metrics of a model's files, or nothing where they are of no kind that is known.

    Parameters
    ----------
    folder
        Folder of the model, checked.

    Returns
    -------
    Told or None
    """
    files = folder / "artifacts" / BUNDLE
    if not (files / "summary.json").is_file():
        return None
    summary = json.loads((files / "summary.json").read_text(encoding="utf-8"))
    origin = as_midnight(summary["origin"]).timestamp()
    if (files / "forecasts.parquet").is_file():
        rows = pd.read_parquet(files / "forecasts.parquet", filters=[("technique", "==", ALL), ("workload", "==", ALL)])
        families = (*_quantiles(rows), _starts(rows["period_start"]), _coverage(summary["backtest"]))
        return Told(families, origin, _youngest(pd.read_parquet(files / "observations.parquet")))
    total, trial = (pd.read_parquet(files / f"{name}.parquet") for name in ("total", "trial"))
    ahead = [month for month in total.columns if as_midnight(f"{month}-01").timestamp() >= origin]
    held = (Sample(float(trial["inside80"].mean()), {"interval": "0.8", "ahead": ALL}),) if len(trial) else ()
    return Told((_fleet(total[ahead]), _held(held)), origin, None)


def _quantiles(rows: pd.DataFrame) -> Iterator[Family]:
    ahead = _ahead(rows["period_start"])
    chosen = rows.assign(ahead=ahead)[rows["quantile"].isin(LEVELS) & (ahead <= AHEAD)]
    for measure, (name, factor, says) in MEASURES.items():
        samples = tuple(
            Sample(row.value * factor, _labels(row)) for row in chosen[chosen["measure"] == measure].itertuples()
        )  # fmt: skip
        if samples:
            yield Family(name, "gauge", f"{says}; {_LEVELS_SAID}", samples)


def _labels(row: Any) -> dict[str, str]:
    return {"segment": row.segment, "leaf": row.leaf, "ahead": str(row.ahead), "level": f"{row.quantile:g}"}


def _ahead(starts: pd.Series) -> pd.Series:
    order = {day: place for place, day in enumerate(sorted(starts.unique()), start=1)}
    return starts.map(order)


def _starts(starts: pd.Series) -> Family:
    days = enumerate(sorted(starts.unique())[:AHEAD], start=1)
    samples = tuple(Sample(pd.Timestamp(day).timestamp(), {"ahead": str(place)}) for place, day in days)
    return Family("shiftcast_forecast_period_start_timestamp_seconds", "gauge", "First day of each quarter.", samples)


def _coverage(rows: list[dict[str, Any]]) -> Family:
    intervals = {"0.5": "coverage50", "0.8": "coverage80", "0.95": "coverage95"}
    return _held(tuple(
        Sample(float(row[column]), {"interval": interval, "ahead": str(row["horizon"]).removesuffix(".0")})
        for row in rows for interval, column in intervals.items() if row[column] is not None
    ))  # fmt: skip


def _held(samples: tuple[Sample, ...]) -> Family:
    return Family("shiftcast_backtest_coverage_ratio", "gauge",
                  "Share of past outcomes inside an interval, in the backtest, by periods ahead.", samples)  # fmt: skip


def _youngest(rows: pd.DataFrame) -> float | None:
    """Return when the last figure became known that somebody published or measured; judgements are none."""
    figures = rows.loc[rows["evidence"] != "assumed", "known_at"]
    return None if figures.empty else float(figures.max().timestamp())


def _fleet(total: pd.DataFrame) -> Family:
    """Return quantiles of a fleet's hours in the months ahead, from draws in rows."""
    marks = total.iloc[:, :AHEAD].quantile(list(LEVELS))
    return Family(FLEET, "gauge", f"Accelerator time that the fleet wants in the month; {_LEVELS_SAID}", tuple(
        Sample(float(marks.iloc[place, month]) * _HOUR, {"ahead": str(month + 1), "level": f"{level:g}"})
        for month in range(marks.shape[1]) for place, level in enumerate(LEVELS)
    ))  # fmt: skip
