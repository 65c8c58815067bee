from math import log

import numpy as np
import pytest

from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods
from shiftcast.pipelines.publish.chain import chain_content, ours_in, served_figure
from shiftcast.pipelines.registry.chain import Chain, EvidenceRow, LearnedRow


@pytest.fixture(scope="module")
def cube(finished):
    return finished.result.bundle.cube


def told(learned=(), evidence=()):
    return Chain(tuple(learned), tuple(evidence), 0.1, 2.0, (0.1, 0.2, 0.3), {}, {}, 0.5)


def learned(name, *, factor=1.0, narrowed=1.0, by="hours"):
    return LearnedRow(name, 1.0, 2.0, 4.0, factor * 1.0, factor * 2.0, factor * 4.0, narrowed, by)


def seen(name, observed, low, mid, high):
    return EvidenceRow(name, log(observed), 0.5, log(0.1), log(1.0), log(10.0), log(low), log(mid), log(high))


def test_assumptions_that_moved_most_come_first_and_those_that_no_evidence_moved_not_at_all():
    rows = [learned("still"), learned("far", factor=3.0, by="leaf"), learned("near", factor=1.1),
            learned("narrow", narrowed=0.4, by="share.fleet"), learned("by_chance", factor=9.0, by="")]  # fmt: skip
    shown = chain_content(told(rows), {"far": "token"})["learned"]
    assert [(each["row"].name, each["unit"], each["by"]) for each in shown] == [
        ("far", "token", "hours by leaf"), ("narrow", "", "share.fleet"), ("near", "", "past quarters"),
        ("still", "", "past quarters"),
    ]  # fmt: skip


def test_a_negative_assumption_is_ranked_on_its_own_scale():
    below = LearnedRow("below", -3.0, -2.0, -1.0, -1.0, 0.0, 1.0, 1.0, "hours")
    shown = chain_content(told([learned("near", factor=1.1), below]), {})["learned"]
    assert [each["row"].name for each in shown] == ["below", "near"]


def test_evidence_is_told_in_its_unit_and_says_where_it_falls():
    rows = [seen("energy_per_request.fleet", 0.3, 0.2, 0.4, 0.6), seen("energy_per_request.other", 0.1, 0.2, 0.4, 0.6),
            seen("hours 2025Q1", 1.0, 0.5, 0.8, 1.2)]  # fmt: skip
    inside, outside, hours = chain_content(told(evidence=rows), {})["evidence"]
    assert inside["unit"] == outside["unit"] == "Wh/request"
    assert inside["observed"] == pytest.approx(0.3)
    assert inside["after"] == pytest.approx([0.2, 0.4, 0.6])
    assert inside["before"] == pytest.approx([0.1, 1.0, 10.0])
    assert inside["misfit"] is None
    assert outside["misfit"] == pytest.approx(4.0)
    assert outside["errors"] == pytest.approx(log(4) / 0.5)
    assert hours["unit"] == "from below over had"


@pytest.mark.parametrize(("observed", "inside"), [(0.1, True), (0.4, True), (0.7, False)])
def test_a_lower_bound_is_missed_only_from_below(observed, inside):
    (row,) = chain_content(told(evidence=[seen("share.fleet", observed, 0.2, 0.4, 0.6)]), {})["evidence"]
    assert row["at_least"]
    assert (row["misfit"] is None) == inside


def test_ours_is_told_for_the_quarters_that_are_forecast(cube):
    (row,) = ours_in(cube, ("2028Q4", "2040Q1"))
    np.testing.assert_allclose(row["spending"], np.quantile(draws_of(cube, "spending", Part())[:, -1], [0.1, 0.5, 0.9]))
    np.testing.assert_allclose(row["power"][1], np.median(draws_of(cube, "power", Part())[:, -1]) / 1e3)


def test_the_picture_shows_medians_of_what_is_wanted_over_what_is_served(cube):
    served, wanted = served_figure(cube).data[:2]
    ahead = forecast_periods(cube)
    hours, latent = (draws_of(cube, name, Part())[:, ahead] / 1e9 for name in ("gpu_hours", "latent_hours"))
    assert (served.name, wanted.name, wanted.fill) == ("served", "wanted", "tonexty")
    assert list(served.x) == list(periods(cube)[ahead])
    np.testing.assert_allclose(served.y, np.median(hours, axis=0))
    np.testing.assert_allclose(wanted.y, np.median(hours + latent, axis=0))
