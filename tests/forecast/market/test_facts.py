"""Market facts from their frames: what models get, and what a frame that does not add up is told."""

import pandas as pd
import pytest

from shiftcast.forecast.market.chips import read_chips
from shiftcast.forecast.market.definitions import one_reference, read_definitions
from shiftcast.forecast.market.facts import read_market
from shiftcast.forecast.market.operators import read_operators


def test_the_shipped_facts_are_those_that_stood_in_code(record):
    market = read_market(record.definitions, record.operators, record.chips)
    assert market.split.reference == "recast_2"
    assert list(market.split.revenue.items()) == [
        ("recast_1", 0.2), ("large_csp", 0.3), ("top_five", 0.3), ("keynote", 0.3),
    ]  # fmt: skip
    assert market.split.machines == {"epoch_top_five": 0.35}
    assert market.split.noise == {"recast_1": 0.15}
    assert market.split.claims == ("keynote",)
    assert market.owners == "epoch_owners"
    assert market.techniques.reference == "judgement"
    assert market.techniques.offset_sd == {"operator": 1.0, "large_operator": 0.35, "pypi_proxy": 1.0}
    assert market.operators.token_series == {
        "google": "all_ai_surfaces", "china_national": "national_china", "openai": "api",
    }  # fmt: skip
    assert market.operators.large == {("search", "hyperscale"): ("google",)}
    assert market.operators.accounts == {"google": "alphabet"}
    assert market.chips.classes == ("nvidia", "amd", "tpu", "custom", "cpu")
    assert market.chips.accelerators == ("nvidia", "amd", "tpu", "custom")
    assert market.chips.own == 0


def test_the_order_of_rows_does_not_matter(record):
    once = read_market(record.definitions, record.operators, record.chips)
    shuffled = [rows.sample(frac=1.0, random_state=3) for rows in (record.definitions, record.chips)]
    again = read_market(shuffled[0], record.operators, shuffled[1])
    assert again == once
    assert list(again.split.offset_sd) == list(once.split.offset_sd)


@pytest.mark.parametrize("about", ["split", "owners"])
@pytest.mark.parametrize("role", ["reference", "statement"])
def test_a_state_has_exactly_one_reference(record, about, role):
    rows = record.definitions
    every = rows.assign(role=rows["role"].mask(rows["about"] == about, role))
    found = rows[rows["about"] == about]["definition"] if role == "reference" else ["none"]
    if about == "owners" and role == "reference":
        assert one_reference(every, about) == "epoch_owners"
        return
    with pytest.raises(ValueError, match=f"{', '.join(found)} with role reference about {about}; mark exactly one"):
        one_reference(every, about)


def test_a_definition_without_an_offset_is_named(record):
    rows = record.definitions.assign(offset_sd=record.definitions["offset_sd"].mask(
        record.definitions["definition"] == "top_five"))  # fmt: skip
    with pytest.raises(ValueError, match="split top_five has no offset_sd; give its standard deviation"):
        read_definitions(rows, "split")


def test_a_kind_of_statement_that_the_model_tells_apart_needs_its_row(record):
    rows = record.definitions[record.definitions["definition"] != "large_operator"]
    with pytest.raises(ValueError, match="technique large_operator is missing; add its row"):
        read_definitions(rows, "technique")


def test_a_series_without_a_name_and_one_named_twice_are_refused(record):
    rows = record.operators
    bare = rows.assign(series=rows["series"].mask(rows["operator"] == "openai"))
    with pytest.raises(ValueError, match="token_series of openai has no series; name it"):
        read_operators(bare)
    twice = pd.concat([rows, rows[rows["operator"] == "openai"].assign(workload="search")])
    with pytest.raises(ValueError, match="token_series of openai stands in two rows"):
        read_operators(twice)


@pytest.mark.parametrize("column", ["workload", "segment"])
def test_an_operator_is_large_in_one_segment_of_one_workload(record, column):
    with pytest.raises(ValueError, match="large_operator google is of all; name workload and segment"):
        read_operators(record.operators.assign(**{column: "all"}))


def test_several_operators_can_be_large_in_one_place(record):
    large = record.operators[record.operators["role"] == "large_operator"]
    both = pd.concat([large, large.assign(operator="microsoft")])
    assert read_operators(both).large == {("search", "hyperscale"): ("google", "microsoft")}


@pytest.mark.parametrize("dropped", ["nvidia", "cpu"])
def test_chips_without_the_vendor_or_without_cores_are_refused(record, dropped):
    with pytest.raises(ValueError, match="give nvidia, which the forecast is of, and one row that takes cpu"):
        read_chips(record.chips[record.chips["chip"] != dropped])
