"""Usage of a fleet that tests make up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS, Usage, check, conform
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.wanted import Demand
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

TODAY = pd.Timestamp("2026-12-01", tz="UTC")
CONSTANTS = {
    "fleet.busy": 0.8, "fleet.turned_away": 0.25, "power.pue": 1.25, "power.load": 0.5, "lag.order_shipment": 2.0,
    "fleet.lag": 1.0, "ratio.llm": 2.0,
}  # fmt: skip


def made_usage(values, *, start="2025-01-01", grain="day", measure="gpu_hours", unit="accelerator_hour", **cells):
    """Return rows of usage from ``{(workload, technique): values}``, one value a period from the start on."""
    step = {"hour": "h", "day": "D", "week": "7D", "month": "MS"}[grain]
    parts = []
    for (workload, technique), series in values.items():
        starts = pd.date_range(start, periods=len(series), freq=step, tz="UTC")
        labels = dict.fromkeys(DIMENSIONS, "all") | {"workload": workload, "technique": technique} | cells
        parts.append(pd.DataFrame({"period_start": starts, "value": np.asarray(series, float)}).assign(**labels))
    rows = pd.concat(parts, ignore_index=True)
    given = {
        "measure": measure, "unit": unit, "how": "sum", "grain": grain,
        "known_at": pd.Timestamp("2026-11-01", tz="UTC"), "source": "jobs", "rows": 1.0, "bound": "=",
        "evidence": "measured", "confidence": "verified",
    }  # fmt: skip
    return check(conform(rows.assign(**{name: each for name, each in given.items() if name not in rows}), Usage), Usage)


@pytest.fixture(scope="session")
def usage():
    return made_usage


@pytest.fixture
def basis():
    """Return a catalogue in which beta does twice the work of alpha, and assumptions without spread."""
    shares = ("fleet.busy", "fleet.turned_away")
    assumed = pd.DataFrame([
        {"name": name, "low": value, "mid": value, "high": value, "unit": "1", "evidence": "assumed",
         "source": "by hand", "shape": "logitnormal" if name in shares else "lognormal"}
        for name, value in CONSTANTS.items()
    ])  # fmt: skip
    hardware = pd.DataFrame([
        {"accelerator": name, "known_at": TODAY, "it_kw": kw, "chip_w": chip, "fp8_tflops": peak}
        for name, kw, chip, peak in (("alpha", 1.0, 500.0, 100.0), ("beta", np.nan, 800.0, 400.0),
                                     ("gamma", np.nan, np.nan, 400.0))
    ])  # fmt: skip
    throughput = pd.DataFrame([
        {"accelerator": name, "model": model, "scenario": "server", "unit": "token/s", "value": value}
        for name, model, value in (("alpha", "m", 10.0), ("alpha", "m", 8.0), ("beta", "m", 20.0), ("beta", "n", 99.0))
    ])  # fmt: skip
    return Basis(TODAY, hardware, throughput, assumed, shipped_beliefs(), draws=40, seed=1)


def made_demand(hours, *, start="2027-01-01", parts=None, past=1000.0):
    """Return demand of hours, shape (draws, months) or (draws, months, parts), after a year of even months."""
    hours = np.asarray(hours, dtype=float)
    hours = hours if hours.ndim == 3 else hours[:, :, None]
    labels = parts or [("recsys", f"t{number}" if number else "deep") for number in range(hours.shape[2])]
    frame = pd.DataFrame(labels, columns=["workload", "technique"])
    months = pd.date_range(start, periods=hours.shape[1], freq="MS", tz="UTC").as_unit("us")
    before = pd.date_range(end=months[0], periods=13, freq="MS")[:-1].as_unit("us")
    rows = [frame.assign(month=day, hours=past / len(frame)) for day in before]
    return Demand(frame, months, hours, pd.concat(rows, ignore_index=True), pd.DataFrame(), np.zeros(len(months)))


@pytest.fixture(scope="session")
def demand_of():
    return made_demand
