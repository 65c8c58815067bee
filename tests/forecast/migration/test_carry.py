"""Technique shares carried ahead: levels kept, dynamics from the share model."""

import json
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.migration.carry import carry_forward
from shiftcast.forecast.migration.learned import Learned, from_json

QUARTERS = calendar_quarters("2022Q1", "2026Q4")
NOW = 13
TECHNIQUES = {"search": ("lexical", "deep", "llm"), "generative": ("llm",)}


@pytest.fixture(scope="module")
def learned() -> Learned:
    text = resources.files("shiftcast.pipelines.records").joinpath("migration_learned.json").read_text()
    return from_json(json.loads(text)).whole


def share_draws(llm_slope: float, draws: int = 80) -> np.ndarray:
    """Draws of three shares in which the newest technique rises by a logit slope a quarter."""
    random = np.random.default_rng(3)
    logit = -2.5 + llm_slope * np.arange(len(QUARTERS)) + 0.1 * random.standard_normal((draws, len(QUARTERS))).cumsum(1)
    llm = 1 / (1 + np.exp(-logit))
    return np.stack([0.6 * (1 - llm), 0.4 * (1 - llm), llm], axis=-1)


def carried(llm_slope: float, learned: Learned, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    given = share_draws(llm_slope)
    whole = {("search", "rest"): given, ("generative", "rest"): np.ones((80, len(QUARTERS), 1))}
    result = carry_forward(whole, TECHNIQUES, QUARTERS, NOW, learned, seed=seed)
    return given, result.shares["search", "rest"], result.skill


def test_history_is_left_as_it_was(learned: Learned) -> None:
    given, ahead, _ = carried(0.15, learned)
    np.testing.assert_array_equal(ahead[:, : NOW + 1], given[:, : NOW + 1])


def test_shares_of_every_draw_add_up_to_one(learned: Learned) -> None:
    _, ahead, _ = carried(0.15, learned)
    np.testing.assert_allclose(ahead.sum(axis=-1), 1.0, atol=1e-9)
    assert (ahead >= 0).all()


def test_what_the_states_say_after_the_origin_changes_nothing(learned: Learned) -> None:
    given = share_draws(0.15)
    other = given.copy()
    other[:, NOW + 1 :] = 1 / 3
    one, two = (
        carry_forward({("search", "rest"): draws}, TECHNIQUES, QUARTERS, NOW, learned, seed=1).shares["search", "rest"]
        for draws in (given, other)
    )
    np.testing.assert_array_equal(one, two)


def test_a_rising_technique_goes_on_rising_but_damped(learned: Learned) -> None:
    given, ahead, _ = carried(0.25, learned)
    median = np.median(ahead[:, :, 2], axis=0)
    assert median[-1] > median[NOW]
    assert median[-1] < np.median(given[:, -1, 2])


def test_each_draw_starts_from_its_own_level(learned: Learned) -> None:
    given, ahead, _ = carried(0.0, learned)
    kept = np.corrcoef(given[:, NOW, 2], ahead[:, NOW + 1, 2])[0, 1]
    assert kept > 0.8


def test_the_same_seed_gives_the_same_shares_and_another_seed_others(learned: Learned) -> None:
    _, one, _ = carried(0.1, learned)
    _, two, _ = carried(0.1, learned)
    _, three, _ = carried(0.1, learned, seed=2)
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, three)


def test_a_single_technique_stays_at_one_and_skill_names_the_rest(learned: Learned) -> None:
    _, _, skill = carried(0.1, learned)
    assert set(skill["series"]) == {"search|rest"}
    assert skill["ratio"].between(0.3, 1.3).all()
