from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.baselines import MEMBERS, SIMPLE, damped_trend, last_value
from forecast.draws import stream
from forecast.volume import (
    COMBINATION,
    SPREAD_PRIOR,
    RollingErrors,
    Spread,
    VolumeFit,
    draw_volume,
    fit_volume,
    last_value_fit,
    rolling_errors,
)

QUICK = {name: MEMBERS[name] for name in SIMPLE}


def series(length: int, seed: int = 1) -> np.ndarray:
    return np.exp(np.cumsum(np.random.default_rng(seed).normal(0.05, 0.1, size=length)))


@pytest.fixture(scope="module")
def long_errors() -> RollingErrors:
    return rolling_errors(series(26), 4)


def test_an_error_is_the_actual_less_what_was_forecast_there():
    errors = rolling_errors(series(20), 3, QUICK)
    log = np.log(series(20))
    origin = errors.origins.index(15)
    assert errors.errors[0, origin] == pytest.approx(log[15:18] - last_value(log[:15], 3))
    assert errors.errors[2, origin] == pytest.approx(log[15:18] - damped_trend(log[:15], 3))


def test_errors_of_actuals_not_yet_known_are_missing():
    errors = rolling_errors(series(15), 4, QUICK)
    assert np.isnan(errors.errors[0]).tolist() == [[False] * 3 + [True], [False] * 2 + [True] * 2, [False] + [True] * 3]


@pytest.mark.parametrize("length", [16, 20, 25])
def test_errors_cut_to_a_length_are_those_of_the_shorter_history(long_errors, length):
    known, direct = long_errors.known_at(length), rolling_errors(series(26)[:length], 4)
    shown = len(direct.origins)
    assert known.errors[:, :shown] == pytest.approx(direct.errors, nan_ok=True)
    assert np.isnan(known.errors[:, shown:]).all()


@pytest.mark.parametrize("length", [16, 20, 25])
def test_a_fit_from_longer_errors_is_the_fit_from_the_cut_history(long_errors, length):
    history = series(26)[:length]
    shared, alone = fit_volume(history, 4, errors=long_errors), fit_volume(history, 4)
    assert shared.member == alone.member
    assert shared.path == pytest.approx(alone.path, rel=1e-9)
    assert shared.scores == pytest.approx(alone.scores, rel=1e-9)
    assert shared.weights == pytest.approx(alone.weights, rel=1e-9)
    assert (shared.spread.sigma, shared.spread.power) == pytest.approx((alone.spread.sigma, alone.spread.power))


def test_what_comes_after_the_history_does_not_reach_its_fit(long_errors):
    other = np.concatenate([series(20), series(6, seed=9) * 100])
    first, second = (fit_volume(series(20), 4, errors=each) for each in (long_errors, rolling_errors(other, 4)))
    assert first.path.tolist() == second.path.tolist()
    assert first.spread == second.spread


def test_the_naive_benchmark_is_calibrated_on_its_own_errors_alone(long_errors):
    fit = last_value_fit(series(20), 4, errors=long_errors)
    direct = last_value_fit(series(20), 4, errors=rolling_errors(series(20), 4))
    assert fit.path == pytest.approx(np.full(4, series(20)[-1]))
    assert fit.spread == direct.spread
    assert fit.member == "last_value"


def test_weights_sum_to_one_and_favour_the_member_with_smaller_errors():
    errors = np.stack([np.full((5, 2), 0.1), np.full((5, 2), 0.2)])
    weights = RollingErrors(("good", "poor"), tuple(range(12, 17)), errors).weights()
    assert sum(weights.values()) == pytest.approx(1.0)
    assert weights == pytest.approx({"good": 0.5 * 0.8 + 0.25, "poor": 0.5 * 0.2 + 0.25})


def test_equal_errors_give_equal_weights():
    weights = RollingErrors(("a", "b", "c"), (12, 13), np.full((3, 2, 2), 0.3)).weights()
    assert list(weights.values()) == pytest.approx([1 / 3] * 3)


def test_what_ships_is_simple_or_the_combination_and_no_candidate_of_those_scored_better():
    fit = fit_volume(series(24, seed=5), 3)
    assert set(fit.scores) == {*MEMBERS, COMBINATION}
    assert fit.scores[fit.member] == min(fit.scores[name] for name in (*SIMPLE, COMBINATION))


