"""Draws of a hierarchy add up, keep its unit, and come from the past alone."""

import numpy as np
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.averaged import AVERAGE
from shiftcast.forecast.hierarchy.structure import aggregate, from_parents
from shiftcast.forecast.volume.hierarchies import draw_hierarchy, past_weights

TREE = from_parents(["total", "a", "b", "a1", "a2", "b1", "b2"], [-1, 0, 0, 1, 1, 2, 2])


def histories(length=48, seed=0):
    random = np.random.default_rng(seed)
    season = np.tile([1.2, 0.9, 0.8, 1.1], length // 4)
    return np.array([[50.0], [20.0], [5.0], [1.0]]) * season * np.exp(0.1 * random.standard_normal((4, length)))


def test_every_draw_adds_up_and_none_is_negative():
    ahead = draw_hierarchy(TREE, histories(), season=4, horizon=4, draws=50)
    assert ahead.shape == (7, 4, 50)
    flat = ahead.reshape(7, -1)
    assert flat == pytest.approx(aggregate(TREE, flat[TREE.leaves]))
    assert (ahead >= 0).all()
    assert np.median(ahead[0], axis=1) == pytest.approx(76 * np.array([1.2, 0.9, 0.8, 1.1]), rel=0.1)


def test_the_same_seed_gives_the_same_draws_and_a_unit_changes_nothing():
    one, two, tiny = (
        draw_hierarchy(TREE, histories() * unit, season=4, horizon=2, draws=20, weights={"bottom_up": 1.0})
        for unit in (1.0, 1.0, 1e-6)
    )
    assert (one == two).all()
    assert tiny * 1e6 == pytest.approx(one, rel=1e-6)


def test_intervals_of_the_total_hold_where_leaves_move_together():
    """Errors of the leaves are common: a total drawn from independent leaves would be half as wide."""
    inside = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        values = 100 + random.normal(0, 10, 31) + random.normal(0, 2, (4, 31))
        ahead = draw_hierarchy(TREE, values[:, :-1], season=1, horizon=1, draws=200, weights=AVERAGE)[0, 0]
        low, high = np.quantile(ahead, [0.1, 0.9])
        inside += low <= values[:, -1].sum() <= high
    assert 26 <= inside <= 38


def test_weights_of_the_past_add_to_one_and_short_histories_take_the_mean():
    assert sum(past_weights(TREE, histories(), season=4, horizon=4).values()) == pytest.approx(1.0)
    assert past_weights(TREE, histories(12), season=4, horizon=4) == AVERAGE


@pytest.mark.parametrize(("change", "said"), [
    ({"horizon": 0}, "horizon 0 is below 1"),
    ({"draws": 0}, "draws 0 is below 1"),
    ({"bottom": np.ones((3, 20))}, "3 histories do not fit 4 bottom nodes"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused(change, said):
    given = {"bottom": histories(), "horizon": 2, "draws": 10} | change
    with pytest.raises(InputError, match=said):
        draw_hierarchy(TREE, given.pop("bottom"), season=4, **given)
