"""Sparse reconciliation equals the dense textbook formulas, and what must hold holds in every column."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import nnls

from shiftcast.forecast.hierarchy.constraints import Constraint, parse_constraint, ratio_constraint
from shiftcast.forecast.hierarchy.covariance import METHODS, covariance_of, shrinkage_weight
from shiftcast.forecast.hierarchy.mint import pose, reconcile
from shiftcast.forecast.hierarchy.multiplicative import reconcile_positive
from shiftcast.forecast.hierarchy.nonnegative import solve_nonnegative
from shiftcast.forecast.hierarchy.projection import project
from shiftcast.forecast.hierarchy.structure import aggregate, from_parents, from_summing

GLS = [method for method in METHODS if method != "bottom_up"]
SIDES = ("n1", "n2")


def tree(seed=0, fans=(3, 4, 4)):
    random = np.random.default_rng(seed)
    names, parents, layer = ["top"], [-1], [0]
    for fan in fans:
        fresh = []
        for parent in layer:
            for _ in range(random.integers(2, fan + 1)):
                names.append(f"n{len(names)}")
                parents.append(parent)
                fresh.append(len(names) - 1)
        layer = fresh
    return from_parents(names, parents)


def grid():
    cells = np.array([(i, j, k) for i in range(3) for j in range(4) for k in range(5)])
    rows = [np.ones(60), *(cells[:, 0] == i for i in range(3)), *(cells[:, 1] == j for j in range(4))]
    rows += [*(cells[:, 2] == k for k in range(5)), *np.eye(60)]
    names = ["top", *(f"n{i}" for i in range(1, len(rows)))]
    return from_summing(names, sparse.csr_matrix(np.array(rows, dtype=float)))


HIERARCHIES = {"tree": tree(), "grid": grid()}


@pytest.fixture(params=HIERARCHIES)
def case(request):
    hierarchy = HIERARCHIES[request.param]
    random = np.random.default_rng(11)
    nodes = len(hierarchy.names)
    base = random.normal(10, 4, (nodes, 5))
    errors = random.normal(size=(nodes, 9)) * random.uniform(0.5, 3, (nodes, 1)) + random.normal(size=(1, 9))
    return hierarchy, aggregate(hierarchy, np.eye(len(hierarchy.leaves))), base, errors


def dense(covariance):
    return np.diag(covariance.variance[:, 0]) + covariance.factors @ covariance.factors.T


def gls(summing, weight, base):
    precise = np.linalg.inv(weight)
    return summing @ np.linalg.solve(summing.T @ precise @ summing, summing.T @ precise @ base)


def dense_shrunk(errors):
    """Schaefer and Strimmer's estimate by its definition, pair by pair."""
    nodes, periods = errors.shape
    centred = errors - errors.mean(axis=1, keepdims=True)
    scaled = centred / centred.std(axis=1, keepdims=True)
    spread = square = 0.0
    for i in range(nodes):
        for j in range(nodes):
            if i != j:
                product = scaled[i] * scaled[j]
                spread += ((product - product.mean()) ** 2).sum() / (periods * (periods - 1))
                square += product.mean() ** 2
    weight = min(1.0, spread / square)
    sample = centred @ centred.T / (periods - 1)
    return weight * np.diag(np.diag(sample)) + (1 - weight) * sample, weight


@pytest.mark.parametrize("method", GLS)
def test_mint_equals_the_dense_formula(case, method):
    hierarchy, summing, base, errors = case
    covariance = covariance_of(hierarchy, method, errors)
    wanted = gls(summing, dense(covariance), base)
    np.testing.assert_allclose(reconcile(hierarchy, base, covariance).values, wanted, rtol=1e-8, atol=1e-9)


def test_the_shrunk_covariance_is_the_one_defined(case):
    hierarchy, _, _, errors = case
    covariance = covariance_of(hierarchy, "mint_shrink", errors)
    wanted, weight = dense_shrunk(errors)
    np.testing.assert_allclose(dense(covariance), wanted, rtol=1e-6)
    assert covariance.shrinkage == pytest.approx(weight, rel=1e-6)
    assert shrinkage_weight(errors - errors.mean(axis=1, keepdims=True)) == covariance.shrinkage


