from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.fleet import kept
from shiftcast.forecast.fleet.demand import Basis, forecast_demand
from shiftcast.forecast.fleet.facts import Event, Fleet, Move
from shiftcast.forecast.fleet.grain import choose_grain, last_days, month_weights, months_through
from shiftcast.forecast.fleet.history import Counted, read_history
from shiftcast.forecast.fleet.parts import middle_total, scaled_to
from shiftcast.forecast.fleet.small import small_parts
from shiftcast.forecast.fleet.trend import Trend
from shiftcast.forecast.volume import own_priors
from shiftcast.pipelines.sources.beliefs import shipped_beliefs
from shiftcast.pipelines.sources.learned import load_learned

MINE = Fleet("mine")


@pytest.fixture(scope="module")
def basis():
    return Basis(shipped_beliefs(), learned=load_learned().whole)


def day(text):
    return pd.Timestamp(text, tz="UTC")


def walks(parts, periods, growth=0.0, sd=0.05):
    random = np.random.default_rng(5)
    log = np.cumsum(random.normal(growth, sd, (len(parts), periods)), axis=1)
    return dict(zip(parts, 1000 * np.exp(log), strict=True))


PARTS = [("search", "deep"), ("search", "llm"), ("ads", "deep")]


@pytest.mark.parametrize(
    ("days", "ahead", "grain"),
    [(30, 400, "day"), (70, 30, "day"), (70, 150, "week"), (190, 30, "week"), (700, 30, "week"), (760, 30, "month")],
)  # 24 whole months are 730 days
def test_periods_are_as_long_as_history_allows(usage, days, ahead, grain):
    history = read_history(usage({("a", "b"): np.ones(days)}))
    found, why = choose_grain(history, history.until + pd.Timedelta(days=ahead))
    assert found == grain
    assert f"by the {grain}" in why


def test_a_week_is_split_over_months_by_its_days_and_nothing_known_is_forecast_again():
    starts = pd.DatetimeIndex([day("2026-09-28"), day("2026-10-05")])
    months = pd.date_range("2026-09-01", periods=2, freq="MS", tz="UTC")
    assert month_weights(starts, "week", months, starts[0]) == pytest.approx(np.array([[3, 4], [0, 7]]) / 7)
    assert month_weights(starts, "week", months, day("2026-10-01")) == pytest.approx(np.array([[0, 4], [0, 7]]) / 7)
    assert last_days(starts, "week")[0] == day("2026-10-04")


@pytest.mark.parametrize(
    ("through", "last"),
    [("2026Q4", "2026-12"), ("2027-02", "2027-02"), ("2027-02-11", "2027-02"), (day("2026-11-05"), "2026-11")],
)
def test_the_last_month_is_that_of_a_day_a_month_or_a_quarter(through, last):
    assert f"{months_through(day('2026-11-01'), through)[-1]:%Y-%m}" == last


def test_a_last_month_that_is_past_or_none_is_refused():
    with pytest.raises(ValueError, match="through 2026Q3: the first month ahead is 2026-11"):
        months_through(day("2026-11-01"), "2026Q3")
    with pytest.raises(ValueError, match="through 'soon' is no day"):
        months_through(day("2026-11-01"), "soon")


@pytest.mark.parametrize(
    ("through", "says"),
    [("2036Q4", "through 2036Q4: a fleet is forecast 10 years ahead at most, from 2026-11"),
     ("2060-01-01", "10 years ahead at most"), ("9999Q4", "10 years ahead at most"),
     ("99999-01", "through '99999-01' is no day"), ("NaT", "through 'NaT' is no day")],
)  # fmt: skip
def test_what_lies_far_ahead_is_refused_before_any_work(through, says):
    assert len(months_through(day("2026-11-01"), "2036-10-31")) == 120
    with pytest.raises(ValueError, match=says):
        months_through(day("2026-11-01"), through)


