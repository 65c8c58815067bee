"""Findings of a look over a fleet: jumps, drift, breaches, a full fleet and late feeds, on figures made for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS, Usage, conform
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.trial import score_card
from shiftcast.forecast.fleet.watching import BREACH, DRIFT, FULL, LATE, SPIKE, drift, late, look_over, spikes

KNOWN = pd.Timestamp("2026-05-01", tz="UTC")


def usage(values, first="2026-03-01", grain="day", **labels):
    step = {"day": "D", "month": "MS"}[grain]
    days = pd.date_range(first, periods=len(values), freq=step, tz="UTC")
    whole = dict.fromkeys(DIMENSIONS, "all") | {
        "measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": grain, "known_at": KNOWN,
        "source": "sacct/alps", "rows": 1.0, "bound": "=", "evidence": "measured", "confidence": "verified",
    } | labels  # fmt: skip
    rows = [whole | {"period_start": day, "value": value} for day, value in zip(days, values, strict=True)]
    return conform(pd.DataFrame(rows), Usage)


STEADY = [100.0, 104.0, 98.0, 101.0] * 7


def test_a_jump_of_one_workload_is_found_beside_the_total():
    rows = pd.concat([usage([*STEADY, 100.0], workload="chat"), usage([*STEADY, 900.0], workload="recsys")])
    found = spikes(rows, "mine")
    assert [(each.kind, each.cause) for each in found] == [(SPIKE, "all work"), (SPIKE, "recsys")]
    assert found[1].says == "900 GPU-hours of recsys on 2026-03-29, and 100 are usual: it rose."
    assert found[1].figures["hours [accelerator_hour]"] == 900.0
    assert "`shiftcast fleet mine`" in found[1].next_step


def test_a_fall_is_a_jump_too_and_usual_days_or_few_days_are_none():
    assert spikes(usage([*STEADY, 10.0]), "mine")[0].says.endswith("it fell.")
    assert spikes(usage([*STEADY, 120.0]), "mine") == []
    assert spikes(usage([*STEADY[:13], 900.0]), "mine") == []
    assert spikes(usage(STEADY).iloc[:0], "mine") == []


def test_a_feed_is_late_after_seven_days():
    rows = usage(STEADY)  # ends with 2026-03-28
    assert late(rows, pd.Timestamp("2026-04-05", tz="UTC"), "mine") == []
    (found,) = late(rows, pd.Timestamp("2026-04-06", tz="UTC"), "mine")
    assert (found.kind, found.cause, found.figures["days [day]"]) == (LATE, "sacct/alps", 8.0)
    assert "`shiftcast ingest sacct FILES --into mine`" in found.next_step


def test_months_far_from_the_forecast_are_drift_and_others_are_none():
    total = pd.DataFrame({f"2026-0{month}": np.linspace(90.0, 110.0, 201) for month in (1, 2, 3, 4)})
    assert drift(usage([101.0, 99.0, 100.0], "2026-01-01", "month"), total, "mine") == []
    (found,) = drift(usage([112.0, 108.5, 109.0], "2026-01-01", "month"), total, "mine")
    assert found.kind == DRIFT
    assert found.says.startswith("+10%: use of 2026-01 to 2026-03 lies above the forecast.")
    assert drift(usage([500.0], "2025-01-01", "month"), total, "mine") == []  # of no month that it speaks of


@dataclass
class Stub:
    """A fleet with the answers that a look asks for."""

    full_odds: tuple[float, ...] = (0.1, 0.2)
    over: float = 0.3
    usage: pd.DataFrame = field(default_factory=lambda: usage(STEADY, first="2026-04-01"))
    fleet: Fleet = field(default_factory=lambda: Fleet("mine", budgets={2026: 100.0, 2031: 1.0}))
    basis: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(origin=pd.Timestamp("2026-05-01", tz="UTC")))

    def full(self):
        months = pd.date_range("2026-06-01", periods=len(self.full_odds), freq="4MS", tz="UTC")
        return SimpleNamespace(table=pd.DataFrame({"month": months, "p_full": self.full_odds}), says="Full soon.")

    def budget(self, *, year):
        assert year == 2026  # the other lies too far ahead
        return SimpleNamespace(table=pd.DataFrame({"p_over": [0.0, self.over]}), says="Over.")


@pytest.mark.parametrize(
    ("stub", "found"),
    [(Stub(), []), (Stub(over=0.6), [(BREACH, "budget 2026", "warning")]),
     (Stub(over=0.95), [(BREACH, "budget 2026", "critical")]), (Stub((0.6, 0.7)), [(FULL, "all", "critical")]),
     (Stub((0.1, 0.7)), [(FULL, "all", "warning")])],
)  # fmt: skip
def test_odds_alarm_from_one_half_on_and_gravely_when_sure_or_soon(stub, found):
    findings, missing = look_over(stub)
    assert [(each.kind, each.cause, each.severity) for each in findings] == found
    assert missing == ("drift: no forecast is registered; `shiftcast fleet mine retrain` registers one",)


def test_what_cannot_be_looked_for_is_said():
    class Bare(Stub):
        def full(self):
            raise InputError("nothing is held")

    findings, missing = look_over(Bare(fleet=Fleet("mine")), pd.DataFrame({"2031-01": [1.0]}))
    assert findings == []
    assert missing == ("breach: no [budget] of this or the next year in fleet.toml", "full: nothing is held")


def test_a_card_has_the_months_that_came_since_each_origin():
    came = pd.Series([4.0, 9.0], index=pd.DatetimeIndex(["2027-02-01", "2027-03-01"], tz="UTC"))
    total = pd.DataFrame({"2027-02": [3.0, 4.0, 5.0], "2027-03": [3.0, 4.0, 5.0], "2027-04": [1.0, 1.0, 1.0]})
    versions = [("1", pd.Timestamp("2027-01-20", tz="UTC"), total), ("2", pd.Timestamp("2027-03-02", tz="UTC"), total)]
    card = score_card(versions, came)
    assert card[["version", "ahead", "came", "inside80"]].to_numpy().tolist() == [
        ["1", 1, 4.0, True], ["1", 2, 9.0, False], ["2", 0, 9.0, False]
    ]  # fmt: skip
    logs = np.log1p([3.0, 4.0, 5.0])
    pairs = np.abs(logs[:, None] - logs[None, :])[np.triu_indices(3, 1)].mean()
    assert card["crps"].iloc[1] == pytest.approx(np.abs(logs - np.log1p(9.0)).mean() - pairs / 2)
    assert score_card([], came).empty
