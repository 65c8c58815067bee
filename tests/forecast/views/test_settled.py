"""Variance of a crossing by hand, and figures that would settle it."""

import numpy as np
import pytest
import xarray as xr
from scipy.special import expit

from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.draws import normals
from shiftcast.forecast.views.settled import Parts, middle_of, settling_figures, variance_parts
from shiftcast.forecast.views.technique_share import TechniqueShare, technique_share
from shiftcast.forecast.views.techniques import Chosen

DRAWS = 400


def drawn(share: np.ndarray, requests: np.ndarray | None = None) -> TechniqueShare:
    chosen = Chosen("ads", ("sequence", "llm"), ("deep",), "sequence or newer")
    ends = calendar_quarters("2026Q2", "2027Q1")  # today and three quarters ahead, 2026Q4 in the middle
    return TechniqueShare(chosen, share, share if requests is None else requests, ends, 1, ("rest",), False, ())


def z(name: str) -> np.ndarray:
    return normals(1, name, DRAWS)[:, None]


def test_half_of_the_spread_by_hand_is_who_has_crossed_and_half_who_will(by_hand):
    share = technique_share(by_hand, "llm", of="search", base="requests", segment="hyperscale")
    assert middle_of(share) == 4  # two of four draws have crossed by then, one of them before today
    assert variance_parts(share) == Parts(pytest.approx(0.5), pytest.approx(0.5), 0.0, 0.0)


def test_what_a_request_takes_is_a_part_of_its_own_and_all_add_up_to_one(by_hand):
    each = np.array([0.5, 1.0, 4.0, 9.0])
    by_hand["hours_each"][:, :, 2] = each[:, None]
    by_hand["gpu_hours"][..., 1] *= (each / 4.0)[:, None, None]  # the fleet served as much
    by_hand["hours_each"][:, 4:, 2] *= np.array([1.0, 2.0, 1.0, 1.0])[:, None]
    share = technique_share(by_hand, "llm", of="search", base="gpu_hours", segment="rest")
    parts = variance_parts(share)
    assert (parts.level, parts.speed) == pytest.approx((0.0, 0.0))
    before, x = np.log(each), np.log(each * [1.0, 2.0, 1.0, 1.0])
    assert parts.each == pytest.approx(np.cov(before, x, bias=True)[0, 1] / x.var())
    assert parts.each + parts.remainder == pytest.approx(1.0)


def test_parts_add_up_to_one_in_a_drawn_forecast(small_world):
    for base in ("requests", "work", "gpu_hours"):
        found = technique_share(small_world.cube, "llm", of="recsys", base=base, segment="all")
        parts = variance_parts(found)
        assert sum(vars(parts).values()) == pytest.approx(1.0)
        assert (parts.each != 0) == (base != "requests")


def test_draws_that_agree_have_no_variance_to_split():
    same = drawn(np.full((DRAWS, 4), 0.3))
    assert variance_parts(same) is None
    assert settling_figures(xr.Dataset(), same, of="ads", base="requests") == ()


def followed(values: np.ndarray, *names: str) -> xr.Dataset:
    coords = {"mover": list(names), "technique": ["search/llm", "ads/deep", "ads/sequence", "ads/llm"]}
    return xr.Dataset({"mover_share": (("draw", "mover"), values)}, coords)


def test_the_operator_whose_share_moves_the_crossing_most_is_named_first_and_chance_is_not():
    share = drawn(expit(z("known") + 0.5 * z("other") + np.zeros(4)))
    known, other, chance = (expit(z(name)) for name in ("known", "other", "chance"))
    cube = followed(
        np.hstack([other, known, chance, known, known, known]), "bolt|ads|rest|llm", "acme|ads|rest|sequence",
        "core|ads|rest|llm", "dorm|ads|rest|deep", "east|ads|hyperscale|llm", "fish|search|rest|llm",
    )  # fmt: skip
    found = settling_figures(cube, share, of="ads", base="requests")
    assert [each.ask for each in found] == [
        "acme: share of its ads requests that sequence or newer answers, 2026Q2",
        "bolt: share of its ads requests that llm answers, 2026Q2",
    ]
    assert [each.cut for each in found] == pytest.approx([0.8, 0.2], abs=0.05)


def test_draws_that_hold_the_same_shares_of_operators_count_once():
    few = np.repeat(z("known")[:40], 10, axis=0)
    share = drawn(expit(few + 2.0 * z("rest") + np.zeros(4)))
    assert settling_figures(followed(expit(few), "acme|ads|rest|llm"), share, of="ads", base="requests") == ()
    share = drawn(expit(few + 0.5 * z("rest") + np.zeros(4)))
    (found,) = settling_figures(followed(expit(few), "acme|ads|rest|llm"), share, of="ads", base="requests")
    assert found.cut == pytest.approx(0.8, abs=0.05)


def test_ties_and_constants_among_the_operators_are_no_trouble():
    share = drawn(expit(z("known") + np.zeros(4)))
    values = np.hstack([np.where(z("known") > 0, 1.0, 0.0), np.zeros((DRAWS, 1)), expit(z("chance"))])
    cube = followed(values, "acme|ads|rest|llm", "bolt|ads|rest|llm", "core|ads|rest|llm")
    (found,) = settling_figures(cube, share, of="ads", base="requests")
    assert found.cut == pytest.approx(2 / np.pi, abs=0.02)  # squared correlation of a normal with its sign


def test_what_an_operator_answers_of_a_segment_is_a_figure_too_whatever_its_name():
    share = drawn(expit(z("part") + 0.5 * z("rest") + np.zeros(4)))
    parts = expit(np.hstack([z("part"), z("part"), z("part")]))
    names = ["our|shop|ads|rest", "acme|ads|hyperscale", "acme|search|rest"]
    cube = xr.Dataset({"operator_part": (("draw", "weighed"), parts)}, {"weighed": names})
    (found,) = settling_figures(cube, share, of="ads", base="requests")
    assert found.ask == "our|shop: its part of the ads requests of rest"
    assert found.cut == pytest.approx(0.8, abs=0.05)
    told = followed(expit(z("part")), "our|shop|ads|rest|llm")
    assert settling_figures(told, share, of="ads", base="requests")[0].ask.startswith("our|shop: share of its ads")


@pytest.mark.parametrize("base", ["requests", "work", "gpu_hours"])
def test_assumptions_on_what_a_request_takes_are_candidates_but_for_requests(base):
    names = ["work.ads.llm", "derate.sample", "placement.ads.llm.tpu", "work.search.llm", "fleet.life"]
    each = np.hstack([z(name) for name in names])
    share = drawn(expit((each @ np.array([3.0, 2.5, 2.0, 3.0, 3.0]))[:, None] + np.zeros(4)))
    cube = xr.Dataset({"learned": (("draw", "assumption"), each)}, {"assumption": names})
    found = settling_figures(cube, share, of="ads", base=base)
    assert [figure.ask.rpartition(" ")[2] for figure in found] == (
        [] if base == "requests" else ["work.ads.llm", "derate.sample", "placement.ads.llm.tpu"]
    )
