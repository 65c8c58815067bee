"""Words and units of answers: figures worked out by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd

from shiftcast.forecast.questions import read_question
from shiftcast.forecast.split.relabel import Relabelled
from shiftcast.forecast.telling.columns import COLUMNS, rows_schema
from shiftcast.forecast.telling.ground import Ground
from shiftcast.forecast.telling.judged import of_claims, of_when
from shiftcast.forecast.telling.notes import notes_of
from shiftcast.forecast.telling.quantities import of_placement, of_quantiles
from shiftcast.forecast.telling.subject import subject_of
from shiftcast.forecast.telling.told import SAYS, asked_of, told
from shiftcast.forecast.telling.units import column_units
from shiftcast.forecast.views.part import Part, draws_of
from shiftcast.forecast.views.provenance import Assumed

POWER = {"measure": "power", "leaf": "sovereign"}


def marks(quarter, low, middle, high, **others):
    return {"quarter": quarter, "q100": low, "q500": middle, "q900": high, **others}


def test_quantiles_begin_with_the_last_quarter_its_unit_and_interval():
    rows = pd.DataFrame(
        [marks(*each, unit="MW_facility") for each in (("2026Q4", 9e2, 1e3, 1.1e3), ("2027Q4", 1, 2, 3))]
    )
    assert of_quantiles(rows, POWER) == (
        "2 megawatts at the meter in 2027Q4 (8 in 10: 1 to 3): power of data centres, sovereign. In 2026Q4 it is 1,000 "
        "megawatts at the meter (8 in 10: 900 to 1,100)."
    )


def test_other_levels_say_which_they_are_and_the_mean_stands_in_for_the_median():
    rows = pd.DataFrame([{"quarter": "2027Q1", "mean": 2.0, "q050": 1.0, "q950": 4.0, "unit": "accelerator"}])
    said = of_quantiles(rows, {"measure": "accelerators"})
    assert said.startswith(
        "2 accelerators in 2027Q1 (from the 5 % to the 95 % quantile: 1 to 4): accelerators in place"
    )


def test_a_scenario_is_named():
    rows = pd.DataFrame([marks("2027Q1", 1, 2, 3, unit="accelerator")])
    asked = {"measure": "accelerators", "scenario": "generative*2"}
    assert of_quantiles(rows, asked).endswith("accelerators in place, all buyers, under generative*2.")


def test_makers_are_told_with_their_part_now_and_then():
    rows = pd.DataFrame([
        marks(quarter, 1.0, 2.0, 3.0, kind=kind, vendor=vendor, share=share, unit="accelerator_hour/quarter")
        for quarter, kind, part in (("2026Q2", "estimate", 0.7), ("2026Q3", "forecast", 0.6))
        for vendor, share in (("all", 1.0), ("one", part), ("two", 1 - part))
    ])  # fmt: skip
    said = of_placement(rows, {"segment": "all"})
    assert said.startswith("2 accelerator-hours a quarter in 2026Q3 (8 in 10: 1 to 3)")
    assert said.endswith("one 60 % (70 % in 2026Q2), two 40 % (30 % in 2026Q2).")


def test_a_date_past_the_horizon_is_told_by_the_horizon():
    row = {"level": 0.8, "early": "2027Q4", "middle": "2030Q1", "late": "after the horizon", "horizon": "2032Q4",
           "says": "Why."}  # fmt: skip
    asked = {"technique": "llm", "of": "recsys", "base": "gpu_hours", "segment": "rest", "above": 0.5}
    assert of_when(pd.DataFrame([row]), asked) == (
        "2030Q1 (8 in 10: 2027Q4 to after 2032Q4) is when large language models pass 50 % of recommendation GPU-hours, "
        "buyers outside hyperscale. Why."
    )


def test_claims_are_counted_and_those_not_judged_are_said():
    rows = pd.DataFrame({"claim": ["a", "b", "c"], "probability": [0.9, 0.2, None], "note": ["", "", "no window"]})
    said = of_claims(rows, {})
    assert said.startswith("1 of the 2 claims that can be judged are more likely than not")
    assert "the least likely, b, has a probability of 20 %. 1 more are not judged" in said


def test_units_come_from_the_answer_then_the_question_then_the_row():
    table = pd.DataFrame({"quarter": ["2027Q1"], "binding": ["power"], "odds_power": [0.4], "most_median": [3.0],
                          "unit": ["wafer/quarter"], "count": [2], "holds": [True]})  # fmt: skip
    assert column_units("ceilings", table, {"count": "rack"}) == {
        "odds_power": "share", "most_median": "wafer/quarter", "count": "rack",
    }  # fmt: skip
    both = pd.concat([table, table.assign(unit="GB/quarter")])
    assert column_units("ceilings", both, {})["most_median"] == "see unit"


def test_every_question_of_the_cube_is_told_and_its_columns_are_declared():
    in_words = {*SAYS, "attribute", "contract", "audit"}  # which say their own answers
    assert set(COLUMNS) <= in_words <= set(rows_schema())


def test_an_answer_says_what_the_record_contradicts_of_it(small_world):
    table = pd.DataFrame({"quarter": ["2024Q1", "2024Q2"]}).assign(
        **{f"{name}{end}": 0.5 for name in ("before", "after", "firm") for end in ("", "_low80", "_high80")}
    )
    offsets = pd.DataFrame([{"definition": "recast_2", "before": 0.0, "after": 0.1}])
    nothing = np.zeros((1, 2))
    done = Relabelled("meta", "rest", nothing, nothing, table, offsets, "recast_2", ("2024Q2",))
    read = read_question({"question": "relabel", "firm": "meta", "to": "rest"})
    assert told(read, done, Ground(small_world.cube)).notes[0] == done.notes[0]
    assert len(told(read, replace(done, beyond=()), Ground(small_world.cube)).notes) == 1


def test_fields_are_told_with_defaults_and_without_what_was_left_out():
    asked = asked_of(read_question({"question": "quantiles", "quantiles": [0.5], "measure": "power", "form": "answer"}))
    assert asked == {
        "segment": "all", "leaf": "all", "workload": "all", "technique": "all", "quantiles": [0.5], "scenario": "base",
        "measure": "power", "every": "quarter",
    }  # fmt: skip


def test_a_scenario_has_the_hash_of_what_it_says_not_of_its_spelling(small_world):
    def hashed(text, field="scenario"):
        return Ground(small_world.cube).provenance("quantiles", {field: text}, Assumed(None, "")).scenario_hash

    assert hashed("edge*2; generative * 1.5") == hashed("generative*1.5;edge*2;")
    assert hashed("edge*2") != hashed("edge*3")
    assert hashed("base") is None
    assert hashed(["edge*2", "base", "edge*3"], "scenarios") == f"{hashed('edge*2')}, {hashed('edge*3')}"


def test_the_main_figure_is_that_of_the_part_and_quarter_asked(small_world):
    subject = subject_of("contract", {"measure": "power", "leaf": "sovereign", "period": "2027Q4"}, small_world.cube)
    at = subject.name.endswith("sovereign in 2027Q4") and -5
    assert (subject.draws == draws_of(small_world.cube, "power", Part("rest", "sovereign"))[:, at]).all()
    assert subject_of("techniques", {"segment": "all"}, small_world.cube) is None


def test_what_no_workload_explains_is_said_of_measures_only(small_world):
    (_, unseen) = notes_of("quantiles", {"measure": "power"}, small_world.cube)
    assert unseen.endswith("(median) is work that no registered workload explains.")
    assert notes_of("site", {"mw": 40.0}, small_world.cube) == ()
