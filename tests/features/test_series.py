from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import known_by
from shiftcast.features.calendars import calendar_quarters
from shiftcast.features.series import empty_statements, fiscal_revenue, proxy_statements, quarterly_levels, select
from shiftcast.forecast.statements.rows import statement_logits


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def levels(*points: tuple[str, float]) -> pd.DataFrame:
    table = pd.DataFrame(points, columns=["period_end", "value"])
    return table.assign(period_end=pd.to_datetime(table.period_end, utc=True))


def months(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["period_end", "technique", "value"])
    return table.assign(period_end=pd.to_datetime(table.period_end, utc=True))


def test_select_takes_a_value_or_any_of_several():
    rows = pd.DataFrame({"measure": ["share", "revenue", "capex"], "value": [1, 2, 3]})
    assert select(rows, measure="share").value.tolist() == [1]
    assert select(rows, measure=("capex", "revenue")).value.tolist() == [2, 3]
    assert select(rows).value.tolist() == [1, 2, 3]


def test_reported_revenue_is_one_figure_a_fiscal_quarter(record):
    revenue = fiscal_revenue(record.observations, "data_center", utc("2026-11-22"))
    assert revenue.index[0] == utc("2015-04-26")
    assert revenue.index[-1] == utc("2026-07-26")
    assert len(revenue) == 46
    assert (revenue > 0).all()


def test_revenue_at_an_earlier_origin_is_the_start_of_the_later_one(record):
    origin = utc("2026-03-16")
    early = fiscal_revenue(known_by(record.observations, origin), "data_center", origin)
    late = fiscal_revenue(record.observations, "data_center", utc("2026-11-22"))
    assert early.index[-1] == utc("2026-01-25")
    assert early.index.equals(late.index[: len(early)])


def test_no_revenue_at_an_origin_names_definition_day_and_remedy(record):
    origin = utc("2015-02-01")
    with pytest.raises(ValueError, match="definition 'data_center' was known on 2015-02-01; choose a later origin"):
        fiscal_revenue(known_by(record.observations, origin), "data_center", origin)


def test_a_definition_nobody_reports_is_named(record):
    with pytest.raises(ValueError, match="no NVIDIA revenue under definition 'networking'"):
        fiscal_revenue(record.observations, "networking", utc("2026-11-22"))


def test_a_quarter_missing_between_two_is_named(record):
    gap = record.observations[record.observations.period_end != utc("2020-04-26")]
    with pytest.raises(ValueError, match="2020-01-26 is followed by 2020-07-26; add the missing quarter"):
        fiscal_revenue(gap, "data_center", utc("2026-11-22"))


def test_levels_are_straight_lines_in_logs_between_statements():
    quarters = calendar_quarters("2024Q4", "2026Q2")
    series = quarterly_levels(levels(("2025-03-31", 1.0), ("2025-12-31", 8.0)), quarters)
    days = np.array([0, 91, 183, 275]) / 275
    assert series.to_numpy() == pytest.approx(8.0**days)


@pytest.mark.parametrize("last", ["2025-06-01", "2025-06-30", "2025-12-01", "2025-12-31", "2026-03-30", "2026-03-31"])
def test_the_last_statement_is_carried_to_the_end_of_its_own_quarter_and_no_further(last):
    series = quarterly_levels(levels(("2025-03-31", 1.0), (last, 2.0)), calendar_quarters("2024Q4", "2026Q4"))
    end = series.index[-1]
    assert end - pd.DateOffset(months=3) < utc(last) <= end
    assert series.iloc[-1] == pytest.approx(2.0)


def test_two_statements_of_one_day_are_averaged():
    series = quarterly_levels(
        levels(("2025-03-31", 1.0), ("2025-03-31", 3.0), ("2025-06-30", 4.0)), calendar_quarters("2025Q1", "2025Q2")
    )
    assert series.tolist() == pytest.approx([2.0, 4.0])


def test_the_proxy_share_is_newer_over_newer_and_older_by_quarter():
    rows = months(
        [("2025-01-31", "llm", 10.0), ("2025-01-31", "deep", 30.0),
         ("2025-02-28", "llm", 20.0), ("2025-02-28", "deep", 20.0),
         ("2025-02-28", "other", 99.0), ("2025-04-30", "llm", 60.0), ("2025-04-30", "deep", 40.0)]
    )  # fmt: skip
    table = proxy_statements(rows, ("llm",), ("deep", "content"))
    assert table.value.tolist() == pytest.approx([0.375, 0.6])
    assert table.sd.tolist() == pytest.approx([np.std([0.25, 0.5], ddof=1), 0.02])
    assert table.period_end.tolist() == [utc("2025-03-31"), utc("2025-06-30")]
    assert table.period_start.tolist() == [utc("2025-01-01"), utc("2025-04-01")]
    assert set(table.bound) == {"~"}
    assert set(table.definition) == {"pypi_proxy"}


def test_months_without_a_newer_package_say_nothing():
    rows = months([("2024-12-31", "deep", 5.0), ("2025-01-31", "llm", 1.0), ("2025-01-31", "deep", 1.0)])
    assert proxy_statements(rows, ("llm",), ("deep",)).value.tolist() == [0.5]


@pytest.mark.parametrize("only", ["llm", "deep"])
def test_one_side_alone_makes_no_statement(only):
    assert proxy_statements(months([("2025-01-31", only, 1.0)]), ("llm",), ("deep",)).empty


def test_no_statements_are_read_as_no_statements():
    assert statement_logits(empty_statements(), 0.005).shape == (0, 4)
