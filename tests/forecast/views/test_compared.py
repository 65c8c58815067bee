import numpy as np
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import quantile_table
from shiftcast.forecast.views.compared import Compared, compared, mixture_quantiles
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods
from shiftcast.forecast.views.scenario import apply_scenario, with_gallery

GALLERY = {
    "halved": {
        "says": "half of all",
        "evidence": "assumed",
        "source": "judged",
        "demand": [{"part": "all", "factor": 0.5}],
    },
    "gain": {"software": [{"gain": 2.0}]},
}


@pytest.fixture(scope="module")
def cube(small_world):
    return with_gallery(small_world.cube, GALLERY)


def test_levels_and_differences_are_those_of_the_same_draws(cube):
    table = compared(cube, Compared(("halved",))).table
    base, after = (draws_of(each, "power", Part())[:, -1] for each in (cube, apply_scenario(cube, "halved")))
    row = table[(table["measure"] == "power") & (table["quarter"] == "2028Q4")].iloc[0]
    np.testing.assert_allclose(row["difference_low80"], np.quantile(after - base, 0.1), rtol=1e-12)
    np.testing.assert_allclose(row["level_high80"], np.quantile(after, 0.9), rtol=1e-12)
    np.testing.assert_allclose(row["base_median"], np.median(base), rtol=1e-12)
    assert row["unit"] == "MW_facility"
    assert len(table) == 5 * int(forecast_periods(cube).sum())


def test_differences_of_equal_scenarios_are_exactly_none(cube):
    answer = compared(cube, Compared(("all*1", "halved", "all*0.5"), by="2028Q1"))
    table = answer.table.set_index(["scenario", "measure", "quarter"])
    assert (table.loc["all*1"].filter(like="difference") == 0).all().all()
    np.testing.assert_array_equal(
        table.loc["halved"].select_dtypes("number").to_numpy(), table.loc["all*0.5"].select_dtypes("number").to_numpy()
    )


def test_segments_are_told_at_the_quarter_of_the_words(cube):
    answer = compared(cube, Compared(("halved",), by="2027Q2"))
    sides = answer.more["by segment"]
    assert set(sides["quarter"]) == {"2027Q2"}
    assert set(sides["segment"]) == {"hyperscale", "rest", "vendor_internal"}
    one = compared(cube, Compared(("halved",), segment="rest", by="2027Q2"))
    own = one.table[one.table["quarter"] == "2027Q2"].set_index("measure")["level_median"]
    assert own.equals(sides[sides["segment"] == "rest"].set_index("measure")["level_median"])
    assert not one.more


def test_words_begin_with_the_figure_and_name_what_is_assumed(cube):
    answer = compared(cube, Compared(("halved",)))
    row = answer.table[(answer.table["measure"] == "accelerators") & (answer.table["quarter"] == "2027Q4")].iloc[0]
    assert answer.says.startswith(f"{row['level_median'] / 1e6:.3g} million accelerators (8 in 10: ")
    assert "at the end of 2027Q4 under halved" in answer.says
    assert answer.assumed.set_index("name").loc["halved", "source"] == "judged"
    assert any("half of all (SHA-256 " in note for note in answer.notes)


def test_a_mixture_is_of_draws_at_the_weights_given(cube):
    answer = compared(cube, Compared(("halved",), weights={"base": 0.25, "halved": 0.75}))
    mixed = answer.table[answer.table["scenario"] == "mixture of base 0.25, halved 0.75"].set_index(
        ["measure", "quarter"]
    )
    draws = [draws_of(each, "spending", Part())[:, -1] for each in (cube, apply_scenario(cube, "halved"))]
    exact = np.quantile(np.concatenate([draws[0], *[draws[1]] * 3]), 0.9, method="inverted_cdf")
    assert mixed.loc[("spending", "2028Q4"), "level_high80"] == pytest.approx(exact, rel=1e-12)
    whole = compared(cube, Compared(("halved",), weights={"halved": 1.0})).table
    alone, mixture = (whole[whole["scenario"] == name]["level_median"].to_numpy()
                      for name in ("halved", "mixture of halved 1"))  # fmt: skip
    np.testing.assert_array_equal(alone, mixture)


def test_quantiles_of_a_mixture_of_equal_weights_are_those_of_all_draws():
    draws = np.random.default_rng(0).normal(size=(2, 501, 3))
    found = mixture_quantiles(draws, np.array([0.5, 0.5]), (0.1, 0.5))
    np.testing.assert_allclose(found, quantile_table(draws.reshape(-1, 3), (0.1, 0.5))[1:], atol=0.02)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"scenarios": ()}, "no scenario was asked about; name one of gain, halved"),
        ({"scenarios": ("halvd",)}, "did you mean 'halved'"),
        (
            {"scenarios": ("halved",), "by": "2031Q1"},
            "an answer for 2031Q1: the forecast goes from 2026Q3 to 2028Q4",
        ),
        ({"scenarios": ("halved",), "weights": {"halvd": 1.0}}, "scenario 'halvd' is not known; did you mean 'halved'"),
        ({"scenarios": ("halved",), "weights": {"halved": 0.3}}, "weights sum to 0.3; .*such as base=0.7 for the rest"),
        ({"scenarios": ("halved",), "weights": {"halved": -1.0, "base": 2.0}}, "weight -1 of 'halved' is below 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(cube, asked, said):
    with pytest.raises(ValueError, match=said):
        compared(cube, Compared(**asked))


@pytest.mark.parametrize(
    ("scenarios", "says"),
    [
        (("base",), "no scenario but 'base' was asked about; name one of gain, halved"),
        (("{}",), "no scenario but 'base' was asked about"),
        (('{"name":"base","use":["halved"]}',), "the name 'base' is that of the forecast as it is"),
        (('{"use":["halved"]}', '{"use":["gain"]}'), "two that differ are called 'own'; give each a name of its own"),
    ],
)
def test_what_would_be_taken_for_the_base_or_for_another_is_refused(cube, scenarios, says):
    with pytest.raises(InputError, match=says):
        compared(cube, Compared(scenarios))


def test_the_base_beside_others_adds_nothing(cube):
    assert compared(cube, Compared(("base", "halved"))).table.equals(compared(cube, Compared(("halved",))).table)
