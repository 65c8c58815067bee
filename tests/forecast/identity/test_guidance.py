import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import known_by
from shiftcast.forecast.draws import stream
from shiftcast.forecast.identity.guidance import GuidancePrior, guidance_prior, guided_quarter, predictive
from shiftcast.forecast.identity.outlook import draw_outlook, fit_outlook
from shiftcast.forecast.volume import series_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

REVENUE = series_prior(shipped_beliefs(), "volume.revenue")

PRIOR = GuidancePrior(bias=0.03, bias_quarters=4, spread=0.05, spread_quarters=6, other_change=0.08, floor=0.1)
LAST = pd.Timestamp("2026-01-25", tz="UTC")
REPORTED = pd.Series([62.3e9], index=pd.DatetimeIndex([LAST]))


@pytest.fixture(scope="module")
def vintages(record):
    return known_by(record.observations, pd.Timestamp("2026-02-25", tz="UTC"))


def test_the_prior_is_that_of_the_record_and_a_missing_row_is_named(record):
    assert guidance_prior(record.assumptions) == PRIOR
    rows = record.assumptions[record.assumptions["name"] != "guidance.spread"]
    with pytest.raises(ValueError, match=r"'guidance.spread' is missing; add a row"):
        guidance_prior(rows)


def test_without_quarters_the_prior_is_believed_and_with_many_the_record():
    mean, sd, degrees = predictive(np.array([]), PRIOR)
    assert (mean, degrees) == (0.03, 6.0)
    assert sd == pytest.approx(0.05 * np.sqrt(1.25 * 6 / 4))
    ratios = np.random.default_rng(1).normal(-0.1, 0.02, 5000)
    mean, sd, degrees = predictive(ratios, PRIOR)
    assert (mean, sd) == (pytest.approx(-0.1, abs=0.002), pytest.approx(0.02, abs=0.002))
    assert degrees == 5006


def test_the_coming_quarter_is_what_is_guided_for_the_whole_less_the_rest(vintages):
    found = guided_quarter(vintages, REPORTED, PRIOR)
    assert np.median(found.draw(4000, stream(1, "test"))) == pytest.approx(found.median, rel=0.02)
    assert 71e9 < found.median < 78e9  # 78 were guided, data centres are nine tenths, and outlooks are low


def test_what_is_not_guided_or_only_recalled_is_nothing(vintages):
    assert guided_quarter(vintages.iloc[:0], REPORTED, PRIOR) is None
    later = pd.Series([62.3e9], index=[LAST + pd.Timedelta(days=91)])
    assert guided_quarter(vintages, later, PRIOR) is None
    outlook = vintages["definition"] == "company_outlook"
    recalled = vintages.assign(confidence=vintages["confidence"].where(~outlook, "recalled"))
    assert guided_quarter(recalled, REPORTED, PRIOR) is None


def test_a_past_quarter_counts_by_its_first_outlook_and_the_coming_one_by_its_last(vintages):
    outlook = vintages[vintages["definition"] == "company_outlook"]
    cut = outlook.assign(value=outlook["value"] / 2, known_at=outlook["known_at"] + pd.Timedelta(days=1))
    before, after = (guided_quarter(rows, REPORTED, PRIOR) for rows in (vintages, pd.concat([vintages, cut])))
    assert after.midpoint == before.midpoint / 2
    assert (after.mean, after.sd, after.degrees) == (before.mean, before.sd, before.degrees)


def test_paths_start_from_the_guided_quarter_and_share_their_numbers_with_those_that_do_not(vintages):
    history, guided = np.exp(0.1 * np.arange(30)) * 3e9, guided_quarter(vintages, REPORTED, PRIOR)
    outlooks = [fit_outlook(history, 3, each, prior=REVENUE, members=("last_value",)) for each in (guided, None)]
    drawn, plain = (draw_outlook(each, draws=400, seed=1, name="test") for each in outlooks)
    assert drawn.shape == plain.shape == (400, 3)
    np.testing.assert_array_equal(drawn[:, 0], guided.draw(400, stream(1, "test.guidance")))
    assert np.corrcoef(np.log(drawn[:, 0]), np.log(drawn[:, 1]))[0, 1] > 0.2
    np.testing.assert_array_equal(drawn, draw_outlook(outlooks[0], draws=400, seed=1, name="test"))


def test_a_horizon_of_the_guided_quarter_alone_is_that_quarter(vintages):
    guided = guided_quarter(vintages, REPORTED, PRIOR)
    outlook = fit_outlook(np.full(30, 6e10), 1, guided, prior=REVENUE, members=("last_value",))
    assert draw_outlook(outlook, draws=5, seed=1, name="test").shape == (5, 1)
