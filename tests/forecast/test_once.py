"""What is worked out once: the same inputs, however they lie in memory, and nothing past the end of a task."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shiftcast.forecast.identity.history import learn_from_history
from shiftcast.forecast.identity.sold import draw_sold
from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Settings
from shiftcast.forecast.once import once, remembering

DAYS = pd.DatetimeIndex(["2026-01-01", "2026-03-31"], tz="UTC")


@dataclass(frozen=True)
class Held:
    rows: pd.DataFrame
    level: float


def frame(**changed):
    return pd.DataFrame({"name": ["a", "b"], "day": DAYS, "value": [1.0, np.nan], "note": ["", "x"], **changed})


@pytest.fixture
def summed():
    """Return a marked function and the arguments it was called with."""
    calls = []

    @once
    def total(*given, **named):
        calls.append((given, named))
        return Held(frame(), float(len(calls)))

    return total, calls


@pytest.mark.parametrize(
    "same",
    [
        frame(), frame().iloc[[0, 1]], pd.concat([frame(), frame()])[:2], frame()[["name", "day", "value", "note"]],
        frame(name=["".join(["a", ""]), str(b"b", "ascii")]),
    ],
)  # fmt: skip
def test_equal_rows_are_the_same_however_they_lie_in_memory(summed, same):
    total, calls = summed
    with remembering():
        assert total(Held(frame(), 1.0), by=DAYS) is total(Held(same, 1.0), by=DAYS)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "other",
    [
        frame(name=["a", "c"]), frame(value=[1.0, 2.0]), frame(value=[1, 2]), frame(day=DAYS[::-1]),
        frame()[["day", "name", "value", "note"]], frame().rename(columns={"note": "notes"}),
        frame().set_axis([1, 0]), frame(name=["", "ab"]), frame()[:1],
    ],
)  # fmt: skip
def test_any_other_cell_column_order_type_or_number_is_another_input(summed, other):
    total, calls = summed
    with remembering():
        assert total(frame()) is not total(other)
    assert len(calls) == 2


def test_arrays_are_told_apart_by_every_byte_and_arguments_by_their_names(summed):
    total, calls = summed
    with remembering():
        for given in (np.zeros(3), np.zeros((3, 1)), np.zeros(3, dtype=np.float32), np.array([0.0, 0.0, -0.0])):
            total(given)
            total(given.copy())
        total(a=1)
        total(b=1)
        total(1)
    assert len(calls) == 7


def test_nothing_is_kept_outside_or_after_a_task_and_a_task_within_one_shares_its_memory(summed):
    total, calls = summed
    assert total(1) is not total(1)
    with remembering():
        first = total(1)
        with remembering():
            assert total(1) is first
        assert total(1) is first
    with pytest.raises(ValueError, match="later"), remembering():
        raise ValueError("later")
    assert total(1) is not total(1)
    assert len(calls) == 5


def test_a_result_that_is_handed_on_stands_for_what_it_follows_from(summed):
    total, calls = summed

    @once
    def twice(found):
        calls.append(found)
        return Held(found.rows, 2 * found.level)

    with remembering():
        assert twice(total(1)) is twice(total(1))
        assert twice(total(2)).level == 6.0
    assert len(calls) == 4


def test_a_result_that_is_passed_on_keeps_the_name_of_the_narrower_call(summed):
    total, calls = summed

    @once
    def narrow(rows):
        return Held(rows, 1.0)

    @once
    def wide(rows, _):
        return narrow(rows)

    with remembering():
        assert total(wide(frame(), 0)) is total(wide(frame(), 1))
    assert len(calls) == 1


@pytest.mark.parametrize("plain", [(), None, True, 1, "", b""])
def test_a_plain_result_stands_for_itself_wherever_it_is_met_later(summed, plain):
    total, calls = summed

    @once
    def found(_):
        return plain

    with remembering():
        first = total(Held(frame(), 1.0), plain, of=(plain,))
        assert found(0) == found(1) == plain
        assert total(Held(frame(), 1.0), plain, of=(plain,)) is first
    assert len(calls) == 1


def test_a_function_that_returns_none_or_fails_is_called_once_or_again():
    calls = []

    @once
    def checked(value):
        calls.append(value)
        if value < 0:
            raise ValueError("negative")

    with remembering():
        assert [checked(1), checked(1), checked(2)] == [None] * 3
        for _ in range(2):
            with pytest.raises(ValueError, match="negative"):
                checked(-1)
    assert calls == [1, 2, -1, -1]


def test_what_history_is_taught_by_is_all_that_its_lessons_are_made_of(small_fit, monkeypatch):
    """Ceilings, claims, what buyers can pay and the like are no part of it: news of them draw nothing of it again."""
    known, seen = small_fit.known, []
    monkeypatch.setattr("shiftcast.forecast.identity.history._learned", lambda *heard: seen.append(heard))
    other = replace(small_fit, known=replace(known, ceilings=known.ceilings.head(0), claims=known.claims.head(0)))
    sold = draw_sold(small_fit.top_down, small_fit.sampling(10, 1))
    richer = replace(sold, revenue=replace(sold.revenue, fundable=2 * sold.revenue.fundable))
    for each, paid in ((small_fit, sold), (other, richer)):
        learn_from_history(each, paid, None, None)
    (first, heard_of), (second, same) = (heard[:2] for heard in seen)
    assert first.top_down.revenue.buyers is None
    np.testing.assert_array_equal(heard_of.revenue.fundable, same.revenue.fundable)
    np.testing.assert_array_equal(heard_of.revenue.total, sold.revenue.total)
    assert first.known.observations["measure"].nunique() < known.observations["measure"].nunique()
    for heard in (first.known, second.known, first.top_down.known, first.bottom_up.known):
        assert heard.ceilings.empty
        assert heard.history.observations.empty
        pd.testing.assert_frame_equal(heard.assumptions, known.assumptions)


@pytest.mark.slow
def test_worlds_that_are_drawn_with_a_memory_are_those_that_are_drawn_without(known_on):
    known, settings = known_on(), Settings(draws=40, through="2027Q4")
    thinned = [replace(known, **{name: getattr(known, name).iloc[:-3]}) for name in ("hardware", "rollouts", "traffic")]
    with remembering():
        base, *others = (build_world(each, settings).cube for each in (known, *thinned))
    for record, remembered in zip((known, *thinned), (base, *others), strict=True):
        xr.testing.assert_identical(build_world(record, settings).cube, remembered)
    assert not any(each.equals(base) for each in others)
