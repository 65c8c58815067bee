"""Reconciliation gives the same quantities in any unit, and holds small nodes beside large ones."""

import numpy as np
import pytest

from shiftcast.forecast.hierarchy.constraints import Constraint
from shiftcast.forecast.hierarchy.covariance import METHODS, NEEDS_RESIDUALS, covariance_of
from shiftcast.forecast.hierarchy.long import ALL_METHODS, Reconciliation, reconcile_array
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import aggregate, from_parents

NODES = 12
UNITS = [1e-8, 1e-5, 1e-3, 1.0, 1e4, 1e8]


def random_case(seed, *, exact=False):
    random = np.random.default_rng(seed)
    tree = from_parents([f"n{i}" for i in range(NODES)], [-1, *(int(random.integers(i)) for i in range(1, NODES))])
    errors = random.normal(size=(NODES, 9)) * random.uniform(0.2, 3, (NODES, 1)) + random.normal(size=(1, 9))
    if exact:
        errors[[1, 4]] = 0.0
    return tree, random.normal(4, 6, (NODES, 3)), errors


@pytest.mark.parametrize("exact", [False, True], ids=["all err", "two fitted without error"])
@pytest.mark.parametrize("nonnegative", [False, True])
@pytest.mark.parametrize("method", ALL_METHODS)
def test_a_change_of_unit_changes_the_unit_and_nothing_else(method, nonnegative, exact):
    soft = (0.3,) if method in NEEDS_RESIDUALS else ()  # the others know no standard deviation to set against it
    for seed in range(3):
        tree, base, errors = random_case(seed, exact=exact and method != "multiplicative")
        base = np.abs(base) if method == "multiplicative" else base
        sides = dict(zip([tree.names[place] for place in tree.leaves[:2]], (1.0, 0.7), strict=True))
        for tolerance in (0.0, *soft):
            done = []
            for unit in UNITS:
                held = Constraint(sides, 2.0 * unit, tolerance * unit)
                plan = Reconciliation(method, (held,), nonnegative=nonnegative)
                done.append(reconcile_array(tree, unit * base, plan, unit * errors)[0] / unit)
            for each in done:
                np.testing.assert_allclose(each, done[UNITS.index(1.0)], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("method", NEEDS_RESIDUALS)
def test_residuals_in_small_units_still_say_which_forecast_to_trust(method):
    tree = from_parents(["T", "a", "b"], [-1, 0, 0])
    errors = 1e-5 * np.random.default_rng(1).normal(size=(3, 40)) * np.array([[1000.0], [1.0], [1.0]])
    base = 1e-5 * np.array([[100.0], [30.0], [50.0]])
    np.testing.assert_allclose(reconcile(tree, base, covariance_of(tree, method, errors)).values[0], 80e-5, rtol=1e-3)


def test_the_shrinkage_is_the_same_in_any_unit():
    _, _, errors = random_case(3)
    tree = random_case(3)[0]
    weights = {round(covariance_of(tree, "mint_shrink", unit * errors).shrinkage, 10) for unit in UNITS}
    assert len(weights) == 1


@pytest.mark.parametrize("method", METHODS)
def test_small_nodes_beside_large_ones_move_by_their_own_uncertainty(method):
    """The sum of one node in billions and one in thousandths: weighed by its error, the small one stays small."""
    tree = from_parents(["T", "large", "small"], [-1, 0, 0])
    base = np.array([[1.01e9], [1e9], [1e-3]])
    errors = np.random.default_rng(2).normal(size=(3, 30)) * np.array([[1e7], [1e7], [1e-4]])
    done = reconcile(tree, base, covariance_of(tree, method, errors)).values
    np.testing.assert_allclose(done, aggregate(tree, done[tree.leaves]))
    if method in NEEDS_RESIDUALS:
        assert abs(done[2, 0] - 1e-3) < 1e-3


def test_a_series_fitted_without_error_is_held_beside_any_other():
    tree = from_parents(["T", "a", "b"], [-1, 0, 0])
    errors = 1e-9 * np.array([[1.0, -1.0, 2.0, -2.0], [0.0] * 4, [1.0, 1.0, -1.0, -1.0]])
    done = reconcile(tree, np.array([[6.0], [1.0], [2.0]]), covariance_of(tree, "wls_var", errors)).values
    np.testing.assert_allclose(done[1], 1.0, rtol=1e-6)
    constant = errors.copy()
    constant[1] = 0.1  # its spread about its mean is rounding
    assert covariance_of(tree, "mint_shrink", constant).factors[1].tolist() == [0.0] * 4
    assert covariance_of(tree, "wls_var", 0 * errors).variance.ravel().tolist() == [1.0, 1.0, 1.0]
