import hashlib
import json

import pytest

from shiftcast.forecast.scenarios.levers import Demand, Generation, Limit, Move, Technique
from shiftcast.forecast.scenarios.reading import read_scenario, scenario_text
from shiftcast.forecast.support import OutOfSupportError

GALLERY = {
    "more": {"says": "more", "demand": [{"part": "all", "factor": 2.0}]},
    "late": {"generation": [{"generation": "new", "late": 2, "replaced": 0.5}]},
    "both": {"use": ["more", "late"], "limit": [{"ceiling": "power", "most": 5}]},
    "twice": {"use": ["both", "more"]},
    "circle": {"use": ["round"]},
    "round": {"use": ["circle"]},
}


def read(table):
    return read_scenario(scenario_text(table), GALLERY)


def test_text_levers_and_tables_say_the_same():
    table = {"demand": [{"part": "generative", "factor": 1.5}], "limit": [{"ceiling": "power", "lift": True}]}
    assert read(table).levers == read_scenario("lift power; generative * 1.5").levers
    assert read(table).hash == read_scenario("generative*1.5;lift  power").hash
    assert read_scenario("base").levers == () == read_scenario(" ; ").levers
    assert read_scenario("base").label == "base"


def test_hash_is_of_the_canonical_form_and_of_no_order_of_keys_or_words():
    one = {"demand": [{"part": "all", "factor": 2, "ramp": 4}, {"part": "ads", "factor": 3.0}], "says": "one"}
    other = {"says": "two", "demand": [{"factor": 3, "part": "ads"}, {"ramp": 4, "part": "all", "factor": 2.0}]}
    assert read(one).hash == read(other).hash
    said = '{"demand":[{"factor":2.0,"part":"all","ramp":4},{"factor":3.0,"part":"ads"}]}'
    assert read(one).canonical == said
    assert read(one).hash == hashlib.sha256(said.encode()).hexdigest()
    assert read(one).hash != read({"demand": [{"part": "all", "factor": 2.0}, {"part": "ads", "factor": 3.0}]}).hash


def test_order_counts_only_where_a_lever_acts_on_what_others_left():
    to, back = ({"source": a, "target": b, "share": 0.5} for a, b in (("edge", "hosted"), ("hosted", "edge")))
    assert read({"move": [to, back]}).hash != read({"move": [back, to]}).hash


def test_scenarios_compose_each_once_and_kinds_act_in_one_order():
    assert [type(lever) for lever in read_scenario("both", GALLERY).levers] == [Demand, Generation, Limit]
    assert read_scenario("twice", GALLERY).hash == read_scenario("both", GALLERY).hash
    assert read_scenario("late; more", GALLERY).hash == read_scenario("more; late", GALLERY).hash
    assert len(read_scenario("more; more", GALLERY).of(Demand)) == 1
    assert len(read_scenario("more; all*2", GALLERY).of(Demand)) == 2
    assert read_scenario("late;  more", GALLERY).label == "late; more"
    assert read({"name": "mine", "use": ["late"]}).label == "mine"
    assert read({"use": ["late"], "move": [{"source": "a", "target": "b", "share": 0.1}]}).of(Move)[0].ratio == 1.0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"demnd": []}, r"field 'demnd' is not known; did you mean 'demand'"),
        ({"demand": [{"part": "all", "faktor": 2}]}, r"demand 1: field 'faktor' is not known; did you mean 'factor'"),
        ({"demand": [{"part": "all"}]}, "demand 1: field 'factor' is missing"),
        (
            {"demand": [{"part": "all", "factor": "2"}]},
            r"demand 1: field 'factor' is '2'; input should be a valid number",
        ),
        (
            {"demand": [{"part": "all", "factor": 0}]},
            r"field 'factor' is int '0'; input should be greater than or equal",
        ),
        ({"demand": {"part": "all", "factor": 2}}, r"demand is dict .*write each lever as a table \[\[demand\]\]"),
        ({"demand": ["all*2"]}, r"demand 1 is 'all\*2'; it must be a table of fields"),
        ({"demand": [{"part": "all", "factor": 2, "from": "2027"}]}, "field 'from' is '2027'; string should match"),
        ({"limit": [{"ceiling": "power"}]}, "limit 1: give exactly one of lift = true, factor and most"),
        ({"limit": [{"ceiling": "power", "lift": True, "most": 5}]}, "give exactly one of"),
        ({"generation": [{"generation": "new", "late": 1}]}, "field 'replaced' is missing"),
        ({"use": ["lat"]}, "'lat' is not of the form .* nor a name .did you mean 'late'"),
        ({"use": "late"}, "field 'use' is 'late'; input should be a valid list"),
        ({"use": ["circle"]}, "'circle' uses itself, by circle -> round -> circle"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place_and_the_nearest(table, said):
    with pytest.raises(ValueError, match=said):
        read(table)


def test_text_that_is_no_table_or_out_of_range_is_refused():
    for text in ('{"demand": ', '{"demand":' + "[" * 5000):
        with pytest.raises(ValueError, match="is no table as JSON"):
            read_scenario(text)
    with pytest.raises(OutOfSupportError, match=r"factor 1000 of 'all' is outside 0\.01 to 100"):
        read_scenario("all*1000")
    with pytest.raises(ValueError, match="this forecast keeps none: run `shiftcast run` again"):
        read_scenario("late")


def test_a_table_as_text_keeps_everything_and_sorts_its_keys():
    table = {"name": "a", "technique": [{"technique": "llm", "of": "ads", "late": -4}]}
    assert json.loads(scenario_text(table)) == table
    assert read(table).of(Technique)[0].late == -4
