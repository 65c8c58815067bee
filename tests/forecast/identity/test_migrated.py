from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.identity.bottomup import MIGRATION_THROUGH, fit_bottom_up
from shiftcast.forecast.identity.fit import WorldFit
from shiftcast.forecast.identity.migrated import migration_variables
from shiftcast.forecast.identity.world import World
from shiftcast.forecast.leaves import SOLD_SEGMENTS
from shiftcast.forecast.migration.carry import Carried


def variables(fit: WorldFit, world: World, **movers: np.ndarray):
    registry, draws = fit.known.registry, world.cube.sizes["draw"]
    quarters = len(fit.bottom_up.migration_quarters)
    shares = {
        (workload, side): np.full((draws, quarters, len(techniques)), 1 / len(techniques))
        for workload in registry.workloads
        for side in SOLD_SEGMENTS
        for techniques in [registry.techniques(workload)]
    }
    carried = Carried(shares, pd.DataFrame(), movers)
    shown = slice(len(fit.quarters) - world.cube.sizes["period"], None)
    return migration_variables(
        fit.bottom_up, carried, world.sales.mix, world.taught.sampling.assumed, shown, ["recsys", "search"]
    )


def test_beyond_hardware_a_request_takes_what_the_last_mix_of_generations_makes_of_it(small_fit, small_world):
    dims, each = variables(small_fit, small_world)["hours_each"]
    assert dims == ("draw", "migration_period", "technique")
    np.testing.assert_allclose(each, small_world.cube["hours_each"].values, rtol=1e-6)
    techniques = [str(name) for name in small_world.cube["technique"].values]
    known = small_world.bottom_up.hours_each
    for name, hours in known.items():
        np.testing.assert_allclose(each[:, : hours.shape[1], techniques.index(name)], hours, rtol=1e-9)
    assert (each[..., [name.startswith("training") for name in techniques]] == 1.0).all()


def test_operators_that_are_followed_keep_their_shares_by_name(small_fit, small_world):
    assert "mover_share" not in variables(small_fit, small_world)
    said = np.linspace(0, 1, small_world.cube.sizes["draw"])
    dims, values = variables(small_fit, small_world, **{"acme|search|rest|llm": said})["mover_share"]
    assert dims == ("draw", "mover")
    np.testing.assert_array_equal(values[:, 0], said)


def test_a_horizon_of_hardware_beyond_that_of_the_migration_is_that_of_both(small_fit, known_on):
    later = calendar_quarters("2015Q1", "2033Q2")
    fit = fit_bottom_up(known_on(), small_fit.generations, later)
    assert fit.migration_quarters is fit.quarters
    short = small_fit.bottom_up.migration_quarters
    assert f"{short[-1].year}Q{short[-1].quarter}" == MIGRATION_THROUGH


@pytest.mark.parametrize("workload", ["recsys", "ads"])
def test_a_ratio_of_hours_holds_in_every_quarter(small_world, workload):
    hours, taught = small_world.cube["hours_each"], small_world.taught.sampling.assumed
    for technique in ("sequence", "llm"):
        newer, older = (hours.sel(technique=f"{workload}/{name}").values for name in (technique, "deep"))
        expected = taught[f"ratio.{technique}"][:, None]
        np.testing.assert_allclose(newer / older, np.broadcast_to(expected, newer.shape), rtol=1e-4)
