import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.capacity.procurement import BuildCosts, build_cost, build_costs
from shiftcast.forecast.scores import bias, pinball

COSTS = BuildCosts(short=0.45, over=0.15)


def test_the_record_has_the_costs(record):
    costs = build_costs(record.assumptions)
    assert 0 < costs.over < costs.short < 1
    assert costs.quantile == pytest.approx(0.75)


@pytest.mark.parametrize("value", [None, 0.0, -1.0, float("nan")])
def test_a_cost_that_is_missing_or_not_positive_is_named(value):
    rows = pd.DataFrame({"name": ["procurement.over", "procurement.short"], "mid": [0.15, value or 0.0]})
    rows = rows if value is not None else rows.iloc[:1]
    with pytest.raises(ValueError, match=r"'procurement\.short' is .*assumptions\.csv"):
        build_costs(rows)


def test_build_cost_is_the_pinball_loss_at_the_procurement_quantile_times_both_costs():
    draws = np.random.default_rng(1).lognormal(size=(400, 6))
    actual = np.array([0.1, 0.5, 1.0, 2.0, 3.0, 9.0])
    expected = pinball(draws, actual, 0.75) * (0.45 + 0.15) / actual
    assert build_cost(draws, actual, COSTS) == pytest.approx(expected)


def test_building_too_little_costs_more_than_as_much_too_much():
    low, high = build_cost(np.tile([[90.0, 110.0]], (5, 1)), np.array([100.0, 100.0]), COSTS)
    assert (low, high) == pytest.approx((0.045, 0.015))


def test_no_plan_costs_less_on_average_than_the_procurement_quantile():
    actual = np.random.default_rng(2).lognormal(size=20_000)
    cost = {q: np.mean(pinball(np.full((1, 1), np.quantile(actual, q)), actual, 0.75)) for q in (0.5, 0.75, 0.9)}
    assert min(cost, key=cost.get) == 0.75


def test_bias_is_positive_where_the_forecast_was_too_high():
    assert bias(np.array([[3.0, 1.0]] * 3), np.array([1.0, 3.0])).tolist() == [2.0, -2.0]
