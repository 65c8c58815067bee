"""Populations, definitions, units, entities and feeds, on the public record with what is changed by hand."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.monitoring.changes import check_changes
from shiftcast.forecast.monitoring.feeds import check_feeds
from shiftcast.forecast.monitoring.findings import ALARM, OK, UNJUDGED, WATCH
from shiftcast.forecast.monitoring.population import check_populations, psi

NOW = pd.Timestamp("2026-11-22", tz="UTC")


@pytest.fixture(scope="module")
def rows(record):
    return record.observations


@pytest.fixture(scope="module")
def capex(rows):
    """Return Alphabet's capital spending, and one more quarter of it."""
    mine = rows[(rows["measure"] == "capex") & (rows["operator"] == "alphabet") & (rows["definition"] == "cash_gross")]
    last = mine.sort_values("period_end").iloc[[-1]]
    return last.assign(
        period_start=last["period_end"] + pd.Timedelta(days=1), period_end=last["period_end"] + pd.DateOffset(months=3),
        known_at=NOW, value=last["value"] * 1.1,
    )  # fmt: skip


def with_row(rows, row, **changes):
    return pd.concat([rows, row.assign(**changes)], ignore_index=True)


def statuses(found):
    return {(each.check, each.status) for each in found}


def test_the_record_against_itself_is_fine(rows):
    assert statuses(check_changes(rows, rows)) == {("definition", OK), ("unit", OK), ("entity", OK)}
    assert check_populations(rows, rows) == []


def test_an_ordinary_new_figure_is_fine(rows, capex):
    assert statuses(check_changes(rows, with_row(rows, capex))) == {("definition", OK), ("unit", OK), ("entity", OK)}
    (only,) = check_populations(rows, with_row(rows, capex))
    assert (only.check, only.subject, only.status) == ("population.feature", "capex", UNJUDGED)


@pytest.mark.parametrize(
    ("changes", "check", "status", "said"),
    [
        ({"definition": "cash_net"}, "definition", ALARM, "figures now come under definition 'cash_net'"),
        ({"unit": "EUR"}, "unit", ALARM, "figures now come in 'EUR'"),
        ({"operator": "newcloud"}, "entity", WATCH, "new: newcloud"),
        ({"region": "atlantis"}, "entity", WATCH, "new: atlantis"),
    ],
)
def test_a_change_in_kind_is_found(rows, capex, changes, check, status, said):
    found = [each for each in check_changes(rows, with_row(rows, capex, **changes)) if each.status != OK]
    assert [(each.check, each.status) for each in found] == [(check, status)]
    assert said in found[0].note


def test_a_figure_in_thousands_is_suspected(rows, capex):
    (found,) = [e for e in check_changes(rows, with_row(rows, capex, value=capex["value"] / 1000)) if e.status == ALARM]
    assert found.check == "unit"
    assert found.subject == "capex alphabet"
    assert found.value == pytest.approx(3, abs=0.1)


def moving(rows, capex, growth):
    """Return the record with a dozen new quarters of a series whose steps are given."""
    levels = float(capex["value"].iloc[0]) * np.exp(np.cumsum(growth))
    ends = pd.date_range(capex["period_end"].iloc[0], periods=len(growth), freq="QE")
    more = pd.concat([capex] * len(growth), ignore_index=True).assign(
        value=levels, period_end=ends, period_start=ends - pd.Timedelta(days=90)
    )
    return pd.concat([rows, more], ignore_index=True)


def test_a_population_that_moves_otherwise_is_an_alarm_and_one_that_does_not_is_fine(rows, capex):
    random = np.random.default_rng(3)
    mine = rows[(rows["measure"] == "capex") & (rows["definition"] == "cash_gross")].sort_values("period_end")
    steps = np.log(mine["value"]).groupby(mine["operator"]).diff().dropna().to_numpy()
    (alike,) = check_populations(rows, moving(rows, capex, random.choice(steps, 40)))
    (other,) = check_populations(rows, moving(rows, capex, np.full(40, 0.9)))
    assert alike.status != ALARM
    assert (other.status, other.check) == (ALARM, "population.feature")
    assert "PSI" in other.note


def test_the_index_by_hand_and_its_symmetry():
    old, new = np.array([0.0] * 50 + [1.0] * 50), np.array([0.0] * 25 + [1.0] * 75)
    p, q = 50.5 / 101, 75.5 / 101
    expected = (q - p) * np.log(q / p) + ((1 - q) - (1 - p)) * np.log((1 - q) / (1 - p))
    assert psi(old, new, bins=2) == pytest.approx(expected, rel=1e-9)
    assert psi(new, new) == 0


def feed(days, **changes):
    base = dict.fromkeys(("operator", "segment", "leaf", "workload", "technique"), "all")
    rows = [{**base, "measure": "revenue", "base": "none", "definition": "d", **changes,
             "known_at": pd.Timestamp(day, tz="UTC")} for day in days]  # fmt: skip
    return pd.DataFrame(rows)


QUARTERLY = ("2025-02-26", "2025-05-28", "2025-08-27", "2025-11-19")


@pytest.mark.parametrize(
    ("now", "status", "word"),
    [("2026-03-01", OK, ""), ("2026-05-01", WATCH, "late"), ("2026-09-01", ALARM, "missing")],
)
def test_a_feed_is_held_to_its_own_rhythm(now, status, word):
    found = check_feeds(feed(QUARTERLY), made=pd.Timestamp("2025-12-01", tz="UTC"), now=pd.Timestamp(now, tz="UTC"))
    if status == OK:
        assert [(each.subject, each.value) for each in found] == [("series on time", 1.0)]
    else:
        assert (found[0].status, found[0].note.partition(":")[0]) == (status, word)
        assert found[0].subject == "revenue d"


def test_a_feed_that_had_stopped_before_the_forecast_is_no_news():
    made, now = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
    assert check_feeds(feed(QUARTERLY), made=made, now=now)[0].status == WATCH


def test_a_feed_without_a_rhythm_is_not_judged():
    found = check_feeds(feed(QUARTERLY[:3]), made=NOW, now=NOW)
    assert [(each.subject, each.value) for each in found] == [("series on time", 0.0)]
