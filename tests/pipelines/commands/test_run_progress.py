"""Long work says how far it is: lines for a log, and the time left for whoever looks at a terminal."""

import pytest

from shiftcast.pipelines.commands import run_progress
from shiftcast.pipelines.commands.run_progress import Progress, TimeLeft

BACKTEST = "backtest over past origins"


def test_the_time_left_follows_from_the_part_that_is_over():
    left = TimeLeft(100.0)
    assert left.says(100.0) == ""
    left.began(BACKTEST, 136.0)  # 0.36 of it took 36 s
    assert (left.says(136.0), left.says(176.0), left.says(199.5)) == (
        "about 64 s left", "about 24 s left", "a moment left"
    )  # fmt: skip


def test_hours_are_told_in_minutes_and_a_step_that_is_not_known_changes_nothing():
    left = TimeLeft(0.0)
    left.began(BACKTEST, 360.0)
    left.began("something new", 400.0)
    assert left.says(400.0) == "about 10 min left"


def test_of_several_runs_each_counts_for_its_part():
    left = TimeLeft(0.0)
    left.began("as of 2025-03-31 (1 of 4)", 0.0)
    left.began(BACKTEST, 36.0)
    assert left.part == pytest.approx(0.09)
    left.began("as of 2025-06-30 (2 of 4)", 100.0)
    assert (left.part, left.says(100.0)) == (0.25, "about 5 min left")


def test_every_step_of_a_run_has_its_part_and_they_rise(finished):
    parts = list(run_progress._BEGINS.values())
    assert parts == sorted(parts)
    assert list(run_progress._BEGINS) == [step for step in finished.steps if step in run_progress._BEGINS]


def test_the_time_left_is_shown_on_a_terminal_and_never_in_a_pipe(monkeypatch, capsys):
    clock = iter(range(0, 10_000, 36))
    monkeypatch.setattr(run_progress.time, "monotonic", lambda: float(next(clock)))
    with Progress(shown=True) as progress:
        progress.step(BACKTEST)
    assert "left" not in capsys.readouterr().err
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress(shown=True) as progress:
        progress.step(BACKTEST)
        progress._bar.refresh()
    shown = capsys.readouterr()
    assert "left" in shown.err
    assert shown.out == ""