def test_the_combination_ships_where_no_simple_member_beats_it():
    changes = np.tile([0.3, 0.0], 13)
    fit = fit_volume(np.exp(np.cumsum(changes)), 3)
    assert fit.member == COMBINATION
    paths = {name: MEMBERS[name](np.cumsum(changes), 3) for name in MEMBERS}
    assert np.log(fit.path) == pytest.approx(sum(fit.weights[name] * paths[name] for name in MEMBERS))


@pytest.mark.parametrize("length", [2, 5, 12])
def test_a_short_history_takes_the_damped_trend_and_the_prior_spread(length):
    fit = fit_volume(series(length), 3)
    assert (fit.member, fit.spread, fit.scores, fit.weights) == ("damped_trend", SPREAD_PRIOR, {}, {})
    assert fit.path == pytest.approx(np.exp(damped_trend(np.log(series(length)), 3)))


def test_a_series_in_another_unit_gives_the_same_forecast_in_that_unit():
    dollars, millions = fit_volume(series(16) * 1e6, 3), fit_volume(series(16), 3)
    assert dollars.path == pytest.approx(millions.path * 1e6, rel=1e-3)
    assert dollars.spread.sigma == pytest.approx(millions.spread.sigma, rel=1e-3)


def test_without_errors_the_spread_is_the_prior():
    prior = Spread(0.2, 0.75)
    silent = RollingErrors(tuple(MEMBERS), (12,), np.full((len(MEMBERS), 1, 4), np.nan))
    fitted = last_value_fit(series(12), 4, errors=silent, spread_prior=prior)
    assert (fitted.spread.sigma, fitted.spread.power) == pytest.approx((0.2, 0.75))


def test_many_errors_outweigh_the_prior_and_show_how_they_grow():
    random = np.random.default_rng(2)
    errors = np.cumsum(random.normal(0, 0.3, size=(1, 3000, 6)), axis=2)
    many = RollingErrors(("last_value",), (0,) * 3000, errors)
    spread = last_value_fit(series(12), 6, errors=many).spread
    assert (spread.sigma, spread.power) == pytest.approx((0.3, 0.5), rel=0.05)


def test_one_step_ahead_pools_the_error_with_eight_origins_of_the_prior():
    errors = RollingErrors(("last_value",), (12, 13), np.full((1, 2, 1), 0.4))
    spread = last_value_fit(series(14), 1, errors=errors).spread
    assert spread.power == SPREAD_PRIOR.power
    assert spread.sigma == pytest.approx(np.sqrt((2 * 0.4**2 + 8 * SPREAD_PRIOR.sigma**2) / 10))


def test_the_spread_grows_as_a_power_of_the_horizon():
    assert Spread(0.1, 0.5).at(4) == pytest.approx(0.1 * np.sqrt([1, 2, 3, 4]))


FIT = VolumeFit("drift", np.array([10.0, 20.0, 40.0]), Spread(0.2, 0.7), {}, {})


def test_draws_are_around_the_path_with_the_spread_and_a_random_walks_correlation():
    paths = np.log(draw_volume(FIT, draws=40_000, random=stream(1, "x")))
    assert np.median(paths, axis=0) == pytest.approx(np.log(FIT.path), abs=0.02)
    assert paths.std(axis=0) == pytest.approx(FIT.spread.at(3), rel=0.05)
    assert np.corrcoef(paths[:, 0], paths[:, 2])[0, 1] == pytest.approx(np.sqrt(1 / 3), abs=0.03)


def test_draws_without_spread_are_the_path():
    certain = VolumeFit("drift", FIT.path, Spread(0.0, 0.7), {}, {})
    assert draw_volume(certain, draws=5, random=stream(1, "x")).tolist() == [FIT.path.tolist()] * 5


@given(st.integers(0, 10**6))
def test_one_seed_gives_the_same_positive_draws(seed):
    first, second = (draw_volume(FIT, draws=20, random=stream(seed, "x")) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert (first > 0).all()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0, 0.0, 2.0], "value 0 at position 1"),
        ([1.0, 2.0, -3.0], "value -3 at position 2"),
        ([float("nan"), 1.0], "value nan at position 0"),
        ([float("inf"), 1.0], "value inf at position 0"),
        ([1.0], "only 1 value(s)"),
        ([], "only 0 value(s)"),
    ],
)
def test_a_series_that_cannot_be_logged_names_the_value_and_its_place(values, said):
    with pytest.raises(ValueError, match="two or more positive, finite values") as caught:
        fit_volume(np.array(values), 2)
    assert said in str(caught.value)
