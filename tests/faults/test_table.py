"""Every case of the table of faults holds, or is known not to; `docs/faults.md` shows the table."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from table import AREAS, CASES, Bench
from table.acted import ACTS, SEED
from table.case import NoSuchStep
from table.limited import READS, SYNCS
from table.recorded import UNTRIED, Recorder, own_rows, read_rows
from table.registered import AREA_OF

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "benchmarks" / "faults.csv"


@pytest.fixture
def bench(tmp_path, monkeypatch, request):
    return Bench(tmp_path, monkeypatch, request.getfixturevalue)


@pytest.mark.fault
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case_holds(case, bench, record_property, request):
    record_property("case", [case.area, case.name])
    if case.seen:
        request.applymarker(pytest.mark.xfail(reason=case.seen, strict=True))
    try:
        case.held(bench)
    except NoSuchStep:
        record_property("none", value=True)


@pytest.mark.fault
def test_acts_make_the_steps_that_the_table_tries(acts, filled, tmp_path, request):
    tried = {"change": {act.name: act.steps for act in ACTS}}
    if request.config.getoption("--all-faults"):
        tried |= {"sync": SYNCS, "read": READS}
    made = {kind: {} for kind in tried}
    for kind, steps in tried.items():
        for name in steps:
            folder = tmp_path / f"{name} {kind}"
            shutil.copytree(filled, folder)
            code, met, said = acts.counted(name, folder / "mlruns", SEED, fault=(kind, float("inf"), ""))
            made[kind][name] = met.steps
            assert code == 0, f"{name}: {said}"
    assert made == tried, f"write these into table/acted.py and table/limited.py, and run `nox -s faults`: {made}"


def test_cases_differ_and_every_area_has_some():
    assert len({(case.area, case.name) for case in CASES}) == len(CASES) >= 500
    assert {case.area for case in CASES} | set(AREA_OF.values()) == set(AREAS)


def test_the_record_has_every_case_of_the_table_as_it_stands():
    recorded = read_rows(RECORD)
    for key, row in own_rows().items():
        assert key in recorded, f"{key}: run `nox -s faults`"
        assert {**recorded[key], "held": UNTRIED} == row, f"{key}: run `nox -s faults`"
    assert {f"{path}::{name}" for path, name in AREA_OF} <= {row["checked"] for row in recorded.values()}
    known = {(case.area, case.name) for case in CASES if case.seen}
    assert {key for key, row in recorded.items() if row["held"] == "no"} <= known
    assert {row["held"] for row in recorded.values()} <= {"yes", "no", UNTRIED}


def test_a_test_elsewhere_has_a_row_untried_and_none_once_its_id_is_gone(tmp_path):
    path, name = next(iter(AREA_OF))
    session = SimpleNamespace(config=SimpleNamespace(args=["tests/faults"]))

    def record(*values):
        recorder = Recorder(tmp_path / "faults.csv")
        recorder.pytest_collection_modifyitems([SimpleNamespace(nodeid=f"{path}::{name}[{each}]") for each in values])
        recorder.pytest_sessionfinish(session)
        rows = read_rows(tmp_path / "faults.csv").values()
        return {row["case"].rpartition(": ")[2]: row["held"] for row in rows if row["cost"] == "elsewhere"}

    assert record("one", "two") == {"one": UNTRIED, "two": UNTRIED}
    assert record("two", "three") == {"two": UNTRIED, "three": UNTRIED}
    session.config.args = [f"{path}::{name}[four]"]
    assert set(record("four")) == {"two", "three", "four"}


def test_a_step_that_an_act_does_not_make_is_no_case(tmp_path):
    row = next(iter(own_rows().values()))
    recorder = Recorder(tmp_path / "faults.csv")
    said = {"when": "call", "failed": False, "nodeid": ""}
    named = ("case", [row["area"], row["case"]])
    recorder.pytest_runtest_logreport(SimpleNamespace(**said, user_properties=[named, ("none", True)]))
    session = SimpleNamespace(config=SimpleNamespace(args=[]))
    recorder.pytest_sessionfinish(session)
    assert read_rows(tmp_path / "faults.csv")[row["area"], row["case"]]["held"] == UNTRIED
    recorder.pytest_runtest_logreport(SimpleNamespace(**said, user_properties=[named]))
    recorder.pytest_sessionfinish(session)
    assert read_rows(tmp_path / "faults.csv")[row["area"], row["case"]]["held"] == "yes"


def test_tests_that_are_cases_as_well_are_there_and_are_tried():
    session = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    for path, name in AREA_OF:
        assert path.startswith("tests/faults/") or f'"{path}"' in session
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{name}"
