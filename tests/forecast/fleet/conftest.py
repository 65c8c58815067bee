"""Usage of a fleet that tests make up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS, Usage, check, conform


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
