"""The small world's basis: assumptions as its history left them."""

from collections.abc import Callable

import pytest

from shiftcast.forecast.economics.basis import Basis, learned_of
from shiftcast.forecast.identity.world import World
from shiftcast.forecast.known import Known, Settings, basis_of


@pytest.fixture(scope="session")
def small_basis(small_world: World, known_on: Callable[..., Known]) -> Basis:
    settings = Settings(draws=small_world.cube.sizes["draw"], through="2028Q4")
    return basis_of(known_on(), settings, learned=learned_of(small_world.cube))
