"""The share of held hours that work can take: said, measured or assumed."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.busy import busy_share, used_by_month
from shiftcast.forecast.fleet.facts import Fleet, Holding
from shiftcast.forecast.fleet.history import read_history

MONTHS = pd.date_range("2026-01-01", periods=6, freq="MS", tz="UTC")
HELD = Fleet("mine", holdings=(Holding("alpha", 10, MONTHS[0]),))


def used(shares, waited):
    return pd.DataFrame({"month": MONTHS, "hours": np.array(shares) * 240.0 * MONTHS.days_in_month, "waited": waited})


def test_what_the_planner_says_stands(basis):
    found = busy_share(Fleet("mine", busy=0.6, holdings=HELD.holdings), basis, draws=3, past=used([0.9] * 6, True))
    assert (found.share.tolist(), found.source) == ([0.6] * 3, "given")


def test_a_full_fleet_shows_what_it_took(basis):
    found = busy_share(HELD, basis, draws=2, past=used([0.5, 0.5, 0.9, 0.86, 0.88, 0.5], True))
    assert found.share.tolist() == pytest.approx([0.88, 0.88])
    assert found.source == "measured"
    assert found.says == "Work can take 88% of held hours, as it did in 2026-03 to 2026-05 while more of it waited."


@pytest.mark.parametrize("waited", [False, [True, True, True, False, True, True]])
def test_a_fleet_in_which_nothing_waited_shows_a_floor_alone(basis, waited):
    found = busy_share(HELD, basis, draws=2, past=used([0.5, 0.5, 0.9, 0.86, 0.88, 0.5], waited))
    assert found.share.tolist() == pytest.approx([0.88, 0.88])  # above the 80 % that are assumed
    assert found.source == "assumed"
    assert "at least the 88% that it took" in found.says


def test_a_share_below_the_middle_of_what_is_assumed_is_no_limit_though_some_work_waited(basis):
    found = busy_share(HELD, basis, draws=2, past=used([0.6] * 6, True))
    assert (found.share.tolist(), found.source) == (pytest.approx([0.8, 0.8]), "assumed")
    assert found.says.startswith("Work can take 80% of held hours: assumed")


def test_months_before_the_fleet_held_anything_say_nothing(basis):
    late = Fleet("mine", holdings=(Holding("alpha", 10, MONTHS[-1] + pd.Timedelta(days=40)),))
    assert busy_share(late, basis, draws=1, past=used([0.9] * 6, True)).source == "assumed"


def test_an_assumption_that_is_replaced_is_the_planners(basis):
    found = busy_share(HELD, basis, draws=1, given={"fleet.busy": 0.7})
    assert (found.share.tolist(), found.source) == ([0.7], "given")


def test_a_share_above_one_is_refused(basis):
    with pytest.raises(InputError, match=r"busy of fleet 'mine' is 1\.2; give a share above 0 and at most 1"):
        busy_share(Fleet("mine", busy=1.2), basis, draws=1)


def test_history_tells_in_which_months_work_waited(usage):
    days = pd.date_range("2026-01-01", "2026-03-10", tz="UTC")
    bound = np.where(days.month == 2, ">=", "=")
    rows = usage({("recsys", "deep"): np.ones(len(days))}, start="2026-01-01", bound=bound)
    table = used_by_month(read_history(rows))
    assert table["hours"].tolist() == [31.0, 28.0]
    assert table["waited"].tolist() == [False, True]


def test_a_history_without_a_whole_month_has_no_row(usage):
    assert used_by_month(read_history(usage({("recsys", "deep"): np.ones(5)}, start="2026-01-03"))).empty
