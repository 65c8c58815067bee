"""Indices of effects: the page shows what the script wrote, and the known effects are those of the functions."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import effects

sys.path.pop(0)


@pytest.fixture(scope="module")
def results():
    return pd.read_csv(effects.RESULTS)


def test_the_page_shows_the_results(results):
    page = effects.PAGE.read_text(encoding="utf-8")
    shown = page.split(effects.BEGIN)[1].split(effects.END)[0].strip()
    assert shown == effects.page_table(results)


def test_every_function_is_in_the_results_with_every_way(results):
    assert set(results["function"]) == set(effects.FUNCTIONS)
    assert set(results["draws"]) == set(effects.DRAWS)
    assert set(results["way"]) == {effects.OURS, effects.RBD, effects.BINNED, effects.RANKS}


def test_errors_at_two_thousand_draws_are_small(results):
    ours = results[(results["way"] == effects.OURS) & (results["draws"] == 2000)]
    assert (ours[["first", "total", "shapley"]] < 0.02).all(axis=None)


@pytest.mark.parametrize("name", effects.FUNCTIONS)
def test_shapley_effects_add_up_and_lie_between(name):
    function = effects.FUNCTIONS[name]
    everything = function.explained(tuple(range(function.inputs)))
    assert function.shapley.sum() == pytest.approx(everything)
    low, high = np.minimum(function.first, function.total), np.maximum(function.first, function.total)
    assert ((low - 1e-12 <= function.shapley) & (function.shapley <= high + 1e-12)).all()


def test_the_product_s_variance_is_that_of_its_draws():
    function = effects.FUNCTIONS["product (g function)"]
    inputs = function.draw(np.random.default_rng(1), 400_000)
    output = function.output(inputs, np.random.default_rng(1))
    inside = np.array([output[np.abs(inputs[:, 0] - centre) < 0.01].mean() for centre in np.linspace(0.02, 0.98, 49)])
    assert inside.var() / output.var() == pytest.approx(function.first[0], rel=0.1)
