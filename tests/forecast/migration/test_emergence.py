"""Newcomers: when they enter, what they hold, and how young categories follow earlier entries."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.share_grid import share_panels
from shiftcast.features.shares import check_share_rows
from shiftcast.forecast.migration import draw_shares, fit_shares
from shiftcast.forecast.migration.emergence import (
    KINDS,
    LEVELS,
    arrivals,
    entry_quantiles,
    hazards,
    kinds,
    newcomer_paths,
    newcomer_quantiles,
)
from shiftcast.forecast.migration.learned import Newcomers
from shiftcast.forecast.migration.members import MEMBERS
from shiftcast.forecast.migration.standing import moving_chance, waited
from shiftcast.forecast.migration.state import path_state

ALWAYS = Newcomers((0.1,) * 6, ((0.0,) * len(LEVELS),) * 12)


def state_of(frame):
    """Return the state of the only panel."""
    (panel,) = share_panels(check_share_rows(frame))
    return path_state(panel)


def generations(count, every, *, periods=40):
    """Return shares of generations that enter every so many periods and take half of the rest over three periods."""
    paths = np.zeros((periods, count + 2))
    paths[:, 0] = 1.0
    for number in range(1, count + 1):
        grown = np.clip((np.arange(periods) - number * every) / 3.0, 0.0, 1.0)[:, None]
        whole = np.eye(count + 2)[number]
        paths = paths * (1 - 0.8 * grown) + whole * 0.8 * grown
    return paths


def test_arrivals_by_hand(make):
    ages, came, used = arrivals(state_of(make([[1.0, 0.0]] * 6 + [[0.7, 0.3]] * 2)))
    assert ages[0].tolist() == [0, 1, 2, 3, 4, 5, 0, 1]
    assert np.flatnonzero(came[0]).tolist() == [5]
    assert np.flatnonzero(used[0]).tolist() == [3, 4, 5, 6]


def test_hazard_without_a_past_is_the_learned_one():
    nothing = np.zeros((1, 0))
    chances = hazards(np.arange(3.0), nothing, nothing.astype(bool), nothing, ALWAYS, 0.2)
    assert chances == pytest.approx(np.full(3, 0.1))


def test_hazard_by_hand_at_the_age_of_all_past_periods():
    ages, came = np.full((1, 9), 4.0), np.zeros((1, 9), bool)
    came[0, :2] = True
    (chance,) = hazards(np.array([4.0]), ages, came, np.ones((1, 9)), ALWAYS, 0.1)
    assert chance == pytest.approx(0.1 * (2 + 0.1) / (0.9 + 0.1))


def test_hazard_rises_towards_the_age_at_which_generations_came(make):
    names = tuple(f"g{number}" for number in range(8))
    state = state_of(make(generations(6, 6), names=names))
    ages, came, used = arrivals(state)
    chances = hazards(np.arange(7.0), ages[:, :-1], came, used.astype(float), ALWAYS, 0.1)
    assert chances[:5].max() < chances[5]
    assert chances[5] > 0.25


def test_entries_hold_what_earlier_ones_held(make):
    state = state_of(make([[1.0, 0.0, 0.0]] * 6 + [[0.7, 0.3, 0.0], [0.4, 0.6, 0.0]] + [[0.2, 0.8, 0.0]] * 14))
    _, came, used = arrivals(state)
    table = entry_quantiles(state, came & used, np.array([0]), ALWAYS, 1e-9)
    assert table[:, 30].round(3).tolist() == [0.3, 0.6] + [0.8] * 10


def test_entries_not_followed_so_long_keep_their_last_share(make):
    state = state_of(make([[1.0, 0.0, 0.0]] * 8 + [[0.7, 0.3, 0.0], [0.4, 0.6, 0.0]]))
    _, came, used = arrivals(state)
    table = entry_quantiles(state, came & used, np.array([0]), ALWAYS, 1e-9)
    assert table[:, 30].round(3).tolist() == [0.3] + [0.6] * 11


def test_kinds_by_period(make):
    for paths, expected in (
        ([[1.0, 0.0]] * 6 + [[0.7, 0.3]] * 3, ["first"] * 6 + ["lively"] * 3),
        ([[0.5, 0.5]] * 9, ["calm"] * 9),
    ):
        state = state_of(make(paths))
        _, came, used = arrivals(state)
        assert [KINDS[place] for place in kinds(state, came & used)[0]] == expected


def test_a_silent_past_lowers_the_chance_and_quantiles_rise(make, learned):
    short, long = (newcomer_quantiles(state_of(make([[0.5, 0.5, 0.0]] * n)), learned)[0] for n in (2, 40))
    assert long[11].mean() < short[11].mean()
    for table in (short, long):
        assert (np.diff(table, axis=1) >= 0.0).all()
        assert (np.diff(table, axis=0) >= 0.0).all()


def test_only_series_with_an_absent_category_have_newcomers(make, learned):
    frame = pd.concat([make([[0.5, 0.5]] * 9, series="a"), make([[0.5, 0.5, 0.0]] * 9, series="b")])
    state = state_of(frame)
    assert list(newcomer_quantiles(state, learned)) == [state.panel.series.index("b")]


def test_paths_of_newcomers_stay_past_twelve_periods():
    table = np.outer(np.arange(1.0, 13.0), LEVELS) / 12
    assert newcomer_paths(table, np.array([0.9]), 15)[0, 11:] == pytest.approx(0.9)


def test_a_young_category_follows_earlier_entries_wholly_or_not(make, learned):
    first = np.clip((np.arange(24.0) - 8) / 8.0, 0.0, 0.8)
    paths = np.stack([1.0 - first, first, np.zeros(24), np.zeros(24)], axis=1)
    paths[-1] *= 0.95
    paths[-1, 2] = 0.05
    frame = make(paths, names=("old", "mid", "new", "next"))
    still = dict.fromkeys(learned.weights, 0.0)
    ends = {}
    for weight in (0.0, 0.5, 1.0):
        fit = fit_shares(frame, horizon=4, learned=replace(learned, weights=still | {"entries": weight}))
        ends[weight] = draw_shares(fit, draws=800, seed=1).sel(category="new").isel(period=3).to_numpy()
    never, half, always = (ends[weight].mean() for weight in (0.0, 0.5, 1.0))
    assert always > 1.4 * never
    assert half == pytest.approx((never + always) / 2.0, rel=0.05)


@pytest.mark.parametrize(("name", "sign"), [("overtaken", 1.0), ("succession", -1.0)])
def test_newer_categories_press_on_older_ones_only(make, name, sign):
    new = np.clip(np.arange(12) - 7, 0, 4) / 20.0
    mid = np.linspace(0.1, 0.5, 12)
    state = state_of(make(np.stack([1.0 - new - mid, mid, new], axis=1), names=("a", "b", "c")))
    change = MEMBERS[name](state, np.array([1.0]), 0.87)[0, 0]
    assert change[2] == 0.0
    assert sign * change[1] > 0.0


def test_chance_to_move_is_that_of_the_pool(make):
    jump = [[0.5, 0.5]] * 8 + [[0.25, 0.75]] * 4
    state = state_of(pd.concat([make(jump, series="a"), make([[0.4, 0.6]] * 12, series="b")]))
    chances = moving_chance(state.panel.shares, state.live, state.panel.pool)
    assert chances == pytest.approx([1.5 / 20.0] * 2)


def test_a_series_that_moved_last_does_not_stand(make):
    state = state_of(make([[0.5, 0.5]] * 8 + [[0.25, 0.75]]))
    assert moving_chance(state.panel.shares, state.live, state.panel.pool).tolist() == [1.0]


def test_waits_are_geometric():
    paths = np.ones((20_000, 3, 1))
    moved = waited(paths, np.zeros(1), 0.25, np.random.default_rng(3))[:, :, 0].mean(axis=0)
    assert moved == pytest.approx([0.25, 1 - 0.75**2, 1 - 0.75**3], abs=0.01)


def test_a_history_that_stands_is_nearly_a_point_mass(make, learned):
    draws = draw_shares(fit_shares(make([[0.02, 0.98]] * 24), horizon=4, learned=learned), draws=400, seed=2)
    still = np.abs(draws.sel(category="table").isel(series=0).to_numpy() - 0.02) < 1e-12
    assert (still[:, 0].mean(), still[:, 3].mean()) == pytest.approx((0.98, 0.92), abs=0.03)
