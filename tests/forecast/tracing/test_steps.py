"""Equations hold in every draw, and their inputs are what the cube was drawn from."""

import numpy as np
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.tracing.cells import Cell
from shiftcast.forecast.tracing.equations import EQUATIONS
from shiftcast.forecast.tracing.steps import steps_of
from shiftcast.forecast.views.part import MEASURES, Part, draws_of, hyperscale_share
from shiftcast.forecast.views.places import place_of

PARTS = (
    Part(), Part("rest"), Part("rest", "sovereign"), Part("vendor_internal"), Part("rest", "sovereign", "recsys"),
    Part("hyperscale", "all", "recsys", "llm"), Part(workload="generative"), Part(workload="training"),
    Part(workload="unallocated"), Part(technique="llm"), Part(workload="recsys", technique="deep"),
)  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=lambda part: "/".join(vars(part).values()))
@pytest.mark.parametrize("measure", MEASURES)
def test_every_equation_gives_its_figure_from_its_inputs_in_every_draw(forecaster, measure, part):
    for quarter in ("2026Q1", "2026Q3", "2026Q4", "2028Q4"):
        steps = steps_of(forecaster.cube, Cell(measure, part, quarter))
        cell = draws_of(forecaster.cube, measure, part)[:, place_of(forecaster.cube, quarter)]
        np.testing.assert_array_equal(steps[0].figure, cell)
        for step in steps:
            size = max(np.abs(step.figure).max(), *(np.abs(each).max() for each in step.inputs.values()))
            again = step.equation(step.inputs)
            np.testing.assert_allclose(again, step.figure, rtol=1e-9, atol=1e-9 * min(size, np.abs(again).max()))


def test_prices_are_those_that_spending_was_drawn_with(forecaster):
    cube, quarter = forecaster.cube, "2027Q4"
    step = steps_of(cube, Cell("spending", Part("rest"), quarter))[0]
    drawn = cube["unit_price"].values[:, place_of(cube, quarter)]
    np.testing.assert_allclose(step.inputs["price each"], drawn, rtol=1e-6)


def test_what_is_not_in_place_is_what_has_been_shipped_and_not_arrived(forecaster):
    cube, part = forecaster.cube, Part("rest", "sovereign")
    at = place_of(cube, "2027Q4")
    (step,) = [each for each in steps_of(cube, Cell("power", part, "2027Q4")) if each.name == "accelerators in place"]
    leaf = [str(name) for name in cube["leaf"].values].index("sovereign")
    shipped = cube["accelerators_shipped"].values[:, :, leaf].astype(np.float64)
    survival, arrived = (cube[name].values.astype(np.float64) for name in ("survival", "arrived"))
    coming = sum(shipped[:, at - age] * survival[:, age] * (1 - arrived[:, age]) for age in range(survival.shape[1]))
    found, dust = step.inputs["not yet in place"], 2e-6 * step.figure.max()
    soon = arrived[:, -1] > 1 - 1e-7  # of the others some arrive after the quarters that the cube holds
    assert soon.sum() > 10
    np.testing.assert_allclose(found[soon], coming[soon], atol=dust)
    assert (found > coming - dust).all()


def test_the_unallocated_part_is_one_number_a_draw(forecaster):
    steps = [steps_of(forecaster.cube, Cell("gpu_hours", Part("rest"), quarter))[0] for quarter in ("2026Q4", "2028Q4")]
    first, last = (step.inputs["unallocated part"] for step in steps)
    np.testing.assert_allclose(first, last, rtol=1e-5)


def test_a_share_is_what_it_was_and_its_change(forecaster):
    cube = forecaster.cube
    definition = str(cube.attrs["definition"])
    (step,) = steps_of(cube, Cell("share", Part(), "2027Q4", "revenue"))
    share = hyperscale_share(cube, base="revenue", definition=definition)
    np.testing.assert_array_equal(step.figure, share[:, place_of(cube, "2027Q4")])
    np.testing.assert_array_equal(
        step.inputs["share before the first quarter ahead"], share[:, place_of(cube, "2026Q2")]
    )
    (of,) = steps_of(cube, Cell("share", Part("rest", workload="recsys", technique="llm"), "2027Q4", "requests"))
    np.testing.assert_allclose(of.equation(of.inputs), of.figure, rtol=1e-12)


@pytest.mark.parametrize(
    ("cell", "error", "says"),
    [
        (Cell("power", Part(), "2031Q1"), OutOfSupportError, "an answer for 2031Q1: the forecast shows 20"),
        (Cell("powr", Part(), "2027Q1"), InputError, "measure 'powr' is not forecast; choose one of gpu_hours,"),
        (Cell("power", Part(leaf="moon"), "2027Q1"), InputError, "leaf 'moon' is not forecast"),
        (Cell("share", Part("rest", workload="ads", technique="x"), "2027Q1", "requests"), InputError,
         "no share of 'ads/x' on 'rest' is drawn"),
    ],
)  # fmt: skip
def test_what_is_not_drawn_is_refused(forecaster, cell, error, says):
    with pytest.raises(error, match=says):
        steps_of(forecaster.cube, cell)


def test_the_registry_names_a_unit_for_every_input_and_a_page_that_is_there():
    from pathlib import Path  # noqa: PLC0415  (only this test reads pages)

    root = Path(__file__).resolve().parents[3]
    for equation in EQUATIONS.values():
        assert (root / equation.source).is_file()
        assert all(equation.terms.values())
        assert "=" in equation.text
