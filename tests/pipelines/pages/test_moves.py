"""The view of the ledger: which moves, in which order, and what a mark says."""

from dataclasses import replace

import pandas as pd

from shiftcast.features.frames import Rollouts, Traffic, conform
from shiftcast.pipelines.pages import moves as module
from shiftcast.pipelines.pages.moves import moves, newer_moves

MOVE = {
    "operator": "a", "segment": "rest", "group": "tail", "surface": "feed", "workload": "recsys", "stage": "rank",
    "technique_from": "deep", "technique_to": "llm", "event": "full", "serving": "online", "share_low": 0.9,
    "share_mid": 1.0, "share_high": 1.0, "period_start": "2025-01-01", "period_end": "2025-01-31",
    "known_at": "2025-02-01", "evidence": "vendor", "confidence": "verified", "source": "s", "note": None,
}  # fmt: skip
ANSWERED = {"operator": "a", "segment": "rest", "group": "tail", "surface": "feed", "workload": "recsys", "low": 1.0,
            "mid": 2.0, "high": 3.0, "period_start": "2025-01-01", "period_end": "2025-01-31",
            "known_at": "2025-02-01", "evidence": "vendor", "confidence": "verified", "source": "s",
            "note": None}  # fmt: skip
GIANT = {"segment": "hyperscale", "group": "giants"}


def frame(model, base, *changes):
    rows = pd.DataFrame([{**base, **each} for each in changes], columns=list(base))
    days = {name: pd.to_datetime(rows[name], utc=True) for name in ("period_start", "period_end", "known_at")}
    return conform(rows.assign(**days), model)


def moved(*changes):
    return frame(Rollouts, MOVE, *changes)


def traffic(*changes):
    return frame(Traffic, ANSWERED, *changes)


def test_only_moves_to_a_newer_class_since_2013_are_drawn():
    rows = newer_moves(
        moved(
            {"operator": "within", "technique_from": "llm"},
            {"operator": "back", "technique_from": "llm", "technique_to": "deep", "event": "rollback"},
            {"operator": "early", "technique_from": "table", "technique_to": "content", "period_start": "2011-01-01",
             "period_end": "2012-12-31"},
            {"operator": "late", "technique_from": "table", "technique_to": "content", "period_start": "2011-01-01",
             "period_end": "2013-12-31"},
            {"operator": "newer"},
        ),
        traffic({}),
    )  # fmt: skip
    assert list(rows["operator"]) == ["late", "newer"]


def test_operators_stand_by_side_group_requests_and_moves():
    rows = newer_moves(
        moved({"operator": "tail"}, {"operator": "two"}, {"operator": "two", "event": "test"},
              {"operator": "busy"}, {"operator": "giant", "group": "giants"}, {"operator": "cloud", **GIANT}),
        traffic({"operator": "busy", "mid": 5.0, "high": 5.0}),
    )  # fmt: skip
    assert list(rows["operator"].unique()) == ["cloud", "giant", "busy", "two", "tail"]
    assert list(rows["heading"].unique()) == ["hyperscale", "rest: giants", "rest: tail"]


def test_a_mark_says_class_event_part_and_how_it_computes(finished):
    rows = newer_moves(moved({"event": "partial", "share_mid": 0.4, "serving": "nearline"}), traffic({}))
    assert module._told(rows.to_dict("records")[0]) == (
        "a, feed, rank: deep learning to large language models, partial on 40 %, 2025-01 to 2025-01, nearline"
    )


def test_what_does_not_fit_the_picture_is_counted_and_kept_in_the_table(finished, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    ledger = moved({"operator": "a"}, {"operator": "b"}, {"operator": "c"}, {"operator": "c", "event": "test"})
    view = moves(replace(finished.known, rollouts=ledger, traffic=traffic({})))
    (picture,) = view.pictures
    assert "1 more operators are in the table only." in picture.alt
    assert len(view.tables[-1].rows) == 4
    assert view.says[0].text == "Recommendation: 4 moves of 3 operators, 2025 to 2025: 4 to large language models."


def test_every_move_of_the_record_is_in_a_picture_or_counted_and_in_a_table(finished):
    known = finished.result.bundle.known
    view = moves(known)
    assert len(view.pictures) == 3
    for workload, table in zip(("recsys", "search", "ads"), view.tables[1:], strict=True):
        rows = known.rollouts[known.rollouts["workload"] == workload]
        assert len(table.rows) == len(newer_moves(rows, known.traffic[known.traffic["workload"] == workload]))
        assert table.rows["source"].ne("").all()
