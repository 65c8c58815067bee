"""Demand in full months: at least what was used, and near what was wanted where the truth is known."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.facts import Fleet, Holding
from shiftcast.forecast.fleet.history import read_history
from shiftcast.forecast.fleet.latent import expected_latent, latent, latent_history, lifted

MONTHS = pd.date_range("2025-01-01", periods=20, freq="MS", tz="UTC")
CAN = 100 * 0.8 * 24.0 * MONTHS.days_in_month.to_numpy()
FLEET = Fleet("mine", busy=0.8, holdings=(Holding("alpha", 100, MONTHS[0]),))


def truth(seed=1, sd=0.04):
    noise = sd * np.random.default_rng(seed).standard_normal(20)
    return 30_000 * np.exp(0.05 * np.arange(20) + noise)


def past(wanted, **more):
    return pd.DataFrame({"month": MONTHS, "hours": np.minimum(wanted, CAN), **more})


def test_what_was_wanted_is_what_was_used_in_months_that_were_not_full():
    wanted = truth()
    history = latent_history(past(wanted), CAN, draws=400, seed=1)
    assert history.full.tolist() == (wanted >= 0.98 * CAN).tolist()
    np.testing.assert_array_equal(history.wanted[:, ~history.full], np.tile(wanted[~history.full], (400, 1)))
    assert (history.wanted >= history.used).all()
    assert history.growth == pytest.approx(np.expm1(0.05), abs=0.01)


def test_intervals_of_full_months_hold_the_truth_as_often_as_they_say():
    inside = []
    for seed in range(24):
        wanted = truth(seed)
        history = latent_history(past(wanted), CAN, draws=200, seed=seed)
        low, high = np.quantile(history.wanted[:, history.full], [0.1, 0.9], axis=0)
        inside.extend((wanted[history.full] >= low) & (wanted[history.full] <= high))
    assert len(inside) > 120
    assert 0.68 < np.mean(inside) < 0.88


def test_history_that_is_raised_keeps_parts_and_the_other_months():
    wanted = truth()
    parts = pd.concat([past(wanted).assign(workload=name, hours=np.minimum(wanted, CAN) * share)
                       for name, share in (("a", 0.25), ("b", 0.75))])  # fmt: skip
    history = latent_history(parts, CAN, draws=400, seed=1)
    raised = expected_latent(parts, history)
    sums = raised.groupby("month")["hours"].sum().to_numpy()
    np.testing.assert_allclose(sums, np.median(history.wanted, axis=0))
    np.testing.assert_allclose(raised.groupby("workload")["hours"].sum()["a"], 0.25 * sums.sum())
    assert (raised["raised"].to_numpy() >= 1 - 1e-12).all()


def test_a_month_in_which_nothing_waited_was_not_full():
    wanted = truth()
    history = latent_history(past(wanted, waited=wanted > 1.2 * CAN), CAN, draws=10, seed=1)
    assert history.full.tolist() == (wanted > 1.2 * CAN).tolist()


def test_the_answer_counts_full_months_and_says_what_was_wanted(basis):
    wanted = truth()
    answer = latent(past(wanted), FLEET, basis, draws=400)
    full = int((wanted >= 0.98 * CAN).sum())
    above = float((wanted - np.minimum(wanted, CAN))[wanted >= 0.98 * CAN].sum())
    assert answer.says.startswith(f"{full} of 20 months were full (2025-01 to 2026-08; last 2026-08): ")
    table = answer.table
    assert table["full"].sum() == full
    assert (table["wanted_median"] - table["used"]).sum() == pytest.approx(above, rel=0.25)
    assert "What was wanted grew 5 % a month." in answer.says


def test_a_fleet_that_was_never_full_wanted_what_it_used(basis):
    answer = latent(past(truth() / 10), FLEET, basis, draws=10)
    assert answer.says == "None of 20 months was full (2025-01 to 2026-08): what was used is what was wanted."


@pytest.mark.parametrize(("wanted", "can", "says"), [
    (np.full(20, 1e9), CAN, "0 of 20 observations lie below capacity"),
    (np.append(np.ones(19), 0.0), CAN, "no hours were used in 2026-08"),
    (np.ones(20), CAN[:5], "20 months were used and 5 could be served"),
])  # fmt: skip
def test_what_cannot_be_read_says_why(wanted, can, says):
    with pytest.raises(InputError, match=says):
        latent_history(past(wanted), can, draws=10, seed=1)


def rows_of(usage, wanted, waited):
    """Return stored usage of two parts, a quarter and the rest, that a fleet of a hundred alphas could serve."""
    used = np.minimum(wanted, CAN)
    bound = np.where(waited, ">=", "=")
    return usage({("recsys", "deep"): used / 4, ("recsys", "llm"): used * 3 / 4}, grain="month", bound=bound)


def test_history_that_feeds_a_forecast_holds_what_was_wanted_in_full_months(basis, usage):
    wanted = truth()
    full = wanted >= 0.98 * CAN
    history = read_history(rows_of(usage, wanted, full))
    raised = lifted(history, FLEET, basis)
    before, after = (each.tables["month"].hours for each in (history, raised))
    np.testing.assert_array_equal(after[~full], before[~full])
    assert (after[full] > before[full]).all()
    np.testing.assert_allclose(after[:, 1], 3 * after[:, 0])
    assert after.sum() == pytest.approx(wanted.sum(), rel=0.03)
    first = f"{MONTHS[full][0]:%Y-%m}"
    assert raised.notes[-1].startswith(f"full in {first}, ")
    assert "what was wanted stands in for what was used there, up to " in raised.notes[-1]


@pytest.mark.parametrize("fleet", [Fleet("mine", busy=0.8), Fleet("mine", holdings=FLEET.holdings)])
def test_history_stays_where_no_month_is_known_to_have_been_full(basis, usage, fleet):
    history = read_history(rows_of(usage, truth() * 0.8, np.zeros(20, dtype=bool)))
    assert lifted(history, fleet, basis) is history
    assert lifted(history, FLEET, basis) is history
