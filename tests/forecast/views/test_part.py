from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.calendars import quarter_end
from shiftcast.features.frames import Forecasts, check
from shiftcast.forecast.draws import QUANTILES, quantile_table
from shiftcast.forecast.views.part import (
    MEASURES,
    Part,
    draws_of,
    forecast_frame,
    forecast_periods,
    hyperscale_share,
    periods,
)


@pytest.fixture(scope="module")
def cube(small_world):
    return small_world.cube


@pytest.fixture(scope="module")
def published(cube):
    return forecast_frame(cube, model="tested")


@pytest.mark.parametrize("measure", MEASURES)
def test_segments_and_leaves_add_up_to_the_total_in_every_draw(cube, measure):
    whole = draws_of(cube, measure, Part())
    segments = sum(draws_of(cube, measure, Part(name)) for name in ("hyperscale", "rest", "vendor_internal"))
    leaves = sum(draws_of(cube, measure, Part(leaf=str(name))) for name in cube.leaf.values)
    np.testing.assert_allclose(segments, whole, rtol=1e-5)
    np.testing.assert_allclose(leaves, whole, rtol=1e-5)


@pytest.mark.parametrize("measure", MEASURES)
def test_workloads_and_tasks_add_up_to_the_total_in_every_draw(cube, measure):
    whole = draws_of(cube, measure, Part("rest"))
    tasks = [str(name).partition("/") for name in cube.task.values]
    by_workload = sum(draws_of(cube, measure, Part("rest", workload=name)) for name in {task[0] for task in tasks})
    by_technique = sum(draws_of(cube, measure, Part("rest", technique=name)) for name in {task[2] for task in tasks})
    np.testing.assert_allclose(by_workload, whole, rtol=1e-5)
    np.testing.assert_allclose(by_technique, whole, rtol=1e-5)


def test_hardware_follows_the_busy_hours_of_a_task_within_its_leaf(cube):
    part = Part("rest", "enterprise", "search", "llm")
    hours = draws_of(cube, "gpu_hours", part) / draws_of(cube, "gpu_hours", Part("rest", "enterprise"))
    power = draws_of(cube, "power", part) / draws_of(cube, "power", Part("rest", "enterprise"))
    np.testing.assert_allclose(power, hours, rtol=1e-5)


@pytest.mark.parametrize(
    ("measure", "part", "said"),
    [
        ("carbon", Part(), "measure 'carbon' is not forecast; choose one of gpu_hours, latent_hours, accelerators"),
        ("power", Part("moon"), r"segment 'moon' with leaf 'all' is not forecast; segments are \['hyperscale'"),
        ("power", Part("hyperscale", "sovereign"), "segment 'hyperscale' with leaf 'sovereign' is not forecast"),
        ("power", Part(workload="chess"), "workload 'chess' with technique 'all' takes no accelerator-hours here"),
        ("gpu_hours", Part(workload="recsys", technique="table"), "'recsys' with technique 'table' takes no"),
    ],
)
def test_an_unknown_measure_or_part_is_named_with_those_there_are(cube, measure, part, said):
    with pytest.raises(ValueError, match=said):
        draws_of(cube, measure, part)


@pytest.mark.parametrize("base", ["revenue", "gpu_hours", "accelerators", "watts"])
def test_the_hyperscale_share_is_a_share_on_every_base(cube, base):
    share = hyperscale_share(cube, base=base, definition="recast_2")
    assert share.shape == (200, 18)
    assert 0 < share.min() < share.max() < 1


def test_the_revenue_share_is_that_of_the_spending_of_the_leaves(cube):
    stated = hyperscale_share(cube, base="revenue", definition="recast_2")
    spent = draws_of(cube, "spending", Part("hyperscale")) / draws_of(cube, "spending", Part())
    np.testing.assert_allclose(spent, stated, rtol=1e-5)


@pytest.mark.parametrize(
    ("base", "definition"), [("gpu_hours", "keynote"), ("revenue", "folklore"), ("money", "recast_2")]
)
def test_a_share_without_base_and_definition_known_together_is_refused(cube, base, definition):
    with pytest.raises(ValueError, match=r"revenue is known under \['recast_2'.*watts under 'recast_2'") as caught:
        hyperscale_share(cube, base=base, definition=definition)
    assert f"on base {base!r} under definition {definition!r}" in str(caught.value)


def test_periods_are_quarter_ends_and_the_forecast_starts_where_reports_end(cube):
    ends = periods(cube)
    assert (ends[0], ends[-1]) == (quarter_end("2024Q3"), quarter_end("2028Q4"))
    assert forecast_periods(cube).tolist() == [False] * 8 + [True] * 10


def test_the_published_frame_keeps_its_contract_and_holds_every_statistic_once(published):
    check(published, Forecasts)
    blocks = published.groupby(["segment", "leaf", "workload", "technique", "measure", "base", "definition"])
    assert set(blocks.size()) == {10 * (1 + len(QUANTILES))}
    assert set(published.model) == {"tested"}
    assert set(published.origin) == {pd.Timestamp("2026-11-22", tz="UTC")}


@pytest.mark.parametrize(
    ("measure", "part"),
    [
        ("gpu_hours", Part()),
        ("spending", Part("rest")),
        ("power", Part("rest", "edge")),
        ("accelerators", Part("hyperscale", "internal", "recsys", "llm")),
        ("accelerators_shipped", Part(technique="deep")),
        ("gpu_hours", Part("vendor_internal", workload="unallocated")),
    ],
)
def test_a_published_block_is_the_quantiles_of_its_draws(cube, published, measure, part):
    keys = {"measure": measure, "segment": part.segment, "leaf": part.leaf, "workload": part.workload,
            "technique": part.technique}  # fmt: skip
    rows = published[(published[list(keys)] == pd.Series(keys)).all(axis=1)]
    table = quantile_table(draws_of(cube, measure, part)[:, forecast_periods(cube)])
    for end, column in zip(periods(cube)[forecast_periods(cube)], table.T, strict=True):
        block = rows[rows.period_end == end]
        mean = block[block.statistic == "mean"].value
        levels = block[block.statistic == "quantile"].sort_values("quantile")
        np.testing.assert_allclose([*mean, *levels.value], column, rtol=1e-5)
        assert levels["quantile"].tolist() == list(QUANTILES)


def test_published_quantiles_rise_with_their_level(published):
    keys = ["segment", "leaf", "workload", "technique", "measure", "base", "definition", "period_end"]
    quantiles = published[published.statistic == "quantile"].sort_values([*keys, "quantile"])
    steps = quantiles.groupby(keys, sort=False)["value"].diff().dropna()
    assert len(steps) == len(quantiles) * 6 / 7
    assert (steps >= 0).all()


def test_published_shares_are_of_a_named_base_and_definition(published):
    shares = published[published.measure == "share"]
    assert set(shares.base) == {"requests", "revenue"}
    assert set(published[published.measure != "share"].base) == {"none"}
    assert set(shares[shares.base == "revenue"].definition) == {
        "recast_1", "recast_2", "large_csp", "top_five", "keynote"
    }  # fmt: skip
    assert shares.value.between(0, 1).all()


def test_periods_of_the_published_frame_are_whole_quarters(published):
    days = (published.period_end - published.period_start).dt.days + 1
    assert set(days) <= {90, 91, 92}
