from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiftcast.features.frames import DIMENSIONS, AssumptionRows, Claims, Observations, Quarantine, Throughput, check
from shiftcast.features.quality import screen

GOOD = dict.fromkeys(DIMENSIONS, "all") | {
    "measure": "revenue",
    "base": "none",
    "definition": "data_center",
    "stage": "flow",
    "period_start": "2026-04-27",
    "period_end": "2026-07-26",
    "known_at": "2026-08-26",
    "source": "https://example.org/q2",
    "value": "90.5",
    "unit": "billion USD",
    "bound": "=",
    "sd": "0.05",
    "evidence": "vendor",
    "confidence": "verified",
    "note": "",
}


def raw(*records: dict[str, str]) -> pd.DataFrame:
    rows = [{"line": line, **GOOD, **cells} for line, cells in enumerate(records, start=2)]
    return pd.DataFrame(rows, dtype=object)


def screened(*records: dict[str, str]):
    return screen(raw(*records), Observations, source="figures.csv")


def test_a_good_row_is_kept_in_canonical_units():
    row = screened({}).rows.iloc[0]
    assert (row.value, row.sd, row.unit) == (90.5e9, pytest.approx(0.05e9), "USD")
    assert row.period_end == pd.Timestamp("2026-07-26", tz="UTC")
    assert pd.isna(row.note)


