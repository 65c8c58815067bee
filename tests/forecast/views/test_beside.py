import numpy as np
import pandas as pd
import pytest

from shiftcast.features.scope import VENDOR
from shiftcast.forecast.views.beside import beside
from shiftcast.forecast.views.part import Part, draws_of, hyperscale_share, periods


@pytest.fixture(scope="module")
def cube(small_world):
    return small_world.cube


@pytest.fixture(scope="module")
def given(record):
    """Return one forward row to change."""
    rows = record.observations
    chosen = rows[(rows["definition"] == "street_consensus") & (rows["stage"] == "forward")]
    return chosen.iloc[[0]].reset_index(drop=True)


def said(given, **changes):
    days = {name: pd.Timestamp(changes.pop(name), tz="UTC") for name in ("period_start", "period_end")}
    return given.assign(**days, **changes)


def test_a_year_of_the_vendor_is_compared_with_the_sum_of_its_quarters(cube, given):
    ours = draws_of(cube, "spending", Part())[:, -4:].sum(axis=1)
    value = float(np.quantile(ours, 0.7))
    row = said(given, period_start="2028-01-01", period_end="2028-12-31", value=value)
    (found,) = beside(cube, row.assign(definition="outlook_somebody_data_center"))
    np.testing.assert_allclose([found.low, found.mid, found.high], np.quantile(ours, [0.1, 0.5, 0.9]))
    assert found.relation == "same"
    assert found.level == pytest.approx(0.7, abs=0.005)
    assert not found.why


def test_sales_of_the_whole_firm_hold_those_to_data_centres(cube, given):
    (found,) = beside(cube, said(given, period_start="2028-01-01", period_end="2028-12-31"))
    assert found.relation == "whole"
    np.testing.assert_allclose(found.mid, np.median(draws_of(cube, "spending", Part())[:, -4:].sum(axis=1)))


def test_days_of_a_fiscal_year_count_in_their_quarters(cube, given):
    (found,) = beside(cube, said(given, period_start="2028-02-01", period_end="2029-01-28", value=1.0))
    quarters = draws_of(cube, "spending", Part())[:, -4:]
    np.testing.assert_allclose(found.mid, np.median(quarters @ [60 / 91, 1, 1, 120 / 92]))
    assert found.level == 0


@pytest.mark.parametrize("segment", ["hyperscale", "rest"])
def test_a_segment_is_compared_under_its_own_definition(cube, given, segment):
    row = said(given, period_start="2028-10-01", period_end="2028-12-31", segment=segment)
    definition = str(cube["definition"].values[1])
    (found,) = beside(cube, row.assign(definition=f"street_consensus_{definition}"))
    share = hyperscale_share(cube, base="revenue", definition=definition)[:, -1]
    part = share if segment == "hyperscale" else 1 - share
    np.testing.assert_allclose(found.mid, np.median(draws_of(cube, "spending", Part())[:, -1] * part))
    (other,) = beside(cube, row.assign(definition="outlook_somebody"))
    assert other.why == "its definition of the segment is none of ours"


def test_power_of_all_data_centres_is_a_whole_that_ours_is_a_part_of(cube, given):
    row = said(given, period_start="2027-12-31", period_end="2027-12-31", measure="power", vendor="all", value=1e6)
    (found,) = beside(cube, row.assign(definition="outlook_somebody"))
    at = list(periods(cube)).index(pd.Timestamp("2027-12-31", tz="UTC"))
    assert (found.relation, found.level) == ("whole", 1)
    np.testing.assert_allclose(found.mid, np.median(draws_of(cube, "power", Part())[:, at]) / 1e3)
    (mean,) = beside(cube, said(row, period_start="2027-10-01", period_end="2027-12-31", measure="power_use",
                                definition="outlook_somebody"))  # fmt: skip
    np.testing.assert_allclose(mean.mid, found.mid)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"measure": "capex", "vendor": "all"}, "capital spending of all kinds"),
        ({"vendor": "all"}, "sales of all makers"),
        ({"measure": "power_use", "region": "united_states"}, "of united states alone"),
        ({"measure": "power", "operator": "someone_large"}, "of someone large alone"),
        ({"measure": "tokens"}, "we forecast no tokens"),
        ({"period_start": "2019-01-01"}, "reaches beyond our quarters"),
        ({"period_end": "2030-12-31"}, "reaches beyond our quarters"),
    ],
)
def test_what_has_no_like_is_listed_with_the_reason(cube, given, changes, why):
    days = {"period_start": "2028-01-01", "period_end": "2028-12-31"}
    (found,) = beside(cube, said(given, **(days | changes)))
    assert found.why.startswith(why)
    assert not found.relation
    assert found.level is None


def test_only_the_latest_view_of_quarters_ahead_counts(cube, given):
    day = given["known_at"].iloc[0]
    now = said(given, period_start="2028-01-01", period_end="2028-12-31")
    earlier = now.assign(known_at=day - pd.Timedelta(days=9), value=1.0)
    past = said(given, period_start="2024-01-01", period_end="2024-12-31")
    (found,) = beside(cube, pd.concat([now, earlier, past], ignore_index=True))
    assert found.value == now["value"].iloc[0]
    assert found.known_at == day


def test_the_record_holds_views_of_the_vendor_and_of_power(cube, record):
    found = beside(cube, record.observations)
    assert {each.measure for each in found if each.relation == "same"} == {"revenue"}
    assert VENDOR not in {each.view for each in found}
    assert all(bool(each.why) != bool(each.relation) for each in found)
    assert [bool(each.why) for each in found] == sorted(bool(each.why) for each in found)
