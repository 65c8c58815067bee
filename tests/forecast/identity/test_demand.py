from __future__ import annotations

import numpy as np
import pytest

from shiftcast.forecast.identity.demand import Pooled, demand_gap, pooled_change


def test_the_gap_ahead_is_what_demand_grew_by_beyond_supply():
    seen, had = np.array([[8.0, 8.0, 16.0, 32.0]]), np.array([[20.0, 20.0, 20.0, 20.0]])
    gap, lasting = demand_gap(seen, had, np.array([0.2]), first=2, recent=2)
    np.testing.assert_allclose(gap, np.log([[2.0, 4.0]]))
    np.testing.assert_allclose(lasting, np.log([0.5]))


def test_the_lasting_gap_is_that_of_the_recent_quarters_alone():
    seen = np.array([[1.0, 4.0, 4.0, 4.0]])
    gap, lasting = demand_gap(seen, np.full((1, 4), 2.0), np.zeros(1), first=3, recent=2)
    np.testing.assert_allclose((gap.item(), lasting.item()), (0.0, np.log(2)), atol=1e-12)


def two_views(spread_of_sales: float, spread_of_demand: float, draws: int = 20_000):
    random = np.random.default_rng(0)
    sales = spread_of_sales * random.standard_normal((draws, 1))
    demand = 1.0 + spread_of_demand * random.standard_normal((draws, 1))
    return sales, demand - sales


@pytest.mark.parametrize(("sales_sd", "demand_sd"), [(1.0, 1.0), (1.0, 3.0), (2.0, 0.5)])
def test_the_view_with_less_spread_moves_the_other_by_its_precision(sales_sd, demand_sd):
    sales, gap = two_views(sales_sd, demand_sd)
    change = pooled_change(sales, gap, 0.0, np.random.default_rng(1))
    say = sales_sd**2 / (sales_sd**2 + demand_sd**2)
    assert (sales + change).mean() == pytest.approx(say, abs=0.03)
    assert (sales + change).var() == pytest.approx(say * demand_sd**2, rel=0.05)
    assert Pooled(gap, change).weight == pytest.approx(say, abs=0.02)


def test_drift_takes_from_the_say_of_demand():
    sales, gap = two_views(1.0, 1.0)
    change = pooled_change(sales, gap, 1.0, np.random.default_rng(1))
    assert Pooled(gap, change).weight == pytest.approx(1 / 3, abs=0.02)


def test_a_sure_demand_is_followed_in_every_quarter():
    random = np.random.default_rng(2)
    sales = np.cumsum(random.standard_normal((2000, 3)), axis=1)
    demand = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(sales + pooled_change(sales, demand - sales, 0.0, random), demand + 0 * sales, atol=1e-5)


def test_the_same_stream_gives_the_same_change():
    sales, gap = two_views(1.0, 1.0, draws=50)
    one, other = (pooled_change(sales, gap, 0.3, np.random.default_rng(3)) for _ in range(2))
    assert one.tobytes() == other.tobytes()
