from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.asof import known_by, latest_vintage
from shiftcast.features.frames import DIMENSIONS


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def figures(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Return observation-like rows of one figure: (known_at, source, value)."""
    table = pd.DataFrame(rows, columns=["known_at", "source", "value"])
    same = dict.fromkeys(DIMENSIONS, "all") | {
        "measure": "share",
        "base": "revenue",
        "definition": "recast_2",
        "stage": "flow",
        "period_start": utc("2026-01-26"),
        "period_end": utc("2026-04-26"),
    }
    return table.assign(**same, known_at=pd.to_datetime(table.known_at, utc=True))


def test_the_day_of_the_origin_is_known_and_the_next_is_not():
    rows = figures(("2026-03-15", "a", 1.0), ("2026-03-16", "b", 2.0), ("2026-03-17", "c", 3.0))
    assert known_by(rows, utc("2026-03-16")).value.tolist() == [1.0, 2.0]


def test_claims_are_cut_by_the_day_they_were_said(record):
    kept = known_by(record.claims, utc("2026-03-16"), column="stated_at")
    assert kept.stated_at.max() == utc("2026-03-16")
    assert len(kept) == (record.claims.stated_at <= utc("2026-03-16")).sum() > 0


@given(st.dates(pd.Timestamp("2015-01-01").date(), pd.Timestamp("2027-01-01").date()))
def test_the_cut_keeps_every_row_known_and_no_other(record, day):
    origin = pd.Timestamp(day, tz="UTC")
    kept = known_by(record.observations, origin)
    assert len(kept) == (record.observations.known_at <= origin).sum()
    assert (kept.known_at <= origin).all()


def test_a_later_earlier_cut_is_the_earlier_cut(record):
    twice = known_by(known_by(record.observations, utc("2026-03-16")), utc("2025-03-16"))
    pd.testing.assert_frame_equal(twice, known_by(record.observations, utc("2025-03-16")))


def test_the_later_statement_of_a_figure_wins():
    rows = figures(("2026-08-26", "correction", 0.57), ("2026-05-20", "first", 0.50))
    assert latest_vintage(rows).value.tolist() == [0.57]


def test_a_figure_from_two_sources_counts_once_and_the_last_source_wins_a_tie():
    rows = figures(("2026-05-20", "b", 0.51), ("2026-05-20", "a", 0.50))
    assert latest_vintage(rows).value.tolist() == [0.51]


@pytest.mark.parametrize("column", ["segment", "operator", "definition", "base", "stage"])
def test_figures_that_differ_in_a_dimension_are_both_kept(column):
    rows = figures(("2026-05-20", "a", 0.5), ("2026-05-20", "b", 0.6))
    rows[column] = ["one", "other"]
    assert len(latest_vintage(rows)) == 2


def test_row_order_does_not_matter(record):
    shuffled = record.observations.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(latest_vintage(shuffled), latest_vintage(record.observations))
