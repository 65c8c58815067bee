from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.asof import latest_vintage
from shiftcast.features.calendars import calendar_quarters
from shiftcast.features.frames import Observations, empty
from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.migration.steps import (
    draw_step_shares,
    effect_of_one_figure,
    fit_steps,
    nested_shares,
    step_statements,
)
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.market import shipped_market

BELIEFS = shipped_beliefs()
PRIOR = share_prior(BELIEFS, "share.technique")
MARKET = shipped_market()
QUARTERS = calendar_quarters("2015Q1", "2027Q4")
RECSYS = ("table", "collaborative", "content", "deep", "llm")
SEARCH = ("lexical", "deep", "llm")


@given(st.integers(1, 5), st.integers(0, 10**6))
def test_nested_shares_sum_to_one(steps, seed):
    taken = list(np.random.default_rng(seed).uniform(size=(steps, 6, 3)))
    shares = nested_shares(taken, steps + 1)
    assert shares.shape == (6, 3, steps + 1)
    assert shares.sum(axis=-1) == pytest.approx(np.ones((6, 3)))
    assert shares[..., -1] == pytest.approx(taken[0])


def test_drawn_shares_sum_to_one_and_every_technique_has_some(record):
    steps = fit_steps(record.observations, "recsys", RECSYS, "rest", QUARTERS, market=MARKET, prior=PRIOR)
    shares = draw_step_shares(steps, RECSYS, Sampling(QUARTERS, 200, 1))
    assert [step.technique for step in steps] == ["llm", "deep", "content", "collaborative"]
    assert shares.shape == (200, len(QUARTERS), 5)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-12)
    assert shares.min() > 0


def test_a_workload_with_one_technique_has_no_step(record):
    assert fit_steps(record.observations, "generative", ("llm",), "rest", QUARTERS, market=MARKET, prior=PRIOR) == ()


def test_a_step_with_no_statement_is_its_prior():
    (step,) = fit_steps(
        empty(Observations), "ads", ("table", "deep"), "hyperscale", QUARTERS, market=MARKET, prior=PRIOR
    )
    assert step.evidence == {}
    assert step.state.statements == 0
    shares = draw_step_shares((step,), ("table", "deep"), Sampling(QUARTERS, 50, 1))
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-12)


def test_packages_speak_of_the_rest_and_operators_of_the_hyperscalers(record):
    rest = step_statements(record.observations, "recsys", RECSYS, 3, "rest", market=MARKET)
    hyperscale = step_statements(record.observations, "recsys", RECSYS, 3, "hyperscale", market=MARKET)
    assert "pypi_proxy" in set(rest.definition)
    assert set(rest.definition) <= {"judgement", "pypi_proxy"}
    assert set(hyperscale.definition) <= {"judgement", "operator", "large_operator"}


def test_one_operator_that_answers_most_searches_reads_its_segment_closely(record):
    rows = step_statements(record.observations, "search", SEARCH, 2, "hyperscale", market=MARKET)
    google = record.observations.query("measure == 'share' and base == 'requests' and workload == 'search'")
    google = google[(google.operator == "google") & (google.confidence != "recalled") & (google.technique == "llm")]
    assert (rows.definition == "large_operator").sum() == len(google) > 0


def test_recalled_figures_are_not_fitted(record):
    recalled = record.observations.assign(confidence="recalled")
    rows = step_statements(recalled, "search", SEARCH, 2, "hyperscale", market=MARKET)
    assert rows.empty


@pytest.mark.parametrize("segment", ["hyperscale", "rest"])
def test_a_figure_from_a_second_source_counts_once(record, segment):
    again = record.observations.assign(source="copy of " + record.observations.source)
    once, twice = (
        step_statements(latest_vintage(rows), "recsys", RECSYS, 3, segment, market=MARKET)
        for rows in (record.observations, pd.concat([record.observations, again]))
    )
    pd.testing.assert_frame_equal(once, twice)


def test_a_correction_of_downloads_replaces_the_figure(record):
    downloads = record.observations.query("measure == 'downloads' and workload == 'recsys'")
    deep = downloads.technique == "deep"
    corrected = downloads[deep].assign(value=lambda rows: rows.value * 2, known_at=lambda rows: rows.known_at.max())
    once, both, replaced = (
        step_statements(latest_vintage(rows), "recsys", RECSYS, 3, "rest", market=MARKET)
        for rows in (downloads, pd.concat([downloads, corrected]), pd.concat([downloads[~deep], corrected]))
    )
    pd.testing.assert_frame_equal(both, replaced)
    assert (both.value > once.value).all()


def test_evidence_counts_the_statements_by_definition(record):
    (_, deep, *_) = fit_steps(record.observations, "recsys", RECSYS, "rest", QUARTERS, market=MARKET, prior=PRIOR)
    rows = step_statements(record.observations, "recsys", RECSYS, 3, "rest", market=MARKET)
    assert deep.evidence == rows.definition.value_counts().to_dict()
    assert sum(deep.evidence.values()) == deep.state.statements


def test_one_figure_moves_a_share_towards_it_and_less_the_more_is_known(record):
    day = pd.Timestamp("2026-11-20", tz="UTC")
    (llm, *_) = fit_steps(
        record.observations, "search", ("lexical", "deep", "llm"), "hyperscale", QUARTERS, market=MARKET, prior=PRIOR
    )
    rows = record.observations
    move = effect_of_one_figure(rows, llm, ("lexical", "deep", "llm"), day, market=MARKET, beliefs=BELIEFS)
    assert 0 < move < 0.1
    exact = rows[(rows["definition"] == "judgement") & (rows["workload"] == "search") & (rows["technique"] == "llm")]
    exact = exact.tail(1).assign(segment="hyperscale", period_start=day, period_end=day, value=0.35, sd=0.002)
    known = pd.concat([rows, exact], ignore_index=True)
    (sure, *_) = fit_steps(
        known, "search", ("lexical", "deep", "llm"), "hyperscale", QUARTERS, market=MARKET, prior=PRIOR
    )
    assert (
        abs(effect_of_one_figure(known, sure, ("lexical", "deep", "llm"), day, market=MARKET, beliefs=BELIEFS))
        < 0.2 * move
    )


def test_a_step_without_statements_is_moved_by_a_single_figure(record):
    (step,) = fit_steps(
        empty(Observations), "ads", ("table", "deep"), "hyperscale", QUARTERS, market=MARKET, prior=PRIOR
    )
    day = pd.Timestamp("2026-11-20", tz="UTC")
    assert (
        effect_of_one_figure(empty(Observations), step, ("table", "deep"), day, market=MARKET, beliefs=BELIEFS) > 0.01
    )
