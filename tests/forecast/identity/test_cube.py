from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shiftcast.features.calendars import hours_in
from shiftcast.features.units import convert
from shiftcast.forecast.identity.bottomup import SOLD_LEAVES
from shiftcast.forecast.identity.cube import UNITS
from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import RULES, Settings
from shiftcast.forecast.leaves import segment_of_leaves

ORIGIN = pd.Timestamp("2026-11-22", tz="UTC")
KEYNOTE = pd.Timestamp("2026-03-16", tz="UTC")
FEW = Settings(draws=40, through="2027Q2")


@pytest.fixture(scope="module")
def replayed(known_on):
    return build_world(known_on(KEYNOTE), FEW)


def test_the_cube_is_labelled_and_every_variable_has_a_known_unit(small_world):
    cube = small_world.cube
    sizes = {name: size for name, size in cube.sizes.items() if name != "task"}
    assert sizes == {
        "draw": 200, "period": 18, "leaf": 11, "definition": 5, "segment": 2, "technique": 16, "vendor": 4,
        "core_task": 7, "workload": 3, "generation": 6, "ceiling": 4, "age": 10, "assumption": 177,
        "migration_period": 34, "migrating": 8, "mover": 260, "weighed": 54,
    }  # fmt: skip
    assert {name: convert(1.0, cube[name].attrs["units"], UNITS.get(name, "1")) for name in cube} == dict.fromkeys(
        cube, 1.0
    )
    assert cube.attrs["origin"] == "2026-11-22"
    assert cube.attrs["first_forecast"] == "2026Q3"


def test_every_number_is_finite_and_none_is_negative(small_world):
    for name, values in small_world.cube.items():
        assert np.isfinite(values.values).all(), name
        assert name in {"learned", "elasticity"} or values.values.min() >= 0, name


@pytest.mark.parametrize("name", ["hyperscale_share", "technique_requests", "placed", "used", "compute_share"])
def test_shares_lie_between_nought_and_one(small_world, name):
    assert small_world.cube[name].values.max() <= 1


def test_request_shares_of_a_workload_sum_to_one_in_every_draw(small_world):
    share = small_world.cube["technique_requests"]
    workloads = [str(name).partition("/")[0] for name in share.technique.values]
    sums = share.assign_coords(technique=workloads).groupby("technique").sum()
    np.testing.assert_allclose(sums.values, 1.0, rtol=1e-5)


def test_the_migration_goes_on_to_2032_whatever_the_horizon_of_hardware(small_world, replayed):
    for cube in (small_world.cube, replayed.cube):
        ends = pd.DatetimeIndex(cube.migration_period.values)
        assert ends[-1] == pd.Timestamp("2032-12-31")
        np.testing.assert_array_equal(ends[: cube.sizes["period"]], cube.period.values)


@pytest.mark.parametrize("workload", ["recsys", "search", "ads"])
def test_requests_times_hours_each_split_a_workload_as_its_hours_in_the_fleet_are(small_world, workload):
    cube = small_world.cube
    tasks = [name for name in cube.task.values if name.startswith(f"{workload}/")]
    quarters = slice(None, cube.sizes["period"])
    for side, leaf in (("hyperscale", "internal"), ("rest", "edge")):
        each = (cube.technique_requests.sel(segment=side) * cube.hours_each * cube.placed.sel(segment=side)).sel(
            technique=tasks
        )[:, quarters]
        hours = cube.gpu_hours.sel(leaf=leaf, task=tasks)
        np.testing.assert_allclose(
            (each / each.sum("technique")).values, (hours / hours.sum("task")).values, rtol=1e-5, atol=1e-9
        )


def test_work_and_hours_each_are_nought_for_what_runs_on_cores(small_world, record):
    cube = small_world.cube
    for task in record.registry.tasks:
        assert bool((cube.hours_each.sel(technique=task.name) > 0).all()) == task.on_accelerator
        assert bool((cube.work_each.sel(technique=task.name) > 0).all()) == (task.flop_per_unit > 0)


