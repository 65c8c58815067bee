"""Ranks of leaves worked by hand and against covariances computed another way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shiftcast.forecast.effects.ranking import Rank, rank, variance_shares
from shiftcast.forecast.effects.shapley import shapley_values
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import Part, draws_of


@given(arrays(np.float64, (12, 3), elements=st.floats(-100, 100)))
def test_a_part_of_the_variance_is_the_shapley_value_of_the_leaf(parts):
    sets = [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    worth = {chosen: float(parts[:, list(chosen)].sum(axis=1).var()) for chosen in sets}
    whole = worth[0, 1, 2]
    shares = variance_shares(parts)
    if whole > 1e-6:
        np.testing.assert_allclose(shares * whole, shapley_values(worth, 3), atol=1e-8 * max(1.0, *worth.values()))
        assert shares.sum() == pytest.approx(1.0, abs=1e-9)


def test_the_small_world_s_leaves_add_up(small_world):
    cube = small_world.cube
    found = rank(cube, Rank("2027Q4", start="2026Q2"))
    table = found.table
    level = draws_of(cube, "gpu_hours", Part("rest"))
    grown = level[:, 13] - level[:, 7]
    assert table["growth"].sum() == pytest.approx(grown.mean(), rel=1e-5)
    assert table["growth_share"].sum() == pytest.approx(1.0)
    assert table["variance_share"].sum() == pytest.approx(1.0)
    assert table["odds_first"].sum() == pytest.approx(1.0)
    assert sorted(table["variance_rank"]) == list(range(1, 9))
    leaf = draws_of(cube, "gpu_hours", Part("rest", "sovereign"))[:, 13]
    row = table.set_index("leaf").loc["sovereign"]
    assert row["variance_share"] == pytest.approx(np.cov(leaf, level[:, 13])[0, 1] / level[:, 13].var(ddof=1), rel=1e-5)
    assert row["own_spread"] == pytest.approx(np.log(np.quantile(leaf, 0.9) / np.quantile(leaf, 0.1)))
    assert row["variance_share_low80"] < row["variance_share"] < row["variance_share_high80"]
    assert found.says.startswith(f"{table.loc[0, 'leaf']} drives growth: ")
    assert "from 2026Q2 to 2027Q4" in found.says


def test_growth_starts_from_the_last_reported_quarter_where_none_is_named(small_world):
    named = rank(small_world.cube, Rank("2027Q4", start="2026Q2", segment="all"))
    left_out = rank(small_world.cube, Rank("2027Q4", segment="all"))
    assert named.says == left_out.says
    assert len(named.table) == 11
    assert "to 2028Q4" in rank(small_world.cube, Rank()).says


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"by": "2040Q1"}, OutOfSupportError, "an answer for 2040Q1"),
        ({"start": "2028Q1"}, ValueError, "start 2028Q1 is not before 2027Q4"),
        ({"segment": "vendor_internal"}, ValueError, "segment 'vendor_internal' has 1 leaves"),
        ({"segment": "moon"}, ValueError, "segment 'moon' has 0 leaves; rank all or one of"),
        ({"measure": "joy"}, ValueError, "measure 'joy' is not forecast"),
    ],
)
def test_what_cannot_be_ranked_is_named(small_world, asked, error, told):
    with pytest.raises(error, match=told):
        rank(small_world.cube, Rank(**{"by": "2027Q4"} | asked))
