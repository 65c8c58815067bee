"""Volumes by category add up to their total in every draw, and the total is that of the volume model."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.panel import panels
from shiftcast.forecast.migration import fit_shares
from shiftcast.forecast.volume import Pooling, Priors, Spread, draw_volumes, fit_volumes, volume_quantiles
from shiftcast.forecast.volume.categories import joint_levels
from shiftcast.pipelines.sources.learned import load_learned

PRIORS = Priors(Spread(0.15, 0.55), Pooling(30.0, 20.0, 4.0, 40.0, 6.0, 0.3, 10.0))
AHEAD, KEPT = 3, 20
KEYS = ["series", "draw", "period_end"]


def by_category(series=("ads", "search"), *, periods=24, together=0.0):
    """Return monthly volumes by category; with ``together``, the share of llm rises as the total does."""
    random = np.random.default_rng(5)
    parts = []
    for name in series:
        steps = 0.05 * random.normal(size=periods)
        total = 100 * np.exp(steps.cumsum())
        share = 0.3 + 0.01 * np.arange(periods) + together * steps.cumsum()
        ends = pd.date_range("2024-01-31", periods=periods, freq="ME")
        parts += [pd.DataFrame({"series": name, "category": category, "period_end": ends, "value": value})
                  for category, value in (("deep", total * (1 - share)), ("llm", total * share))]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def totals_of(rows):
    return rows.groupby(["series", "period_end"], as_index=False)["value"].sum()


def fits(rows, *, shares=None):
    panel = panels(totals_of(rows))[0][0]
    fitted = fit_shares(rows if shares is None else shares, horizon=AHEAD, learned=load_learned().whole)
    return fit_volumes(panel, horizon=AHEAD, priors=PRIORS), fitted


@pytest.fixture(scope="module")
def both():
    return fits(by_category())


@pytest.fixture(scope="module")
def levels(both):
    return joint_levels(*both, seed=3, kept=KEPT)


def test_the_total_is_the_volume_model_s_own(both, levels):
    whole = levels.forecast[levels.forecast["category"].isna()].drop(columns="category").reset_index(drop=True)
    own = volume_quantiles(both[0])
    assert whole["value"].to_numpy().tobytes() == own["value"].to_numpy().tobytes()
    assert whole["series"].tolist() == own["series"].astype(str).tolist()
    drawn = levels.paths[levels.paths["category"].isna()]["value"].to_numpy()
    wanted = draw_volumes(both[0], draws=KEPT, seed=3).transpose("series", "draw", "step").to_numpy()
    assert drawn.tobytes() == wanted.tobytes()


def test_categories_add_up_in_every_draw_and_in_the_mean(levels):
    paths = levels.paths
    parts = paths[paths["category"].notna()].groupby(KEYS)["value"].sum()
    np.testing.assert_allclose(parts, paths[paths["category"].isna()].set_index(KEYS)["value"].sort_index())
    means = levels.forecast[levels.forecast["statistic"] == "mean"]
    keys = ["series", "period_end"]
    parts = means[means["category"].notna()].groupby(keys)["value"].sum()
    np.testing.assert_allclose(parts, means[means["category"].isna()].set_index(keys)["value"].sort_index())


def test_quantiles_rise_and_hold_the_draws(levels):
    rows = levels.forecast[levels.forecast["statistic"] == "quantile"]
    keys = ["series", "category", "period_end"]
    table = rows.fillna({"category": ""}).pivot_table(index=keys, columns="quantile", values="value")
    assert (np.diff(table.to_numpy(), axis=1) >= 0).all()
    drawn = levels.paths.fillna({"category": ""}).groupby(keys)["value"]
    assert ((drawn.median() > table[0.1]) & (drawn.median() < table[0.9])).all()


def test_the_same_seed_gives_the_same_bytes_and_fewer_series_the_same_draws(both, levels):
    again = joint_levels(*both, seed=3, kept=KEPT)
    pd.testing.assert_frame_equal(again.forecast, levels.forecast, check_exact=True)
    pd.testing.assert_frame_equal(again.paths, levels.paths, check_exact=True)


def test_the_note_says_how_far_totals_and_shares_moved_together():
    apart = joint_levels(*fits(by_category()), seed=0).note
    together = joint_levels(*fits(by_category(together=0.3)), seed=0).note
    assert "drawn independently" in apart
    size = [float(note.split("changes: ")[1].split(" ")[0]) for note in (apart, together)]
    assert size[1] > 0.6 > size[0]
    assert "too short to say" in joint_levels(*fits(by_category(periods=6)), seed=0).note


def test_series_without_shares_and_other_periods_are_refused():
    rows = by_category()
    with pytest.raises(ValueError, match="series 'search' has no shares"):
        joint_levels(*fits(rows, shares=rows[rows["series"] == "ads"]), seed=0)
    early = rows[rows["period_end"] < "2025-12-01"]
    with pytest.raises(ValueError, match="ends 2026-01-31 for the total and 2025-12-31 for its shares"):
        joint_levels(*fits(rows, shares=early), seed=0)