def test_the_parts_of_a_workload_used_in_each_segment_sum_to_one(small_world):
    np.testing.assert_allclose(small_world.cube.used.sum("segment"), 1.0, rtol=1e-5)


def test_tasks_and_one_unallocated_share_a_draw_sum_to_what_the_fleet_serves(small_world):
    cube = small_world.cube
    hours = cube["gpu_hours"].values[:, :, : len(SOLD_LEAVES)].astype(np.float64)
    served = small_world.top_down.hours[:, -18:, : len(SOLD_LEAVES)]
    assert (hours.sum(axis=-1) <= served * (1 + 1e-6)).all()
    np.testing.assert_allclose(hours[:, :8].sum(axis=-1), served[:, :8], rtol=1e-5)
    unseen = hours[..., -1] / hours.sum(axis=-1)
    np.testing.assert_allclose(unseen, np.broadcast_to(unseen[:, :1, :1], unseen.shape), rtol=1e-4)


def test_nothing_is_latent_in_history_and_what_is_cut_ahead_is(small_world):
    latent = small_world.cube["latent_hours"].values
    assert not latent[:, :8].any()
    assert (latent[:, -1].sum(axis=-1) > 0).mean() > 0.9
    cut = small_world.top_down.spending[:, -1].sum(axis=-1) / small_world.sales.spending[:, -1].sum(axis=-1)
    assert np.median(cut) < 1


def test_accelerator_demand_holds_gpu_demand_and_is_more(small_world):
    cube = small_world.cube
    hours = cube["accelerator_hours"]
    np.testing.assert_allclose(hours.sel(vendor="nvidia"), cube["gpu_hours"].sum("task"), rtol=1e-5)
    sold = hours.sel(leaf=[name for name in cube["leaf"].values if name != "vendor_internal"])
    assert (sold.sum("vendor") > sold.sel(vendor="nvidia") * 1.01).all()
    own = hours.sel(leaf="vendor_internal")
    assert float(own.drop_sel(vendor="nvidia").max()) == 0


def test_the_vendors_own_hours_are_unallocated(small_world):
    own = small_world.cube["gpu_hours"].sel(leaf="vendor_internal")
    assert float(own.drop_sel(task="unallocated").max()) == 0
    np.testing.assert_allclose(own.sel(task="unallocated"), small_world.top_down.hours[:, -18:, -1], rtol=1e-6)


def test_shipped_since_the_first_quarter_shown_went_live_transit_or_retired(small_world):
    fleet, shown = small_world.top_down.fleet, slice(-18, None)
    np.testing.assert_allclose(small_world.cube["accelerators"].values, fleet.live[:, shown].sum(axis=-1), rtol=1e-6)
    np.testing.assert_allclose(
        small_world.cube["accelerators_retired"].values, fleet.retired[:, shown].sum(axis=-1), rtol=1e-6
    )


def test_segments_of_the_leaves_are_the_two_sides_and_the_vendor(small_world):
    assert segment_of_leaves(small_world.cube) == ["hyperscale"] * 2 + ["rest"] * 8 + ["vendor_internal"]


def test_neither_row_order_nor_a_listener_to_progress_changes_a_byte(known_on, record, replayed):
    shuffled = {name: getattr(record, name).sample(frac=1.0, random_state=6) for name in RULES}
    told: list[str] = []
    again = build_world(known_on(KEYNOTE, **shuffled), FEW, progress=told.append).cube
    xr.testing.assert_identical(again, replayed.cube)
    assert [line.partition(" ")[0] for line in told] == ["fitting:", "revenue,", "history", "top-down:", "demand"]


