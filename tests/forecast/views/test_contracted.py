"""The cube's hierarchy adds up in every draw of every measure, and holds a contracted figure."""

import numpy as np
import pytest

from shiftcast.forecast.hierarchy.covariance import covariance_of
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import aggregate
from shiftcast.forecast.views.contracted import contract, cube_nodes
from shiftcast.forecast.views.part import MEASURES, Part, draws_of, forecast_frame
from shiftcast.forecast.views.spans import FLOWS

QUARTER = "2027Q4"


@pytest.fixture(scope="module")
def cube(small_world):
    return small_world.cube.isel(draw=slice(0, 40))


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_is_coherent_by_construction(cube, measure):
    nodes = cube_nodes(cube, measure, "2027" if measure in FLOWS else QUARTER)
    again = aggregate(nodes.hierarchy, nodes.draws[nodes.hierarchy.leaves])
    np.testing.assert_allclose(again, nodes.draws, rtol=1e-5, atol=1e-6 * nodes.draws.max())
    kept = reconcile(nodes.hierarchy, again, covariance_of(nodes.hierarchy, "wls_struct")).values
    np.testing.assert_allclose(kept, again, rtol=1e-8, atol=1e-9 * again.max())


def test_published_means_of_every_measure_add_up_over_places_work_and_time(cube):
    rows = forecast_frame(cube, model="tested")
    means = rows[(rows["statistic"] == "mean") & (rows["base"] == "none")]
    assert set(means["measure"]) == set(MEASURES)
    by = ["measure", "period_end", "workload", "technique"]
    whole = means[means["segment"] == "all"].set_index(by)["value"]
    for level in (means[(means["leaf"] == "all") & (means["segment"] != "all")], means[means["leaf"] != "all"]):
        np.testing.assert_allclose(level.groupby(by)["value"].sum().reindex(whole.index), whole, rtol=1e-5)
    by = ["measure", "period_end", "segment", "leaf"]
    alone = means[means["technique"] == "all"]
    whole = alone[alone["workload"] == "all"].set_index(by)["value"]
    np.testing.assert_allclose(alone[alone["workload"] != "all"].groupby(by)["value"].sum().reindex(whole.index), whole,
                               rtol=1e-5, atol=1e-6)  # fmt: skip


@pytest.mark.parametrize("total", ["moves", "kept"])
@pytest.mark.parametrize("part", [Part("rest", "sovereign"), Part("rest"), Part(workload="recsys")])
def test_a_contracted_figure_holds_in_every_draw_and_all_adds_up(cube, part, total):
    value = 1.1 * float(np.median(draws_of(cube, "power", part)[:, -5]))
    done = contract(cube, "power", part, period=QUARTER, value=value, total=total)
    tree = done.nodes.hierarchy
    np.testing.assert_allclose(done.draws[tree.position(done.node)], value, rtol=1e-9)
    np.testing.assert_allclose(aggregate(tree, done.draws[tree.leaves]), done.draws, rtol=1e-9, atol=1e-9)
    assert (done.draws >= 0).all()
    top = tree.position(f"all/all all/all {QUARTER}")
    if total == "kept":
        np.testing.assert_allclose(done.draws[top], done.nodes.draws[top], rtol=1e-9)


def test_a_figure_that_is_already_so_moves_nothing(cube):
    one = cube.isel(draw=slice(0, 1))
    value = float(draws_of(one, "power", Part("rest", "sovereign"))[0, -5])
    done = contract(one, "power", Part("rest", "sovereign"), period=QUARTER, value=value)
    np.testing.assert_allclose(done.draws, done.nodes.draws, rtol=1e-5, atol=1e-5)


def test_the_frame_tells_every_node_before_and_after(cube):
    frame = contract(cube, "power", Part("rest"), period=QUARTER, value=20_000.0).frame
    held = frame[frame["contracted"]]
    assert held[["segment", "leaf", "workload", "technique", "period"]].to_numpy().tolist() == [
        ["rest", "all", "all", "all", QUARTER]
    ]
    assert held["after_low80"].item() == pytest.approx(20_000.0)
    assert (frame["before_low80"] <= frame["before_high80"]).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": 0.0}, "contracted power 0 is not above 0"),
        ({"total": "free"}, "total 'free' is not known; choose one of moves, kept"),
        ({"period": "2027"}, "period '2027' is not forecast: power is a stock"),
        ({"period": "2040Q1"}, "period '2040Q1' is not forecast: whole periods there are"),
        ({"part": Part("rest", "hosted")}, "part 'rest/hosted all/all 2027Q4' is not forecast"),
        ({"value": 1e9, "total": "kept"}, "the total lies below the contracted 1e.09 in 100.0% of the draws"),
    ],
)
def test_what_cannot_be_contracted_is_refused_by_name(cube, change, said):
    asked = {"part": Part("rest"), "period": QUARTER, "value": 1e4, **change}
    with pytest.raises(ValueError, match=said):
        contract(cube, "power", asked.pop("part"), **asked)
