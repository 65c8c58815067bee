"""Power that a fleet's own file says comes before the catalogue's."""

import dataclasses

import pandas as pd

from shiftcast.forecast.fleet.facts import Fleet, Holding, Offer
from shiftcast.forecast.fleet.hardware import it_power
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.pipelines.fleet.facts_file import _READERS, facts_of

ORIGIN = pd.Timestamp("2026-11-22", tz="UTC")
HOLDING = Holding("h100", 8, ORIGIN, it_kw=1.5)


def test_the_file_comes_before_the_catalogue(known_on):
    basis = basis_of(known_on(ORIGIN), Settings(draws=10, seed=1))
    ours = it_power(basis, "h100", Fleet("mine", holdings=(HOLDING,)))
    assert (ours.value, ours.source) == (1500.0, "")
    assert it_power(basis, "h100", Fleet("mine")).value not in {1500.0, 0.0}


def test_a_type_that_no_catalogue_has_is_asked_for(known_on):
    basis = basis_of(known_on(ORIGIN), Settings(draws=10, seed=1))
    assert it_power(basis, "v100", Fleet("mine")).source.endswith("say `it_kw` of its holding.")
    said = facts_of({"holding": [{"accelerator": "v100", "count": 8, "it_kw": 0.45}]}, "mine", "fleet.toml")
    assert it_power(basis, "v100", said).value == 450.0


def test_every_fact_can_be_read():
    for part in (Holding, Offer):
        assert {each.name for each in dataclasses.fields(part)} - {"terms"} <= set(_READERS)
