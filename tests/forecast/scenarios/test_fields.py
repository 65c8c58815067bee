"""A scenario reads alike as text, as a table, and from the command line, whichever question takes it."""

import pytest

from shiftcast.forecast.questions import read_question
from shiftcast.forecast.questions.kinds import PAIRS, SCENARIO, SCENARIOS, WEIGHTS
from shiftcast.forecast.scenarios.reading import read_scenario
from shiftcast.pipelines.commands.question_words import field_value

TABLE = {"demand": [{"part": "ads", "factor": 2.0}], "name": "mine"}


def test_a_table_is_read_as_its_text():
    by_table = read_question({"question": "quantiles", "measure": "power", "scenario": TABLE}).arguments["scenario"]
    assert read_scenario(by_table).hash == read_scenario("ads*2").hash
    assert read_question({"question": "quantiles", "measure": "power", "scenario": by_table}).arguments["scenario"] == (
        by_table
    )


def test_several_scenarios_are_read_from_text_or_one_by_one():
    asked = read_question({"question": "scenario", "scenarios": "a, b,a", "weights": "base=0.5,a=0.5"}).arguments
    assert asked["scenarios"] == ("a", "b")
    assert asked["weights"] == {"base": 0.5, "a": 0.5} == WEIGHTS.read("weights", "base=0.5; a=0.5")
    assert SCENARIOS.read("scenarios", ["a", TABLE])[1] == SCENARIO.read("scenario", TABLE)
    assert len(SCENARIOS.read("scenarios", TABLE)) == 1


@pytest.mark.parametrize("value", ["", [], "x" * 300, [3], '{"name": "' + "x" * 20_001 + '"}'])
def test_what_is_no_scenario_is_refused_by_field(value):
    with pytest.raises(ValueError, match="field 'scenarios'"):
        read_question({"question": "scenario", "scenarios": value})


def test_files_are_read_where_an_option_takes_scenarios_and_nowhere_else(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[[demand]]\npart = "ads"\nfactor = 2.0\n')
    assert read_scenario(field_value("scenario", str(path), SCENARIO)).hash == read_scenario("ads*2").hash
    several = field_value("scenarios", f"{path}, lift power", SCENARIOS)
    assert [read_scenario(text).label for text in several] == ["mine", "lift power"]
    assert field_value("given", ["power.pue=1.2"], PAIRS) == {"power.pue": 1.2}
