from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.draws import Assumptions, sample_assumptions
from shiftcast.forecast.hardware.generations import GenerationPrior, nvidia_generations
from shiftcast.forecast.hardware.growth import BASE_DAY, compound, years_after_base
from shiftcast.forecast.hardware.placement import (
    check_placement,
    check_shares,
    draw_placement,
    hours_over_nvidia,
    within_region,
)
from shiftcast.forecast.hardware.throughput import fleet_throughput, task_rates
from shiftcast.forecast.identity.intensity import (
    check_intensity,
    draw_intensity,
    has_terms,
    intensity,
    replaced_by,
)
from shiftcast.forecast.identity.training import (
    llm_training_work,
    recsys_training_work,
    reinforcement_work,
    training_hours,
    training_ratio,
)
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.workloads import Registry
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market

GENERATIONS = GenerationPrior(**shipped_beliefs().of("generations"))
MARKET = shipped_market()


@pytest.fixture(scope="module")
def assumed(record):
    return sample_assumptions(record.assumptions, draws=400, seed=3)


def test_work_a_request_is_calls_times_work_less_reuse():
    assert intensity(np.array([2.0, 3.0]), np.array(400.0), np.array(0.25)).tolist() == [600.0, 900.0]


@pytest.mark.parametrize(
    ("terms", "said"),
    [((-1.0, 1.0, 0.1), "calls has -1"), ((1.0, -2.0, 0.1), "work has -2"), ((1.0, 1.0, 1.0), "reuse has 1; give a")],
)
def test_a_term_of_intensity_out_of_range_is_named(terms, said):
    with pytest.raises(ValueError, match=said):
        intensity(*(np.array(term) for term in terms))


def test_a_task_with_terms_draws_its_intensity_from_three_rows(assumed, record):
    with_terms = {task.name for task in record.registry.tasks if has_terms(assumed.values, task.name)}
    newer = {f"{workload}/{technique}" for workload in ("recsys", "ads") for technique in ("sequence", "llm")}
    assert {task.name for task in record.registry.tasks if task.workload != "training"} - with_terms == newer
    for name in with_terms:
        calls, work, reuse = (assumed[f"{term}.{name.replace('/', '.')}"] for term in ("calls", "work", "reuse"))
        assert draw_intensity(assumed, name) == pytest.approx(calls * work * (1 - reuse))


def test_a_ratio_is_of_the_hours_of_the_oldest_technique_on_accelerators(record):
    tasks = {task.name: task for task in record.registry.tasks}
    assert replaced_by(record.registry, tasks["ads/llm"]) == tasks["ads/deep"]
    assert replaced_by(record.registry, tasks["search/deep"]) == tasks["search/deep"]


def test_a_newer_technique_has_three_rows_or_a_ratio_without_unit(record):
    rows = record.assumptions
    with pytest.raises(ValueError, match=r"assumption 'calls\.recsys\.llm' is missing"):
        check_intensity(rows[rows.name != "ratio.llm"], record.registry)
    off = rows.assign(unit=rows.unit.mask(rows.name == "ratio.llm", "USD"))
    with pytest.raises(ValueError, match=r"assumptions\.csv: ratio\.llm \[USD\]"):
        check_intensity(off, record.registry)


def test_a_sample_of_sequence_ranking_carries_about_24_times_one_of_the_deep_one(record):
    flop = {task.name: task.flop_per_unit for task in record.registry.tasks}
    assert flop["recsys/sequence"] / flop["recsys/deep"] == pytest.approx(24, abs=0.5)


def test_the_shipped_units_multiply_to_the_task_s_and_a_missing_row_is_named(record):
    check_intensity(record.assumptions, record.registry)
    less = record.assumptions[record.assumptions.name != "reuse.ads.deep"]
    with pytest.raises(ValueError, match=r"assumption 'reuse\.ads\.deep' is missing; add a row"):
        check_intensity(less, record.registry)


def test_tasks_after_a_training_task_are_checked_as_well(record):
    training_first = Registry(tuple(sorted(record.registry.tasks, key=lambda task: task.workload != "training")))
    assert training_first.tasks[0].workload == "training"
    with pytest.raises(ValueError, match=r"assumption 'reuse\.ads\.deep' is missing"):
        check_intensity(record.assumptions[record.assumptions.name != "reuse.ads.deep"], training_first)


def test_of_several_missing_rows_the_first_is_named(record):
    rows = record.assumptions
    with pytest.raises(ValueError, match=r"assumption 'calls\.ads\.deep' is missing"):
        check_intensity(rows[~rows.name.isin(["calls.ads.deep", "reuse.ads.deep"])], record.registry)


