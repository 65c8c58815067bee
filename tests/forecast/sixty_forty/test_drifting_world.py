"""A world whose share drifts from 50 to 65 %: the free intervals cover it, and a share fixed at 60 % does not."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from shiftcast.forecast.sixty_forty.impose import soft_share
from shiftcast.forecast.statements.state import fit_share_state, share_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

WORLDS, HISTORY, DRAWS = 60, 20, 400
HORIZONS = (4, 5, 6, 7, 8)


def world(seed):
    """Return a path from 50 % to 65 % over 28 quarters, and noisy statements about its first 20."""
    random = np.random.default_rng(seed)
    quarters = pd.date_range("2020-03-31", periods=HISTORY + 8, freq="QE", tz="UTC")
    walk = np.cumsum(random.normal(0, 0.05, len(quarters)))
    bridge = walk - np.linspace(walk[0], walk[-1], len(quarters))
    path = expit(np.linspace(logit(0.5), logit(0.65), len(quarters)) + bridge)
    stated = quarters[:HISTORY]
    rows = pd.DataFrame({
        "period_start": stated - pd.Timedelta(days=80), "period_end": stated,
        "value": path[:HISTORY] + random.normal(0, 0.012, HISTORY), "sd": 0.012, "bound": "=", "definition": "own",
    })  # fmt: skip
    return quarters, path, rows


def covered(share, path):
    low, high = np.quantile(share, [0.1, 0.9], axis=0)
    ahead = [HISTORY - 1 + horizon for horizon in HORIZONS]
    return ((path >= low) & (path <= high))[ahead]


@pytest.fixture(scope="module")
def coverage():
    free, fixed = [], []
    for seed in range(WORLDS):
        quarters, path, rows = world(seed)
        prior = share_prior(shipped_beliefs(), "share.split")
        share, _ = fit_share_state(rows, quarters, reference="own", prior=prior).simulate(
            DRAWS, np.random.default_rng(seed)
        )
        free.append(covered(share, path))
        fixed.append(covered(soft_share(share, 0.6, 0.0), path))
    return np.mean(free), np.mean(fixed)


def test_free_intervals_cover_the_drift(coverage):
    assert coverage[0] >= 0.76


def test_a_fixed_share_fails_coverage(coverage):
    assert coverage[1] < 0.05
