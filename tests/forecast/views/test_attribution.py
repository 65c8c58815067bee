import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.attribution import DECOMPOSITIONS, attribute, change_of
from shiftcast.forecast.views.lmdi import lmdi
from shiftcast.forecast.views.part import MEASURES, Part, draws_of
from shiftcast.forecast.views.scenario import apply_scenario

sides = st.tuples(*[arrays(np.float64, (3, 2, 4), elements=st.just(0.0) | st.floats(1e-6, 1e6)) for _ in range(2)])


def one(first, second):
    return {"v": np.array([[first]]), "i": np.array([[second]])}


def named(values):
    return {"a": values[0], "b": values[1], "c": values[2]}


@given(sides)
def test_effects_sum_to_the_change_in_every_draw_zeros_or_not(both):
    before, after = both
    change = after.prod(axis=0).sum(axis=-1) - before.prod(axis=0).sum(axis=-1)
    total = sum(lmdi(named(before), named(after)).values())
    np.testing.assert_allclose(total, change, atol=1e-9 * max(1.0, before.prod(axis=0).max(), after.prod(axis=0).max()))


@given(sides)
def test_going_back_undoes_each_effect_and_the_order_of_factors_does_not_matter(both):
    before, after = (named(side) for side in both)
    there, back = lmdi(before, after), lmdi(after, before)
    turned = lmdi(dict(reversed(before.items())), dict(reversed(after.items())))
    for name, effect in there.items():
        scale = 1e-9 * max(1.0, *(abs(each).max() for each in there.values()))
        np.testing.assert_allclose(effect, -back[name], atol=scale)
        np.testing.assert_allclose(effect, turned[name], atol=scale)


def test_two_factors_by_hand():
    effects = lmdi(one(100.0, 2.0), one(150.0, 4.0))
    mean = (600 - 200) / np.log(3)
    assert effects["v"][0] == pytest.approx(mean * np.log(1.5))
    assert effects["i"][0] == pytest.approx(mean * np.log(2))


def test_the_limits_at_zero_are_those_of_ever_smaller_values():
    for tiny in (1e-60, 1e-120, 1e-240):
        close = lmdi(one(tiny, 2.0), one(5.0, 4.0))
    limit = lmdi(one(0.0, 2.0), one(5.0, 4.0))
    assert (limit["v"][0], limit["i"][0]) == (20.0, 0.0)
    assert close["v"][0] == pytest.approx(20, rel=0.01)
    both = lmdi(one(0.0, 0.0), one(5.0, 4.0))
    assert (both["v"][0], both["i"][0]) == (10.0, 10.0)
    gone = lmdi(one(5.0, 4.0), one(0.0, 4.0))
    assert (gone["v"][0], gone["i"][0]) == (-20.0, 0.0)


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_factors_that_cannot_be_are_refused(value):
    with pytest.raises(ValueError, match="factor 'v' has a value that is negative or not finite"):
        lmdi({"v": np.array([[value]])}, {"v": np.array([[1.0]])})
    with pytest.raises(ValueError, match="factors differ"):
        lmdi({"v": np.array([[1.0]])}, {"w": np.array([[1.0]])})


def random_world(cube, seed):
    """Return the small world with hours, machines and requests scaled at random by cell, some of them to nothing."""
    random = np.random.default_rng(seed)

    def scaled(name):
        values = cube[name].values.astype(np.float64)
        factor = np.exp(random.normal(0, 2, values.shape)) * (random.random(values.shape) > 0.1)
        return cube[name].dims, values * factor, cube[name].attrs

    return cube.assign({name: scaled(name) for name in ("gpu_hours", "requests", "tokens", "power")})


