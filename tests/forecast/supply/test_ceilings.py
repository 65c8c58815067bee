"""Ceilings rest on what was known, bound nothing in history, and are never below what was already had."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.draws import Assumptions, Sampling, sample_assumptions
from shiftcast.forecast.hardware.generations import GenerationPrior, nvidia_generations
from shiftcast.forecast.supply.ceilings import LIMITS, draw_ceilings
from shiftcast.forecast.supply.taken import reached, taken
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

ORIGIN = pd.Timestamp("2026-11-28", tz="UTC")
QUARTERS = calendar_quarters("2026Q1", "2028Q4")
SAMPLING = Sampling(QUARTERS, 400, 7)
FIRST = 3  # 2026Q4


def known(record, origin=ORIGIN):
    return record.ceilings[record.ceilings["known_at"] <= origin]


@pytest.fixture(scope="module")
def bounds(record):
    return draw_ceilings(known(record), SAMPLING, first=FIRST)


def test_the_record_bounds_every_quarter_ahead_and_none_of_history(bounds):
    for name in LIMITS:
        assert np.isinf(bounds.most[name][:, :FIRST]).all()
        ahead = bounds.most[name][:, FIRST:]
        assert ((ahead > 0) & np.isfinite(ahead)).all()
        assert (np.diff(np.median(ahead, axis=0)) > 0).all()
        log = np.log(ahead)
        assert name == "power" or log[:, -1].std() > log[:, 0].std()  # rows on power reach to 2030
        assert np.abs(np.diff(log, n=2, axis=1)).max() < 0.1
        assert bounds.weights[name].sum(axis=0) == pytest.approx(1)


def test_medians_of_late_2026_are_those_of_the_sources(bounds):
    """Of all: 270,000 to 510,000 wafers at 60 %, some 1.1 billion GB at 62 %, some 3,500 MW at 70 %."""
    middle = {name: np.median(bounds.most[name][:, FIRST]) for name in LIMITS}
    assert 0.6 * 330_000 < middle["packaging"] < 0.6 * 400_000
    assert 0.6e9 < middle["memory"] < 0.75e9
    assert 2_200 < middle["power"] < 2_800


def test_what_was_had_can_be_had_again_with_growth(record, bounds):
    much = np.full(SAMPLING.draws, 1e4)
    again = draw_ceilings(known(record), SAMPLING, first=FIRST, reached={"power": much}).most
    assert (again["power"][:, FIRST:] >= 1e4).all()
    assert np.median(again["power"][:, -1]) > 1.2e4
    np.testing.assert_array_equal(again["memory"], bounds.most["memory"])
    little = draw_ceilings(known(record), SAMPLING, first=FIRST, reached={"power": 0 * much}).most
    np.testing.assert_array_equal(little["power"], bounds.most["power"])


def test_a_lifted_ceiling_is_none_and_leaves_the_others(record, bounds):
    lifted = draw_ceilings(known(record), SAMPLING, first=FIRST, lifted={"power"})
    assert np.isinf(lifted.most["power"]).all()
    assert "power" not in lifted.rows
    np.testing.assert_array_equal(lifted.most["packaging"], bounds.most["packaging"])
    with pytest.raises(ValueError, match=r"ceiling 'luck' cannot be lifted.*from packaging, memory, power"):
        draw_ceilings(known(record), SAMPLING, lifted={"luck"})


def test_a_past_origin_has_no_ceiling_that_nobody_had_stated(record):
    then = draw_ceilings(known(record, pd.Timestamp("2024-06-01", tz="UTC")), SAMPLING)
    assert np.isinf(then.most["power"]).all()
    assert np.isfinite(then.most["packaging"]).all()
    assert (then.rows["packaging"]["known_at"] <= pd.Timestamp("2024-06-01", tz="UTC")).all()


def test_of_one_source_about_a_period_the_last_word_counts_and_order_does_not(record, bounds):
    rows = known(record)
    older = rows.assign(known_at=rows["known_at"] - pd.Timedelta(days=1), mid=rows["low"])
    both = pd.concat([rows.iloc[::-1], older], ignore_index=True)
    for name, most in draw_ceilings(both, SAMPLING, first=FIRST).most.items():
        np.testing.assert_array_equal(most, bounds.most[name])


def test_rows_of_other_scopes_are_not_read(record, bounds):
    """Power of all data centres holds other load; power used is not power that can be drawn."""
    assert set(bounds.rows["power"]["scope"]) == {"all_ai", "nvidia"}
    assert set(bounds.rows["power"]["name"]) == {"power_additions"}


def test_an_accelerator_takes_wafers_memory_and_power_of_its_generation(record):
    hardware = record.hardware[record.hardware["known_at"] <= ORIGIN]
    generations = nvidia_generations(hardware, GenerationPrior(**shipped_beliefs().of("generations")))
    per_wafer = {"supply.packages_per_wafer.blackwell": np.array([15.0, 20.0])}
    takes = taken(hardware, generations, Assumptions({"power.pue": np.array([1.25, 0.9]), **per_wafer}))
    place = generations.names.index("blackwell")
    assert takes["packaging"][:, place] == pytest.approx([1 / 15, 1 / 20])
    assert takes["packaging"][:, 0] == pytest.approx([0, 0])
    assert takes["memory"][:, place] == pytest.approx([189, 189])
    assert takes["power"][:, place] == pytest.approx([1.87 * 1.25e-3, 1.87e-3])


def test_what_was_reached_is_of_the_quarter_before():
    takes = {name: np.array([[2.0, 3.0]]) for name in LIMITS}
    shipped, live = np.array([[[1.0, 1.0], [5.0, 0.0], [9.0, 9.0]]]), np.array([[[1.0, 1.0], [4.0, 2.0], [9.0, 9.0]]])
    had = reached(shipped, live, takes, first=2)
    assert {name: float(value[0]) for name, value in had.items()} == {"packaging": 10, "memory": 10, "power": 9}


@pytest.mark.parametrize("day", ["2024-11-29", "2025-05-30", "2025-11-29"])
def test_what_came_in_the_year_after_an_origin_was_within_the_ceiling_of_then(record, small_world, day):
    """The median of what the fleet took lies below the 90 % quantile of each ceiling as it was known."""
    origin, fleet, generations = pd.Timestamp(day, tz="UTC"), small_world.top_down.fleet, small_world.generations
    quarters, draws = small_world.top_down.revenue.quarters, fleet.live.shape[0]
    rows = pd.concat([record.assumptions, record.capacity])
    takes = taken(record.hardware, generations, sample_assumptions(rows, draws=draws, seed=7))
    shipped, live = fleet.shipped.sum(axis=2), fleet.live.sum(axis=2)
    first = int(quarters.searchsorted(origin)) - 1
    had = reached(shipped, live, takes, first=first)
    then = draw_ceilings(known(record, origin), Sampling(quarters, draws, 7), first=first, reached=had)
    assert set(then.rows) >= {"packaging", "memory"}
    for name in then.rows:
        for place in range(first, first + 3):
            came = np.median(reached(shipped, live, takes, first=place + 1)[name])
            assert came < np.quantile(then.most[name][:, place], 0.9)
