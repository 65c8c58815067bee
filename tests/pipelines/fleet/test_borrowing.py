"""A fleet beside a forecast of the world borrows its growth, and a bundle keeps what was borrowed."""

import shutil
from dataclasses import replace

import pytest

import shiftcast
from shiftcast.pipelines.fleet.answers import answers_text
from shiftcast.pipelines.fleet.bundle import FleetBundle, read_fleet, write_fleet
from shiftcast.pipelines.fleet.digests import data_digest
from shiftcast.pipelines.fleet.place import fleet_root


@pytest.fixture
def planner(stocked, copied_store):
    mine = fleet_root(copied_store.root, "mine")
    shutil.copytree(fleet_root(stocked, "mine"), mine)
    (mine / "fleet.toml").write_text('[fleet]\nleaf = "enterprise"\nbusy = 0.9\n')
    return shiftcast.open_fleet("mine", copied_store.root, as_of="2026-11-22", draws=100, seed=3)


def test_growth_is_borrowed_from_the_champion_and_kept_in_a_bundle(planner, tmp_path):
    assert planner.world is not None
    assert planner.world.place == "enterprise"
    demand = planner.demand("2027Q2")
    assert ((demand.borrowed > 0) & (demand.borrowed < 1)).all()
    assert not any("nothing is borrowed" in note for note in demand.notes)
    answer = planner.forecast(through="2027Q2")
    manifest = write_fleet(FleetBundle(planner, answer.table, answer.table, "d"), tmp_path / "bundle")
    kept = read_fleet(tmp_path / "bundle", digest=manifest).planner
    assert data_digest(kept) == planner.registered.data
    numbered = replace(kept, registered=planner.registered)  # as what serves it does
    assert answers_text([numbered.forecast(through="2027Q2")]) == answers_text([answer])