def test_the_running_month_is_what_has_been_used_and_a_forecast_of_the_rest(usage, basis):
    flat = {part: np.full(20 * 7 + 3, 240.0) for part in PARTS[:1]}
    history = read_history(usage(flat, start="2025-01-06"))
    made = forecast_demand(history, MINE, through="2025Q3", basis=basis, draws=50)
    assert history.until == day("2025-05-29")
    assert made.months[0] == day("2025-05-01")
    assert history.running.tolist() == [28 * 240.0]
    grown = Trend.believed(basis.beliefs).learned(history.tables["week"].hours[:, 0], "week")[0]
    ahead = np.array([0.0, 17, 48, 79, 109]) / 365  # years to the middle of each month, the first of which is known
    expected = 240.0 * np.array([31, 30, 31, 31, 30]) * np.exp(grown * ahead)
    assert np.median(made.total, axis=0) == pytest.approx(expected, rel=0.05)
    assert (made.total[:, 0] > 28 * 240.0).all()
    assert made.total[:, 0].std() < 0.1 * made.total[:, 1].std()
    assert made.past["hours"].tolist() == [28 * 240.0, 31 * 240.0, 30 * 240.0]


def test_draws_add_up_and_the_same_seed_gives_the_same_bytes(usage, basis):
    history = read_history(usage(walks(PARTS, 30, 0.02), grain="month"))
    made, again, other = (
        forecast_demand(history, MINE, through="2027Q4", basis=basis, draws=300, seed=seed) for seed in (1, 1, 2)
    )
    assert made.hours.tobytes() == again.hours.tobytes()
    assert made.hours.tobytes() != other.hours.tobytes()
    assert made.hours.shape == (300, 6, 3)
    total = made.quantiles[(made.quantiles["workload"] == "all") & (made.quantiles["quantile"] == 0.5)]
    assert total["hours"].to_numpy() == pytest.approx(np.median(made.total, axis=0))
    assert (made.hours >= 0).all()
    assert "techniques share the hours of search half as the share model has them migrate" in made.notes


def test_labels_of_owners_are_parts_as_well(usage, basis):
    rows = pd.concat([usage({("a", "b"): np.full(40, 24.0)}, operator=name) for name in ("one", "two")])
    made = forecast_demand(read_history(rows, by=("operator",)), MINE, through="2025-03", basis=basis, draws=200)
    assert made.parts["operator"].tolist() == ["one", "two"]
    assert made.past.empty or set(made.past["operator"]) == {"one", "two"}
    assert np.median(made.total[:, -1]) == pytest.approx(31 * 48.0, rel=0.1)


def test_many_parts_have_draws_together_and_quantiles_each(usage, basis, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 3)
    parts = [(f"w{number}", "deep") for number in range(8)]
    values = {part: (1 + at) * each for at, (part, each) in enumerate(walks(parts, 26).items())}
    event = Event("more", "w0", day("2027-05-01"), (500.0, 500.0, 500.0))
    fleet = Fleet("mine", events=(event,))
    made = forecast_demand(read_history(usage(values, grain="month")), fleet, through="2027Q3", basis=basis, draws=200)
    assert made.parts["workload"].tolist()[-1] == "other"
    assert "w0" in set(made.parts["workload"])
    assert set(made.quantiles["workload"]) == {"all", "other", *(name for name, _ in parts)}
    mean = made.quantiles[(made.quantiles["statistic"] == "mean") & (made.quantiles["month"] == day("2027-05-01"))]
    mean = mean.set_index("workload")["hours"]
    small = mean[~mean.index.isin(["all", "other", *made.parts["workload"]])]
    assert small.sum() == pytest.approx(mean["other"])
    assert mean["all"] == pytest.approx(made.total[:, list(made.months).index(day("2027-05-01"))].mean())


