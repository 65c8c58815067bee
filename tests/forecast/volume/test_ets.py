"""The pool of smoothing forms: its starts are least squares, its draws come from its states, units do not matter."""

import numpy as np
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.volume import ets
from shiftcast.forecast.volume.ets import draw_ets, fit_ets


def quarters(number=3, years=9, seed=0):
    random = np.random.default_rng(seed)
    season = np.tile([1.3, 0.9, 0.8, 1.0], years)
    return 100 * season * np.exp(0.1 * random.standard_normal((number, 4 * years)))


def test_the_start_is_what_least_squares_over_all_starts_finds():
    """Without a season the errors are linear in level and trend: no start of a grid does better."""
    z = quarters(1)[0] / 100
    given = ets._candidates(1)
    errors = ets._filtered(z[None], 1, given)[-1]
    best = (errors[:, :, 0] ** 2).sum(axis=0)
    for at in range(0, len(best), 7):
        alpha, beta, damping = given.alpha[at, 0], given.beta[at, 0], given.damping[at, 0]
        for level in np.linspace(0.8, 1.3, 6):
            for trend in np.linspace(-0.02, 0.02, 3) if given.trended[at, 0] else [0.0]:
                now, slope, total = level, trend, 0.0
                for value in z:
                    error = value - now - damping * slope
                    now, slope = now + damping * slope + alpha * error, damping * slope + beta * error
                    total += error**2
                assert total >= best[at] - 1e-9


def test_a_season_and_a_line_are_carried_on():
    wave = np.tile([10.0, 20.0, 15.0, 5.0], 9)
    line = np.linspace(100.0, 135.0, 36)
    draws = draw_ets(fit_ets(np.stack([wave, line]), 4), horizon=4, draws=50, seed=0)
    assert np.median(draws[0], axis=1) == pytest.approx([10.0, 20.0, 15.0, 5.0], rel=0.02)
    assert np.median(draws[1], axis=1) == pytest.approx([136.0, 137.0, 138.0, 139.0], rel=0.01)


def test_a_unit_changes_nothing():
    values = quarters()
    plain, scaled = (draw_ets(fit_ets(rows, 4), horizon=3, draws=40, seed=1) for rows in (values, values * 1e-6))
    assert scaled * 1e6 == pytest.approx(plain, rel=1e-6)


def test_one_more_series_changes_no_other_and_neither_does_the_block(monkeypatch):
    values = quarters(4)
    whole = draw_ets(fit_ets(values, 4), horizon=5, draws=60, seed=2)
    fewer = draw_ets(fit_ets(values[1:], 4), horizon=5, draws=60, seed=2)
    assert fewer == pytest.approx(whole[1:], rel=1e-9)
    monkeypatch.setattr(ets, "_CELLS", 1)
    assert draw_ets(fit_ets(values, 4), horizon=5, draws=60, seed=2) == pytest.approx(whole, rel=1e-9)


def test_zeros_stay_zero_and_a_constant_stays():
    draws = draw_ets(fit_ets(np.stack([np.zeros(24), np.full(24, 7.0)]), 4), horizon=6, draws=20, seed=0)
    assert draws[0] == pytest.approx(0.0, abs=1e-9)
    assert draws[1] == pytest.approx(7.0, rel=1e-6)


def test_intervals_of_noise_hold():
    random = np.random.default_rng(5)
    values = 50 + random.standard_normal((300, 31))
    draws = draw_ets(fit_ets(values[:, :-1], 1), horizon=1, draws=400, seed=0)[:, 0]
    low, high = np.quantile(draws, [0.1, 0.9], axis=1)
    assert 0.74 < ((low <= values[:, -1]) & (values[:, -1] <= high)).mean() < 0.86


def test_series_that_move_together_are_drawn_together():
    common = np.random.default_rng(3).normal(0, 5, 40)
    draws = draw_ets(fit_ets(np.stack([100 + common, 50 - common / 2]), 1), horizon=1, draws=500, seed=0)[:, 0]
    assert np.corrcoef(draws)[0, 1] < -0.9


@pytest.mark.parametrize(("values", "said"), [
    (np.ones((1, 3)), "3 periods are fewer than 4"),
    (np.array([[1.0, 2.0, np.nan, 4.0, 5.0]]), "series 0 has no value in period 2"),
])  # fmt: skip
def test_what_cannot_be_fitted_is_refused(values, said):
    with pytest.raises(InputError, match=said):
        fit_ets(values, 1)
