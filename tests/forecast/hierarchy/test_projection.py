"""The two ways to meet nodes that cross the tree, and when each is taken."""

import numpy as np
import pytest
from scipy import sparse

from shiftcast.forecast.hierarchy import projection
from shiftcast.forecast.hierarchy.projection import project
from shiftcast.forecast.hierarchy.structure import from_summing


@pytest.fixture
def crossed():
    """Return a grid of 12 by 15 with base forecasts and variances that lie far apart."""
    cells = np.array([(i, j) for i in range(12) for j in range(15)])
    rows = [np.ones(180), *(cells[:, 0] == i for i in range(12)), *(cells[:, 1] == j for j in range(15)), *np.eye(180)]
    hierarchy = from_summing(
        ["top", *(f"n{i}" for i in range(1, len(rows)))], sparse.csr_matrix(np.array(rows, dtype=float))
    )
    random = np.random.default_rng(3)
    return hierarchy, random.normal(10, 4, (len(rows), 3)), np.exp(random.normal(0, 3, (len(rows), 1)))


def test_conjugate_gradients_settle_where_variances_lie_far_apart(crossed, monkeypatch):
    direct = project(*crossed)
    monkeypatch.setattr(projection, "_DIRECT", 0)
    np.testing.assert_allclose(project(*crossed), direct, rtol=1e-9)


def test_only_more_crossing_nodes_than_the_direct_way_takes_go_step_by_step(crossed, monkeypatch):
    crossing = crossed[0].crossed.shape[0]
    monkeypatch.setattr(projection, "_STEPS", 0)
    monkeypatch.setattr(projection, "_DIRECT", crossing)
    assert np.isfinite(project(*crossed)).all()
    monkeypatch.setattr(projection, "_DIRECT", crossing - 1)
    with pytest.raises(ValueError, match=rf"{crossing} crossing nodes did not settle in 0 steps; give their variances"):
        project(*crossed)


def test_without_a_gap_there_is_no_step(crossed, monkeypatch):
    hierarchy, base, variance = crossed
    monkeypatch.setattr(projection, "_DIRECT", 0)
    assert project(hierarchy, np.zeros_like(base), variance).tolist() == np.zeros_like(base).tolist()


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_steps_end_alike_in_any_unit(crossed, unit, monkeypatch):
    hierarchy, base, variance = crossed
    monkeypatch.setattr(projection, "_DIRECT", 0)
    np.testing.assert_allclose(project(hierarchy, unit * base, variance), unit * project(*crossed), rtol=1e-9)
