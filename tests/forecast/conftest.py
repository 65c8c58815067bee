"""One forecaster on the small world's draws; ledgers of a few rows."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.frames import DataFrame, FrameModel, Observations, Rollouts, conform
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.identity.world import World
from shiftcast.forecast.known import Known
from shiftcast.forecast.views.part import forecast_frame
from shiftcast.pipelines.sources.public_record import Record

MOVE = {
    "operator": "acme", "segment": "rest", "group": "giants", "surface": "home", "workload": "recsys", "stage": "rank",
    "technique_from": "table", "technique_to": "deep", "event": "partial", "serving": "online", "share_low": np.nan,
    "share_mid": np.nan, "share_high": np.nan, "period_start": "2016-01-01", "period_end": "2016-06-30",
    "known_at": "2016-07-31", "evidence": "vendor", "confidence": "verified", "source": "made up", "note": None,
}  # fmt: skip
FIGURE = {
    "measure": "share", "base": "requests", "operator": "acme", "workload": "recsys", "technique": "deep",
    "segment": "rest", "value": 0.4, "unit": "1", "sd": 0.02, "bound": "=", "evidence": "vendor",
    "confidence": "verified", "period_start": "2017-01-01", "period_end": "2017-12-31", "known_at": "2018-01-31",
    "source": "made up", "definition": "stated", "stage": "",
}  # fmt: skip


@pytest.fixture(scope="session")
def forecaster(small_world: World, record: Record, known_on: Callable[..., Known]) -> Forecaster:
    return Forecaster(small_world.cube, forecast_frame(small_world.cube, model="tested"), record.claims, known_on())


@pytest.fixture(scope="session")
def ledger() -> Callable[..., DataFrame[Rollouts]]:
    """Return a function that makes a ledger of moves, each told by how it differs from :data:`MOVE`."""
    return lambda *rows: conform(_frame(MOVE, Rollouts, rows), Rollouts)


@pytest.fixture(scope="session")
def figures() -> Callable[..., pd.DataFrame]:
    """Return a function that makes observations, each told by how it differs from :data:`FIGURE`."""
    return lambda *rows: _frame(FIGURE, Observations, rows)


def _frame(like: dict[str, object], frame: type[FrameModel], rows: tuple[dict[str, object], ...]) -> pd.DataFrame:
    table = pd.DataFrame([{**dict.fromkeys(frame.columns), **like, **row} for row in rows], columns=[*frame.columns])
    for name in ("period_start", "period_end", "known_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table
