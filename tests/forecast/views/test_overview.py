from __future__ import annotations

import numpy as np
import pytest

from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.views.overview import overview
from shiftcast.forecast.views.part import MEASURES, forecast_frame


@pytest.fixture(scope="module")
def table(forecaster: Forecaster):
    return overview(forecast_frame(forecaster.cube, model="tested"))


def test_every_measure_has_its_total_segments_leaves_and_workloads(table, forecaster):
    cube = forecaster.cube
    leaves = set(map(str, cube["leaf"].values))
    for _, rows in table.groupby("measure"):
        named = {what: set(group["name"]) for what, group in rows.groupby("what")}
        assert named["total"] == {"all"}
        assert named["segment"] == {"hyperscale", "rest", "vendor_internal"}
        assert named["leaf"] == leaves
        assert {"recsys", "search", "generative"} < named["workload"]
        assert rows["what"].iloc[0] == "total"
    assert table["measure"].nunique() == len(MEASURES)
    assert not table.duplicated(["measure", "what", "name"]).any()
    assert not table.isna().any(axis=None)


@pytest.mark.parametrize(
    ("measure", "plain", "factor"),
    [("power", "facility power", 1e-3), ("spending", "spending", 1e-9), ("gpu_hours", "GPU-hours served", 1e-6)],
)
def test_figures_are_the_published_ones_in_plain_units(table, forecaster, measure, plain, factor):
    mine = table.set_index(["measure", "what", "name"])
    for what, part in (("total", {}), ("leaf", {"leaf": "sovereign"}), ("workload", {"workload": "search"})):
        asked = forecaster.quantiles(measure, quantiles=(0.1, 0.5, 0.9), **part).iloc[-1]
        row = mine.loc[(plain, what, next(iter(part.values()), "all"))]
        shown = [row[f"{asked['quarter']} {level}"] for level in ("low", "median", "high")]
        np.testing.assert_allclose(shown, np.array([asked["q100"], asked["q500"], asked["q900"]]) * factor, rtol=1e-3)


def test_columns_are_quarters_in_order_each_low_median_high(table):
    names = table.columns[4:].tolist()
    assert names[:3] == [f"{names[0][:6]} {level}" for level in ("low", "median", "high")]
    assert [name[:6] for name in names] == sorted(name[:6] for name in names)
