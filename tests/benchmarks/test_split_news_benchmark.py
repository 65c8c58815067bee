"""News about the split: scores worked by hand, and the page shows what was measured."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import split_news

sys.path.pop(0)


def test_the_page_shows_what_was_measured():
    page = split_news.PAGE.read_text(encoding="utf-8")
    shown = page.split(split_news.BEGIN)[1].split(split_news.END)[0].strip()
    assert shown == split_news.page_text(*split_news.read_results())


def test_the_sentences_say_what_was_measured():
    page, (told, since) = split_news.PAGE.read_text(encoding="utf-8"), split_news.read_results()
    (_, old), (_, new) = told.groupby("new")
    scores = [part["square"].sum() / part["figures"].sum() for part in (old, new)]
    assert (old["figures"].sum(), new["figures"].sum()) == (9, 13)
    assert f"scored {scores[0]:.2f} over nine days" in page
    assert f"for the first time {scores[1]:.2f} over 13 figures" in page
    asked = [split_news.asked_by(old, origin) for origin in split_news.ORIGINS]
    assert f"{min(asked):.2f} to {max(asked):.2f} times the deviation" in page
    assert (new["day"] > split_news.ORIGINS[-1]).all()
    wider, distance = new["asked"].iloc[-1], since["distance"].mean()
    assert f"the {wider:.2f} that new ones ask for before the last would turn {distance:+.1f} deviations into " in page
    assert f"deviations into {distance / wider:+.1f}." in page
    assert f"came {-since['then'].min():.1f} deviations below to {since['then'].max():.1f} above" in page
    assert f"came {distance:.1f} above, which is allowed one time in nine" in page
    assert 1 / ndtr(-distance) == pytest.approx(9, abs=0.5)
    hold = [split_news.surprises(since[f"{side}_variance"].to_numpy()) for side in ("distance", "then")]
    assert f"hold {hold[0]:.1f} independent surprises about it and {hold[1]:.1f} about the share" in page


def test_figures_that_draws_expect_score_one_each_on_average():
    random = np.random.default_rng(5)
    draws = random.multivariate_normal(np.zeros(2), [[1.0, 0.8], [0.8, 1.0]], size=20_000)
    scores = [
        split_news.squares([(draws[:, at], came[at] + 0.5 * random.standard_normal(), 0.25) for at in range(2)])
        for came in draws[:400]
    ]
    assert np.mean(scores) == pytest.approx(2.0, abs=0.25)


def test_a_widening_is_asked_for_by_earlier_news_only():
    rows = pd.DataFrame({"new": [False] * 3, "figures": [1, 1, 1], "square": [8.0, 1.0, 1000.0]})
    asked = split_news.widened(rows)["asked"]
    assert asked.tolist() == pytest.approx([1.0, np.sqrt(12 / 5), np.sqrt(13 / 6)])


def test_origins_that_await_the_same_news_hold_one_surprise_and_others_as_many_as_they_are():
    assert split_news.surprises(np.ones(5)) == pytest.approx(1.0)
    assert split_news.surprises(np.array([1e6, 1e3, 1.0])) == pytest.approx(3.0, abs=0.2)
