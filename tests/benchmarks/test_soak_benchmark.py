"""What the soak calls settled memory, and what it counts."""

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import soak

sys.path.pop(0)


@pytest.mark.parametrize(
    ("server", "hand", "wrong"),
    [(lambda t: 500 + 300 * min(t, 30) / 30, lambda t: 900.0, []),  # it warms up and stays
     (lambda t: 500 + 80 * (t % 2), lambda t: 900.0 * (t % 3 > 0), []),  # it goes up and down
     (lambda t: 500 + 2 * t, lambda t: 900.0, []),  # within what may differ
     (lambda t: 500 + 5 * t, lambda t: 900.0, ["the server grew from 722 to 872 MiB"]),
     (lambda t: 500.0, lambda t: 1600.0 * (t == 7), ["a process took 1600 MiB"])],
)  # fmt: skip
def test_memory_that_goes_on_growing_is_told(server, hand, wrong):
    assert soak.settled([(float(t), server(t), hand(t)) for t in range(90)]) == wrong


def test_figures_are_those_of_what_was_heard():
    heard = soak.Heard(moves=3, seconds=[0.1] * 99 + [2.0], memory=[(float(t), 500.0 + t, 9.0) for t in range(8)])
    heard.asked.update({"plan": 60, "impose": 40})
    found = {(part, what): value for part, what, value, _ in soak.figures(heard, 5.0)}
    asked, seconds, memory = (
        "everything asked while the alias moves",
        "time of an answer",
        "resident memory of the server",
    )
    assert [found[asked, what] for what in ("requests", "kinds of question", "failed")] == [100, 2, 0]
    assert (found[seconds, "median"], found[seconds, "longest"], found[memory, "most"]) == (0.1, 2.0, 507.0)
    assert found[memory, "may be in the last third"] == soak.bound(found[memory, "middle third"])


def test_the_figures_that_are_kept_are_those_of_a_soak_that_passed():
    kept = pd.read_csv(soak.SOAK).set_index(["part", "what"])["value"]
    heard = soak.Heard(seconds=[1.0], memory=[(0.0, 1.0, 1.0)] * 3)
    assert [*kept.index] == [(part, what) for part, what, *_ in soak.figures(heard, 5.0)]
    assert kept["everything asked while the alias moves", "failed"] == 0
    before, after = (kept["resident memory of the server", f"{each} third"] for each in ("middle", "last"))
    hand = kept["resident memory of a process that answers long questions", "most"]
    assert soak.settled([(0.0, before, hand)] * 2 + [(0.0, after, 0.0)]) == []
