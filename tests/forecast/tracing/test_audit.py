"""Weights worked by hand, and the answer on the small world."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import normals
from shiftcast.forecast.known import Settings
from shiftcast.forecast.spoken import number
from shiftcast.forecast.tracing.audit import ROWS
from shiftcast.forecast.tracing.cells import Cell
from shiftcast.forecast.tracing.subjects import Subject, subjects_of
from shiftcast.forecast.tracing.weights import COLUMNS, weighed_rows
from shiftcast.forecast.views.part import Part

ORIGIN = pd.Timestamp("2026-11-22", tz="UTC")


def stated(sd, day, value=0.5):
    when = pd.Timestamp(day, tz="UTC")
    return {"measure": "share", "definition": "d", "stage": "flow", "segment": "all", "leaf": "all", "operator": "all",
            "bound": "=", "value": value, "sd": sd, "unit": "1", "period_end": when, "known_at": when,
            "evidence": "vendor", "confidence": "verified", "source": f"said {day}"}  # fmt: skip


def test_a_row_weighs_by_its_precision_today_times_what_goes_with_its_subject():
    a, b = normals(1, "a", 5000), normals(1, "b", 5000)
    x = 0.6 * a + 0.8 * b  # 36 % of the variance goes with the first
    rows = pd.DataFrame([stated(0.05, "2026-11-22"), stated(0.1, "2026-11-22"), stated(0.05, "2025-11-22")])
    found = weighed_rows(x, [Subject("s", a, {"observations": rows}, walk=0.1)], ORIGIN)
    assert list(found.columns) == list(COLUMNS)
    # errors 10, 20 and 10 % of the figure; a year is 365 / 91.3125 quarters of a walk of 10 % each
    precision = np.array([1 / 0.01, 1 / 0.04, 1 / (0.01 + 0.01 * 365 / 91.3125)])
    by_source = found.set_index("source")["weight"]
    expected = 0.36 * precision / precision.sum()
    assert by_source[["said 2026-11-22", "said 2025-11-22"]].to_numpy() == pytest.approx(
        [expected[0], expected[1], expected[2]], abs=0.01
    )
    assert by_source.sum() == pytest.approx(0.36, abs=0.02)


def test_a_subject_that_chance_could_give_is_left_out_and_one_that_is_the_figure_has_all():
    x, noise = normals(1, "x", 2000), normals(1, "noise", 2000)
    row = {"observations": pd.DataFrame([stated(0.05, "2026-11-22")])}
    found = weighed_rows(x, [Subject("itself", np.exp(x), row), Subject("noise", noise, row)], ORIGIN)
    assert found["subject"].tolist() == ["itself"]
    assert found["weight"].tolist() == pytest.approx([1.0], abs=1e-3)
    assert weighed_rows(np.zeros(2000), [Subject("noise", noise, row)], ORIGIN).empty


def test_a_row_without_a_range_tells_less_than_one_with():
    moves = pd.DataFrame({"operator": "acme", "surface": ["a", "b"], "stage": "rank", "event": "full",
                          "share_low": [np.nan, 0.45], "share_mid": [np.nan, 0.5], "share_high": [np.nan, 0.55],
                          "period_end": ORIGIN, "known_at": ORIGIN, "evidence": "vendor", "confidence": "verified",
                          "source": ["vague", "told"]})  # fmt: skip
    x = normals(1, "x", 2000)
    found = weighed_rows(x, [Subject("s", x, {"rollouts": moves})], ORIGIN).set_index("source")
    error = 0.1 / (2 * 1.2815515655446004) / 0.5
    assert found.loc["told", "weight"] / found.loc["vague", "weight"] == pytest.approx(1 / error**2, rel=1e-9)
    assert found.loc["told", "about"] == "acme b rank full"


@pytest.fixture(scope="module")
def asked(forecaster, small_world):
    settings = Settings(draws=small_world.cube.sizes["draw"])
    return replace(forecaster, settings=settings)


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ({"measure": "spending", "period": "2028Q4"}, "data-centre revenue"),
        ({"measure": "share", "base": "revenue", "period": "2027Q4"}, "hyperscale share of revenue"),
        ({"measure": "gpu_hours", "workload": "recsys", "technique": "llm", "segment": "hyperscale",
          "period": "2027Q4"}, "assumption ratio.llm"),
    ],
)  # fmt: skip
def test_the_heaviest_subject_is_the_one_the_figure_is_made_of(asked, question, subject):
    answer = asked.audit(**question)
    rows = answer.more[ROWS]
    weight = rows["weight"].groupby(rows["subject"]).sum()
    assert weight.idxmax() == subject
    assert rows["weight"].is_monotonic_decreasing
    assert f"most with {subject}" in answer.says
    assert set(answer.assumed["name"]) == set(
        rows.loc[rows["subject"].str.startswith("assumption "), "subject"].str.removeprefix("assumption ")
    )


def test_the_words_begin_with_the_figure_its_interval_and_quarter(asked):
    answer = asked.audit("power", leaf="sovereign", period="2027Q4")
    draws = asked.draws("power", leaf="sovereign")
    figures = draws.loc[draws["quarter"] == "2027Q4", "value"]
    middle, low, high = (number(mark) for mark in np.quantile(figures, [0.5, 0.1, 0.9]))
    assert answer.says.startswith(f"{middle} MW_facility (8 in 10: {low} to {high}) in 2027Q4: power = accelerators x")
    assert answer.table.iloc[0]["median"] == pytest.approx(np.median(figures))
    assert answer.question == "audit power 2027Q4 segment=rest leaf=sovereign"


def test_without_the_record_the_equation_is_told_and_the_rest_is_said_to_lack(forecaster):
    answer = replace(forecaster, known=None, settings=None).audit("power", period="2027Q4")
    assert len(answer.table) > 5
    assert list(answer.more) == ["equations"]
    assert "does not keep the record" in answer.notes[0]


def test_a_share_on_another_base_is_refused(asked):
    with pytest.raises(InputError, match="base 'none' of a share is not audited; give requests"):
        asked.audit("share", period="2027Q4")
    with pytest.raises(InputError, match="measure 'guess' is not forecast; choose one of gpu_hours"):
        asked.audit("guess", period="2027Q4")


def test_every_subject_has_a_draw_each_and_rows_of_the_record(asked):
    cell = Cell("power", Part("rest", "sovereign"), "2027Q4")
    found = list(subjects_of(asked.cube, asked.known, asked.settings, cell))
    assert {len(subject.draws) for subject in found} == {asked.cube.sizes["draw"]}
    assert len({subject.name for subject in found}) == len(found)
    frames = {frame for subject in found for frame, rows in subject.rows.items() if len(rows)}
    assert frames == {"assumptions", "observations", "ceilings", "rollouts", "traffic"}
