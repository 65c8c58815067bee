"""Small hand-written histories and learned numbers for the share model's tests."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.migration.emergence import KINDS, LEVELS
from shiftcast.forecast.migration.learned import Learned, Newcomers
from shiftcast.forecast.migration.learning import TAUGHT
from shiftcast.forecast.migration.noise import SCALE_TERMS


def history(paths, *, series="s", group="g", start=2000, names=("table", "deep", "llm", "next")):
    """Return long rows of one yearly series from a list of period rows."""
    return pd.DataFrame(
        [
            {
                "series": series,
                "group": group,
                "period_end": f"{start + t}-12-31",
                "category": names[k],
                "value": v,
            }
            for t, row in enumerate(paths)
            for k, v in enumerate(row)
        ]
    )


def wave(periods, middle=10.0, rate=0.3):
    """Return a two-way substitution with a newcomer declared and not yet seen."""
    new = 1.0 / (1.0 + np.exp(-rate * (np.arange(periods) - middle)))
    return np.stack([1.0 - new, new, np.zeros(periods)], axis=1)


@pytest.fixture
def make():
    """Return the maker of histories."""
    return history


@pytest.fixture
def waves():
    """Return three series in two groups."""
    return pd.concat(
        [
            history(wave(14), series="a", group="one"),
            history(wave(14, middle=12.0), series="b", group="one"),
            history(wave(9, middle=4.0), series="c", group="two", start=2005),
        ],
        ignore_index=True,
    )


@pytest.fixture
def learned():
    """Return learned numbers with a plain damped trend and a small chance of newcomers."""
    rise = np.clip((LEVELS - 0.8) / 0.2, 0.0, 1.0)
    return Learned(
        decay=0.87,
        weights=dict.fromkeys(TAUGHT, 0.0) | {"local_trend": 0.7},
        scale=dict.fromkeys(SCALE_TERMS, 0.0) | {"one": -0.5, "reach": 0.5, "own": 0.4, "kin": 0.3, "pooled": 0.3},
        degrees=4.0,
        spread=(0.0, 0.0),
        common=0.3,
        newcomers=dict.fromkeys(KINDS, Newcomers((0.05,) * 6, tuple(tuple(0.03 * (h + 1) * rise) for h in range(12)))),
        newcomer_doubt=2.0,
        skill={"usual": {"1": 0.9, "4": 0.8}, "lively": {"1": 1.01, "4": 0.9}, "calm": {"1": 0.9, "4": 0.9}},
    )