def test_a_reuse_with_a_unit_of_its_own_is_refused(record):
    rows = record.assumptions
    off = rows.assign(unit=rows.unit.mask(rows.name == "reuse.ads.deep", "USD"))
    with pytest.raises(ValueError, match="'USD' measures another thing"):
        check_intensity(off, record.registry)


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6), st.floats(0.001, 0.2))
def test_shares_that_add_up_pass_and_those_that_do_not_are_refused(weights, off):
    shares = {f"c{place}": weight / sum(weights) for place, weight in enumerate(weights)}
    check_shares(shares, where="here")
    with pytest.raises(ValueError, match=r"here: .* add up to .*, not 1; correct one of them"):
        check_shares({**shares, "more": off}, where="here")


@pytest.mark.parametrize("share", [-0.1, np.nan])
def test_a_share_that_is_none_is_named(share):
    with pytest.raises(ValueError, match=f"here: tpu is {share:g}; a share lies between 0 and 1"):
        check_shares({"tpu": share, "gpu": 1.0}, where="here")


def test_shipped_placement_adds_up_and_a_class_that_is_none_is_refused(record):
    check_placement(record.assumptions, record.registry, MARKET.chips)
    rows = record.assumptions
    with pytest.raises(ValueError, match=r"placement\.search\.llm\.npu names no class of chip; rows end in one of"):
        check_placement(rows.assign(name=rows.name.replace("placement.search.llm.tpu", "placement.search.llm.npu")),
                        record.registry, MARKET.chips)  # fmt: skip
    with pytest.raises(ValueError, match=r"placement\.search\.llm\.nvidia is missing"):
        check_placement(rows[rows.name != "placement.search.llm.nvidia"], record.registry, MARKET.chips)
    with pytest.raises(ValueError, match=r"medians of placement\.generative\.llm\.open\.\*"):
        check_placement(rows[rows.name != "placement.generative.llm.open.amd"], record.registry, MARKET.chips)


@pytest.mark.parametrize("segment", ["hyperscale", "rest"])
def test_placement_adds_up_in_every_draw(assumed, record, segment):
    for task in record.registry.tasks:
        if task.on_accelerator:
            shares = draw_placement(assumed, task.name, segment, MARKET.chips)
            assert shares.shape == (400, len(MARKET.chips.classes))
            np.testing.assert_allclose(shares.sum(axis=1), 1.0)
            assert (shares >= 0).all()


def test_open_models_shift_the_work_of_a_segment_to_gpus(assumed):
    hyperscale, rest = (
        draw_placement(assumed, "generative/llm", segment, MARKET.chips) for segment in ("hyperscale", "rest")
    )
    assert np.median(rest[:, 0]) > np.median(hyperscale[:, 0]) + 0.05
    only_open = Assumptions({**assumed.values, "open_models.rest": np.ones(400)})
    alone = draw_placement(only_open, "generative/llm", "rest", MARKET.chips)
    names = [f"placement.generative.llm.open.{name}" for name in MARKET.chips.accelerators]
    total = sum(assumed[name] for name in names)
    assert alone[:, 0] == pytest.approx(assumed[names[0]] / total)


def test_hours_of_other_vendors_are_work_over_throughput(assumed):
    over = hours_over_nvidia(assumed, "search/llm", "rest", MARKET.chips)
    shares = draw_placement(assumed, "search/llm", "rest", MARKET.chips)
    assert (over[:, 0] == 1).all()
    tpu = MARKET.chips.accelerators.index("tpu")
    assert over[:, tpu] == pytest.approx(shares[:, tpu] / shares[:, 0] / assumed["relative_throughput.tpu"])


def test_rules_of_a_region_keep_accelerators_out_the_latest_and_closest_winning():
    day = pd.Timestamp("2023-01-01", tz="UTC")
    hardware = pd.DataFrame({"accelerator": ["h100", "mi300x", "tpu_v7"], "vendor": ["nvidia", "amd", "google"],
                             "family": ["hopper", "cdna3", "tpu"]})  # fmt: skip
    rules = pd.DataFrame(
        [("cn", "nvidia", "all", "no", day, "all"), ("cn", "nvidia", "hopper", "no", day, "old"),
         ("cn", "nvidia", "hopper", "yes", day + pd.Timedelta(days=9), "new"), ("cn", "all", "all", "no", day, "rest"),
         ("eu", "all", "all", "yes", day, "")],
        columns=["region", "vendor", "family", "allowed", "known_at", "note"],
    )  # fmt: skip
    found = within_region(hardware, rules, "cn").set_index("accelerator")
    assert found.allowed.to_dict() == {"h100": True, "mi300x": False, "tpu_v7": False}
    assert found.because["h100"] == "new"
    free = within_region(hardware, rules[rules.vendor == "nvidia"], "cn").set_index("accelerator")
    assert (free.allowed["mi300x"], free.because["mi300x"]) == (True, "no rule")
    with pytest.raises(OutOfSupportError, match="region 'mars': rules are known for cn, eu; add a row to residency"):
        within_region(hardware, rules, "mars")


