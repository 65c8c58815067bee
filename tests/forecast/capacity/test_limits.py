"""The linear programme keeps its limits, names the one that binds, and its shadow prices are true."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiftcast.forecast.capacity.limits import Programme, best_purchases
from shiftcast.forecast.capacity.served import served, tobit

PERIODS, GENERATIONS = 3, 2


def programme(seed: int) -> Programme:
    random = np.random.default_rng(seed)
    spread = lambda *shape: random.lognormal(0, 0.5, shape)  # noqa: E731  (a name for one expression)
    return Programme(
        need=10 * spread(PERIODS), value=20.0, work=spread(PERIODS, GENERATIONS), running=spread(PERIODS, GENERATIONS),
        charge=3 * spread(PERIODS, GENERATIONS), inherited=np.sort(spread(PERIODS, GENERATIONS), axis=0)[::-1],
        survival=np.array([1.0, 0.9, 0.7]), watts=spread(GENERATIONS), power=8 * spread(PERIODS),
        uses={"packaging": spread(GENERATIONS)}, supply={"packaging": 3 * spread(PERIODS)},
        offered=np.ones((PERIODS, GENERATIONS)),
    )  # fmt: skip


def worth(asked: Programme, done) -> float:
    return float(asked.value * done.served.sum() - (asked.running * done.run + asked.charge * done.bought).sum())


@given(st.integers(0, 10**6))
@settings(max_examples=15)
def test_limits_are_kept(seed):
    asked = programme(seed)
    done = best_purchases(asked)
    kept = np.array([[asked.survival[t - c] if t >= c else 0.0 for c in range(PERIODS)] for t in range(PERIODS)])
    assert (done.run <= asked.inherited + kept @ done.bought + 1e-7).all()
    assert (done.served <= (asked.work * done.run).sum(axis=1) + 1e-7).all()
    assert (done.served <= asked.need + 1e-7).all()
    assert (done.run @ asked.watts <= asked.power + 1e-7).all()
    assert (done.bought @ asked.uses["packaging"] <= asked.supply["packaging"] + 1e-7).all()


@given(st.integers(0, 10**6), st.sampled_from(["power", "packaging", "demand"]), st.integers(0, PERIODS - 1))
@settings(max_examples=15)
def test_a_shadow_price_is_what_a_little_more_is_worth(seed, name, period):
    asked, step = programme(seed), 1e-5
    done = best_purchases(asked)
    bump = step * (np.arange(PERIODS) == period)
    more = {
        "power": lambda: replace(asked, power=asked.power + bump),
        "demand": lambda: replace(asked, need=asked.need + bump),
        "packaging": lambda: replace(asked, supply={"packaging": asked.supply["packaging"] + bump}),
    }[name]()
    gained = (worth(more, best_purchases(more)) - worth(asked, done)) / step
    assert gained == pytest.approx(float(done.shadow[name][period]), abs=1e-3)
    assert (done.shadow[name] >= -1e-9).all()


def test_the_binding_limit_changes_with_what_is_scarce():
    easy = replace(programme(1), need=np.full(PERIODS, 5.0), power=np.full(PERIODS, 1e3),
                   supply={"packaging": np.full(PERIODS, 1e3)})  # fmt: skip
    assert set(best_purchases(easy).binding) == {"demand"}
    dark = replace(easy, need=np.full(PERIODS, 1e3), power=np.full(PERIODS, 1.0))
    assert set(best_purchases(dark).binding) == {"power"}
    scarce = replace(easy, need=np.full(PERIODS, 1e3), supply={"packaging": np.full(PERIODS, 0.1)})
    assert "packaging" in best_purchases(scarce).binding
    assert set(best_purchases(replace(easy, value=1e-6)).binding) == {"none"}


def test_what_is_not_offered_is_not_bought():
    asked = programme(2)
    offered = np.array([[1.0, 0.0]] * PERIODS)
    assert (best_purchases(replace(asked, offered=offered)).bought[:, 1] == 0).all()


def test_a_programme_without_an_answer_says_so():
    with pytest.raises(ValueError, match="cannot be planned"):
        best_purchases(replace(programme(3), power=np.full(PERIODS, -1.0)))


def test_latent_demand_is_found_behind_a_full_fleet():
    """Demand grows 10 % a period with 5 % noise; the fleet is full in the second half."""
    random = np.random.default_rng(5)
    latent = np.exp(3.0 + 0.1 * np.arange(40) + 0.05 * random.standard_normal(40))
    capacity = np.full(40, np.exp(5.0))
    fit = tobit(served(latent, capacity), capacity)
    assert fit.growth == pytest.approx(0.1, abs=0.01)
    assert fit.sd == pytest.approx(0.05, abs=0.03)
    draws = fit.draws(500, seed=1)
    assert (draws[:, fit.capped] >= fit.observed[fit.capped] - 1e-9).all()
    np.testing.assert_allclose(draws[:, ~fit.capped], np.tile(fit.observed[~fit.capped], (500, 1)))
    low, high = np.quantile(draws[:, fit.capped], (0.01, 0.99), axis=0)
    assert ((latent[fit.capped] > low) & (latent[fit.capped] < high)).mean() > 0.8


@pytest.mark.parametrize(
    ("seen", "said"),
    [([10.0, 10.0, 1.0, 2.0], "2 of 4 observations"), ([0.0, 1.0, 2.0, 3.0], "not positive or above"),
     ([11.0, 1.0, 2.0, 3.0], "not positive or above")],
)  # fmt: skip
def test_too_little_to_see_a_trend_is_refused(seen, said):
    with pytest.raises(ValueError, match=said):
        tobit(np.array(seen), np.full(4, 10.0))