def test_small_parts_are_forecast_four_weeks_at_a_time(basis):
    starts = pd.date_range("2025-01-06", periods=41, freq="7D", tz="UTC")
    table = Counted(starts, np.tile([700.0, 70.0], (41, 1)), np.zeros((41, 2), dtype=bool))
    months = pd.date_range("2025-11-01", periods=2, freq="MS", tz="UTC")
    ahead = pd.date_range(starts[-1] + pd.Timedelta(days=7), day("2025-12-31"), freq="7D")
    weights = month_weights(ahead, "week", months, ahead[0])
    found = small_parts(table, "week", ["a", "b"], weights, priors=own_priors(basis.beliefs), seed=1)
    assert found.shape == (8, 2, 2)
    assert found[4, 1] == pytest.approx([3100, 310], rel=0.1)


def test_moves_and_events_of_the_fleet_are_in_its_demand(usage, basis):
    history = read_history(usage(walks(PARTS, 30), grain="month"))
    move = Move("ads", "deep", "llm", day("2027-08-01"), day("2027-09-01"), (0.5, 0.5, 0.5), (2.0, 2.0, 2.0))
    event = Event("launch", "ads", day("2027-10-01"), (90.0, 90.0, 90.0), technique="llm")
    plain = forecast_demand(history, MINE, through="2027Q4", basis=basis, draws=200)
    made = forecast_demand(
        history, Fleet("mine", moves=(move,), events=(event,)), through="2027Q4", basis=basis, draws=200
    )
    ads = plain.hours[:, :, (plain.parts["workload"] == "ads").to_numpy()].sum(axis=2)
    mine = (made.parts["workload"] == "ads").to_numpy()
    after = made.hours[:, :, mine].sum(axis=2)
    assert after[:, 0] == pytest.approx(ads[:, 0])
    assert after[:, -1] == pytest.approx(1.5 * ads[:, -1] + 90.0)
    assert "a request of ads at llm takes given hours over those at deep" in made.notes


def test_the_middle_of_three_forecasts_is_not_moved_by_one_that_runs_away():
    random = np.random.default_rng(1)
    summed, alone = random.normal(10, 1, (500, 2)), random.normal(10, 1, (500, 2))
    total = middle_total(summed, alone, np.full((500, 2), 1e9), like=summed)
    assert np.sort(total, axis=0) == pytest.approx(np.maximum(np.sort(summed, axis=0), np.sort(alone, axis=0)))
    assert (np.argsort(total[:, 0]) == np.argsort(summed[:, 0])).all()


def test_parts_scaled_to_a_total_add_up_and_keep_their_proportions():
    hours = np.array([[[1.0, 3.0]], [[0.0, 0.0]]])
    scaled = scaled_to(hours, np.array([[8.0], [8.0]]))
    assert scaled.tolist() == [[[2.0, 6.0]], [[2.0, 6.0]]]


def test_usage_stored_by_the_week_is_told_by_the_month(usage, basis):
    rows = usage({("search", "deep"): np.full(30, 700.0)}, start="2025-01-06", grain="week")
    history = read_history(rows, by=("workload",))
    made = forecast_demand(history, MINE, through="2025-09", basis=basis, draws=200)
    assert history.until == day("2025-08-04")
    assert history.running.tolist() == [pytest.approx(300.0)]
    assert made.past["month"].dt.month.tolist() == [2, 3, 4, 5, 6, 7]
    assert made.past["hours"].to_numpy() == pytest.approx(100.0 * np.array([28, 31, 30, 31, 30, 31]))
    assert np.median(made.total, axis=0) == pytest.approx([3100, 3000], rel=0.05)


def test_usage_without_a_whole_day_is_refused(usage, basis):
    hours = usage({("a", "b"): np.ones(5)}, start="2025-01-01T09:00", grain="hour")
    with pytest.raises(ValueError, match="holds no whole period; ingest at least a day"):
        forecast_demand(read_history(hours), MINE, through="2025Q1", basis=basis)
