from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.calendars import covered_share
from shiftcast.forecast.claims.odds import ClaimReading, claims_table
from shiftcast.forecast.views.part import Part, draws_of, hyperscale_share, periods
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

READING = ClaimReading(**shipped_beliefs().of("claims"))


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


@pytest.fixture(scope="module")
def cube(small_world):
    return small_world.cube


@pytest.fixture(scope="module")
def judge(cube, record):
    """Return a judge of one claim of the record with cells replaced."""

    def judged(name: str, on=cube, **cells: object) -> pd.Series:
        row = record.claims[record.claims.claim == name].head(1).assign(**cells)
        return claims_table(on, row, READING).iloc[0]

    return judged


TRILLION = "nvda-gtc26-1t"
FISCAL = "nvda-guidance-fy27q3"


def window(cube, start: str, end: str) -> np.ndarray:
    return covered_share(utc(start), utc(end), periods(cube))


def test_every_claim_of_the_record_is_judged_or_says_why_not(cube, record):
    table = claims_table(cube, record.claims, READING)
    assert len(table) == len(record.claims)
    judged = table[table.note == ""]
    assert len(judged) > 3
    assert judged.probability.between(0, 1).all()
    assert judged.at_least.between(0, 1).all()
    assert table[table.note != ""].probability.isna().all()


def test_at_least_a_trillion_is_the_share_of_draws_that_sell_it(cube, judge):
    row = judge(TRILLION, window_start=utc("2025-01-01"), window_end=utc("2027-12-31"))
    sold = cube["spending_new_products"].values.astype(float) @ window(cube, "2025-01-01", "2027-12-31")
    assert row.probability == row.at_least == (sold >= 1e12).mean()
    assert row["median"] == pytest.approx(np.median(sold))


def test_a_claim_about_all_products_reads_all_spending(cube, judge):
    row = judge(TRILLION, products="all", window_start=utc("2026-01-01"), window_end=utc("2026-12-31"))
    spent = draws_of(cube, "spending", Part()) @ window(cube, "2026-01-01", "2026-12-31")
    assert row["median"] == pytest.approx(np.median(spent))


def test_company_revenue_is_data_centre_revenue_times_the_last_reported_ratio(cube, judge):
    row = judge(FISCAL)
    spent = draws_of(cube, "spending", Part()) @ window(cube, "2026-07-27", "2026-10-25")
    assert row["median"] == pytest.approx(np.median(spent) * cube.attrs["company_ratio"])


def test_company_revenue_without_a_known_ratio_is_not_judged(cube, judge):
    row = judge(FISCAL, on=cube.assign_attrs(company_ratio=float("nan")))
    assert row.note == "the vendor's whole revenue was not known at this origin"


def test_growth_is_over_the_same_window_52_weeks_before(cube, judge):
    row = judge("nvda-fy28-growth")
    spent = draws_of(cube, "spending", Part())
    growth = spent @ window(cube, "2027-02-01", "2028-01-30") / (spent @ window(cube, "2026-02-02", "2027-01-31")) - 1
    assert row["median"] == pytest.approx(np.median(growth))
    assert row.probability == pytest.approx(((growth >= 0.665) & (growth <= 0.735)).mean())


def test_a_statement_about_the_split_is_read_in_the_quarter_it_was_made(cube, judge):
    row = judge("nvda-gtc26-60-40")
    at = list(periods(cube)).index(utc("2026-03-31"))
    share = hyperscale_share(cube, base="revenue", definition="recast_2")[:, at]
    assert row["median"] == pytest.approx(np.median(share))
    assert row.probability == ((share >= 0.575) & (share <= 0.625)).mean()
    assert row.at_least == (share >= 0.6).mean()


@pytest.mark.parametrize("day", ["2019-05-01", "2024-06-30", "2031-01-01"])
def test_a_statement_made_outside_the_quarters_drawn_is_not_judged(judge, day):
    row = judge("nvda-gtc26-60-40", stated_at=utc(day))
    assert row.note == "the statement was not made within the quarters drawn"
    assert np.isnan(row.probability)


@pytest.mark.parametrize(
    ("bound", "low", "high", "expected"),
    [
        (">=", 0.5, np.nan, lambda share: share >= 0.5),
        (">=", np.nan, 0.5, lambda share: share >= 0.5),
        ("<=", np.nan, 0.5, lambda share: share <= 0.5),
        ("<=", 0.5, np.nan, lambda share: share <= 0.5),
        ("=", 0.57, 0.57, lambda share: np.abs(share - 0.57) <= 0.025),
        (">~", 0.54, np.nan, lambda share: (share >= 0.54) & (share <= 0.59)),
        ("<~", np.nan, 0.56, lambda share: (share <= 0.56) & (share >= 0.51)),
        ("~", 0.55, 0.58, lambda share: (share >= 0.55) & (share <= 0.58)),
    ],
)
def test_bounds_are_read_as_worded_and_about_has_a_slack(cube, judge, bound, low, high, expected):
    at = list(periods(cube)).index(utc("2027-03-31"))
    share = hyperscale_share(cube, base="revenue", definition="recast_2")[:, at]
    row = judge("nvda-gtc26-60-40", stated_at=utc("2027-03-31"), bound=bound, low=low, high=high)
    assert row.probability == pytest.approx(expected(share).mean())
    assert 0 < row.probability < 1


@pytest.mark.parametrize("name", [TRILLION, "nvda-fy28-growth", "nvda-sovereign-fy26", FISCAL])
def test_a_claim_without_a_window_says_so(judge, name):
    assert judge(name, window_start=pd.NaT).note == "the statement gives no window"


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        (TRILLION, "2019-01-01", "2027-12-31"),
        (TRILLION, "2026-01-01", "2035-12-31"),
        (FISCAL, "2029-01-01", "2030-01-01"),
        ("nvda-fy28-growth", "2024-08-01", "2025-07-31"),
        ("nvda-fy28-growth", "2028-06-01", "2029-07-31"),
    ],
)
def test_a_window_out_of_reach_is_named(judge, name, start, end):
    row = judge(name, window_start=utc(start), window_end=utc(end))
    assert row.note.startswith("the window 20")
    assert row.note.endswith("is not within the quarters drawn")


def test_what_no_forecast_measures_is_not_judged(judge):
    assert judge("aws-1m-gpus").note == "no forecast quantity measures this"
    assert judge("nvda-gtc26-one-third").note == "no forecast quantity measures this"


def test_no_claims_make_an_empty_table_with_its_columns(cube, record):
    table = claims_table(cube, record.claims.head(0), READING)
    assert table.empty
    assert {"claim", "median", "probability", "at_least", "note"} <= set(table.columns)
