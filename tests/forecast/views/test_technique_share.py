"""Shares on every base of a cube by hand, and of a drawn one."""

import numpy as np
import pytest

from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import Part, draws_of
from shiftcast.forecast.views.technique_share import technique_share

ASKED = {"of": "search", "base": "requests", "segment": "hyperscale"}
BELOW, ABOVE = 0.2, 0.6  # llm's share of requests in hyperscale before and after it crosses
CROSSES = np.array([0, 3, 6, 8])[:, None] <= np.arange(8)


def ask(cube, technique="llm", **changes):
    return technique_share(cube, technique, **(ASKED | changes))


def test_requests_go_on_beyond_hardware(by_hand):
    found = ask(by_hand)
    np.testing.assert_allclose(found.share, np.where(CROSSES, ABOVE, BELOW))
    assert found.ends[-1].year == 2027
    assert found.first_ahead == 2
    assert found.notes == ()


@pytest.mark.parametrize(("base", "per_deep", "per_llm"), [("gpu_hours", 0.5, 4.0), ("work", 2.0, 1.0)])
def test_hours_and_work_weigh_requests_by_what_one_takes(by_hand, base, per_deep, per_llm):
    found = ask(by_hand, base=base)
    expected = [per_llm * m / (per_llm * m + per_deep * 0.75 * (1 - m)) for m in (BELOW, ABOVE)]
    np.testing.assert_allclose(found.share, np.where(CROSSES, expected[1], expected[0]))
    np.testing.assert_allclose(found.requests, np.where(CROSSES, ABOVE, BELOW))


def test_hours_beyond_hardware_keep_what_the_fleet_made_of_a_task_in_its_last_quarter(by_hand):
    twice = by_hand.copy(deep=True)
    twice["gpu_hours"][..., 1] *= 2
    found = ask(twice, base="gpu_hours")
    expected = [8 * m / (8 * m + 0.5 * 0.75 * (1 - m)) for m in (BELOW, ABOVE)]
    np.testing.assert_allclose(found.share, np.where(CROSSES, expected[1], expected[0]))


def test_all_segments_are_weighed_by_their_requests(by_hand):
    found = ask(by_hand, segment="all")
    np.testing.assert_allclose(found.share, (np.where(CROSSES, ABOVE, BELOW) + 0.1) / 2)
    hours = ask(by_hand, segment="all", base="gpu_hours").share
    llm = np.where(CROSSES, ABOVE, BELOW) + 0.1
    np.testing.assert_allclose(hours, 4 * llm / (4 * llm + 0.5 * 0.75 * (2 - llm)))


def test_a_leaf_takes_the_shares_of_its_segment_and_says_so(by_hand):
    leaf, segment = ask(by_hand, segment="sovereign", base="gpu_hours"), ask(by_hand, segment="rest", base="gpu_hours")
    np.testing.assert_allclose(leaf.share, segment.share)
    assert leaf.notes[0] == "sovereign takes the technique shares of its segment, rest: none are drawn by leaf"


def test_techniques_on_cpus_count_in_requests_and_nowhere_else(by_hand):
    assert ask(by_hand, "lexical or newer").share.min() == 1.0
    found = ask(by_hand, "deep+", base="work")
    assert found.share.min() == 1.0
    assert found.alone
    assert found.notes == ("no operations are counted for lexical, which run on CPUs",)
    with pytest.raises(
        ValueError, match=r"no accelerator-hours are taken for technique 'lexical' of 'search'.*deep, llm"
    ):
        ask(by_hand, "lexical", base="gpu_hours")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base": "revenue"}, "share base 'revenue' is not known for techniques; choose requests, work, gpu_hours"),
        ({"of": "chess"}, "workload 'chess' is not forecast; choose one of search, training"),
        (
            {"segment": "moon"},
            "for segment 'moon'; choose all, hyperscale, rest, or a leaf of internal, sovereign, edge",
        ),
        ({"segment": "vendor_internal"}, "for segment 'vendor_internal'; .*choose all, hyperscale, rest"),
    ],
)
def test_what_is_not_forecast_is_named_with_what_is(by_hand, changes, said):
    with pytest.raises(ValueError, match=said):
        ask(by_hand, **changes)


def test_an_older_forecast_ends_with_its_hardware_and_says_what_it_lacks(older):
    found = ask(older)
    np.testing.assert_allclose(found.share, np.where(CROSSES, ABOVE, BELOW)[:, :4])
    assert found.notes[0].startswith("the forecast ends with its hardware")
    assert ask(older, base="gpu_hours", segment="all").share.shape == (4, 4)
    for changes in ({"segment": "all"}, {"base": "work"}):
        with pytest.raises(OutOfSupportError, match="before technique shares had a horizon of their own"):
            ask(older, **changes)


@pytest.mark.parametrize("of", ["recsys", "search", "ads", "training", "generative"])
@pytest.mark.parametrize("segment", ["hyperscale", "rest", "all", "edge"])
def test_shares_of_hours_are_those_of_the_fleet_while_there_is_one(small_world, of, segment):
    cube = small_world.cube
    side = dict(zip(map(str, cube.leaf.values), segment_of_leaves(cube), strict=True)).get(segment)
    part = Part(side, segment, of) if side else Part(segment, workload=of)
    found = technique_share(cube, "llm", of=of, base="gpu_hours", segment=segment)
    llm = draws_of(cube, "gpu_hours", Part(part.segment, part.leaf, of, "llm"))
    np.testing.assert_allclose(found.share[:, :18], llm / draws_of(cube, "gpu_hours", part), rtol=1e-6, atol=1e-12)
    joint = np.abs(np.diff(np.median(found.share, axis=0)))
    assert joint[17] < 0.05


def test_techniques_of_a_workload_sum_to_one_on_every_base(small_world):
    for base, names in (
        ("requests", ("lexical", "deep", "llm")),
        ("work", ("deep", "llm")),
        ("gpu_hours", ("deep", "llm")),
    ):
        total = sum(
            technique_share(small_world.cube, name, of="search", base=base, segment="all").share for name in names
        )
        np.testing.assert_allclose(total, 1.0, rtol=1e-5)


@pytest.mark.parametrize("base", ["requests", "work", "gpu_hours"])
def test_a_scenario_that_cannot_be_read_is_refused_on_every_base(by_hand, base):
    with pytest.raises(ValueError, match="'twice' is not of the form part"):
        ask(by_hand, base=base, scenario="twice")


def test_a_lever_on_a_task_moves_its_hours_and_work_to_the_end_and_no_request(small_world):
    asked = {"of": "search", "segment": "rest"}
    for base, moved in (("gpu_hours", True), ("work", True), ("requests", False)):
        before, after = (
            technique_share(small_world.cube, "llm", base=base, scenario=scenario, **asked).share
            for scenario in ("base", "search/llm*3")
        )
        odds = [each / (1 - each) for each in (before, after)]
        some = before[:, -1] < 0.999
        np.testing.assert_allclose(odds[1][some, -1], odds[0][some, -1] * (3 if moved else 1), rtol=1e-2)
        np.testing.assert_array_equal(before[:, :8], after[:, :8])