def test_conjugate_gradients_give_what_the_direct_solution_gives(case, monkeypatch):
    hierarchy, _, base, errors = case
    covariance = covariance_of(hierarchy, "wls_var", errors)
    direct = project(hierarchy, base, covariance.variance)
    monkeypatch.setattr("shiftcast.forecast.hierarchy.projection._DIRECT", 0)
    np.testing.assert_allclose(project(hierarchy, base, covariance.variance), direct, rtol=1e-9)


def test_variances_of_their_own_a_column_equal_one_column_at_a_time(case):
    hierarchy, _, base, _ = case
    variance = np.random.default_rng(2).uniform(0.2, 2, base.shape)
    together = project(hierarchy, base, variance)
    for i in range(base.shape[1]):
        np.testing.assert_allclose(together[:, [i]], project(hierarchy, base[:, [i]], variance[:, [i]]), rtol=1e-10)


def test_coherent_forecasts_do_not_move(case):
    hierarchy, _, base, errors = case
    coherent = aggregate(hierarchy, base[hierarchy.leaves])
    for method in METHODS:
        after = reconcile(hierarchy, coherent, covariance_of(hierarchy, method, errors)).values
        np.testing.assert_allclose(after, coherent, rtol=1e-9, atol=1e-9)


def test_a_node_without_a_forecast_is_filled_from_below(case):
    hierarchy, _, base, errors = case
    holes = base.copy()
    holes[0] = np.nan
    after = reconcile(hierarchy, holes, covariance_of(hierarchy, "bottom_up", errors)).values
    np.testing.assert_allclose(after, aggregate(hierarchy, base[hierarchy.leaves]), rtol=1e-9)
    holes[hierarchy.leaves[0], 0] = np.nan
    with pytest.raises(ValueError, match=f"{hierarchy.names[hierarchy.leaves[0]]!r} has no forecast"):
        reconcile(hierarchy, holes, covariance_of(hierarchy, "ols"))


@pytest.mark.parametrize("method", METHODS)
def test_a_hard_ratio_holds_in_every_column_and_a_kept_total_stays(case, method):
    hierarchy, _, base, errors = case
    covariance = covariance_of(hierarchy, method, errors)
    done = reconcile(hierarchy, base, covariance, constraints=[ratio_constraint(*SIDES, 0.6)], keep=["top"]).values
    first, second = (done[hierarchy.position(name)] for name in SIDES)
    np.testing.assert_allclose(first / (first + second), 0.6, atol=1e-9)
    np.testing.assert_allclose(done[hierarchy.position("top")], base[hierarchy.position("top")], rtol=1e-9)
    np.testing.assert_allclose(done, aggregate(hierarchy, done[hierarchy.leaves]), rtol=1e-9)


