"""A fact that a planner changes in the record changes what rests on it."""

import numpy as np
import pandas as pd

from shiftcast.features.asof import latest_vintage
from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.hardware.generations import GenerationPrior, nvidia_generations
from shiftcast.forecast.hardware.placement import draw_placement
from shiftcast.forecast.identity.tokens import draw_tokens, fit_tokens
from shiftcast.forecast.market.facts import read_market
from shiftcast.forecast.migration.steps import step_statements
from shiftcast.forecast.split.share import draw_split, split_state
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.forecast.volume import series_prior
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

BELIEFS = shipped_beliefs()

QUARTERS = calendar_quarters("2021Q1", "2027Q4")


def changed(record, **frames):
    given = {"definitions": record.definitions, "operators": record.operators, "chips": record.chips, **frames}
    return read_market(**given)


def split_of(record, market, draws):
    state = split_state(
        latest_vintage(record.observations), QUARTERS, market=market, prior=share_prior(BELIEFS, "share.split")
    )
    return draw_split(state, market.split, Sampling(QUARTERS, draws, 1))


def test_a_definition_with_a_wider_offset_leaves_its_share_less_sure(record):
    rows = record.definitions
    wide = rows.assign(offset_sd=rows["offset_sd"].mask(rows["definition"] == "keynote", 2.0))
    spreads = [
        split_of(record, market, 300).by_definition["keynote"][:, 5].std()
        for market in (changed(record), changed(record, definitions=wide))
    ]
    assert spreads[1] > spreads[0]


def test_another_definition_can_be_the_reference(record):
    rows = record.definitions.set_index("definition")
    rows.loc["recast_1", "role"], rows.loc["recast_2", ["role", "offset_sd"]] = "reference", ["statement", 0.2]
    market = changed(record, definitions=rows.reset_index())
    split = split_of(record, market, 50)
    assert split.reference == "recast_1"
    assert next(iter(split.by_definition)) == "recast_1"
    np.testing.assert_array_equal(split.by_definition["recast_1"], split.share)


def test_tokens_are_those_of_the_series_named(record):
    rows, assumed = latest_vintage(record.observations), sample_assumptions(record.assumptions, draws=40, seed=1)
    sampling = Sampling(QUARTERS, 40, 1, assumed)
    fewer = changed(record, operators=record.operators[record.operators["operator"] != "google"])
    whole, less = (
        draw_tokens(
            fit_tokens(rows, QUARTERS, market.operators.token_series, series_prior(BELIEFS, "volume.tokens")),
            sampling,
        )
        for market in (changed(record), fewer)
    )
    assert whole[:, -1].mean() > less[:, -1].mean() > 0


def test_an_operator_that_is_not_large_reads_its_segment_loosely(record):
    small = changed(record, operators=record.operators[record.operators["role"] != "large_operator"])
    rows = step_statements(record.observations, "search", ("lexical", "deep", "llm"), 2, "hyperscale", market=small)
    assert set(rows["definition"]) <= {"judgement", "operator"}


def test_a_class_of_chips_can_be_added(record):
    line = record.chips[record.chips["chip"] == "custom"].assign(chip="wafer", order=4.5)
    market = changed(record, chips=pd.concat([record.chips, line]))
    row = record.assumptions[record.assumptions["name"] == "placement.search.llm.custom"]
    rows = pd.concat([record.assumptions, row.assign(name="placement.search.llm.wafer")])
    shares = draw_placement(sample_assumptions(rows, draws=40, seed=1), "search/llm", "rest", market.chips)
    assert market.chips.classes == ("nvidia", "amd", "tpu", "custom", "wafer", "cpu")
    assert (shares[:, 4] > 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)


def test_records_of_accelerators_and_new_products_follow_the_catalogue(record):
    found = nvidia_generations(record.hardware, GenerationPrior(**BELIEFS.of("generations")))
    assert dict(zip(found.names, found.records, strict=True)) == {
        "ampere": ("a100",), "hopper": ("h100", "h200"), "blackwell": ("gb200", "b200"),
        "blackwell_ultra": ("gb300", "b300"), "rubin": ("vr200",), "rubin_ultra": ("rubin_ultra",),
    }  # fmt: skip
    assert dict(zip(found.names, found.new, strict=True)) == {
        "ampere": False, "hopper": False, "blackwell": True, "blackwell_ultra": True, "rubin": True,
        "rubin_ultra": True,
    }  # fmt: skip
    hopper = record.hardware["family"] == "hopper"
    later = record.hardware.assign(new_product=record.hardware["new_product"].mask(hopper, "yes"))
    assert nvidia_generations(later, GenerationPrior(**BELIEFS.of("generations"))).new[1]
