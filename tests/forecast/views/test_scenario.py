import numpy as np
import pytest

from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods
from shiftcast.forecast.views.scenario import apply_scenario, read_scenario


def test_the_base_scenario_is_the_cube_itself(small_world):
    assert apply_scenario(small_world.cube, "base") is small_world.cube


LIFTED = "; lift funding; lift packaging; lift memory; lift power"


def leaf_levels(cube, name):
    values = cube[name].values[:, forecast_periods(cube)].astype(np.float64)
    return values.sum(axis=-1) if values.ndim == 4 else values


def wanted(cube):
    return leaf_levels(cube, "gpu_hours") + leaf_levels(cube, "latent_hours")


def test_a_scenario_that_changes_nothing_changes_no_bit(small_world):
    cube = small_world.cube
    after = apply_scenario(cube, "search*1; edge*1")
    for name in cube:
        np.testing.assert_array_equal(after[name].values, cube[name].values)


def test_only_the_part_named_is_wanted_more_and_only_ahead(small_world):
    cube = small_world.cube
    after = apply_scenario(cube, "generative*1.5; edge*2")
    ahead, tasks, leaves = forecast_periods(cube), cube["task"].values.tolist(), cube["leaf"].values.tolist()
    edge, hosted = leaves.index("edge"), leaves.index("hosted")
    hours = [each["gpu_hours"].values[:, ahead].astype(np.float64) for each in (cube, after)]
    mix = [each / each.sum(axis=-1, keepdims=True) for each in hours]
    generative, search = tasks.index("generative/llm"), tasks.index("search/llm")
    odds = [each[:, :, hosted, generative] / each[:, :, hosted, search] for each in mix]
    np.testing.assert_allclose(odds[1] / odds[0], 1.5, rtol=1e-4)
    share = mix[0][:, :, edge, generative]
    np.testing.assert_allclose(wanted(after)[..., edge] / wanted(cube)[..., edge], 2 * (1 + 0.5 * share), rtol=1e-4)
    np.testing.assert_array_equal(after["gpu_hours"].values[:, ~ahead], cube["gpu_hours"].values[:, ~ahead])
    assert after.attrs["scenario"] == "generative*1.5; edge*2"
    assert cube.attrs["scenario"] == "base"
    assert after["power"].attrs == cube["power"].attrs


@pytest.mark.parametrize("workload", ["recsys", "search", "ads"])
def test_a_demand_shock_moves_machines_power_and_money_or_what_is_latent_by_what_the_hours_rose(small_world, workload):
    cube, text = small_world.cube, f"{workload}*10"
    shocked, free = apply_scenario(cube, text), apply_scenario(cube, text + LIFTED)
    lifted = apply_scenario(cube, LIFTED)
    rose = wanted(shocked)[:, -1].sum(axis=-1) / wanted(cube)[:, -1].sum(axis=-1)
    assert (rose > 1).all()
    total = [leaf_levels(each, "latent_hours")[:, -1].sum(axis=-1) for each in (cube, shocked, free)]
    assert np.median(total[1]) > np.median(total[0])
    assert np.median(total[2]) < 1e-6 * np.median(total[0])  # some still arrive
    for name in ("accelerators", "power"):
        levels = [leaf_levels(each, name)[:, -1].sum(axis=-1) for each in (cube, shocked, lifted, free)]
        assert np.median(levels[1] / levels[0]) > 1
        moved = np.median(levels[3] / levels[2])
        assert moved == pytest.approx(np.median(rose), rel=0.15), name
    money = [leaf_levels(each, "spending").sum(axis=(1, 2)) for each in (cube, shocked, lifted, free)]
    assert np.median(money[1] / money[0]) > 1
    assert np.median(money[3] / money[2]) == pytest.approx(np.median(rose), rel=0.2)


def test_a_shock_to_one_leaf_moves_that_leaf_and_others_only_within_the_ceilings(small_world):
    cube = small_world.cube
    free, lifted = apply_scenario(cube, "robotics*5" + LIFTED), apply_scenario(cube, LIFTED)
    at = cube["leaf"].values.tolist().index("robotics")
    ratio = leaf_levels(free, "accelerators") / leaf_levels(lifted, "accelerators")
    np.testing.assert_allclose(np.delete(ratio, at, axis=2), 1.0, rtol=1e-5)
    assert np.median(ratio[:, -1, at]) == pytest.approx(5, rel=0.1)


