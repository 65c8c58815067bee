import numpy as np
import pytest

from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods
from shiftcast.forecast.views.scenario import apply_scenario, read_scenario


def test_the_base_scenario_is_the_cube_itself(small_world):
    assert apply_scenario(small_world.cube, "base") is small_world.cube


def test_only_the_part_named_moves_and_only_ahead(small_world):
    cube = small_world.cube
    after = apply_scenario(cube, "generative*1.5; edge*2")
    ratio = after["gpu_hours"].values / np.maximum(cube["gpu_hours"].values, 1e-30)
    ahead, tasks, leaves = forecast_periods(cube), cube["task"].values.tolist(), cube["leaf"].values.tolist()
    generative, edge = tasks.index("generative/llm"), leaves.index("edge")
    np.testing.assert_allclose(ratio[:, ahead, edge, generative], 3.0, rtol=1e-5)
    other = tasks.index("search/llm")
    np.testing.assert_allclose(ratio[:, ahead, leaves.index("hosted"), other], 1.0)
    np.testing.assert_array_equal(after["gpu_hours"].values[:, ~ahead], cube["gpu_hours"].values[:, ~ahead])
    assert after.attrs["scenario"] == "generative*1.5; edge*2"
    assert cube.attrs["scenario"] == "base"
    assert "spending" not in after
    assert after["power"].attrs == cube["power"].attrs


def test_machines_follow_the_hours_of_their_leaf(small_world):
    cube = small_world.cube
    after = apply_scenario(cube, "search*3")
    ahead = forecast_periods(cube)
    sold = [i for i, side in enumerate(segment_of_leaves(cube)) if side != "vendor_internal"]
    for name in ("accelerators", "power"):
        hours = (after["gpu_hours"].sum("task") / cube["gpu_hours"].sum("task")).values[:, ahead][:, :, sold]
        np.testing.assert_allclose((after[name] / cube[name]).values[:, ahead][:, :, sold], hours, rtol=1e-5)


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