def test_effects_are_exact_to_1e_12_of_the_change_in_every_draw_of_200_random_worlds(small_world):
    cube = small_world.cube.isel(draw=slice(3), period=slice(6, 10), leaf=[0, 1, 3, 5])
    kinds = [*DECOMPOSITIONS]
    for seed in range(200):
        before, after = random_world(cube, 2 * seed), random_world(cube, 2 * seed + 1)
        by, measure = kinds[seed % len(kinds)], ("gpu_hours", "power")[seed // len(kinds) % 2]
        found = change_of(before, after, start="2026Q2", end="2026Q4", measure=measure, by=by)
        change = found.after - found.before
        total = np.sum(list(found.effects.values()), axis=0)
        assert (np.abs(total - change) <= 1e-12 * np.abs(change)).all(), (seed, by)


def test_parts_of_a_sum_take_their_own_change(small_world):
    cube = small_world.cube
    rows = attribute(cube, cube, start="2025Q2", end="2027Q2", by="leaf").set_index("factor")["mean"]
    for leaf in ("sovereign", "hosted"):
        level = draws_of(cube, "gpu_hours", Part(leaf=leaf)).mean(axis=0)
        assert rows[leaf] == pytest.approx(level[11] - level[3], rel=1e-5)
    sides = attribute(cube, cube, start="2025Q2", end="2027Q2", by="segment").set_index("factor")["mean"]
    inside = draws_of(cube, "gpu_hours", Part("hyperscale")).mean(axis=0)
    assert sides["hyperscale"] == pytest.approx(inside[11] - inside[3], rel=1e-5)
    kinds = attribute(cube, cube, start="2025Q2", end="2027Q2", by="workload").set_index("factor")["mean"]
    tasks = attribute(cube, cube, start="2025Q2", end="2027Q2", by="technique").set_index("factor")["mean"]
    assert tasks[["search/deep", "search/llm"]].sum() == pytest.approx(kinds["search"], rel=1e-9)


@pytest.mark.parametrize("by", DECOMPOSITIONS)
@pytest.mark.parametrize("measure", MEASURES)
def test_a_change_within_a_cube_adds_up_from_measure_to_measure(small_world, by, measure):
    cube = small_world.cube
    rows = attribute(cube, cube, start="2025Q2", end="2027Q2", measure=measure, segment="rest", by=by)
    level = draws_of(cube, measure, Part("rest")).mean(axis=0)
    assert rows["mean"].iloc[[0, -1]].tolist() == pytest.approx([level[3], level[11]], rel=1e-9)
    assert rows["mean"].iloc[:-1].sum() == pytest.approx(rows["mean"].iloc[-1], rel=1e-9)
    assert (rows["low80"] <= rows["high80"]).all()


def test_a_vintage_with_more_searches_differs_by_work_a_search_only(small_world):
    cube = small_world.cube
    rows = attribute(cube, apply_scenario(cube, "search*2"), start="2027Q1", end="2027Q1").set_index("factor")["mean"]
    assert rows[["volume", "technique mix"]].abs().max() == 0
    after = apply_scenario(cube, "search*2")
    levels = [draws_of(each, "gpu_hours", Part()).mean(axis=0)[10] for each in (cube, after)]
    assert rows.iloc[1:-1].sum() == pytest.approx(levels[1] - levels[0], rel=1e-5)
    assert rows["hours a request"] > 0 > rows["work not counted in requests"]  # search takes scarce hours from others


def test_a_task_that_only_one_vintage_has_begins_at_zero(small_world):
    cube = small_world.cube
    before = cube.isel(task=np.flatnonzero(cube["task"].values != "search/llm"))
    for by in DECOMPOSITIONS:
        rows = attribute(before, cube, start="2027Q1", end="2027Q1", by=by)
        new = draws_of(cube, "gpu_hours", Part(workload="search", technique="llm")).mean(axis=0)[10]
        assert rows["mean"].iloc[-1] - rows["mean"].iloc[0] == pytest.approx(new, rel=1e-6)
        assert rows["mean"].iloc[:-1].sum() == pytest.approx(rows["mean"].iloc[-1], rel=1e-12)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"start": "1999Q1"}, OutOfSupportError, "quarter '1999Q1' is not in the forecast, which has 2024Q3 to 2028Q4"),
        ({"by": "luck"}, ValueError, "by 'luck' is not known; choose one of factor, mix, segment, leaf"),
        ({"by": "request"}, OutOfSupportError, "hours of a request apart: this forecast was kept without"),
        ({"measure": "joy"}, ValueError, "measure 'joy' is not forecast"),
        ({"segment": "moon"}, ValueError, "segment 'moon' is not forecast; choose all or one of hyperscale"),
    ],
)
def test_what_cannot_be_attributed_is_named(small_world, options, error, said):
    asked = {"start": "2026Q1", "end": "2027Q1"} | options
    with pytest.raises(error, match=said):
        attribute(small_world.cube, small_world.cube, **asked)


def test_vintages_of_other_shape_are_refused(small_world):
    cube = small_world.cube
    with pytest.raises(OutOfSupportError, match="one forecast has 100 draws, the other 200"):
        attribute(cube.isel(draw=slice(100)), cube, start="2027Q1", end="2027Q1")
    with pytest.raises(OutOfSupportError, match="stored without requests"):
        attribute(cube.drop_vars("requests"), cube, start="2027Q1", end="2027Q1")
    assert isinstance(cube, xr.Dataset)
