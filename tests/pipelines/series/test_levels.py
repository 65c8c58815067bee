"""Forecasts by day, week and month of one series add up, in means and in every draw."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.beliefs import read_beliefs
from shiftcast.forecast.volume import own_priors
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.series.levels import forecast_levels
from shiftcast.pipelines.series.volumes import VolumeQuestion, forecast_volumes
from shiftcast.pipelines.sources.beliefs import read_belief_rows

PRIORS = own_priors(read_beliefs(read_belief_rows(RECORDS)))


def history(days=130):
    dates = pd.date_range("2024-01-01", periods=days)
    wave = 10 + 3 * np.sin(np.arange(days) * 2 * np.pi / 7) + np.random.default_rng(1).normal(0, 1, days)
    one = pd.DataFrame({"series": "a", "group": "g", "period_end": dates, "value": wave})
    late = pd.DataFrame({"series": "b", "group": "g", "period_end": dates[-60:], "value": 5 * wave[-60:]})
    return pd.concat([one, late], ignore_index=True)


@pytest.fixture(scope="module", params=["summed", "agreed"])
def answer(request):
    ((answers, _),) = forecast_levels(history(), VolumeQuestion(31, PRIORS, draws=20), ("W", "ME"), how=request.param)
    return answers[0]


def by(rows, frequency, series):
    mine = rows[(rows["frequency"] == frequency) & (rows["series"] == series)]
    return mine.assign(day=mine.period_end.dt.tz_localize(None))


@pytest.mark.parametrize("series", ["a", "b"])
def test_every_draw_and_mean_adds_up(answer, series):
    days, past = by(answer.paths, "D", series), history()
    past = past[past["series"] == series].set_index("period_end").value
    for frequency, code in (("W", "W-SUN"), ("ME", "M")):
        whole = by(answer.paths, frequency, series)
        assert whole.draw.nunique() == 20
        for row in whole.itertuples():
            span = pd.Period(row.day, code)
            inside = days[(days.draw == row.draw) & (days.day >= span.start_time) & (days.day <= span.end_time)]
            known = past[(past.index >= span.start_time) & (past.index <= span.end_time)].sum()
            assert inside["value"].sum() + known == pytest.approx(row.value)
        means = by(answer.forecast, frequency, series).query("statistic == 'mean'").set_index("day")["value"]
        assert len(means) == {"W": 5, "ME": 1}[frequency]
        last = means.index[-1]
        own = by(answer.forecast, "D", series).query("statistic == 'mean'").set_index("day")["value"]
        span = pd.Period(last, code)
        known = past[(past.index >= span.start_time)].sum()
        assert own[(own.index >= span.start_time) & (own.index <= last)].sum() + known == pytest.approx(means[last])


def test_quantiles_are_in_order_and_named_by_frequency(answer):
    assert answer.forecast["frequency"].unique().tolist() == ["D", "W", "ME"]
    parts = answer.forecast[answer.forecast.statistic == "quantile"].groupby(
        ["series", "frequency", "period_end"], observed=True
    )
    assert parts["value"].apply(lambda each: each.is_monotonic_increasing).all()


def test_the_same_seed_gives_the_same_rows_whatever_paths_are_asked_for():
    one, two = (next(forecast_levels(history(30), VolumeQuestion(7, PRIORS, draws=draws), ("W",)))[0][0]
                for draws in (3, 7))  # fmt: skip
    pd.testing.assert_frame_equal(one.forecast, two.forecast)
    assert (one.paths.draw.nunique(), two.paths.draw.nunique()) == (3, 7)


def test_long_periods_beyond_the_horizon_or_that_do_not_nest_are_refused():
    with pytest.raises(ValueError, match="--also 'ME': no such period is over within 3 of D; ask for a longer"):
        list(forecast_levels(history(), VolumeQuestion(3, PRIORS), ("ME",)))
    weekly = history()[:20].assign(period_end=pd.date_range("2024-01-07", periods=20, freq="W"))
    with pytest.raises(ValueError, match="--also 'ME': periods of W do not fill it; give the series by D"):
        list(forecast_levels(weekly, VolumeQuestion(6, PRIORS), ("ME",)))
    with pytest.raises(ValueError, match="--levels 'both' is neither summed nor agreed"):
        list(forecast_levels(weekly, VolumeQuestion(6, PRIORS), ("ME",), how="both"))


def test_a_series_too_short_for_long_periods_is_summed():
    short = history(9)[:9]
    ((answers, _),) = forecast_levels(short, VolumeQuestion(12, PRIORS, draws=400), ("W",), how="agreed")
    plain = next(forecast_volumes(short, VolumeQuestion(12, PRIORS, draws=400)))[0][0].paths
    days = by(answers[0].paths, "D", "a")["value"].to_numpy()
    np.testing.assert_allclose(days, plain["value"].to_numpy())
