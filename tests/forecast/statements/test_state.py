from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from shiftcast.features.calendars import calendar_quarters
from shiftcast.features.series import empty_statements
from shiftcast.forecast.draws import stream
from shiftcast.forecast.statements.rows import statement_logits
from shiftcast.forecast.statements.state import SharePrior, fit_share_state
from shiftcast.forecast.statements.wording import Hearing

QUARTERS = calendar_quarters("2020Q1", "2023Q4")
HEARING = Hearing(edge=0.005, window_sd=0.005, skew=4.0)
PLAIN = SharePrior(mid=0.5, sd=1.0, volatility=0.12, volatility_sd_log=0.5, hearing=HEARING, damping=0.85)
TREND = replace(PLAIN, trend_sd=0.05, trend_volatility=0.04, volatility=0.1)


def said(*rows: tuple[str, float, float, str, str]) -> pd.DataFrame:
    """Return statements: (last day of a quarter, value, sd, bound, definition)."""
    table = pd.DataFrame(rows, columns=["period_end", "value", "sd", "bound", "definition"])
    ends = pd.to_datetime(table.period_end, utc=True)
    return table.assign(period_start=ends - pd.Timedelta(days=90), period_end=ends)


MIXED = said(
    ("2020-12-31", 0.45, 0.02, "=", "reference"),
    ("2021-06-30", 0.50, 0.03, "~", "other"),
    ("2021-12-31", 0.55, 0.02, "=", "reference"),
    ("2022-06-30", 0.48, 0.02, "=", "other"),
)


def fitted(statements: pd.DataFrame = MIXED, prior: SharePrior = TREND, **options):
    given_options = {"reference": "reference", "offset_sd": {"other": 0.3}, "prior": prior} | options
    return fit_share_state(statements, QUARTERS, **given_options)


def test_a_statement_is_read_on_the_logit_scale_by_the_delta_method():
    row = statement_logits(said(("2021-12-31", 0.6, 0.012, "=", "reference")), 0.005).iloc[0]
    assert (row.logit, row.logit_sd) == (pytest.approx(logit(0.6)), pytest.approx(0.012 / 0.24))
    assert row.middle == pd.Timestamp("2021-11-16", tz="UTC")


@pytest.mark.parametrize(("value", "read"), [(0.0, 0.005), (1.0, 0.995)])
def test_a_share_of_nothing_or_everything_is_read_half_a_point_from_the_edge(value, read):
    assert statement_logits(said(("2021-12-31", value, 0.01, "=", "d")), 0.005).logit[0] == pytest.approx(logit(read))


def test_a_statement_without_error_still_has_a_finite_weight():
    row = statement_logits(said(("2021-12-31", 0.5, 0.0, "=", "d")), 0.005).iloc[0]
    assert row.logit_sd == pytest.approx(4e-4)


def test_an_unknown_definition_is_named_with_those_known():
    with pytest.raises(ValueError, match=r"definition 'third' have no offset; known are \['reference', 'other'\]"):
        fitted(said(("2021-12-31", 0.5, 0.01, "=", "third")))


@pytest.mark.parametrize("day", ["2019-11-30", "2015-06-30", "2024-06-30", "2030-12-31"])
def test_statements_outside_the_quarters_are_not_used(day):
    state = fitted(pd.concat([MIXED, said((day, 0.9, 0.01, "=", "reference"))]))
    assert state.statements == 4
    assert state.smoothed_mean() == pytest.approx(fitted().smoothed_mean(), abs=1e-12)


def test_statements_about_the_first_and_the_last_quarter_are_used():
    edges = said(("2020-03-31", 0.4, 0.01, "=", "reference"), ("2023-12-31", 0.6, 0.01, "=", "reference"))
    state = fitted(edges)
    assert state.statements == 2
    assert expit(state.smoothed_mean()[[0, -1]]) == pytest.approx([0.4, 0.6], abs=0.02)


def test_one_exact_statement_pins_the_share_of_its_quarter():
    state = fitted(said(("2021-12-31", 0.7, 0.0001, "=", "reference")))
    share, _ = state.simulate(500, stream(1, "x"))
    assert share[:, 7] == pytest.approx(np.full(500, 0.7), abs=0.002)
    assert share[:, 15].std() > share[:, 8].std() > 0.005


