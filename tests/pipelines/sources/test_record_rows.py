"""What the rows on guidance, buyers, ceilings, anchors and outlooks hold beyond the contract of their frames."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import latest_vintage
from shiftcast.features.calendars import nvidia_quarters
from shiftcast.features.frames import MARKET, Ceilings, check
from shiftcast.features.series import select
from shiftcast.features.units import convert
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.public_record import CEILINGS_FILE, read_record

FILES = ("guidance", "buyers", "anchors", "outlook")
FIVE = ("alphabet", "amazon", "meta", "microsoft", "oracle")
UNITS = {"wafer/quarter", "GB/quarter", "MW_facility/quarter", "GW_facility", "week", "1/year", "1"}
TODAY = pd.Timestamp("2026-11-28", tz="UTC")


@pytest.fixture(scope="module")
def record():
    return read_record()


def rows_of(name):
    return pd.read_csv(RECORDS / f"observations_{name}.csv")


def quarterly(rows):
    return latest_vintage(rows[(rows["period_end"] - rows["period_start"]).dt.days < 100])


def outlooks(record):
    return select(record.observations, measure="revenue", definition="company_outlook", stage="forward")


def totals(record):
    rows = select(record.observations, measure="revenue", vendor="nvidia", definition="company_total", stage="flow")
    return quarterly(rows)


@pytest.mark.parametrize("name", FILES)
def test_every_row_names_its_source_and_none_is_recalled(name):
    rows = rows_of(name)
    assert rows["confidence"].isin(["verified", "derived"]).all()
    assert rows["source"].str.contains("http|Patterson").all()
    assert (rows["known_at"] <= TODAY.date().isoformat()).all()
    assert rows["note"].str.len().gt(5).all()


def test_guidance_is_about_a_fiscal_quarter_and_was_given_before_its_end(record):
    fiscal = nvidia_quarters(TODAY)
    given = outlooks(record).merge(fiscal, on=["period_start", "period_end"], how="left")
    assert given["label"].notna().all()
    assert given["label"].is_unique
    assert (given["known_at"] < given["period_end"]).all()
    assert (given["period_start"] - given["known_at"] < pd.Timedelta(days=31)).all()
    assert [f"FY{label}" for label in ("2017Q3", "2019Q1")] == sorted(
        set(fiscal.loc[fiscal["period_end"] < TODAY, "label"]) - set(given["label"])
    )


def test_a_preliminary_figure_came_after_the_quarter_and_before_its_report(record):
    early = select(record.observations, measure="revenue", definition="company_preliminary")
    report = totals(record).set_index("period_end")["known_at"]
    assert len(early) == 2
    assert (early["known_at"] > early["period_end"]).all()
    assert (early["known_at"].to_numpy() < report.loc[early["period_end"]].to_numpy()).all()


def test_the_spread_of_guidance_reads_its_range_as_5_to_95_percent(record):
    given = outlooks(record)
    np.testing.assert_allclose(given["sd"], 0.02 * given["value"] / 1.645, rtol=5e-3)


def test_actual_over_midpoint_is_what_the_verified_quarters_show(record):
    came = totals(record).set_index("period_end")["value"]
    over = 100 * (came / outlooks(record).set_index("period_end")["value"] - 1).dropna()
    assert len(over) == 44
    assert over.mean() == pytest.approx(4.81, abs=0.01)
    assert over.std() == pytest.approx(6.86, abs=0.01)
    assert over.iloc[-11:].mean() == pytest.approx(6.02, abs=0.01)


def test_company_totals_by_quarter_have_no_gap(record):
    fiscal = nvidia_quarters(pd.Timestamp("2026-07-26", tz="UTC"))
    assert list(totals(record).sort_values("period_end")["period_end"]) == list(fiscal["period_end"])


def test_a_buyer_states_a_quarter_once_and_after_it_ended(record):
    revenue = select(record.observations, measure="revenue", definition="operator_revenue", stage="flow")
    days = (revenue["period_end"] - revenue["period_start"]).dt.days + 1
    assert days.between(89, 92).all()
    assert (revenue["known_at"] > revenue["period_end"]).all()
    assert not revenue.duplicated(["operator", "period_end"]).any()
    assert set(FIVE) < set(revenue["operator"])
    backlog = select(record.observations, measure="commitment", definition="operator_backlog", stage="stock")
    assert (backlog["period_start"] == backlog["period_end"]).all()


def test_ceilings_are_ordered_dated_and_in_known_units(record):
    rows = check(record.ceilings, Ceilings)
    assert ((rows["low"] <= rows["mid"]) & (rows["mid"] <= rows["high"])).all()
    assert ((rows["low"] == rows["high"]) == (rows["shape"] == "constant")).all()
    assert set(rows["unit"]) == UNITS
    assert all(convert(1.0, unit, unit) == 1.0 for unit in UNITS)
    assert rows.loc[rows["evidence"] == "assumed", "known_at"].between(TODAY - pd.Timedelta(days=6), TODAY).all()


SINCE = {"packaging": "2023-12-31", "memory": "2023-12-31", "power": "2024-12-31", "affordability": "2019-12-31"}


@pytest.mark.parametrize(("name", "since"), SINCE.items())
def test_a_past_origin_has_a_ceiling_that_was_known_then(record, name, since):
    known = record.ceilings[record.ceilings["known_at"] <= pd.Timestamp(since, tz="UTC")]
    assert (known["name"] == name).any()


def test_power_at_the_it_boundary_fits_the_rack_that_a_note_states(record):
    """What stands beside the racks, such as switches and storage, adds up to an eighth."""
    rack = record.hardware["note"].str.extract(r"(\d+) ?kW (?:a|per) rack|rack about (\d+) kW").bfill(axis=1)[0]
    rows = record.hardware[rack.notna()]
    assert set(rows["accelerator"]) == {"gb200", "rubin_ultra"}
    ratio = rows["it_kw"] * rows["scale_up_domain"] / rack.dropna().astype(float)
    assert ratio.between(0.99, 1.125).all()


def test_what_buyers_could_fund_follows_from_the_record(record):
    frame = record.observations
    spent = quarterly(select(frame, measure="capex", definition="cash_gross", stage="flow", operator=FIVE))
    earned = quarterly(select(frame, measure="revenue", definition="operator_revenue", stage="flow", operator=FIVE))
    both = spent.merge(earned, on=["operator", "period_end"], suffixes=("_spent", "_earned"))
    by_year = both.groupby(both["period_end"].dt.year)[["value_spent", "value_earned"]].sum()
    seen = record.ceilings[(record.ceilings["applies"] == "ratio") & (record.ceilings["shape"] == "constant")]
    assert list(seen["period_end"].dt.year) == list(by_year.index)
    np.testing.assert_allclose(seen["mid"], by_year["value_spent"] / by_year["value_earned"], atol=5e-5)


def test_a_folder_of_records_without_ceilings_has_none(tmp_path):
    (tmp_path / "records").mkdir()
    for path in RECORDS.glob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if path.name != CEILINGS_FILE and path.stem not in MARKET:
            (tmp_path / "records" / path.name).write_text("".join(lines[:24]), encoding="utf-8")
    record = read_record(tmp_path / "records")
    assert record.ceilings.empty
    assert CEILINGS_FILE not in record.digests
    shutil.copy(RECORDS / CEILINGS_FILE, tmp_path / "records")
    assert CEILINGS_FILE in read_record(tmp_path / "records").digests


def test_a_fleet_day_follows_from_its_tokens_and_hours(record):
    hours = 226.75 * 8 * 24
    for measure, tokens in [("tokens_per_accelerator", 776e9), ("output_tokens_per_accelerator", 168e9)]:
        (row,) = select(record.observations, measure=measure, operator="deepseek").to_dict("records")
        assert row["value"] == pytest.approx(tokens / hours, rel=1e-3)


def test_parts_of_one_fleet_in_one_period_stay_below_the_whole(record):
    rows = select(record.observations, measure="share", base="work", stage="flow")
    assert (rows.groupby(["operator", "accelerator", "period_end"])["value"].sum() <= 1.0).all()
    assert len(rows) == 8


def test_an_outlook_names_who_holds_it_and_looks_ahead(record):
    rows = record.observations[record.observations["source"].isin(set(rows_of("outlook")["source"]))]
    ahead = rows[(rows["stage"] == "forward") & rows["definition"].str.startswith("outlook_")]
    assert len(ahead) >= 20
    assert (ahead["period_end"] > ahead["known_at"]).all()


def test_downloads_are_of_thirty_days_and_known_the_day_after():
    rows = rows_of("pypi")
    days = rows[["period_start", "period_end", "known_at"]].apply(pd.to_datetime)
    assert ((days["period_end"] - days["period_start"]).dt.days == 29).all()
    assert ((days["known_at"] - days["period_end"]).dt.days == 1).all()
    months = rows.assign(month=rows["known_at"].str[:7])
    assert not months.duplicated(["workload", "technique", "month"]).any()
    assert (rows["source"].str.extract(r"snapshot of (\S+)$")[0] == rows["known_at"]).all()


def test_every_technique_has_the_newest_downloads_of_every_month_with_a_list():
    newest = rows_of("pypi").query("known_at >= '2024-07'")
    months = {f"{month}" for month in pd.period_range("2024-07", "2026-04", freq="M")} - {"2025-01"}
    for _, rows in newest.groupby(["workload", "technique"]):
        assert set(rows["known_at"].str[:7]) == months


def test_doubtful_downloads_are_named_where_the_page_names_them():
    rows = rows_of("pypi")
    doubted = rows["note"].str.extract(
        r"doubtful(?: or a rise)?: (\S+) at (\d+), median of the snapshots around (\d+)$"
    )
    doubted = doubted.dropna().astype({1: float, 2: float})
    assert len(doubted) == rows["note"].str.contains("doubtful").sum() == 9
    assert (doubted[1] > 2 * doubted[2]).all()
    assert (doubted[1] - doubted[2] > 0.1 * rows.loc[doubted.index, "value"]).all()
    page = (RECORDS / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in doubted[0])


def test_the_page_counts_every_file_it_lists_by_kind_of_evidence():
    page = (RECORDS / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (\S+\.csv) \| (\d+) \| .* \| ([^|]*) \|$", page, re.MULTILINE)
    assert len(listed) > 20
    for name, count, kinds in listed:
        rows = pd.read_csv(RECORDS / name, dtype=str)
        assert len(rows) == int(count), name
        if kinds.strip():
            told = {kind: int(number) for kind, number in (part.split() for part in kinds.split(", "))}
            assert rows["evidence"].value_counts().to_dict() == told, name
