from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import latest_vintage
from shiftcast.features.calendars import calendar_quarters, days_in
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.hardware.generations import GenerationPrior, generation_throughput, nvidia_generations
from shiftcast.forecast.hardware.growth import BASE_DAY
from shiftcast.forecast.hardware.placement import draw_placement
from shiftcast.forecast.hardware.throughput import fleet_throughput
from shiftcast.forecast.identity.bottomup import (
    SOLD_LEAVES,
    draw_bottom_up,
    draw_inference_share,
    draw_technique_shares,
    fit_bottom_up,
    fit_inference_share,
)
from shiftcast.forecast.identity.intensity import draw_intensity
from shiftcast.forecast.identity.tokens import draw_tokens, fit_tokens
from shiftcast.forecast.identity.work import Asked
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.forecast.volume import series_prior
from shiftcast.forecast.workloads import TRAINING
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market

BELIEFS = shipped_beliefs()
GENERATIONS = GenerationPrior(**BELIEFS.of("generations"))
INFERENCE = share_prior(BELIEFS, "share.inference")
TOKENS = series_prior(BELIEFS, "volume.tokens")
MARKET = shipped_market()
QUARTERS = calendar_quarters("2015Q1", "2028Q4")
DRAWS = 60


@pytest.fixture(scope="module")
def assumed(record):
    return sample_assumptions(record.assumptions, draws=DRAWS, seed=1)


def draw(known_on, assumed, *, quarters=QUARTERS, **frames):
    known = known_on(**frames)
    generations = nvidia_generations(known.hardware, GENERATIONS)
    shares = np.full((DRAWS, len(quarters), len(generations.names)), 1 / len(generations.names))
    fit = fit_bottom_up(known, generations, quarters)
    sampling = Sampling(quarters, DRAWS, 1, assumed)
    return draw_bottom_up(fit, draw_technique_shares(fit, sampling), shares, sampling)


def tokens_of(rows, assumed, quarters=QUARTERS):
    return draw_tokens(
        fit_tokens(rows, quarters, MARKET.operators.token_series, TOKENS), Sampling(quarters, DRAWS, 1, assumed)
    )


def inference_share(record, draws):
    state = fit_inference_share(latest_vintage(record.observations), QUARTERS, INFERENCE)
    return draw_inference_share(state, Sampling(QUARTERS, draws, 1))


@pytest.fixture(scope="module")
def bottom(known_on, assumed):
    return draw(known_on, assumed)


def test_techniques_on_cpus_take_no_accelerator_hours_and_the_others_do(bottom, record):
    runs = {task.name: task.on_accelerator for task in record.registry.tasks}
    recent = bottom.hours[:, -8:].sum(axis=(0, 1, 2))
    assert {name: bool(hours > 0) for name, hours in zip(bottom.tasks, recent, strict=True)} == runs


def test_technique_shares_of_requests_sum_to_one_everywhere(bottom, record):
    assert {workload for workload, _ in bottom.shares} == set(record.registry.workloads)
    for shares in bottom.shares.values():
        np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-9)
        assert (shares >= 0).all()


def test_hours_are_the_identity_of_its_terms(bottom, record, assumed):
    column = bottom.tasks.index("recsys/deep")
    at = QUARTERS.get_loc(pd.Timestamp("2026-12-31", tz="UTC"))
    use = np.stack([assumed[f"use.recsys.{leaf}"] for leaf in SOLD_LEAVES], axis=-1)
    leaf = SOLD_LEAVES.index("internal")
    requests = bottom.volumes["recsys"][:, at] * use[:, leaf] / use.sum(axis=-1)
    share = bottom.shares["recsys", "hyperscale"][:, at, 3]
    grown = (1 + assumed["intensity_growth.recsys"]) ** ((QUARTERS[at] - BASE_DAY).days / 365.25)
    placed = draw_placement(assumed, "recsys/deep", "hyperscale", MARKET.chips)
    work = requests * share * draw_intensity(assumed, "recsys/deep") * grown
    implied = work * placed[:, MARKET.chips.classes.index("nvidia")] / (3600 * bottom.hours[:, at, leaf, column])
    mixed = fleet_rate(record, assumed, at)
    np.testing.assert_allclose(implied, mixed, rtol=1e-9)
    on_cores = (
        work * placed[:, MARKET.chips.classes.index("cpu")] / (3600 * bottom.core_hours["recsys/deep"][:, at, leaf])
    )
    cores = record.throughput.query("accelerator == 'cpu_core' and model == 'dlrm-v2-99.9'").value.median()
    np.testing.assert_allclose(on_cores, cores * assumed["derate.core"], rtol=1e-9)


