"""The worked run of the split, on the 17 statements and two readings of the keynote it was made with."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from shiftcast.forecast.statements.state import SharePrior, fit_share_state
from shiftcast.forecast.statements.wording import Hearing

TABLE = Path(__file__).parent / "tables" / "sixty_forty_worked.csv"
HEARING = Hearing(edge=0.005, window_sd=0.005, skew=4.0)
PLAIN = {"volatility": 0.1, "volatility_sd_log": np.inf}  # plain maximum likelihood
PRIOR = SharePrior(mid=float(expit(0.1)), sd=0.5, hearing=HEARING, **PLAIN)
QUARTERS = pd.date_range("2024-01-31", "2028-04-30", freq="3ME", tz="UTC")  # FY24Q4 to eight quarters past FY27Q1
LAST = 9
OFFSETS = {"CSP": 0.2, "HS26": 0.2, "T5": 0.2}


def statements():
    rows = pd.read_csv(TABLE, comment="#")
    ends = {f"FY{24 + (i + 3) // 4}Q{(i + 3) % 4 + 1}": end for i, end in enumerate(QUARTERS)}
    ends = rows["quarter"].map(ends)
    return pd.DataFrame({
        "period_start": ends - pd.Timedelta(days=80), "period_end": ends, "value": rows["share"].astype(float),
        "sd": rows["sd"], "bound": "=", "definition": rows["definition"],
    })  # fmt: skip


def fitted(rows, *, offsets=OFFSETS, prior=PRIOR):
    return fit_share_state(rows, QUARTERS, reference="HS27", offset_sd=offsets, prior=prior)


def log_likelihood(state):
    return float(state.model.loglike([state.volatility]))


@pytest.fixture(scope="module")
def free():
    rows = statements()
    return fitted(rows[rows["definition"] != "GTC"])


def with_keynote(free, sd, offset_sd):
    rows = statements()
    rows = rows[(rows["definition"] != "GTC") | (rows["sd"] == sd)]
    held = SharePrior(mid=PRIOR.mid, sd=PRIOR.sd, volatility=free.volatility, volatility_sd_log=1e-6, hearing=HEARING)
    return fitted(rows, offsets={**OFFSETS, "GTC": offset_sd}, prior=held)


def test_drift_is_about_0_14_logit_a_quarter(free):
    assert free.volatility == pytest.approx(0.142, abs=0.006)


def test_an_exact_flow_reading_costs_about_34_units_of_log_likelihood(free):
    exact = with_keynote(free, 0.01, 0.0)
    offset = with_keynote(free, 0.03, 0.30)
    assert log_likelihood(offset) - log_likelihood(exact) == pytest.approx(34.2, abs=1.0)
    assert log_likelihood(free) - log_likelihood(offset) == pytest.approx(0.4, abs=0.2)


def test_intervals_and_the_odds_of_60_percent(free):
    share, _ = free.simulate(20_000, np.random.default_rng(1))
    now, year, two = (np.quantile(share[:, LAST + ahead], [0.1, 0.5, 0.9]) for ahead in (0, 4, 8))
    np.testing.assert_allclose(now, [0.501, 0.506, 0.511], atol=0.002)
    np.testing.assert_allclose(year, [0.42, 0.506, 0.60], atol=0.015)
    np.testing.assert_allclose(two, [0.38, 0.506, 0.63], atol=0.015)
    assert (share[:, LAST + 8] >= 0.6).mean() == pytest.approx(0.17, abs=0.02)


def test_the_keynotes_offset_is_learned_instead_of_moving_the_share(free):
    share, offsets = with_keynote(free, 0.03, 0.30).simulate(20_000, np.random.default_rng(2))
    assert offsets["GTC"].mean() == pytest.approx(0.33, abs=0.03)
    assert np.median(share[:, LAST]) == pytest.approx(0.506, abs=0.002)
    exact, _ = with_keynote(free, 0.01, 0.0).simulate(20_000, np.random.default_rng(3))
    assert np.median(exact[:, LAST]) == pytest.approx(0.518, abs=0.002)
