"""Figures typed far from the record are refused until they are insisted on, those beyond its range doubted aloud."""

from dataclasses import replace

import pandas as pd
import pytest

from shiftcast.forecast.doubts import FAR, Supported, doubt
from shiftcast.forecast.economics.costs import Costing, cost_question
from shiftcast.forecast.economics.doubted import doubt_given, doubt_power
from shiftcast.forecast.economics.site import Site, site_question
from shiftcast.forecast.spoken import number


@pytest.fixture
def wide(basis):
    """Assumptions with a spread, and the power that the world adds in a quarter."""
    rows = basis.assumptions.set_index("name")
    for name, low, high in (
        ("cost.electricity", 0.05, 0.2),
        ("site.utilisation", 0.3, 0.7),
        ("demand.elasticity", -0.5, 1.5),
    ):
        rows.loc[name, ["low", "high"]] = low, high
    rows.loc["demand.elasticity", "shape"] = "normal"
    ceilings = pd.DataFrame({"name": ["power_additions"] * 2, "applies": ["flow", "growth"], "high": [8540.0, 0.4]})
    return replace(basis, assumptions=rows.reset_index(), ceilings=ceilings)


def test_a_figure_within_the_record_s_95_percent_is_taken(wide):
    """ln 2 a side at 10 and 90 % is 1.0600 at 2.5 and 97.5 %: 0.0346 to 0.2886."""
    assert (
        doubt_given(wide, {"cost.electricity": 0.28, "site.utilisation": 0.75, "demand.elasticity": 2.0}, sure=False)
        == ()
    )
    (note,) = doubt_given(wide, {"cost.electricity": 0.2888}, sure=False)
    assert note == ("Doubtful: cost.electricity of 0.2888 is 1 times above the record's 95 %, 0.03464 to 0.2887.")


def test_a_figure_ten_times_beyond_is_refused_until_insisted_on(wide):
    given = {"cost.electricity": 3.0}
    with pytest.raises(
        ValueError, match=r"cost.electricity of 3 is 10 times above .*; correct it or its unit, or insist"
    ):
        doubt_given(wide, given, sure=False)
    assert len(doubt_given(wide, given, sure=True)) == 1
    with pytest.raises(ValueError, match=r"cost.electricity of 0.003 is 12 times below"):
        doubt_given(wide, {"cost.electricity": 0.003}, sure=False)


@pytest.mark.parametrize("value", [1e300, 1e-300])
def test_a_figure_a_million_times_beyond_is_no_figure_however_sure(wide, value):
    with pytest.raises(ValueError, match=r"cost.electricity of 1e.300 is .* times .*; correct it or its unit$"):
        doubt_given(wide, {"cost.electricity": value}, sure=True)
    assert doubt_given(wide, {"site.utilisation": 1e-300}, sure=True)  # a share ends at nought and the whole anyway


def test_a_share_is_only_doubted_and_a_signed_figure_is_measured_from_the_middle(wide):
    assert len(doubt_given(wide, {"site.utilisation": 1.0}, sure=False)) == 1
    with pytest.raises(ValueError, match=r"demand.elasticity of 20 is 13 times above"):
        doubt_given(wide, {"demand.elasticity": 20.0}, sure=False)


def test_a_site_larger_than_what_the_world_adds_is_doubted_then_refused(wide):
    assert doubt_power(wide.ceilings, 8540.0, sure=False) == ()
    (note,) = doubt_power(wide.ceilings, 60_000.0, sure=False)
    assert "60,000 MW is 7 times above all power that the world's AI adds" in note
    for mw in (9e6, 60e3 * 20):
        with pytest.raises(ValueError, match="correct it or its unit, or insist with sure=yes"):
            site_question(wide, Site(mw))
    assert site_question(wide, Site(9e6, sure=True)).notes[0].startswith("Doubtful: site power of 9,000,000 MW")
    assert doubt_power(wide.ceilings.iloc[1:], 40e6, sure=False) == ()


def test_questions_of_cost_doubt_too(wide):
    with pytest.raises(ValueError, match=r"fleet.life of 1e\+300 is 2e\+299 times above"):
        cost_question(wide, Costing([1e300]))
    with pytest.raises(ValueError, match="insist with sure=yes"):
        cost_question(wide, Costing(given={"cost.electricity": 70.0}))
    assert (
        cost_question(wide, Costing(given={"cost.electricity": 0.5})).notes[0].startswith("Doubtful: cost.electricity")
    )


@pytest.mark.parametrize(
    ("value", "times"), [(5.0, 1.0), (80.0, 10.0), (1.0, 2.0), (0.0, float("inf")), (-1.0, float("inf"))]
)
def test_how_far_beyond_a_figure_lies(value, times):
    assert Supported(2.0, 8.0, "MW", "").times(value) == times


def test_the_far_end_is_refused_itself():
    with pytest.raises(ValueError, match="10 times above"):
        doubt("power", 8.0 * FAR, Supported(2.0, 8.0, "MW", "the range"), sure=False)


def test_a_site_says_first_what_it_puts_out_and_then_that_power_binds_by_construction(basis):
    answer = site_question(basis, Site(1.0))
    free = answer.says
    assert free.startswith(f"{number(answer.table['work_day_median'].iloc[0])} (8 in 10: ")
    assert " MW. Power binds because nothing else was given" in free
    assert "Ask again with demand" in free
    told = site_question(basis, Site(1.0, demand=1e6)).says
    assert told.endswith("Demand binds with odds of 100 %.")
    assert "racks that take" in told


@pytest.mark.parametrize("figure", [{"demand": 1e300}, {"accelerators": float("inf")}])
def test_a_figure_of_a_site_that_nothing_amounts_to_is_refused(figure):
    with pytest.raises(ValueError, match=r"a site with .* is out of range"):
        Site(40.0, **figure)
