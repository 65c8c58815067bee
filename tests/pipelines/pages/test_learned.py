"""What history taught is told in natural units, the assumptions that moved most first."""

from dataclasses import replace
from math import log

import pytest

from shiftcast.pipelines.pages import learned as module
from shiftcast.pipelines.pages.learned import moved, rests_on
from shiftcast.pipelines.registry.chain import Chain, EvidenceRow, LearnedRow


def told(learned=(), evidence=()):
    growth = {"demand": 5.0, "sales": 2.0, "wanted": 3.0, "served": 2.5}
    return Chain(tuple(learned), tuple(evidence), 0.1, 2.0, (0.1, 0.2, 0.3), {}, growth, 0.5)


def learned(name, *, factor=1.0, narrowed=1.0, by="hours"):
    return LearnedRow(name, 1.0, 2.0, 4.0, factor * 1.0, factor * 2.0, factor * 4.0, narrowed, by)


def seen(name, observed, low, mid, high):
    return EvidenceRow(name, log(observed), 0.5, log(0.1), log(1.0), log(10.0), log(low), log(mid), log(high))


@pytest.fixture(scope="module")
def view_of(finished, asked):
    """Return a function that makes the view with another chain."""
    bundle = finished.result.bundle

    def made(chain):
        view = rests_on(asked, replace(bundle, summary=replace(bundle.summary, chain=chain)))
        return view, {table.title.partition(",")[0]: table.rows for table in view.tables}

    return made


def test_assumptions_that_moved_most_come_first_and_those_that_no_evidence_moved_not_at_all(view_of):
    rows = [learned("still"), learned("far", factor=3.0, by="leaf"), learned("near", factor=1.1),
            learned("narrow", narrowed=0.4, by="share.fleet"), learned("by_chance", factor=9.0, by="")]  # fmt: skip
    _, tables = view_of(told(rows, [seen("hours 2025Q1", 1.0, 0.5, 0.8, 1.2)]))
    table = tables["The 4 assumptions that history moved most"]
    assert list(table["assumption"]) == ["far", "narrow", "near", "still"]
    assert list(table["moved most by"]) == ["hours by leaf", "share.fleet", "past quarters", "past quarters"]


def test_a_negative_assumption_is_ranked_on_its_own_scale():
    below = LearnedRow("below", -3.0, -2.0, -1.0, -1.0, 0.0, 1.0, 1.0, "hours")
    assert moved(below) > moved(learned("near", factor=1.1))


def test_evidence_is_told_in_its_unit_and_says_where_it_falls():
    rows = [seen("energy_per_request.fleet", 0.3, 0.2, 0.4, 0.6), seen("energy_per_request.other", 0.1, 0.2, 0.4, 0.6)]
    inside, outside = map(module._fallen, rows)
    assert inside["unit"] == "Wh/request"
    assert (inside["observed"], inside["after"], inside["falls"]) == ("0.3", "0.4 (0.2 to 0.6)", "inside")
    assert outside["falls"] == f"median 4 times the figure, {log(4) / 0.5:.1f} of its errors"


@pytest.mark.parametrize(("observed", "inside"), [(0.1, True), (0.4, True), (0.7, False)])
def test_a_lower_bound_is_missed_only_from_below(observed, inside):
    row = module._fallen(seen("share.fleet", observed, 0.2, 0.4, 0.6))
    assert (row["falls"] == "inside") == inside
    assert row["observed"].startswith("at least ")


def test_a_chain_without_evidence_says_that_history_taught_nothing(view_of):
    view, tables = view_of(told([learned("far", factor=3.0)]))
    assert "History taught nothing at this origin" in " ".join(said.text for said in view.says)
    assert not any("history moved most" in title for title in tables)


def test_growth_is_told_of_demand_sales_wanted_and_served(view_of):
    view, _ = view_of(told([learned("far")], [seen("hours 2025Q1", 1.0, 0.5, 0.8, 1.2)]))
    said = " ".join(each.text for each in view.says)
    for text in (
        "demand from below says 5 times",
        "sales extrapolated say 2 times",
        "3 times are wanted",
        "2.5 times are",
    ):
        assert text in said
