"""Answers about crossings: by hand, and the sentence that every one-sided answer owes."""

import json

import numpy as np
import pytest

from shiftcast.forecast.views.crossing_answer import crossing
from shiftcast.forecast.views.crossing_words import OUTSIDE
from shiftcast.forecast.views.rows import answer_frame, plain_rows

ASKED = {"of": "search", "base": "requests", "segment": "hyperscale"}
WHY = ("This is a question of", "It depends on", "Most draws", "That is so by what is counted")


def ask(cube, technique="llm", **changes):
    return crossing(cube, technique, **(ASKED | changes))


def test_the_odds_and_dates_of_four_draws_by_hand(by_hand):
    found = ask(by_hand)
    assert (found.already, dict(found.by), found.never) == (0.25, {"2026": 0.5, "2027": 0.75}, 0.25)
    assert (found.middle, found.late, found.horizon) == ("2026Q4", "after the horizon", "2027Q4")
    assert (found.draws_within, found.early_within, found.late_within) == (2, None, None)
    assert (found.parts.level, found.parts.speed) == pytest.approx((0.5, 0.5))
    assert found.says == (
        "The share of llm in search requests (hyperscale) is above 50 % already with probability 25 %, by the end of "
        "2027 with 75 %, and not by 2027Q4 with 25 %. If it falls in between, as in 50 % of the draws: 2026Q4, of 2 "
        "draws, too few for an interval."
    )


def test_dates_of_draws_enough_have_an_interval(by_hand):
    many = by_hand.isel(draw=np.tile(np.arange(by_hand.sizes["draw"]), 10))
    found = ask(many)
    assert found.draws_within == 20
    assert "as in 50 % of the draws: 2026Q4 (8 in 10: 2026Q4 to 2027Q3)." in found.says


def test_a_share_that_never_gets_there_says_so_with_its_path(by_hand):
    found = ask(by_hand, segment="rest")
    assert (found.already, found.never, found.middle_within) == (0.0, 1.0, None)
    assert "Most draws stay below: the share is 10 % (8 in 10: 10 % to 10 %) today and 10 % (8 in 10" in found.says
    assert found.parts is None


@pytest.mark.parametrize(
    ("today", "later", "said"),
    [
        (
            [0.7, 0.7, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2],
            "This is a question of the level today, not of speed: of requests the share is 45 %",
        ),
        ([0.55, 0.55, 0.45, 0.45], [0.9, 0.55, 0.45, 0.05], "This is a question of speed: the share is 50 %"),
    ],
)  # fmt: skip
def test_an_answer_with_both_sides_likely_says_what_divides_them(by_hand, today, later, said):
    path = np.where(np.arange(8) < 2, np.array(today)[:, None], np.array(later)[:, None])
    by_hand["technique_requests"].loc[{"segment": "hyperscale", "technique": "search/llm"}] = path
    by_hand["technique_requests"].loc[{"segment": "hyperscale", "technique": "search/deep"}] = 1 - path
    by_hand["technique_requests"].loc[{"segment": "hyperscale", "technique": "search/lexical"}] = 0.0
    found = ask(by_hand)
    assert found.already + found.never > OUTSIDE
    assert said in found.says


def test_an_answer_that_hangs_on_what_a_request_takes_says_how_much(by_hand):
    by_hand["hours_each"][:, :, 2] = np.array([0.1, 0.1, 30.0, 30.0])[:, None]
    by_hand["gpu_hours"][..., 1] *= np.array([0.025, 0.025, 7.5, 7.5])[:, None, None]
    found = ask(by_hand, segment="rest", base="gpu_hours")
    assert (found.already, found.never) == (0.5, 0.5)
    assert (
        "It depends on how many GPU-hours a request takes, not on speed. A request by llm takes 40 (8 in 10: 0.27 "
        "to 80) times the GPU-hours of one by the others today."
    ) in found.says
    said = "Of what is uncertain about the share in 2027Q1 (variance of its log odds): what a request takes 100 %."
    assert said in found.says


@pytest.mark.parametrize("segment", ["hyperscale", "rest", "all", "enterprise"])
@pytest.mark.parametrize("base", ["requests", "work", "gpu_hours"])
def test_no_answer_with_little_chance_inside_the_window_goes_without_a_reason(small_world, segment, base):
    for of in ("recsys", "search", "ads"):
        for technique in ("llm", "deep or newer"):
            for above in (0.1, 0.5, 0.9):
                found = ask(small_world.cube, technique, of=of, base=base, segment=segment, above=above)
                odds = [found.already, *found.by.values(), 1 - found.never]
                assert np.diff(odds).min() > -1e-12
                assert next(iter(found.by)) == "2026"
                assert found.by["2032"] == pytest.approx(1 - found.never)
                reasoned = any(words in found.says for words in WHY)
                assert reasoned == (found.already + found.never > OUTSIDE)


def test_the_row_is_flat_words_first_and_takes_json(by_hand):
    row = ask(by_hand, "deep learning and large language models", segment="all").row()
    assert list(row)[:4] == ["question", "says", "techniques", "already"]
    assert row["question"] == "deep or newer over 50% of search requests, all"
    assert row["techniques"] == "deep, llm: deep or newer"
    assert row["by_2027"] == 1 - row["never"]
    assert row["settle_1"] is None
    (plain,) = plain_rows(answer_frame(ask(by_hand, segment="rest")))
    assert json.loads(json.dumps(plain, allow_nan=False))["variance_level"] is None


def test_a_generation_that_answers_all_is_above_already(by_hand):
    found = ask(by_hand, of="training")
    assert found.already == 1.0
    assert "Most draws are above already" in found.says or "That is so" in found.says


@pytest.mark.parametrize("name", ["above", "level"])
def test_a_threshold_or_level_out_of_range_is_named(by_hand, name):
    with pytest.raises(ValueError, match=f"{name} is 1.5; it must lie between 0 and 1"):
        ask(by_hand, **{name: 1.5})
