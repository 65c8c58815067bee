"""Stock and flow, the funnel, the cascade and exits keep their books in every draw and period."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.capacity.cascade import cascade_shares
from shiftcast.forecast.capacity.funnel import FUNNEL, FunnelStep, follow_funnel, lag_shares, lead_time
from shiftcast.forecast.capacity.procurement import critical_ratio
from shiftcast.forecast.capacity.purchase import whole_racks
from shiftcast.forecast.capacity.retirement import keeps_running, power_worth, running_margin
from shiftcast.forecast.capacity.stock import stock_and_flow
from shiftcast.forecast.economics.power import Power
from shiftcast.forecast.hardware.fleet import weibull_survival

of = np.asarray
DRAWS, PERIODS = 4, 10


def fleet(seed: int, life: float):
    random = np.random.default_rng(seed)
    bought = random.lognormal(8, 2, (DRAWS, PERIODS)) * (random.random((DRAWS, PERIODS)) < 0.7)
    survival = weibull_survival(np.arange(0.5, PERIODS), np.full(DRAWS, life), 3.0)
    runs = (random.random((DRAWS, PERIODS, PERIODS)) < 0.8).astype(float)
    return bought, survival, runs


@given(st.integers(0, 10**6), st.floats(1.0, 40.0))
def test_stock_is_stock_before_plus_bought_less_retired(seed, life):
    bought, survival, runs = fleet(seed, life)
    stock = stock_and_flow(bought, survival, runs)
    before = np.concatenate([np.zeros((DRAWS, 1)), stock.live[:, :-1]], axis=1)
    np.testing.assert_allclose(stock.live, before + bought - stock.retired, rtol=1e-12, atol=1e-9 * bought.sum())
    assert (stock.retired >= 0).all()
    assert (stock.live >= 0).all()
    np.testing.assert_allclose(stock.cohorts.sum(axis=1), stock.live)


@given(st.integers(0, 10**6))
def test_an_exit_is_final_and_only_takes_away(seed):
    bought, survival, runs = fleet(seed, 8.0)
    aged, stock = stock_and_flow(bought, survival), stock_and_flow(bought, survival, runs)
    assert (stock.live <= aged.live + 1e-9).all()
    for cohort in range(PERIODS):
        assert (np.diff(stock.cohorts[:, cohort, cohort:], axis=1) <= 1e-9).all()
        assert (stock.cohorts[:, cohort, :cohort] == 0).all()


@pytest.mark.parametrize(
    ("bought", "survival", "said"),
    [([[-1.0]], [[1.0]], "purchases of -1 are negative"), ([[1.0, 0.0]], [[0.5, 0.6]], "survival rises"),
     ([[1.0]], [[1.5]], "survival rises with age or leaves")],
)  # fmt: skip
def test_a_fleet_that_cannot_be_is_refused(bought, survival, said):
    with pytest.raises(ValueError, match=said):
        stock_and_flow(of(bought), of(survival))


@given(st.integers(0, 10**6), st.floats(0.2, 6.0), st.floats(0.0, 1.0))
def test_what_enters_a_stage_moves_on_is_lost_or_waits(seed, lag, through):
    visible = np.random.default_rng(seed).lognormal(3, 1, (DRAWS, PERIODS))
    steps = {stage: FunnelStep(np.full(DRAWS, lag), np.full(DRAWS, through), 4.0) for stage in FUNNEL[1:]}
    funnel = follow_funnel(visible, steps)
    for stage, after in pairwise(FUNNEL):
        entered = np.cumsum(funnel.arrived[stage], axis=1)
        left = np.cumsum(funnel.arrived[after] + funnel.lost[stage], axis=1)
        np.testing.assert_allclose(entered, left + funnel.waiting[stage], atol=1e-9)
        assert (funnel.waiting[stage] >= -1e-9).all()


def test_lags_have_the_mean_they_are_given():
    shares = lag_shares(of([2.0]), 40, 4.0)[0]
    assert shares.sum() == pytest.approx(1.0, abs=1e-6)
    assert (shares * (np.arange(40) + 0.5)).sum() == pytest.approx(2.0, abs=0.05)
    assert lead_time(FunnelStep(np.full(4000, 3.0), np.ones(4000), 4.0), seed=1, name="a").mean() == pytest.approx(
        3.0, abs=0.1
    )
    with pytest.raises(ValueError, match="mean lag of 0 quarters"):
        lag_shares(of([0.0]), 3, 4.0)


@given(st.floats(0.3, 8.0), st.floats(0.3, 12.0))
def test_a_cohort_s_work_is_somewhere_and_moves_one_way(first, second):
    shares = cascade_shares(np.linspace(0, 15, 40), of([first]), of([second]), 4.0)
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0)
    assert (shares >= -1e-12).all()
    assert (np.diff(shares[..., 0], axis=1) <= 1e-12).all()
    assert (np.diff(shares[..., 2], axis=1) >= -1e-12).all()


@given(st.floats(0.0, 1e6), st.integers(1, 144))
def test_racks_hold_what_is_needed_and_no_spare_rack(need, domain):
    bought = float(whole_racks(of(need), domain))
    assert need <= bought <= need + domain
    assert bought % domain == 0


def test_purchases_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="rack of 0"):
        whole_racks(of(1.0), 0)
    with pytest.raises(ValueError, match="shortage 0 and a surplus 1"):
        critical_ratio(0.0, 1.0)
    assert critical_ratio(3.0, 1.0) == 0.75


def test_an_accelerator_leaves_when_power_grows_dear():
    """1 kW at the meter sells 3.6 USD an hour, burns 0.10 and needs 0.50: it can pay 3 USD for its power, not more."""
    power = Power(of(1000.0), "facility")
    margin = running_margin(
        of(1e-6), of(1000.0), power, electricity=of(0.1), power_value=of([[0.0, 2.9e-3, 3.1e-3, 0.0]])
    )
    assert keeps_running(margin, of(0.5)).tolist() == [[1.0, 1.0, 0.0, 0.0]]
    assert float(power_worth(of(1e-6), of(1000.0), power, costs=of(9.0))) == 0.0
    with pytest.raises(ValueError, match="not W_chip"):
        running_margin(of(1.0), of(1.0), Power(of(1.0), "chip"), electricity=of(0.1), power_value=of(0.0))
