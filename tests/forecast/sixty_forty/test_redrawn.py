"""Questions that draw the forecast again draw no more than they have to."""

import pytest

from shiftcast.forecast.known import Settings
from shiftcast.forecast.sixty_forty import redrawn as module
from shiftcast.forecast.sixty_forty.redrawn import Redrawn

SMALL = Settings(draws=200, through="2028Q4")  # of the small world
OF = {"base": "revenue", "definition": "recast_2", "share": 0.6, "strength": 0.1, "total": "kept"}


@pytest.fixture
def drawn(small_world, monkeypatch):
    """Take the small world for every mode, and keep which were drawn."""
    modes = []

    def under(fit, settings, imposed):
        modes.append(imposed.mode)
        return small_world.cube

    monkeypatch.setattr(module, "world_under", under)
    return modes


def test_the_free_forecast_is_drawn_once_and_the_registered_one_never(small_world, known_on, drawn, monkeypatch):
    counted = []
    monkeypatch.setattr(module, "concentrations", lambda *_: counted.append(1) or ("counted",))
    there = Redrawn(known_on(), SMALL, small_world.cube)
    for mode in ("observation", "soft", "fixed"):
        assert there.impose(mode, **OF).concentration == ("counted",)
    assert (drawn, counted) == (["free"], [1])


def test_a_forecast_of_other_draws_stands_for_no_mode(small_world, known_on, drawn):
    Redrawn(known_on(), SMALL, small_world.cube.isel(draw=slice(0, 50))).impose("observation", **OF)
    assert drawn == ["free", "observation"]
