"""Backtest features equal live features, and each is what its name says."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.calendar_features import calendar, holiday_days, holiday_share
from shiftcast.features.history import design, level, outcomes, training
from shiftcast.features.panel import panels

FREQUENCIES = {"h": 400, "D": 60, "W-SUN": 120, "ME": 40, "QE": 18, "YE": 12}


def world(freq, seed=0):
    """Return three bursty series, one young, one with gaps and zeros, with a driver known ahead and one that is not."""
    random = np.random.default_rng(seed)
    length = FREQUENCIES[freq]
    dates = pd.date_range("2021-01-31", periods=length, freq=freq)
    frames = []
    for number, begun in enumerate((0, length // 3, 1)):
        value = random.gamma(2.0, 10.0, length).round(2)
        if number == 2:
            value[random.random(length) < 0.2] = 0.0
        frame = pd.DataFrame({"series": f"s{number}", "group": f"g{number % 2}", "period_end": dates, "value": value})
        frame["price"], frame["users"] = np.linspace(9, 1, length), random.random(length)
        keep = np.ones(length, dtype=bool)
        keep[:begun] = False
        if number == 2:
            keep[2] = False
        frames.append(frame[keep])
    return pd.concat(frames, ignore_index=True)


def as_of(rows, end, horizon):
    """Return the rows as they stood at an end: later values and users unknown, prices known a horizon ahead."""
    seen = rows[rows.period_end <= end]
    dates = np.sort(rows.period_end[rows.period_end > end].unique())[:horizon]
    ahead = rows[rows.period_end.isin(dates)].assign(value=np.nan, users=np.nan)
    return pd.concat([seen, ahead], ignore_index=True)


@pytest.mark.parametrize("freq", FREQUENCIES)
def test_replayed_history_gives_live_features_row_for_row(freq):
    horizon, rows, steps = 3, world(freq), (3, 4, 5)
    dates = np.sort(rows.period_end.unique())
    known = as_of(rows, dates[-4], 3)
    (whole,), _ = panels(known, horizon=horizon, drivers=("price", "users"))
    made, y = training(whole, horizon, steps, country="US")
    for place, back in enumerate(steps):
        (live,), _ = panels(as_of(rows, dates[-4 - back], horizon), horizon=horizon, drivers=("price", "users"))
        expected, names = design(live, horizon, country="US")
        part = slice(place * len(expected), (place + 1) * len(expected))
        np.testing.assert_allclose(made[part], expected, rtol=1e-6, err_msg=str(names))
        truth = rows.pivot_table(index="series", columns="period_end", values="value").loc[whole.series]
        truth = truth[dates[-3 - back : len(dates) - back]].to_numpy()
        np.testing.assert_allclose(y[part].reshape(truth.shape), truth / level(live)[:, None], rtol=1e-9)


def test_what_comes_after_the_origin_reaches_no_feature():
    rows = world("D")
    dates = np.sort(rows.period_end.unique())
    changed = rows.assign(value=rows.value.where(rows.period_end <= dates[-6], 1e6))
    one, other = (panels(each, drivers=("users",))[0][0] for each in (rows, changed))
    np.testing.assert_array_equal(training(one, 2, [5, 7])[0], training(other, 2, [5, 7])[0])


def monthly(values, **more):
    dates = pd.date_range("2023-01-31", periods=len(values), freq="ME")
    (panel,), _ = panels(pd.DataFrame({"series": "s", "period_end": dates, "value": values, **more}))
    return panel


def test_features_by_hand():
    panel = monthly([1.0] * 12 + [2.0] * 6 + [4.0] * 6)
    made, names = design(panel, 13)
    column = dict(zip(names, made.T, strict=True))
    assert level(panel).tolist() == [3.0]
    assert column["recent_1"][0] == pytest.approx(4 / 3)
    assert column["season_12_1"][[0, 6, 12]].tolist() == pytest.approx([2 / 3, 4 / 3, 2 / 3])
    assert column["season_12_2"][[0, 12]].tolist() == pytest.approx([1 / 3, 1 / 3])
    assert column["mean_12"][0] == pytest.approx(1.0)
    assert column["sd_12"][0] == pytest.approx(1 / 3)
    assert column["growth"][0] == pytest.approx(np.log(3.0))
    assert column["group_growth"][0] == column["growth"][0]
    assert column["age"][0] == pytest.approx(np.log1p(24))
    assert column["step"].tolist() == list(range(1, 14))


def test_a_season_longer_than_history_is_unknown():
    made, names = design(monthly([1.0, 2.0]), 1)
    assert np.isnan(made[0, names.index("season_12_1")])
    assert np.isnan(made[0, names.index("growth")])
    assert made[0, names.index("mean_12")] == 1.0


def test_zeros_and_no_history_have_a_level_of_one():
    assert level(monthly([0.0, 0.0])).tolist() == [1.0]
    assert level(monthly([6.0] + [0.0] * 12)).tolist() == pytest.approx([6 / 13])


def test_outcomes_past_the_end_are_unknown():
    panel = monthly([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(outcomes(panel, 2, 3), [[2, 3, np.nan]])
    with pytest.raises(ValueError, match="horizon 0 is below 1"):
        design(panel, 0)


@pytest.mark.parametrize(
    ("freq", "names"), [("h", "day week"), ("D", "week year"), ("W", "year"), ("ME", "year"), ("YE", "")]
)
def test_calendar_tells_the_cycles_a_frequency_has(freq, names):
    dates = pd.date_range("2023-01-31", periods=5, freq=freq)
    (panel,), _ = panels(pd.DataFrame({"series": "s", "period_end": dates, "value": 1.0}))
    made = calendar(panel, 2)
    assert list(made) == [f"{name}_{wave}" for name in names.split() for wave in ("sin", "cos")]
    for name in names.split():
        np.testing.assert_allclose(made[f"{name}_sin"] ** 2 + made[f"{name}_cos"] ** 2, 1.0)


def test_holidays_are_a_flag_in_days_and_a_share_in_months():
    panel = monthly([1.0] * 10)
    assert holiday_share(panel, 2, holiday_days(panel, 2, "us"))[0].tolist() == pytest.approx([3 / 30, 1 / 31])
    with pytest.raises(ValueError, match="country 'ZZ' is unknown"):
        holiday_days(panel, 2, "ZZ")