def test_two_statements_in_one_cell_are_pooled_by_precision():
    both = said(("2021-12-31", 0.5, 0.01, "=", "reference"), ("2021-12-31", 0.6, 0.02, "=", "reference"))
    logits, weights = logit([0.5, 0.6]), np.array([0.25 / 0.01, 0.24 / 0.02]) ** 2
    observed = fitted(both).model.endog[7, 0]
    assert observed == pytest.approx(np.average(logits, weights=weights))


def test_extra_noise_of_a_definition_is_added_in_quadrature():
    one = said(("2021-12-31", 0.5, 0.025, "=", "reference"))
    state = fitted(one, noise={"reference": 0.2})
    assert state.model["obs_cov"][0, 0, 7] == pytest.approx(0.1**2 + 0.2**2)


def test_few_statements_leave_the_volatility_at_its_prior():
    assert fitted(MIXED.head(2)).volatility == TREND.volatility
    assert fitted(MIXED.head(3)).volatility != TREND.volatility


def test_a_share_that_jumps_is_more_volatile_than_one_that_rests():
    ends = [f"{year}-{day}" for year in (2020, 2021, 2022) for day in ("03-31", "06-30", "09-30", "12-31")]
    resting = said(*((end, 0.5, 0.005, "=", "reference") for end in ends))
    jumping = resting.assign(value=np.tile([0.35, 0.65], 6))
    assert fitted(resting, PLAIN).volatility < PLAIN.volatility < fitted(jumping, PLAIN).volatility


def test_without_statements_the_draws_are_the_prior():
    prior = replace(PLAIN, mid=0.3, sd=0.4, volatility=0.1)
    state = fit_share_state(empty_statements(), QUARTERS, reference="reference", offset_sd={"other": 0.3}, prior=prior)
    share, offsets = state.simulate(20_000, stream(1, "x"))
    assert state.statements == 0
    assert logit(share).mean(axis=0) == pytest.approx(np.full(16, logit(0.3)), abs=0.02)
    assert logit(share).std(axis=0) == pytest.approx(np.sqrt(0.16 + 0.01 * np.arange(16)), rel=0.03)
    assert offsets["other"].std() == pytest.approx(0.3, rel=0.03)


def test_the_trend_is_damped_geometrically():
    prior = replace(PLAIN, mid=0.3, sd=0.0, trend=0.2, damping=0.8, volatility=1e-9)
    share, _ = fit_share_state(empty_statements(), QUARTERS, reference="r", prior=prior).simulate(2, stream(1, "x"))
    expected = logit(0.3) + 0.2 * np.concatenate([[0], np.cumsum(0.8 ** np.arange(15))])
    assert logit(share[0]) == pytest.approx(expected, abs=1e-6)


def test_the_joint_posterior_is_that_of_the_smoother():
    state = fitted()
    state.model.update([state.volatility])
    smoothed = state.model.ssm.smooth()
    mean, covariance = state.model.joint()
    assert mean[: len(QUARTERS)] == pytest.approx(smoothed.smoothed_state[0])
    assert mean[len(QUARTERS)] == pytest.approx(smoothed.smoothed_state[2, 0])
    assert np.diag(covariance)[: len(QUARTERS)] == pytest.approx(smoothed.smoothed_state_cov[0, 0])


@pytest.mark.parametrize(("bound", "above"), [(">=", True), ("<=", False)])
def test_a_bound_pushes_to_its_side_and_an_idle_one_does_nothing(bound, above):
    base = said(("2021-12-31", 0.5, 0.05, "=", "reference"))
    bounded = fitted(pd.concat([base, said(("2021-12-31", 0.5, 0.01, bound, "reference"))]))
    share = bounded.draw(800, stream(1, "x"))
    assert (np.median(share.share[:, 7]) > 0.5) == above
    assert ((share.share[:, 7] > 0.5) == above).mean() > 0.9
    assert expit(bounded.smoothed_mean()[7]) == pytest.approx(
        float(expit(np.log(share.share[:, 7] / (1 - share.share[:, 7])).mean())), abs=0.004
    )
    idle = fitted(pd.concat([base, said(("2021-12-31", 0.1 if above else 0.9, 0.01, bound, "reference"))]))
    assert idle.smoothed_mean() == pytest.approx(fitted(base).smoothed_mean(), abs=1e-4)
    assert idle.draw(100, stream(1, "x")).ess == pytest.approx(1.0)


