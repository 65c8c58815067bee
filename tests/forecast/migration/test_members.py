"""Members, pools and noise by hand, and the properties that every member has."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.share_grid import share_panels
from shiftcast.features.shares import check_share_rows
from shiftcast.forecast.migration.combine import centre
from shiftcast.forecast.migration.damping import damped
from shiftcast.forecast.migration.members import MEMBERS
from shiftcast.forecast.migration.noise import drift, error_scale, made_up, pooled_variances, scale_terms
from shiftcast.forecast.migration.smoothing import smoothed_roots
from shiftcast.forecast.migration.state import path_state
from shiftcast.forecast.migration.transforms import root, unroot

HORIZONS = np.arange(1.0, 5.0)


def state_of(frame):
    """Return the state of the only panel."""
    (panel,) = share_panels(check_share_rows(frame))
    return path_state(panel)


@pytest.mark.parametrize("name", MEMBERS)
def test_member_has_the_one_shape_and_is_finite(name, waves):
    for panel in share_panels(check_share_rows(waves)):
        state = path_state(panel)
        change = MEMBERS[name](state, HORIZONS, 0.87)
        assert change.shape == (len(panel.series), 4, panel.shares.shape[2])
        assert np.isfinite(change).all()


@pytest.mark.parametrize("name", sorted(set(MEMBERS) - {"level", "spring"}))
def test_member_says_nothing_of_a_still_history(name, make):
    change = MEMBERS[name](state_of(make([[0.25, 0.75]] * 12)), HORIZONS, 0.87)
    assert change == pytest.approx(np.zeros_like(change))


def test_damped_reach_by_hand():
    assert damped(np.array([1.0, 3.0]), 0.5).tolist() == [0.5, 0.875]


def test_roots_are_cube_roots_to_four_units_in_the_last_place():
    shares = np.random.default_rng(1).random(1000)  # processors round the root differently, by a unit or two
    np.testing.assert_array_max_ulp(root(shares), shares ** (1.0 / 3.0), maxulp=4)
    np.testing.assert_array_max_ulp(unroot(root(shares)), shares, maxulp=8)


def test_newest_step_by_hand(make):
    state = state_of(make([[1.0, 0.0], [0.875, 0.125]]))
    assert state.slopes[1][0].tolist() == pytest.approx([0.5 / 1.5, (np.cbrt(0.875) - 1.0) / 1.5])


def test_neighbours_are_the_others(make):
    frame = pd.concat(
        [
            make([[0.5, 0.5]] * 9, series="still"),
            make([[0.9 - t / 20, 0.1 + t / 20] for t in range(9)], series="x"),
        ]
    )
    state = state_of(frame)
    moving, still = state.panel.series.index("x"), state.panel.series.index("still")
    assert state.neighbours[still] == pytest.approx(state.slopes[4][moving] / 2.0)
    assert state.neighbours[moving] == pytest.approx([0.0, 0.0])


def test_without_weights_the_centre_is_last_value(waves, learned):
    for panel in share_panels(check_share_rows(waves)):
        state = path_state(panel)
        still = type(learned)(**{**vars(learned), "weights": dict.fromkeys(learned.weights, 0.0)})
        roots = centre(state, still, np.arange(1.0, 4.0))
        assert roots == pytest.approx(np.repeat((state.last * state.present)[:, None], 3, axis=1))


def test_variance_is_shrunk_from_category_to_series_to_pool():
    steps = np.zeros((2, 30, 1))
    steps[0] = 0.1
    own, kin, pooled = pooled_variances(steps, np.ones_like(steps, bool), np.zeros(2, dtype=np.int64), np.zeros((2, 1)))
    assert own[0, 0] > kin[1, 0] > own[1, 0] > 0.0
    assert pooled[0, 0] == pooled[1, 0]
    assert own[1, 0] < pooled[0, 0] < own[0, 0]


def test_steps_that_go_on_drift_and_those_that_turn_back_do_not():
    paths = np.stack([np.arange(20.0), np.arange(20.0) % 2])[:, :, None]
    going, turning = drift(paths, np.ones_like(paths, bool), np.arange(2))
    assert going == pytest.approx(np.log(2.0), abs=1e-3)
    assert turning < -1.0


def test_scale_is_the_exponential_of_weighted_terms():
    one = np.full((1, 1), 0.04)
    terms = scale_terms(one, one, one, one * 0, np.zeros(1), np.array([1.0, 4.0]))
    scale = error_scale(terms, {"reach": 0.5, "own": 1.0})
    assert scale[0, :, 0] == pytest.approx([0.2, 0.4], rel=1e-4)


def test_made_up_spread_survives_closure():
    shares = np.array([0.2, 0.3, 0.5])
    wide = made_up(np.full(3, 0.02), np.cbrt(shares))
    noise = np.random.default_rng(5).standard_normal((40_000, 3)) * wide
    closed = (np.cbrt(shares) + noise) ** 3
    closed /= closed.sum(axis=1, keepdims=True)
    assert closed.std(axis=0) == pytest.approx(3 * np.cbrt(shares) ** 2 * 0.02, rel=0.1)


def test_counting_noise_is_filtered_and_without_sizes_nothing_is():
    random = np.random.default_rng(6)
    noisy = np.cbrt(random.binomial(50, 0.4, (1, 60, 1)) / 50)
    live = np.ones_like(noisy, bool)
    smooth, left = smoothed_roots(noisy, np.full((1, 60), 50.0), live)
    assert smooth[0, 20:].std() < 0.7 * noisy[0, 20:].std()
    assert left[0, 0] > 0.0
    same, none = smoothed_roots(noisy, np.full((1, 60), np.nan), live)
    assert same is noisy
    assert none.tolist() == [[0.0]]


def test_a_follower_finds_its_leader_and_the_lag(make):
    def lagged(by):
        new = 1.0 / (1.0 + np.exp(-0.4 * (np.arange(20.0) - 9.0 - by)))
        return np.stack([1.0 - new, new], axis=1)

    state = state_of(pd.concat([make(lagged(0), series="ahead"), make(lagged(5), series="behind")]))
    ahead, behind = state.panel.series.index("ahead"), state.panel.series.index("behind")
    assert state.lag[behind] == 5.0
    assert np.isnan(state.lag[ahead])
    assert state.led[ahead] == pytest.approx(np.zeros_like(state.led[ahead]))
    path = state.roots[ahead][-6:]
    expected = (path[1:] - path[0]) / 2.0
    assert state.led[behind][:5] == pytest.approx(expected, abs=0.02)
    assert state.led[behind][5:] == pytest.approx(np.repeat(state.led[behind][4][None], 7, axis=0))


def test_nobody_leads_across_groups(make):
    path = np.stack([np.linspace(0.9, 0.1, 20), np.linspace(0.1, 0.9, 20)], axis=1)
    frame = pd.concat([make(path, series="a", group="one"), make(np.roll(path, 3, axis=0), series="b", group="two")])
    state = state_of(frame)
    assert np.isnan(state.lag).all()
    assert (state.led == 0.0).all()