@pytest.mark.parametrize("method", GLS)
def test_a_soft_ratio_runs_from_free_to_hard(case, method):
    hierarchy, _, base, errors = case
    covariance = covariance_of(hierarchy, method, errors)

    def at(tolerance):
        return reconcile(hierarchy, base, covariance, constraints=[ratio_constraint(*SIDES, 0.6, tolerance=tolerance)])

    free = reconcile(hierarchy, base, covariance).values
    np.testing.assert_allclose(at(1e9).values, free, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(at(1e-9).values, at(0.0).values, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(at(1.0).strain, at(0.0).strain)


@pytest.mark.parametrize("method", GLS)
def test_a_constraint_is_least_squares_on_what_it_leaves_free(case, method):
    hierarchy, summing, base, errors = case
    covariance = covariance_of(hierarchy, method, errors)
    row = np.zeros((1, len(base)))
    row[0, [hierarchy.position(name) for name in SIDES]] = 0.4, -0.6
    weight = np.linalg.inv(summing.T @ np.linalg.inv(dense(covariance)) @ summing)
    bottom = np.linalg.lstsq(summing, gls(summing, dense(covariance), base), rcond=None)[0]
    held = row @ summing
    bottom -= weight @ held.T @ np.linalg.solve(held @ weight @ held.T, held @ bottom)
    done = reconcile(hierarchy, base, covariance, constraints=[ratio_constraint(*SIDES, 0.6)])
    np.testing.assert_allclose(done.values, summing @ bottom, rtol=1e-7, atol=1e-8)
    spread = float((row @ summing @ weight @ summing.T @ row.T)[0, 0])
    np.testing.assert_allclose(done.strain[0], (row @ gls(summing, dense(covariance), base))[0] / np.sqrt(spread))


@pytest.mark.parametrize("method", GLS)
def test_values_below_zero_are_ruled_out_at_least_cost(case, method):
    hierarchy, summing, base, errors = case
    covariance = covariance_of(hierarchy, method, errors)
    low = base - 10
    root = np.linalg.cholesky(np.linalg.inv(dense(covariance))).T
    wanted = np.column_stack([summing @ nnls(root @ summing, root @ column)[0] for column in low.T])
    np.testing.assert_allclose(solve_nonnegative(pose(hierarchy, low, covariance)).values, wanted, atol=1e-8)


@pytest.mark.parametrize("method", GLS)
def test_non_negative_keeps_constraints_and_totals(case, method):
    hierarchy, _, base, errors = case
    low = base - 10
    low[hierarchy.position("top")] = 40.0
    problem = pose(
        hierarchy, low, covariance_of(hierarchy, method, errors),
        constraints=[ratio_constraint(*SIDES, 0.6)], keep=["top"],
    )  # fmt: skip
    done = solve_nonnegative(problem).values
    first, second = (done[hierarchy.position(name)] for name in SIDES)
    assert (done >= 0).all()
    np.testing.assert_allclose(0.4 * first, 0.6 * second, atol=1e-8)
    np.testing.assert_allclose(done[hierarchy.position("top")], 40.0)


def test_contradictory_hard_constraints_are_refused_by_name():
    hierarchy = HIERARCHIES["tree"]
    base = np.full((len(hierarchy.names), 2), 5.0)
    covariance = covariance_of(hierarchy, "ols")
    pair = [parse_constraint("1 * n1 = 3"), parse_constraint("1 * n1 = 4")]
    with pytest.raises(ValueError, match="contradicts the other constraints"):
        reconcile(hierarchy, base, covariance, constraints=pair)
    twice = reconcile(hierarchy, base, covariance, constraints=[pair[0], pair[0]]).values
    np.testing.assert_allclose(twice, reconcile(hierarchy, base, covariance, constraints=pair[:1]).values)


def test_kept_nodes_that_do_not_add_up_are_refused_by_name():
    plain = from_parents(["top", "a", "b"], [-1, 0, 0])
    with pytest.raises(ValueError, match="cannot be kept"):
        reconcile(plain, np.array([[5.0], [1.0], [2.0]]), covariance_of(plain, "ols"), keep=["top", "a", "b"])


def test_the_positive_form_meets_its_conditions_in_every_draw(case):
    hierarchy, summing, _, _ = case
    random = np.random.default_rng(8)
    base, sd = random.lognormal(1, 1, (len(summing), 40)), random.uniform(0.1, 0.6, (len(summing), 1))
    base, few = (base[:, :4], True) if hierarchy.crossed.shape[0] else (base, False)
    free = reconcile_positive(hierarchy, base, sd)
    assert (free > 0).all()
    np.testing.assert_allclose(summing.T @ (np.log(free / base) / sd**2), 0.0, atol=1e-8)
    held = reconcile_positive(hierarchy, base, sd, constraints=[ratio_constraint(*SIDES, 0.6)], keep=["top"])
    first, second = (held[hierarchy.position(name)] for name in SIDES)
    assert (held > 0).all()
    np.testing.assert_allclose(first / (first + second), 0.6, atol=1e-9)
    np.testing.assert_allclose(held[hierarchy.position("top")], base[hierarchy.position("top")], rtol=1e-9)
    assert few or held.shape[1] == 40


def test_below_fixed_totals_the_positive_form_moves_precise_leaves_least():
    plain = from_parents(["top", "H", "R", "h1", "h2", "r1", "r2"], [-1, 0, 0, 1, 1, 2, 2])
    base = np.array([10.0, 5, 5, 2, 3, 4, 1])[:, None]
    sd = np.array([np.inf, np.inf, np.inf, 0.1, 0.4, 0.2, 0.3])[:, None]
    done = reconcile_positive(plain, base, sd, constraints=[ratio_constraint("H", "R", 0.6)], keep=["top"])[:, 0]
    multiplier = np.log(done / base[:, 0])[3:] / sd[3:, 0] ** 2
    np.testing.assert_allclose(multiplier[0], multiplier[1])
    np.testing.assert_allclose(multiplier[2], multiplier[3])
    np.testing.assert_allclose(done[[0, 1, 2]], [10, 6, 4])


def test_zero_leaves_stay_and_negative_ones_are_refused():
    plain = from_parents(["top", "a", "b"], [-1, 0, 0])
    done = reconcile_positive(plain, np.array([[3.0], [0.0], [2.0]]), np.ones((3, 1)))[:, 0]
    np.testing.assert_allclose(done, [6**0.5, 0, 6**0.5])
    with pytest.raises(ValueError, match="'a' has a negative or missing forecast"):
        reconcile_positive(plain, np.array([[3.0], [-1.0], [2.0]]), np.ones((3, 1)))
    with pytest.raises(ValueError, match="'a' cannot be kept at 0"):
        reconcile_positive(plain, np.array([[3.0], [0.0], [2.0]]), np.ones((3, 1)), keep=["a"])


def test_positive_values_that_cannot_be_are_refused():
    plain = from_parents(["top", "a", "b"], [-1, 0, 0])
    with pytest.raises(ValueError, match="no positive values"):
        reconcile_positive(plain, np.ones((3, 1)), np.ones((3, 1)), constraints=[parse_constraint("1 * a = -4")])


def test_names_with_spaces_and_signs_are_read_in_quotes():
    read = parse_constraint('0.4 * "New South - Wales" - 0.6 * nsw-hol + top = 2.5')
    assert read.coefficients == {"New South - Wales": 0.4, "nsw-hol": -0.6, "top": 1.0}
    assert read.value == 2.5


def test_bad_constraints_and_covariances_say_what_is_wrong():
    plain = HIERARCHIES["tree"]
    for text in ("a + b", "0.4 * a = x", "0.4 = 0"):
        with pytest.raises(ValueError, match="constraint"):
            parse_constraint(text)
    with pytest.raises(ValueError, match="tolerance -1"):
        parse_constraint("a = 0", tolerance=-1.0)
    with pytest.raises(ValueError, match="not between 0 and 1"):
        ratio_constraint("a", "b", 1.0)
    with pytest.raises(ValueError, match="'nobody' is not in the hierarchy"):
        reconcile(
            plain,
            np.ones((len(plain.names), 1)),
            covariance_of(plain, "ols"),
            constraints=[Constraint({"nobody": 1.0})],
        )
    with pytest.raises(ValueError, match="method 'magic' is not known"):
        covariance_of(plain, "magic")
    with pytest.raises(ValueError, match="needs in-sample residuals"):
        covariance_of(plain, "wls_var")
    with pytest.raises(ValueError, match="at least 3 periods"):
        covariance_of(plain, "wls_var", np.ones((len(plain.names), 2)))
    errors = np.ones((len(plain.names), 5))
    errors[4, 1] = np.nan
    with pytest.raises(ValueError, match=f"{plain.names[4]!r} has a residual"):
        covariance_of(plain, "mint_shrink", errors)
