"""Peers and scores of migration forecasts on series made by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from shiftcast.forecast.rollouts.courses import Course, Said
from shiftcast.forecast.scoring import rollouts
from shiftcast.forecast.scoring.peers import PEERS, drift, last_value, logistic, stated_share, told
from shiftcast.forecast.scoring.rollouts import actual_shares, fold_of, score_rollouts, summary
from shiftcast.forecast.scoring.share_scores import score_share
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

STEPS = np.array([1.0, 2.0, 4.0, 8.0])
COURSE = Course("acme", "rest", "giants", "recsys", "deep", (10.0, 12.0))
BELIEFS = shipped_beliefs()


def said(at, share):
    return Said(at, share, float(logit(np.clip(share, 0.002, 0.985))), 0.3)


def test_a_last_value_stays_and_is_nought_before_the_first():
    assert last_value([], STEPS).tolist() == [0.0] * 4
    assert last_value([said(3.0, 0.2), said(5.0, 0.4)], STEPS).tolist() == [0.4] * 4


def test_a_drift_runs_on_by_its_mean_step_within_bounds():
    np.testing.assert_allclose(drift([said(3.0, 0.2), said(4.0, 0.5), said(5.0, 0.4)], STEPS), [0.5, 0.6, 0.8, 1.0])
    np.testing.assert_allclose(drift([said(3.0, 0.4), said(5.0, 0.2)], STEPS), [0.1, 0.0, 0.0, 0.0])


def test_a_logistic_goes_on_along_itself():
    level = [said(at, float(expit(-3 + 0.4 * at))) for at in (2.0, 5.0, 7.0)]
    np.testing.assert_allclose(logistic(level, STEPS), expit(-3 + 0.4 * (7 + STEPS)), rtol=1e-9)
    assert logistic([said(2.0, 0.0), said(5.0, 1.0)], STEPS)[0] > 0.99


@pytest.mark.parametrize("peer", [drift, logistic])
@pytest.mark.parametrize("of", [[], [said(3.0, 0.2)], [said(3.0, 0.1), said(3.0, 0.2)]])
def test_a_peer_without_two_days_is_a_last_value(peer, of):
    np.testing.assert_array_equal(peer(of, STEPS), last_value(of, STEPS))
    assert set(PEERS) == {"last value", "drift", "logistic"}


def test_a_rollout_without_a_share_is_told_to_peers_as_the_model_reads_it():
    unsaid = Said(4.0, np.nan, float(logit(0.7)), 1.5, "=", "deployed")
    assert stated_share(unsaid) == pytest.approx(0.7)
    assert [each.share for each in told(replace(COURSE, furthest=(said(3.0, 0.2), unsaid)))] == [
        0.2,
        pytest.approx(0.7),
    ]


def test_actual_shares_are_nought_before_the_start_straight_between_statements_and_unknown_elsewhere():
    course = replace(COURSE, furthest=(said(12.0, 0.2), said(16.0, 0.4)))
    ends = np.array([5.0, 10.0, 11.0, 12.0, 14.0, 16.0, 17.0])
    np.testing.assert_allclose(actual_shares(course, ends, 20.0), [0.0, 0.0, np.nan, 0.2, 0.3, 0.4, np.nan])


def test_a_surface_that_is_full_stays_so_until_now():
    course = replace(COURSE, furthest=(said(12.0, 0.95),))
    np.testing.assert_allclose(actual_shares(course, np.array([12.0, 18.0, 21.0]), 20.0), [0.95, 0.95, np.nan])


def test_a_furthest_surface_never_falls_for_a_lesser_one():
    course = replace(COURSE, furthest=(said(12.0, 0.5), said(14.0, 0.1)))
    assert actual_shares(course, np.array([14.0]), 20.0).tolist() == [0.5]


def test_an_operator_without_a_row_has_none_until_now():
    silent = replace(COURSE, start=None)
    np.testing.assert_allclose(actual_shares(silent, np.array([12.0, 20.0, 20.5]), 20.0), [0.0, 0.0, np.nan])
    before = replace(COURSE, start=(-np.inf, 12.0), before=True, furthest=(said(12.0, 0.9),))
    assert np.isnan(actual_shares(before, np.array([5.0, 12.0, 15.0]), 20.0)).all()


def test_a_share_is_scored_by_hand():
    found = score_share(np.array([0.2, 0.4]), 0.5, np.random.default_rng(1))
    assert found["crps"] == pytest.approx(0.1)  # mean distance 0.2, less half the distance of the two
    assert found["log"] == pytest.approx(-np.log((2 + 0.5) / (2 + 0.5 * 5)))
    assert found["pit"] == 1.0
    assert 0.5 <= score_share(np.array([0.2, 0.4]), 0.4, np.random.default_rng(1))["pit"] <= 1.0
    assert score_share(np.array([0.3]), 0.1, np.random.default_rng(1))["crps"] == pytest.approx(0.2)


def test_a_calibrated_forecast_covers_what_it_says_even_where_most_draws_are_the_same():
    random = np.random.default_rng(4)

    def drawn(count):
        return np.where(random.random(count) < 0.6, 0.0, random.random(count))

    pit = np.array([score_share(drawn(200), float(drawn(1)[0]), random)["pit"] for _ in range(1500)])
    assert ((pit > 0.1) & (pit < 0.9)).mean() == pytest.approx(0.8, abs=0.03)
    assert pit.mean() == pytest.approx(0.5, abs=0.025)


def test_a_summary_is_by_method_against_the_last_value():
    rows = pd.DataFrame({"method": ["ledger", "last value"] * 2, "crps": [0.1, 0.2, 0.2, 0.4], "log": [1.0, 2, 3, 4],
                         "pit": [0.05, 0.5, 0.5, 0.9]})  # fmt: skip
    table = summary(rows).set_index("method")
    assert table.loc["ledger"].to_dict() == {
        "cases": 2, "crps": pytest.approx(0.15), "log": 2.0, "covers": 0.5, "ratio": pytest.approx(0.5),
    }  # fmt: skip
    assert table.loc["last value", "covers"] == 1.0


def move(until, share, **changes):
    end = pd.Timestamp(until)
    spread = {"share_low": share, "share_mid": share, "share_high": share}
    return {"period_start": str(end.date()), "period_end": until, "known_at": until, **spread, **changes}


@pytest.fixture(scope="module")
def scored(ledger, figures):
    def score(*moves, origins=("2016-12-31", "2017-12-31")):
        return score_rollouts(
            ledger(*moves), figures(), {"recsys": ("table", "deep")}, BELIEFS, draws=30, seed=1,
            origins=pd.DatetimeIndex(origins, tz="UTC"), now=pd.Timestamp("2019-12-31", tz="UTC"),
        )  # fmt: skip

    return score


@pytest.fixture(scope="module")
def rows(scored):
    return scored(*OWN, *OTHER)


OWN = (move("2016-09-30", 0.1), move("2017-12-31", 0.3))
OTHER = (move("2016-06-30", 0.1, operator="zeta"), move("2018-12-31", 1.0, operator="zeta", event="full"))


def test_every_known_share_is_a_case_of_every_method(rows):
    cases = rows[rows["method"] == "ledger"]
    found = {(row.operator, row.origin, row.horizon): row.actual for row in cases.itertuples()}
    slope = 0.2 / 5
    assert {key[2]: value for key, value in found.items() if key[:2] == ("acme", 68.0)} == {
        1: pytest.approx(0.1 + 2 * slope), 2: pytest.approx(0.1 + 3 * slope), 4: pytest.approx(0.3),
    }  # fmt: skip
    assert {key[2] for key in found if key[:2] == ("zeta", 72.0)} == {1, 2, 4, 8}
    assert not any(key[:2] == ("acme", 72.0) for key in found)
    every = {"ledger", "share state", *PEERS, *(f"{name} + spread" for name in PEERS)}
    assert rows.groupby("method").size().to_dict() == dict.fromkeys(every, len(cases))
    assert cases["begun"].all()


def test_a_last_value_misses_by_what_was_added(rows):
    last = rows[(rows["method"] == "last value") & (rows["operator"] == "acme")].set_index("horizon")
    np.testing.assert_allclose(last["crps"], last["actual"] - 0.1)


def test_the_spread_of_a_peer_is_what_it_missed_on_others_by_the_origin(rows):
    crps = rows.set_index(["method", "operator", "origin", "horizon"])["crps"]
    assert crps["last value + spread", "acme", 68.0, 1] == crps["last value", "acme", 68.0, 1]  # nothing seen by then
    own = crps["last value + spread", "zeta", 72.0, 1]
    assert own < crps["last value", "zeta", 72.0, 1]  # `acme` rose from the same level the year before


def test_nothing_said_later_changes_a_forecast(rows, scored):
    later = scored(*OWN, move("2019-06-30", 1.0, event="full"), *OTHER)
    keys = ["operator", "technique", "origin", "horizon", "method"]
    both = rows.merge(later, on=keys, suffixes=("", "_later"))
    same = both[np.isclose(both["actual"], both["actual_later"])]
    assert len(same) == len(rows)
    pd.testing.assert_series_equal(same["crps"], same["crps_later"], check_names=False)
    assert len(later) > len(rows)


def test_an_operator_teaches_nothing_of_itself(scored, monkeypatch):
    assert fold_of("acme") != fold_of("zeta")
    taught = []
    learn = rollouts.learn_habits

    def noted(courses, *more):
        taught.append({each.operator for each in courses})
        return learn(courses, *more)

    monkeypatch.setattr(rollouts, "learn_habits", noted)
    scored(*OWN, *OTHER, origins=("2016-12-31",))
    assert sorted(taught, key=sorted) == [{"acme"}, {"zeta"}]


def test_the_same_seed_gives_the_same_scores(rows, scored):
    pd.testing.assert_frame_equal(scored(*OWN, *OTHER), rows)


def test_an_operator_is_no_case_before_the_ledger_speaks_of_it(scored):
    assert scored(*OWN, origins=("2014-12-31", "2015-12-31")).empty
