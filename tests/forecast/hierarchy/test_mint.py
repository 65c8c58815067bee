"""What constraints, kept nodes and missing forecasts do to one small tree, in any unit."""

import numpy as np
import pytest

from shiftcast.forecast.hierarchy.constraints import Constraint, parse_constraint
from shiftcast.forecast.hierarchy.covariance import covariance_of
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import aggregate, from_parents

TREE = from_parents(["top", "l", "r", "a", "b", "c", "d"], [-1, 0, 0, 1, 1, 2, 2])
SUMMING = aggregate(TREE, np.eye(4))
OLS = covariance_of(TREE, "ols")


def forecasts(seed=5, columns=3, unit=1.0):
    return unit * np.random.default_rng(seed).uniform(1, 9, (7, columns))


def shrunk():
    random = np.random.default_rng(6)
    return covariance_of(TREE, "mint_shrink", random.normal(size=(7, 12)) + random.normal(size=(1, 12)))


def test_a_value_is_met_and_its_strain_is_the_gap_in_standard_deviations():
    free = reconcile(TREE, forecasts(), OLS).values[TREE.position("a")]
    done = reconcile(TREE, forecasts(), OLS, constraints=[parse_constraint("a = 3")])
    np.testing.assert_allclose(done.values[TREE.position("a")], 3.0)
    spread = (SUMMING @ np.linalg.inv(SUMMING.T @ SUMMING) @ SUMMING.T)[TREE.position("a"), TREE.position("a")]
    np.testing.assert_allclose(done.strain[0], (free - 3.0) / np.sqrt(spread))


@pytest.mark.parametrize("tolerance", [0.1, 0.7, 5.0])
def test_a_tolerance_leaves_its_share_of_the_gap(tolerance):
    gap = reconcile(TREE, forecasts(), OLS).values[TREE.position("a")] - 3.0
    done = reconcile(TREE, forecasts(), OLS, constraints=[parse_constraint("a = 3", tolerance=tolerance)])
    spread = (gap / done.strain[0]) ** 2
    left = gap * tolerance**2 / (spread + tolerance**2)
    np.testing.assert_allclose(done.values[TREE.position("a")] - 3.0, left, rtol=1e-9)


def test_a_constraint_on_what_is_kept_has_no_strain():
    base = forecasts()
    base[TREE.position("a")] = 2.0
    done = reconcile(TREE, base, OLS, constraints=[parse_constraint("a = 2")], keep=["a"])
    assert done.strain.tolist() == [[0.0, 0.0, 0.0]]
    np.testing.assert_allclose(done.values, reconcile(TREE, base, OLS, keep=["a"]).values)


def test_a_contradiction_names_the_nodes_kept_where_there_are_any():
    base = np.ones((7, 1))
    with pytest.raises(ValueError, match=r"contradicts the other constraints; drop one"):
        reconcile(TREE, base, OLS, constraints=[parse_constraint("a = 3"), parse_constraint("a = 4")])
    with pytest.raises(ValueError, match=r"contradicts the other constraints or the nodes kept \(a, b\); drop one"):
        reconcile(TREE, base, OLS, constraints=[parse_constraint("a = 3")], keep=["a", "b"])


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_what_fits_together_is_met_in_any_unit_and_what_does_not_is_refused(unit):
    base = forecasts(unit=unit)
    base[0] = 20 * unit
    fits = [Constraint({"a": 0.3, "c": -0.7}), Constraint({"a": 0.1, "c": -0.7 / 3})]
    done = reconcile(TREE, base, OLS, constraints=fits, keep=["top"]).values
    np.testing.assert_allclose(done[TREE.position("a")], done[TREE.position("c")] * 7 / 3)
    with pytest.raises(ValueError, match="contradicts"):
        reconcile(TREE, base, OLS, constraints=[Constraint({"a": 1.0}, 3 * unit), Constraint({"a": 1.0}, 4 * unit)])
    with pytest.raises(ValueError, match="node 'l' cannot be kept"):
        reconcile(TREE, base, OLS, keep=["l", "a", "b"])


def test_figures_that_differ_by_rounding_do_not_contradict_where_all_is_zero():
    close = [Constraint({"a": 1.0}, 1e-13), Constraint({"a": 1.0}, 2e-13)]
    done = reconcile(TREE, np.zeros((7, 1)), OLS, constraints=close)
    np.testing.assert_allclose(done.values[TREE.position("a")], 1.5e-13)
    nought = forecasts()
    nought[0] = 0.0
    np.testing.assert_allclose(reconcile(TREE, nought, shrunk(), keep=["top"]).values[0], 0.0, atol=1e-12)


def test_a_missing_forecast_weighs_nothing():
    base, covariance = forecasts(), covariance_of(TREE, "wls_struct")
    base[0] = np.nan
    precise = 1 / covariance.variance[1:]
    bottom = np.linalg.solve(SUMMING[1:].T @ (precise * SUMMING[1:]), SUMMING[1:].T @ (precise * base[1:]))
    np.testing.assert_allclose(reconcile(TREE, base, covariance).values, SUMMING @ bottom)


@pytest.mark.parametrize("rows", [[0], [0, 2]])
def test_columns_with_the_same_forecasts_missing_are_those_of_each_alone(rows):
    base = forecasts()
    base[rows] = np.nan
    held = ["0.4 * a - 0.6 * c = 0", "d = 2", "l = 8"]
    options = {"constraints": [parse_constraint(text) for text in held], "keep": ["b"]}
    together = reconcile(TREE, base, shrunk(), **options)
    for place in range(3):
        alone = reconcile(TREE, base[:, [place]], shrunk(), **options)
        np.testing.assert_allclose(together.values[:, [place]], alone.values)
        np.testing.assert_allclose(together.strain[:, [place]], alone.strain)


def test_a_forecast_missing_in_one_column_is_missing_there_only():
    base = forecasts()
    base[0, 1] = np.nan
    together = reconcile(TREE, base, OLS).values
    for place in range(3):
        np.testing.assert_allclose(together[:, [place]], reconcile(TREE, base[:, [place]], OLS).values)