def test_training_work_by_hand():
    assert llm_training_work(405e9, 15.6e12) == pytest.approx(3.7908e25)
    assert recsys_training_work(4e7, 1e9, 90.0) == pytest.approx(1.08e19)
    assert reinforcement_work(1e9, 10.0, 1.0) == pytest.approx(2e10 + 6e9)
    hours = training_hours(np.array(3.6e21), np.array(1e15), np.array(0.5), overhead=0.2)
    assert float(hours) == pytest.approx(3.6e21 * 1.2 / (3600 * 5e14))


@pytest.mark.parametrize(
    ("call", "said"),
    [(lambda: llm_training_work(0.0, 1.0), "active_parameters is 0; give a positive figure"),
     (lambda: recsys_training_work(1.0, 1.0, -1.0), "retrains is -1"),
     (lambda: training_hours(np.array(1.0), np.array(1.0), np.array(0.0)), "training reaches 0 FLOP/s"),
     (lambda: training_ratio(np.array([0.5, 1.0])), "an inference share is not between 0 and 1")],
)  # fmt: skip
def test_training_without_a_positive_term_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_growth_is_one_on_the_base_day_and_held_after_three_years():
    days = pd.DatetimeIndex([BASE_DAY, BASE_DAY + pd.Timedelta(days=1095.75), BASE_DAY + pd.Timedelta(days=9000)])
    assert compound(np.array([0.1]), years_after_base(days), 3.0)[0] == pytest.approx([1.0, 1.331, 1.331], rel=1e-3)


def test_software_gain_lifts_installed_hardware_and_leaves_the_ratio_of_generations(record, known_on):
    task = next(task for task in record.registry.tasks if task.name == "search/deep")
    rows = record.throughput.assign(measured_at=BASE_DAY)
    generations = nvidia_generations(record.hardware, GENERATIONS)
    quarters = pd.DatetimeIndex([BASE_DAY, BASE_DAY + pd.Timedelta(days=731)])
    flat = {"mfu.deep": np.full(1, 0.1), "software.gain.sample": np.array([0.5])}
    found = []
    for place in range(len(generations.names)):
        hours = np.zeros((1, 2, len(generations.names)))
        hours[..., place] = 1.0
        theta = fleet_throughput(task_rates(rows, generations, task), hours, Assumptions(flat), quarters, 3.0)
        found.append(theta[0])
    ratios = np.array(found) / found[0]
    np.testing.assert_allclose(ratios[:, 0], ratios[:, 1], rtol=1e-12)
    assert found[0][1] / found[0][0] == pytest.approx(1.5 ** (731 / 365.25))


def test_a_record_of_an_earlier_software_is_brought_to_the_day(record):
    task = next(task for task in record.registry.tasks if task.name == "search/deep")
    generations = nvidia_generations(record.hardware, GENERATIONS)
    hours = np.full((1, 1, len(generations.names)), 1 / len(generations.names))
    flat = Assumptions({"mfu.deep": np.full(1, 0.1), "software.gain.sample": np.array([1.0])})
    rates = [
        fleet_throughput(task_rates(record.throughput.assign(measured_at=day), generations, task), hours, flat,
                         pd.DatetimeIndex([BASE_DAY]), 3.0)
        for day in (BASE_DAY, BASE_DAY - pd.Timedelta(days=365.25))
    ]  # fmt: skip
    assert (rates[1] / rates[0]).item() == pytest.approx(2.0, rel=1e-2)


def test_placement_is_a_question_of_the_forecaster(small_world, known_on):
    forecaster = Forecaster(small_world.cube, pd.DataFrame(), known_on().claims)
    table = forecaster.ask({"question": "placement", "segment": "rest"})
    last = table[table.quarter == "2028Q4"].set_index("vendor")
    assert set(last.index) == {"all", *MARKET.chips.accelerators, "cpu"}
    assert last.q500["all"] > last.q500["nvidia"]
    assert (last.unit["all"], last.unit["cpu"]) == ("accelerator_hour/quarter", "core_hour/quarter")
    assert last.share["all"] == 1
    assert pd.isna(last.share["cpu"])
    cube = small_world.cube.isel(period=-1)
    rest = cube["accelerator_hours"].isel(leaf=slice(2, 10)).sum("leaf").astype("float64")
    assert last.q500["tpu"] == pytest.approx(float(rest.sel(vendor="tpu").quantile(0.5)), rel=1e-5)
    with pytest.raises(ValueError, match="segment 'moon' is not forecast; choose all, hyperscale"):
        forecaster.placement(segment="moon")


def test_a_cube_of_an_earlier_version_refuses_the_question(small_world, known_on):
    cube = small_world.cube.drop_vars("accelerator_hours")
    with pytest.raises(OutOfSupportError, match="placement by vendor: this forecast was drawn without"):
        Forecaster(cube, pd.DataFrame(), known_on().claims).placement()


def test_without_core_hours_the_question_speaks_of_accelerators_only(small_world, known_on):
    cube = small_world.cube.drop_vars("core_hours")
    assert "cpu" not in set(Forecaster(cube, pd.DataFrame(), known_on().claims).placement().vendor)
