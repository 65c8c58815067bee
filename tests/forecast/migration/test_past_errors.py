"""Intervals of one step hold their share of random walks, and what the factor on the scale is measured on."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.share_grid import share_panels
from shiftcast.features.shares import check_share_rows
from shiftcast.forecast.migration.draws import series_draws
from shiftcast.forecast.migration.fit import fit_shares
from shiftcast.forecast.migration.past_errors import step_factor
from shiftcast.forecast.migration.quantiles import LEVELS, summary
from shiftcast.forecast.migration.state import path_state
from shiftcast.pipelines.sources.learned import load_learned

LEARNED = load_learned().whole
AHEAD = np.arange(1.0, 13.0)


def walks(series, periods, categories, step, *, seed=0, jumps=False):
    """Return shares whose log-ratios walk randomly, shape (series, periods, categories)."""
    random = np.random.default_rng(seed)
    steps = random.standard_normal((series, periods, categories))
    if jumps:
        steps *= np.where(random.random((series, periods, 1)) < 0.1, 3.0, 0.2)
    score = random.normal(0, 0.7, (series, 1, categories)) + step * steps.cumsum(axis=1)
    return np.exp(score) / np.exp(score).sum(axis=2, keepdims=True)


def rows(shares, *, groups):
    """Return the share rows of histories, each series a group of its own or all in one."""
    series, periods, categories = shares.shape
    name = np.repeat([f"s{number:03d}" for number in range(series)], periods * categories)
    return pd.DataFrame({
        "series": name, "group": name if groups else "all",
        "period_end": np.tile(np.repeat(pd.date_range("2015-01-31", periods=periods, freq="ME"), categories), series),
        "category": np.tile([f"c{k}" for k in range(categories)], series * periods), "value": shares.ravel(),
    })  # fmt: skip


@pytest.mark.parametrize("groups", [True, False], ids=["each alone", "one pool"])
@pytest.mark.parametrize("step", [0.05, 0.3])
def test_one_step_of_a_random_walk_is_held_as_often_as_said(groups, step):
    shares = walks(120, 41, 3, step)
    fit = fit_shares(rows(shares[:, :-1], groups=groups), horizon=1, learned=LEARNED)
    inside = []
    for fitted in fit.panels:
        for at, name in enumerate(fitted.panel.series):
            quantiles = summary(series_draws(fitted, at, 150, 0))[1:, 0]
            truth = shares[int(name[1:]), -1]
            low, high = LEVELS.index(0.1), LEVELS.index(0.9)
            inside.append((truth >= quantiles[low]) & (truth <= quantiles[high]))
    assert 0.76 < np.mean(inside) < 0.86


def factor(shares, *, groups=False, learned=LEARNED):
    panel = next(share_panels(check_share_rows(rows(shares, groups=groups))))
    return step_factor(path_state(panel), learned, AHEAD)


def test_steps_that_are_alike_widen_the_scale_and_rare_jumps_do_not():
    alike, rare = factor(walks(20, 40, 3, 0.1)), factor(walks(20, 40, 3, 0.1, jumps=True))
    assert alike[0, 0] > 1.2
    assert rare[0, 0] < 1.0
    assert (np.diff(alike[0]) <= 0).all()
    np.testing.assert_allclose(alike[:, -1], 1.0)


def test_what_never_moved_and_a_short_past_leave_the_scale_as_learned():
    still = np.tile([0.5, 0.3, 0.2], (3, 12, 1))
    np.testing.assert_array_equal(factor(still), 1.0)
    assert abs(np.log(factor(walks(1, 2, 2, 0.1))[0, 0])) < abs(np.log(factor(walks(1, 40, 2, 0.1))[0, 0]))


def test_groups_are_walls():
    shares = walks(6, 30, 3, 0.1)
    apart = factor(shares, groups=True)
    for at in range(6):
        np.testing.assert_allclose(apart[[at]], factor(shares[[at]], groups=True), rtol=1e-12)