def test_what_becomes_known_after_the_origin_changes_nothing(known_on, record, replayed):
    def later(rows: pd.DataFrame, column: str = "known_at") -> pd.DataFrame:
        copies = rows.copy()
        copies[column] = KEYNOTE + pd.Timedelta(days=1)
        numbers = [name for name in ("value", "low", "high", "price_usd", "it_kw") if name in copies]
        return pd.concat([rows, copies.assign(**{name: copies[name] * 0.3 for name in numbers})])

    tampered = known_on(
        KEYNOTE,
        observations=later(record.observations),
        hardware=later(record.hardware),
        throughput=later(record.throughput),
        claims=later(record.claims, "stated_at"),
    )
    xr.testing.assert_identical(build_world(tampered, FEW).cube, replayed.cube)


def test_the_replay_of_the_keynote_day_reports_to_january_and_forecasts_from_the_quarter_after(replayed):
    reported = replayed.top_down.revenue
    assert replayed.cube.attrs["first_forecast"] == "2026Q1"
    assert reported.quarters[reported.first_forecast] == pd.Timestamp("2026-03-31", tz="UTC")


def test_another_seed_gives_other_numbers_of_the_same_size(known_on, replayed):
    other = build_world(known_on(KEYNOTE), replace(FEW, seed=2)).cube
    assert not np.isclose(other["gpu_hours"], replayed.cube["gpu_hours"], rtol=1e-3).all()
    medians = [cube["spending"].sum("leaf").median("draw").values[:8] for cube in (other, replayed.cube)]
    np.testing.assert_allclose(*medians, rtol=0.01)


def test_an_origin_before_the_data_names_what_is_missing(known_on):
    with pytest.raises(ValueError, match="origin 2018-01-01 is before data that a forecast needs") as caught:
        build_world(known_on(pd.Timestamp("2018-01-01", tz="UTC")), FEW)
    for missing in ("24 quarters of NVIDIA data-centre revenue", "hyperscale share", "h100 row", "a later origin"):
        assert missing in str(caught.value)


def test_no_fleet_is_busier_than_its_hours(small_world):
    cube = small_world.cube
    hours = cube.gpu_hours.sum("task").values[:, :, : len(SOLD_LEAVES)]
    live = cube.accelerators.values[:, :, : len(SOLD_LEAVES)]
    assert (hours <= 0.981 * live * hours_in(pd.DatetimeIndex(cube.period.values))[None, :, None]).all()


def test_a_missing_assumption_is_named(known_on, record):
    less = record.assumptions[record.assumptions.name != "power.pue"]
    with pytest.raises(ValueError, match=r"assumption 'power\.pue' is missing"):
        build_world(known_on(assumptions=less), FEW)


def test_placement_that_does_not_add_up_is_refused_with_its_rows(known_on, record):
    rows = record.assumptions
    off = rows.assign(mid=rows.mid.mask(rows.name == "placement.search.llm.tpu", 0.5))
    with pytest.raises(ValueError, match=r"medians of placement\.search\.llm\.\*.*add up to 0\.9, not 1"):
        build_world(known_on(assumptions=off), FEW)


@pytest.mark.parametrize("unit", ["furlong/call", "output_token/call", "total_token/request"])
def test_a_unit_that_is_unknown_or_of_another_thing_is_refused_with_its_row(known_on, record, unit):
    rows = record.assumptions
    off = rows.assign(unit=rows.unit.mask(rows.name == "work.search.llm", unit))
    with pytest.raises(ValueError, match=rf"calls\.search\.llm \[call/request\] times work\.search\.llm \[{unit}\]: "):
        build_world(known_on(assumptions=off), FEW)


def test_without_token_statements_the_cube_has_no_tokens_and_says_why(known_on, record):
    rows = record.observations[record.observations.measure != "tokens"]
    world = build_world(known_on(KEYNOTE, observations=rows), FEW)
    assert "tokens" not in world.cube
    assert "generative" in world.bottom_up.missing
    assert "generative/llm" not in world.cube.task.values
