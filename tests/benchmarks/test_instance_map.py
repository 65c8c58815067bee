"""The map of instance types has no fault, and where a larger size holds fewer accelerators, it is one we know of."""

import runpy
from pathlib import Path

import pytest

from shiftcast.pipelines.sources.bills.instances import instance_map

FALLS = {"g4dn.16xlarge", "g5.16xlarge", "g6.16xlarge", "g6e.16xlarge", "g2-standard-32"}


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "instance_map.py"))


@pytest.fixture(scope="module")
def types(script):
    return script["read_types"]()


def test_the_map_has_no_fault_and_only_falls_that_are_sold(script, types, capsys):
    assert script["faults"](types) == []
    assert set(script["falls"](types)) == FALLS
    assert script["gaps"](types)["p3"] == [4.0, 12.0]
    assert script["main"]() == 0
    assert "no faults" in capsys.readouterr().out


@pytest.mark.parametrize(("column", "value", "told"), [
    ("accelerator", "x900", "is in no table"), ("number", 0.0, "count"), ("since", "1999", "since 1999"),
    ("retired", "2011", "retired 2011"), ("instance", "m5.large", "no family has its look"),
    ("instance", "p3.2xlarge", "is there twice"),
])  # fmt: skip
def test_a_spoilt_row_is_a_fault(script, types, column, value, told):
    spoilt = types.copy()
    spoilt.loc[spoilt["instance"] == "p5.48xlarge", column] = value
    (fault,) = script["faults"](spoilt)
    assert told in fault


def test_every_type_is_found_under_its_own_name_and_that_of_a_meter(types):
    for row in types.to_dict("records"):
        meter = row["instance"].removeprefix("standard_").replace("_", " ").upper()
        for text in (row["instance"], f"USE1-BoxUsage:{row['instance']}", f"{meter} Spot"):
            found = instance_map().find(text)
            assert (found.accelerator, found.count) == (row["accelerator"], row["number"]), text


def test_names_that_are_no_accelerators_are_not_found():
    texts = (
        "m5.large c6g.4xlarge r6g.metal",
        "D4s v3",
        "n2-standard-8",
        "VM.Standard.E4.Flex",
        "gp3 volume",
        "GPU",
        "nd",
    )
    assert [instance_map().find(text) for text in texts] == [None] * len(texts)
