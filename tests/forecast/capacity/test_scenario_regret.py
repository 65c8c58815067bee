import numpy as np
import pytest

from shiftcast.forecast.capacity.scenario_regret import Regretted, regret_question, regrets
from shiftcast.forecast.views.scenario import with_gallery


def test_regret_is_the_cost_over_the_best_of_a_scenario():
    needs = [np.array([10.0, 20.0]), np.array([40.0, 40.0])]
    found = regrets(np.array([20.0, 40.0]), needs, under=3.0, over=1.0)
    # of need 10 or 20: 20 costs 5, the least; 40 costs 25. Of need 40: 20 costs 60, 40 nothing
    np.testing.assert_allclose(found, [[0.0, 60.0], [20.0, 0.0]])


def test_no_number_beats_the_quantile_that_regret_is_counted_from():
    random = np.random.default_rng(0)
    need = random.lognormal(3, 0.5, 400)
    plans = np.linspace(need.min(), need.max(), 500)
    found = regrets(plans, [need], under=9.0, over=1.0)
    assert found.min() >= 0
    assert found.min() < 0.05
    assert plans[found.argmin()] == pytest.approx(np.quantile(need, 0.9), rel=0.02)


@pytest.fixture(scope="module")
def answer(small_world):
    cube = with_gallery(small_world.cube, {"halved": {"demand": [{"part": "all", "factor": 0.5}]}})
    return regret_question(cube, Regretted(("halved", "all*2"), by="2027Q4", under=3.0, over=1.0))


def test_the_plan_of_least_regret_comes_first_and_says_so(answer):
    table = answer.table
    assert set(table["plan"]) == {"base", "halved", "all*2"}
    assert table["regret"].is_monotonic_increasing
    worst = table[["regret_base", "regret_halved", "regret_all*2"]].max(axis=1)
    np.testing.assert_array_equal(table["regret"], worst)
    own = table.set_index("plan")
    for name in own.index:
        assert own.loc[name, f"regret_{name}"] <= 1e-6 * own[f"regret_{name}"].max()
    assert own.loc["halved", "accelerators_to_add"] < own.loc["base", "accelerators_to_add"]
    first = table.iloc[0]
    assert answer.says.startswith(f"{first['accelerators_to_add'] / 1e6:.3g} million accelerators to add by 2027Q4")
    assert f"the plan made for {first['plan']}" in answer.says


def test_a_risk_stands_for_costs(small_world):
    by_risk, by_costs = (
        regret_question(small_world.cube, Regretted(("all*0.5",), by="2027Q4", **costs)).table
        for costs in ({"risk": 0.25}, {"under": 3.0, "over": 1.0})
    )
    np.testing.assert_allclose(
        by_risk.select_dtypes("number").to_numpy(), by_costs.select_dtypes("number").to_numpy(), rtol=1e-9
    )


def test_a_quarter_that_is_not_ahead_is_refused(small_world):
    with pytest.raises(ValueError, match="an answer for 2020Q1: the forecast goes from"):
        regret_question(small_world.cube, Regretted(("all*0.5",), by="2020Q1", risk=0.1))