def fleet_rate(record, assumed, at):
    """Return the rate of a fleet with as many busy hours on each generation: the plain mean of their rates."""
    generations = nvidia_generations(record.hardware, GENERATIONS)
    task = next(task for task in record.registry.tasks if task.name == "recsys/deep")
    found = generation_throughput(record.throughput, generations, task)
    gain = 1 + assumed["software.gain.sample"][:, None]
    years = np.array([(QUARTERS[at] - day).days / 365.25 for day in found.days])
    peak = generations.fp8_tflops * 1e12 / 2
    reached = np.median((found.value * task.flop_per_unit / peak)[[each == "measured" for each in found.evidence]])
    return (found.value * gain**years).mean(axis=1) * assumed["mfu.deep"] / reached


@pytest.mark.parametrize("task", ["recsys/sequence", "ads/llm"])
def test_hours_of_a_newer_technique_are_its_ratio_times_those_of_the_older_one(known_on, assumed, record, task):
    known = known_on()
    generations = nvidia_generations(known.hardware, GENERATIONS)
    only = np.zeros((DRAWS, 1, len(generations.names)))
    only[..., generations.names.index("hopper")] = 1.0
    base = pd.DatetimeIndex([BASE_DAY])
    rates = fit_bottom_up(known, generations, QUARTERS).rates
    asked = Asked(record.registry, {}, {}, assumed, base, MARKET.chips, 3.0, rates)
    tasks = {each.name: each for each in record.registry.tasks}
    hours = {
        name: asked.intensity(tasks[name]) / fleet_throughput(rates[name], only, assumed, base, 3.0)
        for name in (task, f"{task.partition('/')[0]}/deep")
    }
    newer, older = hours.values()
    ratio = assumed[f"ratio.{task.partition('/')[2]}"][:, None]
    np.testing.assert_allclose(newer / older, ratio, rtol=1e-9)


def test_assumed_growth_compounds_from_the_base_day(bottom, assumed):
    volume = bottom.volumes["recsys"] / days_in(QUARTERS)
    years = (QUARTERS - BASE_DAY).days.to_numpy() / 365.25
    grown = volume[:, -1] / volume[:, 44]
    assert grown == pytest.approx((1 + assumed["growth.recsys"]) ** (min(years[-1], 3.0) - years[44]))


def test_assumed_growth_is_held_after_three_years(record, known_on, assumed):
    later = calendar_quarters("2024Q4", "2030Q4")
    rows = record.observations[record.observations.measure != "tokens"]
    volume = draw(known_on, assumed, quarters=later, observations=rows).volumes["ads"][:, -9:]
    volume /= days_in(later)[-9:]
    np.testing.assert_allclose(volume[:, 1:], np.broadcast_to(volume[:, 1:2], volume[:, 1:].shape), rtol=1e-12)


def test_training_is_a_ratio_to_inference_split_by_technique(bottom, record, assumed):
    training = [bottom.tasks.index(f"{TRAINING}/{name}") for name in record.registry.techniques(TRAINING)]
    inference = [column for column in range(len(bottom.tasks)) if column not in training]
    share = inference_share(record, DRAWS)
    recent = bottom.hours[:, -8:]
    ratio = recent[..., training].sum(axis=-1) / recent[..., inference].sum(axis=-1)
    tilt = np.stack([assumed[f"training_tilt.{leaf}"] for leaf in SOLD_LEAVES], axis=-1)
    expected = ((1 - share) / share)[..., None] * tilt[:, None, :]
    np.testing.assert_allclose(ratio, expected[:, -8:], rtol=1e-9)


def test_a_run_that_was_stated_is_the_least_its_leaf_can_have_trained(record, known_on, assumed):
    run = record.observations.query("measure == 'training_work'").assign(value=1e30)
    rows = pd.concat([record.observations.query("measure != 'training_work'"), run])
    more = draw(known_on, assumed, observations=rows)
    column, leaf = more.tasks.index("training/llm"), SOLD_LEAVES.index("internal")
    second = QUARTERS.get_loc(pd.Timestamp("2024-06-30", tz="UTC"))
    peak = nvidia_generations(record.hardware, GENERATIONS).fp8_tflops.mean() * 1e12
    work = 1e30 * 91 / 113 * (1 + assumed["training.overhead"])
    expected = work / (3600 * peak * assumed["training.efficiency"])
    np.testing.assert_allclose(more.hours[:, second, leaf, column], expected, rtol=1e-9)
    assert (more.hours[:, second + 2, leaf, column] < expected / 10).all()


