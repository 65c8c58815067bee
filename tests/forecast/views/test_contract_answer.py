"""A cap leaves draws within it as they are, and hours, machines and dollars of the others follow, worked by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shiftcast.forecast.views.contract_answer import Held, contract_answer

UNITS = {
    "gpu_hours": "accelerator_hour/quarter", "latent_hours": "accelerator_hour/quarter", "power": "MW_facility",
    "accelerators": "accelerator", "accelerators_shipped": "accelerator/quarter", "spending": "USD/quarter",
    "unit_price": "USD/accelerator",
}  # fmt: skip


@pytest.fixture
def cube():
    """Two draws, one quarter of history and one ahead, in which sovereign has 10 and 6 MW and internal 10 in both."""
    sovereign = np.array([10.0, 6.0])
    by_leaf = np.stack([np.full(2, 10.0), sovereign], axis=-1)[:, None, :].repeat(2, axis=1)  # draw, period, leaf
    values = {
        "gpu_hours": by_leaf[..., None] * np.array([30.0, 70.0]), "latent_hours": by_leaf, "power": by_leaf,
        "accelerators": 10 * by_leaf, "accelerators_shipped": 5 * by_leaf, "spending": 15 * by_leaf,
        "unit_price": np.full((2, 2), 3.0),
    }  # fmt: skip
    dims = ("draw", "period", "leaf", "task")
    return xr.Dataset(
        {name: (dims[: each.ndim], each, {"units": UNITS[name]}) for name, each in values.items()},
        coords={"leaf": ["internal", "sovereign"], "task": ["search/deep", "search/llm"],
                "period": pd.to_datetime(["2026-12-31", "2027-03-31"])},
        attrs={"first_forecast": "2027Q1"},
    )  # fmt: skip


def followed(answer, leaf="sovereign"):
    rows = answer.more["what follows"]
    return rows[rows["leaf"] == leaf].set_index("measure")["moved"].to_dict()


def test_a_cap_moves_the_draws_beyond_it_and_what_follows_them(cube):
    answer = contract_answer(cube, Held("power", "2027Q1", 8.0, leaf="sovereign", bound="at_most"))
    held = answer.table[answer.table["contracted"]].iloc[0]
    assert (held["before_median"], held["after_median"], held["moved"]) == pytest.approx((8.0, 7.0, -1.0))
    assert followed(answer) == pytest.approx({
        "gpu_hours": -100.0,  # a fifth of 1,000 in one of two draws
        "latent_hours": 100.0, "accelerators": -10.0, "power": -1.0,
        "accelerators_shipped": -10.0,  # the twenty machines of the first draw are not bought
        "spending": -30.0,  # at three dollars each
    })  # fmt: skip
    assert answer.says.startswith("7 (8 in 10: 6.2 to 7.8) MW_facility of power in rest/sovereign in 2027Q1")
    assert "held to at most 8: this moves 50 % of the draws" in answer.says
    assert "-100 accelerator-hours, -10 accelerators, -1 MW, -30 USD" in answer.says


def test_a_floor_moves_the_draws_below_it(cube):
    answer = contract_answer(cube, Held("power", "2027Q1", 8.0, leaf="sovereign", bound="at_least"))
    assert answer.table[answer.table["contracted"]].iloc[0]["moved"] == pytest.approx(1.0)
    assert followed(answer)["spending"] == pytest.approx(30.0)


def test_a_cap_that_nothing_reaches_moves_no_bit(cube):
    table = contract_answer(cube, Held("power", "2027Q1", 12.0, leaf="sovereign", bound="at_most")).table
    assert (table["moved"] == 0).all()


def test_machines_follow_a_cap_on_dollars(cube):
    answer = contract_answer(cube, Held("spending", "2027Q1", 120.0, leaf="sovereign", bound="at_most"))
    moved = followed(answer)
    assert moved["spending"] == pytest.approx(-15.0)
    assert moved["accelerators"] == pytest.approx(-5.0)  # 150 to 120 dollars: of 50 shipped ten less in one draw
    assert moved["gpu_hours"] == pytest.approx(-50.0)
    assert moved["power"] == pytest.approx(-0.5)


def test_the_whole_follows_in_the_total(cube):
    kept = Held("power", "2027Q1", 8.0, leaf="sovereign", bound="at_most", total="kept")
    assert followed(contract_answer(cube, kept), "all")["power"] == pytest.approx(0.0, abs=1e-9)


def test_figures_far_off_are_refused_until_insisted_on_and_others_are_doubted(cube):
    held = {"measure": "power", "period": "2027Q1", "leaf": "sovereign"}
    with pytest.raises(ValueError, match="contracted power of 9,900 MW_facility is 1,000 times above the forecast's"):
        contract_answer(cube, Held(value=9900.0, **held))
    assert (
        contract_answer(cube, Held(value=9900.0, sure=True, **held)).notes[0].startswith("Doubtful: contracted power")
    )
    assert contract_answer(cube, Held(value=20.0, **held)).notes[0].startswith("Doubtful: contracted power of 20 MW")
    assert not contract_answer(cube, Held(value=8.0, **held)).notes[0].startswith("Doubtful")


def test_an_unknown_bound_is_refused(cube):
    with pytest.raises(ValueError, match="bound 'about' is not known; choose one of exactly, at_most, at_least"):
        contract_answer(cube, Held("power", "2027Q1", 8.0, bound="about"))
