"""A figure beyond the most of its unit is refused with figure, unit and remedy; every other is handed on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.bounds import MOST, check_draws, check_figure
from shiftcast.features.input_error import InputError

UNITS = sorted(MOST)


@given(unit=st.sampled_from(UNITS), part=st.floats(0.0, 1.0))
def test_what_a_unit_holds_is_handed_on(unit, part):
    value = MOST[unit][0] * part
    assert check_figure("x", value, unit) == value


@given(unit=st.sampled_from(UNITS), value=st.floats())
def test_a_figure_is_handed_on_or_refused_by_name(unit, value):
    if math.isfinite(value) and 0 <= value <= MOST[unit][0]:
        assert check_figure("x", value, unit) == value
    else:
        with pytest.raises(InputError, match=r"^x is .*, outside 0 to .*; correct it or its unit$"):
            check_figure("x", value, unit)


def test_a_figure_is_told_with_its_unit():
    with pytest.raises(InputError, match=r"^mid is 101 USD/kWh, outside 0 to 100 USD/kWh, some hundred times"):
        check_figure("mid", 101.0, "USD/kWh")
    with pytest.raises(InputError, match=r"^mid is -1 USD/kWh, outside 0 to 100 USD/kWh; correct it"):
        check_figure("mid", -1.0, "USD/kWh")
    with pytest.raises(InputError, match=r"^part is 1\.07, outside 0 to 1, the whole; correct it"):
        check_figure("part", 1.07, "1")


@pytest.mark.parametrize(
    ("asked", "said"),
    [((0, 0), "draws is 0; give 1 to 20,000"), ((-5, 0), "draws is -5"), ((10**9, 0), "draws is 1,000,000,000; give"),
     ((2**63, 0), "draws is 9,223,372,036,854,775,808"), ((100, -1), "seed is -1; give a whole number from 0")],
)  # fmt: skip
def test_draws_that_cannot_be_made_are_refused(asked, said):
    with pytest.raises(InputError, match=said):
        check_draws(*asked)
    check_draws(20_000, 2**63)
    with pytest.raises(InputError, match=r"20,000 draws of 60,000 figures each \(nodes\) are more than 300,000,000"):
        check_draws(20_000, 0, each=60_000, parts="nodes")


def test_a_unit_that_is_not_known_is_named_with_those_that_are():
    with pytest.raises(InputError, match=r"power: unit 'kW' is not known; give one of .*MW_facility"):
        check_figure("power", 1.0, "kW")
