"""Demand turned away: what was wanted less what was served, and the ceiling that an order passes furthest."""

import numpy as np
import pytest
import xarray as xr

from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.effects.ceilings import binding
from shiftcast.forecast.effects.turned_away import FELT, Latent, capped_rows, latent
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import Part, draws_of


def test_the_ceiling_that_an_order_passes_furthest_binds():
    """Ten are wanted a quarter; chips give four, power six that can be kept: chips bind, then power has more left."""
    ends = np.array(["2026-06-30", "2026-09-30", "2026-12-31"], dtype="datetime64[ns]")
    each = lambda values: np.array(values, dtype=float)  # noqa: E731  (one line of a table)
    cube = xr.Dataset(
        {
            "shipments_wanted": (("draw", "period", "leaf"), each([[[0.0], [10.0], [0.0]], [[0.0], [2.0], [0.0]]])),
            "accelerators_shipped": (("draw", "period", "leaf"), each([[[0.0], [4.0], [3.0]], [[0.0], [2.0], [0.0]]])),
            "supply": (("draw", "period", "ceiling"), each([[[0.0, 0.0], [4.0, 6.0], [4.0, 1.0]]] * 2)),
            "supply_use": (("draw", "period", "ceiling"), np.ones((2, 3, 2))),
            "survival": (("draw", "age"), np.ones((2, 3))),
        },
        {"period": ends, "ceiling": ["chips", "power"]}, {"first_forecast": "2026Q3"},
    )  # fmt: skip
    found = binding(cube)
    # the second quarter asks for the six still owed: chips have four, power one and the two kept over
    assert found["chips"].tolist() == [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    assert found["power"].tolist() == [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]


def test_hours_of_a_quarter_are_those_of_the_cube(small_world, known_on):
    cube = small_world.cube
    found = latent(cube, known_on(), Latent(by="2027Q4", leaf="sovereign"))
    row = found.table.set_index("quarter").loc["2027Q4"]
    lost, served = (draws_of(cube, name, Part("rest", "sovereign"))[:, 13] for name in ("latent_hours", "gpu_hours"))
    assert row["latent_median"] == pytest.approx(np.median(lost))
    assert row["wanted_high80"] == pytest.approx(np.quantile(lost + served, 0.9))
    assert row["odds_any"] == pytest.approx((lost > FELT * (lost + served)).mean())
    assert row["binding"] in {"packaging", "memory", "power", "funding"}
    odds = [row[f"odds_{name}"] for name in cube["ceiling"].values]
    assert 0 < sum(odds) <= 1
    assert "are turned away in rest/sovereign in 2027Q4" in found.says
    leaves = found.more["by leaf in 2027Q4"]
    assert leaves.loc[leaves["leaf"] == "sovereign", "latent_median"].item() == pytest.approx(np.median(lost))


def test_reported_quarters_say_that_they_cannot_show_it(small_world):
    found = latent(small_world.cube, None, Latent(start="2026Q1", by="2026Q2"))
    assert found.table["latent_median"].tolist() == [0.0, 0.0]
    assert set(found.table["binding"]) == {"none"}
    assert "at most (9 in 10) are turned away in all in 2026Q2: none that shows." in found.says
    assert "Quarters before 2026Q3 are reported" in found.says
    assert "Ceilings hold from" in found.notes[1]


def test_without_a_quarter_it_speaks_of_the_last_one_that_ended(small_world):
    found = latent(small_world.cube, None, Latent())
    assert "in 2026Q3" in found.says
    assert found.table["quarter"].tolist()[0] == "2026Q2"
    assert found.table["quarter"].tolist()[-1] == "2028Q4"


def test_capped_rows_are_flows_worded_as_at_least(known_on):
    rows = capped_rows(known_on().observations)
    assert len(rows)
    assert set(rows["bound"]) <= {">=", ">~"}
    assert rows["period_end"].is_monotonic_decreasing


def test_quarters_with_capped_rows_are_named(small_world, known_on):
    found = latent(small_world.cube, known_on(), Latent(by="2027Q4"))
    rows = found.more["figures worded as at least so much"]
    first = rows.iloc[0]
    assert found.notes[-1].startswith(f"{len(rows)} flows of the record are worded as at least so much")
    assert f"{first['measure']} {quarter_label(first['period_end'])}" in found.notes[-1]


def test_what_it_cannot_tell_is_named(small_world):
    with pytest.raises(OutOfSupportError, match="an answer for 2031Q1"):
        latent(small_world.cube, None, Latent(by="2031Q1"))
    with pytest.raises(ValueError, match="leaf 'moon' is not forecast"):
        latent(small_world.cube, None, Latent(leaf="moon"))
    with pytest.raises(OutOfSupportError, match="keeps no orders"):
        latent(small_world.cube.drop_vars("shipments_wanted"), None, Latent())
