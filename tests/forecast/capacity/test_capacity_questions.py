"""Plans, retirement and limits are views of the same draws as the cube."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shiftcast.features.calendars import hours_in, quarter_end
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.capacity.ceilings_question import ceilings_question
from shiftcast.forecast.capacity.cohorts import shipped_by_generation
from shiftcast.forecast.capacity.generation_work import generation_work
from shiftcast.forecast.capacity.limits_question import limits_question
from shiftcast.forecast.capacity.need import needed
from shiftcast.forecast.capacity.plan import Plan, plan_question
from shiftcast.forecast.capacity.plan_words import line_note
from shiftcast.forecast.capacity.purchases import Limits
from shiftcast.forecast.capacity.regret import SCENARIOS
from shiftcast.forecast.capacity.retire import MODEL, Retirement, retire_question
from shiftcast.forecast.economics.basis import machine
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import Part, draws_of, periods
from shiftcast.forecast.views.places import place_ahead

ORIGIN = pd.Timestamp("2026-11-22", tz="UTC")


@pytest.fixture(scope="module")
def basis(record, small_world):
    made = basis_of(record.as_of(ORIGIN), Settings(draws=200))
    return replace(made, shipped=shipped_by_generation(small_world))


@pytest.fixture(scope="module")
def cube(small_world):
    return small_world.cube


def test_shipments_by_generation_are_those_of_the_cube(basis, cube):
    mine = basis.shipped.sel(quarter=cube["period"].values).sum(["segment", "generation"])
    np.testing.assert_allclose(mine.values, cube["accelerators_shipped"].sum("leaf").values, rtol=1e-4)


def plan(cube, basis, **asked):
    return plan_question(cube, basis, Plan(**asked)).table.iloc[0]


def test_the_plan_covers_the_need_at_its_risk_in_whole_racks(cube, basis):
    row = plan(cube, basis, by="2027Q4", risk=0.05, segment="hyperscale/internal")
    place = int(periods(cube).searchsorted(quarter_end("2027Q4")))
    live = draws_of(cube, "accelerators", Part("hyperscale", "internal"))[:, place]
    assert row["accelerators_needed"] == pytest.approx(np.quantile(live, 0.95))
    added = needed(cube, Part("hyperscale", "internal"), place, None).added
    each = generation_work(cube, basis, None, Part("hyperscale", "internal"), place).each[family(basis, row)]
    assert (added * each > row["accelerators_to_add"]).mean() <= 0.05
    assert row["accelerators_to_add"] % row["rack"] == 0
    assert 0 < row["expected_short"] < row["accelerators_to_add"]
    assert (row["rack"], row["segment"], row["leaf"]) == (72, "hyperscale", "internal")


def family(basis, row):
    return machine(basis, row["generation"]).family


def test_a_faster_generation_needs_fewer_for_the_same_work(cube, basis, known_on):
    answer = plan_question(cube, basis, Plan("2027Q4", 0.05), known_on().registry)
    rows = answer.more["by generation"].set_index("generation")
    assert rows["stands_for_median"].is_monotonic_increasing  # each family does more than the one before
    assert rows.loc["vr200", "accelerators_to_add"] < rows.loc["gb300", "accelerators_to_add"]
    assert 0 < rows.loc["gb300", "measured_share"] < rows.loc["h100", "measured_share"] < 1
    work = rows["accelerators_to_add"] * rows["stands_for_median"]
    assert work.max() / work.min() < 1.6  # up to rounding, and to draws whose mix differs
    forced = plan_question(cube, basis, Plan("2027Q4", 0.05, generation="gb300"), known_on().registry).table.iloc[0]
    assert forced["accelerators_to_add"] == rows.loc["gb300", "accelerators_to_add"]


def test_a_late_plan_says_what_can_still_be_had(cube, basis):
    answer = plan_question(cube, basis, Plan("2027Q2", 0.05))
    row, today = answer.table.iloc[0], answer.more["ordered today"].set_index("quarter")
    assert row["order_by"] < f"{ORIGIN:%Y-%m-%d}"
    assert "The best that can still be had is to order today" in answer.says
    assert row["p_short_if_ordered_now"] == today.loc["2027Q2", "p_short"] >= 1 - row["in_time_if_ordered_now"]
    held = today.loc[row["first_quarter_held"]]
    assert held["live_odds"] >= 0.95
    assert (today["live_odds"].diff().dropna() >= 0).all()


def test_ways_are_told_by_the_least_largest_regret(cube, basis):
    answer = plan_question(cube, basis, Plan("2027Q4", 0.05))
    ways = answer.more["ways"]
    assert ways["largest_regret_usd"].is_monotonic_increasing
    assert (ways[list(SCENARIOS)] >= 0).all().all()
    assert (ways[list(SCENARIOS)].min() == 0).all()
    assert ways["way"].str.contains("rent").sum() == 2
    assert f"'{ways['way'].iloc[0]}'" in answer.says


def test_one_s_own_fleet_beyond_all_is_doubted(cube, basis):
    with pytest.raises(ValueError, match="one's own fleet of 1,000,000,000 accelerators"):
        plan_question(cube, basis, Plan("2027Q4", 0.05, leaf="sovereign", installed=1e9))
    sure = plan_question(cube, basis, Plan("2027Q4", 0.05, leaf="sovereign", installed=1e9, sure=True))
    with pytest.raises(ValueError, match=r"one's own fleet is 1e\+300 accelerator, outside 0 to 1e\+09"):
        plan_question(cube, basis, Plan("2027Q4", 0.05, leaf="sovereign", installed=1e300, sure=True))
    assert sure.notes[0].startswith("Doubtful: one's own fleet")


def test_a_plan_of_a_side_says_what_the_line_between_the_sides_is_worth(cube, basis):
    made = xr.Dataset(
        {"hyperscale_share": (("draw", "period", "definition"), np.full((3, 1, 3), [0.5, 0.4, 0.55]))},
        coords={"definition": ["now", "before", "claim"]}, attrs={"definition": "now"},
    )  # fmt: skip
    assert "hyperscale is 0.8 (before) to 1.1 (claim) times as large" in line_note(made, Part("hyperscale"), 0)[0]
    assert "rest is 0.9 (claim) to 1.2 (before) times as large" in line_note(made, Part("rest", "sovereign"), 0)[0]
    assert line_note(made, Part(), 0) == line_note(made.isel(definition=[0]), Part("rest"), 0) == ()
    answer = plan_question(cube, basis, Plan("2027Q4", 0.05, segment="rest"))
    assert line_note(cube, Part("rest"), place_ahead(cube, "2027Q4")[0])[0] in answer.notes


def test_a_plan_says_how_long_others_wait(cube, basis):
    answer = plan_question(cube, basis, Plan("2027Q4", 0.05))
    assert "b200 1.3 to 3.3 (2026Q2)" in answer.notes[-1]
    assert "h100_servers 2.8 to 4 (2026Q2)" in answer.notes[-1]
    assert (answer.assumed["name"] == "lead_time.delay.b200 2026-04 to 2026-06").sum() == 1
    without = plan_question(cube, replace(basis, ceilings=basis.ceilings.iloc[:0]), Plan("2027Q4", 0.05))
    assert without.notes == answer.notes[:-1]


def test_less_risk_asks_for_more_and_earlier(cube, basis):
    bold, careful = (plan(cube, basis, by="2027Q4", risk=risk) for risk in (0.3, 0.02))
    assert careful["accelerators_to_add"] > bold["accelerators_to_add"]
    assert careful["order_by"] < bold["order_by"]
    for row in (bold, careful):
        assert row["signal_by"] < row["order_by"] < row["ship_by"] < row["live_by"] == "2027-12-31"
        assert 0 < row["in_time_if_ordered_now"] < 1
        assert row["enough_and_in_time"] <= row["quantile"]


def test_the_newsvendor_names_the_risk(cube, basis):
    by_cost, by_risk = plan(cube, basis, by="2027Q4", under=19.0, over=1.0), plan(cube, basis, by="2027Q4", risk=0.05)
    assert by_cost["quantile"] == pytest.approx(0.95)
    assert by_cost["accelerators_to_add"] == by_risk["accelerators_to_add"]


def test_one_s_own_fleet_grows_as_the_segment(cube, basis):
    whole = draws_of(cube, "accelerators", Part("rest", "sovereign"))
    ends = periods(cube)
    place = int(ends.searchsorted(quarter_end("2027Q4")))
    now = int(ends.searchsorted(quarter_end("2026Q3")))  # the last quarter that is over, though it is not reported
    own = plan(cube, basis, by="2027Q4", risk=0.1, leaf="sovereign", installed=1000.0)
    assert own["segment"] == "rest"
    assert own["live_median"] == pytest.approx(np.median(1000 * whole[:, place] / whole[:, now]), rel=1e-6)


def test_sooner_orders_of_a_shorter_lead(cube, basis):
    slow = plan(cube, basis, by="2027Q4", risk=0.1)
    fast = plan(cube, basis, by="2027Q4", risk=0.1, given={"lag.order_shipment": 0.5})
    assert fast["order_by"] > slow["order_by"]
    assert fast["accelerators_to_add"] == slow["accelerators_to_add"]
    assert fast["live_share_if_signalled_now_median"] > slow["live_share_if_signalled_now_median"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "2031Q1", "risk": 0.1}, "an answer for 2031Q1: the forecast goes from 2026Q3 to 2028Q4"),
        ({"by": "2026Q1", "risk": 0.1}, "an answer for 2026Q1: the forecast"), ({"by": "soon", "risk": 0.1}, "'soon'"),
        ({"by": "2027Q4"}, "give either a shortage risk"), ({"by": "2027Q4", "risk": 0.1, "under": 1.0}, "give either"),
        ({"by": "2027Q4", "under": 1.0}, "give either"), ({"by": "2027Q4", "risk": 1.5}, "risk 1.5 is not between"),
        ({"by": "2027Q4", "risk": 0.1, "installed": -3.0}, "-3 accelerators installed"),
        ({"by": "2027Q4", "risk": 0.1, "segment": "moon"}, "segment 'moon'"),
        ({"by": "2027Q4", "risk": 0.1, "leaf": "moon"}, "leaf 'moon'"),
        ({"by": "2027Q4", "risk": 0.1, "generation": "feynman"}, "power of feynman"),
    ],
)  # fmt: skip
def test_plans_that_cannot_be_made_are_refused(cube, basis, asked, said):
    with pytest.raises(ValueError, match=said):
        plan_question(cube, basis, Plan(**asked))


@pytest.fixture(scope="module")
def hopper(cube, basis):
    return retire_question(cube, basis, Retirement("hopper"))


def test_scarce_power_retires_sooner_than_slack_power(hopper):
    cohorts = hopper.table[hopper.table["cohort"] != "all"].set_index(["cohort", "power"])
    slack, scarce = cohorts.xs("slack", level="power"), cohorts.xs("scarce", level="power")
    assert (scarce["never"] <= cohorts.xs("as forecast", level="power")["never"]).all()
    assert set(slack["looked_to"]) == {"2036Q4"}
    assert slack["never"].is_monotonic_increasing
    whole = hopper.table[hopper.table["cohort"] == "all"].set_index("power")
    assert whole.loc["scarce", "mw_freed_median"] > whole.loc["slack", "mw_freed_median"]
    ratio = whole.loc["scarce", "work_day_lost_median"] / whole.loc["scarce", "retired_early_median"]
    assert 1e5 < ratio / 86400 * 1e3 < 4e6  # thousandths of a token a second and accelerator: 100 to 4,000


def test_cohorts_are_followed_by_age_until_today(hopper, basis):
    live = hopper.paths.set_index(["panel", "x"])["median"]
    for quarter in ("2025Q1", "2026Q3"):
        assert live["slack", quarter] == live["scarce", quarter] == live["age alone", quarter]
    assert live["scarce", "2028Q4"] <= live["slack", "2028Q4"] <= live["age alone", "2028Q4"]
    first = hopper.table.iloc[0]
    assert first["in_place_median"] < first["shipped_median"]


def test_a_higher_price_keeps_old_kit_and_an_accelerator_stands_for_its_family(cube, basis):
    cheap, dear = (
        retire_question(cube, basis, Retirement("h100", given={f"price.output_token.{MODEL}": price}, sure=True)).table
        for price in (0.05, 50.0)
    )
    slack = lambda table: table[table["power"] == "slack"]["never"].dropna()  # noqa: E731  (a name for one expression)
    assert (slack(dear) > slack(cheap) + 0.5).all()


def test_a_segment_s_fleet_is_a_part(cube, basis, hopper):
    rest = retire_question(cube, basis, Retirement("hopper", segment="rest")).table.iloc[-1]
    assert rest["shipped_median"] < hopper.table.iloc[-1]["shipped_median"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"generation": "omega"}, "'omega' is not in hardware.csv"), ({"generation": "cdna3"}, "no record supports"),
        ({"generation": "hopper", "segment": "moon"}, "segment 'moon' is not in the fleet"),
        ({"generation": "ampere"}, "of a100 on 'llama2-70b-99.9'"),
        ({"generation": "hopper", "model": "gpt-oss-120b", "scenario": "1k in/1k out"}, "not counted in output tokens"),
        ({"generation": "hopper", "given": {"retire.upkeep": -1.0}}, "retire.upkeep of -1"),
    ],
)  # fmt: skip
def test_retirements_that_cannot_be_told_are_refused(cube, basis, asked, said):
    with pytest.raises(ValueError, match=said):
        retire_question(cube, basis, Retirement(**asked))


def test_without_a_fleet_there_is_no_answer(basis, cube, small_world):
    bare = replace(basis, shipped=None)
    for ask in (lambda: retire_question(cube, bare, Retirement("hopper")), lambda: ceilings_question(cube, bare),
                lambda: limits_question(cube, bare, Limits("2027Q4"))):  # fmt: skip
        with pytest.raises(OutOfSupportError, match="no fleet stands behind"):
            ask()
    with pytest.raises(OutOfSupportError, match="without catalogue and fleet"):
        Forecaster(small_world.cube, pd.DataFrame(), pd.DataFrame()).site(mw=1.0)


def test_what_limits_the_fleet_by_quarter(cube, basis):
    answer = limits_question(cube, basis, Limits("2027Q2", programmes=6))
    assert answer.table["quarter"].tolist() == ["2026Q4", "2027Q1", "2027Q2"]
    odds = answer.table[[f"odds_{name}" for name in ("demand", "power", "packaging", "memory")]]
    assert (odds.sum(axis=1) <= 1 + 1e-9).all()
    assert ((answer.table["served_share_median"] > 0.3) & (answer.table["served_share_median"] <= 1 + 1e-6)).all()
    bound, lifted, free = (
        limits_question(cube, basis, Limits("2028Q4", programmes=4, lift=lift)).table.iloc[-1]
        for lift in ((), ("power",), ("power", "memory", "packaging"))
    )
    assert bound["odds_power"] > 0
    assert (lifted["odds_power"], lifted["shadow_power_median"]) == (0, 0)
    assert bound["served_share_median"] <= lifted["served_share_median"] <= free["served_share_median"] + 1e-6
    assert free["served_share_low80"] == pytest.approx(1, abs=1e-6)
    rent = 1000 * 2.0 * hours_in(pd.DatetimeIndex([quarter_end("2027Q2")]))[0]
    assert (answer.table["shadow_demand_high80"] <= 1.05 * rent).all()


def test_limits_without_any_ceiling_say_so(cube, basis):
    bare = replace(basis, ceilings=basis.ceilings.iloc[:0])
    answer = limits_question(cube, bare, Limits("2027Q1", programmes=2))
    assert set(answer.table["binding"]) == {"demand"}
    assert answer.notes[-1].endswith("without a ceiling: packaging, memory, power.")
    with pytest.raises(OutOfSupportError, match=r"ceilings.csv has no row of packaging, memory, power"):
        ceilings_question(cube, bare)


def test_ceilings_by_quarter_name_who_says_so(cube, basis):
    answer = ceilings_question(cube, basis, by="2027Q2")
    table = answer.table.set_index(["ceiling", "quarter"])
    assert list(dict.fromkeys(table.index.get_level_values("ceiling"))) == ["packaging", "memory", "power"]
    assert table.index.get_level_values("quarter")[-1] == "2027Q2"
    row = table.loc["packaging", "2026Q4"]
    assert (row["rows"], row["unit"], row["evidence"]) == (9, "wafer/quarter", "independent")
    assert row["most_low80"] < 216_000 < row["most_high80"]
    assert (table["known_at"] <= "2026-11-22").all()
    assert row["source"] in set(answer.assumed["source"])
    for by in ("2031Q1", "2020Q1"):
        with pytest.raises(OutOfSupportError, match=f"ceilings to {by}"):
            ceilings_question(cube, basis, by=by)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"by": "2031Q1"}, "limits to 2031Q1"), ({"by": "2025Q1"}, "2025Q1 has ended"),
     ({"by": "2027Q1", "programmes": 0}, "0 programmes"),
     ({"by": "2027Q1", "lift": ("money",)}, "ceiling 'money' cannot be lifted.*packaging, memory, power")],
)  # fmt: skip
def test_limits_that_cannot_be_told_are_refused(cube, basis, asked, said):
    with pytest.raises(ValueError, match=said):
        limits_question(cube, basis, Limits(**asked))


def test_without_anything_to_buy_there_is_no_plan(cube, basis):
    bare = replace(basis, hardware=basis.hardware.assign(scale_up_domain=np.nan))
    with pytest.raises(OutOfSupportError, match="no accelerator that ships has power, a scale-up domain and a price"):
        plan_question(cube, bare, Plan("2027Q4", 0.05))
