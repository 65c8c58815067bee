"""Values of zero or more are the least-squares solution over every set of nodes at zero, whatever must hold."""

import numpy as np
import pytest

from shiftcast.forecast.hierarchy.constraints import Constraint, parse_constraint
from shiftcast.forecast.hierarchy.covariance import covariance_of
from shiftcast.forecast.hierarchy.mint import pose
from shiftcast.forecast.hierarchy.nonnegative import solve_nonnegative
from shiftcast.forecast.hierarchy.structure import aggregate, from_parents


def by_trying(tree, base, covariance, constraints, keep):
    """Return the least-squares bottom values of zero or more, by trying every set of nodes at zero."""
    summing = aggregate(tree, np.eye(len(tree.leaves)))
    weight = np.linalg.inv(np.diag(covariance.variance[:, 0]) + covariance.factors @ covariance.factors.T)
    quadratic, linear = summing.T @ weight @ summing, summing.T @ weight @ base
    exact, right = [summing[tree.position(name)] for name in keep], [base[tree.position(name)] for name in keep]
    for each in constraints:
        row = sum(factor * summing[tree.position(name)] for name, factor in each.coefficients.items())
        if each.tolerance:
            quadratic = quadratic + np.outer(row, row) / each.tolerance**2
            linear = linear + row * each.value / each.tolerance**2
        else:
            exact, right = [*exact, row], [*right, each.value]
    rows, wanted = np.array(exact).reshape(-1, len(tree.leaves)), np.array(right)
    best, least = None, np.inf
    for mask in range(2 ** len(tree.leaves)):
        free = [i for i in range(len(tree.leaves)) if mask >> i & 1]
        values = np.zeros(len(tree.leaves))
        if free:
            some = rows[:, free]
            system = np.block([[quadratic[np.ix_(free, free)], some.T], [some, np.zeros((len(some), len(some)))]])
            values[free] = np.linalg.lstsq(system, np.r_[linear[free], wanted], rcond=1e-13)[0][: len(free)]
        loss = values @ quadratic @ values - 2 * linear @ values
        if (values >= -1e-9).all() and (np.abs(rows @ values - wanted) < 1e-7).all() and loss < least:
            best, least = values, loss
    return best


def a_case(seed):
    random = np.random.default_rng(seed)
    nodes = int(random.integers(4, 9))
    tree = from_parents([f"n{i}" for i in range(nodes)], [-1, *(int(random.integers(i)) for i in range(1, nodes))])
    base = random.normal(3, 6, (nodes, 1))
    covariance = covariance_of(
        tree, str(random.choice(["ols", "wls_var", "mint_shrink"])), random.normal(size=(nodes, 9))
    )
    tolerance = float(random.choice([0.0, 0.1, 0.5, 2.0]))
    constraints = [
        Constraint(dict(zip(random.choice(tree.names, 2, replace=False).tolist(), (0.4, -0.6), strict=True)),
                   float(random.choice([0.0, 2.0, -2.0])), tolerance, "of two nodes")
        for _ in range(random.integers(3))
    ]  # fmt: skip
    keep = [tree.names[0]] if random.random() < 0.3 and base[0, 0] > 0 else []
    return tree, base, covariance, constraints, keep


def test_it_is_what_trying_every_set_of_zeros_finds():
    refused = 0
    for seed in range(150):
        tree, base, covariance, constraints, keep = a_case(seed)
        wanted = by_trying(tree, base[:, 0], covariance, constraints, keep)
        problem = pose(tree, base, covariance, constraints=constraints, keep=keep)
        if wanted is None:
            refused += 1
            with pytest.raises(ValueError, match=r"contradicts|cannot be kept|no values of zero or more"):
                solve_nonnegative(problem)
            continue
        done = solve_nonnegative(problem).values[:, 0]
        np.testing.assert_allclose(done[tree.leaves], wanted, atol=1e-5, err_msg=f"seed {seed}")
        np.testing.assert_allclose(done, aggregate(tree, done[tree.leaves][:, None])[:, 0])
    assert 3 < refused < 30


def test_a_soft_constraint_pulls_nodes_up_from_zero():
    tree = from_parents(["T", "n1", "n2"], [-1, 0, 0])
    pulled = parse_constraint("0.4 * T - 0.6 * n1 = 2", tolerance=0.1)
    problem = pose(tree, np.array([[-6.2], [-5.3], [3.2]]), covariance_of(tree, "ols"), constraints=[pulled])
    np.testing.assert_allclose(solve_nonnegative(problem).values[:, 0], [4.2778, 0, 4.2778], atol=1e-4)


def test_columns_of_any_size_stand_side_by_side():
    tree = from_parents(["T", "a", "b"], [-1, 0, 0])
    column = np.array([[2.0], [-3.0], [4.0]])
    base = column * np.array([[1e9, 1.0, 1e-9]])
    done = solve_nonnegative(pose(tree, base, covariance_of(tree, "ols"))).values
    np.testing.assert_allclose(done / np.array([[1e9, 1.0, 1e-9]]), np.repeat([[3.0], [0.0], [3.0]], 3, axis=1))
