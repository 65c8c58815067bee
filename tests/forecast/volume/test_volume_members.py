"""Every member, by itself: no member sees past its origin, and each does what its name says."""

from __future__ import annotations

import numpy as np
import pytest

from shiftcast.features.panel import Panel
from shiftcast.forecast.volume.members import MEMBERS, SIMPLE, SKIPPED, run_members
from shiftcast.forecast.volume.past import look_back
from shiftcast.forecast.volume.regression import lag_ridge
from shiftcast.forecast.volume.simple import (
    damped_trend,
    drift,
    last_value,
    long_seasonal_naive,
    seasonal_mean,
    seasonal_naive,
)
from shiftcast.forecast.volume.smoothing import smoothed_level, smoothing, theta
from shiftcast.forecast.volume.structural import structural


def panel(values, frequency="ME", group=None):
    values = np.atleast_2d(np.asarray(values, dtype=float))
    number = len(values)
    names = np.array([f"s{n:03d}" for n in range(number)], dtype=object)
    groups = np.array(["all"] * number if group is None else group, dtype=object)
    last = np.array(["2024-12-31"] * number, dtype="datetime64[us]")
    return Panel(names, groups, values, last, frequency, np.zeros(values.shape, dtype=bool), {})


def noisy(number=6, length=60, seed=0, growth=0.01):
    random = np.random.default_rng(seed)
    season = 0.2 * np.sin(2 * np.pi * np.arange(length) / 12)
    walk = np.cumsum(random.normal(growth, 0.05, (number, length)), axis=1)
    return 100 * np.exp(season + walk)


@pytest.mark.parametrize("name", MEMBERS)
def test_no_member_sees_past_its_origin(name):
    values = noisy(2 if name == "structural" else 5, 48)
    past = look_back(panel(values), 4, origins=3)
    column, origin = 2, int(past.origins[2])
    changed = values.copy()
    changed[:, origin:] *= np.random.default_rng(1).uniform(0.2, 5.0, changed[:, origin:].shape)
    other = look_back(panel(changed), 4, origins=3)
    other = type(other)(other.panel, past.scale, past.scale.forward(changed), past.scale.forward(changed),
                        past.start, past.origins, past.seasons, past.horizon)  # fmt: skip
    assert MEMBERS[name](other)[:, : column + 1] == pytest.approx(MEMBERS[name](past)[:, : column + 1], abs=1e-9)


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_gives_a_finite_path_of_the_right_shape(name):
    values = noisy(5, 40)
    values[0, :25] = np.nan  # a young series
    values[1, 10:14] = np.nan  # a gap
    values[2] = 7.0  # constant
    values[3] = 0.0  # nothing
    past = look_back(panel(values), 6, origins=4)
    path = MEMBERS[name](past)
    assert path.shape == (5, len(past.origins), 6)
    assert np.isfinite(path).all()


@pytest.mark.parametrize("name", [name for name in MEMBERS if name not in ("boosted", "structural")])
def test_a_series_is_forecast_alike_alone_and_in_another_order(name):
    values = noisy(4, 48)
    forward, backward = (MEMBERS[name](look_back(panel(rows), 3, origins=3)) for rows in (values, values[::-1]))
    assert forward == pytest.approx(backward[::-1], abs=1e-9)


@pytest.mark.parametrize(
    "name", ["last_value", "drift", "damped_trend", "smoothing", "theta", "lag_ridge", "structural"]
)
def test_a_constant_stays(name):
    past = look_back(panel(np.full((1, 40), 5.0)), 4, origins=3)
    assert past.scale.inverse(MEMBERS[name](past)[:, -1]) == pytest.approx(np.full((1, 4), 5.0), rel=1e-6)


