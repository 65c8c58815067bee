"""A place without history: a predictive t of the logs of what places like it plan, as a part of the leaf's fleet."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from shiftcast.forecast.effects.words import said
from shiftcast.forecast.fleet.newcomer import Newcomer, drawn_shares, newcomer, plans_of
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import Part, draws_of


@pytest.fixture(scope="module")
def answered(small_world, known_on):
    return newcomer(small_world.cube, known_on(), Newcomer(("japan", "india"), by="2027Q4"))


def test_shares_are_the_predictive_t_of_the_logs():
    logs = np.array([-1.0, -3.0, -2.0, -6.0])
    shares, cut = drawn_shares(np.exp(np.tile(logs, (20_000, 1))), np.array(["a", "a", "b", "c"]), ("b", "c"), seed=3)
    places = np.array([-2.0, -2.0, -6.0])  # two plans of one place are its mean
    wide = places.std(ddof=1) * np.sqrt(1 + 1 / 2)
    expected = stats.t(2, loc=-4.0, scale=wide)
    assert cut == pytest.approx(expected.sf(0.0), abs=0.01)
    for level in (0.1, 0.5, 0.8):
        assert np.log(np.quantile(shares, level)) == pytest.approx(expected.ppf(level), abs=0.1)
    assert shares.max() <= 1.0


def test_a_plan_in_accelerators_and_one_in_power_are_parts_of_the_same_fleet(answered, small_world, known_on):
    plans = answered.more["places"].set_index(["region", "measure"])
    live, power = (draws_of(small_world.cube, name, Part("rest", "sovereign")) for name in ("accelerators", "power"))
    at = 9  # 2026Q4, in which the window of the plan ends
    gulf = plans.loc[("uae", "power")]
    assert str(gulf["period_end"].date()) == "2026-12-31"
    assert gulf["share_median"] == pytest.approx(np.median(1000.0 * gulf["value"] / power[:, at]))
    late = plans.loc[[("saudi_arabia", "accelerators")]].sort_values("period_end").iloc[-1]
    assert late["share_median"] == pytest.approx(np.median(late["value"] / live[:, 13]))  # past the quarter asked for


def test_measures_move_with_the_leaf_and_the_share_does_not(answered, small_world):
    table = answered.table.set_index("quarter")
    assert (table["share_median"] == table["share_median"].iloc[0]).all()
    assert list(table.index[[0, -1]]) == ["2026Q3", "2027Q4"]
    live = draws_of(small_world.cube, "accelerators", Part("rest", "sovereign"))
    assert table["accelerators_median"].iloc[-1] / table["accelerators_median"].iloc[0] == pytest.approx(
        np.median(live[:, 13]) / np.median(live[:, 8]), rel=0.25
    )
    assert answered.says.startswith(said(table["accelerators_median"].iloc[-1], "accelerator"))
    assert "weight 0" in answered.notes[0]


def test_a_joint_plan_tells_of_no_single_place():
    frame = pd.DataFrame({
        "region": ["x", "y", "xy"], "operator": ["a", "b_park", "a_b"], "measure": "power", "value": 1.0, "unit": "GW",
        "leaf": "sovereign", "stage": "forward", "source": "s", "evidence": "vendor",
        **dict.fromkeys(("period_start", "period_end", "known_at"), pd.Timestamp("2026-01-01", tz="UTC")),
    })  # fmt: skip
    assert plans_of(frame, "sovereign")["region"].tolist() == ["x", "y"]


def test_unknown_places_and_leaves_without_plans_are_refused(small_world, known_on):
    cube, known = small_world.cube, known_on()
    with pytest.raises(ValueError, match=r"'france' has no plan in the record; there are uae, saudi_arabia, india"):
        newcomer(cube, known, Newcomer(("france",)))
    with pytest.raises(ValueError, match=r"leaf 'edge' has dated plans of 0 places in the record"):
        newcomer(cube, known, Newcomer(leaf="edge"))
    with pytest.raises(OutOfSupportError, match="does not keep the record"):
        newcomer(cube, None, Newcomer())
