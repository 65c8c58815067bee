"""Adoption, requests and GPU-hours of a cube by hand, side by side."""

import numpy as np
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.adoption import COLUMNS, techniques_table

ADOPTED = np.linspace(0.1, 0.8, 8)  # by quarter, the same in every draw but the last, which has a tenth more


@pytest.fixture
def cube(by_hand):
    adopted = np.broadcast_to(ADOPTED, (4, 2, 2, 8)).copy()
    adopted[3] += 0.1
    adopted[:, 1] /= 2
    found = by_hand.assign_coords(migrating=["search/deep", "search/llm"])
    return found.assign(adoption=(("draw", "segment", "migrating", "migration_period"), adopted))


def test_a_row_is_a_technique_now_and_at_the_end_of_each_year(cube):
    table = techniques_table(cube)
    assert list(table.columns) == [
        "workload", "segment", "technique", "quarter", "kind",
        *(f"{name}_{level}" for name in COLUMNS for level in ("q100", "q500", "q900")),
    ]  # fmt: skip
    assert COLUMNS == ("adoption", "requests", "gpu_hours")
    assert len(table) == 2 * 2 * 3
    own = techniques_table(cube, of="search", segment="rest")
    assert own[["technique", "quarter", "kind"]].to_numpy().tolist() == [
        [technique, *when] for technique in ("deep", "llm")
        for when in (("2026Q2", "estimate"), ("2026Q4", "forecast"), ("2027Q4", "forecast"))
    ]  # fmt: skip


def test_adoption_requests_and_hours_are_three_figures(cube):
    table = techniques_table(cube, segment="hyperscale").set_index(["technique", "quarter"])
    now = table.loc["llm", "2026Q2"]
    assert now["adoption_q500"] == pytest.approx(ADOPTED[1])
    assert now["adoption_q900"] == pytest.approx(ADOPTED[1] + 0.07)  # between the third draw and the last
    assert (now["requests_q100"], now["requests_q500"]) == (pytest.approx(0.2), pytest.approx(0.2))
    assert now["requests_q900"] == pytest.approx(0.2 + 0.7 * 0.4)
    hours = [4 * m / (4 * m + 0.5 * 0.75 * (1 - m)) for m in (0.2, 0.6)]
    assert now["gpu_hours_q500"] == pytest.approx(hours[0])
    assert table.loc["llm", "2027Q4"]["requests_q900"] == pytest.approx(0.6)


def test_quantiles_rise(cube):
    table = techniques_table(cube)
    for name in COLUMNS:
        levels = table[[f"{name}_{level}" for level in ("q100", "q500", "q900")]].to_numpy()
        assert (np.diff(levels, axis=1) >= 0).all()
        assert levels.min() >= 0
        assert levels.max() <= 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"of": "mail"}, "workload 'mail' has no techniques on their way; choose all, search"),
        ({"segment": "edge"}, "segment 'edge' has no techniques on their way; choose all, hyperscale, rest"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(cube, asked, said):
    with pytest.raises(InputError, match=said):
        techniques_table(cube, **asked)


def test_a_forecast_made_before_adoption_was_drawn_says_so(by_hand):
    with pytest.raises(OutOfSupportError, match="adoption by technique"):
        techniques_table(by_hand)
