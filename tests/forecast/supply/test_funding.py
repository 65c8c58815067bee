import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import latest_known
from shiftcast.forecast.draws import Assumptions, sample_assumptions
from shiftcast.forecast.supply.funding import Buyers, fundable, read_buyers

ENDS = pd.date_range("2024-03-31", "2025-12-31", freq="QE", tz="UTC")
PAID = pd.Series([0.1], index=ENDS[-1:])


def rows(operator, *, earned, spent, ends=ENDS):
    starts = [end - pd.offsets.QuarterBegin(startingMonth=1) for end in ends]
    base = {"operator": operator, "period_start": starts, "period_end": ends, "stage": "flow"}
    return pd.concat([
        pd.DataFrame({**base, "measure": "revenue", "definition": "operator_revenue", "value": earned}),
        pd.DataFrame({**base, "measure": "capex", "definition": "cash_gross", "value": spent}),
    ], ignore_index=True)  # fmt: skip


def assumed(**values):
    kept = {"growth_error": 0.0, "rise": 1.0, "part": 1.0, **values}
    return Assumptions({f"funding.{name}": np.atleast_1d(value) for name, value in kept.items()})


def test_the_last_year_of_every_buyer_is_added_up_and_a_new_one_waits():
    old = rows("a", earned=[10.0] * 4 + [20.0] * 4, spent=[1.0] * 4 + [4.0] * 4)
    new = rows("b", earned=99.0, spent=99.0, ends=ENDS[-4:])
    buyers = read_buyers(pd.concat([old, new], ignore_index=True))
    assert (buyers.revenue, buyers.ratio) == (80.0, 0.2)
    assert buyers.growth == pytest.approx(np.log(2))
    assert abs(buyers.middle - pd.Timestamp("2025-06-30", tz="UTC")) < pd.Timedelta(days=3)


def test_half_a_year_after_the_middle_of_their_year_growth_and_rise_count_for_half():
    buyers = Buyers(80.0, 0.2, 0.1, pd.Timestamp("2025-06-30", tz="UTC"))
    ends = pd.DatetimeIndex([buyers.middle + pd.Timedelta(days=1.5 * 365.25 / 2 - 365.25 / 8)])
    most = fundable(buyers, ends, assumed(growth_error=[0.0, 0.1], rise=1.6, part=0.5), paid=PAID, draws=2)
    years = 0.75 - 0.25
    expected = 20 * np.exp(np.array([0.1, 0.2]) * years) * 0.2 * 1.6 ** (years / 2) * 0.5
    np.testing.assert_allclose(most[:, 0], expected, rtol=0.01)


def test_what_was_paid_last_could_be_funded_in_every_draw():
    buyers = Buyers(80.0, 0.2, 0.0, ENDS[-1])
    most = fundable(buyers, ENDS[-2:], assumed(part=[0.5, 2.0]), paid=PAID * 30, draws=2)
    np.testing.assert_allclose(most, [[3.0, 3.0], [8.0, 8.0]])


def test_where_no_buyer_is_known_there_is_no_ceiling():
    nothing = rows("a", earned=1.0, spent=1.0).iloc[:0]
    assert read_buyers(nothing) is None
    assert np.isinf(fundable(None, ENDS, Assumptions({}), paid=PAID, draws=2)).all()


def test_a_missing_assumption_is_named():
    buyers = read_buyers(rows("a", earned=10.0, spent=1.0))
    with pytest.raises(
        ValueError, match=r"'funding.growth_error' is missing; add a row of that name to assumptions.csv"
    ):
        fundable(buyers, ENDS, Assumptions({}), paid=PAID, draws=2)


def test_the_record_s_ceiling_lies_where_its_judged_ratios_of_2028_put_it(record):
    origin = pd.Timestamp("2026-11-28", tz="UTC")
    buyers = read_buyers(latest_known(record.observations, origin))
    drawn = sample_assumptions(record.assumptions, draws=2000, seed=1)
    ends = pd.DatetimeIndex(["2028-06-30"], tz="UTC")
    most = fundable(buyers, ends, drawn, paid=PAID, draws=2000)
    only_revenue = fundable(buyers, ends, assumed(), paid=PAID, draws=1) / buyers.ratio
    ratio = most[:, 0] / only_revenue[0] / drawn["funding.part"]
    judged = record.ceilings[(record.ceilings["applies"] == "ratio") & (record.ceilings["period_end"].dt.year == 2028)]
    assert judged["low"].item() < np.median(ratio) < judged["high"].item()
