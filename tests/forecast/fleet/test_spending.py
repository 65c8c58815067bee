"""Cost and waiting by month from a fleet's usage, and a month as an attribution takes it."""

import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS, Usage, conform
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.spending import side_of, spent_by_month, waited_by_month

KNOWN = pd.Timestamp("2026-05-01", tz="UTC")


def usage(*rows):
    whole = dict.fromkeys(DIMENSIONS, "all") | {
        "measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": "day", "known_at": KNOWN,
        "source": "focus", "rows": 1.0, "bound": "=", "evidence": "measured", "confidence": "verified",
    }  # fmt: skip
    return conform(pd.DataFrame([
        whole | {"period_start": pd.Timestamp(start, tz="UTC"), "value": value} | more for start, value, more in rows
    ]), Usage)  # fmt: skip


USD = {"measure": "cost", "unit": "USD"}
ROWS = usage(
    ("2026-01-01", 10.0, {"workload": "a"}), ("2026-01-31", 5.0, {"workload": "a", "bound": ">="}),
    ("2026-02-10", 7.0, {"workload": "b"}), ("2026-01-01", 30.0, {"workload": "a", **USD}),
    ("2026-02-01", 4.0, USD), ("2026-02-10", 21.0, {"workload": "b", **USD}),
)  # fmt: skip


def test_cost_and_hours_stand_side_by_side_by_month_and_part():
    spent = spent_by_month(ROWS, ("workload",))
    rows = [(f"{row.month:%Y-%m-%d}", row.workload, row.cost, row.hours) for row in spent.itertuples()]
    assert rows == [("2026-01-01", "a", 30.0, 15.0), ("2026-02-01", "all", 4.0, 0.0), ("2026-02-01", "b", 21.0, 7.0)]
    assert str(spent["month"].dt.tz) == "UTC"


def test_without_cost_there_is_none_and_other_money_is_refused():
    assert spent_by_month(ROWS[ROWS["measure"] == "gpu_hours"], ("workload",)) is None
    with pytest.raises(InputError, match="cost is stored in EUR, and no exchange rate is assumed"):
        spent_by_month(ROWS.assign(unit=ROWS["unit"].replace("USD", "EUR")), ("workload",))


def test_a_month_waited_if_any_of_it_is_a_lower_bound_and_a_part_of_a_month_is_none():
    months = waited_by_month(ROWS)
    assert [(f"{row.month:%Y-%m}", row.hours, row.waited) for row in months.itertuples()] == [("2026-01", 15.0, True)]


def test_a_month_has_its_rows_and_the_days_that_usage_covers():
    assert side_of(ROWS, "2026-01").days == 31.0
    february = side_of(ROWS, "2026-02")
    assert february.days == 10.0  # usage ends with the tenth
    assert february.rows["value"].sum() == 32.0


def test_a_month_that_is_none_or_not_stored_is_refused():
    with pytest.raises(InputError, match="month '2026-13' is not of the form 2026-09"):
        side_of(ROWS, "2026-13")
    with pytest.raises(InputError, match="the store has no usage of it; it has 2026-01 to 2026-02"):
        side_of(ROWS, "2026-05")