@pytest.mark.parametrize(
    ("cells", "column", "value", "reason"),
    [
        ({"value": "much"}, "value", "much", "value is not a number"),
        ({"value": "inf"}, "value", "inf", "value must be finite"),
        ({"value": "nan"}, "value", "nan", "value must be finite"),
        ({"value": ""}, "value", "", "value is empty; it needs a number: the figure"),
        ({"sd": "-1"}, "sd", "-1", "sd must be finite and within 0 to inf"),
        ({"bound": "about"}, "bound", "about", "bound must be one of =, >=, <=, ~"),
        ({"base": "money"}, "base", "money", "base must be one of none, requests"),
        ({"known_at": "26/08/2026"}, "known_at", "26/08/2026", "known_at is not a date of the form 2026-07-26"),
        ({"known_at": "2026-02-30"}, "known_at", "2026-02-30", "known_at is not a date"),
        ({"period_end": "2026-04-01"}, "period_end", "2026-04-01", "period_end is before period_start 2026-04-27"),
        ({"measure": "sales"}, "measure", "sales", "measure is not registered; known are revenue, capex"),
        ({"unit": "billion EUR"}, "unit", "billion EUR", "measures another thing than 'USD'"),
        ({"unit": "GW"}, "unit", "GW", "measures another thing than 'USD'"),
        ({"unit": "bn"}, "unit", "bn", "is not known"),
        ({"unit": "(USD"}, "unit", "(USD", "is not known"),
        ({"value": "-1"}, "value", "-1e+09", "value is outside 0.0 to inf USD; check the figure and its unit"),
        ({"measure": "share", "unit": "%", "value": "160"}, "value", "1.6", "value is outside 0.0 to 1.0 1"),
        ({"measure": "growth", "unit": "%", "value": "-120"}, "value", "-1.2", "value is outside -1.0 to inf 1"),
        ({"source": "caf\udce9"}, "source", "café", "bytes are not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_bad_row_is_set_aside_with_line_column_value_and_reason(cells, column, value, reason):
    outcome = screened({}, cells)
    assert len(outcome.rows) == 1
    quarantined = check(outcome.quarantine, Quarantine).iloc[0]
    assert (quarantined.source, quarantined.line, quarantined["column"], quarantined.value) == (
        "figures.csv",
        3.0,
        column,
        value,
    )
    assert reason in quarantined.reason


def test_a_missing_column_sets_every_row_aside_and_names_it():
    outcome = screen(raw({}, {}).drop(columns="bound"), Observations, source="figures.csv")
    assert outcome.rows.empty
    assert outcome.quarantine.reason.unique().tolist() == ["column 'bound' is missing; add it to the header"]
    assert outcome.quarantine.line.tolist() == [2.0, 3.0]


def test_of_two_rows_with_one_key_the_first_is_kept_and_the_second_explained():
    outcome = screened({"value": "1"}, {"value": "2"})
    assert outcome.rows.value.tolist() == [1e9]
    assert outcome.quarantine.line.tolist() == [3.0]
    assert outcome.quarantine.reason.str.startswith("another row has the same key (segment, leaf").all()


def test_a_growth_may_be_negative_and_a_relative_gain_any_number():
    outcome = screened(
        {"measure": "growth", "unit": "%", "value": "-12"}, {"measure": "gain", "unit": "1", "value": "-3"}
    )
    assert sorted(outcome.rows.value) == [-3.0, pytest.approx(-0.12)]


def test_claims_convert_both_ends_and_may_leave_one_open():
    row = {
        "claim": "c", "reading": "main", "speaker": "s", "stated_at": "2026-03-16", "measure": "share",
        "base": "revenue", "definition": "unstated", "products": "all", "stage": "share", "bound": ">=",
        "low": "60", "high": "", "unit": "%", "window_start": "2026-01-01", "window_end": "2025-01-01",
        "weight": "1", "evidence": "vendor", "confidence": "verified", "source": "s", "statement": "60 %",
    }  # fmt: skip
    table = pd.DataFrame([{"line": 2, **row}, {"line": 3, **row, "claim": "d", "window_end": ""}])
    outcome = screen(table, Claims, source="claims.csv")
    assert outcome.rows.low.tolist() == [0.6]
    assert outcome.rows.high.isna().all()
    assert outcome.quarantine["column"].tolist() == ["window_end"]


def test_a_claim_whose_low_figure_is_above_its_high_one_is_set_aside_with_the_remedy():
    row = {
        "claim": "c", "reading": "main", "speaker": "s", "stated_at": "2026-03-16", "measure": "share",
        "base": "revenue", "definition": "unstated", "products": "all", "stage": "share", "bound": "~",
        "low": "60", "high": "55", "unit": "%", "window_start": "", "window_end": "", "weight": "1",
        "evidence": "vendor", "confidence": "verified", "source": "s", "statement": "55 to 60 %",
    }  # fmt: skip
    outcome = screen(pd.DataFrame([{"line": 2, **row}, {"line": 3, **row, "claim": "d", "high": "60"}]), Claims,
                     source="claims.csv")  # fmt: skip
    assert outcome.rows["claim"].tolist() == ["d"]
    quarantined = outcome.quarantine.iloc[0]
    assert (quarantined["line"], quarantined["column"], quarantined["value"]) == (2.0, "low", "60")
    assert "low is above high 55; swap them" in quarantined["reason"]


def test_frames_without_a_measure_keep_their_units_as_recorded():
    row = {
        "accelerator": "h100", "workload": "search", "technique": "deep", "model": "bert", "scenario": "offline",
        "precision": "int8", "software": "v3", "measured_at": "2023-01-01", "known_at": "2023-01-01", "value": "8000",
        "unit": "sample/s", "interactivity": "", "evidence": "measured", "confidence": "verified", "source": "s",
        "note": "",
    }  # fmt: skip
    outcome = screen(pd.DataFrame([{"line": 2, **row}]), Throughput, source="throughput.csv")
    assert outcome.rows.loc[0, ["value", "unit"]].tolist() == [8000.0, "sample/s"]


def test_a_file_of_no_rows_is_an_empty_frame():
    outcome = screen(raw({}).head(0), AssumptionRows, source="assumptions.csv")
    assert outcome.rows.shape == (0, len(AssumptionRows.columns))
    assert outcome.quarantine.empty


@settings(max_examples=10)
@given(st.lists(st.sampled_from(["1", "2", "x", "", "-1", "1e400"]), max_size=6))
def test_rows_in_are_rows_kept_plus_rows_set_aside(values):
    table = raw(*({"value": value} for value in values)) if values else raw({}).head(0)
    outcome = screen(table, Observations, source="figures.csv")
    assert len(outcome.rows) + len(outcome.quarantine) == len(values)
    assert list(check(outcome.rows, Observations).columns) == list(Observations.columns)