def test_draws_have_the_mean_and_variance_of_the_smoother():
    state = fitted()
    share, offsets = state.simulate(20_000, stream(1, "x"))
    state.model.update([state.volatility])
    smooth = state.model.ssm.smooth()
    error = np.sqrt(smooth.smoothed_state_cov[0, 0] / 20_000)
    assert (np.abs(logit(share).mean(axis=0) - smooth.smoothed_state[0]) < 5 * error).all()
    assert logit(share).var(axis=0) == pytest.approx(smooth.smoothed_state_cov[0, 0], rel=0.06)
    assert offsets["other"].mean() == pytest.approx(smooth.smoothed_state[2, 0], abs=0.01)
    assert offsets["other"].var() == pytest.approx(smooth.smoothed_state_cov[2, 2, 0], rel=0.06)


def test_draws_move_together_as_those_of_statsmodels_simulation_smoother():
    state = fitted()
    share, _ = state.simulate(4000, stream(1, "x"))
    state.model.update([state.volatility])
    smoother, random = state.model.simulation_smoother(), np.random.default_rng(2)
    peers = []
    for _ in range(1500):
        smoother.simulate(rng=random)
        peers.append(smoother.simulated_state[0])
    ours, theirs = np.cov(logit(share).T), np.cov(np.array(peers).T)
    scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
    assert np.abs((ours - theirs) / scale).max() < 0.15
    assert logit(share).mean(axis=0) == pytest.approx(np.mean(peers, axis=0), abs=0.03)


def test_row_order_of_statements_does_not_matter():
    assert fitted(MIXED.iloc[::-1]).volatility == pytest.approx(fitted().volatility, rel=1e-12)


def test_simulating_twice_from_one_seed_gives_the_same_bytes():
    state = fitted()
    first, second, other = (state.simulate(50, stream(seed, "x"))[0] for seed in (1, 1, 2))
    assert first.tobytes() == second.tobytes()
    assert not np.isclose(first, other).any(axis=0).all()


@given(st.floats(0.05, 0.95), st.floats(0.005, 0.1))
def test_the_mirror_statements_give_the_mirror_share(value, sd):
    up, down = (fitted(said(("2021-12-31", each, sd, "=", "reference"))).smoothed_mean() for each in (value, 1 - value))
    assert up == pytest.approx(-down, abs=1e-9)


def test_intervals_cover_a_share_that_drifts_from_half_to_two_thirds():
    """Forty worlds: the truth goes from 50 to 65 % in 24 quarters, told for 16 with errors, judged 4 to 8 ahead."""
    quarters = calendar_quarters("2020Q1", "2025Q4")
    mean = np.linspace(logit(0.50), logit(0.65), len(quarters))
    prior = replace(PLAIN, sd=0.5, volatility_sd_log=0.4)
    hits = []
    for world in range(40):
        random = np.random.default_rng(world)
        truth = expit(mean + np.cumsum(random.normal(0, 0.06, len(quarters))))
        ends = [f"{end:%Y-%m-%d}" for end in quarters[:16]]
        told = np.clip(truth[:16] + random.normal(0, 0.015, 16), 0.01, 0.99)
        rows = said(*((end, value, 0.015, "~", "r") for end, value in zip(ends, told, strict=True)))
        share, _ = fit_share_state(rows, quarters, reference="r", prior=prior).simulate(400, stream(world, "x"))
        low, high = np.quantile(share[:, 19:24], [0.1, 0.9], axis=0)
        hits.append((low <= truth[19:24]) & (truth[19:24] <= high))
    assert 0.7 <= np.mean(hits) <= 0.99
