"""The one cut: no frame shows a later row, what is current is the latest vintage, and a cut can be cut again."""

from __future__ import annotations

from dataclasses import fields, replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.asof import JUDGEMENT, latest_vintage
from shiftcast.forecast.known import RULES, Frames, Settings, basis_of, cut, hindsight

DAY = pd.Timestamp("2026-03-16", tz="UTC")
DATED = [name for name, rule in RULES.items() if rule.day]
JUDGED = [name for name, rule in RULES.items() if not rule.day]
CURRENT = [name for name, rule in RULES.items() if rule.latest]
SECONDS = st.integers(1, 10**9)


def same(one, other, names=tuple(RULES)):
    for name in names:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), obj=name)


@pytest.fixture(scope="module")
def then(record):
    """Return the record as it was known on the day."""
    return cut(record, DAY)


def test_every_frame_has_a_rule_and_every_rule_a_frame():
    assert set(RULES) == {each.name for each in fields(Frames)} - {"registry", "learned"}


@pytest.mark.parametrize("name", DATED)
@given(later=SECONDS, at=st.integers(0, 10**6))
def test_a_row_known_later_changes_nothing(record, then, name, later, at):
    rows = getattr(record, name)
    row = rows.iloc[[at % len(rows)]]
    numbers = row.select_dtypes("number").columns
    row = row.assign(**{RULES[name].day: DAY + pd.Timedelta(seconds=later)}, **dict.fromkeys(numbers, 0.123))
    more = cut(replace(record, **{name: pd.concat([rows, row], ignore_index=True)}), DAY)
    same(more, then)
    same(more.history, then.history)


@pytest.mark.parametrize("name", DATED)
def test_no_row_of_a_dated_frame_is_of_a_later_day(record, name):
    known, day = cut(record, DAY), RULES[name].day
    for frames in (known, known.history):
        rows = getattr(frames, name)
        assert rows[~judged(rows)][day].max() <= DAY
    rows = getattr(record, name)
    heard = (rows[day] <= DAY) | (judged(rows) & (rows.period_end <= DAY) if RULES[name].judged else False)
    assert len(getattr(known.history, name)) == heard.sum() > 0


def judged(rows):
    return rows.definition == JUDGEMENT if "definition" in rows else pd.Series(data=False, index=rows.index)


def test_a_judgement_is_dated_when_it_was_written_heard_about_the_past_only_and_counted_as_hindsight(record):
    written = record.observations[judged(record.observations)]
    assert (written.known_at > written.period_end).all()
    known = cut(record, DAY)
    rows = known.observations[judged(known.observations)]
    assert len(rows) > 0
    assert rows.period_end.max() <= DAY < rows.known_at.min()
    counted = hindsight(known)
    assert counted["judgements"] == len(rows)
    assert counted["assumptions"] > 0 < counted["beliefs"]
    assert set(hindsight(cut(record, pd.Timestamp("2026-12-31", tz="UTC"))).values()) == {0}


@pytest.mark.parametrize("name", JUDGED)
def test_judgements_of_today_are_not_cut(record, name):
    known, rows = cut(record, DAY), getattr(record, name)
    pd.testing.assert_frame_equal(getattr(known.history, name), rows)
    judged = ~rows["name"].str.startswith(("ratio.", "mfu.")) if name == "assumptions" else slice(None)
    pd.testing.assert_frame_equal(getattr(known, name)[judged], rows[judged])


def test_what_operators_measured_stands_for_a_judgement_from_the_day_two_of_them_were_known(record):
    def row(day):
        return cut(record, pd.Timestamp(day, tz="UTC")).assumptions.set_index("name").loc["ratio.sequence"]

    judged = record.assumptions.set_index("name").loc["ratio.sequence"]
    pd.testing.assert_series_equal(row("2025-05-06"), judged)
    two = row("2025-05-07")
    assert two.known_at == pd.Timestamp("2025-05-07", tz="UTC")
    assert two.note.startswith("pooled over 2 operators")
    assert "same_technique" not in two.source
    now = row("2026-11-29")
    assert (now.high / now.low) < (two.high / two.low)


@pytest.mark.parametrize("name", CURRENT)
def test_a_correction_takes_the_place_of_what_it_corrects_and_history_keeps_both(record, name):
    known, rows = cut(record, DAY), getattr(record, name)
    first = getattr(known, name).iloc[[0]]
    column = first.select_dtypes("number").dropna(axis=1).columns[0]
    fixed = first.assign(**{column: 0.321, "known_at": DAY})
    after = cut(replace(record, **{name: pd.concat([rows, fixed], ignore_index=True)}), DAY)
    assert getattr(after, name)[column].iloc[0] == 0.321
    assert len(getattr(after, name)) == len(getattr(known, name))
    assert len(getattr(after.history, name)) == len(getattr(known.history, name)) + 1


@pytest.mark.parametrize("name", CURRENT)
def test_the_latest_vintage_of_what_is_current_is_itself(record, name):
    rows = getattr(cut(record, DAY), name)
    pd.testing.assert_frame_equal(latest_vintage(rows, RULES[name].frame), rows)


def test_a_cut_is_cut_again_from_its_history_so_that_a_correction_does_not_hide_what_stood_before(record):
    late, early = pd.Timestamp("2026-11-22", tz="UTC"), pd.Timestamp("2025-06-30", tz="UTC")
    same(cut(cut(record, late), early), cut(record, early))
    same(cut(record, late).as_of(early).history, cut(record, early).history)


def test_row_order_does_not_matter_to_what_is_current(record):
    shuffled = {name: getattr(record, name).sample(frac=1.0, random_state=3) for name in CURRENT}
    same(cut(replace(record, **shuffled), DAY), cut(record, DAY), CURRENT)


def test_capacity_rests_on_the_same_cut(record):
    known = cut(record, DAY)
    basis = basis_of(known, Settings(draws=10, seed=2))
    assert basis.hardware is known.hardware
    assert basis.throughput is known.throughput
    assert set(basis.assumptions["name"]) == set(record.assumptions["name"]) | set(record.capacity["name"])
