"""The mean of several reconciliations adds up, is their mean, and gives way only to what was clearly better."""

import numpy as np
import pytest

from shiftcast.forecast.hierarchy import averaged
from shiftcast.forecast.hierarchy.averaged import AVERAGE, average_reconciled, weigh_methods
from shiftcast.forecast.hierarchy.covariance import covariance_of
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import aggregate, from_parents

TREE = from_parents(["total", "a", "b", "a1", "a2", "b1"], [-1, 0, 0, 1, 1, 2])
RANDOM = np.random.default_rng(0)
BASE, ERRORS = RANDOM.normal(10, 3, (6, 40)), RANDOM.standard_normal((6, 25))


def test_it_is_the_mean_and_adds_up():
    done = average_reconciled(TREE, BASE, ERRORS)
    assert aggregate(TREE, done[TREE.leaves]) == pytest.approx(done)
    by_hand = sum(
        weight * reconcile(TREE, BASE, covariance_of(TREE, method, ERRORS)).values for method, weight in AVERAGE.items()
    )
    assert done == pytest.approx(by_hand)


@pytest.mark.parametrize("cells", [1, 6 * 7])
def test_draws_reconciled_some_at_a_time_are_those_of_all_at_once(monkeypatch, cells):
    whole = average_reconciled(TREE, BASE, ERRORS, nonnegative=True)
    monkeypatch.setattr(averaged, "_CELLS", cells)
    assert average_reconciled(TREE, BASE, ERRORS, nonnegative=True) == pytest.approx(whole)


def test_one_method_alone_is_that_method():
    done = average_reconciled(TREE, BASE, ERRORS, weights={"ols": 1.0})
    assert done == pytest.approx(reconcile(TREE, BASE, covariance_of(TREE, "ols")).values)


def test_what_adds_up_stays_and_negatives_are_cut_at_the_bottom():
    coherent = aggregate(TREE, np.array([[1.0], [-2.0], [4.0]]))
    assert average_reconciled(TREE, coherent, ERRORS) == pytest.approx(coherent)
    cut = average_reconciled(TREE, coherent, ERRORS, nonnegative=True)
    assert cut == pytest.approx(aggregate(TREE, np.array([[1.0], [0.0], [4.0]])))


@pytest.mark.parametrize(("losses", "chosen"), [
    ([1.0, 1.1, 1.2, 1.0], {"ols": 1.0}),  # better each time
    ([1.0, 2.6, 1.2, 2.9], AVERAGE),  # better on average, not beyond doubt
    ([2.0, 2.1, 2.2, 2.3], AVERAGE),  # the same
])  # fmt: skip
def test_a_method_replaces_the_mean_where_it_is_better_beyond_doubt(losses, chosen):
    mean = np.array([2.0, 2.1, 2.2, 2.3])
    assert weigh_methods(mean, {"ols": np.array(losses), "bottom_up": mean + 1}) == chosen
    assert weigh_methods(1e-9 * mean, {"ols": 1e-9 * np.array(losses), "bottom_up": 1e-9 * mean + 1}) == chosen


def test_two_windows_decide_nothing():
    assert weigh_methods(np.array([2.0, 2.0]), {"ols": np.array([1.0, 1.0])}) == AVERAGE
