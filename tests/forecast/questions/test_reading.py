import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.questions import FIELDS, KINDS, OUTPUTS, QUESTIONS, read_question

POWER = {"question": "quantiles", "measure": "power"}


def required(question):
    return {name for name, field in QUESTIONS[question].model_fields.items() if field.is_required()}


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_is_another_name_of_its_question(output):
    name = OUTPUTS[output]
    needed = {field: 1.0 if KINDS[field].column == "double" else "x" for field in required(name)}
    assert read_question({"output": output, **needed}) == read_question({"question": name, **needed})
    assert read_question({"output": output, "question": name, **needed}).name == name


def test_fields_that_are_none_are_left_out():
    assert read_question({**POWER, "horizon": None, "base": None}) == read_question(POWER)


def test_whole_numbers_may_come_as_floats_and_levels_are_sorted():
    read = read_question({**POWER, "horizon": 4.0, "quantiles": [0.9, 0.1, 0.9]})
    assert read.arguments == {"measure": "power", "horizon": 4, "quantiles": (0.1, 0.9)}
    assert isinstance(read.arguments["horizon"], int)


def test_numbers_and_pairs_may_come_as_text():
    cost = {"question": "cost", "given": "site.utilisation=0.7; cost.rate=0.08", "life": "4,5,6"}
    plain = {"question": "cost", "given": {"site.utilisation": 0.7, "cost.rate": 0.08}, "life": [4, 5, 6]}
    assert read_question(cost) == read_question(plain)
    assert read_question(cost).arguments["life"] == (4.0, 5.0, 6.0)
    for text in ("site.utilisation", "site.utilisation=half"):
        with pytest.raises(ValueError, match=r"field 'given' is 'site.*must be of the form site\.utilisation=0\.7"):
            read_question({"question": "cost", "given": text})
    with pytest.raises(ValueError, match="field 'life' is '4,five'; it must be of the form 4,5,6"):
        read_question({"question": "cost", "life": "4,five"})


@pytest.mark.parametrize("kind", [int, np.int64, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_number_of_any_type_is_the_same_number(name, kind):
    numbers = {field for field in QUESTIONS[name].model_fields if field in KINDS and KINDS[field].column == "double"}
    whole = dict.fromkeys(numbers, 1.0) | dict.fromkeys(required(name) - numbers, "x")
    assert read_question({"question": name, **whole, **{field: kind(1) for field in numbers}}) == read_question(
        {"question": name, **whole}
    )


def test_lists_and_tables_of_numbers_of_any_type_are_the_same():
    cost = {"question": "cost", "life": [4.0, 5.0], "given": {"site.utilisation": 1.0}}
    for life in (np.array([4, 5]), [np.int64(4), np.float32(5)], [4, 5]):
        assert read_question({**cost, "life": life, "given": {"site.utilisation": np.int64(1)}}) == read_question(cost)
    assert read_question({**POWER, "quantiles": np.array([0.25, 0.5])}).arguments["quantiles"] == (0.25, 0.5)
    with pytest.raises(ValueError, match="field 'horizon' is bool 'True'; it must be a finite number"):
        read_question({**POWER, "horizon": np.True_})


def test_names_may_come_as_text_or_a_list():
    limits = {"question": "limits", "by": "2027Q4"}
    assert read_question({**limits, "lift": "power, memory,power"}).arguments["lift"] == ("power", "memory")
    assert read_question({**limits, "lift": ["power"]}).arguments["lift"] == ("power",)
    for wrong in (3, [3]):
        with pytest.raises(ValueError, match="field 'lift' is int '3'"):
            read_question({**limits, "lift": wrong})


def test_the_definition_is_an_argument_of_the_split_and_context_elsewhere():
    split = read_question({"question": "split", "base": "revenue", "definition": "recast_2"})
    assert (dict(split.arguments), dict(split.context)) == ({"base": "revenue", "definition": "recast_2"}, {})
    assert read_question({**POWER, "definition": "recast_2"}).context == {"definition": "recast_2"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "question '' is not known; ask one of forecast"),
        ({"output": "poem"}, "output 'poem' is not known; choose one of rows"),
        ({**POWER, "output": "split"}, "output 'split' is not that of question 'quantiles'"),
        ({"question": "when", "technique": "llm"}, "question 'when': field 'of' is missing"),
        ({**POWER, "above": 0.5}, "question 'quantiles': field 'above' is not taken; it takes measure, segment"),
        ({**POWER, "colour": "red"}, "field 'colour' is not known; the fields are question"),
        ({**POWER, "c" * 99: "red"}, "field 'ccc.* is not known"),
        ({**POWER, "leaf": 5}, "field 'leaf' is int '5'; it must be printable text of at most 200 characters"),
        ({**POWER, "leaf": "x" * 201}, "field 'leaf' is 'xxx.*it must be printable text"),
        ({**POWER, "leaf": "a\x00b"}, r"field 'leaf' is 'a.x00b'; it must be printable text"),
        ({**POWER, "leaf": ["edge"]}, "field 'leaf' is list .*edge.*; it must be printable text"),
        ({**POWER, "horizon": 1.5}, "field 'horizon' is float '1.5'; it must be a whole number from 0"),
        ({**POWER, "horizon": True}, "field 'horizon' is bool 'True'; it must be a finite number"),
        ({**POWER, "horizon": -1}, "field 'horizon' is int '-1'; it must be a whole number from 0"),
        ({**POWER, "horizon": math.inf}, "field 'horizon' is float 'inf'; it must be a finite number"),
        ({**POWER, "horizon": 10**400}, "field 'horizon' is int '10*'; it must be a finite number"),
        ({**POWER, "horizon": "4"}, "field 'horizon' is '4'; it must be a finite number"),
        ({**POWER, "quantiles": 0.5}, "field 'quantiles' is float '0.5'; it must be a list of 1 to 99 levels"),
        ({**POWER, "quantiles": []}, "field 'quantiles' is list .*; it must be a list of 1 to 99 levels"),
        ({**POWER, "quantiles": [0.5, 1.0]}, "field 'quantiles' has 1.0; levels lie between 0 and 1"),
        ({**POWER, "quantiles": [math.nan]}, "field 'quantiles' is float 'nan'; it must be a finite number"),
    ],
)
def test_what_is_wrong_with_a_question_is_named(fields, said):
    with pytest.raises(ValueError, match=said):
        read_question(fields)


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=5,
)  # fmt: skip


FIELD = st.sampled_from(FIELDS) | st.text(max_size=12)


@given(st.dictionaries(FIELD, anything, max_size=5), st.sampled_from(list(QUESTIONS)))
def test_any_mapping_is_read_or_refused_with_a_short_line(fields, name):
    try:
        read = read_question({**fields, "question": name})
    except ValueError as error:
        assert len(str(error)) < 800  # noqa: PT017  (any refusal is fine, its words are tested)
        assert str(error).isprintable()  # noqa: PT017  (any refusal is fine, its words are tested)
    else:
        assert required(name) <= set(read.arguments)
