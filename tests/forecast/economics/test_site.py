"""A site and costs worked by hand on a made-up catalogue."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.economics.basis import generations, join_assumptions, machine
from shiftcast.forecast.economics.costs import Costing, cost_question, numbers
from shiftcast.forecast.economics.rates import price_name, rate
from shiftcast.forecast.economics.site import Site, site_question
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import assumed_rows


def row(answer, generation):
    return answer.table.set_index("generation").loc[generation]


def test_one_megawatt_by_hand(basis):
    """1 MW x 0.8 / (2 kW x 1.25) is room for 320: four racks of 72."""
    beta = row(site_question(basis, Site(1.0)), "beta")
    assert beta["racks_median"] == 4
    assert beta["accelerators_median"] == 288
    assert beta["mw_used_median"] == pytest.approx(288 * 2.5e-3)
    assert beta["work_day_median"] == pytest.approx(288 * 400 * 0.5 * 0.5 * 86400)
    assert beta["work_per_joule_median"] == pytest.approx(200 / 2500)
    assert beta["revenue_usd_mw_year_median"] == pytest.approx(1e-6 * 0.08 * 1e6 * 8760 * 3600 * 0.5)
    hourly = (40000 * (0.2637975 + 0.05) + 25000 * 0.1627454) / 8760 + 2.5 * 0.8 * 0.1
    margin = max(1e-6 * 200 * 3600 * 0.5 - hourly, 0)
    assert beta["shadow_usd_mw_year_median"] == pytest.approx(margin * 8760 / 2500 * 1e6 * 0.8)
    assert (beta["binding"], beta["unit"], beta["rate_evidence"]) == ("power", "output_token", "measured")


def test_the_latest_record_speaks_and_the_largest_output_comes_first(basis):
    answer = site_question(basis, Site(1.0))
    assert row(answer, "beta")["rate"] == 400
    assert answer.table["work_day_median"].is_monotonic_decreasing
    assert any(note.startswith("Most work: beta_air") for note in answer.notes)


def test_a_generation_with_power_at_another_boundary_is_left_out_by_name(basis):
    notes = " ".join(site_question(basis, Site(1.0)).notes)
    assert "power of gamma" in notes
    assert "700 W_chip and 3 kW_facility, at another boundary" in notes
    assert "purchases of whole" in notes
    with pytest.raises(OutOfSupportError, match=r"no it_kw .* add its power at the IT boundary"):
        site_question(basis, Site(1.0, generation="gamma"))


def test_pue_and_other_values_given_stand_in_for_the_assumption(basis):
    answer = site_question(basis, Site(1.0, pue=1.0, given={"site.utilisation": 0.25}))
    beta = row(answer, "beta")
    assert beta["racks_median"] == 5
    assert beta["work_day_median"] == pytest.approx(360 * 400 * 0.5 * 0.25 * 86400)
    given = answer.assumed[answer.assumed["evidence"] == "given"]
    assert sorted(given["name"]) == ["power.pue", "site.utilisation"]


def test_what_binds_is_named(basis):
    few = row(site_question(basis, Site(1.0, accelerators=100)), "beta")
    assert (few["binding"], few["accelerators_median"], few["shadow_usd_mw_year_median"]) == ("accelerators", 72, 0)
    quiet = row(site_question(basis, Site(1.0, demand=1e9)), "beta")
    assert (quiet["binding"], quiet["shadow_usd_mw_year_median"]) == ("demand", 0)
    assert "demand does not absorb" in quiet["because"]
    cheap = site_question(basis, Site(1.0, demand=1e12, given={"price.interactive": 1.0}))
    assert row(cheap, "beta")["tokens_per_watt"]


def test_a_power_cap_fits_more_and_flexibility_costs_little(basis):
    full, capped = (row(site_question(basis, Site(10.0, cap=cap)), "beta") for cap in (1.0, 0.64))
    assert capped["accelerators_median"] > full["accelerators_median"]
    assert capped["work_per_joule_median"] == pytest.approx(full["work_per_joule_median"] * 0.8 / 0.64)
    flexed = row(site_question(basis, Site(10.0, flex=0.36, flex_hours=876.0)), "beta")
    assert flexed["work_day_median"] == pytest.approx(full["work_day_median"] * (1 - 0.1 * 0.2))


def test_samples_have_no_price(basis):
    answer = site_question(basis, Site(1.0, generation="alpha", model="dlrm"))
    assert answer.table["unit"].tolist() == ["sample"]
    assert "revenue_usd_mw_year_median" not in answer.table


def test_a_site_too_small_for_a_rack_says_so(basis):
    answer = site_question(basis, Site(0.01, generation="beta"))
    assert row(answer, "beta")["racks_median"] == 0
    assert "Some generations do not fit one whole rack." in answer.notes


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({"mw": 0.0}, "power of 0 MW"), ({"mw": float("inf")}, "is inf MW_facility"),
        ({"mw": 1e300, "sure": True}, r"is 1e\+300 MW_facility, outside 0 to 1e\+07"),
        ({"mw": 1e-7}, "power of 1e-07 MW"),
        ({"mw": 1.0, "demand": 0.0}, "demand of 0"),
        ({"mw": 1.0, "accelerators": 0}, "0 accelerators"), ({"mw": 1.0, "cap": 1.2}, "cap of 1.2"),
        ({"mw": 1.0, "flex": 1.0}, "share of 1"), ({"mw": 1.0, "flex_hours": 9000.0}, "9000 flexible hours"),
        ({"mw": 1.0, "pue": 0.9}, "PUE 0.9 is below one"),
        ({"mw": 1.0, "given": {"site.luck": 1.0}}, "'site.luck' is not known"),
        ({"mw": 1.0, "given": {"luck": 1.0}}, "'luck' is not known; known are cost"),
        ({"mw": 1.0, "given": {"site.utilisation": 1.5}}, "site.utilisation of 1.5 is outside"),
        ({"mw": 1.0, "given": {"demand.pass_through": float("nan")}}, "demand.pass_through of nan"),
        ({"mw": 1.0, "generation": "omega"}, "'omega' is not in hardware.csv on 2026-11-22; known are alpha"),
        ({"mw": 1.0, "model": "broken", "generation": "beta"}, "beta broken server .* has 0 output_token/s"),
        ({"mw": 1.0, "model": "unknown"}, "no record supports work of alpha on 'unknown'"),
    ],
)  # fmt: skip
def test_bad_questions_are_refused_with_the_value_and_the_remedy(basis, ask, said):
    with pytest.raises(ValueError, match=said):
        site_question(basis, Site(**ask))


def test_costs_by_life_by_hand(basis):
    answer = cost_question(basis, Costing("4,5", generation="new"))
    beta = answer.table[answer.table["generation"] == "beta"].set_index("life")
    assert beta.loc[4.0, "crf"] == pytest.approx(0.3154708, rel=1e-6)
    hourly = (40000 * (0.3154708 + 0.05) + 25000 * 0.1627454) / 8760 + 0.2
    assert beta.loc[4.0, "usd_hour_median"] == pytest.approx(hourly, rel=1e-6)
    assert beta.loc[4.0, "full_use"] == pytest.approx(hourly / (3600 * 200) * 1e6, rel=1e-6)
    assert beta.loc[4.0, "idle"] == pytest.approx(beta.loc[4.0, "full_use"], rel=1e-6)
    assert beta.loc[4.0, "usd_million_median"] == pytest.approx(2 * beta.loc[4.0, "full_use"], rel=1e-6)
    parts = beta.loc[5.0, ["capital", "operations", "site", "energy"]].sum()
    assert parts == pytest.approx(beta.loc[5.0, "full_use"], rel=1e-6)
    assert beta.loc[5.0, "capital"] < beta.loc[4.0, "capital"]
    assert any("cost of beta_air" in note and "no price_usd" in note for note in answer.notes)


def test_costs_show_the_rebound_when_asked(basis):
    notes = cost_question(basis, Costing([5], gain=10.0, elasticity="0.5,1.5")).notes
    assert any("compute x0.32" in note and "partial rebound" in note for note in notes)
    assert any("compute x3.16" in note and "backfire" in note for note in notes)
    recorded = cost_question(basis, Costing([5], gain=10.0))
    assert sum("elasticity 0.5" in note for note in recorded.notes) == 3
    assert "demand.elasticity" in set(recorded.assumed["name"])


@pytest.mark.parametrize(("life", "said"), [("4,-1", "life of -1 years"), ("long", "'long' is not a list"),
                                            ("", "is not a list"), ([float("nan")], "is not a list")])  # fmt: skip
def test_lives_are_numbers_above_zero(basis, life, said):
    with pytest.raises(ValueError, match=said):
        cost_question(basis, Costing(life))


def test_a_generation_without_a_price_cannot_be_costed(basis):
    with pytest.raises(OutOfSupportError, match=r"cost of beta_air.*add the price"):
        cost_question(basis, Costing(generation="beta_air"))


def test_later_rows_are_not_seen_before_they_were_known(basis, known_on):
    later = basis.origin + pd.Timedelta(days=1)
    more = pd.concat([basis.throughput, basis.throughput.assign(known_at=later, measured_at=later, value=9e9)])
    known = known_on(basis.origin, hardware=basis.hardware, throughput=more, assumptions=basis.assumptions,
                     capacity=basis.assumptions.head(0))  # fmt: skip
    seen = basis_of(known, Settings(draws=50, seed=1))
    assert rate(seen, "beta").value == 400
    pd.testing.assert_frame_equal(site_question(seen, Site(1.0)).table, site_question(basis, Site(1.0)).table)


def test_an_assumption_in_two_files_is_refused(basis):
    with pytest.raises(ValueError, match=r"'power\.pue' stands in two files"):
        join_assumptions(basis.assumptions, basis.assumptions.head(1))


def test_names_families_and_prices(basis):
    assert generations(basis, "new") == ("beta", "beta_air")
    assert generations(basis, "alpha") == ("alpha",)
    assert machine(basis, "beta").power.unit == "W_it"
    assert price_name(basis, "deepseek-r1") == "price.output_token"
    own = replace(basis, assumptions=basis.assumptions.assign(name=basis.assumptions["name"].replace(
        {"price.output_token": "price.output_token.deepseek-r1"})))  # fmt: skip
    assert price_name(own, "deepseek-r1") == "price.output_token.deepseek-r1"
    assert numbers((4, 5), "life") == (4.0, 5.0)


def test_a_value_given_for_nothing_used_is_not_listed(basis):
    assert assumed_rows(basis.assumptions, (), {"cost.rate": 0.1}).empty


def test_the_same_seed_gives_the_same_bytes_and_pue_never_falls_below_one(record):
    origin = pd.Timestamp("2026-11-22", tz="UTC")
    make = lambda seed: basis_of(record.as_of(origin), Settings(draws=400, seed=seed))  # noqa: E731  (a name for one expression)
    ask = Site(40.0)
    first, again, other = (site_question(make(seed), ask).table.to_json() for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert (make(1).pue({}) >= 1).all()
    assert np.isfinite(make(1).drawn["power.cap_exponent"]).all()
