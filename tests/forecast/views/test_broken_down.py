"""Years are sums of a flow's quarters and the last of a stock's, in every draw; parts add up to the whole."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.ahead import Ahead
from shiftcast.forecast.views.broken_down import BY, by_year, parts_by
from shiftcast.forecast.views.part import Part, draws_of, forecast_frame, periods
from shiftcast.forecast.views.published import Published


def test_flows_add_up_and_stocks_end_the_year():
    ends = pd.to_datetime(["2026-09-30", "2026-12-31", "2027-03-31", "2027-06-30", "2027-09-30", "2027-12-31"])
    values = np.arange(6.0)
    cube = xr.Dataset(
        {"spending": ("period", values, {"units": "USD/quarter"}), "power": ("period", values, {"units": "MW"})},
        coords={"period": ends}, attrs={"first_forecast": "2027Q2"},
    )  # fmt: skip
    flow, stock = (by_year(cube, name, values[None]) for name in ("spending", "power"))
    assert (flow.names, flow.values.tolist(), flow.unit, flow.reported) == (["2027"], [[14.0]], "USD/year", [1])
    assert (stock.values.tolist(), stock.unit, stock.taken) == ([[5.0]], "MW", "end of the year")
    with pytest.raises(OutOfSupportError, match="spending by year: no whole year ends by 2027Q3"):
        by_year(cube.isel(period=slice(0, 5)), "spending", values[None, :5])


@pytest.fixture(scope="module")
def ahead(small_world):
    cube = small_world.cube.isel(draw=slice(0, 60))
    return Ahead(cube, Published(forecast_frame(cube, model="tested")))


def test_a_year_s_quantiles_are_of_sums_within_draws(ahead):
    rows = pd.DataFrame(ahead.quantiles("gpu_hours", every="year", leaf="sovereign")).set_index("year")
    draws = draws_of(ahead.cube, "gpu_hours", Part("rest", "sovereign"))
    within = draws[:, periods(ahead.cube).year == 2027].sum(axis=1)
    assert list(rows.index) == ["2026", "2027", "2028"]
    assert rows.loc["2027", "q900"] == pytest.approx(np.quantile(within, 0.9))
    assert rows.loc["2027", "unit"] == "accelerator_hour/year"
    assert rows["reported_quarters"].tolist() == [2, 0, 0]
    quarters = pd.DataFrame(ahead.quantiles("gpu_hours", leaf="sovereign"))
    assert rows.loc["2027", "mean"] == pytest.approx(
        quarters.loc[quarters["quarter"].str.startswith("2027"), "mean"].sum(), rel=1e-5
    )


def test_a_horizon_ends_the_years_too(ahead):
    assert [row["year"] for row in ahead.quantiles("power", every="year", horizon=6)] == ["2026", "2027"]
    assert ahead.quantiles("power", every="year", horizon=2)[0]["taken"] == "end of the year"


@pytest.mark.parametrize(("by", "count"), [("leaf", 12), ("segment", 4), ("workload", None), ("technique", None)])
def test_parts_add_up_to_the_whole(ahead, by, count):
    for every, column in (("quarter", "quarter"), ("year", "year")):
        rows = pd.DataFrame(ahead.quantiles("spending", by=by, every=every))
        means = rows.pivot_table(index=column, columns=by, values="mean")
        parts = means.drop(columns="all").sum(axis=1)
        assert count is None or means.shape[1] == count
        if by != "technique":  # hours that no technique takes are in none of them
            np.testing.assert_allclose(parts, means["all"], rtol=1e-5)


def test_rows_of_the_frame_come_by_year_and_by_part(ahead):
    table = ahead.forecast("power", every="year", by="segment")
    assert set(table["segment"]) == {"all", "hyperscale", "rest", "vendor_internal"}
    assert set(table["period_start"].dt.strftime("%m-%d")) == {"01-01"}
    assert set(table["period_end"].dt.strftime("%m-%d")) == {"12-31"}
    quarterly = ahead.forecast("power")
    last = quarterly[quarterly["period_end"].dt.quarter == 4]["value"].to_numpy()
    np.testing.assert_allclose(table[table["segment"] == "all"]["value"], last, rtol=1e-5)


def test_a_leaf_stays_in_its_segment_and_a_scenario_is_by_year_too(ahead):
    inside = parts_by(ahead.cube, dict.fromkeys(BY, "all") | {"segment": "hyperscale"}, "leaf")
    assert list(inside) == ["all", "internal", "hosted"]
    base, more = (
        ahead.quantiles("gpu_hours", every="year", by="leaf", segment="hyperscale", scenario=text)[-1]["mean"]
        for text in ("base", "hosted*1.5")
    )
    assert more > base


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"every": "month"}, "every 'month' is not known; choose one of quarter, year"),
        ({"by": "vendor"}, "by 'vendor' is not known; choose one of segment, leaf, workload, technique"),
        ({"by": "leaf", "leaf": "edge"}, "leaf 'edge' cannot be broken down by leaf"),
        ({"horizon": 25}, "horizon 25 is beyond the 10 quarters drawn, the last 2028Q4; hardware, power and money are"),
    ],
)
def test_what_cannot_be_broken_down_is_refused(ahead, asked, said):
    with pytest.raises(ValueError, match=said):
        ahead.quantiles("power", **asked)


def test_years_and_parts_are_told_in_words(ahead):
    forecaster = Forecaster(ahead.cube, ahead.published.rows, pd.DataFrame())
    told = forecaster.answer({"question": "quantiles", "measure": "accelerators", "every": "year", "by": "leaf"})
    assert told.picture.x == "year"
    assert "accelerators in 2028" in told.says
    assert "A year is the end of the year; 2 of the quarters of 2026 are behind the forecast." in told.says
    rows = forecaster.answer({"question": "forecast", "measure": "spending", "every": "year", "by": "segment"})
    assert "US dollars a year in 2028" in rows.says


def test_the_question_takes_both(ahead):
    forecaster = Forecaster(ahead.cube, ahead.published.rows, pd.DataFrame())
    asked = {"question": "quantiles", "measure": "accelerators", "every": "year", "by": "leaf", "quantiles": [0.5]}
    rows = forecaster.rows(asked)
    assert [row["leaf"] for row in rows[:4]] == ["all", "all", "all", "internal"]
    assert rows == forecaster.ask(asked).to_dict("records")
