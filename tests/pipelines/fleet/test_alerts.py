from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.fleet.alerts import CLEARED, DRIFT, FULL, KINDS, SENT, SEVERITIES, SPIKE, Alert, Told, decide

FULL_SOON = Alert("mine", FULL, "all", "warning", "Full by 2027-03.", "demand passes 2,048 GPUs", "order by 2026-12-01")
SPIKED = Alert("mine", SPIKE, "search/llm", "critical", "Three times the usual hours.", "", "")


def line(alert, way="screen", state=SENT, severity=None):
    return Told("2026-11-01T00:00:00Z", way, alert.kind, alert.cause, severity or alert.severity, state)


def test_a_cause_is_new_once_and_stands_afterwards():
    first = decide([FULL_SOON], [], way="screen")
    again = decide([FULL_SOON], [line(FULL_SOON)], way="screen")
    assert (first.new, first.standing) == ((FULL_SOON,), ())
    assert (again.new, again.standing, again.cleared) == ((), (FULL_SOON,), ())


def test_a_cause_that_got_worse_is_new_again_and_one_that_got_better_is_not():
    worse = replace(FULL_SOON, severity="critical")
    assert decide([worse], [line(FULL_SOON)], way="screen").new == (worse,)
    assert decide([FULL_SOON], [line(worse)], way="screen").new == ()


def test_a_cause_that_cleared_and_came_back_is_new_again():
    ledger = [line(FULL_SOON)]
    gone = decide([], ledger, way="screen")
    assert gone.cleared == (ledger[0],)
    back = decide([FULL_SOON], [*ledger, line(FULL_SOON, state=CLEARED)], way="screen")
    assert back.new == (FULL_SOON,)


def test_a_kind_that_was_not_looked_for_is_not_cleared():
    assert decide([], [line(FULL_SOON)], way="screen", looked={SPIKE, DRIFT}).cleared == ()


def test_each_way_has_its_own_news():
    assert decide([FULL_SOON], [line(FULL_SOON, way="mail")], way="webhook").new == (FULL_SOON,)


def test_of_two_findings_with_one_cause_the_gravest_counts():
    mild = replace(SPIKED, severity="note", says="A little more.")
    assert decide([mild, SPIKED], [], way="screen").new == (SPIKED,)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("abc"), st.sampled_from(SEVERITIES)), max_size=8),
       st.randoms())  # fmt: skip
def test_the_order_of_findings_changes_nothing_and_what_was_sent_is_never_sent_twice(rows, rng):
    found = [Alert("mine", kind, cause, severity, "s", "", "") for kind, cause, severity in rows]
    mixed = found.copy()
    rng.shuffle(mixed)
    first = decide(found, [], way="w")
    assert decide(mixed, [], way="w") == first
    assert len(first.new) == len({(kind, cause) for kind, cause, _ in rows})
    assert decide(mixed, [line(each, way="w") for each in first.new], way="w").new == ()


@pytest.mark.parametrize(("changed", "says"), [({"kind": "fire"}, "fire"), ({"severity": "red"}, "red"),
                                              ({"cause": ""}, "no cause")])  # fmt: skip
def test_an_alert_of_no_known_kind_severity_or_cause_is_refused(changed, says):
    with pytest.raises(InputError, match=says):
        replace(FULL_SOON, **changed)