def test_a_run_without_a_leaf_is_refused_with_the_leaves(record, known_on, assumed):
    run = record.observations.query("measure == 'training_work'").assign(leaf="all")
    rows = pd.concat([record.observations.query("measure != 'training_work'"), run])
    with pytest.raises(ValueError, match="training run of meta known 2024-07-23 has leaf 'all'; give one of internal"):
        draw(known_on, assumed, observations=rows)


def test_cpu_techniques_take_core_hours_where_a_record_says_how_fast(bottom, known_on, assumed, record):
    on_cpu = {task.name for task in record.registry.tasks if not task.on_accelerator}
    assert set(bottom.core_hours) == on_cpu | {"recsys/deep", "ads/deep"}
    for name, hours in bottom.core_hours.items():
        assert np.isfinite(hours).all(), name
        assert hours[:, -8:].max() > 0, name
    rows = record.throughput[record.throughput.accelerator != "cpu_core"]
    assert set(draw(known_on, assumed, throughput=rows).core_hours) == {
        "recsys/table", "recsys/collaborative", "ads/table"
    }  # fmt: skip


def test_evidence_of_throughput_is_told_by_task_and_generation(bottom, record):
    tasks = {task.name for task in record.registry.tasks if task.record_unit and task.on_accelerator}
    assert set(bottom.evidence) == tasks
    assert bottom.missing == {}
    assert "independent" in bottom.evidence["generative/llm"]
    assert set(bottom.evidence["recsys/deep"]) == {"measured", "scaled"}


def test_a_task_without_records_takes_the_roofline_and_says_so(record, known_on, assumed):
    rows = record.throughput[~record.throughput.model.str.startswith("bert")]
    less = draw(known_on, assumed, throughput=rows)
    assert less.missing == {}
    assert set(less.evidence["search/deep"]) == {"roofline"}
    assert less.hours[:, -1, :, less.tasks.index("search/deep")].min() > 0


def test_without_token_statements_the_generative_workload_is_missing(record, known_on, assumed):
    rows = record.observations[record.observations.measure != "tokens"]
    less = draw(known_on, assumed, observations=rows)
    assert less.missing["generative"] == "no token volume stated twice by one source was known"
    assert "generative" not in less.volumes


def test_tokens_start_with_the_first_statement_and_are_never_negative(record, assumed):
    tokens = tokens_of(latest_vintage(record.observations), assumed)
    started = (tokens > 0).all(axis=0)
    assert (np.diff(started.astype(int)) >= 0).all()
    assert started[-1]
    assert not started[0]
    assert (tokens[:, ~started] == 0).all()


def test_tokens_a_quarter_are_the_stated_daily_levels_times_their_coverage(record, assumed):
    rows = record.observations.query("measure == 'tokens' and operator == 'google'")
    tokens = tokens_of(rows, assumed)
    first = int(np.flatnonzero(tokens[0] > 0)[0])
    ratio = tokens[:, first] / assumed["tokens.coverage"]
    assert np.ptp(ratio) / ratio.mean() < 1e-9
    low, high = rows.value.min(), rows.value.max()
    assert low * 0.99 < ratio.mean() / days_in(QUARTERS)[first] < high


def test_tokens_stated_up_to_the_horizon_need_no_forecast(record, assumed):
    google = record.observations.query("operator == 'google' and definition == 'all_ai_surfaces'")
    told = QUARTERS[google.period_end.max() >= QUARTERS]
    tokens = tokens_of(google, assumed, told)
    daily = tokens / assumed["tokens.coverage"][:, None]
    np.testing.assert_allclose(daily, np.broadcast_to(daily[:1], daily.shape), rtol=1e-9)


def test_the_inference_share_is_a_share_read_from_what_was_stated(record):
    share = inference_share(record, 2000)
    at = QUARTERS.get_loc(pd.Timestamp("2024-03-31", tz="UTC"))
    assert 0 < share.min() < share.max() < 1
    assert np.median(share[:, at]) == pytest.approx(0.4, abs=0.06)
