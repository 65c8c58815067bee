"""A plain `pytest` covers every room, says what it left out, and can be told to fail on a skip."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = {"slow", "fault"}
ELSEWHERE = {
    "pipelines/former": "tests/pipelines/registry/test_versions.py",  # names that older models import
    "pipelines/records": "tests/pipelines/sources/test_public_record.py",  # rows, read by the sources
}
ROOMS = sorted(
    path.relative_to(ROOT).as_posix()
    for floor in ("forecast", "pipelines")
    for path in (ROOT / floor).iterdir()
    if path.is_dir() and (path / "__init__.py").exists()
)
TESTS = """
import pytest

@pytest.mark.slow
def test_slow(): pass

@pytest.mark.fault
def test_fault(): pass

def test_quick(): pass

def test_without_server(): pytest.skip("no server here")
"""


def marks(node):
    """Return the names of `pytest.mark.<name>` below a node of the source."""
    return {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def runs_by_default(path):
    """Return whether a file has a test without the marks that a plain run leaves out."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    whole = [
        node for node in body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark"
    ]
    tests = [node for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    own = [set().union(*map(marks, test.decorator_list)) for test in tests]
    return not any(OPTIONAL & marks(node) for node in whole) and any(not OPTIONAL & each for each in own)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_tests_in_a_plain_run(room):
    paths = [ROOT / ELSEWHERE[room]] if room in ELSEWHERE else (ROOT / "tests" / room).rglob("test_*.py")
    assert any(runs_by_default(path) for path in paths)


@pytest.fixture
def suite(pytester):
    """Return a function that runs a small suite under the conftest of the tests, by the settings of the project."""
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nmarkers = ["slow", "fault"]')
    pytester.makepyfile(TESTS)
    return lambda *words: pytester.runpytest_inprocess("-p", "no:cacheprovider", *words)


PARALLEL = pytest.param(("-n", "1"), id="parallel", marks=pytest.mark.slow)  # a worker imports everything anew


@pytest.mark.parametrize("workers", [pytest.param((), id="alone"), PARALLEL])
def test_the_summary_counts_what_the_marks_left_out_and_says_how_to_run_it(suite, workers):
    result = suite("-m", "not slow and not fault", *workers)
    result.assert_outcomes(passed=1, skipped=1, deselected=0 if workers else 2)
    result.stdout.fnmatch_lines(["left out: 1 marked fault, 1 marked slow; `pytest -m ''` runs every test"])


def test_nothing_is_said_where_nothing_was_left_out(suite):
    result = suite("-m", "")
    result.assert_outcomes(passed=3, skipped=1)
    assert "left out" not in result.stdout.str()


@pytest.mark.parametrize(("allowed", "outcome"), [("no server", "skipped"), ("systemd", "failed")])
def test_a_skip_fails_unless_its_reason_is_allowed(suite, allowed, outcome):
    result = suite("-m", "", "--skips-allowed", allowed)
    result.assert_outcomes(passed=3, **{outcome: 1})
    assert ("it has to run here" in result.stdout.str()) == (outcome == "failed")
