"""Bridges of two versions: news found by subject, taken in one after another, adding up to the whole difference."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shiftcast.features.input_error import InputError
from shiftcast.forecast.effects import bridge as module
from shiftcast.forecast.effects.bridge import DAY, REST, Version, bridge, bridge_answer
from shiftcast.forecast.effects.news import news_between
from shiftcast.forecast.known import RULES, Settings
from shiftcast.forecast.workloads import Registry

BEFORE = pd.Timestamp("2026-08-31", tz="UTC")
SETTINGS = Settings(draws=4, seed=1, through="2028Q4")


@pytest.fixture(scope="module")
def both(known_on):
    return known_on(BEFORE), known_on()


@pytest.fixture
def counted(monkeypatch):
    """Draw worlds whose figure is a sum over the record, so that every effect can be worked out from the rows."""
    drawn = []

    def build(known, settings, **_):
        drawn.append(known.origin)
        level = np.log1p(known.history.observations["value"].abs()).sum() + 100 * len(known.history.throughput)
        level += 1e4 * known.history.hardware["it_kw"].sum() + known.origin.day_of_year
        return SimpleNamespace(cube=cube_of(float(level), settings.draws))

    monkeypatch.setattr(module, "build_world", build)
    return drawn, build


def cube_of(level, draws):
    return xr.Dataset({"level": ("draw", level * np.linspace(0.9, 1.1, draws))})


def figure(cube):
    return cube["level"].values


def test_the_record_in_between_is_each_end_row_for_row(both):
    news = news_between(*both)
    start, end = news.record(0), news.record(len(news.subjects))
    for name in RULES:
        pd.testing.assert_frame_equal(getattr(end, name), getattr(both[1].history, name))
        had, has = (set(getattr(each, name).astype(str).itertuples(index=False, name=None))
                    for each in (both[0].history, start))  # fmt: skip
        assert had == has


def test_subjects_are_in_the_order_in_which_they_became_known(both):
    news = news_between(*both)
    days = [each.known_at for each in news.subjects]
    assert days == sorted(days)
    assert min(days) > BEFORE
    named = {each.label: each for each in news.subjects}
    told = named["observations: revenue oracle"]
    assert (told.gone, told.new > 0) == (0, True)
    assert " USD, " in told.example
    published = [each for each in news.subjects if each.label.startswith("throughput: mlcommons/")]
    assert len(published) == 1  # many rows at once
    assert published[0].new > 20
    counts = sum(len(getattr(both[1].history, name)) - len(getattr(both[0].history, name)) for name in RULES)
    assert sum(each.new - each.gone for each in news.subjects) == counts


def test_a_corrected_row_is_one_new_and_one_gone(both):
    (_, after) = both
    rows = after.history.belief_rows.copy()
    rows.loc[rows["name"] == "history.level_sd", "value"] *= 2
    other = replace(after, history=replace(after.history, belief_rows=rows))
    (only,) = news_between(after, other).subjects
    assert (only.label, only.new, only.gone) == ("beliefs: history.level_sd", 1, 1)
    assert news_between(after, after).subjects == ()


def test_a_row_of_a_frame_without_units_is_told_without_one(both):
    (_, after) = both
    rows = after.history.traffic.copy()
    rows.loc[rows.index[0], ["low", "mid", "high"]] *= 2
    (only,) = news_between(after, replace(after, history=replace(after.history, traffic=rows))).subjects
    assert f", {after.history.traffic['mid'].iloc[0]:.6g}, " in only.example


def test_a_share_model_that_learned_otherwise_is_news_of_its_own(both):
    (_, after) = both
    other = replace(after, history=replace(after.history, learned="another"), learned="another")
    news = news_between(after, other)
    assert [each.label for each in news.subjects] == ["share model"]
    assert (news.record(0).learned, news.record(1).learned) == (after.learned, "another")


def test_workloads_are_news_only_where_a_task_differs(both):
    (_, after) = both
    read_again = Registry(tuple(replace(task, record_model=float("nan")) for task in after.registry.tasks))
    twice = Registry(tuple(replace(task, record_model=float("nan")) for task in after.registry.tasks))
    one, two = (replace(after, registry=each) for each in (read_again, twice))
    assert news_between(one, two).subjects == ()
    assert [each.label for each in news_between(after, one).subjects] == ["workloads"]


def versions(both, counted):
    _, build = counted
    return tuple(Version(build(known, SETTINGS).cube, known, SETTINGS) for known in both)


def test_steps_are_what_the_rows_move_the_figure_by_and_add_up(both, counted):
    before, after = versions(both, counted)
    table = bridge_answer(before, after, figure, of="level in 2027Q4", unit="accelerator").table
    moved = figure(after.cube).mean() - figure(before.cube).mean()
    steps = table.iloc[1:-1]
    assert steps["mean"].sum() == pytest.approx(moved, rel=1e-9)
    assert table["mean"].iloc[0] + steps["mean"].sum() == pytest.approx(table["mean"].iloc[-1], rel=1e-12)
    assert steps["share"].sum() == pytest.approx(1.0)
    by = steps.set_index("step")["mean"]
    assert by[DAY] == pytest.approx(after.known.origin.day_of_year - before.known.origin.day_of_year)
    assert by[REST] == pytest.approx(0.0, abs=1e-6)
    assert 4 < len(steps) <= 10  # the day, at most eight steps of news, the rest


def test_the_block_that_moves_most_is_halved_down_to_its_subject(both, counted):
    before, after = versions(both, counted)
    found = bridge(before, after, figure, steps=8)
    hardware = [step for step in found if any(each.label.startswith("hardware") for each in step.subjects)]
    largest = max(found, key=lambda step: abs(step.moved.mean()))
    assert largest in hardware
    assert len(largest.subjects) <= 3
    assert sum(len(step.subjects) for step in found) == len(news_between(*both).subjects)
    drawn, _ = counted
    assert len(drawn) <= 2 + 1 + 9  # the two versions, the day before it moved, and at most nine records


def test_a_block_that_hardly_moves_the_figure_stays_whole(both, counted):
    drawn, _ = counted
    found = bridge(*versions(both, counted), lambda cube: 1e9 + 1e-6 * figure(cube), steps=8)
    (only,) = [step for step in found if step.subjects]
    assert only.subjects == news_between(*both).subjects
    assert len(drawn) == 2 + 1 + 2


def test_news_that_only_make_sense_together_stay_together(both, counted, monkeypatch):
    before, after = versions(both, counted)
    ends, (_, build) = {len(before.known.history.throughput), len(after.known.history.throughput)}, counted

    def picky(known, settings, **_):
        if len(known.history.throughput) not in ends:
            raise InputError("half a benchmark")
        return build(known, settings)

    monkeypatch.setattr(module, "build_world", picky)
    found = bridge(before, after, figure, steps=8)
    inside = [step for step in found if any(each.label.startswith("throughput") for each in step.subjects)]
    assert len(inside) == 1
    total = sum(step.moved.mean() for step in found)
    assert total == pytest.approx(figure(after.cube).mean() - figure(before.cube).mean(), rel=1e-9)


def test_versions_of_one_record_differ_by_drawing_alone(both, counted):
    (_, after) = both
    drawn, _ = counted
    one, two = (Version(cube_of(level, 4), after, SETTINGS) for level in (10.0, 12.0))
    drawn.clear()
    answer = bridge_answer(one, two, figure, of="level in 2027Q4", unit="accelerator")
    assert answer.table["step"].tolist()[1:-1] == [REST]
    assert answer.table["mean"].iloc[1] == pytest.approx(2.0)
    assert not drawn
    assert answer.says.startswith("+2 accelerators: level in 2027Q4 goes from 10 in the forecast of 2026-11-22 to 12")


def test_progress_is_told_before_each_drawing(both, counted):
    said = []
    bridge(*versions(both, counted), figure, steps=2, progress=said.append)
    assert len(said) == 4
    assert said[0].startswith("drawing the record of 2026-11-22 with 0 of ")
