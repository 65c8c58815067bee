"""What a change is made of, in words and by the terms of a request; shares by the Shapley rule."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.effects.changes import Attributed, attribute_answer, change_between, level_of
from shiftcast.forecast.effects.shares import RULE, share_effects
from shiftcast.forecast.effects.terms import TERMS, request_terms
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.attribution import WARNING
from shiftcast.forecast.views.part import Part, draws_of

levels = arrays(np.float64, (3, 4), elements=st.floats(0.1, 1e4))
INSIDE = np.array([1.0, 1.0, 0.0, 0.0])


def share(parts):
    return (parts * INSIDE).sum(axis=1) / parts.sum(axis=1)


@given(levels, levels)
def test_effects_on_a_share_are_the_mean_over_every_order(old, new):
    found, mean = share_effects(old, new, INSIDE), np.zeros_like(old)
    for order in permutations(range(4)):
        now = old.copy()
        for part in order:
            before = share(now)
            now[:, part] = new[:, part]
            mean[:, part] += (share(now) - before) / 24
    np.testing.assert_allclose(found, mean, atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), share(new) - share(old), atol=1e-12)


def test_a_share_changes_by_its_leaves_and_says_by_which_rule(small_world, small_basis, known_on):
    asked = Attributed("2025Q2", "2027Q2", measure="hyperscale_share", by="leaf")
    side = small_world.cube, small_basis, known_on()
    found = attribute_answer(side, side, asked)
    assert found.table["mean"].iloc[:-1].sum() == pytest.approx(found.table["mean"].iloc[-1], abs=1e-12)
    assert RULE in found.notes
    assert len(found.table) == 12
    with pytest.raises(ValueError, match="a share changes by leaf or segment of all; ask by=leaf"):
        attribute_answer(side, side, replace(asked, by="factor"))


def test_terms_multiply_to_the_hours_of_a_request(small_world, small_basis, known_on):
    cube = small_world.cube
    terms = request_terms(cube, small_basis, known_on().registry, "2027Q2")
    assert tuple(terms) == TERMS
    names = [str(name) for name in cube["technique"].values]
    product = np.prod(np.stack(list(terms.values())), axis=0)
    for at, task in enumerate(str(name) for name in cube["task"].values):
        if task.split("/")[0] in {"recsys", "search", "ads", "generative"}:
            np.testing.assert_allclose(product[:, at], cube["hours_each"].values[:, 11, names.index(task)], rtol=1e-6)
        else:
            assert np.isnan(product[:, at]).all()


def test_chips_are_the_same_for_techniques_that_are_rated_alike(small_world, small_basis, known_on):
    terms = request_terms(small_world.cube, small_basis, known_on().registry, "2027Q2")
    tasks = [str(name) for name in small_world.cube["task"].values]
    deep, newer = (terms["chips"][:, tasks.index(f"recsys/{name}")] for name in ("deep", "llm"))
    np.testing.assert_allclose(deep, newer, rtol=1e-5)
    assert (terms["cost over the older technique"][:, tasks.index("recsys/deep")] == 1.0).all()


def test_software_and_growth_of_models_are_apart_and_add_up(small_world, small_basis, known_on):
    side = (small_world.cube, small_basis, known_on())
    found = change_between(side, side, Attributed("2025Q2", "2027Q2", by="request"))
    total = np.sum(list(found.effects.values()), axis=0)
    np.testing.assert_allclose(total, found.after - found.before, rtol=1e-12)
    assert found.effects["software"].mean() < 0 < found.effects["growth of models"].mean()
    assert found.effects["chips"].mean() < 0
    for held in ("calls a request", "tokens or samples a call", "pace of busy fleets"):
        assert not found.effects[held].any()


def test_calls_that_are_believed_to_be_twice_as_many_show_as_calls(small_world, small_basis, known_on):
    rows = small_basis.assumptions.copy()
    chosen = rows["name"].eq("calls.search.llm")
    rows.loc[chosen, ["low", "mid", "high"]] *= 2
    other = replace(small_basis, assumptions=rows)
    assert sample_assumptions(rows, draws=other.draws, seed=other.seed, moved=other.learned)["calls.search.llm"][0] == (
        pytest.approx(2 * small_basis.drawn["calls.search.llm"][0])
    )
    cube, known = small_world.cube, known_on()
    tasks = [str(name) for name in cube["task"].values]
    doubled = cube.copy()
    doubled["gpu_hours"] = cube["gpu_hours"] * np.where(np.array(tasks) == "search/llm", 2.0, 1.0)
    names = [str(name) for name in cube["technique"].values]
    doubled["hours_each"] = cube["hours_each"] * np.where(np.array(names) == "search/llm", 2.0, 1.0)
    asked = Attributed("2027Q2", "2027Q2", by="request")
    found = change_between((cube, small_basis, known), (doubled, other, known), asked)
    change = (found.after - found.before).mean()
    assert found.effects["calls a request"].mean() == pytest.approx(change, rel=1e-5)
    rest = [abs(each.mean()) for name, each in found.effects.items() if name != "calls a request"]
    assert max(rest) < 1e-4 * change


def test_words_begin_with_the_change_and_name_its_largest_effect(small_world, small_basis, known_on):
    side = small_world.cube, small_basis, known_on()
    found = attribute_answer(side, side, Attributed("2025Q2", "2027Q2", by="leaf"))
    largest = found.table.iloc[1:-1].sort_values("mean").iloc[-1]["factor"]
    assert found.says.startswith("+")
    assert f"It is made of {largest} +" in found.says
    assert found.notes[0] == WARNING
    same = attribute_answer(side, side, Attributed("2025Q2", "2025Q2"), ("version 1", "version 2"))
    assert "in version 1 to" in same.says
    assert "It is made of nothing" in same.says


def test_hours_of_a_request_are_not_apart_where_assumptions_are_not_kept(small_world):
    bare = small_world.cube, None, None
    with pytest.raises(OutOfSupportError, match="kept without its assumptions"):
        attribute_answer(bare, bare, Attributed("2025Q2", "2026Q2", by="request"))
    with pytest.raises(OutOfSupportError, match="hours of a request in 2031Q1"):
        request_terms(small_world.cube, None, None, "2031Q1")


def test_the_level_of_a_question_is_that_of_the_cube(small_world):
    cube = small_world.cube
    power = level_of(cube, "2027Q2", Attributed("", "", measure="power", segment="rest"))
    np.testing.assert_allclose(power, draws_of(cube, "power", Part("rest"))[:, 11], rtol=1e-5)
    hours = [draws_of(cube, "gpu_hours", Part(side))[:, 11] for side in ("hyperscale", "rest")]
    part = level_of(cube, "2027Q2", Attributed("", "", measure="hyperscale_share"))
    np.testing.assert_allclose(part, hours[0] / (hours[0] + hours[1]), rtol=1e-6)
