"""Short histories are widened around their median, and outcomes at nought say what lies below."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from shiftcast.features.panel import Panel
from shiftcast.forecast.volume import fit_volumes, own_priors
from shiftcast.forecast.volume.calibrate import calibrate, steadied
from shiftcast.forecast.volume.floor import below_nought
from shiftcast.forecast.volume.members import run_members
from shiftcast.forecast.volume.past import look_back
from shiftcast.forecast.volume.short import Short, stretched
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

PRIORS = own_priors(shipped_beliefs())
QUICK = replace(PRIORS, members=("last_value", "seasonal_mean", "smoothing"))


def panel(values, frequency="ME"):
    number = len(values)
    names, group = (np.array(each, dtype=object) for each in ([f"s{n}" for n in range(number)], ["all"] * number))
    last = np.full(number, np.datetime64("2025-03-31", "us"))
    return Panel(names, group, values, last, frequency, np.zeros(values.shape, dtype=bool), {})


def walks(number, length, growth=0.0, seed=0):
    return 100 * np.exp(np.random.default_rng(seed).normal(growth, 0.1, (number, length)).cumsum(axis=1))


def calibrated(past, errors):
    again = partial(calibrate, prior=PRIORS.spread, pooling=PRIORS.pooling)
    return again, again(errors, np.ones(len(errors)))


def test_widening_moves_no_median():
    past = look_back(panel(walks(6, 20, 0.05)), 4)
    errors = past.outcomes() - past.flat[:, past.origins - 1][:, :, None]  # last value lags growth: they lean
    again, before = calibrated(past, errors)
    path, after = stretched(np.zeros((6, 4)), before, past, errors, Short(near=20.0, windows=2.0), again)
    assert (after.deviation > 1.5 * before.deviation).all()
    lean, leans = (each.deviation * each.quantiles(np.array([0.5])) for each in (before, after))
    assert np.abs(lean).min() > 0.01
    assert path + leans == pytest.approx(lean)


def test_one_error_next_to_nothing_does_not_set_a_series_apart():
    few = steadied(np.array([1.0, 1.1, 0.9, 1e-4]), np.ones(4))
    assert few == pytest.approx(np.full(4, 0.67), rel=0.05)
    quiet = steadied(np.array([1.0, 1.1, 0.9, 0.1]), np.full(4, 60.0))
    assert quiet[3] == pytest.approx(0.1, rel=0.15)


def test_a_belief_fades_with_the_length_of_histories():
    short = Short(near=2.0, far=4.0, fade=50.0)
    assert short.supposed(np.array([50, 50]), 1.0, 3) == pytest.approx(np.full((2, 3), 1.04))
    one, beside = short.supposed(np.array([8]), 0.0, 1), short.supposed(np.array([8, 92]), 0.0, 1)
    assert one[0, 0] == pytest.approx(1.25)
    assert beside[0, 0] == pytest.approx(1.04)  # the spread of a short one is what longer ones beside it show
    assert (np.diff(short.supposed(np.array([8]), 0.5, 4)) > 0).all()


def test_a_long_history_is_believed_as_it_was_calibrated():
    past = look_back(panel(walks(6, 300)), 4)
    errors = past.outcomes() - past.flat[:, past.origins - 1][:, :, None]
    errors[:, : len(past.origins) // 2] /= 2  # the trial says twice as wide
    again, before = calibrated(past, errors)
    _, kept = stretched(np.zeros((6, 4)), before, past, errors, Short(windows=2.0), again)
    _, moved = stretched(np.zeros((6, 4)), before, past, errors, Short(windows=0.01), again)
    assert (kept.deviation < 1.1 * before.deviation).all()
    assert (moved.deviation > 1.3 * before.deviation).all()


@pytest.mark.parametrize(
    ("values", "member", "runs"),
    [
        (walks(6, 48, 0.05), "shared_growth", True),
        (walks(6, 48), "shared_growth", False),
        (walks(8, 48), "boosted", True),
        (walks(7, 48), "boosted", False),
        (walks(20, 12), "boosted", False),
        (walks(1, 20), "structural", True),
        (walks(2, 48), "structural", False),
        (walks(2, 48) * np.exp(np.sin(np.arange(48) * 2 * np.pi / 12)), "structural", True),
    ],
)
def test_a_member_runs_where_its_weight_can_pay(values, member, runs):
    past = look_back(panel(values), 2, origins=2)
    paths, notes = run_members(past, ("last_value", member))
    assert (member in paths) == runs
    assert any(note.startswith(f"{member} skipped: ") for note in notes) != runs


def test_values_a_season_apart_are_as_far_as_a_walk_or_noise_takes_them():
    noise = np.random.default_rng(0).normal(100, 5, (20, 240))
    assert look_back(panel(noise), 2).swing == pytest.approx(1.0, abs=0.05)
    assert look_back(panel(walks(20, 240)), 2, bend=0.05).swing == pytest.approx(np.sqrt(2), abs=0.15)
    season = 100 + 20 * np.sin(np.arange(240) * 2 * np.pi / 12)
    assert look_back(panel(np.vstack([season])), 2).swing == pytest.approx(0.0, abs=1e-6)
    assert look_back(panel(noise[:, :10]), 2).swing == 0.0


def test_a_stretch_between_others_that_moved_is_told_and_one_that_never_ended_is_not():
    values = walks(2, 90)
    values[0, 40:70] = 50.0
    values[1, 60:] = 50.0
    past = look_back(panel(values, "D"), 1)
    at = past.origins[:-1]
    told = past.telling()[:, :-1, 0]
    assert told[0].all()
    assert told[1, at < 60].all()
    assert not told[1, at > 71].any()


def test_histories_above_nought_keep_their_errors():
    past = look_back(panel(walks(3, 60)), 3)
    errors = past.outcomes() - past.flat[:, past.origins - 1][:, :, None]
    assert below_nought(past, errors, calibrated(past, errors)[1]).tobytes() == errors.tobytes()


def test_noughts_are_spread_over_what_lies_below():
    random = np.random.default_rng(1)
    past = look_back(panel(random.poisson(1.0, (10, 200)).astype(float), "D"), 3, bend=2.0)
    errors = past.outcomes() - np.arcsinh(0.5)
    found = calibrated(past, errors)[1]
    spread, nought = below_nought(past, errors, found), past.outcomes() == 0
    assert spread[~nought & np.isfinite(errors)].tobytes() == errors[~nought & np.isfinite(errors)].tobytes()
    assert (spread[nought] <= errors[nought]).all()
    assert np.unique(spread[nought]).size > 10
    lowest = (found.deviation * found.quantiles(np.array([0.05])))[:, None, :]
    assert (spread >= np.minimum(lowest, errors) - 1e-9)[nought].all()


def test_intervals_of_small_counts_hold_what_they_promise():
    random = np.random.default_rng(2)
    values = random.poisson(random.uniform(0.3, 3, (20, 1)), (20, 96)).astype(float)
    fit = fit_volumes(panel(values[:, :84]), horizon=12, priors=QUICK)
    levels = np.arange(1, 200) / 200
    standard = fit.calibration.quantiles(levels)[:, None, :]
    ahead = fit.scale.inverse(fit.path[..., None] + fit.calibration.deviation[..., None] * standard)
    truth = values[:, 84:, None]
    low, high = (ahead < truth).mean(axis=2), (ahead <= truth).mean(axis=2)
    inside = np.clip(np.minimum(high, 0.9) - np.maximum(low, 0.1), 0, None)
    held = np.where(high > low, inside / np.where(high > low, high - low, 1.0), (low >= 0.1) & (low <= 0.9))
    assert 0.75 < held.mean() < 0.85
