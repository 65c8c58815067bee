"""Cost, revenue and price feedback against figures worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.economics.cost import Terms, capital_recovery, hourly_cost, per_million
from shiftcast.forecast.economics.power import Power
from shiftcast.forecast.economics.revenue import TokensPerWatt, revenue_per_megawatt_year, tokens_per_watt
from shiftcast.forecast.scenarios.rebound import compute_response, kind, rebound_table, volume_at_price

of = np.asarray


@pytest.mark.parametrize(("life", "percent"), [(3, 40.2), (4, 31.5), (5, 26.38), (6, 23.0)])
def test_capital_charge_at_ten_percent(life, percent):
    assert 100 * float(capital_recovery(of(0.1), of(float(life)))) == pytest.approx(percent, abs=0.05)


@given(st.just(0.0) | st.floats(1e-4, 0.5), st.floats(0.5, 30.0))
def test_the_charge_repays_the_price_with_interest(rate, life):
    charge = float(capital_recovery(of(rate), of(life)))
    worth = life if rate == 0 else (1 - (1 + rate) ** -life) / rate
    assert charge * worth == pytest.approx(1.0, rel=1e-6)
    assert charge >= 1 / life - 1e-12


@pytest.mark.parametrize(("rate", "life", "said"), [(0.1, -4, "life of -4 years"), (0.1, 0, "life of 0 years"),
                                                    (-0.1, 4, "-0.1 a year is negative")])  # fmt: skip
def test_no_life_and_no_negative_rate(rate, life, said):
    with pytest.raises(ValueError, match=said):
        capital_recovery(of(rate), of(float(life)))


def test_parts_of_an_hour_add_up():
    terms = Terms(of(0.1), of(0.05), of(10.0), of(10.0), of(0.8), of(0.1))
    cost = hourly_cost(of(40000.0), of(2500.0), terms, life=of(4.0))
    assert float(cost.capital) == pytest.approx(40000 * 0.3154708 / 8760, rel=1e-6)
    assert float(cost.operations) == pytest.approx(2000 / 8760)
    assert float(cost.site) == pytest.approx(25000 * 0.1627454 / 8760, rel=1e-6)
    assert float(cost.energy) == pytest.approx(2.5 * 0.8 * 0.1)
    assert float(cost.total) == pytest.approx(float(cost.capital + cost.operations + cost.site + cost.energy))


def test_published_cost_of_a_million_tokens():
    """DeepSeek V4 Pro on GB200 at 16 tokens/s/user: 2.21 USD an hour at 8,835 tokens a second is 0.07 USD."""
    assert float(per_million(of(2.21), of(8835.0), of(1.0))) == pytest.approx(0.07, abs=0.001)


@pytest.mark.parametrize(("rate", "use"), [(0.0, 0.5), (100.0, 0.0)])
def test_nothing_sold_has_no_unit_cost(rate, use):
    with pytest.raises(ValueError, match="is 0, which is not positive"):
        per_million(of(1.0), of(rate), of(use))


@pytest.mark.parametrize(("elasticity", "compute"), [(0.5, 0.32), (1.0, 1.0), (1.5, 3.2)])
def test_ten_times_the_throughput(elasticity, compute):
    assert float(compute_response(of(10.0), of(elasticity), of(1.0))) == pytest.approx(compute, abs=0.05)


@given(st.floats(0.1, 100.0), st.floats(0.0, 3.0), st.floats(0.0, 1.5))
def test_compute_is_volume_over_throughput(gain, elasticity, through):
    volume = float(volume_at_price(of(1.0), of(gain**-through), of(elasticity)))
    assert float(compute_response(of(gain), of(elasticity), of(through))) == pytest.approx(volume / gain)


def test_the_table_names_the_regime():
    table = rebound_table(2.0, (0.0, 2.0), of([0.5, 0.5]))
    assert table["kind"].tolist() == ["partial rebound", "neutral"]
    assert table["volume"].tolist() == pytest.approx([1.0, 2.0])
    assert kind(2.0, 0.6) == "backfire"


@pytest.mark.parametrize("ask", [lambda: compute_response(of(0.0), of(1.0), of(1.0)),
                                 lambda: volume_at_price(of(1.0), of(-1.0), of(1.0))])  # fmt: skip
def test_ratios_are_positive(ask):
    with pytest.raises(ValueError, match="is not positive"):
        ask()


def test_revenue_needs_power_at_the_meter():
    with pytest.raises(ValueError, match="not W_it"):
        revenue_per_megawatt_year(of(1.0), of(1.0), Power(of(1.0), "it"), utilisation=of(1.0))


def test_tokens_are_revenue_only_if_power_binds_demand_absorbs_and_tiers_cost_the_same():
    yes, one = np.ones(4, dtype=bool), np.ones(4)
    fine = tokens_per_watt(one, one, demand=of(2.0), power_limits=yes)
    assert fine.holds
    assert fine.because == "all three conditions hold"
    assert tokens_per_watt(one, one, demand=of(0.5), power_limits=yes) == TokensPerWatt(0.0, 0.0, 1.0)
    assert tokens_per_watt(one, one, demand=of(2.0), power_limits=~yes) == TokensPerWatt(0.0, 1.0, 1.0)
    assert "power does not bind (100% likely)" in tokens_per_watt(one, one, demand=of(2.0), power_limits=~yes).because
    unknown = tokens_per_watt(one, 2 * one, demand=None, power_limits=yes)
    assert not unknown.holds
    assert "service tier" in unknown.because
    assert "not judged: power_binds, demand_absorbs" in unknown.because