def test_simple_members_by_hand():
    past = look_back(panel(np.arange(1.0, 31)), 2, origins=1)
    z = past.z[0]
    assert last_value(past)[0, -1] == pytest.approx([z[-1], z[-1]])
    assert seasonal_naive(past)[0, -1] == pytest.approx(z[-12:-10])
    assert seasonal_mean(past)[0, -1, 0] == pytest.approx((z[-12] + z[-24]) / 2)
    assert drift(past)[0, -1] == pytest.approx(z[-1] + (z[-1] - z[-25]) / 24 * np.array([1, 2]))
    slope = 0.7 * (z[-1] - z[-5]) / 4
    assert damped_trend(past)[0, -1] == pytest.approx(z[-1] + slope * np.array([0.85, 0.85 + 0.85**2]))


def test_a_season_longer_than_the_horizon_and_shorter_both_repeat():
    wave = np.tile(np.arange(1.0, 5), 6)
    past = look_back(panel(wave, "QE"), 6, origins=1)
    assert past.scale.inverse(seasonal_naive(past)[:, -1])[0] == pytest.approx([1, 2, 3, 4, 1, 2])


def test_hours_have_a_second_season():
    values = np.tile(np.arange(168.0), 3)
    past = look_back(panel(values, "h"), 24, origins=2)
    assert past.seasons == (24, 168)
    assert past.scale.inverse(long_seasonal_naive(past)[:, -1])[0] == pytest.approx(np.arange(24.0), abs=1e-9)


def test_smoothing_is_the_recursion_of_its_best_candidate():
    values = 50 + np.random.default_rng(3).normal(0, 0.5, (1, 200))
    past = look_back(panel(values, "YE"), 1, origins=1)
    z = past.z[0]
    level = z[0]
    for each in z[1:]:
        level += 0.05 * (each - level)
    assert smoothed_level(past)[0, -1, 0] == pytest.approx(level, abs=0.003)


def test_smoothing_follows_a_season_and_a_trend():
    months = np.arange(96)
    values = 100 + 40 * np.sin(2 * np.pi * months / 12)
    past = look_back(panel(values[None, :84]), 12, origins=2)
    ahead = past.scale.inverse(smoothing(past)[:, -1])[0]
    assert np.abs(ahead - values[84:]).max() < 4


def test_theta_adds_half_the_slope():
    line = look_back(panel(np.linspace(100.0, 200.0, 60), "YE"), 10, origins=1)
    flat = smoothed_level(line)[0, -1]
    gain = np.diff(theta(line)[0, -1])
    slope = np.polyfit(np.arange(60), line.z[0], 1)[0]
    assert gain == pytest.approx(np.full(9, slope / 2), rel=1e-6)
    assert (theta(line)[0, -1] > flat).all()


def test_the_ridge_learns_what_all_series_share():
    random = np.random.default_rng(5)
    values = np.empty((40, 80))
    values[:, 0] = 100
    for now in range(1, 80):  # mean reversion by half
        values[:, now] = 100 + 0.5 * (values[:, now - 1] - 100) + random.normal(0, 5, 40)
    past = look_back(panel(values[:, :79], "YE"), 1, origins=4)
    ridge, naive = (
        np.abs(past.scale.inverse(each(past)[:, -1])[:, 0] - 100).mean() for each in (lag_ridge, last_value)
    )
    assert ridge < 0.85 * naive


def test_a_structural_member_keeps_its_last_value_where_it_cannot_fit():
    past = look_back(panel(np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]), "YE"), 2, origins=2)
    assert structural(past)[0, -1] == pytest.approx([past.z[0, -1]] * 2)


def test_members_skipped_say_why():
    paths, notes = run_members(look_back(panel(np.arange(1.0, 10), "YE"), 2, origins=1))
    assert set(SIMPLE) - set(SKIPPED) <= set(paths)
    assert any(note.startswith("seasonal_naive skipped: no history") for note in notes)
    assert any("boosted skipped: 1 series are fewer" in note for note in notes)


def test_only_members_that_exist_can_be_asked_for():
    with pytest.raises(ValueError, match="member 'oracle' is none; choose among"):
        run_members(look_back(panel(np.arange(1.0, 10), "YE"), 2, origins=1), ("oracle",))
