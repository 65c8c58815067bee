import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, hyperscale_share, periods
from shiftcast.forecast.views.technique_share import technique_share
from shiftcast.pipelines.publish import figures
from shiftcast.pipelines.sources.market import shipped_market

MARKET = shipped_market()


@pytest.fixture(scope="module")
def cube(finished):
    return finished.result.bundle.cube


@pytest.fixture(scope="module")
def observations(finished):
    return finished.result.bundle.tables["observations"]


def line(figure, name, axis="x"):
    return next(each for each in figure.data if each.name == name and (each.xaxis or "x") == axis and not each.fill)


def test_the_demand_lines_are_medians_of_the_draws(cube):
    figure = figures.demand_figure(cube)
    panels = (("spending", 1e9), ("accelerators", 1e6), ("gpu_hours", 1e9), ("power", 1e3))
    for number, (measure, scale) in enumerate(panels, start=1):
        axis = "x" if number == 1 else f"x{number}"
        for segment in ("hyperscale", "rest"):
            median = np.median(draws_of(cube, measure, Part(segment)), axis=0) / scale
            np.testing.assert_allclose(line(figure, segment, axis).y, median)


def test_the_bands_of_a_fan_are_nested_intervals(cube):
    figure = figures.demand_figure(cube)
    bands = [np.asarray(each.y) for each in figure.data[:3]]
    count = cube.sizes["period"]
    upper, lower = [band[:count] for band in bands], [band[count:][::-1] for band in bands]
    assert (upper[0] >= upper[1]).all()
    assert (upper[1] >= upper[2]).all()
    assert (lower[2] >= lower[1]).all()
    assert (lower[1] >= lower[0]).all()
    assert [each.opacity for each in figure.data[:3]] == [0.12, 0.2, 0.3]


def test_the_stack_holds_every_workload(cube):
    figure = figures.work_figure(cube)
    names = {str(task).partition("/")[0] for task in cube["task"].values}
    assert {each.name for each in figure.data} == names
    for each in figure.data:
        expected = np.median(draws_of(cube, "gpu_hours", Part(workload=each.name)), axis=0) / 1e9
        np.testing.assert_allclose(each.y, expected)


def test_both_views_show_before_and_after_they_met(cube):
    names = {each.name for each in figures.views_figure(cube).data if each.name}
    assert names == {"top-down", "bottom-up", "unallocated after they met"}


@pytest.mark.parametrize("workload", ["recsys", "search"])
def test_technique_lines_are_medians_with_the_statements_beside_them(cube, observations, workload):
    figure = figures.techniques_figure(cube, observations, workload)
    found = technique_share(cube, "llm", of=workload, base="requests", segment="hyperscale")
    np.testing.assert_allclose(line(figure, "llm").y, np.median(found.share, axis=0))
    assert line(figure, "llm").x[-1] == pd.Timestamp("2032-12-31", tz="UTC")
    assert [each.name for each in figure.data if each.mode == "markers"] != []


def test_the_split_is_shown_by_definition_with_statements_and_the_claim(cube, observations):
    figure = figures.split_figure(cube, observations, MARKET)
    for definition in cube["definition"].values:
        share = hyperscale_share(cube, base="revenue", definition=str(definition))
        np.testing.assert_allclose(line(figure, str(definition)).y, np.median(share, axis=0))
    assert {"stated, recast_2", "stated, keynote"} <= {each.name for each in figure.data}
    assert [shape.y0 for shape in figure.layout.shapes if shape.y0 == shape.y1] == [0.6]


def test_a_line_marks_where_reports_end(cube):
    first = periods(cube)[int(np.argmax(forecast_periods(cube)))]
    marks = [shape for shape in figures.work_figure(cube).layout.shapes if shape.x0 == shape.x1]
    days = first.timestamp() / 86400 - marks[0].x0 / 86400e3
    assert 88 <= days <= 92


def test_the_overview_has_three_panels_and_saves(cube, observations, tmp_path):
    figure = figures.overview_picture(cube, observations, MARKET)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert [title.split()[0] for title in titles] == ["Accelerators", "RecSys", "Hyperscale"]
    figure.savefig(tmp_path / "o.png", dpi=50)
    assert (tmp_path / "o.png").read_bytes()[:4] == b"\x89PNG"