def test_less_demand_leaves_machines_idle_and_serves_all_that_is_wanted(small_world):
    cube = small_world.cube
    after = apply_scenario(cube, "all*0.3")
    np.testing.assert_allclose(wanted(after), 0.3 * wanted(cube), rtol=1e-5)
    assert (np.median(leaf_levels(after, "accelerators") / leaf_levels(cube, "accelerators"), axis=0) < 1).all()
    assert (leaf_levels(after, "accelerators_shipped") >= 0).all()
    assert np.median(leaf_levels(after, "latent_hours")[:, 0]) == 0


def test_lifting_a_ceiling_serves_more_of_the_same_wish(small_world):
    cube = small_world.cube
    after = apply_scenario(cube, "lift power")
    np.testing.assert_allclose(wanted(after), wanted(cube), rtol=1e-5)
    shipped = [leaf_levels(each, "accelerators_shipped").sum(axis=(1, 2)) for each in (cube, after)]
    assert (shipped[1] >= shipped[0] * (1 - 1e-6)).all()
    assert np.median(shipped[1] / shipped[0]) > 1.005
    with pytest.raises(ValueError, match="ceiling 'gravity' cannot be lifted; choose from packaging, memory"):
        apply_scenario(cube, "lift gravity")


def test_a_scenario_of_one_side_moves_its_share(small_world):
    cube = small_world.cube
    at = cube["definition"].values.tolist().index(cube.attrs["definition"])
    after = apply_scenario(cube, "rest*2")
    share = [each["hyperscale_share"].values[:, forecast_periods(cube), at] for each in (cube, after)]
    spending = leaf_levels(after, "spending")
    own = spending[..., :2].sum(axis=-1) / spending.sum(axis=-1)
    np.testing.assert_allclose(share[1], own, rtol=1e-4)
    assert (share[1] <= share[0] + 1e-6).all()


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("generative", ValueError, "'generative' is not of the form part.factor"),
        ("generative*much", ValueError, "'generative.much' is not of the form"),
        ("*2", ValueError, "is not of the form"),
        ("generative*nan", ValueError, "is not of the form"),
        ("generative*0", OutOfSupportError, "factor 0 of 'generative' is outside 0.01 to 100"),
        ("generative*1e9", OutOfSupportError, "factor 1e[+]09 of 'generative' is outside"),
        ("chess*2", ValueError, "'chess' is no part of the forecast; name all, one of edge"),
    ],
)
def test_a_scenario_that_cannot_be_drawn_is_refused(small_world, text, error, said):
    with pytest.raises(error, match=f"scenario: .*{said}"):
        apply_scenario(small_world.cube, text)


def test_empty_pieces_count_for_nothing():
    assert read_scenario(" ; edge*2;") == read_scenario("edge*2")
    assert read_scenario("lift power;") == read_scenario("lift  power")


def test_a_scenario_that_cuts_demand_spends_nothing_less_than_nothing_and_keeps_shares(small_world):
    for text in ("all*0.01", "all*0.5", "sovereign*0.01", "generative*2"):
        after = apply_scenario(small_world.cube, text)
        assert after["spending"].values.min() >= 0
        assert 0 <= after["hyperscale_share"].values.min() <= after["hyperscale_share"].values.max() <= 1
        ahead = forecast_periods(after)
        most = after["supply"].values[:, ahead] / after["supply_use"].values[:, ahead]
        shipped = after["accelerators_shipped"].values[:, ahead].sum(axis=-1)
        names = after["ceiling"].values.tolist()
        for name in ("funding", "packaging", "memory"):
            assert (shipped <= most[..., names.index(name)] * (1 + 1e-4)).all(), (text, name)


def test_factors_are_bounded_by_what_they_multiply_to(small_world):
    with pytest.raises(OutOfSupportError, match=r"factors multiply to 10000 to 10000, outside 0\.01 to 100"):
        apply_scenario(small_world.cube, "all*100; all*100")


def test_the_vendors_own_machines_are_cut_and_their_hours_are_latent_like_others(small_world):
    latent = [
        np.median(cube["latent_hours"].values[:, -1, -1])
        for cube in (small_world.cube, apply_scenario(small_world.cube, "vendor_internal*3"))
    ]
    assert latent[1] > 2 * latent[0] > 0
