"""The timeline of the ledger: which rows, in which order, and what a mark says."""

from dataclasses import replace

import pandas as pd
import pytest

from shiftcast.features.frames import Rollouts, Traffic, conform
from shiftcast.pipelines.publish import rollouts
from shiftcast.pipelines.publish.report import write_report
from shiftcast.pipelines.publish.rollouts import newer_moves, timelines
from shiftcast.pipelines.publish.timeline import timeline_figure

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


def marks(figure):
    """Return the traces of moves: those with words of their own."""
    return {each.name: each for each in figure.data if each.text is not None}


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
    ticks = timeline_figure(rows).layout.yaxis.ticktext
    assert list(ticks) == ["<b>hyperscale</b>", "cloud", "<b>rest: giants</b>", "giant", "<b>rest: tail</b>", "busy",
                           "two", "tail"]  # fmt: skip


def test_a_mark_says_class_event_and_whether_it_computes_ahead():
    rows = newer_moves(
        moved(
            *({"event": event, "period_start": f"{year}-01-01", "period_end": f"{year}-01-31",
               "known_at": f"{year}-02-01"} for event, year in zip(("test", "partial", "full", "deployed"),
                                                                   range(2020, 2024), strict=True)),
            {"operator": "b", "technique_to": "sequence", "serving": "nearline"},
        ),
        traffic({}),
    )  # fmt: skip
    figure = timeline_figure(rows)
    llm, sequence = marks(figure)["llm"], marks(figure)["sequence"]
    assert list(llm.marker.color) == ["#ffffff", "#dba2ae", "#b0304a", "#b0304a"]
    assert list(llm.marker.size) == [12, 12, 12, 7]
    assert llm.marker.symbol != sequence.marker.symbol
    assert llm.text[1] == "a, feed, rank: deep to llm, partial on 100%, 2021-01 to 2021-01, online"
    (ring,) = [each for each in figure.data if each.mode == "markers" and each.hoverinfo == "skip"]
    assert list(ring.y) == list(sequence.y)
    assert list(ring.x) == list(sequence.x)


def test_marks_that_would_cover_each_other_stand_in_lanes_of_their_operator():
    near = [{"surface": name, "period_end": f"2025-01-{day}"} for name, day in (("x", "10"), ("y", "20"), ("z", "30"))]
    figure = timeline_figure(newer_moves(moved(*near, {"operator": "b"}), traffic({})))
    heights = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    first, second = sorted(marks(figure)["llm"].y)[:3], max(marks(figure)["llm"].y)
    assert first == pytest.approx([1, 1.6, 2.2])
    assert heights["a"] == pytest.approx(1.6)
    assert second == heights["b"] == pytest.approx(3.2)


def test_what_does_not_fit_is_counted_and_kept_in_the_table(monkeypatch):
    monkeypatch.setattr(rollouts, "MOST", 2)
    ledger = moved({"operator": "a"}, {"operator": "b"}, {"operator": "c"}, {"operator": "c", "event": "test"})
    (panel,) = timelines(ledger, traffic({}))
    assert (panel["left_operators"], panel["left_moves"], len(panel["rows"])) == (1, 1, 4)
    assert panel["alt"] == (
        "Recommender systems: 4 moves of 3 operators to a newer class of technique, 2025 to 2025: 4 to llm. "
        "The same rows are in the table."
    )
    assert timelines(ledger.head(0), traffic({})) == []


def test_every_move_of_the_record_is_in_a_panel_and_its_table(finished):
    known = finished.result.bundle.known
    panels = timelines(known.rollouts, known.traffic)
    assert [panel["workload"] for panel in panels] == ["recsys", "search", "ads"]
    for panel in panels:
        drawn = sum(len(each.x) for each in marks(panel["figure"]).values())
        assert drawn + panel["left_moves"] == len(panel["rows"])
    page = (finished.request.out / "report.html").read_text(encoding="utf-8")
    for panel in panels:
        assert f'id="figure-rollouts-{panel["workload"]}"' in page
        assert f'<div role="img" aria-label="{panel["alt"]}">' in page
        assert page.count(f"<caption>{panel['alt']}</caption>") == 1


def test_a_version_without_a_ledger_has_a_report_without_the_timeline(finished, tmp_path):
    bundle = finished.result.bundle
    without = {name: bundle.tables[name].head(0) for name in ("rollouts", "traffic")}
    write_report(replace(bundle, tables={**bundle.tables, **without}), tmp_path / "older.html")
    assert "Who moved, and when" not in (tmp_path / "older.html").read_text(encoding="utf-8")
