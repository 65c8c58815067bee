"""What the ledger of rollouts and traffic holds beyond the contract of its frames."""

import re

import pandas as pd
import pytest

from shiftcast.features.frames import Rollouts, Traffic, check
from shiftcast.features.quality import screen
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.sources.table import read_table

SHARES, RATES = ["share_low", "share_mid", "share_high"], ["low", "mid", "high"]
PAGE = (RECORDS / "README.md").read_text(encoding="utf-8")
HARVESTED = {"rollouts": 234, "traffic": 43}


@pytest.fixture(scope="module")
def record():
    return read_record()


@pytest.fixture(scope="module")
def moves(record):
    return check(record.rollouts, Rollouts)


def spoiled(name, frame, **cells):
    raw = read_table(RECORDS / f"{name}.csv").head(3)
    for column, value in cells.items():
        raw.loc[1, column] = value
    done = screen(raw, frame, source=f"{name}.csv")
    assert len(done.rows) + len(done.quarantine) == 3
    return [(row.line, row.column, row.value, row.reason) for row in done.quarantine.itertuples()]


@pytest.mark.parametrize("name", ["rollouts", "traffic"])
def test_the_page_counts_what_is_held_and_what_was_left_out(record, name):
    rows = getattr(record, name)
    evidence = ", ".join(f"{kind} {count}" for kind, count in rows["evidence"].value_counts().items())
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {name}.csv "))
    assert line.startswith(f"| {name}.csv | {len(rows)} |")
    assert line.endswith(f"| {evidence} |")
    (left,) = re.findall(rf"Left out of {name} \((\d+)\)", PAGE)
    assert len(rows) + int(left) == HARVESTED[name]


def test_no_row_is_set_aside_and_both_files_are_in_the_digest(record):
    assert record.quarantine.empty
    assert {"rollouts.csv", "traffic.csv"} <= set(record.digests)


def test_nothing_is_known_before_it_happened(record):
    for rows in (record.rollouts, record.traffic):
        assert (rows["period_end"] <= rows["known_at"]).all()
        assert rows["source"].str.contains("http").all()


def test_shares_belong_to_what_the_event_says(moves):
    stated = moves[moves["share_mid"].notna()]
    assert (stated["share_low"] <= stated["share_mid"]).all()
    assert (stated["share_mid"] <= stated["share_high"]).all()
    full, partial = (moves[moves["event"] == event] for event in ("full", "partial"))
    assert (full["share_low"] >= 0.8).all()
    assert (partial["share_low"].dropna() < 0.8).all()
    assert moves.loc[moves["event"] == "deployed", SHARES].isna().all(axis=None)
    assert (moves.loc[moves["event"] == "test", "share_high"].dropna() < 0.05).all()


def test_techniques_are_those_of_the_registry_and_one_more(record, moves):
    for workload, rows in moves.groupby("workload"):
        registered = {task.technique for task in record.registry.tasks if task.workload == workload}
        assert set(rows["technique_from"]) | set(rows["technique_to"]) <= {*registered, "sequence"}


@pytest.mark.parametrize(
    ("surface", "technique"),
    [
        ("display advertising (DIN)", "deep"),  # attention within an embedding ranker
        ("web search (BERT), English", "deep"),  # an encoder of text
        ("food delivery (MTGR)", "sequence"),
        ("OneRec feed", "sequence"),
        ("YouTube Shorts and home (PLUM)", "llm"),
        ("search ranking", "deep"),
        ("food search", "lexical"),
    ],
)
def test_a_row_has_the_class_that_the_page_gives_it(moves, surface, technique):
    assert set(moves.loc[moves["surface"] == surface, "technique_to"]) == {technique}


def test_no_class_is_older_than_its_first_model(moves):
    first = moves.groupby("technique_to")["period_start"].min()
    assert first["deep"] >= pd.Timestamp("2013-01-01", tz="UTC")
    assert first["llm"] >= pd.Timestamp("2023-01-01", tz="UTC")
    assert first["sequence"] >= pd.Timestamp("2024-01-01", tz="UTC")


def test_an_operator_stands_on_one_side_and_in_one_group(record):
    both = pd.concat([record.rollouts, record.traffic])
    assert not both[["operator", "segment", "group"]].drop_duplicates().duplicated("operator").any()
    assert (both.loc[both["segment"] == "hyperscale", "group"] == "giants").all()
    assert set(record.traffic["operator"]) <= set(record.rollouts["operator"])


def test_traffic_reads_the_wording_as_the_page_says(record):
    rows = check(record.traffic, Traffic).set_index("surface")[RATES]
    assert list(rows.loc["recommendation"]) == [1e10, 3e10, 9e10]
    assert list(rows.loc["browse and search"]) == pytest.approx([350 * 86400, 1500 * 86400, 7200 * 86400], rel=1e-3)
    assert list(rows.loc["LinkedIn feed retrieval"]) == [2000 * 86400, 4000 * 86400, 9000 * 86400]
    assert list(rows.loc["search and related (embedding calls)"]) == pytest.approx(
        [300000 * 86400 * part for part in (0.35, 0.5, 0.8)], rel=1e-3
    )


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"event": "launched"}, "event", "must be one of test, deployed, partial, full, rollback"),
        ({"technique_to": "transformer"}, "technique_to", "must be one of table"),
        ({"share_mid": "0.5"}, "share_low", "share_low is empty; give all of share_low, share_mid, share_high, or"),
        ({"share_low": "0.4", "share_mid": "0.3", "share_high": "0.5"}, "share_mid", "below share_low 0.4; swap them"),
        ({"share_low": "15", "share_mid": "20", "share_high": "25"}, "share_low", "within 0 to 1"),
        ({"period_end": "1990-01-01"}, "period_end", "period_end is before period_start"),
        ({"operator": ""}, "operator", "operator is empty"),
        (
            {"event": "rollback", "technique_from": "deep", "technique_to": "llm"},
            "technique_to",
            "a rollback goes from the class it leaves, and not to a newer one than deep; swap them",
        ),
    ],
)
def test_a_bad_move_is_set_aside_with_its_line(cells, column, reason):
    ((line, found, value, said),) = spoiled("rollouts", Rollouts, **cells)
    assert (line, found) == (3, column)
    assert value == cells.get(column, "")
    assert reason in said


def test_bad_traffic_is_set_aside():
    ((line, column, value, reason),) = spoiled("traffic", Traffic, low="9e20")
    assert (line, column, value) == (3, "mid", "3.456e+10")
    assert "mid is below low 9e+20" in reason
