"""Labelling rules."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.frames import DIMENSIONS
from shiftcast.features.labels import (
    Rule,
    Rules,
    apply_rules,
    guarded,
    no_rules,
    rules_from_table,
    settle,
    unguarded,
)


def clues(**columns):
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def test_the_first_rule_that_speaks_of_a_dimension_has_it():
    rules = Rules((Rule("name", "a*", {"workload": "ads"}), Rule("any", "*", {"workload": "other", "leaf": "edge"})))
    said = apply_rules(clues(name=["a1", "b"], tag=["", ""]), rules)
    assert said["workload"].tolist() == ["ads", "other"]
    assert said["leaf"].tolist() == ["edge", "edge"]
    assert set(said) == {"workload", "leaf"}


def test_a_field_the_file_does_not_have_fits_nothing():
    said = apply_rules(clues(name=["a"]), Rules((Rule("image", "*", {"workload": "ads"}),)))
    assert said["workload"].tolist() == [""]


def test_rule_before_file_before_constant_before_unlabelled():
    said = {"workload": pd.Series(["ads", "", ""], dtype=object)}
    own = {"workload": pd.Series(["x", "recsys", ""], dtype=object), "vendor": "nvidia"}
    labels = settle(said, own, {"workload": "other", "segment": "rest"})
    assert labels["workload"].tolist() == ["ads", "recsys", "other"]
    assert (labels["vendor"], labels["segment"], labels["leaf"]) == ("nvidia", "rest", "unlabelled")


@pytest.mark.parametrize("row", [{"field": "", "pattern": "x", "leaf": "edge"}, {"field": "name", "pattern": "x"},
                                 {"field": "name", "pattern": None, "leaf": "edge"}])  # fmt: skip
def test_a_rule_needs_field_pattern_and_label(row):
    with pytest.raises(ValueError, match="line 2"):
        rules_from_table(pd.DataFrame([row]))


def test_missing_labels_of_a_table_are_open():
    table = pd.DataFrame([{"field": "name", "pattern": "x", "leaf": "edge", "vendor": float("nan")}])
    assert rules_from_table(table).rules[0].labels == {"leaf": "edge"}


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.text(min_size=1, max_size=10))
def test_any_names_and_patterns_end(names, pattern):
    said = apply_rules(clues(name=names), Rules((Rule("name", pattern, {"leaf": "edge"}),)))
    assert len(said["leaf"]) == len(names)


def test_many_stars_do_not_take_forever():
    rule = Rule("name", "*a" * 30 + "b", {"leaf": "edge"})
    assert apply_rules(clues(name=["a" * 5000]), Rules((rule,)))["leaf"].tolist() == [""]


def test_no_rules_say_nothing():
    assert apply_rules(clues(name=["a"]), no_rules()) == {}
    assert set(settle({}, {}, {}).values()) == {"unlabelled"}
    assert set(settle({}, {}, {})) == set(DIMENSIONS)


def test_a_gap_that_says_so_labels_nothing():
    table = pd.DataFrame([{"field": "name", "pattern": "x", "leaf": "", "confirmed": "no"},
                          {"field": "name", "pattern": "y", "leaf": "edge", "confirmed": "no"}])  # fmt: skip
    assert [rule.pattern for rule in rules_from_table(table).rules] == ["y"]


@pytest.mark.parametrize(("name", "label"), [("segment", "rset"), ("phase", "trainig")])
def test_a_segment_or_phase_that_is_none_is_refused(name, label):
    with pytest.raises(ValueError, match=f"line 2: {name} '{label}'; write one of "):
        rules_from_table(pd.DataFrame([{"field": "name", "pattern": "x", name: label}]))


def test_a_rule_on_the_name_looks_at_what_a_scheduler_calls_it():
    rules = Rules((Rule("name", "a", {"leaf": "edge"}),))
    assert apply_rules(clues(jobname=["a"]), rules)["leaf"].tolist() == ["edge"]
    assert apply_rules(clues(jobname=["a"], name=["b"]), rules)["leaf"].tolist() == [""]


def test_confirmed_is_yes_no_or_empty():
    with pytest.raises(ValueError, match="line 2: confirmed 'maybe'; write yes, no or nothing"):
        rules_from_table(pd.DataFrame([{"field": "name", "pattern": "x", "leaf": "edge", "confirmed": "maybe"}]))


def test_brackets_in_a_pattern_are_letters():
    said = apply_rules(clues(name=["a[1]", "a1"]), Rules((Rule("name", "a[1]", {"leaf": "edge"}),)))
    assert said["leaf"].tolist() == ["edge", ""]


@given(st.text(max_size=12) | st.sampled_from(["=x", "'=x", "''+1", "-", "@a", "'a", "\t=x"]))
def test_a_guarded_cell_is_read_as_it_was_and_is_no_formula(cell):
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_rule_on_a_guarded_name_fits_the_name():
    table = pd.DataFrame([{"field": "name", "pattern": guarded("=cmd*"), "leaf": "edge"}])
    assert apply_rules(clues(name=["=cmd()"]), rules_from_table(table))["leaf"].tolist() == ["edge"]
