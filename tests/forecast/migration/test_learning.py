"""Learning: gradients, no leakage, calibration, and a learned family that comes back from JSON."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import check_grad

from shiftcast.forecast.migration.boosted import trial
from shiftcast.forecast.migration.judging import judge, scored
from shiftcast.forecast.migration.learned import from_json, to_json
from shiftcast.forecast.migration.learning import TAUGHT, learning_rows, pinball
from shiftcast.forecast.migration.learning_newcomers import learn_newcomers
from shiftcast.forecast.migration.noise import SCALE_TERMS
from shiftcast.forecast.migration.rolling import rolling_origins
from shiftcast.forecast.migration.training import calibrated, learn_family


def reference(seed, *, series=3, periods=26):
    """Return a made-up reference set: substitutions with noise, one category coming late."""
    random = np.random.default_rng(seed)
    parts = []
    for number in range(series):
        time = np.arange(periods)
        new = 1 / (1 + np.exp(-random.uniform(0.1, 0.4) * (time - random.uniform(5, 20))))
        late = np.where(time > 18, 0.02 * (time - 18), 0.0)
        shares = np.stack([(1 - new) * (1 - late), new * (1 - late), late], axis=1)
        shares = np.abs(shares + 0.01 * random.standard_normal(shares.shape) * (shares > 0))
        shares /= shares.sum(axis=1, keepdims=True)
        wide = pd.DataFrame(shares, columns=list("abc"), index=pd.date_range("1990-01-01", periods=periods, freq="YS"))
        tidy = wide.rename_axis("period").reset_index().melt("period", var_name="category", value_name="share")
        parts.append(tidy.assign(series=f"x{number}", observed=1))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def origins():
    """Return the origins of three made-up sets."""
    return [o for seed, name in enumerate("uvw") for o in rolling_origins(reference(seed), name, count=5)]


@pytest.fixture(scope="module")
def family(origins):
    """Return what they teach."""
    return learn_family(origins, draws=40)


def test_gradient_of_the_loss(origins):
    rows = learning_rows(origins)
    weights = np.r_[np.full(len(TAUGHT), 0.05), np.full(len(SCALE_TERMS), 0.2)]
    loss = lambda w: pinball(w, rows, rows.changes, rows.terms)[0]  # noqa: E731  (a name for one expression)
    slope = lambda w: pinball(w, rows, rows.changes, rows.terms)[1]  # noqa: E731  (a name for one expression)
    assert check_grad(loss, slope, weights) < 1e-4 * np.abs(slope(weights)).max() + 1e-5


def test_nothing_after_the_origin_is_seen():
    history = reference(1)
    late = history.period > history.period.unique()[14]
    changed = history.assign(share=history.share.where(~late, 1.0 / 3.0))
    first, second = (next(iter(rolling_origins(h, "s", count=2))) for h in (history, changed))
    assert first.state.roots.tobytes() == second.state.roots.tobytes()
    assert not np.array_equal(first.future, second.future)


def test_categories_of_the_future_are_unseen(origins):
    first = origins[0]
    assert first.state.panel.categories[0] == ("a", "b", "unseen")
    assert np.nansum(first.future[:, :, 2]) > 0.0


def test_too_short_a_set_has_no_origins():
    assert list(rolling_origins(reference(0, periods=11), "s", count=3)) == []


def test_newcomer_quantiles_rise_both_ways(origins):
    for part in learn_newcomers(origins).values():
        table = np.array(part.held)
        assert (np.diff(table, axis=0) >= 0.0).all()
        assert (np.diff(table, axis=1) >= 0.0).all()
        assert all(0.0 <= chance <= 1.0 for chance in part.hazard)


def test_family_leaves_each_set_out(family, origins):
    assert set(family.left_out) == {"u", "v", "w"}
    assert family.without("u") is family.left_out["u"]
    assert family.without("elsewhere") is family.whole
    assert family.left_out["u"].weights != family.whole.weights
    assert family.whole.skill


def test_learned_beats_nothing_learned_on_its_own_sets(family, origins):
    scores = judge(origins, lambda name: family.whole, draws=60)
    assert scores.inside80.mean() == pytest.approx(0.8, abs=0.12)


def test_family_survives_json(family):
    again = from_json(json.loads(json.dumps(to_json(family))))
    assert to_json(again) == to_json(family)


def test_another_version_is_refused(family):
    with pytest.raises(ValueError, match="version 0, this model reads 2; train again"):
        from_json({**to_json(family), "version": 0})


def test_the_former_version_is_read(family):
    data = to_json(family)
    table = data["whole"].pop("newcomers")["lively"]["held"]
    former = from_json({"version": 1, "left_out": {}, "whole": {**data["whole"], "newcomer": table}}).whole
    assert former.newcomers["first"].hazard == (1.0,) * 6
    assert former.newcomers["quiet"].held == family.whole.newcomers["lively"].held


def test_one_set_teaches_itself(origins):
    alone = learn_family([o for o in origins if o.set_name == "u"], draws=20)
    assert not alone.left_out


def test_boosted_trial_compares_on_sets_left_out(family, origins):
    verdict = trial(learning_rows(origins), dict(family.left_out))
    assert verdict.wins == (verdict.with_it < verdict.without)


def test_calibration_finds_the_factor():
    rows = [("s", h, step, 0.7 + step) for h in (1, 2, 4) for step in (-0.1, 0.0, 0.1, 0.2)]
    level, slope = calibrated(pd.DataFrame(rows, columns=["set", "horizon", "step", "inside80"]))
    assert (level, slope) == pytest.approx((0.1, 0.0), abs=1e-9)


def test_scores_by_hand():
    quantiles = np.linspace(0.025, 0.975, 21)[:, None, None] * np.ones((1, 1, 2))
    (score,) = scored(quantiles, np.array([[0.5, 2.0]]), np.array([0.5, 0.5]))
    assert score["inside80"] == 0.5
    assert score["inside95"] == 0.5
