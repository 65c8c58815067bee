"""One forecaster on the small world's draws."""

from collections.abc import Callable

import pytest

from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.identity.world import World
from shiftcast.forecast.known import Known
from shiftcast.forecast.views.part import forecast_frame
from shiftcast.pipelines.sources.public_record import Record


@pytest.fixture(scope="session")
def forecaster(small_world: World, record: Record, known_on: Callable[..., Known]) -> Forecaster:
    return Forecaster(small_world.cube, forecast_frame(small_world.cube, model="tested"), record.claims, known_on())
