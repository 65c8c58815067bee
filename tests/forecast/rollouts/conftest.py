"""Beliefs, habits and settings to work out by hand."""

import numpy as np
import pytest

from shiftcast.forecast.rollouts.habits import Habits
from shiftcast.forecast.rollouts.hazard import FEATURES, Hazard
from shiftcast.forecast.rollouts.paths import setting_of
from shiftcast.forecast.rollouts.ramp import prior_ramp

BELIEVED = {
    "at_once_a": 1.0, "at_once_b": 1.0, "deployed_sd": 1.5, "deployed_share": 0.7, "follow": 0.05,
    "follow_sd_log": 0.8, "later_deep": 0.15, "later_llm": 0.04, "later_sd_log": 0.8, "later_sequence": 0.15,
    "lead": 3.0, "least_sd": 0.3, "near_a": 30.0, "near_b": 1.0, "next_class": 0.05,
    "other_stage": 0.25, "panel_sd": 0.5, "part_a": 1.5,
    "part_b": 2.5, "reported": 0.5, "ridge": 1.0, "speed": 0.9, "speed_doubt": 0.5, "speed_sd_log": 0.7,
    "supposed_quarters": 80.0, "supposed_starts": 2.0, "taken_back": 0.004, "test_share": 0.01, "unnamed_tilt": -1.0,
    "unnamed_tilt_sd": 0.8, "unsaid": 8.0, "whole": 0.75, "whole_doubt": 0.5, "wide_a": 1.2, "wide_b": 1.2,
}  # fmt: skip


@pytest.fixture(scope="session")
def believed():
    return dict(BELIEVED)


@pytest.fixture(scope="session")
def constant(believed):
    """Return a function that gives what is learned where the chance of a start is the same in every quarter."""

    def made(chance=0.1, first=None, **changes):
        mode = np.zeros(len(FEATURES) + 1)
        mode[0] = np.log(chance / (1 - chance))
        beliefs = {**believed, **changes}
        hazard = Hazard(mode, np.zeros((len(mode), len(mode))), 0, 0)
        return Habits(
            hazard, prior_ramp(beliefs), first or {("recsys", "llm"): 80.0}, {}, {}, beliefs["taken_back"], beliefs
        )

    return made


@pytest.fixture(scope="session")
def setting(constant):
    """Return a function that gives a setting: quarters 81 to 120 of which 100 is now, and a constant hazard."""

    def made(draws=400, seed=1, now=100.0, **changes):
        return setting_of(constant(**changes), np.arange(81.0, 121.0), now, draws, seed)

    return made
