"""What the soak calls settled memory, and what it counts."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PAGE = BENCHMARKS.parent / "docs" / "serving.md"


@pytest.fixture
def soak(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("soak", BENCHMARKS / "soak.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "soak", module)  # where a dataclass looks for its own
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("server", "hand", "wrong"),
    [(lambda t: 500 + 300 * min(t, 30) / 30, lambda t: 900.0, []),  # it warms up and stays
     (lambda t: 500 + 80 * (t % 2), lambda t: 900.0 * (t % 3 > 0), []),  # it goes up and down
     (lambda t: 500 + 2 * t, lambda t: 900.0, []),  # within what may differ
     (lambda t: 500 + 5 * t, lambda t: 900.0, ["the server grew from 722 to 872 MiB"]),
     (lambda t: 500.0, lambda t: 1600.0 * (t == 7), ["a process took 1600 MiB"])],
)  # fmt: skip
def test_memory_that_goes_on_growing_is_told(soak, server, hand, wrong):
    assert soak.settled([(float(t), server(t), hand(t)) for t in range(90)]) == wrong


def test_figures_are_those_of_what_was_heard(soak):
    heard = soak.Heard(moves=3, seconds=[0.1] * 99 + [2.0], memory=[(float(t), 500.0 + t, 9.0) for t in range(8)])
    heard.asked.update({"plan": 60, "impose": 40})
    found = soak.figures(heard, 5.0)
    assert (found["requests"], found["kinds of question"], found["failed"]) == (100, 2, 0)
    assert (found["median [s]"], found["longest [s]"], found["server, most [MiB]"]) == (0.1, 2.0, 507.0)


def test_the_figures_that_are_kept_are_those_of_a_soak_that_passed(soak):
    kept = pd.read_csv(soak.RESULTS).set_index("what")["value"]
    heard = soak.Heard(seconds=[1.0], memory=[(0.0, 1.0, 1.0)] * 3)
    assert [*kept.index] == [*soak.figures(heard, 5.0)]
    assert kept["failed"] == 0
    before, after = (kept[f"server, {each} third [MiB]"] for each in ("middle", "last"))
    assert soak.settled([(0.0, before, kept["a process, most [MiB]"])] * 2 + [(0.0, after, 0.0)]) == []
    line = next(each for each in PAGE.read_text(encoding="utf-8").splitlines() if "soak.py --minutes" in each)
    for what in ("requests", "moves of the alias", "kinds of question", "server, middle third [MiB]",
                 "server, last third [MiB]", "a process, most [MiB]"):  # fmt: skip
        assert f" {kept[what]:,.0f} " in line, what
