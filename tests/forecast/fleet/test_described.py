"""Description of a fleet: hours by month, type, work and owner, shares, and what is missing for which question."""

import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS, Usage, conform, empty
from shiftcast.forecast.fleet.described import describe, most_at_once
from shiftcast.forecast.fleet.facts import Fleet, Holding, Offer

KNOWN = pd.Timestamp("2026-05-01", tz="UTC")


def usage(*rows):
    whole = dict.fromkeys(DIMENSIONS, "all") | {
        "measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": "hour", "known_at": KNOWN,
        "source": "sacct/alps", "rows": 1.0, "bound": "=", "evidence": "measured", "confidence": "verified",
    }  # fmt: skip
    return conform(pd.DataFrame([
        whole | {"period_start": pd.Timestamp(start, tz="UTC"), "value": value} | more for start, value, more in rows
    ]), Usage)  # fmt: skip


ROWS = usage(
    ("2026-01-31T23:00", 6.0, {"workload": "recsys", "technique": "deep", "accelerator": "a100", "operator": "x"}),
    ("2026-02-01T00:00", 2.0, {"workload": "chat", "technique": "llm", "accelerator": "h100", "operator": "y"}),
    ("2026-02-01T00:00", 2.0, {"workload": "unlabelled", "technique": "unlabelled", "accelerator": "a100",
                               "operator": "y", "bound": ">="}),
    ("2026-02-01T00:00", 30.0, {"measure": "cost", "unit": "USD", "workload": "recsys"}),
)  # fmt: skip


def part(answer, by):
    rows = answer.table[(answer.table["by"] == by) & (answer.table["gpu_hours"] > 0)]
    return rows.set_index("name")["gpu_hours"].to_dict()


def test_hours_add_up_by_month_and_every_label():
    answer = describe(ROWS, Fleet("mine"))
    assert part(answer, "month") == {"2026-01": 6.0, "2026-02": 4.0}
    assert part(answer, "accelerator") == {"a100": 8.0, "h100": 2.0}
    assert part(answer, "workload") == {"recsys": 6.0, "chat": 2.0, "unlabelled": 2.0}
    assert part(answer, "operator") == {"x": 6.0, "y": 4.0}
    assert part(answer, "user") == {}  # nothing tells it
    assert answer.table.groupby("by")["share"].sum().to_list() == pytest.approx([1.0] * answer.table["by"].nunique())
    cost = answer.table.set_index(["by", "name"])["cost"]
    assert cost["workload", "recsys"] == cost["month", "2026-02"] == 30.0


def test_the_sentence_says_how_much_when_on_what_and_what_has_no_label():
    says = describe(ROWS, Fleet("mine")).says
    used = "Fleet mine used 10 GPU-hours from 2026-01 to 2026-02 on a100, h100"
    assert says == f"{used}; 20% has no workload and 20% has no technique."


def test_the_most_at_once_is_over_the_length_of_a_period():
    assert most_at_once(ROWS[ROWS["measure"] == "gpu_hours"]).to_dict() == {"a100": 6.0, "h100": 2.0}
    day = ROWS[ROWS["measure"] == "gpu_hours"].assign(grain="day")
    assert most_at_once(day)["a100"] == 6.0 / 24


def test_notes_say_how_to_label_and_which_question_lacks_what():
    notes = " ".join(describe(ROWS, Fleet("mine")).notes)
    assert "`shiftcast label sacct FILES --into mine --output rules.csv`" in notes
    assert "20% of the hours are lower bounds" in notes
    for missing in ("[[holding]]", "[[offer]]", "[budget]", "no requests", "no leaf"):
        assert missing in notes
    assert "usd_per_hour" not in notes  # a cost is stored


def test_a_fleet_of_which_all_is_said_lacks_nothing():
    rows = ROWS[ROWS["workload"] != "unlabelled"]
    more = usage(("2026-02-01", 5.0, {"measure": "requests", "unit": "request"}))
    held = Holding("a100", 8, KNOWN, guessed=True)
    fleet = Fleet("mine", "enterprise", holdings=(held,), offers=(Offer("cloud", "h100", "rent", 2.0, 0.0, 1),),
                  budgets={2027: 1.0})  # fmt: skip
    notes = describe(pd.concat([rows, more]), fleet).notes
    assert len(notes) == 2
    assert "usage runs from 2026-01-31 23:00 to 2026-02-01 01:00 UTC" in notes[0]
    assert "the 8 a100 held are guessed" in notes[1]


def test_a_fleet_without_usage_says_how_to_load_some():
    answer = describe(empty(Usage), Fleet("mine"))
    assert answer.table.empty
    assert (
        "holds no usage and no gpu_hours yet: load some with `shiftcast ingest SOURCE FILES --into mine`" in answer.says
    )
