from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.hardware.levels import check_positive, find_curve, level_factors, read_levels, service_curves
from shiftcast.forecast.support import OutOfSupportError


def rows(*points: tuple[str, float, float], **other) -> pd.DataFrame:
    table = pd.DataFrame(points, columns=["accelerator", "interactivity", "value"])
    fixed = {"model": "m", "scenario": "8k in/1k out", "precision": "fp4", "unit": "total_token/s", "software": "s",
             "evidence": "independent", "source": "here"}  # fmt: skip
    return table.assign(**{**fixed, **other})


def test_a_curve_passes_through_its_points_and_falls_between_them():
    curve = service_curves(rows(("gb300", 10, 800.0), ("gb300", 20, 500.0), ("gb300", 40, 100.0)))[0]
    assert curve.at(np.array([10.0, 20.0, 40.0])) == pytest.approx([800, 500, 100])
    between = curve.at(np.linspace(10, 40, 200))
    assert (np.diff(between) < 0).all()


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0.1, 1e6)), min_size=1, max_size=12))
def test_whatever_was_measured_a_faster_level_never_serves_more(points):
    curve = service_curves(rows(*(("h100", float(speed), value) for speed, value in points)))[0]
    speeds = np.linspace(curve.speeds[0], curve.speeds[-1], 60)
    rates = curve.at(speeds)
    assert (np.diff(rates) <= rates[:-1] * 1e-9).all()
    assert rates.max() == pytest.approx(max(value for _, value in points))


def test_two_points_join_as_a_power_law():
    curve = service_curves(rows(("b200", 10, 1000.0), ("b200", 40, 250.0)))[0]
    assert float(curve.at(np.array(20.0))) == pytest.approx(500.0)


def test_one_point_speaks_for_its_own_level_only():
    curve = service_curves(rows(("b200", 10, 1000.0)))[0]
    assert curve.at(np.array([10.0])).tolist() == [1000.0]
    with pytest.raises(OutOfSupportError, match="measured from 10 to 10"):
        curve.at(np.array(11.0))


def test_outside_the_range_a_curve_refuses_or_is_held_and_flagged():
    curve = service_curves(rows(("b200", 10, 1000.0), ("b200", 40, 250.0)))[0]
    asked = np.array([5.0, 20.0, 90.0])
    with pytest.raises(OutOfSupportError, match="m on b200 at 5 token/s a user: measured from 10 to 40") as caught:
        curve.at(asked)
    assert caught.value.remedy.endswith("add a row to throughput.csv")
    assert curve.at(asked, clamp=True) == pytest.approx([1000, 500, 250])
    assert curve.beyond(asked).tolist() == [True, False, True]


def test_the_tiers_of_a_benchmark_are_one_setting_and_the_offline_tier_has_no_level():
    table = rows(("gb300", 12.5, 8290.9), ("gb300", 66.7, 3520.9), ("gb300", np.nan, 9440.8))
    table["scenario"] = ["server", "interactive", "offline"]
    (curve,) = service_curves(table)
    assert (curve.setting, curve.speeds.tolist()) == ("mlperf", [12.5, 66.7])


def test_the_weakest_evidence_of_the_points_travels_with_the_curve():
    table = rows(("h100", 10, 5.0), ("h100", 20, 4.0))
    assert service_curves(table.assign(evidence=["measured", "vendor"]))[0].evidence == "vendor"


def test_row_order_does_not_matter():
    table = rows(("h100", 10, 5.0), ("h100", 20, 4.0), ("b200", 20, 9.0), ("b200", 10, 12.0))
    for one, other in zip(service_curves(table), service_curves(table[::-1]), strict=True):
        assert (one.accelerator, one.rates.tolist()) == (other.accelerator, other.rates.tolist())


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_a_record_that_is_not_positive_is_named(value):
    with pytest.raises(ValueError, match=r"throughput\.csv: h100 on m \(8k in/1k out\) has .*not positive; correct or"):
        check_positive(rows(("h100", 10, value)))


def test_a_curve_that_was_not_measured_is_refused_with_those_that_were():
    curves = service_curves(rows(("h100", 10, 5.0)))
    with pytest.raises(
        OutOfSupportError, match="other on h100 in total_token/s at a service level: measured on it are m"
    ):
        find_curve(curves, "h100", "other", unit="total_token/s")
    with pytest.raises(OutOfSupportError, match="are no models"):
        find_curve(curves, "b200", "m", unit="total_token/s")
    assert find_curve(curves, "h100", "m", unit="total_token/s") is curves[0]


def test_the_curve_with_the_most_points_answers():
    table = pd.concat([rows(("h100", 10, 5.0)), rows(("h100", 10, 4.0), ("h100", 20, 3.0), scenario="1k in/1k out")])
    assert find_curve(service_curves(table), "h100", "m", unit="total_token/s").setting == "1k in/1k out"


def test_factors_are_one_at_the_usual_level_and_follow_the_nearest_curve():
    table = rows(*(("gb200", speed, 1000.0 / speed) for speed in (10.0, 20.0, 40.0)))
    factors = level_factors(
        read_levels(table, ("h100", "gb200", "vr200"), unit="total_token/s"), np.array([10.0, 20.0, 80.0])
    )
    assert factors == pytest.approx(np.repeat([[2.0], [1.0], [0.5]], 3, axis=1))


def test_without_a_curve_of_three_points_the_level_moves_nothing():
    table = rows(("gb200", 10, 5.0), ("gb200", 20, 4.0))
    for unit in ("total_token/s", "query/s"):
        levels = read_levels(table, ("gb200",), unit=unit)
        assert level_factors(levels, np.array([5.0, 50.0])).tolist() == [[1.0], [1.0]]


def test_the_public_record_has_curves_of_ten_levels(record):
    curves = {each.accelerator: each for each in service_curves(record.throughput) if len(each.speeds) >= 10}
    assert set(curves) == {"gb200", "gb300"}
    assert (curves["gb300"].at(np.array([16.0, 30.0, 50.0])) > curves["gb200"].at(np.array([16.0, 30.0, 50.0]))).all()
